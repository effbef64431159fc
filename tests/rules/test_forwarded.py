"""Client information from reverse proxies (`api.rules.forwarded`)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.forwarded import client_behind, is_trusted, network, scheme_of

PROXIES = [network("10.0.0.0/8"), network("127.0.0.1"), network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "field", "client"),
    [
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # not a proxy of ours
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", " 198.51.100.7 ", "198.51.100.7"),
        ("127.0.0.1", "198.51.100.7, 10.1.1.1", "198.51.100.7"),  # two proxies
        ("127.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),  # the client invented the first
        ("127.0.0.1", "1.1.1.1, 198.51.100.7, 10.1.1.1", "198.51.100.7"),
        ("127.0.0.1", "10.2.2.2, 10.1.1.1", "10.2.2.2"),  # a client in the network of the proxies
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7, junk", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7, junk, 10.1.1.1", "10.1.1.1"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("fd00::1", "[2001:db8::7]", "2001:db8::7"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("", "198.51.100.7", ""),
        ("/run/socket", "198.51.100.7", "/run/socket"),
    ],
)
def test_the_client_is_the_last_that_is_no_trusted_proxy(peer: str, field: str, client: str) -> None:
    assert client_behind(PROXIES, peer, field) == client


@given(st.text())
def test_an_untrusted_peer_is_the_client_whatever_it_sends(field: str) -> None:
    assert client_behind(PROXIES, "192.0.2.1", field) == "192.0.2.1"


@given(st.text(), st.ip_addresses())
def test_entries_before_the_client_are_ignored(invented: str, client: object) -> None:
    if not is_trusted(str(client), PROXIES):
        assert client_behind(PROXIES, "127.0.0.1", f"{invented}, {client}") == str(client)


@pytest.mark.parametrize(
    ("field", "scheme"),
    [("https", "https"), ("HTTP", "http"), ("http, https", "https"), ("", None), ("ftp", None), ("https,", None)],
)
def test_the_scheme_is_what_the_last_proxy_says(field: str, scheme: str | None) -> None:
    assert scheme_of(field) == scheme
