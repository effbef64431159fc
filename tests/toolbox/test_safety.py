"""The bounds of the toolbox: no credentials of Touchstone, no planted cookie, no script, no open redirect."""

import base64
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from api.rules.planted import REFUSED
from tests.servers import Server

pytestmark = pytest.mark.one_database

PRODUCTION = {"TOUCHSTONE_ENV": "production", "SECRET_KEY": "k3y-" + "abcdefghijklmnopqrstuvwxyz0123456789"}
TOKEN = "tst_" + "a" * 43
ECHOES = [("GET", "/headers"), ("GET", "/cookies"), ("GET", "/get"), ("POST", "/anything"), ("GET", "/dump/request")]


@pytest.mark.parametrize(
    "name", ["session", "visitor", "Session", "session-a1", "__Host-a", "__secure-b", "a b", "", "é"]
)
def test_reserved_cookies_are_never_set(toolbox: httpx.Client, name: str) -> None:
    for path, query in (
        ("/cookies/set", {name: "x"}),
        ("/cookies/delete", {name: ""}),
        ("/response-headers", {"Set-Cookie": f"{name}=x"}),
    ):
        answer = toolbox.get(path, params=query)
        assert answer.status_code == 400, path
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        "a=1&attr[Path]=/",
        "a=1&attr[Path]=/httpbin-other",
        "a=1&attr[Domain]=example.com",
        "a=1&attr[SameSite]=x",
        "a=1&attr[Max-Age]=x",
        "a=1&attr[Nothing]=x",
        "a=" + "x" * 4097,
        "&".join(f"a{n}=1" for n in range(21)),
    ],
)
def test_cookies_stay_in_the_mount(beside: httpx.Client, query: str) -> None:
    answer = beside.get(f"/cookies/set?{query}")
    assert answer.status_code == 400, answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("name", [*sorted(REFUSED), "Access-Control-Allow-Origin", "A b", "A:b", "", "é"])
def test_fields_of_the_server_cannot_be_ordered(beside: httpx.Client, name: str) -> None:
    assert beside.get("/response-headers", params={name: "x"}).status_code == 400


def test_a_name_that_is_not_utf_8_is_400(beside: httpx.Client) -> None:
    answer = beside.get("/response-headers?%ff=x")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "?")


@pytest.mark.parametrize("value", ["a\r\nX-Planted: 1", "a\nb", "a\0b", "€", "\ud800", "x" * 9000])
def test_values_of_fields_are_printable(beside: httpx.Client, value: str) -> None:
    query = "A=" + "".join(f"%{byte:02X}" for byte in value.encode("utf-8", "surrogatepass"))
    answer = beside.get(f"/response-headers?{query}")
    assert answer.status_code in (400, 414)
    assert "X-Planted" not in answer.headers


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "application/xml", "application/xhtml+xml", "a/b", "TEXT/HTML"]
)
def test_foreign_text_is_no_page(beside: httpx.Client, kind: str) -> None:
    script = "<script>alert(1)</script>"
    coded = base64.urlsafe_b64encode(script.encode()).decode()
    fields = {"Content-Type": kind, "A": script}
    for path, query in ((f"/base64/{coded}", {"content-type": kind}), ("/response-headers", fields)):
        answer = beside.get(path, params=query)
        assert answer.status_code == 200
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; ")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "<" not in answer.text


