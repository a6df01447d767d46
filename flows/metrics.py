"""The warehouse's health as OpenMetrics, for Prometheus and whatever else reads that format.

It never measures: every figure was read by `warehouse.health`. Names follow Prometheus' conventions (base units, one
metric per thing, labels for its kinds).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from flows.vitals import OWN, Vitals
from warehouse.health import Health
from warehouse.runs import State

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""What an HTTP answer with these metrics says it is."""


def openmetrics(health: Health, vitals: Vitals, now: datetime, version: str) -> str:
    """Return the figures as OpenMetrics text, ended by ``# EOF``."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(list(_families(health, vitals, now, version))))
    text: str = generate_latest(registry).decode()  # type: ignore[no-untyped-call]
    return text


class _Families(Collector):
    def __init__(self, families: list[Any]) -> None:
        self._families = families

    def collect(self) -> Iterable[Any]:
        return self._families


def _families(health: Health, vitals: Vitals, now: datetime, version: str) -> Iterable[Any]:
    yield InfoMetricFamily("govwatch", "version of the program", {"version": version})
    yield _gauge("well", "1 while nothing keeps govwatch from its work", float(vitals.well))
    on = {one.alarm for one in vitals.troubles}
    yield _by(
        "alarm", "1 while an alarm of govwatch itself is on: docs/alarms.md", "alarm",
        {one.value: float(one in on) for one in OWN},
    )  # fmt: skip
    yield _by("rows", "rows of the main tables", "table", health.stored)
    yield _by("urls", "discovered URLs by outcome", "outcome", {key.value: n for key, n in health.outcomes.items()})
    yield _gauge("urls_due", "URLs that are to be fetched now", health.due)
    yield _by("file_bytes", "sizes of the files", "file", health.sizes)
    yield _by("messages", "deliveries by state", "state", health.deliveries)
    yield _by(
        "channel_failing", "1 while a channel's circuit is open", "channel",
        {one.channel: float(one.circuit != "closed") for one in health.channels},
    )  # fmt: skip
    states = [one.state for one in health.sources]
    yield _by("sources", "sources by state", "state", {state: states.count(state) for state in sorted(set(states))})
    yield _gauge("sources_ill", "sources that operators were or will be told of", sum(s.ill for s in health.sources))
    yield _by(
        "source_success_age_seconds", "since the last good poll", "source",
        {one.source_id: (now - one.last_success).total_seconds() for one in health.sources if one.last_success},
    )  # fmt: skip
    yield from _passes(health, now)


def _passes(health: Health, now: datetime) -> Iterable[Any]:
    ended = [run for run in health.runs if run.kind == "monitor" and run.finished_at]
    if not ended:
        return
    last = ended[0]
    assert last.finished_at is not None  # noqa: S101 - chosen above; for the type checker
    yield _gauge("pass_age_seconds", "since the last pass ended", (now - last.finished_at).total_seconds())
    yield _gauge("pass_duration_seconds", "of the last pass", (last.finished_at - last.started_at).total_seconds())
    yield _gauge("pass_completed", "1 when the last pass completed", float(last.state is State.COMPLETED))
    yield _by("pass_counts", "what the last pass did", "what", last.counts)


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"govwatch_{name}", about, value)


def _by(name: str, about: str, label: str, values: Any) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"govwatch_{name}", about, labels=[label])
    for key, value in values.items():
        family.add_metric([str(key)], value)
    return family
