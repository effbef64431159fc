"""A client of HTTP Digest for tests, written from RFC 7616 §3.4 and independent of the server's code."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

NONE: Mapping[str, str] = {}
NAMES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256", "SHA-512": "sha512"}


def h(algorithm: str, text: bytes) -> str:
    """The hash of an algorithm, in hexadecimal."""
    return hashlib.new(NAMES[algorithm.removesuffix("-sess")], text).hexdigest()


def challenges(answer: httpx.Response) -> list[dict[str, str]]:
    """The Digest challenges of a 401, each as its parameters."""
    found = []
    for line in answer.headers.get_list("WWW-Authenticate"):
        assert line.startswith("Digest ")
        pairs = re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,"]+))', line)
        found.append({name: quoted or plain for name, quoted, plain in pairs})
    return found


@dataclass
class Signing:
    """The credentials of one request."""

    user: str
    password: str
    challenge: dict[str, str]
    method: str = "GET"
    body: bytes = b""
    cnonce: str = "c0ffee"

    def field(self, uri: str, nc: int = 1, qop: str | None = "auth", changes: Mapping[str, str] = NONE) -> str:
        """The Authorization field; `changes` replace parameters as they are written."""
        algorithm, nonce = self.challenge["algorithm"], self.challenge["nonce"]
        request = h(algorithm, f"{self.method}:{uri}".encode() + self._content(qop, self.body))
        count = f"{nc:08x}"
        given = {
            "username": f'"{self.user}"',
            "realm": f'"{self.challenge["realm"]}"',
            "nonce": f'"{nonce}"',
            "uri": f'"{uri}"',
            "response": f'"{self._response(count, qop, request)}"',
            "algorithm": algorithm,
            "opaque": f'"{self.challenge["opaque"]}"',
        }
        if qop:
            given |= {"qop": qop, "nc": count, "cnonce": f'"{self.cnonce}"'}
        return "Digest " + ", ".join(f"{name}={value}" for name, value in {**given, **changes}.items() if value)

    def proof(self, uri: str, content: bytes, nc: int = 1, qop: str = "auth") -> str:
        """The `rspauth` that proves the server (§3.5)."""
        algorithm = self.challenge["algorithm"]
        return self._response(f"{nc:08x}", qop, h(algorithm, f":{uri}".encode() + self._content(qop, content)))

    def _content(self, qop: str | None, body: bytes) -> bytes:
        return b":" + h(self.challenge["algorithm"], body).encode() if qop == "auth-int" else b""

    def _response(self, count: str, qop: str | None, request: str) -> str:
        algorithm, nonce = self.challenge["algorithm"], self.challenge["nonce"]
        key = h(algorithm, f"{self.user}:{self.challenge['realm']}:{self.password}".encode())
        if algorithm.endswith("-sess"):
            key = h(algorithm, f"{key}:{nonce}:{self.cnonce}".encode())
        middle = f"{count}:{self.cnonce}:{qop}:" if qop else ""
        return h(algorithm, f"{key}:{nonce}:{middle}{request}".encode())
