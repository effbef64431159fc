"""How Alembic runs here: on the connection that `api.store.migrating` holds locked."""

from typing import Any

from alembic import context

from api.store.columns import metadata


def ours(thing: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    """Leave alone what the code does not declare, and the search indexes, which FTS5 keeps in tables of its own."""
    if kind == "table":
        return (not reflected and "search_index" not in thing.info) or (reflected and compared is not None)
    return True


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    include_object=ours,
    # SQLite cannot alter a column: the table is made anew and copied.
    render_as_batch=True,
    transactional_ddl=True,
    user_module_prefix="columns.",
)
context.run_migrations()
