"""Behind a reverse proxy: its fields count only if TRUSTED_PROXIES has its address."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.contract.expect import refused
from tests.servers import JOHN, Server

pytestmark = pytest.mark.one_database

HSTS = "Strict-Transport-Security"
FORWARDED = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}


@pytest.fixture
def serving(migrated_database: Callable[[], str], tmp_path: Path) -> Iterator[Callable[..., httpx.Client]]:
    """Starts a server with these settings, and returns a client of it."""
    started: list[Server] = []

    def start(**settings: str) -> httpx.Client:
        started.append(Server(tmp_path / "log", "--database", migrated_database(), **settings))
        return httpx.Client(base_url=started[-1].url, timeout=20)

    yield start
    for each in started:
        assert each.stop() == 0


def test_forwarded_fields_are_ignored_by_default(serving: Callable[..., httpx.Client]) -> None:
    with serving(RATE_LIMIT="2/hour") as http:
        told = http.get("/echo", headers=FORWARDED)
        assert told.json()["origin"] == "127.0.0.1"
        assert told.json()["url"].startswith("http://127.0.0.1:")
        assert HSTS not in told.headers
        http.get("/hello", headers=FORWARDED)
        refused(http.get("/hello", headers={"X-Forwarded-For": "198.51.100.8"}), 429, "rate-limited")


def test_a_trusted_proxy_names_the_client(serving: Callable[..., httpx.Client]) -> None:
    with serving(TRUSTED_PROXIES="127.0.0.1", RATE_LIMIT="2/hour") as http:
        told = http.get("/echo", headers=FORWARDED)
        assert told.json()["origin"] == "198.51.100.7"
        assert told.json()["url"].startswith("https://127.0.0.1:")
        http.get("/hello", headers=FORWARDED)
        # Addresses that the client itself put before it change nothing.
        other = {**FORWARDED, "X-Forwarded-For": f"203.0.113.9, {FORWARDED['X-Forwarded-For']}"}
        refused(http.get("/hello", headers=other), 429, "rate-limited")
        assert http.get("/hello", headers={"X-Forwarded-For": "198.51.100.8"}).status_code == 200


def test_an_untrusted_proxy_is_ignored(serving: Callable[..., httpx.Client]) -> None:
    with serving(TRUSTED_PROXIES="10.0.0.0/8, 192.0.2.1") as http:
        assert http.get("/echo", headers=FORWARDED).json()["origin"] == "127.0.0.1"


def test_development_accounts_are_local_behind_a_proxy_too(serving: Callable[..., httpx.Client]) -> None:
    with serving(TRUSTED_PROXIES="127.0.0.1") as http:
        assert http.get("/users/me", auth=JOHN).status_code == 200
        refused(http.get("/users/me", auth=JOHN, headers=FORWARDED), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("settings", "fields"),
    [({"TRUSTED_PROXIES": "127.0.0.1"}, FORWARDED), ({"PUBLIC_URL": "https://api.example.org"}, {})],
)
def test_over_tls_every_answer_has_hsts(
    serving: Callable[..., httpx.Client], settings: dict[str, str], fields: dict[str, str]
) -> None:
    """RFC 6797."""
    with serving(**settings) as http:
        for method, path in (("GET", "/"), ("GET", "/none"), ("POST", "/articles"), ("OPTIONS", "/articles")):
            answer = http.request(method, path, headers=fields)
            assert answer.headers.get_list(HSTS) == ["max-age=31536000"], path
        cookie = http.get("/sign-in", headers={"Accept": "text/html", **fields}).headers["Set-Cookie"]
        assert "; Secure" in cookie
        assert HSTS not in http.get("/", headers={"X-Forwarded-Proto": "http"}).headers or "PUBLIC_URL" in settings
