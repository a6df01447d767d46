"""The real program is killed at twenty random moments: the next pass loses nothing, doubles nothing, alerts nobody twice."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from flows.clock import utc_now
from flows.demo.press import Publication
from tests.inboxes import MailInbox, Receiver, wait_until
from tests.newsroom import Newsroom
from tests.passes import NO_SEEDS, Station, alerts_to, environment
from tests.volume import SURFACES, Planted, make_articles
from warehouse.database import Warehouse, rows

pytestmark = pytest.mark.faults

KILLS = 20
STAGES = ("discover", "extract", "load", "deliver", "close")
OUTLETS = 2  # `Desk.prints` knows them
EACH_TIME = 4  # articles that are new to each pass
RECOVERY_EVERY = 2  # kills after which one pass is left in peace; a killed pass has to cope with the one before it, too
LEASE_IS_OVER = timedelta(minutes=6)
FORMS = SURFACES["en"]
INITIATIVE_OF = {forms[0]: initiative for initiative, forms in FORMS.items()}
TRACKED = {
    "initiatives": [{"id": id_, "name": forms[0], "aliases": list(forms)} for id_, forms in FORMS.items()],
}

# `govwatch`, which has done its imports while another one was working and waits for its turn.
PROGRAM = "import flows.cli.run, flows.pipeline; input(); from flows.cli import main; main()"

# What must not be there, whenever the killer comes: each query names a kind of half, and finds none.
HALVES = {
    "an article without a story": "from articles where article_id not in (select article_id from story_members)",
    "a member of a story that is not there": "from story_members where story_id not in (select story_id from stories)",
    "a member without an article": "from story_members where article_id not in (select article_id from articles)",
    "a mention without an article": "from mentions where article_id not in (select article_id from articles)",
    "a signal without a mention": "from signals s where outlet <> 'canary.invalid' and not exists (from mentions m "
    "where m.article_id = s.article_id and m.initiative_id = s.initiative_id)",
    "a live mention without a signal of its story": "from mentions m join articles a using (article_id) "
    "join story_members s using (article_id) where a.origin = 'live' and not exists (from signals g "
    "where g.kind = 'new_story' and g.initiative_id = m.initiative_id and g.scope = s.story_id::varchar)",
    "a fetched URL without its article": "from frontier where outcome = 'fetched' "
    "and article_id not in (select article_id from articles)",
    "an article whose URL is still to be fetched": "from articles a join frontier f on f.url = coalesce(a.discovered_url, a.url) "
    "where f.outcome <> 'fetched'",
    "a sealed message without its deliveries": "from notifications where state = 'sealed' "
    "and notification_id not in (select notification_id from deliveries)",
    "a delivery of news that tells nothing": "from deliveries join notifications using (notification_id) "
    "where occasion = 'story' and delivery_id not in (select delivery_id from delivery_signals)",
}


@dataclass
class Desk:
    """A small newsroom, a govwatch that reads it, and the readers whom it tells."""

    folder: Path
    newsroom: Newsroom
    receiver: Receiver
    mailbox: MailInbox
    station: Station
    texts: Iterator[Planted]
    printed: list[tuple[Publication, Planted]] = field(default_factory=list)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def prints(self) -> None:
        """Let the outlets print what the next pass shall find: texts of their own, and one that both print."""
        first, other = self.newsroom.outlets.values()
        for number in range(EACH_TIME - 1):
            text = next(self.texts)
            self.printed.append(((first, other)[number % 2].publishes(text.story), text))
        original, text = self.printed[1 - EACH_TIME]
        (copy,) = self.newsroom.syndicates(original, to=[other], after=timedelta(0))
        self.printed.append((copy, text))

    def makes_ready(self) -> None:
        """Start the real program in a process group of its own; its console goes into a file."""
        places = ["--config", str(self.station.config), "--warehouse", str(self.station.warehouse.path)]
        with (self.folder / f"console-{len(self.started)}.txt").open("wb") as out:
            child = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, "run", *places],
                cwd=self.folder,
                env=environment(self.folder),
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(child)

    def starts(self) -> subprocess.Popen[bytes]:
        """Let the program that is ready begin its pass, and make the next one ready."""
        child = self.started[-1]
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.close()
        self.makes_ready()
        return child

    def recovers(self) -> None:
        """Let a pass run in peace, when the leases of those that were killed are over."""
        assert self.station.runs().state == "completed"

    @property
    def console(self) -> str:
        """What all passes have printed, in any order of passes."""
        files = [self.folder / f"console-{number}.txt" for number in range(len(self.started))]
        return "".join([*(file.read_text() for file in files), *self.station.said])


class Eye:
    """Sees from outside how far a pass has come."""

    def __init__(self, desk: Desk) -> None:
        desk.newsroom.forgets()
        self._desk = desk
        self._new = {publication.url for publication, _ in desk.printed[-EACH_TIME:]}
        self._copy = self._warehouse.read_path.stat().st_ino
        self._told = stories_of(desk.printed)
        self._before_load = 0

    @property
    def _warehouse(self) -> Warehouse:
        return self._desk.station.warehouse

    def sees(self, stage: str) -> bool:
        """Say whether the pass has come to ``stage``; ask for the stages in their order."""
        if stage == "discover":
            return len(self._desk.newsroom.log) > 0
        if stage == "extract":
            self._before_load = self._warehouse.path.stat().st_mtime_ns
            return {hit.url for hit in list(self._desk.newsroom.log)} >= self._new
        if stage == "load":
            return self._warehouse.path.stat().st_mtime_ns > self._before_load
        if stage == "deliver":
            return self._warehouse.read_path.stat().st_ino != self._copy
        return len(told_to(self._desk)) == len(self._told)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Newsroom(utc_now) as newsroom, Receiver() as receiver, MailInbox() as mailbox:
        for number in range(OUTLETS):
            outlet = newsroom.outlet(f"outlet-{number}", kind=("rss", "atom")[number])
            outlet.publishes(f"Ferry times {number}", f"The ferry of pier {number} leaves at noon. " * 40)
        config = newsroom.write_config(
            tmp_path / "config",
            alerts=alerts_to(receiver, mailbox),
            initiatives=TRACKED,
            seeds=NO_SEEDS,
            settings={"limits": {"batch": 2, "workers": 1}},
        )
        station = Station(config, Warehouse(tmp_path / "govwatch.duckdb"), lambda: utc_now() + LEASE_IS_OVER)
        texts = iter(make_articles((KILLS + 2) * EACH_TIME, seed=11, languages=("en",), copies=0, mentioning=0.6))
        desk = Desk(tmp_path, newsroom, receiver, mailbox, station, texts)
        desk.makes_ready()
        try:
            yield desk
        finally:
            for child in desk.started:
                child.kill()
                child.communicate()


def durations(desk: Desk) -> dict[str, float]:
    """Return how long each stage of an undisturbed pass takes, in seconds."""
    desk.prints()
    eye = Eye(desk)
    child = desk.starts()
    begun = []
    for stage in STAGES:
        assert wait_until(lambda: eye.sees(stage), within=30), f"the pass never came to {stage}"  # noqa: B023
        begun.append(time.monotonic())
    assert child.wait(30) == 0
    ends = [*begun[1:], time.monotonic()]
    return {stage: end - start for stage, start, end in zip(STAGES, begun, ends, strict=True)}


def alive_in(group: int) -> list[str]:
    """Return the command lines of the processes that are left of a process group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp = stat.read_text().rpartition(")")[2].split()[:3]
            if int(pgrp) == group and state != "Z":
                found.append((stat.parent / "cmdline").read_text().replace("\0", " "))
        except (OSError, ValueError):
            continue
    return found


