"""Visitors with a browser, simulated by HTTP: they keep cookies, open pages, and fill in and send forms."""

from typing import Any
from uuid import uuid4

import httpx
import sqlalchemy as sa

from api.store.audit import audit
from api.store.database import Database
from tests.pages.html import Document, Form
from tests.servers import Server

# The fields that Chromium sends when a person opens an address.
BROWSER = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Site": "same-origin",
}
HTML = "text/html; charset=utf-8"
JSON = {"Accept": "application/json"}


class Visitor:
    """A visitor of a server."""

    def __init__(self, server: Server) -> None:
        self.http = httpx.Client(base_url=server.url, headers=BROWSER, timeout=20, trust_env=False, verify=False)
        self.origin = server.url

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Open a page, and return the answer."""
        return self.http.get(path, **options)

    def page(self, path: str, status: int = 200) -> Document:
        """Open a page, and parse it."""
        answer = self.get(path)
        assert answer.status_code == status, answer.text
        return read(answer)

    def send(self, form: Form, *, files: Any = None, headers: Any = None, **changes: Any) -> httpx.Response:
        """Send a form with these values in place of its own; None leaves a field out."""
        texts = {**form.fields, **changes}
        data = {name: text for name, text in texts.items() if text is not None}
        sent = files or ({"_file": ("", b"")} if form.enctype == "multipart/form-data" else None)
        headers = {"Origin": self.origin, **(headers or {})}
        return self.http.request(form.method.upper(), form.action, data=data, files=sent, headers=headers)

    def do(self, form: Form, **changes: Any) -> Document:
        """Send a form that must succeed, and parse the page that it redirects to."""
        answer = self.send(form, **changes)
        assert answer.status_code == 303, answer.text
        return self.page(answer.headers["Location"])

    def sign_in(self, username: str, password: str, back: str = "/") -> httpx.Response:
        """Sign in with the form."""
        form = next(each for each in self.page(f"/sign-in?next={back}").forms if each.action == "/sign-in")
        return self.send(form, username=username, password=password)

    @property
    def cookie(self) -> str | None:
        """The value of the session's cookie."""
        return self.http.cookies.get("session")


def read(answer: httpx.Response) -> Document:
    """Parse a page."""
    assert answer.headers["Content-Type"] == HTML
    return Document(answer.text)


def new_account(http: httpx.Client, **members: Any) -> dict[str, Any]:
    """Register an account; return the sent members and the id."""
    mark = "p" + uuid4().hex[:12]
    sent = {"username": mark, "name": "A name", "email": f"{mark}@example.org", "password": f"password-{mark}"}
    answer = http.post("/users", json={**sent, **members})
    assert answer.status_code == 201, answer.text
    return {**sent, **members, "id": answer.json()["id"]}


def alert(page: Document) -> str:
    """The text of the page's alert."""
    return next(each.text for each in page.elements if each.attributes.get("role") == "alert")


def faulty(page: Document) -> dict[str, str]:
    """The fields that are marked as wrong, with their descriptions."""
    texts = {each.attributes.get("id"): each.text.strip() for each in page.elements}
    found = {}
    for each in page.fields():
        if each.attributes.get("aria-invalid") == "true":
            described = (each.attributes["aria-describedby"] or "").split()
            found[each.attributes["name"] or ""] = " ".join(texts[part] for part in described)
    return found


def last_change(store: Database) -> int:
    """The newest entry of the audit trail: every successful write has one."""
    with store.reading() as db:
        newest: int = db.execute(sa.select(sa.func.max(audit.c.id))).scalar_one()
    return newest


def as_json(visitor: Visitor, path: str, **options: Any) -> Any:
    """The JSON of this path, without a session."""
    return visitor.get(path, headers=JSON, **options).json()
