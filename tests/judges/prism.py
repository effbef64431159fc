"""Prism as a proxy that checks: every answer that departs from the OpenAPI document becomes a 500 that says why."""

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
    """The address of a proxy in front of the server at `url` that holds its answers to an OpenAPI document."""
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
    """Where it listens, once it does."""
    assert process.stdout
    for line in process.stdout:
        if LISTENING in line:
            return line.partition(LISTENING)[2].strip()
    raise RuntimeError("Prism did not start.")


def as_prism_reads_it(document: dict[str, Any]) -> dict[str, Any]:
    """The document without what makes Prism itself answer, and with one schema for all of JSON.

    It refuses who is not signed in, where the server's 401 is to be seen. It takes
    `application/vnd.x.v2+json` for `application/json`, so either's schema will do for both;
    and YAML for text.
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


def passable(collection: dict[str, Any]) -> dict[str, Any]:
    """The collection without what Prism cannot pass on: it reads HEAD's content as JSON, and JSON that breaks off."""
    folders = [
        {**folder, "item": [each for each in folder["item"] if not stops(each)]} for folder in collection["item"]
    ]
    return {**collection, "item": folders}


def stops(item: dict[str, Any]) -> bool:
    """Whether this request stops at Prism."""
    return item["request"]["method"] == "HEAD" or item["name"] == "Truncated JSON"
