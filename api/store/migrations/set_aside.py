"""Tables that a downgrade sets aside instead of dropping them, so that an upgrade finds them again with all their rows.

What an operator takes back in a bad hour is the schema. Rows that clients were told are kept stay kept.
"""

import sqlalchemy as sa
from alembic import op

PREFIX = "set_aside_"


def set_aside(*tables: str) -> None:
    """Rename these tables, so that no older code sees them. Their foreign keys stay, and so cascades reach them."""
    for table in tables:
        op.rename_table(table, PREFIX + table)


def bring_back(*tables: str) -> bool:
    """Give these tables their names again, and say so; False where they are not there, and are to be made."""
    if not sa.inspect(op.get_bind()).has_table(PREFIX + tables[0]):
        return False
    for table in tables:
        op.rename_table(PREFIX + table, table)
    return True
