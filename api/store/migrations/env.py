"""Alembic's environment: it uses the locked connection of `api.store.migrating`."""

import logging
from typing import Any

from alembic import context

from api.store.columns import metadata
from api.store.migrations.filters import ours

log = logging.getLogger("touchstone.store")


def tell(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
    """Log a step, so that operators can see when and by which instance it ran."""
    revision = step.up_revision_id if step.is_upgrade else "".join(step.down_revision_ids) or "base"
    log.info("migrated" if step.is_upgrade else "migrated down", extra={"fields": {"revision": revision}})


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=ours,
    # SQLite cannot alter a column: the table is created again and copied.
    render_as_batch=True,
    user_module_prefix="columns.",
    on_version_apply=tell,
)
context.run_migrations()
