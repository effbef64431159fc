"""Uploads under another server, whose stream can be read only once (CONTRACT §2)."""

import io
from typing import Any

import pytest
from werkzeug.test import Client

from api.rules.problems import MalformedBody
from api.store.database import LostRace
from api.web.parsers import BODY
from api.web.resource import Resource, answers
from api.web.uploads import UploadParser
from tests.web.conftest import Serve

CONTENT = b"0123456789" * 100_000


class Stream(io.RawIOBase):
    """A stream that cannot seek, like that of a connection."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer."""
        return self._content.readinto(buffer)


def receiver(losses: int) -> type[Resource]:
    """A resource that returns the length of the upload, after losing a number of races."""
    runs: list[int] = []

    class Received(Resource):
        paths = ("/received",)
        upload = UploadParser({"application/octet-stream": "max_body"})

        @answers(200, takes=upload, refuses=BODY)
        def post(self) -> Any:
            sent = self.upload.receive()
            runs.append(1)
            if len(runs) <= losses:
                raise LostRace
            return {"length": sent.length, "sha256": sent.sha256, "same": sent.whole() == CONTENT}, 200, {}

    return Received


def post(client: Client, content: bytes, **environ: Any) -> Any:
    # Werkzeug's own stream can seek.
    sent = {"wsgi.input": Stream(content), "CONTENT_LENGTH": str(len(CONTENT)), **environ}
    kind = "application/octet-stream"
    return client.post("/received", content_type=kind, environ_overrides=sent, buffered=True)


@pytest.mark.parametrize("losses", [0, 1, 4])
def test_an_upload_is_read_once_however_often_the_method_runs(serve: Serve, losses: int) -> None:
    answer = post(serve(receiver(losses)), CONTENT)
    assert (answer.status_code, answer.json["length"], answer.json["same"]) == (200, len(CONTENT), True)


def test_a_body_that_ends_before_its_length_is_400(serve: Serve) -> None:
    answer = post(serve(receiver(0)), CONTENT[:-1])
    assert (answer.status_code, answer.json["type"]) == (400, f"/problems/{MalformedBody.slug}")
