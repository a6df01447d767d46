"""A week in fast time: a kill every hour, sources that come and go, a lock that is held, servers that restart.

Real passes read a real newsroom over HTTP and tell a real receiver; only the clock is the test's. How large memory and
file grow from day to day is printed, and bounded.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.demo.outlet import Outlet
from flows.demo.press import Publication
from tests.clock import Clock
from tests.faults.test_pass_faults import HALVES, INITIATIVE_OF, TRACKED
from tests.inboxes import Post, Receiver
from tests.newsroom import Newsroom
from tests.nursery import Ended, Nursery, Order
from tests.passes import NO_SEEDS, ROOT, Station, environment
from tests.volume import Planted, make_articles
from warehouse.database import Warehouse, rows

pytestmark = [pytest.mark.endurance, pytest.mark.faults]

HOURS = 168
KINDS = ("rss", "atom", "rdf", "jsonfeed", "news_sitemap", "listing")
EACH_HOUR = 2  # texts that are printed
STORIES = ["first_mention", "new_story"]  # what is said of a story itself, not of the outlets that run it
ONE = "eu-ai-act"  # of whose stories one of the readers asks
SLACK = 0.9  # of a pass's length: kills fall into it, not behind its end

# (from, until which hour), whose fault it is, and which.
TROUBLE: tuple[tuple[tuple[int, int], str, dict[str, Any]], ...] = (
    ((26, 34), "outlet-0", {"with_": 500}),
    ((40, 44), "outlet-1", {"with_": "timeout", "on": "everything"}),
    ((52, 62), "outlet-2", {"with_": "refused"}),
    ((76, 84), "outlet-3", {"with_": 404, "on": "everything"}),
    ((100, 110), "outlet-4", {"with_": "html_feed"}),
    ((120, 126), "outlet-5", {"with_": 503, "on": "articles", "retry_after": 900}),
    ((130, 131), "all", {"with_": "refused"}),  # the server of all sites starts again
)
COMES = 60  # a source is added
LOCKED = range(90, 93)  # another process holds the warehouse
AWAY = range(140, 142)  # the receiver starts again

HOLDER = """
import sys
from pathlib import Path
from warehouse.database import Warehouse
with Warehouse(Path(sys.argv[1]), command="a query by hand").writing():
    print("held", flush=True)
    sys.stdin.read()
"""


class Calendar(Clock):
    """A clock that knows when it began."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = self.now

    def stands_at(self, hour: float) -> None:
        """Let time pass until so many hours after the beginning; it never goes back."""
        self.now = max(self.now, self.begun + timedelta(hours=hour))


