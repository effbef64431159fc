"""Names of spaces, and the part of a path that names one: `/in/<space>/articles`."""

import re
import secrets
from base64 import b32encode
from typing import NamedTuple
from urllib.parse import urlsplit

from api.rules.addresses import is_loopback

DATA = "/in"
# The store of the server itself, for faults and journal; no space has this id.
ROOT = "root"
# Paths that control the server or tell how it is: the journal has no entries of them.
CONTROL = ("/livez", "/readyz", "/metrics", "/spaces")
SPACE_ID = "[a-z0-9][a-z0-9-]{0,63}"
_PATH = re.compile(rf"{DATA}/(?P<id>[^/]*)(?P<rest>/.*)?", re.DOTALL)
_ID = re.compile(SPACE_ID)


class InSpace(NamedTuple):
    """A path on the data plane: the id of its space as sent, and the path within the space."""

    id: str
    path: str


def new_space_id() -> str:
    """A random id of 26 letters and digits: 128 bits, so that nobody guesses it."""
    return b32encode(secrets.token_bytes(17)).decode().lower()[:26]


def is_space_id(text: str) -> bool:
    """Whether this can be the id of a space."""
    return _ID.fullmatch(text) is not None and text != ROOT


def in_space(path: str) -> InSpace | None:
    """The space and the path within it of a path that starts with `/in/<space>`; None for other paths."""
    found = _PATH.fullmatch(path) if path.startswith(DATA + "/") else None
    return InSpace(found["id"], found["rest"] or "/") if found and found["id"] else None


def is_control(path: str) -> bool:
    """Whether this path controls the server, or tells how it is."""
    return path in CONTROL or path.startswith("/spaces/")


def is_own_origin(origin: str, host: str, public_url: str, allowed: tuple[str, ...]) -> bool:
    """Whether an Origin is this server's own, a loopback address, or listed in `allowed`; `*` allows none here."""
    parts = urlsplit(origin.lower())
    if origin.lower() in allowed or parts.netloc in (host.lower(), urlsplit(public_url.lower()).netloc):
        return bool(parts.netloc)
    name = (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    return name == "localhost" or name.endswith(".localhost") or is_loopback(name)
