"""What counts as one client for the limits of requests and logins (CONTRACT §9)."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.addresses import client_of

# IPv4 within IPv6 is excluded: each such address is a separate client.
MAPPED = 0xFFFF << 32


@given(st.ip_addresses(v=4))
def test_an_address_of_ipv4_counts_for_itself(address: IPv4Address) -> None:
    assert client_of(str(address)) == str(address)


@given(st.ip_addresses(v=4))
def test_ipv4_in_the_form_of_ipv6_is_still_that_address(address: IPv4Address) -> None:
    """A server that listens on both protocols gets it in this form."""
    assert client_of(f"::ffff:{address}") == str(address)
    assert client_of(str(IPv6Address(MAPPED | int(address)))) == str(address)


@given(st.ip_addresses(v=6, network="2000::/3"), st.integers(0, 2**64 - 1))
def test_all_addresses_of_a_line_count_for_one_client(address: IPv6Address, host: int) -> None:
    neighbour = IPv6Address(int(address) >> 64 << 64 | host)
    assert client_of(str(neighbour)) == client_of(str(address))


@given(st.ip_addresses(v=6, network="2000::/3"), st.integers(64, 124))
def test_another_line_is_another_client(address: IPv6Address, bit: int) -> None:
    assert client_of(str(IPv6Address(int(address) ^ 1 << bit))) != client_of(str(address))


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:0db8:0001:0002:0000:0000:0000:0001", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_one_network_has_one_name(address: str, client: str) -> None:
    assert client_of(address) == client


@pytest.mark.parametrize(
    "text", ["", "unix:", "/run/touchstone.sock", "localhost", "1.2.3.4:80", "[::1]", "1.2.3", "\0"]
)
def test_a_text_that_is_not_an_address_counts_as_itself(text: str) -> None:
    assert client_of(text) == text


@given(st.text(st.characters()) | st.text("0123456789abcdef:.%/"))
def test_no_text_breaks_the_reader_and_a_client_is_one(text: str) -> None:
    client = client_of(text)
    assert client_of(client) == client


def test_only_so_many_are_remembered() -> None:
    """Clients choose their addresses."""
    assert client_of.cache_info().maxsize is not None
