"""Many machines on one: a Prefect server on PostgreSQL, two workers, a Dask cluster of two; one of each is killed.

What is there in the end is what one process gives, and nobody is told twice.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from flows.clock import utc_now
from tests.backends.conftest import Postgres
from tests.faults.test_pass_faults import TRACKED
from tests.inboxes import Receiver, wait_until
from tests.newsroom import Newsroom
from tests.passes import NO_SEEDS, Station, alerts_to, environment, stories_told
from tests.volume import make_articles
from warehouse.database import Warehouse

pytestmark = [pytest.mark.endurance, pytest.mark.faults]

PAGES = 120
SCHEDULE = """
deployments:
  - name: regular
    entrypoint: flows/monitor.py:monitor
    parameters: {all_sources: true}
    concurrency_limit: {limit: 1, collision_strategy: CANCEL_NEW, grace_period_seconds: 60}
    schedules:
      - {interval: 15, timezone: UTC, slug: often}
"""
# A run is silent for 45 s before it counts as crashed, and late for 20 s before it is cancelled: the test is short.
HURRY = "import asyncio; from flows.serve import set_automations; asyncio.run(set_automations(silence=45, late=20))"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@dataclass
class Site:
    """The programs of all the machines."""

    folder: Path
    environ: dict[str, str]
    api: str
    started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def starts(self, name: str, *command: str, **environ: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as out:
            self.started[name] = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=self.folder,
                env=self.environ | environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def runs(self, *command: str, timeout: float = 120.0) -> str:
        done = subprocess.run(
            [sys.executable, *command], cwd=self.folder, env=self.environ, capture_output=True, text=True, timeout=timeout,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def kills(self, name: str) -> None:
        """Kill a program and all that it started, at once."""
        root = self.started[name].pid
        for pid in [root, *below(root)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.started[name].wait()

    def recorded(self, what: str) -> list[dict[str, Any]]:
        request = urllib.request.Request(
            f"{self.api}/{what}/filter", data=b"{}", headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found

    def flow_runs(self) -> list[dict[str, Any]]:
        return self.recorded("flow_runs")

    def states(self) -> str:
        return "\n".join(
            sorted(f"{run['expected_start_time'][11:19]} {run['state_name']}" for run in self.flow_runs())[:20]
        )

    def said(self, about: str) -> list[str]:
        """Return what runs wrote into the server's log with these words."""
        found: list[str] = []
        while True:
            question = {"limit": 200, "offset": len(found), "sort": "TIMESTAMP_DESC"}
            request = urllib.request.Request(
                f"{self.api}/logs/filter",
                data=json.dumps(question).encode(),
                headers={"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=20) as answer:
                page = [line["message"] for line in json.load(answer)]
            if not page:
                return [line for line in found if about in line]
            found += page

    def in_state(self, *states: str) -> list[dict[str, Any]]:
        return [run for run in self.flow_runs() if run["state_type"] in states or run["state_name"] in states]


def below(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                yield int(child)
                yield from below(int(child))


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("PostgreSQL's server is absent: run .ci/services")
    pytest.importorskip("prefect_dask", reason="prefect-dask is absent")
    postgres = Postgres(programs[-1].parent)
    postgres.start()
    try:
        database = postgres.database().rpartition("=")[2]
        psql = ["-h", "127.0.0.1", "-p", str(postgres.port), "-U", "govwatch", "-d", database]
        postgres._run("psql", *psql, "-qc", "create extension if not exists pg_trgm")
        port = free_port()
        api = f"http://127.0.0.1:{port}/api"
        more = {
            "PREFECT_API_URL": api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_WORKER_QUERY_SECONDS": "3",
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "10",
        }
        here = Site(tmp_path, environment(tmp_path, more), api)
        url = f"postgresql+asyncpg://govwatch:open-sesame-4711@127.0.0.1:{postgres.port}/{database}"
        here.starts(
            "server", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port),
            PREFECT_SERVER_DATABASE_CONNECTION_URL=url,
            PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE="prefect.server.concurrency.lease_storage.filesystem",
        )  # fmt: skip
        try:
            assert wait_until(lambda: answers(f"{api}/health"), within=120), here.log("server")
            yield here
        finally:
            for name in reversed(here.started):
                here.kills(name)
    finally:
        postgres.stop()


def test_a_worker_and_half_of_a_cluster_are_killed_and_the_end_is_that_of_one_process(
    site: Site, tmp_path: Path
) -> None:
    with Newsroom(utc_now) as newsroom, Receiver() as receiver:
        outlets = [newsroom.outlet(f"outlet-{number}", feed_size=PAGES) for number in range(6)]
        scheduler = free_port()
        world: dict[str, Any] = {"initiatives": TRACKED, "seeds": NO_SEEDS}
        limits = {"first_look_pages": PAGES, "pages_per_source": PAGES, "workers": 2, "batch": 20}
        elsewhere = {"runner": "dask", "cluster": f"tcp://127.0.0.1:{scheduler}"}
        slow = {"per_host_delay": "1s", "allow_private_hosts": ["127.0.0.0/8"]}
        alerts = alerts_to(receiver)
        config = newsroom.write_config(
            tmp_path / "config", **world, alerts=alerts, settings={"limits": limits | elsewhere, "network": slow}
        )
        alone = newsroom.write_config(
            tmp_path / "alone", **world, alerts="{}", settings={"limits": limits, "network": {**slow, "per_host_delay": "0s"}}
        )  # fmt: skip
        (tmp_path / "prefect.yaml").write_text(SCHEDULE)
        warehouse = Warehouse(tmp_path / "govwatch.duckdb")
        station = Station(config, warehouse, utc_now)
        site.environ |= {"GOVWATCH_CONFIG": str(config), "GOVWATCH_WAREHOUSE": str(warehouse.path)}
        for outlet in outlets:
            outlet.publishes("Ferry times", "The ferry of the pier leaves at noon, and comes back at six. " * 30)
        station.runs()  # the first look is over: what comes now is news

        texts = make_articles(PAGES, seed=9, languages=("en",), copies=0, mentioning=0.4)
        for number, text in enumerate(texts):
            outlets[number % 6].publishes(text.story)
        newsroom.forgets()

        site.starts("scheduler", "dask", "scheduler", "--host", "127.0.0.1", "--port", str(scheduler), "--no-dashboard")
        for number in (1, 2):
            site.starts(
                f"dask-{number}", "dask", "worker", f"tcp://127.0.0.1:{scheduler}", "--nthreads", "1", "--no-dashboard"
            )
        said = site.runs("-m", "flows.cli", "deploy")
        assert "monitor/regular in pool govwatch" in said
        site.runs("-c", HURRY)
        for number in (1, 2):
            site.starts(f"worker-{number}", "prefect", "worker", "start", "--pool", "govwatch", "--limit", "1")

        def fetched() -> int:
            return len(newsroom.article_hits())

        assert wait_until(lambda: fetched() >= PAGES // 2, within=60), site.states()
        cluster = {pid for number in (1, 2) for pid in below(site.started[f"dask-{number}"].pid)}
        (holder,) = [name for name in ("worker-1", "worker-2") if len(list(below(site.started[name].pid))) > 0]
        site.kills("dask-1")
        site.kills(holder)
        assert fetched() < PAGES, "the kill came in mid-run"
        killed = time.monotonic()

        def everything() -> bool:
            return station.asks("select count(*) from articles") == [(PAGES + 6,)]

        assert wait_until(everything, within=200), site.states()
        back = time.monotonic() - killed
        assert wait_until(lambda: not site.in_state("RUNNING"), within=60)
        chunks = [task for task in site.recorded("task_runs") if task["name"].startswith("pages-")]
        assert any(task["state_type"] == "COMPLETED" for task in chunks), "the cluster did work, not the passes alone"
        # With one worker left, late runs are cancelled, not piled up.
        assert len(site.in_state("Late")) <= 3
        crashed = site.in_state("CRASHED")
        assert len(crashed) == 1, [run["state_name"] for run in site.flow_runs()]

        # The pass that came to its end says where its pages were worked on: at the half of the cluster that lived.
        places = set(re.findall(r"\d+ at \S+:(\d+)", " ".join(site.said("pages by dask"))))
        assert places
        assert {int(pid) for pid in places} <= cluster, "no page was worked on by the pass itself"

        one_process = Station(alone, Warehouse(tmp_path / "alone.duckdb"), utc_now)
        one_process.runs()
        for what in (
            "select url, outcome from frontier order by url",
            "select url, title, text from articles order by url",
            "select list_sort(list(url)) from story_members join articles using (article_id) group by story_id order by 1",
            "select url, initiative_id, sentence from mentions join articles using (article_id) order by all",
        ):
            assert station.asks(what) == one_process.asks(what), what
        told = stories_told(receiver.posts)
        keys = [post.headers["idempotency-key"] for post in receiver.posts]
        assert told
        assert len(set(told)) == len(told)
        assert len(set(keys)) == len(keys)
        print(f"all {PAGES} pages were there {back:.0f} s after the kill; {len(told)} stories told once")
