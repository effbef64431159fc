"""Where a redirect may lead, judged as browsers read URLs (WHATWG URL, basic URL parser)."""

import re
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import quote

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# A pattern of what `as_location` takes.
LOCATION = rf" *(?:[Hh][Tt][Tt][Pp][Ss]?:|(?! *{_SCHEME.pattern}))[^\x00-\x1f\x7f-\x9f\\]*"
# Everything that is printable in ASCII, without the space.
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def as_location(url: str) -> str:
    """The URL as the value of a Location field: verbatim, but for spaces and what is not ASCII.

    Raises ValueError with a sentence for control characters, backslashes, and schemes other than http and https.
    """
    if _CONTROLS.search(url):
        raise ValueError("This has a control character or a backslash, which browsers read in their own way.")
    scheme = _SCHEME.match(url.lstrip(" "))
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise ValueError("The scheme must be http or https, or left out.")
    return quote(url.strip(" "), safe=_PRINTABLE)


def host_of(location: str) -> str | None:
    """The host with its port that a Location leads to, in lower case; None if it stays on the same host.

    Browsers ignore how many slashes are before a host, and a name before `@`.
    """
    scheme = _SCHEME.match(location)
    rest = location[scheme.end() :] if scheme else location
    if not scheme and not rest.startswith("//"):
        return None
    return re.split("[/?#]", rest.lstrip("/"))[0].rpartition("@")[2].lower()


def leads_to(host: str, allowed: Collection[str]) -> bool:
    """Whether a host is a loopback address, or allowed with its port or with any port."""
    name = re.sub(r":[0-9]*\Z", "", host)
    return host in allowed or name in allowed or _is_loopback(name)


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False
