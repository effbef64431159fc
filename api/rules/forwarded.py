"""Client information from trusted reverse proxies: X-Forwarded-For and X-Forwarded-Proto.

Anybody can send these fields, so they count only as far as the chain of trusted proxies reaches.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

# No chain of trusted proxies is longer. Earlier entries are ignored.
MOST_HOPS = 20

Networks = Sequence[IPv4Network | IPv6Network]


def network(text: str) -> IPv4Network | IPv6Network:
    """Return the network of a text such as `10.0.0.0/8` or `::1`. Raises ValueError if it is not one."""
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
    """Return the address of the client: the last one in the chain that is not a trusted proxy.

    `peer` is the address that connected to us. `forwarded_for` is the field: each proxy adds the address that connected
    to it. Entries before the first untrusted or invalid address may be forged by the client.
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
    """Return the scheme of the request to the proxy next to us, or None if the field does not name one."""
    scheme = forwarded_proto.rpartition(",")[2].strip().lower()
    return scheme if scheme in ("http", "https") else None
