"""A page of another origin, in a browser that is signed in to the server, reads no credential from the toolbox."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.elsewhere import Elsewhere, running
from tests.servers import JOHN, Server

pytestmark = pytest.mark.one_database

PATHS = ("/cookies", "/headers", "/get", "/anything", "/dump/request", "/bearer", "/session", "/session/sign-in")
# Each way that a script can ask, and the text of what it can read.
SCRIPT = """async ([base, paths]) => {
  const read = [];
  for (const path of paths) for (const credentials of ["include", "omit"]) for (const mode of ["cors", "no-cors"]) {
    try { read.push(await (await fetch(base + path, {credentials, mode})).text()); }
    catch (error) { read.push("") }
  }
  return read;
}"""


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with running() as found:
        found.page = "<title>Evil</title>"
        yield found


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page of a browser that is signed in by a session, and that remembers a Basic password for the origin."""
    credentials: Any = {"username": JOHN[0], "password": JOHN[1], "origin": server.url}
    context = browser.new_context(base_url=server.url, http_credentials=credentials)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("User name").fill(JOHN[0])
    page.get_by_label("Password").fill(JOHN[1])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    yield page
    context.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_page_of_another_origin_reads_no_credential(
    server: Server, page: Page, elsewhere: Elsewhere, host: str
) -> None:
    [session] = [each["value"] for each in page.context.cookies() if each["name"] == "session"]
    secrets = (session, b64encode(":".join(JOHN).encode()).decode())
    page.goto(elsewhere.url(host))
    told = page.evaluate(SCRIPT, [f"{server.url}/httpbin", PATHS])
    assert any("Host" in each for each in told), "without credentials, the toolbox can be read"
    assert not [secret for secret in secrets if secret in json.dumps(told)]


def test_not_even_a_page_of_the_server_reads_its_session(server: Server, page: Page) -> None:
    [session] = [each["value"] for each in page.context.cookies() if each["name"] == "session"]
    told = [page.request.get(f"{server.url}/httpbin{path}").text() for path in PATHS]
    assert session not in json.dumps(told)
