"""Gzip bodies are decompressed under a cap and a ratio, in time proportional to their size."""

import gzip
import os

import pytest

from api.rules.problems import ContentTooLarge, MalformedBody
from api.web.body import MAX_MEMBERS, inflate

CAP = 1024 * 1024
# Without a time: it is part of test names, which must be equal in all processes of a run.
EMPTY = gzip.compress(b"", mtime=0)


@pytest.mark.parametrize("content", [b"", b"a", b"abc" * 20_000, os.urandom(300_000)])
def test_compressed_data_is_restored(content: bytes) -> None:
    assert inflate(gzip.compress(content), CAP) == content


def test_members_are_joined() -> None:
    assert inflate(gzip.compress(b"a") + EMPTY + gzip.compress(b"b"), CAP) == b"ab"


def test_many_empty_members_are_refused_before_they_take_time() -> None:
    with pytest.raises(ContentTooLarge):
        inflate(EMPTY * (MAX_MEMBERS + 1), CAP)
    assert inflate(EMPTY * MAX_MEMBERS, CAP) == b""


@pytest.mark.parametrize("size", [CAP + 1, 100 * CAP])
def test_above_the_cap_or_the_ratio_it_is_refused(size: int) -> None:
    with pytest.raises(ContentTooLarge):
        inflate(gzip.compress(bytes(size)), CAP)


@pytest.mark.parametrize(
    "raw", [b"x", EMPTY[:-1], gzip.compress(os.urandom(200_000))[:-9], EMPTY + b"x", EMPTY[:-4] + b"abcd"]
)
def test_data_that_is_not_gzip_or_ends_early_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedBody):
        inflate(raw, CAP)
