"""Counters and durations for Prometheus. The setting METRICS controls access.

curl -i http://127.0.0.1:8000/metrics
"""

from typing import Any

import orjson

from api.kit import (
    Answer,
    Forbidden,
    InsufficientScope,
    NotFound,
    Resource,
    Strict,
    admin_only,
    answers,
    found,
    no_parameters,
    services,
)
from api.rules.media import JSON
from api.web.representations import Links


class Sample(Strict):
    """One value, and its labels."""

    name: str
    labels: dict[str, str]
    value: float


class Family(Strict):
    """The values of one metric."""

    name: str
    type: str
    help: str
    samples: list[Sample]


class MetricsOut(Strict):
    """The metrics of all workers."""

    items: list[Family]


def as_text(data: Any, noun: str, links: Links) -> bytes:
    """The text format of Prometheus."""
    return data.text()  # type: ignore[no-any-return]  # the renderers' data can have any type


def as_openmetrics(data: Any, noun: str, links: Links) -> bytes:
    """The text format of OpenMetrics."""
    return data.openmetrics()  # type: ignore[no-any-return]  # the renderers' data can have any type


def as_json(data: Any, noun: str, links: Links) -> bytes:
    """The same values for programs that read neither text format."""
    return orjson.dumps({"items": data.families()})


class Metrics(Resource):
    """The metrics of all workers."""

    paths = ("/metrics",)
    offers = {
        "text/plain; version=0.0.4; charset=utf-8": as_text,
        "application/openmetrics-text; version=1.0.0; charset=utf-8": as_openmetrics,
        # Generated clients ask for JSON on every operation whose refusals are in JSON.
        JSON: as_json,
    }
    caching = "no-store"
    browsable = False
    in_spaces = False

    @answers(200, MetricsOut, refuses=[Forbidden, InsufficientScope, NotFound])
    def get(self) -> Answer:
        """Read the metrics, in Prometheus's text format, in OpenMetrics or in JSON."""
        metrics = found(services().metrics)  # 404
        if services().settings.metrics == "admins":
            admin_only()  # 401 403
        no_parameters()
        return metrics, 200, {}