def test_killed_at_twenty_random_moments_nothing_is_lost_halved_or_told_twice(desk: Desk) -> None:
    assert desk.station.runs().articles == OUTLETS  # the first look is over
    lasts = durations(desk)
    chance = random.Random(20261124)
    living = 0
    for number in range(KILLS):
        stage = STAGES[number % len(STAGES)]
        desk.prints()
        eye = Eye(desk)
        child = desk.starts()
        for one in STAGES[: STAGES.index(stage) + 1]:
            assert wait_until(lambda: eye.sees(one) or child.poll() is not None, within=30)  # noqa: B023
        time.sleep(chance.uniform(0, lasts[stage]))
        living += child.poll() is None
        child.kill()  # the process alone: its children have to notice
        child.wait()
        assert wait_until(lambda: not alive_in(child.pid), within=10), alive_in(child.pid)  # noqa: B023
        with desk.station.opened() as con:
            for half, query in HALVES.items():
                assert rows(con, f"select count(*) {query}") == [(0,)], f"killed in {stage}: {half}"
        if number % RECOVERY_EVERY:
            desk.recovers()
            everything_is_there_once(desk)
            everyone_was_told_once(desk)
    assert living >= KILLS * 0.6, "most kills must have come before the end"
    states = Counter(state for (state,) in desk.station.asks("select state from runs where kind = 'monitor'"))
    assert set(states) == {"interrupted", "completed"}
    assert states["interrupted"] > KILLS / 4


def everything_is_there_once(desk: Desk) -> None:
    stored = desk.station.asks(
        "select a.url, f.outcome from articles a join frontier f on f.url = coalesce(a.discovered_url, a.url)"
    )
    expected = [p.url for outlet in desk.newsroom.outlets.values() for p in outlet.publications.values()]
    states = desk.station.asks(
        "select url, outcome, reason, attempts, next_try from frontier where outcome <> 'fetched'"
    )
    assert sorted(url for url, _ in stored) == sorted(expected), states
    assert {outcome for _, outcome in stored} == {"fetched"}
    found = desk.station.asks("select url, initiative_id from mentions join articles using (article_id)")
    assert sorted(found) == sorted(
        (p.url, initiative) for p, planted in desk.printed for initiative in planted.initiatives
    )


def everyone_was_told_once(desk: Desk) -> None:
    stories = stories_of(desk.printed)
    assert sorted(told_to(desk).values()) == sorted(stories), "a repeat has the key of what it repeats"
    assert len({mail["Message-ID"] for mail in desk.mailbox.mails}) == len(stories)
    seen: set[str] = set()
    for message in re.split(r"(?<=ref .{9} · why: govwatch explain .{9})\n", desk.console):
        for reference in re.findall(r"^ref (\S+) ", message, re.MULTILINE):
            assert reference not in seen or "(possible repeat)" in message, message
            seen.add(reference)
    assert len(seen) == len(stories)


def stories_of(printed: Sequence[tuple[Publication, Planted]]) -> set[tuple[str, int]]:
    """Return (initiative, number of the story) of everything that is worth a message."""
    return {(initiative, planted.story_number) for _, planted in printed for initiative in planted.initiatives}


def told_to(desk: Desk) -> dict[str, tuple[str, int]]:
    """Return what the receiver was told, by the key of the message: (initiative, number of the story)."""
    number = {planted.story.title: planted.story_number for _, planted in desk.printed}
    keys = {post.headers["idempotency-key"]: post.json["items"] for post in desk.receiver.posts}
    assert all(len(items) == 1 for items in keys.values())
    return {key: (INITIATIVE_OF[item["initiative"]], number[item["title"]]) for key, (item,) in keys.items()}
