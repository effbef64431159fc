"""Pages of the journal, and the whole of it."""

import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any
from urllib.parse import urlencode

from api.kit import InvalidParameter, Row, current_request, link_prefix, services
from api.rules.cursors import read_cursor, sign_cursor
from api.rules.media import HTML
from api.store.journal import Journal
from api.store.journal_entries import all_entries, matching, read_entries
from api.web.queries import DEFAULT_LIMIT
from api.web.representations import CSV, NDJSON, Page, Stream
from resources.spaces.entries import SHOWN

# Larger than the number of any entry.
END = 2**63 - 1
# Entries on a page for people.
ON_A_PAGE = 50


def paged(journal: Journal, space_id: str, asked: dict[str, Any]) -> tuple[Page, dict[str, str]]:
    """A page of entries and its Link field, oldest first; on pages for people newest first.

    Raises InvalidParameter, InvalidCursor."""
    request = current_request()
    query = asked["query"]
    for_people = request.representation == HTML
    binding = json.dumps([request.path, for_people, repr(query)])
    after: Any = END if for_people else 0
    if "cursor" in asked:
        [after], _ = read_cursor(services().secret, binding, asked["cursor"])
    limit = asked.get("limit", ON_A_PAGE if for_people else DEFAULT_LIMIT)
    numbers = list(islice(matching(journal, space_id, query, after=after, backwards=for_people), limit + 1))
    links = {"first": link(None)}
    if len(numbers) > limit:
        numbers.pop()
        links["next"] = link(sign_cursor(services().secret, binding, [numbers[-1]], "next"))
    total = None
    if asked.get("count") == "true":
        total = sum(1 for _ in matching(journal, space_id, query))
    entries = read_entries(journal, space_id, numbers)
    shown = entries if for_people else [part(each, asked) for each in entries]
    page = Page(shown, columns(asked), links.get("next"), total)
    fields = ", ".join(f'<{target}>; rel="{relation}"' for relation, target in links.items())
    return page, {"Link": fields}


def streamed(journal: Journal, space_id: str, asked: dict[str, Any]) -> Stream:
    """All matching entries, for CSV and NDJSON. Raises InvalidParameter."""
    if current_request().representation not in (CSV, NDJSON):
        raise refused("limit", "Only CSV and NDJSON can return all items. Use pages for other formats.")
    if "cursor" in asked:
        raise refused("cursor", "A list of all items has no pages, so it takes no cursor.")
    pages: Iterator[Sequence[Row]] = (
        [part(each, asked) for each in some] for some in all_entries(journal, space_id, asked["query"])
    )
    first = list(islice(pages, 1))  # now, so that an error still gives a problem document
    return Stream(chain(first, pages), columns(asked))


def columns(asked: dict[str, Any]) -> Sequence[str]:
    """The members to show."""
    shown: Sequence[str] = asked.get("fields", SHOWN)
    return shown


def part(entry: Row, asked: dict[str, Any]) -> Row:
    """An entry, or the part of it that `fields` asks for."""
    return {name: entry[name] for name in columns(asked)}


def link(cursor: str | None) -> str:
    """The link to another page of the list."""
    request = current_request()
    kept = [
        (name, each) for name, values in request.parameters.items() if name not in ("cursor", "wait") for each in values
    ]
    query = urlencode([*kept, ("cursor", cursor)] if cursor else kept, safe="!$'()*,:;@/?")
    return f"{link_prefix()}{request.path}" + (f"?{query}" if query else "")


def refused(parameter: str, detail: str) -> InvalidParameter:
    """The refusal of a parameter that does not go with the others."""
    return InvalidParameter(errors=[{"parameter": parameter, "code": "not_here", "detail": detail}])
