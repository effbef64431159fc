"""Fixtures with the names of pytest-httpbin: each server is started at the first use, once for each process of tests.

Those over HTTPS need trustme. `httpbin_ca_bundle` makes requests trust them.
"""

from collections.abc import Iterator

import pytest

from touchstone_server.httpbin import Authority, Httpbin, authority, start_httpbin


@pytest.fixture(scope="session")
def httpbin() -> Iterator[Httpbin]:
    """Httpbin's endpoints over HTTP."""
    with start_httpbin() as server:
        yield server


@pytest.fixture(scope="session")
def httpbin_authority() -> Iterator[Authority]:
    """The authority that signs the certificate of `httpbin_secure`: `bundle` is the file of its own certificate."""
    with authority() as found:
        yield found


@pytest.fixture(scope="session")
def httpbin_secure(httpbin_authority: Authority) -> Iterator[Httpbin]:
    """Httpbin's endpoints over HTTPS."""
    with start_httpbin(httpbin_authority) as server:
        yield server


@pytest.fixture(scope="session", params=["http", "https"])
def httpbin_both(request: pytest.FixtureRequest) -> Httpbin:
    """First `httpbin`, then `httpbin_secure`."""
    found: Httpbin = request.getfixturevalue("httpbin" if request.param == "http" else "httpbin_secure")
    return found


@pytest.fixture(scope="class")
def class_based_httpbin(request: pytest.FixtureRequest, httpbin: Httpbin) -> None:
    """Sets `self.httpbin` in the tests of a class."""
    request.cls.httpbin = httpbin


@pytest.fixture(scope="class")
def class_based_httpbin_secure(request: pytest.FixtureRequest, httpbin_secure: Httpbin) -> None:
    """Sets `self.httpbin_secure` in the tests of a class."""
    request.cls.httpbin_secure = httpbin_secure


@pytest.fixture
def httpbin_ca_bundle(monkeypatch: pytest.MonkeyPatch, httpbin_authority: Authority) -> None:
    """Makes requests trust `httpbin_secure` in this test, by REQUESTS_CA_BUNDLE."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(httpbin_authority.bundle))
