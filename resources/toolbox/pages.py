"""Pages for people and for crawlers: links, and a form.

curl -i http://127.0.0.1:8000/httpbin/links/3/0
"""

from http import HTTPStatus

from api.rules.problems import NotImplementedHere
from api.web.compat import HTML, Answer, Compat, Number, answers, mount_path
from resources.toolbox.files import stored

FORM_POLICY = "default-src 'none'; form-action 'self'; frame-ancestors 'none'"
MOST = 10**9
LINKS = Number("n", "Links; less than 1 counts as 1, more than 200 as 200.", -MOST, 200, clamped=True, example="3")


class Links(Compat):
    """The first of some pages that link to each other."""

    paths = ("/links/<n>",)
    group = "Pages"
    parameters = (LINKS,)

    @answers(302, "text/html")
    def get(self, n: int) -> Answer:
        """Redirect to the first page."""
        return None, HTTPStatus.FOUND, {"Location": f"{mount_path()}/links/{max(1, n)}/0"}


class LinksPage(Compat):
    """One of some pages that link to each other."""

    paths = ("/links/<n>/<offset>",)
    group = "Pages"
    parameters = (LINKS, Number("offset", "Which of the pages; it is text there.", 0, MOST, example="0"))

    @answers(200, "text/html")
    def get(self, n: int, offset: int) -> Answer:
        """Return a page with links to the others."""
        mount, n = mount_path(), max(1, n)
        items = (str(i) if i == offset else f"<a href='{mount}/links/{n}/{i}'>{i}</a>" for i in range(n))
        page = f"<html><head><title>Links</title></head><body>{' '.join(items)} </body></html>"
        return page, HTTPStatus.OK, {"Content-Type": HTML}


class PizzaForm(Compat):
    """A form for a pizza."""

    paths = ("/forms/post",)
    group = "Pages"

    @answers(200, "text/html")
    def get(self) -> Answer:
        """Return a form that leads to `/post`."""
        page = stored("pizza.html").replace(b"{mount}", mount_path().encode())
        return page, HTTPStatus.OK, {"Content-Type": HTML, "Content-Security-Policy": FORM_POLICY}


class NotYet(Compat):
    """What the server below cannot do."""

    paths = ("/websocket/echo",)
    group = "Not here"

    @answers(501, "application/problem+json", refuses=[NotImplementedHere])
    def get(self) -> Answer:
        """Refuse: the server below has no WebSockets."""
        raise NotImplementedHere("The server below has no WebSockets.")
