"""Specmatic, which generates contract tests from the OpenAPI document, and one example request for each operation.

Specmatic by itself sends made-up values: unknown ids, tags of no version. It sends no Accept, so it gets JSON. It sends
an example once for each security scheme, although a resource can be deleted only once. Therefore it gets requests of
the walk through the API, for existing resources, and one scheme.
"""

import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from api.app import create_app
from api.describe.examples import examples
from api.describe.steps import ACCOUNT, Step
from api.describe.walk import walk
from api.rules.media import JSON
from config import Config

BEARER = [{"bearer": []}]
# The token belongs to that account, so changing or deleting it would end the run.
OWN_ACCOUNT = ("put_users_me", "patch_users_me", "delete_users_me")
# Entries of a journal exist only after a request to the space, whose paths are not in the document.
ENTRIES = "_spaces_item_journal_item"
# Specmatic stops at a percent sign in the example of its content.
NOT_READ = ("get_docs",)
# It requires a password; a token is refused.
WITH_PASSWORD = ("post_tokens",)
WITHOUT_CONTENT = ("HEAD", "OPTIONS")


def with_one_scheme(document: dict[str, Any]) -> dict[str, Any]:
    """The document with tokens as the only credentials."""
    for item in document["paths"].values():
        for method, operation in item.items():
            if method != "parameters" and "security" in operation:
                operation["security"] = BEARER
    return {**document, "security": BEARER}


def write_examples(client: httpx.Client, folder: Path) -> list[str]:
    """Write a file for each operation that can have an example, and return the operations' ids."""
    steps = [each for _, found in walk(create_app(Config())) for each in found]
    maker = Maker(client, steps)
    written = []
    for each in first_successes(steps):
        (folder / f"{each.operation.id}.json").write_text(json.dumps(maker.example(each)))
        written.append(each.operation.id)
    return written


def first_successes(steps: list[Step]) -> Iterator[Step]:
    """The first success of each operation that a token can do and whose answer was recorded or has no content."""
    seen = {*OWN_ACCOUNT, *WITH_PASSWORD, *NOT_READ}
    for each in steps:
        if each.operation.id in seen or ENTRIES in each.operation.id or each.problem or each.login != ACCOUNT:
            continue
        recorded = examples().get(each.id)
        in_json = recorded is not None and recorded.body is not None and recorded.media_type == JSON
        if in_json or each.operation.method in WITHOUT_CONTENT or each.status == 204:
            seen.add(each.operation.id)
            yield each


class Maker:
    """Creates examples, and the resources that they need."""

    def __init__(self, client: httpx.Client, steps: list[Step]) -> None:
        self.client = client
        self.runs = (f"specmatic-{number}" for number in count(1))
        self.by_post = {name: each for each in steps for name, source in each.keeps.items() if source == "Location"}
        self.by_put = {
            each.operation.path: each
            for each in steps
            if each.id.endswith(".create") and "Location" not in each.keeps.values()
        }

    def example(self, each: Step) -> dict[str, Any]:
        """The step in Specmatic's format, for an existing resource."""
        fill = self.filling()
        create = self.by_put.get(each.operation.path)
        if create and create.operation.id != each.operation.id:
            self.send(create, fill)
        request: dict[str, Any] = {"method": each.operation.method, "path": path_of(each, fill)}
        if each.query:
            request["query"] = dict(each.query)
        if each.body:
            kind = each.fields["Content-Type"]
            request["headers"] = {"Content-Type": kind}
            request["body"] = json.loads(fill(each.body)) if kind.endswith("json") else fill(each.body)
        answer: dict[str, Any] = {"status": each.status}
        recorded = examples().get(each.id)
        if recorded and recorded.body is not None and each.operation.method not in WITHOUT_CONTENT:
            answer |= {"headers": {"Content-Type": JSON}, "body": recorded.value}
        return {"http-request": request, "http-response": answer}

    def filling(self) -> Callable[[str], str]:
        """Replaces variables by values, for example by a new resource's id; the same value each time."""
        values = {"run": next(self.runs)}

        def filled(text: str) -> str:
            for name in re.findall(r"{{(\w+)}}", text):
                if name not in values:
                    made = self.send(self.by_post[name], filled)
                    values[name] = made.headers["Location"].rpartition("/")[2]
                text = text.replace(f"{{{{{name}}}}}", values[name])
            return text

        return filled

    def send(self, each: Step, fill: Callable[[str], str]) -> httpx.Response:
        """Execute the step, which creates something."""
        kind = {name: value for name, value in each.fields.items() if name == "Content-Type"}
        made = self.client.request(each.operation.method, path_of(each, fill), content=fill(each.body), headers=kind)
        assert made.status_code == 201, made.text
        return made


def path_of(each: Step, fill: Callable[[str], str]) -> str:
    """The path of the step's request."""
    return re.sub(r"{(\w+)}", lambda found: fill(each.path[found[1]]), each.operation.path)
