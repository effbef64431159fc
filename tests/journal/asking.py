"""Questions to the journal of a space."""

from typing import Any

from tests.resources.spaces.making import Space


def entries(space: Space, query: str = "", **parameters: Any) -> list[dict[str, Any]]:
    """The entries of a space that match."""
    answer = space.control.get(
        f"{space.place}/journal{query}", params={"limit": 100, **parameters} if not query else None
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def last(space: Space) -> dict[str, Any]:
    """The newest entry."""
    return entries(space)[-1]


def field(lines: list[list[str]], name: str) -> str | None:
    """The value of a header field in an entry."""
    return next((value for each, value in lines if each == name.lower()), None)
