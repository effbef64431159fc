"""What reverse proxies say of the client: X-Forwarded-For and X-Forwarded-Proto, from proxies that are trusted.

Anybody can send these fields, so they count only as far as a chain of trusted proxies reaches.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

# No chain of trusted proxies is longer; what stands before them is not looked at.
MOST_HOPS = 20

Networks = Sequence[IPv4Network | IPv6Network]


def network(text: str) -> IPv4Network | IPv6Network:
    """The network that a text such as `10.0.0.0/8` or `::1` is. Raises ValueError where it is none."""
    return ip_network(text, strict=False)


def is_trusted(address: str, proxies: Networks) -> bool:
    """Whether this is the address of a trusted proxy."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found
    return any(mapped in each for each in proxies)


def client_behind(proxies: Networks, peer: str, forwarded_for: str) -> str:
    """The address of the client: the last one in the chain that is no trusted proxy's.

    `peer` is who has connected, `forwarded_for` the field: each proxy adds whom it was connected to by. What is left of
    the first address that is not trusted, or is none, the client may have made up.
    """
    client = peer
    for hop in reversed(forwarded_for.rsplit(",", MOST_HOPS)[-MOST_HOPS:]):
        if not is_trusted(client, proxies):
            break
        try:
            client = str(ip_address(hop.strip().removeprefix("[").removesuffix("]")))
        except ValueError:
            break
    return client


def scheme_of(forwarded_proto: str) -> str | None:
    """The scheme that the proxy next to us was asked with; None where the field does not say."""
    scheme = forwarded_proto.rpartition(",")[2].strip().lower()
    return scheme if scheme in ("http", "https") else None
