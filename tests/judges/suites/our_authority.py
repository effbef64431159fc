"""A pytest plugin for HTTPie's suite, which trusts the certificate of pytest-httpbin: it trusts ours instead."""

import pytest
from pytest_httpbin import certs
from touchstone_server.httpbin import Authority


@pytest.fixture(scope="session", autouse=True)
def our_bundle(httpbin_authority: Authority) -> None:
    """Where the suite asks for the file of the authority, name ours."""
    certs.where = lambda: str(httpbin_authority.bundle)
