"""Alembic's environment: it uses the locked connection of `api.store.migrating`."""

from typing import Any

from alembic import context

from api.store.columns import metadata
from api.store.migrations.filters import ours


def note(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
    """Note a step for the log line of the whole migration."""
    revision = step.up_revision_id if step.is_upgrade else "".join(step.down_revision_ids) or "base"
    context.config.attributes["applied"].append(revision)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=ours,
    # SQLite cannot alter a column: the table is created again and copied.
    render_as_batch=True,
    user_module_prefix="columns.",
    on_version_apply=note,
)
context.run_migrations()
