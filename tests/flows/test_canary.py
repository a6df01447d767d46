"""The canary goes the whole way once a day, nobody else meets it, and a missing one is an alert."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.detect import signals as detect
from config.load import load
from flows.canary import fly, page_of
from flows.delivery import deliver
from tests.alerts.desk import Memory, mention
from tests.clock import Clock
from tests.inboxes import MailInbox, Receiver
from tests.newsroom import Newsroom
from tests.passes import INITIATIVES, NO_SEEDS, Station
from warehouse import canaries, signals, standing
from warehouse.database import Warehouse, rows

DAY = date(2026, 11, 23)


def alerts(receiver: Receiver, mailbox: MailInbox | None = None, **more: Any) -> dict[str, Any]:
    """Readers and operators at one receiver; operators at the mailbox too, where there is one."""
    channels: dict[str, Any] = {
        "terminal": {"type": "console"},
        "desk": {"type": "webhook", "url": f"{receiver.url}/desk"},
        "ops": {"type": "webhook", "url": f"{receiver.url}/ops"},
    }
    if mailbox is not None:
        channels["ops-mail"] = {"type": "mail", "url": mailbox.apprise_url("ops@newsroom.example")}
    subscriptions = [
        {"name": "readers", "channels": ["desk"], "group": {"wait": "0s"}},
        {"name": "operators", "match": {"initiatives": ["none"]}, "operator": True,
         "channels": [name for name in channels if name != "desk"]},
    ]  # fmt: skip
    return {"channels": channels, "subscriptions": subscriptions, **more}


@pytest.fixture
def place_of(tmp_path: Path, newsroom: Newsroom, clock: Clock) -> Any:
    """Opens a station with these alerts."""

    def opened(told: dict[str, Any]) -> Station:
        newsroom.write_config(tmp_path / "config", initiatives=INITIATIVES, alerts=told, seeds=NO_SEEDS)
        return Station(tmp_path / "config", Warehouse(tmp_path / "news.duckdb"), clock)

    return opened


def delivers(station: Station) -> None:
    deliver(load(station.config, {}), station.warehouse, station.clock)


def test_it_arrives_once_a_day_at_every_channel_of_operators_that_leads_out(
    place_of: Any, receiver: Receiver, mailbox: MailInbox, capsys: pytest.CaptureFixture[str]
) -> None:
    station = place_of(alerts(receiver, mailbox))
    for _ in range(3):
        delivers(station)
        station.clock.passes(minutes=30)
    (post,) = receiver.of("ops")
    assert (post.json["occasion"], post.json["subscription"]) == ("canary", "operators")
    assert post.json["title"] == "[Govwatch] canary: The Govwatch Canary of 23 November 2026 has come the whole way"
    assert mailbox.of("ops").has(1)
    assert not receiver.of("desk")
    assert capsys.readouterr().out == "", "a canary on the terminal proves nothing"
    station.clock.passes(days=1)
    delivers(station)
    assert receiver.of("ops").has(2)
    with station.opened() as con:
        flight = canaries.last(con)
    assert flight is not None
    assert (flight.day, flight.arrived, flight.missing) == ("2026-11-24", station.clock(), ())


def test_analysts_never_meet_it(place_of: Any, receiver: Receiver) -> None:
    station = place_of(alerts(receiver))
    delivers(station)
    with station.opened() as con:
        for schema, table, column in rows(
            con,
            "select schema_name, table_name, column_name from duckdb_columns() c join duckdb_tables() t "
            "using (database_name, schema_name, table_name) where not c.internal "
            "and column_name in ('article_id', 'story_id', 'initiative_id', 'number')",
        ):
            if table in ("signals", "feedback", "canaries"):
                continue
            assert rows(con, f"select count(*) from {schema}.{table} where {column} is not null") in (
                [(0,)],
                rows(con, f"select count(*) from {schema}.{table}") if table == "initiatives" else [(0,)],
            ), f"{table}.{column}"
        for view in ("alert_history", "new_mentions", "initiative_timeline", "firsts"):
            assert rows(con, f"select count(*) from {view}") == [(0,)]


@pytest.mark.parametrize("told", [{"canary": False}, {"canary": {"at": "23:00"}}])
def test_it_can_be_switched_off_and_waits_for_its_hour(place_of: Any, receiver: Receiver, told: dict[str, Any]) -> None:
    station = place_of(alerts(receiver, **told))
    delivers(station)
    assert not receiver.posts
    if told["canary"]:
        station.clock.passes(hours=15)
        delivers(station)
        assert receiver.of("ops").has(1)


def test_a_missing_receipt_is_told_once_on_every_channel_and_makes_govwatch_ill(
    place_of: Any, receiver: Receiver, mailbox: MailInbox
) -> None:
    station = place_of(alerts(receiver, mailbox, canary={"within": "2h"}))
    mailbox.refuses(times=100)
    delivers(station)
    station.clock.passes(hours=1, minutes=59)
    delivers(station)
    assert receiver.of("ops").has(1), "there is still time"
    for _ in range(3):
        station.clock.passes(minutes=10)
        delivers(station)
    _, missing = receiver.of("ops")
    assert missing.json["title"] == "The canary is missing"
    assert "Canary of 2026-11-23 has not arrived (ops-mail: retry" in missing.json["message"]
    with station.opened() as con:
        found = standing.read(con, station.clock()).canary
    assert found is not None
    assert found.told is not None
    assert found.arrived is None


def test_rules_that_no_longer_find_it_are_told_at_once(
    place_of: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = place_of(alerts(receiver))
    monkeypatch.setattr("flows.canary._PAGE", "<html><body><p>A page that lost its bird.</p></body></html>")
    delivers(station)
    (post,) = receiver.of("ops")
    assert post.json["title"] == "The canary is missing"
    assert "no longer find the canary" in post.json["message"]
    delivers(station)
    assert receiver.of("ops").has(1)


def test_a_canary_that_cannot_be_launched_stops_no_alert(
    place_of: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = place_of(alerts(receiver))
    seen = station.clock()
    with station.opened() as con:
        signals.store(con, detect([mention(seen_at=seen)], Memory(), now=seen, run_id="run-1"), seen)
    monkeypatch.setattr("flows.canary.articles.load", None)
    delivers(station)
    assert receiver.of("desk").has(1)
    (post,) = receiver.of("ops")
    assert "It could not be launched: TypeError" in post.json["message"]


def test_the_shipped_rules_find_it(clock: Clock) -> None:
    from config.load import SHIPPED

    document = page_of(load(SHIPPED, {}).initiatives, DAY, clock())
    assert {one.initiative_id for one in document.mentions} == {"govwatch-canary-2026-11-23"}
    assert document.article.title == "The Govwatch Canary of 23 November 2026 has come the whole way"


def test_a_kill_at_any_instant_of_its_launch_leaves_it_launched_or_due(
    place_of: Any, receiver: Receiver, tmp_path: Path
) -> None:
    station = place_of(alerts(receiver))
    script = (
        "import sys, os, signal, threading\n"
        "from datetime import datetime\nfrom pathlib import Path\n"
        "from config.load import load\nfrom flows.canary import fly\nfrom warehouse.database import Warehouse\n"
        "import flows.work\n"
        "w, c, now, after = Warehouse(Path(sys.argv[1])), load(Path(sys.argv[2]), {}), datetime.fromisoformat(sys.argv[3]), float(sys.argv[4])\n"
        "threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL)).start()\n"
        "fly(c, w, now)\nos._exit(0)\n"
    )
    station.warehouse.prepare()
    for number, after in enumerate((0.02, 0.06, 0.12, 0.25)):
        now = station.clock() + timedelta(days=number)
        subprocess.run(
            [sys.executable, "-c", script, station.warehouse.path, station.config, now.isoformat(), str(after)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            check=False,
        )
        fly(load(station.config, {}), station.warehouse, now)
        with station.opened() as con:
            assert rows(con, "select count(*) from articles") == [(0,)]
            assert rows(con, "select count(*), count(distinct signal_id) from canaries") == [(number + 1,) * 2]
            assert rows(con, "select count(*) from signals") == [(number + 1,)]
    assert signal.SIGKILL
