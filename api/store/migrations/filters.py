"""What Alembic compares, when it looks for changes of the tables."""

from typing import Any


def ours(thing: Any, _name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    """Leave alone what the code does not declare, and the search indexes, whose tables FTS5 makes itself."""
    if kind != "table":
        return True
    return compared is not None if reflected else "search_index" not in thing.info
