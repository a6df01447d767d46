"""Alerted articles are looked at again after an hour, a day and seven days; who was told hears what changed, quietly."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import pytest

from flows.demo.outlet import Outlet
from flows.demo.press import Publication
from flows.jobs import Job, Worked
from flows.work import Worker
from records.errors import WarehouseError
from tests.clock import Clock
from tests.inboxes import MailInbox, Receiver
from tests.newsroom import Newsroom, text_about
from tests.passes import INITIATIVES, NO_SEEDS, ROOT, Station, alerts_to, environment
from warehouse import follow_ups
from warehouse.database import Warehouse
from warehouse.explain import article

TITLE = "Ports agree on a common text"
TEXT = "The Harbour Treaty was signed by 31 states on Tuesday, in rain.\n\n" + text_about("the harbour")


class World:
    """An outlet whose article was told, and a clock."""

    def __init__(self, folder: Path, newsroom: Newsroom, clock: Clock, alerts: dict[str, Any]) -> None:
        self.newsroom, self.clock = newsroom, clock
        self.outlet: Outlet = newsroom.outlet("ledger")
        self.outlet.publishes("An older day", text_about("the tides"), published=clock.ago(days=1))
        self.station = Station(folder / "config", Warehouse(folder / "govwatch.duckdb"), clock)
        self.configures(alerts)
        self.station.runs()

    def configures(self, alerts: dict[str, Any], **limits: object) -> None:
        settings = {"limits": {"workers": 1, **limits}}
        self.newsroom.write_config(
            self.station.config, initiatives=INITIATIVES, alerts=alerts, seeds=NO_SEEDS, settings=settings
        )

    def tells(self, title: str = TITLE, text: str = TEXT) -> Publication:
        """An article is published, found and told."""
        self.clock.passes(minutes=30)
        publication = self.outlet.publishes(title, text)
        assert self.station.runs().signals
        return publication

    def looks(self, **later: float) -> int:
        """Time passes, and so does govwatch; return how many looks it took."""
        self.clock.passes(**later)
        return self.station.runs().follow_ups

    def findings(self) -> list[str]:
        return [row[0] for row in self.station.asks("select finding from follow_up_checks order by checked_at, number")]


class Here:
    """The work of the extraction processes, done in this process: starting them would take most of the time."""

    processes = 1

    def __init__(self, _factory: str, arguments: Sequence[Any], **_: object) -> None:
        self._arguments = arguments
        self._worker: Worker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def warm(self) -> None: ...

    async def submit(self, jobs: Sequence[Job]) -> list[Worked]:
        self._worker = self._worker or Worker(*self._arguments)
        return [self._worker(job) for job in jobs]


@pytest.fixture(autouse=True)
def _here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "real_processes" not in request.node.name:
        monkeypatch.setattr("flows.pipeline.Workers", Here)


@pytest.fixture
def world(tmp_path: Path, newsroom: Newsroom, clock: Clock, receiver: Receiver, mailbox: MailInbox) -> World:
    return World(tmp_path, newsroom, clock, alerts_to(receiver, mailbox))


def notes(receiver: Receiver) -> list[dict[str, Any]]:
    return [post.json for post in receiver.posts if post.json["occasion"] == "correction"]


def test_it_is_looked_at_after_an_hour_a_day_and_seven_days_and_an_unchanged_one_tells_nobody(
    world: World, receiver: Receiver
) -> None:
    publication = world.tells()
    asked = len(world.newsroom.hits(publication))
    assert world.looks(minutes=50) == 0
    assert world.looks(minutes=15) == 1
    assert world.looks(hours=5) == 0
    assert world.looks(hours=19) == 1
    assert world.looks(days=3) == 0
    assert world.looks(days=4) == 1
    assert world.looks(days=30) == 0
    assert world.findings() == ["unchanged"] * 3
    hits = world.newsroom.hits(publication)[asked:]
    assert [hit.conditional for hit in hits] == [False, True, True], "politely: what is known is not asked for again"
    assert len(receiver.posts) == 1


def test_after_a_long_rest_one_look_is_taken_not_three(world: World) -> None:
    world.tells()
    assert world.looks(days=9) == 1
    assert world.looks(days=1) == 0


@pytest.mark.endurance
def test_a_corrected_article_is_told_once_in_the_thread_of_its_alert_with_real_processes(
    world: World, receiver: Receiver, mailbox: MailInbox
) -> None:
    publication = world.tells()
    world.outlet.edits(
        publication, title="Ports argue about a common text", text=TEXT.replace("31 states", "29 states")
    )
    world.looks(hours=2)
    world.looks(hours=24)
    world.looks(days=7)
    (note,) = notes(receiver)
    told = receiver.posts[0].json
    (item,) = note["items"]
    assert note["about"] == [told["reference"]]
    assert item["reason"] == "corrected: 31 states is now 29 states, headline"
    assert item["title"] == "Ports argue about a common text"
    assert "was: “Ports agree on a common text” now: “Ports argue about a common text”" in item["detail"]
    assert "signed by 29 states" in item["detail"]
    assert note["severity"] == "info"
    alert, mail = mailbox.mails
    assert mail["References"] == alert["References"]
    assert mail["Message-ID"] != alert["Message-ID"]
    assert f"on {told['reference']}" not in str(mail["Subject"])
    body = mail.get_body(("plain",))
    assert body is not None
    assert "signed by 29 states" in body.get_content()
    assert len([line for line in world.station.said if "corrected: 31 states" in line]) == 1, "the console, too"


def test_an_article_that_loses_its_mention_is_told_and_not_looked_at_any_more(world: World, receiver: Receiver) -> None:
    publication = world.tells()
    world.outlet.edits(publication, text=TEXT.replace("The Harbour Treaty", "Another paper"))
    world.looks(hours=2)
    (note,) = notes(receiver)
    assert note["items"][0]["reason"] == "no longer mentions it"
    assert "The Harbour Treaty was signed" in note["items"][0]["detail"]
    assert world.looks(days=8) == 0
    assert world.findings() == ["lost"]


def test_a_withdrawn_article_is_told_and_stays_in_the_warehouse_with_its_status(
    world: World, receiver: Receiver
) -> None:
    publication = world.tells()
    world.outlet.withdraws(publication)
    world.looks(hours=2)
    world.looks(days=8)
    (note,) = notes(receiver)
    assert note["items"][0]["reason"] == "withdrawn"
    assert "410" in note["items"][0]["detail"]
    assert world.station.asks("select title, text is not null from articles where title = $1", TITLE) == [(TITLE, True)]
    assert world.station.asks("select finding, next_check from follow_ups") == [("withdrawn", None)]


@pytest.mark.parametrize("how", ["404", "home"])
def test_a_page_that_is_missing_is_looked_at_once_more_before_it_counts_as_withdrawn(
    world: World, receiver: Receiver, how: str
) -> None:
    publication = world.tells()
    if how == "404":
        world.outlet.publications.pop(publication.path)
    else:
        world.outlet.moves(publication.path, "/")
    world.looks(hours=2)
    assert notes(receiver) == []
    world.looks(hours=2)
    assert [note["items"][0]["reason"] for note in notes(receiver)] == ["withdrawn"]
    assert world.findings() == ["missing", "withdrawn"]


def test_a_page_that_comes_back_was_never_gone(world: World, receiver: Receiver) -> None:
    publication = world.tells()
    world.outlet.publications.pop(publication.path)
    world.looks(hours=2)
    world.outlet.publications[publication.path] = publication
    world.looks(hours=2)
    assert world.findings() == ["missing", "unchanged"]
    assert notes(receiver) == []
    assert world.looks(days=1) == 1, "and it is followed as before"


def test_counters_and_times_are_no_change(world: World, receiver: Receiver) -> None:
    publication = world.tells(text=f"{TEXT}\n\nUpdated 10:32. 14 comments.")
    world.outlet.edits(publication, text=f"{TEXT}\n\nUpdated 12:05. 611 comments.")
    world.looks(hours=2)
    assert world.findings() == ["trifle"]
    assert world.station.asks("select count(*) from follow_up_checks where text is not null") == [(0,)]
    assert notes(receiver) == []


def test_words_that_were_added_are_kept_as_a_version_and_told_to_nobody(world: World, receiver: Receiver) -> None:
    publication = world.tells()
    more = f"{TEXT}\n\nIn the evening the ministers of both sides met again and talked until long after midnight."
    world.outlet.edits(publication, text=more)
    world.looks(hours=2)
    assert notes(receiver) == []
    versions = world.station.asks("select version, finding, difference from article_versions where changed")
    assert [(version, finding) for version, finding, _ in versions] == [(2, "changed")]
    assert "+ 1 sentence only there: In the evening the ministers" in versions[0][2]
    world.outlet.edits(publication, text=more.replace("31 states", "33 states"))
    world.looks(days=1)
    (note,) = notes(receiver)
    assert "31 states is now 33 states" in note["items"][0]["reason"]
    changed = world.station.asks(
        "select hours_after, outlet, reason from changed_after_publication order by hours_after"
    )
    assert [float(hours) for hours, _, _ in changed] == [2.0, 26.0]


@pytest.mark.endurance
def test_a_dead_site_stops_nothing(world: World, receiver: Receiver) -> None:
    other = world.newsroom.outlet("mirror", kind="atom")
    other.publishes("An older day there", text_about("the nets"), published=world.clock.ago(days=1))
    world.configures(alerts_to(receiver))
    world.station.runs()
    first = world.tells()
    world.clock.passes(minutes=5)
    second = other.publishes("Bakers agree on a lantern", text_about("the Lantern Accord"))
    world.station.runs()
    world.newsroom.disconnect(world.outlet)
    other.edits(second, title="Bakers quarrel about a lantern")
    assert world.looks(hours=2) == 2
    assert sorted(world.findings()) == ["changed", "unreadable"]
    assert len(notes(receiver)) == 1
    world.newsroom.connect(world.outlet)
    world.outlet.withdraws(first)
    world.looks(hours=24)
    assert len(notes(receiver)) == 2, "a site that is back is looked at again"


@pytest.mark.endurance
def test_a_look_that_could_not_be_noted_is_taken_again_and_told_once(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = world.tells()
    world.outlet.withdraws(publication)

    def breaks(*_: object, **__: object) -> None:
        raise WarehouseError("killed here")

    world.clock.passes(hours=2)
    with monkeypatch.context() as patched:
        patched.setattr(follow_ups, "record", breaks)
        with pytest.raises(WarehouseError):
            world.station.runs()
    assert world.station.asks("select count(*) from signals where kind = 'correction'") == [(0,)]
    world.station.runs()
    world.station.runs()
    assert len(notes(receiver)) == 1


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from tests.clock import Clock
from tests.passes import Station
from warehouse import follow_ups
from warehouse.database import Warehouse

def dies(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

follow_ups.record = dies
Station(Path(sys.argv[1]), Warehouse(sys.argv[2]), Clock(datetime.fromisoformat(sys.argv[3]))).runs()
"""


