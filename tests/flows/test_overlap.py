"""Nothing happens twice: two passes at the same time, and every step of the schedules run again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from config.load import load
from flows.clock import utc_now
from flows.delivery import deliver
from flows.housekeeping import tidy
from tests.inboxes import Receiver
from tests.newsroom import Newsroom, text_about
from tests.passes import INITIATIVES, NO_SEEDS, Station, alerts_to, environment, stories_told
from warehouse.database import Warehouse, rows

STORED = (
    "articles", "stories", "story_members", "mentions", "signals", "notifications", "notification_signals",
    "deliveries", "attempts", "told", "frontier", "sightings", "canaries", "alarms", "sizes",
)  # fmt: skip


def published(newsroom: Newsroom, receiver: Receiver, folder: Path) -> Station:
    """A newsroom whose first look is over, and that has news since."""
    outlets = [newsroom.outlet(name) for name in ("ledger", "courier", "gazette")]
    config = newsroom.write_config(
        folder / "config", initiatives=INITIATIVES, seeds=NO_SEEDS, alerts=alerts_to(receiver),
        settings={"limits": {"workers": 1}},
    )  # fmt: skip
    for outlet in outlets:
        outlet.publishes("Ferry times", f"The ferry of {outlet.id} leaves at noon, and comes back at six. " * 20)
    station = Station(config, Warehouse(folder / "data/govwatch.duckdb"), utc_now)
    station.runs()
    for number, outlet in enumerate(outlets):
        for day in range(4):
            outlet.publishes(f"Signed on day {day} of {number}", text_about("the Harbour Treaty"))
    return station


def test_two_passes_that_begin_at_once_store_everything_once_and_tell_it_once(tmp_path: Path) -> None:
    with Newsroom(utc_now) as newsroom, Receiver() as receiver:
        station = published(newsroom, receiver, tmp_path)
        both = [
            subprocess.Popen(
                [sys.executable, "-m", "flows.cli", "run", "--config", station.config, "--warehouse",
                 station.warehouse.path],
                cwd=tmp_path, env=environment(tmp_path), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True,
            )
            for _ in range(2)
        ]  # fmt: skip
        for one in both:
            said = one.communicate(timeout=120)
            assert one.returncode == 0, said
        assert station.asks("select state, count(*) from runs group by all") == [("completed", 3)]
        assert station.asks("select count(*), count(distinct url_key) from articles") == [(15, 15)]
        told = stories_told(receiver.posts)
        assert told
        assert len(told) == len(set(told))


def test_every_step_of_the_schedules_run_again_changes_nothing_that_is_stored(tmp_path: Path) -> None:
    with Newsroom(utc_now) as newsroom, Receiver() as receiver:
        station = published(newsroom, receiver, tmp_path)
        moment = utc_now()
        station.clock = lambda: moment
        configuration = load(station.config, {})

        def everything() -> dict[str, list[tuple[object, ...]]]:
            station.runs()
            deliver(configuration, station.warehouse, station.clock)
            tidy(configuration, station.warehouse, moment)
            with station.opened() as con:
                return {table: rows(con, f"from {table} order by all") for table in STORED}

        first = everything()
        assert first["told"]
        posts = len(receiver.posts)
        again = everything()
        for table in STORED:
            # A poll again notes its time, and nothing else, in what a URL was found by.
            assert len(again[table]) == len(first[table]), table
        assert again["articles"] == first["articles"]
        assert again["signals"] == first["signals"]
        assert again["deliveries"] == first["deliveries"]
        assert len(receiver.posts) == posts
