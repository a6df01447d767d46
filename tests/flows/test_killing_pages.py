"""A page that takes its process with it costs that page some tries, and the pass nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from flows import pipeline
from flows.jobs import Job, Worked
from flows.work import Worker
from tests.clock import Clock
from tests.newsroom import Newsroom, text_about
from tests.passes import INITIATIVES, NO_SEEDS, Station, alerts_to
from warehouse.database import Warehouse


class Victim(Worker):
    """The worker of a pass, which dies of one page as if a fault of libxml2's had hit it."""

    def __call__(self, job: Job) -> Worked:
        if b"deadly" in job.body:
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().__call__(job)


@pytest.fixture
def station(tmp_path: Path, newsroom: Newsroom, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Station:
    monkeypatch.setattr(pipeline, "WORKER", f"{Victim.__module__}:Victim")
    ledger = newsroom.outlet("harbour-ledger")
    for number in range(12):
        subject = "deadly lamps" if number == 5 else f"matter {number}"
        ledger.publishes(f"Matter {number}", text_about(subject), published=clock.ago(hours=number + 1))
    config = newsroom.write_config(
        tmp_path / "config",
        initiatives=INITIATIVES,
        alerts=alerts_to(),
        seeds=NO_SEEDS,
        settings={"limits": {"workers": 1}},
    )
    return Station(config, Warehouse(tmp_path / "data" / "govwatch.duckdb"), clock)


def test_a_page_that_kills_its_process_is_tried_again_and_given_up_with_its_reason(
    station: Station, clock: Clock
) -> None:
    report = station.runs()
    assert (report.state, report.pages, report.articles) == ("completed", 12, 11), "its neighbours are all loaded"
    (failed,) = station.asks("select outcome, attempts, next_try, reason from frontier where outcome <> 'fetched'")
    assert failed[:2] == ("failed", 1)
    assert failed[2] is not None
    assert "signal 11" in failed[3]
    for _ in range(3):
        clock.passes(hours=5)
        station.runs()
    (outcome, attempts, next_try, reason) = station.asks(
        "select outcome, attempts, next_try, reason from frontier where outcome <> 'fetched'"
    )[0]
    assert (outcome, attempts, next_try) == ("failed", 4, None)
    assert reason == "the page could not be read: the extraction process ended (signal 11) (given up after 4 tries)"
    clock.passes(days=30)
    assert station.runs().pages == 0


def test_a_page_that_only_a_busy_moment_killed_is_loaded_by_a_later_pass(
    station: Station, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.runs()
    monkeypatch.setattr(pipeline, "WORKER", "flows.work:Worker")
    clock.passes(hours=1)
    station.runs()
    assert station.asks("select outcome, count(*) from frontier group by all") == [("fetched", 12)]
