"""Digests of content: declared, checked, and requested (RFC 9530)."""

import hashlib
from base64 import b64encode

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.digests import declared, repr_digest, verify, wanted
from api.rules.problems import DigestMismatch, InvalidHeader

CONTENT = b'{"hello": "world"}'
# The examples of RFC 9530 for this content.
SHA_256 = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
SHA_512 = "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew=="
DIGEST = {"sha-256": hashlib.sha256(CONTENT).digest(), "sha-512": hashlib.sha512(CONTENT).digest()}


@pytest.mark.parametrize(
    ("field", "algorithms"),
    [
        (f"sha-256=:{SHA_256}:", ["sha-256"]),
        (f"sha-512=:{SHA_512}:", ["sha-512"]),
        (f"sha-256=:{SHA_256}:,sha-512=:{SHA_512}:", ["sha-256", "sha-512"]),
        (f"sha-512=:{SHA_512}:\t,\t sha-256=:{SHA_256}:", ["sha-256", "sha-512"]),
        (f"md5=:AAAA:, sha-256=:{SHA_256}:", ["sha-256"]),
        (f"sha-256=:{SHA_256}:;parameter=1", ["sha-256"]),
        # the last of a key counts (RFC 9651 §3.2)
        (f"sha-256=:AAAA:, sha-256=:{SHA_256}:", ["sha-256"]),
    ],
)
def test_the_digests_of_known_algorithms_are_read(field: str, algorithms: list[str]) -> None:
    assert declared(field, "Content-Digest") == {name: DIGEST[name] for name in algorithms}


@pytest.mark.parametrize("field", ["", "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:", "unixsum=30637", "sha=:AA==:, adler=1", "new"])
def test_digests_of_other_algorithms_are_ignored(field: str) -> None:
    assert declared(field, "Content-Digest") == {}


@pytest.mark.parametrize(
    "field",
    [
        "sha-256",
        "sha-256=1",
        "sha-256=x",
        "sha-256=?1",
        f'sha-256="{SHA_256}"',
        f"sha-256={SHA_256}",
        f"sha-256=:{SHA_256}",
        f"sha-256=(:{SHA_256}:)",
        "sha-256=()",
        "sha-256=::",
        "sha-256=:AAAA:",
        "sha-256=:!!!!:",
        f"sha-256=:{SHA_512}:",
        f"sha-512=:{SHA_256}:",
        f"sha-256=:{SHA_256}:, sha-512=:AAAA:",
        f"sha-256=:{SHA_256}:,",
        f"SHA-256=:{SHA_256}:",
        f"SHA-256={SHA_256}",
        "garbage garbage",
        "é",
        "\x00",
        "=",
        ";",
        "{}",
    ],
)
@pytest.mark.parametrize("name", ["Content-Digest", "Repr-Digest"])
def test_a_malformed_field_is_refused_by_its_name(field: str, name: str) -> None:
    with pytest.raises(InvalidHeader) as refusal:
        declared(field, name)
    assert [error["header"] for error in refusal.value.members["errors"]] == [name]


@given(st.text(st.characters(max_codepoint=255), max_size=80))
def test_any_field_is_read_or_refused(field: str) -> None:
    for text in (field, f"sha-256={field}", f"sha-256=:{field}:"):
        try:
            found = declared(text, "Content-Digest")
        except InvalidHeader:
            continue
        assert found.keys() <= DIGEST.keys()


@pytest.mark.parametrize("expected", [{}, {"sha-256"}, {"sha-512"}, {"sha-256", "sha-512"}])
@pytest.mark.parametrize(
    "pieces", [[CONTENT], [CONTENT[:5], b"", CONTENT[5:]], [CONTENT[n : n + 1] for n in range(18)]]
)
def test_content_of_the_declared_digests_is_taken_and_hashed(expected: set[str], pieces: list[bytes]) -> None:
    assert verify({name: DIGEST[name] for name in expected}, pieces) == DIGEST["sha-256"].hex()


@pytest.mark.parametrize(
    "expected",
    [
        {"sha-256": b"\0" * 32},
        {"sha-512": b"\0" * 64},
        {"sha-256": DIGEST["sha-256"], "sha-512": b"\0" * 64},
        {"sha-512": DIGEST["sha-512"], "sha-256": b"\0" * 32},
        {"sha-256": hashlib.sha256(b"").digest()},
    ],
)
def test_content_of_another_digest_is_refused(expected: dict[str, bytes]) -> None:
    with pytest.raises(DigestMismatch):
        verify(expected, [CONTENT])


def test_nothing_has_a_digest_too() -> None:
    assert verify({"sha-256": hashlib.sha256(b"").digest()}, []) == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("sha-256=1", True),
        ("sha-256=10", True),
        ("sha-512=3, sha-256=10, unixsum=0", True),
        ("sha-256=1;parameter", True),
        ("sha-256=0", False),
        ("sha-512=10", False),
        ("sha-256=-1", False),
        ("sha-256=0.5", False),
        ("sha-256=?0", False),
        ("sha-256=(1)", False),
        ("sha-256=x", False),
        ('sha-256="1"', False),
        ("SHA-256=1", False),
        ("", False),
        ("garbage garbage", False),
        ("é", False),
    ],
)
def test_a_digest_is_wanted_where_sha_256_has_a_preference(field: str, expected: bool) -> None:
    assert wanted(field) is expected


def test_the_field_of_a_representation_is_a_dictionary_of_byte_sequences() -> None:
    field = repr_digest(DIGEST["sha-256"].hex())
    assert field == f"sha-256=:{SHA_256}:"
    assert http_sf.parse(field.encode(), tltype="dictionary")["sha-256"][0] == DIGEST["sha-256"]


@given(st.binary(max_size=100))
def test_the_sent_digest_field_is_read_as_the_hashed_digest(content: bytes) -> None:
    digest = verify({}, [content])
    assert declared(repr_digest(digest), "Repr-Digest") == {"sha-256": hashlib.sha256(content).digest()}
    assert b64encode(bytes.fromhex(digest)).decode() in repr_digest(digest)
