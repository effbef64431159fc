"""One range of bytes of a message or a part: rows 8–13 of CONTRACT §7 (RFC 9110 §13.1.5, §14)."""

from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from random import Random

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.resources.making import refused
from tests.resources.messages.messages import BINARY, FORM, KIB, POLICY, Message, form, make, part, place

TEN = b"0123456789"
PIECE = 256 * KIB
LARGE = Random(3).randbytes(2 * PIECE + 100)
# Parts before and after it, so that the requested part starts and ends within other bytes.
TEN_AMONG_OTHERS = form(part("before", b"x" * 300_000), part("ten", TEN, "a.txt", "text/plain"), part("after", b"y"))


@pytest.fixture(scope="module", params=["message", "part"])
def url(request: pytest.FixtureRequest, api: httpx.Client) -> str:
    """The path of ten bytes: a message, or a part of one."""
    if request.param == "message":
        return place(make(api, TEN))
    return place(make(api, TEN_AMONG_OTHERS, FORM), 2)


@pytest.fixture(scope="module")
def large(api: httpx.Client) -> Message:
    """A message of several pieces."""
    return make(api, LARGE, BINARY)


@pytest.fixture(scope="module")
def large_part(api: httpx.Client) -> Message:
    """A message whose second part has several pieces, and starts within one."""
    return make(api, form(part("a", b"x" * 1000), part("b", LARGE, "b.bin"), part("c", b"")), FORM)


def whole(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.content) == (200, TEN) and "Content-Range" not in answer.headers


@pytest.mark.parametrize(
    ("field", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-1", 0, 1),
        ("bytes=2-5", 2, 5),
        ("bytes=9-9", 9, 9),
        ("bytes=5-", 5, 9),
        ("bytes=0-", 0, 9),
        ("bytes=-3", 7, 9),
        ("bytes=-10", 0, 9),
        ("bytes=-100", 0, 9),
        ("bytes=8-100", 8, 9),
        ("Bytes=1-2", 1, 2),
    ],
)
def test_a_range_is_206_with_content_range(api: httpx.Client, url: str, field: str, first: int, last: int) -> None:
    entire, answer = api.get(url), api.get(url, headers={"Range": field})
    assert (answer.status_code, answer.content) == (206, TEN[first : last + 1])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/10"
    assert answer.headers["Content-Length"] == str(last + 1 - first)
    assert answer.headers["Content-Security-Policy"] == POLICY
    # RFC 9110 §15.3.7: the fields of a 200.
    for name in ("Content-Type", "ETag", "Last-Modified", "Cache-Control", "Vary", "Accept-Ranges"):
        assert answer.headers[name] == entire.headers[name]
    assert answer.headers.get("Content-Disposition") == entire.headers.get("Content-Disposition")


def test_row_8_a_matching_tag_is_304_with_any_range(api: httpx.Client, url: str) -> None:
    tag = api.get(url).headers["ETag"]
    for field in ("bytes=0-1", "bytes=20-30"):
        answer = api.get(url, headers={"Range": field, "If-None-Match": tag})
        assert (answer.status_code, answer.content) == (304, b"")
    assert api.get(url, headers={"Range": "bytes=0-1", "If-None-Match": '"other"'}).status_code == 206
    refused(api.get(url, headers={"Range": "bytes=0-1", "If-Match": '"other"'}), 412, "precondition-failed")


@pytest.mark.parametrize("field", ["bytes=0-1", "bytes=20-30", "bytes=0-1,3-4"])
def test_row_9_head_ignores_ranges(api: httpx.Client, url: str, field: str) -> None:
    answer = api.head(url, headers={"Range": field})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == "10"
    assert "Content-Range" not in answer.headers


def test_row_10_if_range_matches_only_the_strong_tag(api: httpx.Client, url: str) -> None:
    tag = api.get(url).headers["ETag"]
    answer = api.get(url, headers={"Range": "bytes=0-1", "If-Range": tag})
    assert (answer.status_code, answer.content) == (206, TEN[:2])
    for other in ('"v1"', f"W/{tag}", f'{tag}, "v1"', f'"v1", {tag}', tag.strip('"'), tag[:-1], "*", "junk", "", '"'):
        assert whole(api.get(url, headers={"Range": "bytes=0-1", "If-Range": other})), other


