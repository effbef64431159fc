"""Which documents a query finds, and in which order."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from api.rules.document_queries import OPERATORS, Filter, Order, Query
from api.rules.document_values import ABSENT, at, compared, is_meant, is_text, order_key, path_of, text_of, texts_in
from api.rules.likes import MOST_CHARACTERS, MOST_DOCUMENTS
from api.rules.problems import InvalidParameter
from api.rules.words import words

Found = TypeVar("Found")
Document = dict[str, Any]
Test = Callable[[Document], bool]

_SIGNS: dict[str, tuple[int, ...]] = {"lt": (-1,), "lte": (-1, 0), "gt": (1,), "gte": (0, 1)}
_TEXTUAL: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda own, part: part in own,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
}


def tests_of(query: Query, *, by_words: bool) -> list[Test]:
    """The tests that a document must pass; `by_words`: `q` means words, and else a part of any text.

    Those that are slow come last.
    """
    tests = [test_of(each) for each in sorted(query.filters, key=lambda each: each.operator == "like")]
    if query.where is not None:
        tests = [where_test(query.where, "")]  # instead of the filters, as json-server does
    if query.q:
        tests.append(_words_test(query.q) if by_words else _part_test(query.q))
    return tests


def found(documents: Iterable[Found], tests: Sequence[Test], of: Callable[[Found], Document]) -> list[Found]:
    """The documents that pass every test. `of` returns the document of an item."""
    kept = list(documents)
    for test in tests:
        kept = [each for each in kept if test(of(each))]
    return kept


def ordered(items: list[Found], orders: Sequence[Order], of: Callable[[Found], Document]) -> list[Found]:
    """The items in this order; those that are equal in it keep theirs."""
    for name, path, descending in reversed(orders):
        items = sorted(items, key=lambda each: order_key(at(of(each), name, path)), reverse=descending)
    return items


def test_of(asked: Filter) -> Test:
    """The test of one filter."""
    name, path, operator, texts, likes = asked
    if operator in ("is", "not"):
        return lambda document: _is_any(at(document, name, path), texts) == (operator == "is")
    if operator in ("eq", "in"):
        return lambda document: any(is_meant(at(document, name, path), text) for text in texts)
    if operator == "ne":
        return lambda document: _differs(at(document, name, path), texts)
    if operator in _SIGNS:
        signs = _SIGNS[operator]
        return lambda document: any(compared(at(document, name, path), text) in signs for text in texts)
    if operator == "like":
        budget = _Budget(name)

        def like(document: Document) -> bool:
            value = at(document, name, path)
            if value is ABSENT or value is None:
                return False
            text = text_of(value)
            budget.spend(len(text))
            return any(each.search(text) for each in likes)

        return like
    textual = _TEXTUAL[operator]

    def textually(document: Document) -> bool:
        value = at(document, name, path)
        return isinstance(value, str) and any(textual(value.lower(), text.lower()) for text in texts)

    return textually


class _Budget:
    """What the patterns of one request may search."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._documents = 0
        self._characters = 0

    def spend(self, characters: int) -> None:
        self._documents += 1
        self._characters += characters
        if self._documents > MOST_DOCUMENTS or self._characters > MOST_CHARACTERS:
            detail = (
                f"A pattern searches at most {MOST_DOCUMENTS:,} documents and {MOST_CHARACTERS:,} characters: "
                "add another filter."
            )
            raise InvalidParameter(errors=[{"parameter": f"{self._name}_like", "code": "too_many", "detail": detail}])


def _is_any(value: Any, texts: Sequence[str]) -> bool | None:
    """Whether the text of a value is one of these; None if it has no text, so that neither is true."""
    return None if value is ABSENT or value is None else any(is_text(value, text) for text in texts)


def _differs(value: Any, texts: Sequence[str]) -> bool:
    return value is not ABSENT and not any(is_meant(value, text) for text in texts)


def _part_test(q: str) -> Test:
    part = q.lower()
    return lambda document: any(part in text.lower() for text in texts_in(document))


def _words_test(q: str) -> Test:
    sought = words(q)
    if not sought:
        detail = "This must contain a word to search for: letters or digits."
        raise InvalidParameter(errors=[{"parameter": "q", "code": "no_words", "detail": detail}])
    return lambda document: set(words(" ".join(texts_in(document)))).issuperset(sought)


def where_test(where: Any, within: str) -> Test:
    """The test of a `_where`, which was checked when it was parsed."""
    tests: list[Test] = []
    for name, value in where.items():
        if name in ("and", "or"):
            parts = [where_test(each, within) for each in value]
            tests.append(_all_of(parts) if name == "and" else _any_of(parts))
        elif name == "not":
            tests.append(_not(where_test(value, within)))
        elif isinstance(value, dict) and value and not set(value) & set(OPERATORS):
            tests.append(where_test(value, f"{within}{name}."))
        else:
            conditions = value if isinstance(value, dict) and value else {"eq": value}
            tests += [_typed(within + name, operator, sought) for operator, sought in conditions.items()]
    return _all_of(tests)


def _all_of(tests: Sequence[Test]) -> Test:
    return lambda document: all(test(document) for test in tests)


def _any_of(tests: Sequence[Test]) -> Test:
    return lambda document: any(test(document) for test in tests)


def _not(test: Test) -> Test:
    return lambda document: not test(document)


def _typed(name: str, operator: str, sought: Any) -> Test:
    """The test of a condition in JSON, whose value has a type."""
    path = path_of(name)
    if operator in ("eq", "ne", "in"):
        values = [order_key(each) for each in (sought if operator == "in" else [sought])]

        def is_one(document: Document) -> bool:
            value = at(document, name, path)
            return any(order_key(value) == each and _same_kind(value, sought, operator) for each in values)

        return _not(is_one) if operator == "ne" else is_one
    if operator in _SIGNS:
        signs, (rank, limit) = _SIGNS[operator], order_key(sought)

        def compares(document: Document) -> bool:
            own_rank, own = order_key(at(document, name, path))
            return own_rank == rank and rank in (0, 1) and (own > limit) - (own < limit) in signs

        return compares
    return test_of(Filter(name, path, operator, (text_of(sought),)))


def _same_kind(value: Any, sought: Any, operator: str) -> bool:
    """Whether true is not taken for 1."""
    others = sought if operator == "in" else [sought]
    return any(isinstance(each, bool) == isinstance(value, bool) for each in others)
