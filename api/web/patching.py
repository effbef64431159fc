"""PatchParser: a PATCH is applied to the representation, and its result is checked like a PUT (RFC 5789)."""

from collections.abc import Callable, Mapping
from typing import Any

from api.rules import validation
from api.rules.media import JSON
from api.rules.patches import json_patch, merge_patch
from api.rules.problems import Invalid, MalformedJson, PatchConflict
from api.rules.strict_json import loads
from api.web.parsers import CHANGING, RequestParser
from api.web.request import Request, no_parameters

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"


class PatchParser(RequestParser):
    """Parses a merge patch (RFC 7396) or a JSON Patch (RFC 6902), depending on the Content-Type.

    `application/json` is a merge patch too, or what `plain` makes of it.

    `parse_args(current)` gives what `current` becomes, whole. Raises PatchConflict
    (409) where a path is absent or a `test` fails, and else as RequestParser does.
    """

    def __init__(
        self,
        model: Any,
        *,
        read_only: Any = (),
        cap: int | None = None,
        plain: Callable[[Any, Any], Any] = merge_patch,
    ) -> None:
        super().__init__(model, "json", read_only=read_only, cap=cap)
        self._plain = plain
        # Most clients send a partial object as plain JSON: it is taken as a merge patch.
        self.media_types = (MERGE_PATCH, JSON_PATCH, JSON)
        self.refuses = (*self.refuses, PatchConflict)

    def _parse_json(self, request: Request, current: Mapping[str, Any] | None) -> dict[str, Any]:
        if current is None:
            raise TypeError("PatchParser.parse_args() requires what the patch is applied to: parse_args(current=…).")
        body = self.check_body()
        no_parameters()
        if not body:
            raise MalformedJson("The body is empty.", line=1, column=1)
        patch = loads(body)
        # An operation on a member that changes by itself is meant, while a merge patch may be a whole representation.
        apply, ignored = {
            JSON_PATCH: (json_patch, frozenset()),
            JSON: (self._plain, CHANGING),
        }.get(request.mimetype, (merge_patch, CHANGING))
        result = apply(dict(current), patch)
        if isinstance(result, dict) and (
            gone := [name for name in self.read_only - ignored if name not in result and current.get(name) is not None]
        ):
            raise Invalid(errors=validation.read_only(sorted(gone)))
        return self.validated(result, current, ignored=ignored)
