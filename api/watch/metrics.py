"""Metrics in Prometheus's format: the counts of all workers, combined when they are read.

Workers count in files of a shared folder, PROMETHEUS_MULTIPROC_DIR. The files are mapped into memory, so nothing is
lost when a worker is killed. Without that variable each process counts by itself. Set the variable before you import
this module, because the library reads it once.
"""

# The library has types for some of its functions only.
# mypy: disable-error-code="no-untyped-call"

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from api.store.signs import is_alive

# Seconds: from half a millisecond, because most answers take less, to more than the longest wait for a lock.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# Labels are bounded regardless of input: unknown methods are `other`, and requests without a route have this one.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "none"


class Metrics:
    """The counters of the server and their output. `version` is that of the server."""

    def __init__(self, version: str) -> None:
        own = CollectorRegistry()
        self._durations = Histogram(
            "touchstone_http_request_duration_seconds",
            "From the head of a request to the end of its answer.",
            ("route", "method", "status", "space"),
            buckets=BUCKETS,
            registry=own,
        )
        self._problems = Counter(
            "touchstone_problems", "Refusals, by the slug of the problem.", ("problem",), registry=own
        )
        self._replays = Counter("touchstone_replays", "Stored answers replayed for an Idempotency-Key.", registry=own)
        self._in_flight = Gauge(
            "touchstone_http_requests_in_flight",
            "Requests in progress.",
            registry=own,
            multiprocess_mode="livesum",
        )
        self._thread_waits = Histogram(
            "touchstone_thread_wait_seconds",
            "Wait of a completely received request for a thread.",
            buckets=BUCKETS,
            registry=own,
        )
        self._transaction_waits = Histogram(
            "touchstone_transaction_wait_seconds",
            "Wait of a transaction for a connection, and on SQLite for the write lock.",
            buckets=BUCKETS,
            registry=own,
        )
        self._duration = cache(self._durations.labels)  # a tenth of the time; labels are few
        self.began, self.ended = self._in_flight.inc, self._in_flight.dec
        self.waited_for_thread = self._thread_waits.observe
        self.waited_for_transaction = self._transaction_waits.observe
        folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        self._read = CollectorRegistry()
        self._read.register(_Shared(Path(folder)) if folder else own)
        self._read.register(_Server(version, Path(folder) if folder else None))

    def answered(
        self,
        *,
        route: str | None,
        method: str,
        status: int,
        seconds: float,
        problem: str | None,
        replayed: bool,
        in_space: bool,
    ) -> None:
        """Count an answer."""
        known = method if method in METHODS else "other"
        self._duration(route or NO_ROUTE, known, f"{status // 100}xx", "yes" if in_space else "no").observe(seconds)
        if problem and status >= HTTPStatus.BAD_REQUEST:
            self._problems.labels(problem).inc()
        if replayed:
            self._replays.inc()

    def count_spaces(self, count: Callable[[], int]) -> None:
        """Show the number of spaces, which `count` returns."""
        self._read.register(_SpaceCount(count))

    def text(self) -> bytes:
        """All metrics in Prometheus's text format 0.0.4."""
        text: bytes = generate_latest(self._read)
        return text

    def openmetrics(self) -> bytes:
        """All metrics in OpenMetrics 1.0.0."""
        text: bytes = generate_openmetrics(self._read)
        return text

    def families(self) -> list[dict[str, Any]]:
        """All metrics as data: families with name, type, help and samples; samples have name, labels and value."""
        return [
            {
                "name": family.name,
                "type": family.type,
                "help": family.documentation,
                "samples": [
                    {"name": each.name, "labels": each.labels, "value": float(each.value)} for each in family.samples
                ],
            }
            for family in self._read.collect()
        ]


class _SpaceCount(Collector):
    """The number of spaces."""

    def __init__(self, count: Callable[[], int]) -> None:
        self._count = count

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("touchstone_spaces", "Spaces.", self._count())


class _Shared(Collector):
    """The counts of all workers, including dead ones."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = MultiProcessCollector(None, str(folder))

    def collect(self) -> Iterable[Metric]:
        for pid in _workers(self._folder):
            if not is_alive(pid):
                with suppress(FileNotFoundError):  # another worker does the same now
                    mark_process_dead(pid, str(self._folder))
        yield from self._files.collect()


class _Server(Collector):
    """The version, and the processor time, memory and open files of each process."""

    def __init__(self, version: str, folder: Path | None) -> None:
        self._version = version
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        yield InfoMetricFamily("touchstone", "The version of the server.", {"version": self._version})
        families: dict[str, Metric] = {}
        for pid in sorted(filter(is_alive, _workers(self._folder))) if self._folder else [os.getpid()]:
            for found in ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect():  # type: ignore[misc]  # PEP 484 cannot say what the default of a lambda is
                family = families.setdefault(found.name, Metric(found.name, found.documentation, found.type))
                family.samples += [each._replace(labels={"pid": str(pid)}) for each in found.samples]
        yield from families.values()


def _workers(folder: Path) -> Iterator[int]:
    """The ids of processes that have counted in-flight requests and are not marked dead."""
    for file in folder.glob("gauge_livesum_*.db"):
        yield int(file.stem.rpartition("_")[2])
