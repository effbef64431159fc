"""The pictures and texts that the toolbox sends as they are."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def stored(name: str) -> bytes:
    """The content of a file of this folder."""
    return (FOLDER / name).read_bytes()
