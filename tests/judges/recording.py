"""Records api/describe/examples.json (`make docs`): the answers to a run of the Postman collections.

Values that differ from run to run (times, ids of requests, random tokens) are replaced by fixed ones, so the file
changes only with the contract.
"""

import re
import tempfile
from pathlib import Path
from typing import Any

import httpx
import orjson

from api.describe.examples import RECORDED
from tests.judges.postman import newman
from tests.servers import Server

# Longer answers (whole documents and pages) would show no more than the schema does.
LONGEST = 3_000
# Fields that every answer has, or that differ in each.
UNRECORDED = {
    "connection",
    "content-length",
    "content-security-policy",
    "date",
    "last-modified",  # absent while it shares a second with the date
    "server",
    "x-content-type-options",
    "x-request-id",
}
# Field names with unusual capitals.
SPELT = {"etag": "ETag", "www-authenticate": "WWW-Authenticate"}
# Patterns of changing values, and their replacements.
PINNED = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "2026-11-21T08:00:00.000Z"),
    (r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", "Sat, 21 Nov 2026 08:00:00 GMT"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "7b0c6d5e-9a42-4f6e-8c1d-3f5a2b7e9d10"),
    (r"tst_[A-Za-z0-9_-]{43}", "tst_" + "EXAMPLE" * 6 + "E"),
    (r'W/"[0-9a-f]{24}"', 'W/"5f0c9be04be1dd5ba0a2c1d4"'),
    (r'"[0-9a-f]{32}"', '"44913eaf8e00fd32df00e1ce6fe0ce48"'),
    (r'W/"[0-9a-f]{16}\.', 'W/"5f0c9be04be1dd5b.'),
    (r"…#[0-9a-f]{6}", "…#83d5a5"),
    (r"cursor=[A-Za-z0-9_-]+", "cursor=EXAMPLE"),
    (r"\b[a-z2-7]{26}\b", "k4b7mzq2tnw5xhc3ydr6vfj2ae"),
    (r'("v\d+(?:\.[a-z0-9]+)*)\.[0-9a-f]{8}"', r'\1.5f0c9be0"'),
    (r'("bytes": ?)\d+', r"\g<1>176128"),
    (r"\breader-[a-z0-9]+", "reader-1"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:8000"),
    # Of an entry of the journal, in JSON, XML, CSV and HAR.
    (r'("+worker"+: ?|<worker>)\d+', r"\g<1>4242"),
    (r',\d+(,"\{""received"")', r",4242\1"),
    (r'("+(?:received|waited|application|sent)"+: ?|<(?:received|waited|application|sent)>)\d+\.\d+', r"\g<1>0.25"),
    (r'("(?:time|blocked|send|wait|receive)": ?)\d+\.\d+', r"\g<1>0.25"),
    (r"#[0-9a-f]{32}\b", "#160e5f74c0ca89359785a98e21408f0b"),
)


def recorded(export: dict[str, Any]) -> dict[str, Any]:
    """The answers of a run that newman exported, by the id of the step, with fixed values.

    Without preparations, and without forms, because their boundary and therefore their digest differ in each run.
    """
    ran = [each for each in export["run"]["executions"] if each["request"].get("body", {}).get("mode") != "formdata"]
    answers = {each["item"]["id"]: answer_of(each["response"]) for each in ran}
    return {step: answer for step, answer in answers.items() if not step.startswith("prepare.")}


def answer_of(response: dict[str, Any]) -> dict[str, Any]:
    """One answer: status, header fields, body."""
    fields: dict[str, str] = {}
    for header in response["header"]:
        name, value = header["key"].lower(), pinned(header["value"])
        if name not in UNRECORDED:
            name = SPELT.get(name, name.title())
            fields[name] = f"{fields[name]}, {value}" if name in fields else value
    content = bytes(response.get("stream", {}).get("data", b""))
    is_text = not fields.get("Content-Type", "").startswith("image/")
    body = pinned(content.decode()) if content and is_text and len(content) <= LONGEST else None
    return {"status": response["code"], "fields": dict(sorted(fields.items())), "body": body}


def pinned(text: str) -> str:
    """The text with changing values replaced."""
    for pattern, value in PINNED:
        text = re.sub(pattern, value, text)
    return text


def record(folder: Path, *, first: int | None = None) -> dict[str, Any]:
    """Run both collections once on a new server, and return the answers. Raises RuntimeError if a test fails.

    `first` runs only so many folders of the conformance collection: a prefix, because ids depend on what came before.
    """
    arguments = ("--database", f"sqlite:///{folder}/touchstone.db")
    server = Server(folder / "log", *arguments)
    found: dict[str, Any] = {}
    try:
        for name in ("collection", "tour") if first is None else ("collection",):
            file = folder / f"{name}.json"
            whole = httpx.get(f"{server.url}/postman/{name}.json", trust_env=False).json()
            file.write_bytes(orjson.dumps({**whole, "item": whole["item"][:first]}))
            # Otherwise the name of the run would differ each time.
            done = newman(server.url, folder, file, run="1")
            if done.returncode:
                raise RuntimeError(done.stdout)
            found |= recorded(orjson.loads((folder / "newman.json").read_bytes()))
    finally:
        server.stop()
    return found


def as_file(found: dict[str, Any]) -> bytes:
    """The examples in the format of the file."""
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        RECORDED.write_bytes(as_file(record(Path(folder))))
