"""A power cut in mid-pass: what `govwatch serve` missed is caught up once, and the runs that are late by then go away."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.clock import utc_now
from tests.faults.test_machines import HURRY, Site, answers, free_port
from tests.inboxes import Receiver, wait_until
from tests.newsroom import Newsroom, text_about
from tests.passes import INITIATIVES, NO_SEEDS, Station, alerts_to, environment, stories_told
from warehouse.database import Warehouse

pytestmark = [pytest.mark.endurance, pytest.mark.faults]

EVERY, DOWN = 10, 60  # seconds between two runs, and of the power cut: six runs are missed
SILENCE = 45  # seconds after which a run has crashed, as `HURRY` sets it
SCHEDULE = f"""
deployments:
  - name: regular
    entrypoint: flows/monitor.py:monitor
    concurrency_limit: {{limit: 1, collision_strategy: CANCEL_NEW, grace_period_seconds: 60}}
    schedules:
      - {{interval: {EVERY}, timezone: UTC, slug: often}}
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    here = Site(tmp_path, environment(tmp_path, {"PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "10"}), api)
    (tmp_path / "prefect.yaml").write_text(SCHEDULE)
    try:
        yield here
    finally:
        for name in here.started:
            here.kills(name)


def expected(run: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(run["expected_start_time"])


def serves(site: Site, name: str) -> None:
    port = site.api.removesuffix("/api").rpartition(":")[2]
    site.starts(name, "flows.cli", "serve", "--port", port, "--health-port", "0")
    assert wait_until(lambda: "Serving." in site.log(name), within=180), site.log(name)
    assert answers(f"{site.api}/health")


def test_after_a_power_cut_missed_runs_are_caught_up_once_and_no_pile_is_left(site: Site, tmp_path: Path) -> None:
    with Newsroom(utc_now) as newsroom, Receiver() as receiver:
        ledger = newsroom.outlet("ledger", kind="listing", every="60s")  # feeds ask not to be asked that often
        ledger.publishes("Ferry times", "The ferry of the pier leaves at noon, and comes back at six. " * 30)
        config = newsroom.write_config(
            tmp_path / "config",
            initiatives=INITIATIVES,
            seeds=NO_SEEDS,
            alerts=alerts_to(receiver),
            settings={"limits": {"workers": 1}},
        )
        warehouse = tmp_path / "data" / "govwatch.duckdb"
        serves(site, "before")
        assert wait_until(lambda: bool(site.in_state("COMPLETED")), within=90), site.states()
        assert wait_until(lambda: bool(site.in_state("RUNNING")), within=60), site.states()
        site.kills("before")
        cut = utc_now()

        newsroom.forgets()
        ledger.publishes("Signed at dawn", text_about("the Harbour Treaty"))
        time.sleep(DOWN)  # real time is what Prefect's schedules go by
        up = utc_now()
        serves(site, "after")
        site.environ["PREFECT_API_URL"] = site.api
        site.runs("-c", HURRY)
        back = utc_now()

        assert wait_until(lambda: bool(receiver.posts), within=120), site.states()
        told = utc_now()
        (crashed,) = site.in_state("CRASHED")
        assert crashed["state"]["message"] == "the server ended while it ran"
        lead = timedelta(seconds=2 * EVERY)  # by which a runner takes runs before their time
        missed = [run for run in site.flow_runs() if cut + lead < expected(run) < up]
        assert missed == [], "what was missed is no pile of runs"

        # Long enough for the watchdog to be wrong of a run that has ended.
        time.sleep(SILENCE + 2 * EVERY)
        ended = Counter(run["state_name"] for run in site.flow_runs() if run["state_type"] != "SCHEDULED")
        assert ended["Crashed"] == 1, site.states()
        assert ended["Completed"] >= 3, "the schedule goes on"
        assert stories_told(receiver.posts) == [("Harbour Treaty", "Signed at dawn")]
        assert len(newsroom.article_hits()) == 1, "what was missed is read once"
        polls = len(ledger.polls)
        assert polls <= 2 + (utc_now() - back) / timedelta(seconds=60), "a source is asked at its own pace"
        station = Station(config, Warehouse(warehouse), utc_now)
        assert station.asks("select count(*) from articles") == [(2,)]
        print(f"told {(told - up).total_seconds():.0f} s after the restart; {polls} polls; runs: {dict(ended)}")
