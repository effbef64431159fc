"""The fixtures of pytest-httpbin's names, in suites of others."""

import re
from pathlib import Path

import pytest

from tests.packaging.conftest import Suite

pytestmark = pytest.mark.one_database

THEIRS = """
import json, ssl, urllib.request
import pytest

def get(url, authority=None):
    trusting = ssl.create_default_context(cafile=authority.bundle) if authority else None
    return json.load(urllib.request.urlopen(url, context=trusting))

def test_over_http(httpbin):
    assert get(httpbin + "/get")["url"] == f"http://{httpbin.host}:{httpbin.port}/get" == httpbin.join("/get")
    assert (str(httpbin), httpbin.protocol, httpbin.join("a#b", allow_fragments=False)) == (
        httpbin.url, "http", httpbin.url + "/a#b")

def test_over_https(httpbin_secure, httpbin_authority):
    assert get(httpbin_secure + "/get", httpbin_authority)["url"] == httpbin_secure.join("get")
    assert httpbin_secure.protocol == "https"
    with pytest.raises(OSError):
        get(httpbin_secure.url)

def test_both(httpbin_both, httpbin_authority):
    assert get(httpbin_both + "/get", httpbin_authority)["url"] == httpbin_both + "/get"

def test_requests_trusts_it(httpbin_secure, httpbin_ca_bundle):
    import requests
    assert requests.get(httpbin_secure + "/status/204").status_code == 204

@pytest.mark.usefixtures("class_based_httpbin", "class_based_httpbin_secure")
class TestClass:
    def test_url(self):
        assert self.httpbin.url.startswith("http://")
        assert self.httpbin_secure.url.startswith("https://")
"""
OTHER_PLUGIN = """
import pytest

@pytest.fixture
def httpbin():
    return "that of the other plugin"
"""
MINE = """
def test_mine(httpbin):
    assert httpbin == "that of the other plugin"
"""
WITHOUT = """
import sys
sys.modules["trustme"] = None

def test_http(httpbin):
    pass

def test_https(httpbin_secure):
    pass
"""


def test_each_fixture(suite: Suite) -> None:
    done = suite(THEIRS)
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout


@pytest.mark.slow
def test_pytest_httpbin_wins_while_it_is_loaded(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(OTHER_PLUGIN)
    # Registered by the name of pytest-httpbin's entry point.
    info = tmp_path / "other-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[pytest11]\nhttpbin = other\n")
    assert suite(MINE).returncode == 0
    done = suite(MINE, "-p", "no:httpbin")
    assert done.returncode == 1
    assert re.search(r"assert <Httpbin http://127\.0\.0\.1:\d+> == 'that of the other plugin'", done.stdout)


@pytest.mark.slow
def test_without_trustme_only_https_fails_and_says_so(suite: Suite) -> None:
    done = suite(WITHOUT)
    assert "1 passed, 1 error" in done.stdout
    assert "pip install trustme" in done.stdout
