"""A page of another site cannot change anything with the Basic login that a browser remembers."""

import httpx
import pytest

from tests.contract.access import basic, new_token, register
from tests.contract.expect import refused

pytestmark = pytest.mark.one_database

JOHN = basic("john", "john")
# Fields of browsers in a POST of another site's page without a preflight; some browsers send no Sec-Fetch-Site.
ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
]
UNASKED = ["text/plain", "Text/Plain ; charset=utf-8", "multipart/form-data; boundary=x"]
FORM = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'


def content(content_type: str) -> bytes:
    return FORM if "multipart" in content_type else b"hello"


@pytest.mark.parametrize("fields", ELSEWHERE, ids=str)
@pytest.mark.parametrize("content_type", UNASKED)
def test_a_remembered_login_is_ignored_in_a_post_from_another_site(
    anonymous: httpx.Client, api: httpx.Client, fields: dict[str, str], content_type: str
) -> None:
    before = api.get("/messages?limit=1").text
    headers = {"Authorization": JOHN, "Content-Type": content_type, **fields}
    answer = anonymous.post("/messages", content=content(content_type), headers=headers)
    refused(answer, 401, "unauthenticated")
    # Not Basic: the browser would ask for the password, as if that page needed it.
    assert answer.headers.get_list("WWW-Authenticate") == ['Bearer realm="touchstone"']
    assert api.get("/messages?limit=1").text == before


def test_it_is_ignored_in_a_post_without_content_too(anonymous: httpx.Client) -> None:
    headers = {"Authorization": JOHN, "Sec-Fetch-Site": "cross-site"}
    refused(anonymous.post("/tokens", headers=headers), 401, "unauthenticated")


def test_a_remembered_login_counts_on_its_own_pages_and_without_a_page(anonymous: httpx.Client) -> None:
    own = f"http://{anonymous.base_url.host}:{anonymous.base_url.port}"
    for fields in (
        {"Sec-Fetch-Site": "same-origin", "Origin": own},
        {"Sec-Fetch-Site": "none"},
        {"Origin": own},
        {},
    ):
        headers = {"Authorization": JOHN, "Content-Type": "text/plain", **fields}
        assert anonymous.post("/messages", content=b"hello", headers=headers).status_code == 201, fields


@pytest.mark.parametrize("fields", ELSEWHERE, ids=str)
def test_requests_with_a_preflight_count_from_any_site(anonymous: httpx.Client, fields: dict[str, str]) -> None:
    headers = {"Authorization": JOHN, "Content-Type": "application/json", **fields}
    assert anonymous.post("/messages", content=b"{}", headers=headers).status_code == 201
    assert anonymous.get("/users/me", headers={"Authorization": JOHN, **fields}).status_code == 200


@pytest.mark.parametrize("fields", ELSEWHERE, ids=str)
def test_a_token_counts_from_any_site(anonymous: httpx.Client, fields: dict[str, str]) -> None:
    _, token = new_token(anonymous, register(anonymous), ["messages:write"])
    headers = {"Authorization": token, "Content-Type": "text/plain", **fields}
    assert anonymous.post("/messages", content=b"hello", headers=headers).status_code == 201
