"""Redirects: some number of them, or one to a URL.

curl -i http://127.0.0.1:8000/httpbin/redirect/3
"""

from http import HTTPStatus

from api.rules.problems import Forbidden
from api.rules.redirect_targets import LOCATION, as_location, host_of, leads_to
from api.web.compat import (
    LARGEST,
    Answer,
    Compat,
    Number,
    Text,
    answers,
    current_request,
    mount_path,
    refusal,
    services,
)
from api.web.received import arguments
from api.web.request import link_prefix

COUNT = Number("n", "Redirects until the answer.", 1, 100, example="2")
HTML = "text/html"


class Redirect(Compat):
    """Some redirects, then `/get`."""

    paths = ("/redirect/<n>",)
    group = "Redirects"
    parameters = (COUNT, Text("absolute", "`true`: the targets are absolute."))

    @answers(302, HTML)
    def get(self, n: int, absolute: str | None) -> Answer:
        """Redirect n times, then lead to `/get`."""
        if (absolute or "").lower() == "true":
            return lead(f"{origin()}{next_path('absolute', n)}")
        return lead(f"{mount_path()}{next_path('relative', n)}")


class RelativeRedirect(Compat):
    """Some redirects to paths, then `/get`."""

    paths = ("/relative-redirect/<n>",)
    group = "Redirects"
    parameters = (COUNT,)

    @answers(302, HTML)
    def get(self, n: int) -> Answer:
        """Redirect n times to a path, then lead to `/get`."""
        return lead(f"{mount_path()}{next_path('relative', n)}")


class AbsoluteRedirect(Compat):
    """Some redirects to absolute URLs, then `/get`."""

    paths = ("/absolute-redirect/<n>",)
    group = "Redirects"
    parameters = (COUNT,)

    @answers(302, HTML)
    def get(self, n: int) -> Answer:
        """Redirect n times to an absolute URL, then lead to `/get`."""
        return lead(f"{origin()}{next_path('absolute', n)}")


class RedirectTo(Compat):
    """A redirect to a URL."""

    paths = ("/redirect-to",)
    group = "Redirects"
    parameters = (
        Text(
            "url",
            "Where to, verbatim. Its name may have any case.",
            pattern=LOCATION,
            checked=False,
            required=True,
            example="/get",
        ),
        Number("status_code", "The status, from 300 to 399; others count as 302.", -LARGEST, LARGEST),
    )

    @answers(302, HTML, also=tuple(code for code in range(300, 400) if code != HTTPStatus.FOUND), refuses=[Forbidden])
    def get(self, url: str | None, status_code: int | None) -> Answer:
        """Redirect to a URL."""
        url = url if url is not None else in_any_case("url")
        if url is None:
            raise refusal("url", "This is missing.", "missing")
        try:
            location = as_location(url)
        except ValueError as error:
            raise refusal("url", str(error)) from None
        check_host(location)
        status = status_code if status_code is not None and 300 <= status_code < 400 else HTTPStatus.FOUND
        return None, int(status), {"Location": location}

    post = put = patch = delete = trace = get


def in_any_case(name: str) -> str | None:
    """The first value of a query parameter whose name is spelled with capitals."""
    sent = arguments(current_request())
    return next((values[0] for other, values in sent.items() if other.lower() == name), None)


def check_host(location: str) -> None:
    """Raise Forbidden for a host that is not allowed: in staging and production only few are."""
    request, settings = current_request(), services().settings
    host = host_of(location)
    if host is None or settings.development:
        return
    public = settings.public_url.partition("://")[2].partition("/")[0].lower()
    own = [request.host.lower(), *([public] if public else [])]
    if not leads_to(host, {*own, *settings.toolbox_redirect_hosts}):
        raise Forbidden(f"A redirect must not lead to {host:.100}.", allowed=[*own, *settings.toolbox_redirect_hosts])


def next_path(kind: str, n: int) -> str:
    """The path below the mount that the redirect leads to."""
    return "/get" if n == 1 else f"/{kind}-redirect/{n - 1}"


def origin() -> str:
    """The start of absolute URLs of the toolbox: PUBLIC_URL, or the host that the client called."""
    request, prefix = current_request(), link_prefix()
    return prefix if "://" in prefix else f"{request.scheme}://{request.host}{prefix}"


def lead(location: str) -> Answer:
    """The redirect to a location. An absolute one depends on Host, so that no cache may keep it."""
    caching = {"Cache-Control": "no-store"} if "://" in location else {}
    return None, HTTPStatus.FOUND, {"Location": location, **caching}