def test_row_10_if_range_matches_only_the_exact_date(api: httpx.Client, url: str) -> None:
    modified = api.get(url).headers["Last-Modified"]
    answer = api.get(url, headers={"Range": "bytes=0-1", "If-Range": modified})
    assert (answer.status_code, answer.content) == (206, TEN[:2])
    for seconds in (-86_400, -1, 1, 86_400):
        other = format_datetime(parsedate_to_datetime(modified) + timedelta(seconds=seconds), usegmt=True)
        assert whole(api.get(url, headers={"Range": "bytes=0-1", "If-Range": other})), seconds


def test_an_unsatisfiable_range_is_200_if_if_range_does_not_match(api: httpx.Client, url: str) -> None:
    assert whole(api.get(url, headers={"Range": "bytes=20-30", "If-Range": '"v1"'}))
    tag = api.get(url).headers["ETag"]
    refused(api.get(url, headers={"Range": "bytes=20-30", "If-Range": tag}), 416, "range-not-satisfiable")


def test_if_range_without_a_range_is_ignored(api: httpx.Client, url: str) -> None:
    for field in ('"v1"', api.get(url).headers["ETag"], "junk"):
        assert whole(api.get(url, headers={"If-Range": field}))


@pytest.mark.parametrize(
    "field",
    [
        # row 11
        "items=0-1",
        "bits=0-1",
        "none",
        # row 13
        "bytes=0-1,3-4",
        "bytes=0-1, 3-4",
        "bytes=0-1,20-30",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(1000)),
        # malformed
        "bytes=5-2",
        "bytes=a-b",
        "bytes=",
        "bytes=-",
        "bytes 0-1",
        "0-1",
        "junk",
        "",
    ],
    ids=lambda field: field[:20],
)
def test_rows_11_and_13_only_a_single_range_of_bytes_counts(api: httpx.Client, url: str, field: str) -> None:
    assert whole(api.get(url, headers={"Range": field}))


@pytest.mark.parametrize("field", ["bytes=20-30", "bytes=10-", "bytes=10-10", "bytes=9999999999-", "bytes=-0"])
def test_row_12_a_range_beyond_the_end_is_416_with_the_length(api: httpx.Client, url: str, field: str) -> None:
    answer = api.get(url, headers={"Range": field})
    assert refused(answer, 416, "range-not-satisfiable")["length"] == 10
    assert answer.headers["Content-Range"] == "bytes */10"
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_empty_part_has_no_range(api: httpx.Client, large_part: Message) -> None:
    url = place(large_part, 3)
    assert (api.get(url).status_code, api.get(url).content) == (200, b"")
    answer = api.get(url, headers={"Range": "bytes=0-0"})
    assert refused(answer, 416, "range-not-satisfiable")["length"] == 0
    assert answer.headers["Content-Range"] == "bytes */0"


@pytest.mark.parametrize("suffix", ["/metadata", ""], ids=["metadata", "list"])
def test_representations_have_no_ranges(api: httpx.Client, suffix: str) -> None:
    url = place(make(api)) + suffix if suffix else "/messages"
    answer = api.get(url, headers={"Range": "bytes=0-1"})
    assert answer.status_code == 200
    assert answer.json()
    assert answer.headers.get("Accept-Ranges", "none") == "none"


# Several pieces


bounds = st.one_of(
    st.integers(0, len(LARGE) - 1),
    st.builds(
        lambda piece, off: min(max(piece * PIECE + off, 0), len(LARGE) - 1), st.integers(0, 2), st.integers(-3, 3)
    ),
)
bounded = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def check_slice(api: httpx.Client, url: str, one: int, other: int) -> None:
    """Assert that a range is that slice of the large content."""
    first, last = sorted((one, other))
    answer = api.get(url, headers={"Range": f"bytes={first}-{last}"})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(LARGE)}"
    assert answer.content == LARGE[first : last + 1]


@bounded
@given(bounds, bounds)
def test_any_range_of_a_large_message_is_that_slice(api: httpx.Client, large: Message, one: int, other: int) -> None:
    check_slice(api, place(large), one, other)


@bounded
@given(bounds, bounds)
def test_any_range_of_a_large_part_is_that_slice(api: httpx.Client, large_part: Message, one: int, other: int) -> None:
    check_slice(api, place(large_part, 2), one, other)


def test_ranges_one_after_the_other_are_the_whole(api: httpx.Client, large: Message) -> None:
    tag = api.get(place(large)).headers["ETag"]
    got = b""
    while len(got) < len(LARGE):
        fields = {"Range": f"bytes={len(got)}-{len(got) + 100_000 - 1}", "If-Range": tag}
        answer = api.get(place(large), headers=fields)
        assert answer.status_code == 206
        got += answer.content
    assert got == LARGE
