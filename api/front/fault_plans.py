"""Decides what faults do to a request: those of its field Touchstone-Fault, otherwise those of a rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol
from wsgiref.types import WSGIEnvironment

from api.front.pool import Pool
from api.rules import environ_keys
from api.rules.fault_field import parse_field
from api.rules.faults import BY_FIELD, FIELD, SPARED, Plan, Rule
from api.rules.matching import Head
from api.rules.problems import InvalidHeader, NotImplementedHere
from api.rules.spaces import ROOT, in_space
from api.rules.targets import IANA_METHODS

ASKED = "HTTP_TOUCHSTONE_FAULT"


class FaultRules(Protocol):
    """The rules of the spaces, by id; `root` is the store of the server itself."""

    def of(self, space_id: str) -> Sequence[Rule]:
        """The rules of a space. Returns at once."""

    def take(self, space_id: str, rules: Sequence[Rule], body: Callable[[], bytes]) -> Plan | None:
        """Count a request for the rules whose match its head has. Returns the plan of the first rule that is due."""


@dataclass(frozen=True, slots=True)
class FaultPlans:
    """Where faults act: in spaces, and `everywhere` in the store of the server too. `rules` is None without spaces."""

    rules: FaultRules | None
    spaces: bool
    everywhere: bool

    def concern(self, environ: WSGIEnvironment) -> bool:
        """Whether a request may meet a fault. Quick, because it is asked for each request."""
        if ASKED in environ:
            return True
        if not self.spaces or self.rules is None:
            return False
        path: str = environ["PATH_INFO"]
        if path.startswith("/in/"):
            asked = in_space(path)
            return asked is not None and bool(self.rules.of(asked.id))
        return self.everywhere and bool(self.rules.of(ROOT)) and not is_spared(path)

    async def plan(self, environ: WSGIEnvironment, pool: Pool) -> Plan | None:
        """The plan for a request; None without a fault.

        Raises InvalidHeader (400), NotImplementedHere (501), Unavailable (503).
        """
        if environ["REQUEST_METHOD"] not in IANA_METHODS:
            return None  # 501 comes first (CONTRACT §2, 3)
        plan = self._of_field(environ) if ASKED in environ else await self._of_rules(environ, pool)
        if plan and plan.needs_http_1 and environ["SERVER_PROTOCOL"] == "HTTP/2.0":
            raise NotImplementedHere("HTTP/2 has no chunks and no status line: use HTTP/1.1 for this fault.")
        return plan

    def _of_field(self, environ: WSGIEnvironment) -> Plan:
        path = environ["PATH_INFO"]
        if not (self.everywhere or (self.spaces and in_space(path))):
            where = "only in spaces, whose paths start with /in/" if self.spaces else "nowhere"
            raise _refused("not_allowed", f"Faults act {where} on this server (setting FAULTS).")
        if is_spared(path):
            raise _refused("not_allowed", "There are no faults on this path.")
        return Plan(BY_FIELD, parse_field(environ[ASKED]), Random())  # noqa: S311  # not for secrets

    async def _of_rules(self, environ: WSGIEnvironment, pool: Pool) -> Plan | None:
        assert self.rules is not None  # noqa: S101  # otherwise the request does not concern us
        asked = in_space(environ["PATH_INFO"])
        space_id, path = asked or (ROOT, environ["PATH_INFO"])
        text = path.encode("latin-1").decode("utf-8", "replace")  # PEP 3333
        head = Head(environ["REQUEST_METHOD"], text, environ["QUERY_STRING"], environ[environ_keys.FIELDS])
        matching = [rule for rule in self.rules.of(space_id) if rule.match.matches_head(head)]
        if not matching:
            return None
        return await pool.run(self.rules.take, space_id, matching, lambda: _body(environ))


def is_spared(path: str) -> bool:
    """Whether there are no faults on this path."""
    return path in SPARED or path.startswith("/spaces/")


def _body(environ: WSGIEnvironment) -> bytes:
    file = environ["wsgi.input"]
    content: bytes = file.read()
    file.seek(0)
    return content


def _refused(code: str, detail: str) -> InvalidHeader:
    return InvalidHeader(errors=[{"header": FIELD, "code": code, "detail": detail}])
