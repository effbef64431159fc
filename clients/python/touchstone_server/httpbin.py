"""httpbin's endpoints on a server of their own: `touchstone httpbin`, over HTTP or HTTPS."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from touchstone_server.http import TouchstoneError
from touchstone_server.server import run

# Names in the certificate.
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Httpbin:
    """A server with httpbin's endpoints, as pytest-httpbin's fixtures show it: `httpbin + "/get"` is a URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self.protocol = parts.scheme
        self.host = parts.hostname or ""
        self.port = parts.port or 0

    def __add__(self, path: str) -> str:
        return self.url + path

    def __str__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return f"<Httpbin {self.url}>"

    def join(self, url: str, allow_fragments: bool = True) -> str:
        """The URL that a reference leads to, from the root of the server."""
        return urljoin(self.url, url, allow_fragments=allow_fragments)


class Authority:
    """A certificate authority for one suite: `bundle` is the file of its certificate, in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        """Create it, with a certificate for loopback addresses. Raises TouchstoneError if trustme is not installed."""
        try:
            import trustme
        except ImportError:
            raise TouchstoneError(
                "httpbin over HTTPS needs one more package: pip install trustme (the extra `https`)."
            ) from None
        authority = trustme.CA()
        issued = authority.issue_cert(*LOOPBACK)
        self.bundle = folder / "authority.pem"
        self.certificate = folder / "server.pem"
        authority.cert_pem.write_to_path(self.bundle)
        issued.private_key_and_cert_chain_pem.write_to_path(self.certificate)


@contextmanager
def authority() -> Iterator[Authority]:
    """A new authority, whose files are deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="touchstone-authority-") as folder:
        yield Authority(Path(folder))


@contextmanager
def start_httpbin(signed_by: Authority | None = None, **settings: str) -> Iterator[Httpbin]:
    """Start a server on a free port, and stop it at the end; over HTTPS if an authority signs.

    `settings` are variables of its environment. It ends with this process, even if this process is killed. Raises
    TouchstoneError if it does not start.
    """
    tls = ("--tls-cert", str(signed_by.certificate)) if signed_by else ()
    with run("httpbin", "--host", "127.0.0.1", "--port", "0", "--until-eof", *tls, **settings) as url:
        yield Httpbin(url)
