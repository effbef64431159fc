"""A parser of HTML: elements, texts, and forms with the values of their fields."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}
Attributes = dict[str, str | None]


@dataclass(slots=True)
class Form:
    """A form: its target, and the texts of its fields by name, as a browser would send them."""

    action: str
    method: str
    enctype: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    button: str = ""


@dataclass(slots=True)
class Element:
    """An open element: its name, its attributes, and its text so far."""

    name: str
    attributes: Attributes
    text: str = ""


class Document(HTMLParser):
    """A page. It refuses end tags that do not match their start tags, and elements that are not closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.forms: list[Form] = []
        self._open: list[Element] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open the element."""
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)
        if tag == "form":
            assert "form" not in [each.name for each in self._open[:-1]]
            has = element.attributes
            self.forms.append(Form(has["action"] or "", has["method"] or "", has.get("enctype") or ""))
        if tag == "input":
            self._note_input(element.attributes)
        if tag == "option":
            self._note_option(element.attributes)

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        element = self._open.pop()
        assert element.name == tag
        if tag == "textarea":
            # One line end after the start tag does not count (HTML §13.1.2.5).
            self.forms[-1].fields[element.attributes["name"] or ""] = [element.text.removeprefix("\n")]
        if tag == "button" and self._open and any(each.name == "form" for each in self._open):
            self.forms[-1].button = element.text

    def handle_data(self, data: str) -> None:
        """Add the text to all open elements."""
        for element in self._open:
            element.text += data

    def all(self, name: str) -> list[Element]:
        """Every element of this name."""
        return [each for each in self.elements if each.name == name]

    def text(self, name: str) -> str:
        """The text of the first element of this name."""
        return next(each.text for each in self.elements if each.name == name)

    def labelled(self, label: str) -> str:
        """The text of the region with this label."""
        return next(each.text for each in self.elements if each.attributes.get("aria-label") == label)

    def links(self) -> list[str]:
        """The targets of the links."""
        return [each.attributes["href"] or "" for each in self.all("a")]

    def link(self, text: str) -> str:
        """The target of the first link with this text."""
        return next(each.attributes["href"] or "" for each in self.all("a") if each.text.strip() == text)

    def ids(self) -> list[str]:
        """The ids of elements, in their order."""
        return [each.attributes["id"] or "" for each in self.elements if "id" in each.attributes]

    def form(self, method: str) -> Form:
        """The form for this method."""
        return next(each for each in self.forms if each.fields.get("_method") == [method])

    def methods(self) -> list[str]:
        """The methods of the forms, in order."""
        return [each.fields["_method"][0] for each in self.forms if "_method" in each.fields]

    def fields(self) -> Iterator[Element]:
        """Every field that a person can fill in."""
        for each in self.elements:
            hidden = each.attributes.get("type") == "hidden"
            if each.name in ("input", "select", "textarea") and not hidden:
                yield each

    def _note_input(self, has: Attributes) -> None:
        name, kind = has.get("name") or "", has.get("type") or "text"
        if kind == "checkbox":
            self.forms[-1].choices.setdefault(name, []).append(has.get("value") or "on")
            if "checked" in has:
                self.forms[-1].fields.setdefault(name, []).append(has.get("value") or "on")
        elif kind != "file":
            self.forms[-1].fields[name] = [has.get("value") or ""]

    def _note_option(self, has: Attributes) -> None:
        name = next(each for each in reversed(self._open) if each.name == "select").attributes["name"] or ""
        self.forms[-1].choices.setdefault(name, []).append(has["value"] or "")
        if "selected" in has or name not in self.forms[-1].fields:
            self.forms[-1].fields[name] = [has["value"] or ""]
