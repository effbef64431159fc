"""How Alembic runs here: on the connection that `api.store.migrating` holds locked."""

from alembic import context

from api.store.columns import metadata
from api.store.migrations.filters import ours

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=ours,
    # SQLite cannot alter a column: the table is made anew and copied.
    render_as_batch=True,
    user_module_prefix="columns.",
)
context.run_migrations()
