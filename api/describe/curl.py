"""The curl commands for the operations of a page."""

import json
import shlex
from typing import Any

from api.describe.forms import MULTIPART
from api.describe.members import members_of
from api.describe.operations import Operation
from api.web.parsers import RequestParser
from api.web.patching import PatchParser
from api.web.uploads import UploadParser

WORTHLESS: dict[str, Any] = {"flag": True, "number": 1, "choices": [], "lines": [], "json": {}}


def command(operation: Operation, url: str, username: str | None) -> str:
    """The command for this operation. curl asks for the password of `username`."""
    words = ["curl", "-i"]
    if operation.method not in ("GET", "POST"):
        words += ["--head"] if operation.method == "HEAD" else ["-X", operation.method]
    if username and operation.method != "OPTIONS":
        words += ["-u", username]
    elif operation.needs_account:
        words += ["-u", "USERNAME"]
    return shlex.join([*words, url, *_body(operation)])


def _body(operation: Operation) -> list[str]:
    takes = operation.declared.takes if operation.declared else None
    if isinstance(takes, UploadParser):
        kind = next(each for each in takes.media_types if each != MULTIPART)
        return ["-H", f"Content-Type: {kind}", "--data-binary", "@FILE"]
    if not isinstance(takes, RequestParser):
        return []
    members = [each for each in members_of(takes) if each.required and not isinstance(takes, PatchParser)]
    sample = {
        each.name: next(iter(each.choices), "…") if each.kind == "choice" else WORTHLESS.get(each.kind, "…")
        for each in members
    }
    return ["-H", f"Content-Type: {takes.media_types[0]}", "-d", json.dumps(sample, ensure_ascii=False)]
