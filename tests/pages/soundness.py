"""Rules for every page: it is complete and labelled, and has no scripts, except the live page of a journal."""

import base64
import hashlib

import httpx

from tests.pages.html import VOID, Document
from tests.pages.visitors import read

KNOWN_ELEMENTS = """
    html head title style body a header nav div main ol ul li span h1 h2 p section strong dl dt dd pre code form button
    label textarea select option fieldset legend details summary table thead tbody tr th td h3 br input
"""
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;{{7*7}}</pre></code>"


def source_of(text: str) -> str:
    """The source of an inline style or script in a policy (CSP 3 §2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def check_page(answer: httpx.Response) -> Document:
    """Assert the rules for every page, and parse it."""
    page = read(answer)
    assert answer.text.startswith("<!doctype html>")
    assert page.all("html")[0].attributes == {"lang": "en"}
    assert [len(page.all(name)) for name in ("title", "h1", "main", "header")] == [1, 1, 1, 1]
    assert page.text("title").endswith(" · Touchstone")
    ids = page.ids()
    assert len(ids) == len(set(ids)), ids
    assert [target for target in page.links() if target.startswith("#") and target[1:] not in ids] == []
    # Every input has a label, and its description exists.
    labelled = {each.attributes.get("for") for each in page.all("label")}
    for each in page.fields():
        if each.attributes.get("type") != "checkbox":
            assert each.attributes["id"] in labelled, each.attributes
        assert set((each.attributes.get("aria-describedby") or "").split()) <= set(ids)
    for each in page.elements:
        assert (each.attributes.get("aria-labelledby") or "answer") in [*ids, "answer"]
        assert not [name for name in each.attributes if name.startswith("on") or name == "style"]
    assert [each for each in page.all("button") if not each.text.strip()] == []
    for form in page.forms:
        assert form.action[:1] == "/"
        assert form.method in ("get", "post")
        # Only forms that change something prove where they are from.
        assert len(form.fields.get("_token", [""])[0]) == (43 if form.method == "post" else 0)
    # No scripts, nothing is loaded, and the policy allows only the page's own style.
    live = {"script"} if "entries" in ids else set()
    assert {each.name for each in page.elements} & {
        "script",
        "iframe",
        "object",
        "img",
        "link",
        "base",
        "embed",
    } == live
    policy = dict(each.strip().partition(" ")[::2] for each in answer.headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "style-src": source_of(page.text("style")),
        **({"script-src": source_of(page.text("script")), "connect-src": "'self'"} if live else {}),
        "img-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return page


def is_as_written(page: Document, source: str) -> None:
    """Assert that the page has only elements of the templates, as many as other pages."""
    assert "<script" not in source
    assert "<img" not in source
    known = set(KNOWN_ELEMENTS.split())
    assert {each.name for each in page.elements} <= known | VOID
