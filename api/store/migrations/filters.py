"""Selects the tables that Alembic compares for a new revision."""

from typing import Any


def ours(thing: Any, _name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    """Ignore tables that the code does not declare, and search indexes, whose tables FTS5 creates itself."""
    if kind != "table":
        return True
    return compared is not None if reflected else "search_index" not in thing.info
