"""Media types: reads Content-Type, and chooses a representation by Accept (RFC 9110 §8.3, §12.5.1)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from api.rules.fields import has_too_many_members

JSON = "application/json"
JSON_V1 = "application/vnd.touchstone.v1+json"
JSON_V2 = "application/vnd.touchstone.v2+json"
XML = "application/xml"
PROBLEM_JSON = "application/problem+json"
PROBLEM_XML = "application/problem+xml"
HTML = "text/html"

_CACHE_SIZE = 512  # browsers and client libraries send a few dozen different values
_CACHED_LENGTH = 512  # the longest field of a browser has about 150 characters; longer ones must not fill memory
_LONG_CACHE_SIZE = 16  # for long fields: enough to read each once for one request, not to keep it for others

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 - a grammar rule (RFC 9110 §5.6.2), not a secret
_QUOTED = r'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*+"'
_ESSENCE = re.compile(f"{_TOKEN}/{_TOKEN}")
_PARAMETER = re.compile(rf"[ \t]*;[ \t]*(?:({_TOKEN})=(?:({_TOKEN})|({_QUOTED})))?")
_QUOTED_PAIR = re.compile(r"\\(.)")
_MEMBER = re.compile(r'(?:[^,"]++|"(?:[^"\\]++|\\.)*+"?)++')
# RFC 9110 §12.4.2, and what clients write beside it: `.2`, `1.`, and more than three digits.
_WEIGHT = re.compile(r"0|0?\.[0-9]+|0\.|1(?:\.0*)?")


class MediaType(NamedTuple):
    """A media type: `type/subtype` in lower case, and its parameters by lower-case name."""

    essence: str
    parameters: Mapping[str, str]


class _Range(NamedTuple):
    essence: str
    parameters: frozenset[tuple[str, str]]
    weight: float


def parse_content_type(value: str) -> MediaType | None:
    """Return the media type of a Content-Type field, or None if it is malformed (RFC 9110 §8.3).

    Quoted parameter values are returned without quotes. A parameter that occurs twice makes the
    value malformed, because two readers could use different ones.
    """
    if len(value) > _CACHED_LENGTH:
        return _media_type(value)
    return _cached_media_type(value)


def negotiate(accept: str | None, offers: tuple[str, ...]) -> str | None:
    """Return the offer that an Accept field prefers, or None if it allows none (RFC 9110 §12.5.1).

    `offers` are media types in the server's order, which decides between equal
    weights. Members of the field that break its grammar are dropped; where none
    is left, the field counts as absent, and the first offer is chosen.
    A parameter of a range counts only if it distinguishes offers of that type, as `version` does in the
    formats of metrics; others, such as `indent=4`, are ignored, and so is `charset`: every offer is in UTF-8.
    A field with more than MOST_MEMBERS counts as absent too.
    """
    if accept is None or has_too_many_members(accept):
        return offers[0] if offers else None
    if len(accept) > _CACHED_LENGTH:
        return _chosen(accept, offers)
    return _cached_choice(accept, offers)


def problem_type(accept: str | None) -> str:
    """Return the media type for a problem: PROBLEM_XML or HTML if preferred to JSON, otherwise PROBLEM_JSON.

    Every JSON type of the server counts as JSON; `application/xml`, `text/xml` and
    PROBLEM_XML count as XML. A field that allows none of them, or has more
    than MOST_MEMBERS, gets JSON: an error never becomes another error.
    """
    if accept is None or has_too_many_members(accept):
        return PROBLEM_JSON
    if len(accept) > _CACHED_LENGTH:
        return _problem_type(accept)
    return _cached_problem_type(accept)


def _media_type(value: str) -> MediaType | None:
    value = value.strip(" \t")
    essence = _ESSENCE.match(value)
    if not essence:
        return None
    parameters: dict[str, str] = {}
    position = essence.end()
    while position < len(value):
        parameter = _PARAMETER.match(value, position)
        if not parameter:
            return None
        position = parameter.end()
        name, token, quoted = parameter.groups()
        if name is None:
            continue
        if name.lower() in parameters:
            return None
        parameters[name.lower()] = token if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted[1:-1])
    return MediaType(essence[0].lower(), MappingProxyType(parameters))


def _range(member: str) -> _Range | None:
    media_type = _media_type(member)
    if not media_type or (media_type.essence.startswith("*/") and media_type.essence != "*/*"):
        return None
    parameters = dict(media_type.parameters)
    weight = parameters.pop("q", "1")  # at any position among them (RFC 9110 §12.5.1)
    if not _WEIGHT.fullmatch(weight):
        return None
    return _Range(media_type.essence, frozenset(parameters.items()), float(weight))


@lru_cache(_LONG_CACHE_SIZE)
def _ranges(accept: str) -> tuple[_Range, ...]:
    # A repeated range counts once, with its best weight.
    found: dict[tuple[str, frozenset[tuple[str, str]]], _Range] = {}
    for member in _MEMBER.findall(accept):
        each = _range(member)
        if each:
            known = found.get(each[:2])
            if known is None or known.weight < each.weight:
                found[each[:2]] = each
    return tuple(found.values())


def _weight(ranges: tuple[_Range, ...], offer: str, distinguishing: frozenset[str] = frozenset()) -> float:
    essence, parameters = _offered(offer)
    specificity = {essence: 2, essence.partition("/")[0] + "/*": 1, "*/*": 0}
    best = (0, 0, 0.0)
    for each in ranges:
        if each.essence not in specificity:
            continue
        counting = {(name, value) for name, value in each.parameters if name in distinguishing}
        if counting <= parameters.items():
            best = max(best, (specificity[each.essence], len(counting), each.weight))
    return best[2]


def _offered(offer: str) -> MediaType:
    media_type = parse_content_type(offer)
    if media_type is None:
        raise ValueError(f"not a media type: {offer}")
    return media_type


@lru_cache(_CACHE_SIZE)
def _distinguishing(offers: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """The parameters that distinguish offers, by the offer's type."""
    names: dict[str, frozenset[str]] = {}
    for essence, parameters in map(_offered, offers):
        names[essence] = names.get(essence, frozenset()) | parameters.keys() - {"charset"}
    return names


def _chosen(accept: str, offers: tuple[str, ...]) -> str | None:
    ranges = _ranges(accept)
    if not ranges:
        return offers[0] if offers else None
    distinguishing = _distinguishing(offers)
    weights = {offer: _weight(ranges, offer, distinguishing[_offered(offer).essence]) for offer in offers}
    best = max(offers, key=weights.__getitem__, default=None)
    return best if best is not None and weights[best] > 0 else None


def _problem_type(accept: str) -> str:
    ranges = _ranges(accept)
    json = max(_weight(ranges, offer) for offer in (PROBLEM_JSON, JSON, JSON_V1, JSON_V2))
    xml = max(_weight(ranges, offer) for offer in (PROBLEM_XML, XML, "text/xml"))
    html = _weight(ranges, HTML)
    if html > max(json, xml):
        return HTML
    return PROBLEM_XML if xml > json else PROBLEM_JSON


_cached_media_type = lru_cache(_CACHE_SIZE)(_media_type)
_cached_choice = lru_cache(_CACHE_SIZE)(_chosen)
_cached_problem_type = lru_cache(_CACHE_SIZE)(_problem_type)
