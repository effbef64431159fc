"""A downgrade sets tables aside instead of dropping them, and an upgrade restores them with all their rows.

So a rollback changes only the schema, and loses no rows that clients rely on.
"""

import sqlalchemy as sa
from alembic import op

PREFIX = "set_aside_"


def set_aside(*tables: str) -> None:
    """Rename these tables, so that older code does not see them. Their foreign keys remain, and so do cascades."""
    for table in tables:
        op.rename_table(table, PREFIX + table)


def bring_back(*tables: str) -> bool:
    """Restore the names of these tables and return True; False if they do not exist and must be created."""
    if not sa.inspect(op.get_bind()).has_table(PREFIX + tables[0]):
        return False
    for table in tables:
        op.rename_table(PREFIX + table, table)
    return True
