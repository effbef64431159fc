"""Prism as a checking proxy: an answer that differs from the OpenAPI document becomes a 500 with the reason."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.rules.media import JSON, JSON_V2
from tests.judges import INSTALLED, environment

YAML = "application/yaml"
LISTENING = "Prism is listening on "
OFF = ("--validate-request", "false", "--cors", "false")


@contextmanager
def checked(url: str, document: dict[str, Any], folder: Path) -> Iterator[str]:
    """The address of a proxy that checks the answers of the server at `url` against an OpenAPI document."""
    file = folder / "openapi.json"
    file.write_text(json.dumps(as_prism_reads_it(document)))
    process = subprocess.Popen(  # our own arguments
        [INSTALLED / "prism", "proxy", file, url, "--errors", *OFF, "--port", "0"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield address(process)
    finally:
        process.kill()
        process.communicate()


def address(process: subprocess.Popen[str]) -> str:
    """Wait until it listens, and return its address."""
    assert process.stdout
    for line in process.stdout:
        if LISTENING in line:
            return line.partition(LISTENING)[2].strip()
    raise RuntimeError("Prism did not start.")


def as_prism_reads_it(document: dict[str, Any]) -> dict[str, Any]:
    """The document without parts that make Prism itself answer, and with one schema for all JSON types.

    Prism refuses requests without credentials, but the test needs the server's 401. It treats
    `application/vnd.x.v2+json` as `application/json`, so one schema must allow both, and YAML as text.
    """
    for item in document["paths"].values():
        for method, operation in item.items():
            if method == "parameters":
                continue
            operation.pop("security", None)
            for response in operation["responses"].values():
                content = response.get("content", {})
                if YAML in content:
                    content[YAML] = {}
                if JSON in content and JSON_V2 in content:
                    schemas = [content[kind]["schema"] for kind in (JSON, JSON_V2)]
                    for kind in list(content):
                        if kind == JSON or kind.endswith("+json"):
                            content[kind] = {"schema": {"anyOf": schemas}}
    return {name: value for name, value in document.items() if name != "security"}


def passable(collection: dict[str, Any], url: str) -> dict[str, Any]:
    """The collection without requests that Prism cannot forward.

    Requests to a space go to the server at `url` itself, because the document has no paths of spaces.
    """
    folders = [
        {**folder, "item": [directed(each, url) for each in folder["item"] if not stops(each)]}
        for folder in collection["item"]
    ]
    return {**collection, "item": folders}


def stops(item: dict[str, Any]) -> bool:
    """Whether Prism cannot forward this request.

    It reads the content of HEAD as JSON, refuses cut JSON (of requests, and of a range of an answer in the journal),
    and removes white space, which here makes a different body.
    """
    request = item["request"]
    spaced = request.get("body", {}).get("raw", "").endswith("}\n")
    cut = item["name"].startswith(("Truncated JSON:", "Read a range: GET /spaces/"))
    return request["method"] == "HEAD" or cut or spaced


def directed(item: dict[str, Any], url: str) -> dict[str, Any]:
    """A request to a space with the address of the server; any other request unchanged."""
    target = item["request"]["url"]
    if target["path"][0] != "in":
        return item
    raw = target["raw"].replace("{{base_url}}", url)
    return {**item, "request": {**item["request"], "url": {**target, "raw": raw, "host": [url]}}}
