"""Cookies: shows, sets and deletes them.

curl -i 'http://127.0.0.1:8000/httpbin/cookies' -H 'Cookie: taste=sweet'
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from werkzeug.http import dump_cookie

from api.rules.planted import TOKEN, cookie_fault, domain_matches
from api.web.compat import Answer, Compat, Headers, Text, answers, current_request, mount_path, refusal
from api.web.received import arguments, cookies

MOST = 20
LONGEST = 4096
# What analytics add; httpbin does not show these.
ANALYTICS = frozenset(
    {
        "_gauges_unique",
        "_gauges_unique_year",
        "_gauges_unique_month",
        "_gauges_unique_day",
        "_gauges_unique_hour",
        "__utmz",
        "__utma",
        "__utmb",
    }
)
ATTRIBUTE = re.compile(r"attr\[([A-Za-z-]+)\]")
SITES = {"strict": "Strict", "lax": "Lax", "none": "None"}
YES_OR_NO = ("", "true", "false", "1", "0")
SECONDS = "-?[0-9]{1,10}"
HTML = "text/html"


def any_case(*words: str) -> str:
    """A pattern for these words, in capitals or not, in the common part of the languages of patterns."""
    return "|".join("".join(f"[{each.upper()}{each}]" if each.isalpha() else each for each in word) for word in words)


class Cookies(Compat):
    """The received cookies."""

    paths = ("/cookies",)
    group = "Cookies"
    parameters = (Text("show_env", "With any value, the cookies of analytics are shown too."),)

    @answers(200, ("cookies",))
    def get(self, show_env: str | None) -> Answer:
        """Return the received cookies, without those of Touchstone."""
        found = cookies(current_request())
        if show_env is None:
            found = {name: value for name, value in found.items() if name not in ANALYTICS}
        return {"cookies": found}, 200, {}


class SetCookie(Compat):
    """A cookie that is set."""

    paths = ("/cookies/set/<name>/<value>",)
    example = {"name": "taste", "value": "sweet"}
    group = "Cookies"
    parameters = (
        Text("name", "Its name, a token.", pattern=TOKEN.pattern, checked=False, example="taste"),
        Text("value", "Its value.", longest=LONGEST, example="sweet"),
    )

    @answers(302, HTML)
    def get(self, name: str, value: str) -> Answer:
        """Set a cookie, and redirect to the list."""
        return led_with(cookie(name, value, {}))


class SetCookies(Compat):
    """Cookies that are set."""

    paths = ("/cookies/set",)
    group = "Cookies"
    parameters = (
        Text("attr[Path]", "Path of all the cookies, in the mount."),
        Text("attr[Domain]", "Domain of all; it matches the host."),
        Text("attr[SameSite]", "`Strict`, `Lax` or `None`.", pattern=any_case(*SITES), checked=False),
        Text("attr[Max-Age]", "Seconds.", pattern=SECONDS, checked=False),
        Text("attr[Secure]", "`true` or `false`.", pattern=any_case(*YES_OR_NO), checked=False),
        Text("attr[HttpOnly]", "`true` or `false`.", pattern=any_case(*YES_OR_NO), checked=False),
    )

    @answers(302, HTML)
    def get(self, **told: str | None) -> Answer:
        """Set a cookie for each parameter, and redirect to the list."""
        sent = arguments(current_request())
        attributes = read_attributes(
            {found[1].lower(): each[0] for name, each in sent.items() if (found := ATTRIBUTE.fullmatch(name))}
        )
        wanted = [(name, values[0]) for name, values in sent.items() if not ATTRIBUTE.fullmatch(name)]
        check_count(wanted)
        return led_with(*(cookie(name, value, attributes) for name, value in wanted))


class DeleteCookies(Compat):
    """Cookies that are deleted."""

    paths = ("/cookies/delete",)
    group = "Cookies"

    @answers(302, HTML)
    def get(self) -> Answer:
        """Delete the cookies named by the parameters, and redirect to the list."""
        names = list(arguments(current_request()))
        check_count(names)
        return led_with(*(cookie(name, "", {"expires": 0, "max_age": 0}) for name in names))


def check_count(wanted: list[Any]) -> None:
    """Raise InvalidParameter if there are too many cookies."""
    if len(wanted) > MOST:
        raise refusal("", f"There may be at most {MOST} cookies.", "too_many")


def cookie(name: str, value: str, attributes: Mapping[str, Any]) -> str:
    """A Set-Cookie field. Raises InvalidParameter."""
    if fault := cookie_fault(name):
        raise refusal(name, fault)
    if len(value) > LONGEST:
        raise refusal(name, f"The value of a cookie has at most {LONGEST:,} characters.", "too_long")
    own = {"path": mount_path() or "/", "secure": current_request().over_tls, **attributes}
    return dump_cookie(name, value, max_size=0, **own)


def read_attributes(sent: Mapping[str, str]) -> dict[str, Any]:
    """The attributes of cookies as `dump_cookie` takes them. Raises InvalidParameter."""
    found: dict[str, Any] = {}
    for name, value in sent.items():
        shown = f"attr[{name}]"
        match name:
            case "path":
                mount = mount_path() or "/"
                if value != mount and not value.startswith(mount.rstrip("/") + "/"):
                    raise refusal(shown, f"The path must lie in {mount}.")
                found["path"] = value
            case "domain":
                if not domain_matches(current_request().host, value):
                    raise refusal(shown, "The domain does not match this host.")
                found["domain"] = value
            case "samesite":
                if value.lower() not in SITES:
                    raise refusal(shown, "This must be Strict, Lax or None.")
                found["samesite"] = SITES[value.lower()]
            case "max-age":
                if not re.fullmatch(SECONDS, value):
                    raise refusal(shown, "This must be a whole number of seconds.")
                found["max_age"] = int(value)
            case "secure" | "httponly":
                if value.lower() not in YES_OR_NO:
                    raise refusal(shown, "This must be true or false.")
                found[name] = value.lower() not in ("false", "0")
            case _:
                raise refusal(shown, "There is no such attribute here.", "unknown")
    return found


def led_with(*lines: str) -> Answer:
    """The redirect to the list, with Set-Cookie fields."""
    fields = Headers([("Location", f"{mount_path()}/cookies")])
    for line in lines:
        fields.add("Set-Cookie", line)
    return None, HTTPStatus.FOUND, fields
