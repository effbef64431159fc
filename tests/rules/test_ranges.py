"""Byte ranges: the part that a Range field requests, and ignored fields (RFC 9110 §14.1, §14.2; CONTRACT §7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.ranges import Part, read_range

LENGTH = 10
CONTENT = b"0123456789"


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ("bytes=0-0", b"0"),
        ("bytes=0-1", b"01"),
        ("bytes=2-5", b"2345"),
        ("bytes=9-9", b"9"),
        ("bytes=0-9", CONTENT),
        ("bytes=0-", CONTENT),
        ("bytes=9-", b"9"),
        ("bytes=4-", b"456789"),
        ("bytes=-1", b"9"),
        ("bytes=-3", b"789"),
        ("bytes=-10", CONTENT),
        # the part beyond the end is cut off (§14.1.2)
        ("bytes=5-10", b"56789"),
        ("bytes=5-999999999999999999", b"56789"),
        ("bytes=-11", CONTENT),
        ("bytes=-999999999999999999", CONTENT),
        # units ignore case, and the grammar of lists allows white space and leading zeros
        ("BYTES=0-1", b"01"),
        ("Bytes=0-1", b"01"),
        ("bytes= 0-1", b"01"),
        ("bytes=0-1\t ", b"01"),
        ("bytes=00-01", b"01"),
    ],
)
def test_a_range_is_the_part_that_it_names(field: str, part: bytes) -> None:
    found = read_range(field, LENGTH)
    assert found is not None
    assert CONTENT[found.start : found.stop] == part
    assert found.stop - found.start == len(part)


@pytest.mark.parametrize("field", ["bytes=10-", "bytes=10-10", "bytes=20-30", "bytes=999999999999999999-", "bytes=-0"])
def test_a_range_without_a_byte_is_an_empty_part(field: str) -> None:
    found = read_range(field, LENGTH)
    assert found is not None
    assert found.start == found.stop


@pytest.mark.parametrize("field", ["bytes=0-0", "bytes=0-", "bytes=5-9"])
def test_empty_content_has_no_satisfiable_range(field: str) -> None:
    assert read_range(field, 0) == Part(0, 0)


@pytest.mark.parametrize(
    "field",
    [
        # other units, and several ranges
        "items=0-1",
        "lines=0-1",
        "none",
        "bytes=0-1,3-4",
        "bytes=0-1, 3-4",
        "bytes=0-1,-1",
        "bytes=0-1,",
        "bytes=,0-1",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(1000)),
        # an end before the start
        "bytes=1-0",
        "bytes=5-4",
        "bytes=20-10",
        # malformed
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=--1",
        "bytes=a-b",
        "bytes=0-b",
        "bytes=0x0-1",
        "bytes=+0-1",
        "bytes=0-+1",
        "bytes=0 - 1",
        "bytes=0",
        "bytes=0-1-2",
        "bytes 0-1",
        "bytes:0-1",
        "bytes =0-1",
        " bytes=0-1",
        "0-1",
        "bytes=٠-١",
        "bytes=²-³",
        "bytes=0-1\n",
        "bytes=0-1\x00",
        "bytes=0.0-1",
    ],
)
def test_a_field_that_is_not_a_single_byte_range_is_ignored(field: str) -> None:
    assert read_range(field, LENGTH) is None


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 40))
def test_first_and_last_are_both_included(first: int, last: int, length: int) -> None:
    found = read_range(f"bytes={first}-{last}", length)
    if last < first:
        assert found is None
        return
    content = bytes(range(length))
    assert found is not None
    assert content[found.start : found.stop] == content[first : last + 1]


@given(st.integers(0, 50), st.integers(0, 40))
def test_a_suffix_is_as_many_bytes_from_the_end_as_there_are(suffix: int, length: int) -> None:
    found = read_range(f"bytes=-{suffix}", length)
    content = bytes(range(length))
    assert found is not None
    assert content[found.start : found.stop] == (content[-suffix:] if suffix else b"")


@given(st.text(max_size=40), st.integers(0, 40))
def test_any_text_is_a_part_within_the_content_or_ignored(text: str, length: int) -> None:
    for field in (text, f"bytes={text}"):
        found = read_range(field, length)
        assert found is None or 0 <= found.start <= found.stop <= length


@pytest.mark.parametrize("digits", ["9" * 5_000, "9" * 15_000])
def test_numbers_of_any_length_are_never_a_failure(digits: str) -> None:
    for field in (f"bytes={digits}-", f"bytes=0-{digits}", f"bytes=-{digits}"):
        found = read_range(field, LENGTH)
        assert found is None or found.stop <= LENGTH
