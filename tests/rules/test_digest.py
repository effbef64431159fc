"""HTTP Digest: the vectors of RFC 7616, and texts that clients send."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.digest import ALGORITHMS, Nonces, challenge, credentials, parameters, response, verified

MUFASA = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, '
    'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="{}", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
# RFC 7616 §3.9.2, with the user name and the response of erratum 4897.
JASON = (
    'Digest {}, realm="api@example.org", uri="/doe.json", algorithm=SHA-512-256, '
    'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", nc=00000001, '
    'cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", qop=auth, '
    'response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"'
)
HASHED = 'userhash=true, username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"'
# RFC 2069 §2.4, with the response of its erratum 749.
OLD = (
    'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
    'uri="/dir/index.html", response="1949323746fe6a43ef61f9606e7febea", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
GOOD = 'Digest username="u", realm="r", nonce="n", uri="/", response="0", qop=auth, nc=00000001, cnonce="c"'


@pytest.mark.parametrize(
    ("field", "user", "password"),
    [
        (MUFASA.format("MD5", "8ca523f5e9506fed4657c9700eebdbec"), "Mufasa", "Circle of Life"),
        (
            MUFASA.format("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
            "Mufasa",
            "Circle of Life",
        ),
        (JASON.format(HASHED), "Jäsøn Doe", "Secret, or not?"),
        (JASON.format("username*=UTF-8''J%C3%A4s%C3%B8n%20Doe"), "Jäsøn Doe", "Secret, or not?"),
        (OLD, "Mufasa", "CircleOfLife"),
    ],
)
def test_the_vectors_of_the_rfcs(field: str, user: str, password: str) -> None:
    sent = credentials(field)
    assert sent
    assert verified(sent, user, password, "GET", b"")
    assert not verified(sent, user, password + "!", "GET", b"")
    assert not verified(sent, user + "!", password, "GET", b"")
    assert not verified(sent, user, password, "POST", b"")


@pytest.mark.parametrize(
    "wrong",
    [
        GOOD.replace("nc=00000001", "nc=1"),
        GOOD.replace("nc=00000001", "nc=00000000"),
        GOOD.replace(', cnonce="c"', ""),
        GOOD.replace(', realm="r"', ""),
        GOOD.replace(', uri="/"', ""),
        GOOD.replace('username="u", ', ""),
        GOOD + ', response="1"',
        GOOD + ", username*=UTF-8''u",
        GOOD.replace('username="u"', "username*=latin-1''u"),
        GOOD.replace('username="u"', "userhash=true, username*=UTF-8''u"),
        GOOD + ', "x"',
        "Digest",
        'Digest username="',
    ],
)
def test_credentials_that_the_rfc_forbids_are_refused(wrong: str) -> None:
    assert credentials(GOOD)
    with pytest.raises(ValueError):
        credentials(wrong)


def test_another_scheme_is_no_digest() -> None:
    assert credentials("Basic dTpw") is None
    assert credentials("") is None
    assert credentials(GOOD.replace("Digest", "DIGEST"))


@given(st.text(st.characters(max_codepoint=255), max_size=60))
def test_any_field_is_read_or_refused(text: str) -> None:
    for field in (text, "Digest " + text, GOOD + "," + text):
        try:
            sent = credentials(field)
        except ValueError:
            continue
        assert sent is None or sent.realm is not None


def test_a_challenge_reads_as_clients_of_httpbin_expect() -> None:
    made = challenge("r", "n", algorithm="SHA-256", qop="auth, auth-int", stale=True)
    assert re.fullmatch(
        'Digest realm="r", nonce="n", qop="auth, auth-int", opaque="[0-9a-f]{32}", algorithm=SHA-256, stale=true', made
    )
    assert parameters(made.removeprefix("Digest "))["qop"] == "auth, auth-int"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_proof_of_the_server_depends_on_its_content(algorithm: str) -> None:
    sent = credentials(GOOD.replace("qop=auth", f"qop=auth-int, algorithm={algorithm}"))
    assert sent
    assert response(sent, b"u", b"p", "", b"a") != response(sent, b"u", b"p", "", b"b")


def test_nonces_tell_their_age_and_cannot_be_made_up() -> None:
    nonces = Nonces(b"k" * 32)
    nonce = nonces.new(1000.5)
    assert nonces.age(nonce, 1010.5) == 10
    assert nonce != nonces.new(1000.5)
    assert Nonces(b"l" * 32).age(nonce, 1010.5) is None
    for wrong in ("", "x", "é", nonce[:-2], "A" + nonce[1:] if nonce[0] != "A" else "B" + nonce[1:], nonce + "AAAA"):
        assert nonces.age(wrong, 1010.5) is None
