"""Entries of the journal as HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/)."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from api.rules.statuses import PHRASES

# The value of what is not known (HAR 1.2, "headersSize").
UNKNOWN = -1


def har_entry(entry: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """An entry; `origin` is the scheme and host for requests without Host."""
    fields, answer, body = entry["fields"], entry["answer"], entry["body"]
    sent, timing = answer["body"], entry["timing_ms"]
    host = next((value for name, value in fields if name == "host"), "")
    start = f"{origin.partition('://')[0]}://{host}" if host else origin
    timings = {
        "send": timing["received"],
        "wait": round((timing["waited"] or 0) + (timing["application"] or 0), 2),
        "receive": timing["sent"] or 0,
    }
    lines = dict(answer["fields"])
    request = {
        "method": entry["method"],
        "url": start + entry["target"],
        "httpVersion": f"HTTP/{entry['http']}",
        "cookies": _cookies(fields, "cookie"),
        "headers": _pairs(fields),
        "queryString": _pairs(parse_qsl(entry["target"].partition("?")[2], keep_blank_values=True)),
        "headersSize": UNKNOWN,
        "bodySize": body["length"] if body else 0,
    }
    if body:
        request["postData"] = {"mimeType": body["type"] or "", **_content(body)}
    return {
        "startedDateTime": entry["at"],
        "time": round(sum(timings.values()), 2),
        "request": request,
        "response": {
            "status": answer["status"] or 0,
            "statusText": PHRASES.get(answer["status"] or 0, ""),
            "httpVersion": f"HTTP/{entry['http']}",
            "cookies": _cookies(answer["fields"], "set-cookie"),
            "headers": _pairs(answer["fields"]),
            "content": {
                "size": sent["length"] if sent else 0,
                "mimeType": lines.get("content-type", ""),
                **(_content(sent) if sent else {}),
            },
            "redirectURL": lines.get("location", ""),
            "headersSize": UNKNOWN,
            "bodySize": sent["length"] if sent else 0,
        },
        "cache": {},
        "timings": timings,
        # Names of our own start with an underscore (HAR 1.2, "Custom fields").
        "_n": entry["n"],
        "_sent": answer["sent"],
        "_fault": entry["fault"],
        "_idempotency": entry["idempotency"],
    }


def _content(body: Mapping[str, Any]) -> dict[str, str]:
    if "base64" in body:
        return {"text": body["base64"], "encoding": "base64"}
    return {"text": body.get("text", "")}


def _pairs(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _cookies(fields: Sequence[tuple[str, str]], wanted: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, value in fields:
        if name == wanted:
            parts = value.split(";")
            for part in parts if wanted == "cookie" else parts[:1]:
                cookie, _, content = part.strip().partition("=")
                found.append({"name": cookie, "value": content})
    return found
