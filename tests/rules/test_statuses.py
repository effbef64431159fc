"""Status codes and phrases (the IANA HTTP Status Code Registry)."""

from http import HTTPStatus

import pytest

from api.rules.statuses import PHRASES

RENAMED = {413, 414, 416, 422}  # RFC 9110 gave them new phrases, which older Python versions lack


@pytest.mark.parametrize("status", list(HTTPStatus), ids=lambda status: str(int(status)))
def test_python_knows_no_other_code_or_phrase(status: HTTPStatus) -> None:
    assert status in PHRASES
    assert status in RENAMED or PHRASES[status].casefold() == status.phrase.casefold()


@pytest.mark.parametrize(
    ("code", "phrase"),
    [
        (413, "Content Too Large"),
        (414, "URI Too Long"),
        (416, "Range Not Satisfiable"),
        (418, "I'm a teapot"),
        (422, "Unprocessable Content"),
    ],
)
def test_phrases_are_the_current_ones(code: int, phrase: str) -> None:
    assert PHRASES[code] == phrase


def test_codes_are_in_order_and_none_is_made_up() -> None:
    assert list(PHRASES) == sorted(PHRASES)
    assert len(PHRASES) == 62
    assert not {104, 306, 419, 420, 427, 430, 499, 509} & set(PHRASES)
