"""`/`: the welcome."""

import httpx
import pytest

pytestmark = pytest.mark.one_database

PLACES = ["/hello", "/echo", "/articles", "/users", "/tokens", "/secrets", "/admin/audit", "/problems"]


def test_the_welcome_links_to_everything_below(api: httpx.Client) -> None:
    answer = api.get("/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["ETag"].startswith('W/"')
    targets = [link["href"] for link in answer.json()["links"].values()]
    assert set(PLACES) <= set(targets)
    assert any(target.startswith("/status/") for target in targets)


def test_every_link_of_the_welcome_works(admin: httpx.Client) -> None:
    for link in admin.get("/").json()["links"].values():
        assert link.get("templated", False) is ("{" in link["href"])
        assert admin.get(link["href"].replace("{code}", "200")).status_code == 200, link
        assert link["title"]


@pytest.mark.parametrize(
    "accept",
    ["application/xml", "application/vnd.touchstone.v1+json", "application/vnd.touchstone.v2+json"],
)
def test_the_welcome_has_every_representation(api: httpx.Client, accept: str) -> None:
    answer = api.get("/", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, accept)
    assert "/articles" in answer.text


def test_the_welcome_is_304_for_its_tag(api: httpx.Client) -> None:
    tag = api.get("/").headers["ETag"]
    assert api.get("/", headers={"If-None-Match": tag}).status_code == 304


def test_a_parameter_is_400(api: httpx.Client) -> None:
    assert api.get("/?page=2").status_code == 400
    assert api.get("/?_=2").status_code == 200
