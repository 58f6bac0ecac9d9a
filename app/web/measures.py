"""What the web processes count: requests by route and answer, and how long they took (URS-134).

A route is counted by its pattern (``/lots/<uuid:lot_id>``), never by the address asked for: figures and their
labels hold no ids and no personal data (URS-146). Several web processes share a folder of counters, named by
``PROMETHEUS_MULTIPROC_DIR`` before the first import.
"""

import logging
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, g, request
from prometheus_client import REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST"})

SECONDS = Histogram(
    "qms_http_request_duration_seconds",
    "Time to answer a request, by route pattern, method and status.",
    ("route", "method", "status"),
    buckets=BUCKETS,
)

QUIET = frozenset({"/assets/<path:name>", "/healthz", "/readyz", "/metrics"})
"""Routes that machines ask all the time; their requests are counted and not logged."""

log = logging.getLogger(__name__)

Collect = Callable[[], Iterable[Metric]]

_collectors: list[Collect] = []


def figures(collect: Collect) -> Collect:
    """Register figures read afresh at each scrape, for instance from the database."""
    _collectors.append(collect)
    return collect


def init_app(app: Flask) -> None:
    """Count every request of the application."""
    app.before_request(_begin)
    app.after_request(_count)


def exposition() -> bytes:
    """Write all figures in Prometheus' text format: those of all web processes, and those read just now."""
    registry = CollectorRegistry(auto_describe=False)
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Own())
    for collect in _collectors:
        registry.register(_Registered(collect))
    return generate_latest(registry)


class _Own:
    """The figures of this process alone, when nobody asked for shared ones."""

    def collect(self) -> Iterable[Metric]:
        return (metric for metric in REGISTRY.collect() if metric.name.startswith("qms_"))


class _Registered:
    def __init__(self, collect: Collect) -> None:
        self.collect = collect


def _begin() -> None:
    g.began = time.perf_counter()


def _count(response: Response) -> Response:
    rule: Any = request.url_rule
    route = rule.rule if rule is not None else "none"
    method = request.method if request.method in METHODS else "other"
    took = time.perf_counter() - g.get("began", time.perf_counter())
    SECONDS.labels(route, method, str(response.status_code)).observe(took)
    if route not in QUIET:
        told = {"route": route, "method": method, "status": response.status_code}
        log.info("request", extra={**told, "milliseconds": round(took * 1000)})
    return response