@pytest.mark.endurance
def test_a_pass_that_is_killed_while_it_notes_a_look_takes_it_again_and_tells_once(
    world: World, receiver: Receiver
) -> None:
    world.outlet.withdraws(world.tells())
    now = world.clock.passes(hours=2)
    places = [str(world.station.config), str(world.station.warehouse.path), now.isoformat()]
    child = subprocess.run(
        [sys.executable, "-c", KILLED, *places],
        cwd=ROOT, env=environment(world.station.config), capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert notes(receiver) == []
    world.station.runs()
    world.station.runs()
    assert len(notes(receiver)) == 1
    assert world.findings() == ["withdrawn"]


def test_a_pass_takes_so_many_looks_and_no_more(world: World, receiver: Receiver) -> None:
    world.outlet.publishes("Bakers agree on a lantern", text_about("the Lantern Accord"))
    world.tells()
    world.configures(alerts_to(receiver), follow_ups=1)
    assert [world.looks(hours=2), world.looks(minutes=5), world.looks(minutes=5)] == [1, 1, 0]
    world.configures(alerts_to(receiver), follow_ups=0)
    assert world.looks(days=1) == 0


def test_who_was_not_told_of_the_article_is_not_told_of_its_correction(
    tmp_path: Path, newsroom: Newsroom, clock: Clock, receiver: Receiver
) -> None:
    alerts = {
        "channels": {"hook": {"type": "webhook", "url": f"{receiver.url}/desk"}, "other": {"type": "webhook", "url": f"{receiver.url}/other"},
                     "all": {"type": "webhook", "url": f"{receiver.url}/all"}},
        "subscriptions": [
            {"name": "desk", "channels": ["hook"], "group": {"wait": "0s"}, "match": {"kinds": ["first_mention"]}},
            {"name": "other", "channels": ["other"], "group": {"wait": "0s"}, "match": {"initiatives": ["lantern-*"]}},
            {"name": "corrections", "channels": ["all"], "group": {"wait": "0s"}, "match": {"kinds": ["correction"]}},
        ],
    }  # fmt: skip
    world = World(tmp_path, newsroom, clock, alerts)
    world.outlet.withdraws(world.tells())
    world.looks(hours=2)
    assert [post.json["occasion"] for post in receiver.of("desk")] == ["story", "correction"]
    assert receiver.of("other").has(0)
    assert [post.json["about"] for post in receiver.of("all")] == [[]], "who asks for corrections gets them"


def test_a_correction_respects_silences_and_quiet_hours(
    tmp_path: Path, newsroom: Newsroom, clock: Clock, receiver: Receiver
) -> None:
    hook = {"type": "webhook", "url": f"{receiver.url}/desk"}
    quiet = {"from": "09:00", "to": "18:00", "except_severity": "high"}
    night = {"name": "desk", "channels": ["hook"], "group": {"wait": "0s"}, "quiet": quiet}
    world = World(tmp_path, newsroom, clock, {"channels": {"hook": hook}, "subscriptions": [night]})
    world.outlet.withdraws(world.tells())
    world.looks(hours=2)
    assert notes(receiver) == [], "it is half past ten"
    world.looks(hours=8)
    (note,) = notes(receiver)
    assert note["about"] == [receiver.posts[0].json["reference"]], "the thread is kept"


def test_a_silenced_correction_is_known_as_such(
    tmp_path: Path, newsroom: Newsroom, clock: Clock, receiver: Receiver
) -> None:
    world = World(tmp_path, newsroom, clock, alerts_to(receiver))
    world.outlet.withdraws(world.tells())
    hush = {
        "id": "hush", "match": {"kinds": ["correction"]}, "mode": "drop", "author": "me", "comment": "enough",
        "starts": "2026-11-01T00:00:00Z", "ends": "2027-01-01T00:00:00Z",
    }  # fmt: skip
    world.configures({**alerts_to(receiver), "silences": [hush]})
    world.looks(hours=2)
    assert notes(receiver) == []
    assert world.station.asks("select verdict from signals where kind = 'correction'") == [("silenced",)]


def test_an_article_that_is_gone_before_its_digest_says_so_in_the_digest(
    tmp_path: Path, newsroom: Newsroom, clock: Clock, receiver: Receiver
) -> None:
    hook = {"type": "webhook", "url": f"{receiver.url}/desk"}
    daily = {"name": "desk", "channels": ["hook"], "deliver": {"at": "07:30"}}
    world = World(tmp_path, newsroom, clock, {"channels": {"hook": hook}, "subscriptions": [daily]})
    world.outlet.withdraws(world.tells())
    world.looks(hours=2)
    world.looks(days=1)
    digests = [post.json for post in receiver.posts if post.json["items"]]
    (item,) = digests[0]["items"]
    assert item["reason"] == "first mention; withdrawn"
    assert "The page is gone" in item["detail"]


@pytest.mark.endurance
def test_history_is_not_followed(world: World) -> None:
    world.outlet.publishes("Old", TEXT, published=world.clock.ago(days=2))
    other = world.newsroom.outlet("late", kind="atom")
    other.publishes("Long ago", TEXT.replace("31", "30"), published=world.clock.ago(days=3))
    world.newsroom.write_config(
        world.station.config, initiatives=INITIATIVES, alerts=alerts_to(), seeds=NO_SEEDS,
        settings={"limits": {"workers": 1}},
    )  # fmt: skip
    world.station.runs("late")
    assert world.looks(hours=2) == 0


def test_explain_shows_what_became_of_it(world: World) -> None:
    publication = world.tells()
    world.outlet.edits(publication, text=TEXT.replace("31 states", "29 states"))
    world.looks(hours=2)
    ((number,),) = world.station.asks("select article_id from articles where title = $1", TITLE)
    with world.station.warehouse.reading() as con:
        facts = article(con, number)
    assert facts is not None
    shown = "\n".join(facts.lines())
    assert (
        "looked at again 2026-11-23 10:30 UTC: changed (harbour-treaty: corrected: 31 states is now 29 states)" in shown
    )
    assert "[-31-]{+29+} states" in shown
    assert "next look: 2026-11-24 08:30 UTC" in shown


def test_a_rule_that_was_taken_out_loses_no_mention(world: World, receiver: Receiver) -> None:
    world.tells()
    others = [one for one in INITIATIVES["initiatives"] if one["id"] != "harbour-treaty"]
    world.newsroom.write_config(
        world.station.config, initiatives={"initiatives": others}, alerts=alerts_to(receiver), seeds=NO_SEEDS,
        settings={"limits": {"workers": 1}},
    )  # fmt: skip
    world.looks(hours=2)
    assert notes(receiver) == []
    assert world.findings() == ["unchanged"]
