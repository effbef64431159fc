"""PatchParser: a PATCH is applied to the representation, and its result is checked like a PUT (RFC 5789)."""

from collections.abc import Mapping
from typing import Any

from api.rules.patches import json_patch, merge_patch
from api.rules.problems import Invalid, MalformedJson, PatchConflict
from api.rules.strict_json import loads
from api.web import faults
from api.web.parsers import RequestParser
from api.web.request import Request, no_parameters

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"


class PatchParser(RequestParser):
    """Parses a merge patch (RFC 7396) or a JSON Patch (RFC 6902), depending on the Content-Type.

    `parse_args(current)` returns the complete result of applying the patch to `current`. Raises PatchConflict
    (409) if a path does not exist or a `test` fails, otherwise the same as RequestParser.
    """

    def __init__(self, model: Any, *, read_only: Any = (), cap: int | None = None) -> None:
        super().__init__(model, "json", read_only=read_only, cap=cap)
        self.media_types = (MERGE_PATCH, JSON_PATCH)
        self.refuses = (*self.refuses, PatchConflict)

    def _parse_json(self, request: Request, current: Mapping[str, Any] | None) -> dict[str, Any]:
        if current is None:
            raise TypeError("PatchParser.parse_args() requires what the patch is applied to: parse_args(current=…).")
        body = self.check_body()
        no_parameters()
        if not body:
            raise MalformedJson("The body is empty.", line=1, column=1)
        patch = loads(body)
        result = (json_patch if request.mimetype == JSON_PATCH else merge_patch)(dict(current), patch)
        if isinstance(result, dict) and (
            gone := [name for name in self.read_only if name not in result and current.get(name) is not None]
        ):
            raise Invalid(errors=faults.read_only(sorted(gone)))
        return self.validated(result, current)
