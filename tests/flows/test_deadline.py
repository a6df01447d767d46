"""Whatever hangs, a pass comes to its end in its time, and what hung is asked by the next one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from alerts import channels
from config.load import load
from flows.clock import utc_now
from flows.pipeline import Pass
from flows.report import PassReport
from tests.alerts.desk import Desk, mention
from tests.inboxes import Receiver
from tests.newsroom import Newsroom, text_about
from tests.passes import INITIATIVES, NO_SEEDS
from warehouse.database import Warehouse, rows

LONG = 120.0  # seconds: far less than a hung request may take here, far more than the pass


def test_sources_that_hang_hold_no_pass_beyond_its_deadline_and_stay_due(tmp_path: Path) -> None:
    with Newsroom(utc_now) as newsroom:
        well = newsroom.outlet("ledger")
        well.publishes("Signed at dawn", text_about("the Harbour Treaty"))
        for number in range(50):  # more than are polled at a time
            newsroom.outlet(f"mute-{number}").fails("timeout")
        config = newsroom.write_config(
            tmp_path / "config", initiatives=INITIATIVES, alerts="{}", seeds=NO_SEEDS,
            settings={"limits": {"workers": 1, "pass_deadline": "8s"}, "network": {"timeout": "10m"}},
        )  # fmt: skip
        warehouse = Warehouse(tmp_path / "news.duckdb")

        async def within() -> PassReport:
            async with asyncio.timeout(LONG):
                return await Pass(load(config, {}), warehouse).run()

        report = asyncio.run(within())
        assert report.state == "stopped"
        with warehouse.reading() as con:
            assert rows(con, "select state from runs") == [("stopped",)]
            assert rows(con, "select count(*) from sources where last_poll is null and source_id like 'mute-%'") == [
                (50,)
            ]
            assert rows(con, "select count(*) from frontier where source_id = 'ledger'") == [(1,)]


def test_a_channel_that_hangs_costs_one_message_at_a_time_and_the_others_go_out(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "READ_TIMEOUT", 0.2)
    with Receiver() as mute:
        mute.stalls_after_reading(times=100)
        desk = Desk(
            tmp_path,
            f"channels: {{mute: {{type: webhook, url: '{mute.url}/a'}}, hook: {{type: webhook, url: '{receiver.url}/b'}}}}\n"
            "subscriptions: [{name: desk, channels: [mute, hook], group: {wait: 0s}}]\n",
        )
        for story in range(25):
            desk.reads(mention(story=story, published=None, seen_at=desk.clock()))
        desk.dispatches()
        assert len(receiver.posts) == 25
        assert len(mute.posts) <= 10, "its circuit opened; what is held costs no time"
