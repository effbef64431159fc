"""The alphabet, repeated: content whose parts can be recognised."""

from string import ascii_lowercase


def letters(start: int, stop: int) -> bytes:
    """The bytes from `start` up to but not including `stop` of `abc…zabc…`."""
    first = start % 26
    turns = (stop - start + first) // 26 + 1
    return (ascii_lowercase * turns)[first : first + stop - start].encode()
