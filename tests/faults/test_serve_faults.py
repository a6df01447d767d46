"""`govwatch serve` meets a power cut and a stop in mid-pass: started again it goes on, and nobody is told twice."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.clock import utc_now
from tests.faults.test_machines import SCHEDULE, below, free_port
from tests.faults.test_pass_faults import TRACKED
from tests.inboxes import Receiver, wait_until
from tests.newsroom import Newsroom
from tests.passes import NO_SEEDS, Station, alerts_to, environment, program, stories_told
from tests.volume import make_articles
from warehouse.database import Warehouse

pytestmark = [pytest.mark.endurance, pytest.mark.faults]

PAGES = 60


class Machine:
    """One machine on which `govwatch serve` runs, and that loses power at will."""

    def __init__(self, folder: Path, newsroom: Newsroom, receiver: Receiver) -> None:
        self.folder = folder
        self.newsroom = newsroom
        self.receiver = receiver
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        outlets = [newsroom.outlet(f"outlet-{number}", feed_size=PAGES) for number in range(3)]
        limits = {"first_look_pages": PAGES, "pages_per_source": PAGES, "workers": 1, "batch": 10}
        self.config = newsroom.write_config(
            folder / "config", initiatives=TRACKED, seeds=NO_SEEDS, alerts=alerts_to(receiver),
            settings={"limits": limits, "network": {"per_host_delay": "1s"}},
        )  # fmt: skip
        (folder / "prefect.yaml").write_text(SCHEDULE)
        self.station = Station(self.config, Warehouse(folder / "data/govwatch.duckdb"), utc_now)
        for outlet in outlets:
            outlet.publishes("Ferry times", "The ferry of the pier leaves at noon, and comes back at six. " * 30)
        self.station.runs()  # the first look is over: what comes now is news
        for number, text in enumerate(make_articles(PAGES, seed=9, languages=("en",), copies=0, mentioning=0.4)):
            outlets[number % 3].publishes(text.story)
        newsroom.forgets()

    def starts(self) -> None:
        with (self.folder / "serve.log").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flows.cli", "serve", "--port", str(self.port), "--health-port", "0"],
                cwd=self.folder, env=environment(self.folder), stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def loses_power(self) -> None:
        """Kill everything at once: serve, the server, the runs and their processes."""
        assert self.process is not None
        for pid in [self.process.pid, *below(self.process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    @property
    def log(self) -> str:
        return (self.folder / "serve.log").read_text(errors="replace")[-4000:]

    def fetched(self) -> int:
        return len(self.newsroom.article_hits())

    def everything(self) -> bool:
        return self.station.asks("select count(*) from articles") == [(PAGES + 3,)]

    def flow_runs(self) -> list[dict[str, Any]]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/flow_runs/filter", data=b"{}",
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=20) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found

    def in_state(self, *states: str) -> list[dict[str, Any]]:
        return [run for run in self.flow_runs() if run["state_type"] in states or run["state_name"] in states]

    def told_once(self) -> None:
        told = stories_told(self.receiver.posts)
        assert told
        assert len(set(told)) == len(told)
        keys = [post.headers["idempotency-key"] for post in self.receiver.posts]
        assert len(set(keys)) == len(keys)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with Newsroom(utc_now) as newsroom, Receiver() as receiver:
        machine = Machine(tmp_path, newsroom, receiver)
        try:
            yield machine
        finally:
            if machine.process is not None and machine.process.poll() is None:
                machine.loses_power()


def test_after_a_power_cut_in_mid_pass_it_goes_on_by_itself_and_does_missed_work_once(machine: Machine) -> None:
    machine.starts()
    assert wait_until(lambda: machine.fetched() >= PAGES // 3, within=150), machine.log
    machine.loses_power()
    before = machine.fetched()
    assert before < PAGES, "the cut came in mid-pass"
    time.sleep(40)  # the machine is off: at least two times of the schedule go by
    machine.starts()
    began = time.monotonic()
    # Far below the 300 s after which the server takes a lease from whoever is gone.
    assert wait_until(machine.everything, within=150), machine.log
    print(f"all {PAGES} pages were there {time.monotonic() - began:.0f} s after the start")
    assert wait_until(lambda: not machine.in_state("RUNNING"), within=60)
    assert len(machine.in_state("CRASHED")) == 1, "the run that was cut is marked"
    assert len(machine.in_state("Late")) <= 3, "what was missed does not pile up"
    assert machine.station.asks("select count(*) from runs where state = 'interrupted'") == [(1,)]
    # Pages whose batch had not been stored are fetched again, and no other.
    assert machine.fetched() <= PAGES + before
    machine.told_once()


def test_a_stop_in_mid_pass_ends_it_in_good_order_and_the_next_start_goes_on(machine: Machine) -> None:
    machine.starts()
    assert wait_until(lambda: machine.fetched() >= PAGES // 3, within=150), machine.log
    assert machine.process is not None
    pids = list(below(machine.process.pid))
    machine.process.send_signal(signal.SIGTERM)
    assert machine.process.wait(90) == 0, machine.log
    assert machine.fetched() < PAGES, "the stop came in mid-pass"
    assert "Traceback" not in machine.log
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()], "nothing is left running"
    stored = machine.station.asks("select count(*) from articles")[0][0]
    done = program(
        "doctor", "--config", machine.config, "--warehouse", machine.station.warehouse.path, cwd=machine.folder
    )
    assert done.returncode == 0, done.stdout
    machine.starts()
    assert wait_until(machine.everything, within=200), machine.log
    assert wait_until(lambda: not machine.in_state("RUNNING"), within=60)
    assert machine.fetched() <= 2 * PAGES - (stored - 3), "what was stored is not fetched again"
    machine.told_once()
