"""Where a request comes from, as far as limits go."""

from functools import lru_cache
from ipaddress import ip_address, ip_network


@lru_cache(maxsize=4096)  # clients choose where they come from, so there is a bound
def client_of(address: str) -> str:
    """Whom an address counts for: itself, or its network of 64 bits where it is of IPv6.

    A single line has 2^64 addresses of IPv6, and may use another at each request
    (RFC 6177). What is no address, such as a socket's name, counts for itself.
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
