"""No input becomes a part of a page: texts stay texts, and links only lead to this server."""

import html

import httpx
import pytest

from tests.pages.html import Document
from tests.pages.soundness import EVIL, check_page, is_as_written
from tests.pages.visitors import BROWSER, Visitor
from tests.servers import Server

pytestmark = pytest.mark.one_database


def test_hostile_texts_are_texts(john: Visitor, chief: Visitor, server: Server) -> None:
    with httpx.Client(base_url=server.url, auth=("john", "john"), trust_env=False) as http:
        sent = {"title": EVIL, "body": EVIL + "\n</textarea>" + EVIL, "tags": []}
        article = http.post("/articles", json=sent).json()["id"]
        files = {EVIL[:30]: (EVIL, b"x", "text/plain")}
        message = http.post("/messages", files=files).json()["id"]
        http.put("/secrets/evil", json={"value": EVIL})
    for path in (f"/articles/{article}", "/articles", f"/messages/{message}/metadata", "/messages", "/secrets/evil"):
        answer = john.get(path)
        is_as_written(check_page(answer), answer.text)
        assert html.escape(EVIL[:8], quote=False) in answer.text
    form = john.page(f"/articles/{article}").form("PUT")
    assert form.fields["title"] == [EVIL]
    refusal = john.send(form, title=EVIL * 10, tags=EVIL, **{EVIL: EVIL})
    assert refusal.status_code == 422
    is_as_written(check_page(refusal), refusal.text)
    audit = chief.get("/admin/audit")
    is_as_written(check_page(audit), audit.text)


@pytest.mark.parametrize(
    "path",
    [
        "/echo/%3Cscript%3Ealert(1)%3Cscript%3E",
        "/echo/'%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
        "/echo?%3Cscript%3E=%3C/script%3E&x='%22",
        "/hello?name=%3Cscript%3Ealert(1)%3C/script%3E",
        "/articles?%3Cscript%3E=1",
        "/articles?title=%22%3E%3Cscript%3E",
        "/articles?q=%22%3E%3Cscript%3E",
        "/sign-in?next=/%22%3E%3Cscript%3E",
        "/sign-in?next=%22%3E%3Cscript%3E",
        "/%3Cscript%3E",
        "/users/me?x=%3Cscript%3E",
        "/problems/%3Cscript%3E",
        "/status/%3Cscript%3E",
    ],
)
def test_hostile_paths_and_queries_are_texts(stranger: Visitor, path: str) -> None:
    for headers in ({}, {"X-Evil": EVIL, "Referer": "http://evil.test/<script>", "User-Agent": "<script>"}):
        answer = stranger.get(path, headers=headers)
        is_as_written(check_page(answer), answer.text)


def test_a_false_host_is_in_no_link(server: Server) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        for path in ("/articles", "/", "/users/me", "/sign-in"):
            answer = http.get(path, headers={**BROWSER, "Host": "evil.test"})
            assert [target for target in Document(answer.text).links() if "evil" in target] == []
            assert [form.action for form in Document(answer.text).forms if "evil" in form.action] == []
