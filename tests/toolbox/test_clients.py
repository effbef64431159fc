"""Cookies, twenty redirects and content codings with curl, requests, httpx and fetch of Node, which also signs in.

The others sign in by basic and digest in test_auth.py and test_digest.py.
"""

import json
import subprocess
from pathlib import Path

import pytest
import requests

from tests.documents import NODE
from tests.servers import ROOT, Server, clean_environment
from tests.toolbox.lab import curl, lab

pytestmark = pytest.mark.one_database

COOKIES = {"a": "1", "b": "2"}
CODINGS = {"gzip": "gzipped", "deflate": "deflated", "brotli": "brotli", "zstd": "zstd"}


def test_fetch_of_node(server: Server) -> None:
    mount = f"{server.url}/httpbin"
    command = [NODE, str(ROOT / "tests/toolbox/fetch_client.mjs"), mount]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["basic"] == {"authenticated": True, "user": "user"}
    assert (found["refused"], found["cookies"]) == (401, COOKIES)
    assert len(found["digest"]) == 18
    for name, statuses in found["digest"].items():
        assert statuses == ([200, 200, 401] if name.endswith("other") else [200, 401]), name
    assert found["redirects"] == [200, f"{mount}/get"]
    assert found["tooMany"] == "redirect count exceeded"
    assert all(found[path] for path in CODINGS)


def test_curl(server: Server, tmp_path: Path) -> None:
    mount = f"{server.url}/httpbin"
    status, body = curl("-L", "-c", str(tmp_path / "jar"), "-b", str(tmp_path / "jar"), f"{mount}/cookies/set?a=1&b=2")
    assert (status, json.loads(body)["cookies"]) == (200, COOKIES)
    assert curl("-L", "--max-redirs", "20", f"{mount}/redirect/20")[0] == 200
    known = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout
    for path, member in CODINGS.items():
        if path in ("gzip", "deflate") or path in known:  # curl can be built without brotli or zstd
            assert json.loads(curl("--compressed", f"{mount}/{path}")[1])[member] is True


def test_requests(server: Server) -> None:
    mount = f"{server.url}/httpbin"
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(f"{mount}/cookies/set?a=1&b=2").json()["cookies"] == COOKIES
        assert len(session.get(f"{mount}/redirect/20").history) == 20
        for path in ("gzip", "deflate", "brotli"):  # urllib3 decodes zstd only with another package
            assert session.get(f"{mount}/{path}").json()[CODINGS[path]] is True


def test_httpx(server: Server) -> None:
    with lab(server, follow_redirects=True) as http:
        assert http.get("/cookies/set?a=1&b=2").json()["cookies"] == COOKIES
        assert len(http.get("/redirect/20").history) == 20
        for path, member in CODINGS.items():
            assert http.get(f"/{path}").json()[member] is True
