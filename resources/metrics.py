"""Counters and durations for Prometheus. The setting METRICS controls access.

curl -i http://127.0.0.1:8000/metrics
"""

from typing import Any

from api.kit import (
    Answer,
    Forbidden,
    InsufficientScope,
    NotFound,
    Resource,
    admin_only,
    answers,
    found,
    no_parameters,
    services,
)
from api.web.representations import Links


def as_text(data: Any, noun: str, links: Links) -> bytes:
    """The text format of Prometheus."""
    return data.text()  # type: ignore[no-any-return]  # the renderers' data can have any type


def as_openmetrics(data: Any, noun: str, links: Links) -> bytes:
    """The text format of OpenMetrics."""
    return data.openmetrics()  # type: ignore[no-any-return]  # the renderers' data may be anything


class Metrics(Resource):
    """The metrics of all workers."""

    paths = ("/metrics",)
    offers = {
        "text/plain; version=0.0.4; charset=utf-8": as_text,
        "application/openmetrics-text; version=1.0.0; charset=utf-8": as_openmetrics,
    }
    caching = "no-store"
    browsable = False

    @answers(200, str, refuses=[Forbidden, InsufficientScope, NotFound])
    def get(self) -> Answer:
        """Read the metrics, in Prometheus's text format or in OpenMetrics."""
        metrics = found(services().metrics)  # 404
        if services().settings.metrics == "admins":
            admin_only()  # 401 403
        no_parameters()
        return metrics, 200, {}
