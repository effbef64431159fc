"""Waits for entries of the journal, and events. The front waits: it holds no thread for it."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import orjson
from flask import Response, current_app

from api.kit import InvalidHeader, current_request
from api.rules import environ_keys
from api.rules.journal_query import Query
from api.rules.watch import EVENTS, Watch, event
from api.store.journal import Journal
from api.store.journal_entries import all_entries, matching, newest, unfinished
from resources.spaces.journal_pages import refused


def wait(journal: Journal, space_id: str, asked: dict[str, Any]) -> dict[str, bool]:
    """Let the request wait until enough entries match. Returns whether they do, as `complete`, if `wait` was sent.

    Raises InvalidParameter for a number as `count` without `wait`.
    """
    count = asked.get("count")
    if "wait" not in asked:
        if count not in (None, "true", "false"):
            raise refused("count", "A number goes only with wait; otherwise this is true or false.")
        return {}
    request = current_request()
    enough = int(count) if count and count.isdigit() else 1
    # Before the entries are read, so that none is missed.
    after, changing = newest(journal, space_id), unfinished(journal, space_id)
    there = frozenset(islice(matching(journal, space_id, asked["query"]), enough))
    waits = request.method == "GET" and asked["wait"] and environ_keys.WAITED not in request.environ
    if len(there) < enough and waits:
        watch = Watch(space_id, asked["query"], after, enough, asked["wait"], there, changing)
        request.environ[environ_keys.WATCH] = watch
        request.environ[environ_keys.REPLACED] = True
    return {"complete": len(there) >= enough}


def events(journal: Journal, space_id: str, asked: dict[str, Any]) -> Response:
    """The entries that are kept as events, later than Last-Event-ID; the server below adds the new ones.

    Raises InvalidHeader, InvalidParameter.
    """
    if others := [name for name in ("wait", "count", "limit", "cursor", "fields") if name in asked]:
        raise refused(others[0], "Events take only filters.")
    request = current_request()
    query: Query = asked["query"]
    last = request.field("last-event-id")
    if last:
        if not (last.isascii() and last.isdigit() and len(last) < 19):
            detail = "This must be the id of an event: a number."
            raise InvalidHeader(errors=[{"header": "Last-Event-ID", "code": "wrong_form", "detail": detail}])
        query = replace(query, since=int(last))
    after, changing = max(newest(journal, space_id), query.since), unfinished(journal, space_id)
    content: Iterator[bytes] = iter(())
    if request.method == "GET":
        request.environ[environ_keys.WATCH] = Watch(space_id, query, after, unfinished=changing)
        content = kept_events(journal, space_id, query, after)
    fields = {"Content-Type": EVENTS, "Cache-Control": "no-store"}
    return current_app.response_class(content, headers=fields)


def kept_events(journal: Journal, space_id: str, query: Query, until: int) -> Iterator[bytes]:
    """The events of the entries that are kept."""
    yield b"retry: 1000\n\n"
    for some in all_entries(journal, space_id, query):
        yield b"".join(event(orjson.dumps(each), each["n"]) for each in some if each["n"] <= until)