@dataclass
class World:
    """A newsroom, a govwatch that reads it for a week, and the readers whom it tells."""

    folder: Path
    clock: Calendar
    newsroom: Newsroom
    receiver: Receiver
    nursery: Nursery
    texts: Iterator[Planted]
    station: Station
    chance: random.Random
    printed: list[tuple[Publication, Planted]] = field(default_factory=list)
    history: set[int] = field(default_factory=set)  # stories that a source had printed before it was added
    lasts: float = 1.0  # seconds that the last whole pass took
    kills: Counter[str] = field(default_factory=Counter)
    refused: int = 0  # passes that found the warehouse locked
    memory: dict[int, float] = field(default_factory=lambda: defaultdict(float))  # MB, by day
    size: dict[int, int] = field(default_factory=dict)  # bytes of the file at the end of the day

    @property
    def reading(self) -> list[Outlet]:
        """The outlets that print."""
        return list(self.newsroom.outlets.values())

    def prints(self, count: int = EACH_HOUR) -> None:
        outlets = self.reading
        for _ in range(count):
            # A copy of what the newcomer had printed before is old news, whoever runs it.
            text = next(one for one in self.texts if one.story_number not in self.history)
            ran = {p.house.id for p, other in self.printed if other.story_number == text.story_number}
            outlet = self.chance.choice([one for one in outlets if one.id not in ran])
            self.printed.append((outlet.publishes(text.story, wrapped=text.kind == "wrapped"), text))

    def configures(self) -> Path:
        hook = f"{self.receiver.url}/"
        at_once = {"group": {"wait": "0s"}, "most_per_hour": 10_000}
        return self.newsroom.write_config(
            self.folder / "config",
            initiatives=TRACKED,
            seeds=NO_SEEDS,
            settings={"network": {"timeout": "0.5s"}, "limits": {"batch": 20, "workers": 1, "first_look_pages": 50}},
            alerts={
                "channels": {name: {"type": "webhook", "url": hook + name} for name in ("desk", "one", "ops")},
                "subscriptions": [
                    {"name": "desk", "channels": ["desk"], "match": {"kinds": STORIES}, **at_once},
                    {"name": "one", "channels": ["one"], "match": {"initiatives": [ONE], "kinds": STORIES}, **at_once},
                    {"name": "operators", "channels": ["ops"], "operator": True, "match": {"kinds": ["correction"]}},
                ],
            },
        )  # fmt: skip

    def does(self, task: str, *, kill_after: float | None = None, processes: bool = False) -> Ended:
        ended = self.nursery.does(Order(task, self.clock(), kill_after, processes))
        self.clock.passes(minutes=5)
        day = (self.clock() - self.clock.begun).days
        self.memory[day] = max(self.memory[day], ended.memory)
        return ended

    def in_peace(self, task: str = "pass", *, processes: bool = False) -> None:
        ended = self.does(task, processes=processes)
        assert ended.code == 0, (self.folder / "nursery.log").read_text()
        if task == "pass" and not processes:
            self.lasts = ended.seconds

    def killed(self, task: str, *, processes: bool = False) -> None:
        """Let a process do this, and kill it at a random instant; when it was faster, the next one, until a kill hits."""
        longest = self.lasts * SLACK
        for _ in range(8):
            ended = self.does(task, kill_after=self.chance.uniform(0, longest), processes=processes)
            if ended.killed:
                self.kills[f"{task}{' with processes' if processes else ''}"] += 1
                return
            self.refused += ended.code != 0
            longest = min(longest, ended.seconds * SLACK)
        raise AssertionError(f"no kill met a living {task}")

    def gets_a_newcomer(self) -> None:
        """Add a source; what it has printed so far is history, and told to nobody."""
        newcomer = self.newsroom.outlet("newcomer")
        for text in [one for one in (next(self.texts) for _ in range(8)) if one.original is None][:4]:
            self.printed.append((newcomer.publishes(text.story), text))
            self.history.add(text.story_number)
        self.configures()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let another process hold the warehouse's lock."""
        command = [sys.executable, "-c", HOLDER, str(self.station.warehouse.path)]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment(self.folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            yield
            holder.communicate()

    def has_no_halves(self) -> None:
        with self.station.opened() as con:
            for half, query in HALVES.items():
                assert rows(con, f"select count(*) {query}") == [(0,)], half


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock, chance = Calendar(), random.Random(20261201)
    texts = iter(make_articles(HOURS * EACH_HOUR + 60, seed=5, languages=("en",), copies=0.25, mentioning=0.6))
    with Newsroom(clock) as newsroom, Receiver() as receiver:
        for number, kind in enumerate(KINDS):
            outlet = newsroom.outlet(f"outlet-{number}", kind=kind)
            outlet.publishes(f"Ferry times {number}", f"The ferry of pier {number} leaves at noon. " * 40)
        config, database = tmp_path / "config", tmp_path / "govwatch.duckdb"
        station = Station(config, Warehouse(database), clock)
        with Nursery(config, database, tmp_path / "nursery.log") as nursery:
            world = World(tmp_path, clock, newsroom, receiver, nursery, texts, station, chance)
            world.configures()
            yield world


def trouble(world: World, hour: int) -> None:
    """Let begin and end what goes wrong in this hour."""
    for (begins, ends), names, fault in TROUBLE:
        for outlet in [one for one in world.reading if names in ("all", one.id)]:
            if hour == begins:
                outlet.fails(**fault)
            if hour == ends:
                outlet.recovers()
    if hour == COMES:
        world.gets_a_newcomer()
    if hour == AWAY.start:
        world.receiver.goes_away()
    if hour == AWAY.stop:
        world.receiver.comes_back()


def test_a_week_with_a_kill_every_hour_loses_nothing_and_tells_each_reader_once(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = world.clock
    world.in_peace(processes=True)  # the first look
    for hour in range(HOURS):
        clock.stands_at(hour + 0.5)
        trouble(world, hour)
        world.prints()
        night = hour % 24 == 19  # it is Monday, 8:00, when the week begins: 3:00
        if hour in LOCKED:
            with world.locked():
                world.killed("pass")
                assert world.does("pass").code == 1, "the warehouse is locked"
                world.refused += 1
        else:
            world.killed("tidy" if night else "pass", processes=hour % 12 == 1)
        if night:
            world.in_peace("tidy")
        if hour % 4 == 0:
            world.in_peace(processes=hour % 24 == 12)
        if hour % 24 == 0:
            world.has_no_halves()
        if hour % 24 == 23:
            world.size[hour // 24] = world.station.warehouse.path.stat().st_size
    for hour in range(HOURS, HOURS + 30, 2):  # the last retries, and the longest waits of sources that failed
        clock.stands_at(hour)
        world.in_peace()
    with capsys.disabled():
        report(world)
    world.has_no_halves()
    everything_is_there_once(world)
    each_reader_was_told_once(world)
    nothing_is_left_over(world)
    assert sum(world.kills.values()) == HOURS
    assert world.refused >= len(LOCKED)
    assert world.memory[6] < 1.3 * world.memory[1], "memory does not grow from day to day"


def everything_is_there_once(world: World) -> None:
    stored = world.station.asks("select a.url, f.outcome from articles a join frontier f on f.url = a.discovered_url")
    expected = [(p.url, "fetched") for outlet in world.reading for p in outlet.publications.values()]
    left = world.station.asks("select url, outcome, reason from frontier where outcome <> 'fetched'")
    assert sorted(stored) == sorted(expected), left
    found = world.station.asks("select url, initiative_id from mentions join articles using (article_id)")
    planted = [(p.url, initiative) for p, text in world.printed for initiative in text.initiatives]
    assert sorted(found) == sorted(planted)


def each_reader_was_told_once(world: World) -> None:
    news = {
        (initiative, text.story_number)
        for _, text in world.printed
        if text.story_number not in world.history
        for initiative in text.initiatives
    }
    for reader, wanted in (("desk", news), ("one", {story for story in news if story[0] == ONE})):
        posts = [post for post in world.receiver.of(reader) if post.json["occasion"] != "first_look"]
        keys = {post.headers["idempotency-key"]: post for post in posts}
        told = Counter(story for post in keys.values() for story in stories_in(post, world))
        assert told == Counter(wanted), reader
        assert len(posts) - len(keys) < HOURS / 4, "repeats are rarer than kills, and have the key of what they repeat"


def stories_in(post: Post, world: World) -> list[tuple[str, int]]:
    number = {text.story.title: text.story_number for _, text in world.printed}
    return [(INITIATIVE_OF[item["initiative"]], number[item["title"]]) for item in post.json["items"]]


def nothing_is_left_over(world: World) -> None:
    ask = world.station.asks
    assert ask("select distinct state from deliveries") == [("sent",)]
    assert ask("select count(*) from deliveries where lease_until is not null") == [(0,)]
    # "nothing": the hour in which no site answered.
    assert {state for (state,) in ask("select state from runs")} <= {"completed", "interrupted", "nothing"}
    left = [path.name for path in world.folder.glob("govwatch.*")]
    assert sorted(left) == ["govwatch.duckdb", "govwatch.duckdb.lock", "govwatch.pages", "govwatch.read.duckdb"]


def report(world: World) -> None:
    posts = [post.headers["idempotency-key"] for post in world.receiver.posts]
    print(f"\n{len(world.printed)} texts; killed: {dict(world.kills)}; locked out: {world.refused}")
    print(f"{len(posts)} messages arrived, {len(posts) - len(set(posts))} of them repeats with the same key")
    for day, size in world.size.items():
        print(f"day {day + 1}: file {size / 1e6:.1f} MB, most memory {world.memory[day]:.0f} MB")
