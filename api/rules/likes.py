"""`_like`: a safe subset of regular expressions, searched in time that grows with the text only.

Literals, `.`, `^`, `$`, `[…]`, `|`, `?` and `*`; a backslash takes the sign of an operator literally. There are no
groups. Case is ignored, as json-server does. Python's own engine would need years for some of these patterns.
"""

from collections.abc import Callable
from typing import NamedTuple

LONGEST_PATTERN = 100
MOST_REPEATS = 3
# Documents and characters that one request may search: below a second.
MOST_DOCUMENTS = 10_000
MOST_CHARACTERS = 10_000_000
_OPERATORS = frozenset(".^$[]|?*+(){}\\")
_PLAIN_FORBIDDEN = frozenset("+(){}]")
# States of the automaton that are remembered; a pattern with more starts again.
_MOST_STATES = 2_000


class BadPattern(ValueError):
    """A pattern outside the subset. Its text says why."""


class _Atom(NamedTuple):
    """One character of a pattern: the test for it, and `?`, `*` or nothing after it."""

    fits: Callable[[str], bool]
    repeat: str


class _Sequence(NamedTuple):
    atoms: list[_Atom]
    from_start: bool
    to_end: bool


class Like:
    """A compiled pattern. Raises BadPattern."""

    def __init__(self, pattern: str) -> None:
        if len(pattern) > LONGEST_PATTERN:
            raise BadPattern(f"a pattern has at most {LONGEST_PATTERN} characters")
        lowered = pattern.lower()
        self._literal = lowered if _OPERATORS.isdisjoint(pattern) else None
        if self._literal is None:
            self._sequences = _Reader(lowered).sequences()
            self._steps: dict[frozenset[tuple[int, int]], dict[str, frozenset[tuple[int, int]] | None]] = {}
            self._start = self._closed({(number, 0) for number in range(len(self._sequences))})
            self._again = self._closed({(n, 0) for n, each in enumerate(self._sequences) if not each.from_start})

    def search(self, text: str) -> bool:
        """Whether the pattern occurs in the text."""
        text = text.lower()
        if self._literal is not None:
            return self._literal in text
        states = self._start
        if self._done(states, at_end=not text):
            return True
        for sign in text:
            known = self._steps.get(states)
            if known is None:
                if len(self._steps) > _MOST_STATES:
                    self._steps.clear()
                known = self._steps[states] = {}
            if sign in known:
                after = known[sign]
            else:
                after = known[sign] = self._after(states, sign)
            if after is None:
                return True
            states = after
        return self._done(states, at_end=True)

    def _after(self, states: frozenset[tuple[int, int]], sign: str) -> frozenset[tuple[int, int]] | None:
        """The states after a character; None if the pattern is found whatever follows."""
        reached = set()
        for number, place in states:
            atoms = self._sequences[number].atoms
            if place < len(atoms) and atoms[place].fits(sign):
                reached.add((number, place if atoms[place].repeat == "*" else place + 1))
        found = self._closed(reached) | self._again
        return None if self._done(found, at_end=False) else found

    def _closed(self, states: set[tuple[int, int]]) -> frozenset[tuple[int, int]]:
        """The states, and those that are reached without a character."""
        pending, found = list(states), set(states)
        while pending:
            number, place = pending.pop()
            atoms = self._sequences[number].atoms
            if place < len(atoms) and atoms[place].repeat and (number, place + 1) not in found:
                found.add((number, place + 1))
                pending.append((number, place + 1))
        return frozenset(found)

    def _done(self, states: frozenset[tuple[int, int]], *, at_end: bool) -> bool:
        return any(
            place == len(self._sequences[number].atoms) and (at_end or not self._sequences[number].to_end)
            for number, place in states
        )


class _Reader:
    """Reads a pattern in lower case."""

    def __init__(self, pattern: str) -> None:
        self._rest = pattern
        self._repeats = 0

    def sequences(self) -> list[_Sequence]:
        found = [self._sequence()]
        while self._rest:
            self._take()  # the bar
            found.append(self._sequence())
        return found

    def _take(self) -> str:
        sign, self._rest = self._rest[0], self._rest[1:]
        return sign

    def _sequence(self) -> _Sequence:
        atoms: list[_Atom] = []
        from_start = self._rest.startswith("^")
        if from_start:
            self._take()
        while self._rest and self._rest[0] != "|":
            if self._rest[0] == "$" and self._rest[1:2] in ("", "|"):
                self._take()
                return _Sequence(atoms, from_start, to_end=True)
            fits = self._character()
            repeat = self._take() if self._rest[:1] in ("?", "*") and self._rest else ""
            if repeat:
                self._repeats += 1
                if self._repeats > MOST_REPEATS:
                    raise BadPattern(f"a pattern has at most {MOST_REPEATS} repeats")
            atoms.append(_Atom(fits, repeat))
        return _Sequence(atoms, from_start, to_end=False)

    def _character(self) -> Callable[[str], bool]:
        sign = self._take()
        if sign == ".":
            return lambda other: other != "\n"
        if sign == "[":
            return self._choice()
        if sign == "\\":
            if not self._rest or self._rest[0] not in _OPERATORS:
                raise BadPattern("a backslash is only allowed before the sign of an operator")
            return self._take().__eq__
        if sign in _PLAIN_FORBIDDEN or sign in "?*^$":
            raise BadPattern(f"`{sign}` is not allowed here: put a backslash before it to find it in the text")
        return sign.__eq__

    def _choice(self) -> Callable[[str], bool]:
        negated = self._rest.startswith("^")
        if negated:
            self._take()
        ranges: list[tuple[str, str]] = []
        while self._rest and (self._rest[0] != "]" or not ranges):
            first = last = self._in_choice()
            if self._rest[:1] == "-" and self._rest[1:2] not in ("", "]"):
                self._take()
                last = self._in_choice()
            if last < first:
                raise BadPattern(f"the range `{first}-{last}` is backwards")
            ranges.append((first, last))
        if not self._rest:
            raise BadPattern("a `[` has no `]`")
        self._take()
        return lambda sign: any(first <= sign <= last for first, last in ranges) != negated

    def _in_choice(self) -> str:
        sign = self._take()
        if sign == "\\" and self._rest:
            return self._take()
        return sign
