"""The rows of the live page of a journal: each request and its answer as they were on the wire."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.rules.statuses import PHRASES

ROUTE = "/spaces/<space:space_id>/journal"
# Characters of a body on the page; a link leads to the rest.
MOST = 4000
# What curl sends by itself.
OWN_FIELDS = ("host", "content-length", "connection", "transfer-encoding", "touchstone-fault")


@dataclass(frozen=True, slots=True)
class Wire:
    """A message as it was on the wire: its head, its content, and a sentence about what is not shown."""

    head: str
    content: str
    note: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the page: the members of an entry for people."""

    n: int
    time: str
    method: str
    target: str
    status: int | None
    milliseconds: float
    marks: list[tuple[str, str]]
    request: Wire
    answer: Wire
    curl: str


def rows(items: Sequence[Mapping[str, Any]], prefix: str, origin: str) -> list[Row]:
    """The rows of entries. `prefix` is the start of targets that every row has, `origin` the start of URLs."""
    return [_row(each, prefix, origin) for each in items]


def _row(entry: Mapping[str, Any], prefix: str, origin: str) -> Row:
    answer, timing = entry["answer"], entry["timing_ms"]
    parts = (timing["received"], timing["waited"], timing["application"], timing["sent"])
    version = f"HTTP/{entry['http']}"
    phrase = "" if entry["http"] == "2.0" else PHRASES.get(answer["status"] or 0, "")
    status_line = f"{version} {answer['status']} {phrase}".rstrip() if answer["status"] else ""
    return Row(
        n=entry["n"],
        time=entry["at"][11:23],
        method=entry["method"],
        target=entry["target"].removeprefix(prefix) or "/",
        status=answer["status"],
        milliseconds=round(sum(each or 0 for each in parts), 1),
        marks=list(_marks(entry)),
        request=_wire(f"{entry['method']} {entry['target']} {version}", entry["fields"], entry["body"]),
        answer=_wire(status_line, answer["fields"], answer["body"]),
        curl=curl(entry, origin),
    )


def _marks(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The marks of an entry: the kind of each, and its text."""
    sent = entry["answer"]["sent"]
    marks = []
    if entry["fault"]:
        marks.append(("fault", f"fault {entry['fault']}"))
    if entry["idempotency"] == "replay":
        marks.append(("replay", "replay"))
    if sent != "whole":
        marks.append(("sending", "sending") if sent is None else (sent, sent))
    if entry["problem"]:
        marks.append(("problem", entry["problem"]))
    return marks


def _wire(first: str, fields: Sequence[Sequence[str]], body: Mapping[str, Any] | None) -> Wire:
    head = "\n".join([first, *(f"{name}: {value}" for name, value in fields)]) if first else ""
    if body is None:
        return Wire(head, "", "")
    if "text" in body:
        text = body["text"]
        note = "" if len(text) <= MOST else f"The first {MOST:,} characters."
        if body["cut"]:
            note = f"{body['length']:,} bytes, of which only the first are kept."
        return Wire(head, text[:MOST], note)
    if "base64" in body:
        return Wire(head, "", f"{body['length']:,} bytes that are no text.")
    return Wire(head, "", f"{body['length']:,} bytes, which are not kept because they may be secret.")


def curl(entry: Mapping[str, Any], origin: str) -> str:
    """The command that sends a request again. Hidden credentials must be filled in."""
    words = ["curl", "-i"]
    if entry["method"] == "HEAD":
        words.append("--head")
    elif entry["method"] != ("POST" if entry["body"] else "GET"):
        words += ["-X", entry["method"]]
    words.append(origin + entry["target"])
    for name, value in entry["fields"]:
        if name not in OWN_FIELDS:
            words += ["-H", f"{name}: {value}" if value else f"{name};"]
    body = entry["body"]
    if body:
        whole = "text" in body and not body["cut"]
        words += ["--data-binary", body["text"] if whole else "@FILE"]
    return shlex.join(words)
