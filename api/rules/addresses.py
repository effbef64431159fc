"""The address of a client, as the rate limits count it."""

from functools import lru_cache
from ipaddress import ip_address, ip_network


@lru_cache(maxsize=4096)  # bounded, because clients choose their addresses
def client_of(address: str) -> str:
    """Return what the rate limits count as one client: an IPv4 address, or the /64 network of an IPv6 address.

    One line has 2^64 IPv6 addresses and may use another one for each request
    (RFC 6177). A text that is not an address, such as the name of a socket, counts as itself.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    """Whether a request from this address comes from the machine itself."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
