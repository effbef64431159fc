"""Programs that only know the host can find the contract (RFC 8631, RFC 9264, RFC 9727)."""

import re

import httpx
import pytest

pytestmark = pytest.mark.one_database

PROFILE = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'


def test_the_catalog_links_to_each_document_with_its_type(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/.well-known/api-catalog")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, PROFILE)
    (context,) = answer.json()["linkset"]
    assert context.pop("anchor") == "/"
    assert set(context) == {"service-desc", "service-doc"}
    for target in (target for targets in context.values() for target in targets):
        led = anonymous.get(target["href"], headers={"Accept": target["type"]})
        assert (led.status_code, led.headers["Content-Type"].partition(";")[0]) == (200, target["type"])


@pytest.mark.parametrize("path", ["/", "/.well-known/api-catalog"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_link_field_has_the_same_links(anonymous: httpx.Client, method: str, path: str) -> None:
    links = anonymous.request(method, path).headers["Link"]
    found = re.findall('<([^>]+)>; rel="([^"]+)"', links)
    assert {relation for _, relation in found} == {"service-desc", "service-doc", "api-catalog"}
    for place, _ in found:
        assert anonymous.get(place).status_code == 200
