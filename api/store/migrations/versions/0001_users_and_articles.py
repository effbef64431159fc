"""Users and articles, and the index of the articles' words."""

import sqlalchemy as sa
from alembic import op

from api.store import columns
from api.store.migrations.set_aside import bring_back, set_aside

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = ("articles_words", "articles", "users")


def upgrade() -> None:
    """Create the tables."""
    if bring_back(*TABLES):
        return
    op.create_table(
        "users",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("username", columns.Text, nullable=False),
        sa.Column("name", columns.Text, nullable=False),
        sa.Column("email", columns.Text, nullable=False),
        sa.Column("role", columns.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", columns.Moment, nullable=False),
        sa.Column("updated_at", columns.Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_users_username", "users", [sa.text("lower(username)")], unique=True)
    op.create_index("uq_users_email", "users", [sa.text("lower(email)")], unique=True)
    op.create_table(
        "articles",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("title", columns.Text, nullable=False),
        sa.Column("body", columns.Text, nullable=False),
        sa.Column("tags", columns.Json, nullable=False),
        sa.Column("status", columns.Text, nullable=False),
        sa.Column("author_id", columns.Id, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", columns.Moment, nullable=False),
        sa.Column("updated_at", columns.Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_articles_author_id", ondelete="SET NULL"),
        sqlite_autoincrement=True,
    )
    for column in ("title", "author_id", "created_at", "updated_at"):
        op.create_index(f"ix_articles_{column}", "articles", [column, "id"])
    if op.get_bind().dialect.name == "sqlite":
        # Search does not rank, so neither positions nor sizes are stored.
        op.execute(
            "CREATE VIRTUAL TABLE articles_words USING fts5(words, tokenize = 'ascii', detail = none, columnsize = 0)"
        )
    else:
        op.execute("CREATE TABLE articles_words (rowid bigint PRIMARY KEY, words tsvector)")
        op.execute("CREATE INDEX ix_articles_words_words ON articles_words USING gin (words)")


def downgrade() -> None:
    """Set them aside."""
    set_aside(*TABLES)
