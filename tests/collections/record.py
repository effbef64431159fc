"""Record the answers of the real json-server, which test_recorded.py compares with those of this server.

    npm install --prefix /tmp/old json-server@0.17.4 && npm install --prefix /tmp/new json-server@1.0.0-beta.15
    python -m tests.collections.record 0.17 /tmp/old && python -m tests.collections.record 1.0 /tmp/new

It writes tests/collections/recorded/<version>.json. Each request is recorded with its status, some fields, and
its body. A list of documents that stand in the file as they are is recorded by their ids.
"""

import contextlib
import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.collections.changing import CHANGING
from tests.collections.creating import CREATING
from tests.collections.requests import BULK, DRAWN, JSON, READS, UNTIDY, Request, file_for, tidy

HERE = Path(__file__).parent / "recorded"
BULK_FILE = Path(__file__).parents[3] / "shared/data/jsonplaceholder.json"
FIELDS = ("Content-Type", "X-Total-Count", "Link", "Location", "Allow")
# Longer texts (pages of HTML, stacks of errors) say nothing beyond their first line.
LONGEST_TEXT = 200


def main(version: str, prefix: str) -> None:
    """Record one version, installed under `prefix`."""
    small, bulk = (file_for(version, json.loads(file.read_text())) for file in (HERE / "db.json", BULK_FILE))
    recorded: dict[str, Any] = {"version": _installed(prefix), "reads": {}, "writes": {}, "bulk": {}}
    with _serving(prefix, small) as port:
        for read in READS:
            method, _, target = read.rpartition(":/") if not read.startswith("/") else ("GET", "", read[1:])
            recorded["reads"][f"{method} /{target}"] = _answer(port, Request(f"{method} /{target}"), small)
    for name, steps in (CREATING | CHANGING).items():
        file = small if name in UNTIDY else tidy(small)
        with _serving(prefix, file) as port:
            drawn = set[str]()
            recorded["writes"][name] = [
                {"line": step.line, **_sent(step), "answer": _without_drawn(_answer(port, step, file), step, drawn)}
                for step in steps
            ]
    with _serving(prefix, bulk) as port:
        for target in BULK:
            recorded["bulk"][f"GET {target}"] = _answer(port, Request(f"GET {target}"), bulk)
    lines = ",\n".join(
        f'"{part}": ' + json.dumps(recorded[part], ensure_ascii=False, separators=(",", ":")).replace('},"', '},\n"')
        if isinstance(recorded[part], dict)
        else f'"{part}": {json.dumps(recorded[part])}'
        for part in recorded
    )
    (HERE / f"{version}.json").write_text("{" + lines + "}\n")


def _installed(prefix: str) -> str:
    package = Path(prefix, "node_modules/json-server/package.json")
    return str(json.loads(package.read_text())["version"])


@contextlib.contextmanager
def _serving(prefix: str, data: dict[str, Any]) -> Iterator[int]:
    """A json-server of this data on a free port. In production, 1.0 does not undo a write by reading the file again."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        file = Path(folder, "db.json")
        file.write_text(json.dumps(data))
        Path(folder, "public").mkdir()  # 1.0 ends without it in production
        command = [f"{prefix}/node_modules/.bin/json-server", str(file), "--port", str(port), "--host", "127.0.0.1"]
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "NODE_ENV": "production"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(port)
            yield port
        finally:
            process.terminate()
            process.wait()


def _wait(port: int) -> None:
    for _ in range(500):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise RuntimeError("json-server did not start")


def _without_drawn(answer: dict[str, Any], step: Request, drawn: set[str]) -> dict[str, Any]:
    """The answer with `<drawn>` for each id that json-server drew by chance."""
    made = (
        answer.get("body", {}).get("id") if answer["status"] == 201 and isinstance(answer.get("body"), dict) else None
    )
    if isinstance(made, str) and f'"{made}"' not in json.dumps(step.body):
        drawn.add(made)
    text = json.dumps(answer)
    for each in drawn:
        text = text.replace(each, DRAWN)
    return dict(json.loads(text))


def _sent(step: Request) -> dict[str, Any]:
    sent: dict[str, Any] = {} if step.body is None else {"body": step.body}
    return sent if step.media_type is None else {**sent, "type": step.media_type}


def _answer(port: int, step: Request, data: dict[str, Any]) -> dict[str, Any]:
    method, _, target = step.line.partition(" ")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    body, fields = _encoded(step)
    connection.request(method, target, body, {"Host": "localhost:3000", "Accept-Encoding": "identity", **fields})
    try:
        answer = connection.getresponse()
        content = answer.read()
    except (TimeoutError, http.client.HTTPException, ConnectionError) as broken:
        return {"status": 0, "error": type(broken).__name__}
    finally:
        connection.close()
    seen: dict[str, Any] = {"status": answer.status}
    seen |= {name: answer.headers[name] for name in FIELDS if name in answer.headers}
    return seen | _shortened(content, data)


def _encoded(step: Request) -> tuple[bytes | None, dict[str, str]]:
    if step.body is None:
        return None, {}
    text = step.body if isinstance(step.body, str) else json.dumps(step.body)
    media_type = JSON if step.media_type is None else step.media_type
    return text.encode(), {"Content-Type": media_type} if media_type else {}


def _shortened(content: bytes, data: dict[str, Any]) -> dict[str, Any]:
    text = content.decode()
    try:
        body = json.loads(text)
    except ValueError:
        return {"text": text.strip().partition("\n")[0][:LONGEST_TEXT]} if text else {}
    if body == data:
        return {"body": "the file"}
    for name, documents in data.items():
        if isinstance(documents, list) and documents:
            by_id = {str(document["id"]): document for document in documents}
            if isinstance(body, list) and body and all(_is_of(by_id, item) for item in body):
                return {"documents": name, "ids": [item["id"] for item in body]}
            page = body.get("data") if isinstance(body, dict) else None
            if isinstance(page, list) and page and all(_is_of(by_id, item) for item in page):
                return {"documents": name, "ids": [item["id"] for item in page], "page": {**body, "data": None}}
    if len(text) > 6000:
        return {"sha256": hashlib.sha256(_canonical(body)).hexdigest()}
    return {"body": body}


def _canonical(body: Any) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _is_of(by_id: dict[str, Any], item: Any) -> bool:
    return isinstance(item, dict) and by_id.get(str(item.get("id"))) == item


if __name__ == "__main__":
    main(*sys.argv[1:])
