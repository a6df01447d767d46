"""Hosts shared by real processes over a real Prefect server: the pace holds at the server that is read, a dead holder
loses its lease.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.clock import utc_now
from tests.faults.test_machines import Site, answers, free_port
from tests.inboxes import wait_until
from tests.newsroom import Newsroom
from tests.passes import INITIATIVES, NO_SEEDS, environment
from tests.volume import make_articles
from warehouse.database import Warehouse, rows

pytestmark = [pytest.mark.endurance, pytest.mark.faults]

DELAY = 1.0
PAGES = 24
LEASE = 60  # seconds: the shortest that Prefect gives

HOLD = f"""
import asyncio, time
from prefect.client.orchestration import get_client
from flows import leases
leases._LEASE = {LEASE}
async def hold():
    async with get_client() as client:
        mine = leases.HostLeases(client, limits=1)
        await mine.prepare()
        assert await mine.take("a.example")
        print("held", flush=True)
        await asyncio.sleep(600)
asyncio.run(hold())
"""
TAKE = """
import asyncio, sys, time
from prefect.client.orchestration import get_client
from flows.leases import HostLeases
async def take():
    async with get_client() as client:
        mine = HostLeases(client, limits=1, patience=float(sys.argv[1]))
        await mine.prepare()
        began = time.monotonic()
        got = await mine.take("a.example")
        print(got, time.monotonic() - began, flush=True)
        if got:
            mine.give("a.example", 0.0)
            await mine.close()
asyncio.run(take())
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A Prefect server on this machine."""
    folder, port = tmp_path_factory.mktemp("shared"), free_port()
    api = f"http://127.0.0.1:{port}/api"
    more = {
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    }
    here = Site(folder, environment(folder, more), api)
    here.starts("server", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
    try:
        assert wait_until(lambda: answers(f"{api}/health"), within=120), here.log("server")
        yield here
    finally:
        here.kills("server")


def test_two_passes_at_once_keep_the_delay_of_each_host_between_them_both(site: Site, tmp_path: Path) -> None:
    with Newsroom(utc_now) as newsroom:
        outlets = [newsroom.outlet(f"outlet-{number}", feed_size=PAGES) for number in range(2)]
        for number, text in enumerate(make_articles(PAGES, seed=3, languages=("en",), copies=0)):
            outlets[number % 2].publishes(text.story)
        names = ("one", "two")
        for name in names:
            newsroom.write_config(
                tmp_path / name, initiatives=INITIATIVES, alerts="{}", seeds=NO_SEEDS,
                settings={
                    "limits": {"workers": 1, "first_look_pages": PAGES},
                    "network": {"shared": True, "per_host_delay": f"{DELAY}s", "user_agent": f"govwatch-{name} (test)"},
                },
            )  # fmt: skip
            site.starts(
                name, "flows.cli", "run",
                GOVWATCH_CONFIG=str(tmp_path / name), GOVWATCH_WAREHOUSE=str(tmp_path / f"{name}.duckdb"),
            )  # fmt: skip
        for name in names:
            assert site.started[name].wait(300) == 0, site.log(name)
            with Warehouse(tmp_path / f"{name}.duckdb").reading() as con:
                assert rows(con, "select count(*) from articles") == [(PAGES,)], site.log(name)
        for outlet in outlets:
            hits = sorted(outlet.hits(), key=lambda hit: hit.moment)
            readers = [hit.headers["user-agent"] for hit in hits]
            assert {reader.split()[0] for reader in readers} == {"govwatch-one", "govwatch-two"}
            gaps = [later.moment - earlier.moment for earlier, later in itertools.pairwise(hits)]
            assert min(gaps) >= 0.98 * DELAY, [round(gap, 2) for gap in gaps]
            print(f"{outlet.id}: {len(hits)} requests of two processes, the closest {min(gaps):.2f} s apart")


def test_the_lease_of_a_holder_that_is_killed_ends_by_itself_and_not_before(site: Site) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=site.folder, env=site.environ, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        taken = time.monotonic()
        got, _ = takes(site, patience=8)
        assert got == "False", "who holds it, lives"
        holder.kill()
    got, _ = takes(site, patience=170)
    waited = time.monotonic() - taken
    assert got == "True"
    assert waited >= LEASE - 5, "a lease is not taken away before its end"
    print(f"the lease of {LEASE} s was free {waited:.0f} s after it was taken")


def takes(site: Site, patience: float) -> tuple[str, float]:
    """Another process asks for the host; return whether it got it, and the seconds that it waited."""
    got, seconds = site.runs("-c", TAKE, str(patience), timeout=240).split()
    return got, float(seconds)
