"""Messages, their contents in pieces, and the usage of the anonymous quota."""

import sqlalchemy as sa
from alembic import op

from api.store import columns
from api.store.migrations.set_aside import bring_back, set_aside

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("anonymous_usage", "messages_pieces", "messages")


def upgrade() -> None:
    """Create the tables."""
    if bring_back(*TABLES):
        return
    op.create_table(
        "messages",
        sa.Column("id", columns.Text, nullable=False),
        sa.Column("content_type", columns.Text, nullable=False),
        sa.Column("media_type", columns.Text, nullable=False),
        sa.Column("size", columns.Id, nullable=False),
        sa.Column("sha256", columns.Text, nullable=False),
        sa.Column("sender_id", columns.Id, nullable=True),
        sa.Column("created_at", columns.Moment, nullable=False),
        sa.Column("filename", columns.Text, nullable=True),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("starts", columns.Json, nullable=False),
        sa.Column("room", columns.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.ForeignKeyConstraint(["sender_id"], ["users.id"], name="fk_messages_sender_id", ondelete="CASCADE"),
    )
    op.create_index("ix_messages_sender_id", "messages", ["sender_id", "created_at", "id"])
    op.create_index("ix_messages_created_at", "messages", ["created_at", "id"])
    op.create_table(
        "messages_pieces",
        sa.Column("owner_id", columns.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "number", name="pk_messages_pieces"),
        sa.ForeignKeyConstraint(["owner_id"], ["messages.id"], name="fk_messages_pieces_owner_id", ondelete="CASCADE"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Most uploads are already compressed: compressing again costs more than it saves.
        op.execute("ALTER TABLE messages_pieces ALTER COLUMN content SET STORAGE EXTERNAL")
    usage = op.create_table(
        "anonymous_usage",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("bytes", columns.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_anonymous_usage"),
    )
    op.bulk_insert(usage, [{"id": 1, "bytes": 0}])


def downgrade() -> None:
    """Set them aside."""
    set_aside(*TABLES)
