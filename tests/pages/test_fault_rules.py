"""The page of the fault rules of a space: a table, and a form that makes one."""

from typing import Any

import pytest

from tests.pages.visitors import Visitor, as_json, faulty, read
from tests.resources.spaces.conftest import space as space
from tests.resources.spaces.making import Space

pytestmark = pytest.mark.one_database


@pytest.fixture
def place(space: Space) -> str:
    """The path of the rules."""
    return f"{space.place}/faults"


def test_a_rule_is_made_from_its_fields(visitor: Visitor, place: str) -> None:
    form = visitor.page(place).form("POST")
    sent: dict[str, Any] = {
        "match.methods": "POST\r\nPUT",
        "match.path": "/articles",
        "times.count": "2",
        "do": '[{"cut": {"at": "after"}}]',
    }
    made = as_json(visitor, visitor.send(form, **sent).headers["Location"])
    assert made["match"] == {"methods": ["POST", "PUT"], "path": "/articles"}
    assert made["times"] == {"skip": 0, "count": 2, "every": 1, "chance": 1.0}
    assert made["do"] == [{"cut": {"at": "after", "bytes": 0, "how": "fin"}}]


def test_the_table_shows_what_each_rule_did(visitor: Visitor, space: Space, place: str) -> None:
    space.control.post(place, json={"match": {"path": "/hello"}, "do": [{"status": {"code": 503}}]})
    assert space.anonymous.get("/hello").status_code == 503
    page = visitor.page(place)
    columns, values = ([each.text.strip() for each in page.all(name)] for name in ("th", "td"))
    cells = dict(zip(columns, values, strict=False))
    assert (cells["n"], cells["seen"], cells["done"]) == ("1", "1", "1")
    assert cells["match"] == "path /hello"
    assert cells["do"] == "status (code 503, after false)"
    assert f"{place}/1" in page.links()
    assert "/hello" not in page.links(), "the path is within the space"


def test_a_mistake_is_shown_at_its_field(visitor: Visitor, place: str) -> None:
    form = visitor.page(place).form("POST")
    page = read(visitor.send(form, **{"match.path": "articles", "times.count": "0", "do": '[{"explode": {}}]'}))
    assert faulty(page).keys() == {"match.path", "times.count", "do"}
    assert page.form("POST").fields["match.path"] == ["articles"]
