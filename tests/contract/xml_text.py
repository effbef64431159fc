"""Converts XML answers to JSON values, with everything but whole numbers as text (CONTRACT §8)."""

from typing import Any
from xml.etree import ElementTree

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def members(text: str) -> tuple[str, Any]:
    """The name of the root, and its value: whole numbers as numbers, everything else as text."""
    root = ElementTree.fromstring(text)
    return root.tag, _value(root)


def _value(element: ElementTree.Element) -> Any:
    if element.get(NIL) == "true":
        return None
    if len(element) and all(child.tag == "item" for child in element):
        return [_value(child) for child in element]
    if len(element):
        return {child.get("name", child.tag): _value(child) for child in element}
    text = element.text or ""
    return int(text) if text.isdigit() else text
