"""Govwatch speaks up when it does not do its work: once when that has lasted, once when it is over."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.alarms import changes
from config.load import load
from flows.delivery import deliver
from flows.pipeline import Pass
from records.errors import DiskFull
from records.operation import Alarm, AlarmState, Trouble
from tests.clock import MONDAY, Clock
from tests.inboxes import Receiver
from tests.newsroom import Newsroom
from tests.passes import INITIATIVES, NO_SEEDS, Station
from warehouse import runs
from warehouse.database import Warehouse, rows

FULL = Trouble(Alarm.DISK_FILLS, "no room")


@pytest.fixture
def station(tmp_path: Path, newsroom: Newsroom, clock: Clock, receiver: Receiver) -> Station:
    alerts = {
        "channels": {"ops": {"type": "webhook", "url": f"{receiver.url}/ops"}},
        "subscriptions": [
            {"name": "ops", "channels": ["ops"], "match": {"initiatives": ["none"]}, "operator": True},
        ],
        "canary": False,
    }
    newsroom.write_config(
        tmp_path / "config", initiatives=INITIATIVES, alerts=alerts, seeds=NO_SEEDS,
        settings={"limits": {"workers": 1, "pass_deadline": "50m"}},
    )  # fmt: skip
    return Station(tmp_path / "config", Warehouse(tmp_path / "news.duckdb"), clock)


def delivers(station: Station, **after: float) -> None:
    """A round of delivery, so much later."""
    station.clock.passes(**after)  # type: ignore[attr-defined]
    deliver(load(station.config, {}), station.warehouse, station.clock)


def a_pass(station: Station, state: str, *, ago: float, error: str | None = None) -> None:
    """A pass began that many minutes ago; it ended two minutes later, unless it runs."""
    began = station.clock() - timedelta(minutes=ago)
    with station.warehouse.writing() as con:
        runs.start(con, f"pass-{ago}-{state}", began)
        if state != "running":
            runs.finish(con, f"pass-{ago}-{state}", began + timedelta(minutes=2), state, {}, error)


def told(receiver: Receiver) -> list[tuple[str, str]]:
    return [
        (post.json["title"], post.json["items"][0]["title"])
        for post in receiver.of("ops")
        if post.json["occasion"] == "notice"
    ]


def asks(station: Station, sql: str) -> list[tuple[Any, ...]]:
    with station.opened() as con:
        return rows(con, sql)


def test_a_pass_that_hangs_is_told_once_with_its_page_and_so_is_its_end(station: Station, receiver: Receiver) -> None:
    a_pass(station, "completed", ago=90)
    a_pass(station, "running", ago=55)
    delivers(station)
    assert told(receiver) == [], "it finishes what is under way"
    for _ in range(3):
        delivers(station, minutes=6)
    assert told(receiver) == [
        ("A pass hangs", "pass pass-55-running runs since 07:05 UTC, longer than limits.pass_deadline allows.")
    ]
    assert "What to do: docs/alarms.md#a-pass-hangs" in receiver.of("ops")[0].json["message"]
    with station.warehouse.writing() as con:
        runs.finish(con, "pass-55-running", station.clock(), "completed", {})
    for minutes in (5, 30, 50):  # a pass ends every five minutes, as it should
        a_pass(station, "completed", ago=2 - minutes)
        delivers(station, minutes=minutes)
    assert [title for title, _ in told(receiver)] == ["A pass hangs", "Over: a pass hangs"]


def test_that_no_pass_ends_is_told_when_it_has_lasted_and_not_while_one_works(
    station: Station, receiver: Receiver
) -> None:
    a_pass(station, "completed", ago=8 * 60)  # the machine was off at night
    delivers(station)
    a_pass(station, "running", ago=0)
    delivers(station, minutes=25)
    assert told(receiver) == []
    with station.warehouse.writing() as con:
        runs.finish(con, "pass-0-running", station.clock(), "completed", {})
    delivers(station, minutes=35)
    delivers(station, minutes=25)
    assert told(receiver) == [("No pass has ended", "no pass ended for 60 minutes.")]


def test_passes_that_end_badly_are_told_with_the_reason(station: Station, receiver: Receiver) -> None:
    for ago in (30, 20, 10):
        a_pass(station, "failed", ago=ago, error="DiskFull: no room")
    delivers(station)
    assert told(receiver) == [
        ("Passes end badly", "the last 3 passes ended badly: " + ", ".join(["DiskFull: no room"] * 3) + ".")
    ]


def test_a_disk_that_fills_is_told_before_it_is_full(
    station: Station, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearly_full = shutil.disk_usage(tmp_path)._replace(free=500_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: nearly_full)
    for _ in range(3):
        delivers(station, minutes=5)
    assert told(receiver) == [("The disk fills", "0.5 GB are free, 1.0 GB are needed for the read copy.")]
    assert asks(station, "select count(*) from sizes") == [(1,)]
    assert asks(station, "select alarm from alarms") == [("the-disk-fills",)]


def test_nobody_is_told_of_passes_where_nobody_has_begun_to_watch(station: Station, receiver: Receiver) -> None:
    for _ in range(3):
        delivers(station, hours=2)
    assert told(receiver) == []


def test_a_pass_that_breaks_off_says_in_runs_why(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise DiskFull("no space is left on /data")

    monkeypatch.setattr("flows.pipeline.frontier.due", full)
    with pytest.raises(DiskFull):
        asyncio.run(Pass(load(station.config, {}), station.warehouse, station.clock).run())
    assert asks(station, "select state, error from runs") == [("failed", "DiskFull: no space is left on /data")]


@pytest.mark.parametrize("rounds", [1, 2, 12])
def test_an_alarm_that_flickers_is_told_once(rounds: int) -> None:
    on: list[AlarmState] = []
    keys: list[str] = []
    now = datetime(2026, 11, 24, tzinfo=UTC)
    for number in range(2 * rounds):
        on, messages = changes([FULL] if number % 2 == 0 else [], on, now + number * timedelta(minutes=10))
        keys += [one.key for one in messages]
    assert keys == ["alarm/the-disk-fills/2026-11-24T00:00:00Z"]


def test_what_passes_by_itself_is_never_told() -> None:
    on, messages = changes([Trouble(Alarm.NO_PASS, "no pass ended for 31 minutes")], [], MONDAY)
    assert (len(on), messages) == (1, [])
    assert changes([], on, MONDAY + timedelta(minutes=5)) == ([], [])
