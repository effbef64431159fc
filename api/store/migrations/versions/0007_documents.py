"""Documents of the operator's own data, and the collections that they are in."""

import sqlalchemy as sa
from alembic import op

from api.store import columns
from api.store.migrations.set_aside import bring_back, set_aside

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("documents", "collections")


def upgrade() -> None:
    """Create the tables."""
    if bring_back(*TABLES):
        return
    op.create_table(
        "collections",
        sa.Column("name", columns.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("single", sa.Boolean, nullable=False),
        sa.Column("ids", columns.Text, nullable=False),
        sa.Column("schema", sa.JSON(), nullable=False),
        sa.Column("given", sa.Boolean, nullable=False),
        sa.Column("last_number", columns.Id, nullable=False),
        sa.Column("last_position", columns.Id, nullable=False),
        sa.Column("source", columns.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_collections"),
    )
    op.create_table(
        "documents",
        sa.Column("collection", columns.Text, nullable=False),
        sa.Column("id", columns.Text, nullable=False),
        sa.Column("position", columns.Id, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", columns.Moment, nullable=False),
        sa.Column("updated_at", columns.Moment, nullable=False),
        sa.PrimaryKeyConstraint("collection", "id", name="pk_documents"),
    )
    op.create_index("ix_documents_collection_position", "documents", ["collection", "position"])


def downgrade() -> None:
    """Set them aside."""
    set_aside(*TABLES)
