"""JSON values as XML (CONTRACT §8)."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.xml import to_xml

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=15,
)


def parsed(document: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(document)


def test_a_resource_is_written_as_the_contract_says() -> None:
    document = to_xml(
        {"id": 7, "title": "A & B <c>", "tags": ["x", "y"], "draft": False, "score": 1.5, "by": None}, "article"
    )
    assert document.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<article xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        "<id>7</id><title>A &amp; B &lt;c&gt;</title><tags><item>x</item><item>y</item></tags>"
        '<draft>false</draft><score>1.5</score><by xsi:nil="true"/></article>'
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a\rb\r\nc\td\n", "a\rb\r\nc\td\n"),
        ("]]>", "]]>"),
        ("a\0b\x08\x1f\x7f", "a\ufffdb\ufffd\ufffd\x7f"),
        ("\ud800\udfff", "\ufffd\ufffd"),
        ("\ufffe\uffff\ufffd", "\ufffd\ufffd\ufffd"),
        ("é😀\x85\u2028", "é😀\x85\u2028"),
    ],
)
def test_text_is_read_as_it_was_or_with_replacement_characters(text: str, read: str) -> None:
    root = parsed(to_xml({"a": text, text: 1}, "article"))
    assert root.findtext("a") == read
    assert root[1].get("name") == read


@pytest.mark.parametrize("name", ["a b", "", "1a", "-a", "a:b", "xmlns", "XML-a", "é", "a\n", "<", '"', "𐀀"])
def test_an_unsafe_name_becomes_a_member_element(name: str) -> None:
    member = parsed(to_xml({name: "x"}, "article"))[0]
    assert (member.tag, member.get("name"), member.text) == ("member", name, "x")


@pytest.mark.parametrize("name", ["a", "_a", "A-b.c_9", "item", "member", "name"])
def test_a_safe_name_becomes_an_element(name: str) -> None:
    member = parsed(to_xml({name: "x"}, "article"))[0]
    assert (member.tag, member.attrib) == (name, {})


def test_null_at_the_root_is_nil() -> None:
    assert parsed(to_xml(None, "article")).get(NIL) == "true"


def test_a_value_that_json_lacks_is_refused() -> None:
    with pytest.raises(TypeError, match="set is not a JSON value"):
        to_xml({"a": {1}}, "article")


def shown(value: Any) -> Any:
    """What XML shows of a value: its structure, and the text of scalars."""
    legal = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
    match value:
        case None:
            return None
        case dict():
            return [(legal.sub("\ufffd", name), shown(member)) for name, member in value.items()] or ""
        case list():
            return [("item", shown(item)) for item in value] or ""
        case str():
            return legal.sub("\ufffd", value)
        case _:
            return json.dumps(value)


def seen(element: ElementTree.Element) -> Any:
    if element.get(NIL):
        return None
    return [(child.get("name", child.tag), seen(child)) for child in element] or (element.text or "")


@given(VALUES)
def test_every_value_can_be_read_back(value: Any) -> None:
    assert seen(parsed(to_xml(value, "article"))) == shown(value)
