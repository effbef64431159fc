"""Writes under load: requests with their answers, and the threads that send them until they are stopped."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import httpx

from tests.waiting import PATIENCE, wait_until

# Two pieces of content, so that half a message would be possible.
MESSAGE = 300_000
WAITING = (409, 429, 503)  # with Retry-After: nothing was done, and the request can be repeated


@dataclass
class Write:
    """One request that writes, repeated if necessary; `answers` has None for a lost connection.

    The audit trail has the id of each request: `mark`, a dot and the number of earlier attempts.
    """

    mark: str
    action: str
    method: str
    path: str
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    answers: list[httpx.Response | None] = field(default_factory=list)

    @property
    def keyed(self) -> bool:
        """Whether it has an Idempotency-Key."""
        return "Idempotency-Key" in self.headers

    @property
    def done(self) -> bool:
        """Whether any answer was a success."""
        return any(answer is not None and answer.is_success for answer in self.answers)

    def send(self, http: httpx.Client) -> httpx.Response | None:
        """Send it; None if the connection was lost. Raises httpx.ConnectError if no server listens.

        `http` is a client that is not signed in.
        """
        headers = {**self.headers, "X-Request-Id": f"{self.mark}.{len(self.answers)}"}
        try:
            answer = http.request(self.method, self.path, content=self.content, headers=headers)
        except httpx.ConnectError:
            raise
        except httpx.TransportError:
            answer = None
        self.answers.append(answer)
        return answer

    def send_until_done(self, http: httpx.Client) -> httpx.Response:
        """Send it until the answer is not one of WAITING."""

        def answered() -> httpx.Response | None:
            answer = self.send(http)
            return answer if answer is not None and answer.status_code not in WAITING else None

        return wait_until(answered, f"an answer to {self.method} {self.path}", pause=0)


@dataclass
class Chain:
    """An article and every write to it, in order; each is sent after a 2xx answer to the last."""

    writes: list[Write] = field(default_factory=list)


class Sender:
    """Creates writes of an account by its token, and anonymous ones; their marks start with `mark`."""

    def __init__(self, mark: str, token: str) -> None:
        self.marks: Iterator[str] = (f"{mark}n{number}" for number in count())
        self.authorization = {"Authorization": f"Bearer {token}"}

    def creation(self) -> Write:
        """POST an article whose title and body are the mark."""
        mark = next(self.marks)
        return self._keyed(mark, "create", "POST", "/articles", {"title": mark, "body": mark})

    def change(self, path: str, version: int) -> Write:
        """PATCH an article's body to the mark, if it has that version."""
        mark = next(self.marks)
        fields = {"If-Match": f'"v{version}"', "Content-Type": "application/merge-patch+json"}
        return self._keyed(mark, "change", "PATCH", path, {"body": mark}, **fields)

    def replacement(self, path: str, title: str, version: int) -> Write:
        """PUT an article whose body is the mark, if it has that version; without a key."""
        mark = next(self.marks)
        headers = {**self.authorization, "Content-Type": "application/json", "If-Match": f'"v{version}"'}
        return Write(mark, "replace", "PUT", path, json.dumps({"title": title, "body": mark}).encode(), headers)

    def deletion(self, path: str) -> Write:
        """DELETE an article; without a key."""
        return Write(next(self.marks), "delete", "DELETE", path, headers=self.authorization)

    def message(self, *, anonymous: bool) -> Write:
        """POST a message of two pieces that starts with the mark."""
        mark = next(self.marks)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{mark}"',
            "Idempotency-Key": mark,
            **({} if anonymous else self.authorization),
        }
        return Write(mark, "message", "POST", "/messages", mark.encode().ljust(MESSAGE, b"."), headers)

    def _keyed(self, mark: str, action: str, method: str, path: str, sent: object, **fields: str) -> Write:
        headers = {"Content-Type": "application/json", "Idempotency-Key": mark, **self.authorization, **fields}
        return Write(mark, action, method, path, json.dumps(sent).encode(), headers)


class Writer(threading.Thread):
    """Writes until it is stopped, or no server listens; its writes are in `chains` and `messages`."""

    def __init__(self, url: str, sender: Sender) -> None:
        super().__init__(daemon=True)
        self.http = httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False, verify=False)
        self.sender = sender
        self.chains: list[Chain] = []
        self.messages: list[Write] = []
        self.stopping = threading.Event()
        self.fault: Exception | None = None

    @property
    def writes(self) -> list[Write]:
        """All its writes."""
        return [write for chain in self.chains for write in chain.writes] + self.messages

    def run(self) -> None:
        """Write articles one after the other, and messages in between, by the account and anonymously in turn."""
        try:
            with self.http:
                for number in count():
                    self.write_article(deleting=number % 2 == 1)
                    if not self._done(self.messages, self.sender.message(anonymous=number % 2 == 1)):
                        # Wait if the server asks for it; other writers continue meanwhile.
                        self.stopping.wait(0.01)
                    if self.stopping.is_set():
                        return
        except httpx.ConnectError:
            pass  # no server listens: nothing was sent
        except Exception as error:
            self.fault = error  # checked after the thread has ended

    def write_article(self, *, deleting: bool) -> None:
        """Create an article, and change or delete it, while answers are 2xx."""
        made, chain = self.sender.creation(), Chain()
        if not self._done(chain.writes, made):
            if chain.writes:
                self.chains.append(chain)
            return
        self.chains.append(chain)
        answer = made.answers[0]
        assert answer is not None
        path = answer.headers["Location"]
        if deleting:
            self._done(chain.writes, self.sender.deletion(path))
            return
        for version in (1, 3):
            if not self._done(chain.writes, self.sender.change(path, version)):
                return
            if not self._done(chain.writes, self.sender.replacement(path, made.mark, version + 1)):
                return

    def _done(self, sent: list[Write], write: Write) -> bool:
        """Send a write, record it, and return whether it was answered 2xx; sends nothing after a stop."""
        if self.stopping.is_set():
            return False
        write.send(self.http)  # raises ConnectError if it was not sent
        sent.append(write)
        return write.done
