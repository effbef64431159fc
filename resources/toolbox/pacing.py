"""Answers that take their time: late, or in pieces.

curl -i 'http://127.0.0.1:8000/httpbin/drip?numbytes=5&duration=0.2'
"""

import random
import time
from collections.abc import Iterator
from http import HTTPStatus

from api.rules.pace import Due, evenly, spread
from api.rules.plain_json import line
from api.rules.problems import InvalidHeader
from api.web.application import BODILESS
from api.web.compat import LARGEST, Answer, Compat, Number, answers, current_request, refusal, services
from api.web.received import D7, GET, seen
from api.web.waits import paced, wait

MIB = 1024 * 1024
OCTETS = "application/octet-stream"
EVENTS = "text/event-stream"
LINES = "application/x-ndjson"
# The setting that bounds waits; the bounds below are those of the setting itself.
LIMIT = "toolbox_max_seconds"
DELAY = Number("delay", "Seconds before the answer.", 0, 60, 0, whole=False, setting=LIMIT)
# Bytes that are due together, so that a large answer is not sent byte by byte.
BLOCK = 16 * 1024


class Delay(Compat):
    """A late answer."""

    paths = ("/delay/<seconds>",)
    example = {"seconds": "0"}
    group = "Time"
    parameters = (
        Number(
            "seconds", "Seconds; more than TOOLBOX_MAX_SECONDS count as that.", 0, LARGEST, whole=False, example="1"
        ),
    )

    @answers(200, tuple(name for name in D7 if name != "json"))
    def get(self, seconds: float) -> Answer:
        """Answer after some seconds."""
        seconds = min(seconds, services().settings.toolbox_max_seconds)
        shown = seen(current_request(), *(name for name in D7 if name != "json"))
        wait(seconds)
        return shown, HTTPStatus.OK, {"Server-Timing": f"initial_delay;dur={seconds * 1000:.2f}"}

    post = put = patch = delete = get


class Drip(Compat):
    """Bytes that drip."""

    paths = ("/drip",)
    group = "Time"
    parameters = (
        Number("numbytes", "Bytes.", 1, 10 * MIB, 10),
        Number("duration", "Seconds from the first byte to the last.", 0, 60, 2, whole=False, setting=LIMIT),
        DELAY,
        Number("code", "The status; 204 and 304 have no content that could drip.", 200, 599, 200, but_not=BODILESS),
    )

    @answers(200, OCTETS, also=tuple(code for code in range(201, 600) if code not in BODILESS))
    def get(self, numbytes: int, duration: float, delay: float, code: int) -> Answer:
        """Answer with `*`, byte by byte."""
        check_time(delay, duration)
        pieces = ((due, b"*" * size) for due, size in spread(numbytes, duration, piece=1))
        return (
            paced(delay, pieces, duration),
            code,
            {"Content-Type": OCTETS, "Content-Length": str(numbytes), "Server-Timing": timing(delay, duration)},
        )


class Events(Compat):
    """Server-sent events."""

    paths = ("/sse",)
    group = "Time"
    parameters = (
        Number("count", "Events.", 1, 1000, 10),
        Number("duration", "Seconds from the first event to the last.", 0, 60, 5, whole=False, setting=LIMIT),
        DELAY,
        Number("jitter", "How far each event may move, as a share of the pause.", 0, 1, 0, whole=False),
        Number("retry", "Milliseconds after which a client reconnects.", 0, 3_600_000),
    )

    @answers(200, EVENTS, refuses=[InvalidHeader])
    def get(self, count: int, duration: float, delay: float, jitter: float, retry: int | None) -> Answer:
        """Send events, each with its number and the time; `Last-Event-ID` resumes after that event."""
        check_time(delay, duration)
        first = last_event() + 1
        times = moments(count, duration, jitter)[first:]
        start = times[0] if times else 0.0

        def pieces() -> Iterator[Due]:
            if retry is not None:
                yield 0.0, b"retry: %d\n\n" % retry
            for n, due in enumerate(times, first):
                data = line({"id": n, "timestamp": round(time.time() * 1000)}).rstrip()
                yield due - start, b"event: ping\nid: %d\ndata: %s\n\n" % (n, data)

        fields = {"Content-Type": EVENTS, "Cache-Control": "no-store", "Server-Timing": timing(delay, duration)}
        return paced(delay, pieces(), times[-1] - start if times else 0.0), HTTPStatus.OK, fields


class JsonLines(Compat):
    """Lines of JSON, one after another."""

    paths = ("/jsonl",)
    group = "Time"
    parameters = (
        Number("count", "Lines.", 1, 1000, 10),
        Number("duration", "Seconds from the first line to the last.", 0, 60, 5, whole=False, setting=LIMIT),
        DELAY,
        Number("jitter", "How far each line may move, as a share of the pause.", 0, 1, 0, whole=False),
    )

    @answers(200, LINES)
    def get(self, count: int, duration: float, delay: float, jitter: float) -> Answer:
        """Send lines of JSON, each with its number and the time."""
        check_time(delay, duration)
        times = moments(count, duration, jitter)
        pieces = ((due, line({"id": n, "timestamp": round(time.time() * 1000)})) for n, due in enumerate(times))
        fields = {"Content-Type": LINES, "Cache-Control": "no-store", "Server-Timing": timing(delay, duration)}
        return paced(delay, pieces, times[-1]), HTTPStatus.OK, fields


class Stream(Compat):
    """Lines of JSON, chunked."""

    paths = ("/stream/<n>",)
    group = "Time"
    parameters = (Number("n", "Lines; more than 100 count as 100.", 1, 100, clamped=True, example="3"),)

    @answers(200, "application/json")
    def get(self, n: int) -> Answer:
        """Send lines of JSON, each in a chunk."""
        found = seen(current_request(), *GET)
        shown = {name: found[name] for name in ("url", "args", "headers", "origin")}
        lines = (line({**shown, "id": number}) for number in range(n))
        return lines, HTTPStatus.OK, {"Content-Type": "application/json"}


def check_time(delay: float, duration: float) -> None:
    """Raise InvalidParameter if an answer would take longer than the setting TOOLBOX_MAX_SECONDS."""
    most = services().settings.toolbox_max_seconds
    if delay + duration > most:
        detail = f"The delay and the duration together may be {most:g} seconds at most."
        raise refusal("duration", detail, "out_of_range")


def moments(count: int, seconds: float, jitter: float) -> list[float]:
    """When each of so many events is due: evenly, each moved by chance, in order."""
    times = evenly(count, seconds)
    pause = seconds / max(count - 1, 1) * jitter
    moved = [max(0.0, min(seconds, due + random.uniform(-pause, pause) / 2)) for due in times]  # noqa: S311  # not for secrets
    return sorted(moved) if jitter else times


def last_event() -> int:
    """The number in Last-Event-ID, or -1 without the field. Raises InvalidHeader."""
    sent = current_request().field("last-event-id")
    if not sent:
        return -1
    if not (sent.isascii() and sent.isdigit() and len(sent) < 10):
        raise InvalidHeader(
            errors=[{"header": "Last-Event-ID", "code": "wrong_form", "detail": "This must be the id of an event."}]
        )
    return int(sent)


def timing(delay: float, duration: float) -> str:
    """The Server-Timing field: the planned delays, in milliseconds."""
    return f"initial_delay;dur={delay * 1000:.2f}, pause;dur={duration * 1000:.2f}"