def test_credentials_of_the_server_are_not_read_back(beside: httpx.Client) -> None:
    secret = "Basic " + base64.b64encode(b"john:john").decode()
    cookie = f"session={TOKEN}; visitor={TOKEN}; a={TOKEN}; mine=1"
    fields = {"Cookie": cookie, "Authorization": secret, "Sec-Fetch-Site": "cross-site"}
    for method, path in ECHOES:
        text = beside.request(method, path, headers=fields).text
        assert TOKEN not in text, path
        assert secret not in text, path
    assert beside.get("/cookies", headers=fields).json()["cookies"].keys() == {"a", "mine"}
    own = beside.get("/headers", headers={**fields, "Sec-Fetch-Site": "same-origin"})
    assert own.json()["headers"]["Authorization"] == secret


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, migrated_database: Callable[[], str]) -> httpx.Client:
    log: Path = tmp_path_factory.mktemp("deployed") / "log"
    hosts = {"TOOLBOX": "on", "TOOLBOX_REDIRECT_HOSTS": "good.example,other.example:8080"}
    running = Server(log, "--database", migrated_database(), **PRODUCTION, **hosts)
    with httpx.Client(base_url=f"{running.url}/httpbin", trust_env=False) as client:
        yield client
    assert running.stop() == 0


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/get", 302),
        ("get", 302),
        ("?a=//b", 302),
        ("http://good.example/x", 302),
        ("https://GOOD.example:444/", 302),
        ("http://other.example:8080/", 302),
        ("http://localhost:3000/", 302),
        ("http://127.0.0.1/", 302),
        ("http://[::1]:80/", 302),
        ("http://other.example/", 403),
        ("http://evil.example/", 403),
        ("//evil.example", 403),
        ("///evil.example", 403),
        ("////evil.example/x", 403),
        ("http:evil.example", 403),
        ("https:/evil.example", 403),
        ("http://good.example@evil.example/", 403),
        ("http://good.example.evil.example/", 403),
        ("http://evil.example#@good.example", 403),
        ("%20//evil.example", 403),
        ("javascript:alert(1)", 400),
        ("data:text/html,x", 400),
        ("/%5cevil.example", 400),
        ("%09//evil.example", 400),
    ],
)
@pytest.mark.parametrize("code", [302, 307])
def test_redirects_lead_only_to_allowed_hosts(deployed: httpx.Client, url: str, status: int, code: int) -> None:
    answer = deployed.get(f"/redirect-to?status_code={code}&url={url.replace('#', '%23').replace('&', '%26')}")
    assert answer.status_code == (code if status == 302 else status), answer.text
    assert ("Location" in answer.headers) == (status == 302)
    if status == 403:
        assert "good.example" in answer.json()["allowed"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_no_method_redirects_to_other_hosts(deployed: httpx.Client, method: str) -> None:
    answer = deployed.request(method, "/redirect-to?url=http://evil.example/")
    assert (answer.status_code, answer.headers.get("Location")) == (403, None)
    assert answer.json()["type"].endswith("/problems/forbidden")


def test_a_wait_costs_its_seconds(tmp_path: Path, migrated_database: Callable[[], str]) -> None:
    running = Server(tmp_path / "log", "--database", migrated_database(), RATE_LIMIT="5/hour")
    with httpx.Client(base_url=f"{running.url}/httpbin", trust_env=False) as client:
        left = [client.get(path).headers["RateLimit"] for path in ("/uuid", "/delay/0.01", "/delay/0.01")]
        assert [re.search("r=([0-9]+)", each)[1] for each in left] == ["4", "2", "0"]  # type: ignore[index]  # found
        assert client.get("/drip?duration=9&delay=1").status_code == 429
    assert running.stop() == 0


@pytest.mark.slow
def test_a_page_of_another_origin_reads_no_credentials(server: Server, browser: Browser, tmp_path: Path) -> None:
    """A person who is signed in opens a page of another origin: it learns neither the session nor the password."""
    context = browser.new_context(http_credentials={"username": "john", "password": "john"})
    page = context.new_page()
    page.goto(f"{server.url}/sign-in")
    page.fill("[name=username]", "john")
    page.fill("[name=password]", "john")
    page.click("main button")
    session = next(each["value"] for each in context.cookies() if each["name"] == "session")
    page.goto(f"{server.url.replace('127.0.0.1', 'localhost')}/httpbin/html")
    read = page.evaluate(
        """async (origin) => {
            const found = [];
            for (const path of ['headers', 'cookies', 'get', 'anything', 'dump/request', 'delay/0'])
                for (const credentials of ['include', 'omit', 'same-origin'])
                    for (const mode of ['cors', 'no-cors'])
                        try {
                            const answer = await fetch(`${origin}/httpbin/${path}`, {credentials, mode});
                            found.push(await answer.text());
                        }
                        catch (error) { found.push(String(error)); }
            return found.join('\\n');
        }""",
        server.url,
    )
    assert session not in read
    assert base64.b64encode(b"john:john").decode() not in read
    context.close()
