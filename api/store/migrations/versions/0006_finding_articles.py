"""Finding articles: their tags among the words, and an index of drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Words contain no `§`, so it marks a term: the column's name and the value, with `‐` in place of `-`.
WITH_TAGS = {
    "sqlite": """
        UPDATE articles_words SET words = trim(words || (
            SELECT group_concat(' §tags§' || replace(value, '-', '‐'), '')
            FROM articles, json_each(articles.tags) WHERE articles.id = articles_words.rowid
        ))
        WHERE rowid IN (SELECT id FROM articles WHERE json_array_length(tags) > 0)
    """,
    "postgresql": """
        UPDATE articles_words SET words = words || (
            SELECT array_to_tsvector(array_agg('§tags§' || replace(tag, '-', '‐')))
            FROM jsonb_array_elements_text(articles.tags) AS tag
        )
        FROM articles WHERE articles.id = articles_words.rowid AND jsonb_array_length(articles.tags) > 0
    """,
}
WITHOUT = {
    # The terms are after the words.
    "sqlite": """
        UPDATE articles_words SET words = trim(substr(words, 1, instr(words, '§') - 1)) WHERE instr(words, '§') > 0
    """,
    "postgresql": """
        UPDATE articles_words
        SET words = ts_delete(words, (SELECT array_agg(lexeme) FROM unnest(words) WHERE lexeme LIKE '§%'))
        WHERE EXISTS (SELECT FROM unnest(words) WHERE lexeme LIKE '§%')
    """,
}


def upgrade() -> None:
    """Add the tags and the index."""
    draft = sa.text("status = 'draft'")
    op.create_index("ix_articles_drafts", "articles", ["id"], sqlite_where=draft, postgresql_where=draft)
    op.execute(WITH_TAGS[op.get_bind().dialect.name])


def downgrade() -> None:
    """Remove them: older code would not update the tags when an article changes."""
    op.drop_index("ix_articles_drafts", "articles")
    op.execute(WITHOUT[op.get_bind().dialect.name])
