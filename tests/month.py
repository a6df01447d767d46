"""A month of news whose truth is known: who printed what, which texts are copies, which feeds died and came back.

Articles are handed to the loader with their stories given; what is under test is what readers are told of them.
"""

from __future__ import annotations

import contextlib
import io
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path

from alerts.detect import signals as detect
from alerts.dispatch import dispatch
from records import ids
from records.article import Article, Origin
from records.document import Batch, Document
from records.mention import Mention
from records.story import Fingerprint, Neighbours, StoryChoice
from records.subscription import AlertPolicy
from tests.alerts.desk import policy
from tests.clock import MONDAY, Clock
from warehouse import articles
from warehouse.database import Warehouse, rows
from warehouse.outbox import WarehouseOutbox

STEP = timedelta(hours=2)
INITIATIVES = tuple(f"initiative-{number:02}" for number in range(12))
LANGUAGES = ("en", "fr", "de", "es", "zh")
SUBSCRIPTIONS = """
channels: {a: {type: console}, b: {type: console}, c: {type: console}, d: {type: console}, e: {type: console}}
subscriptions:
- {name: everything, channels: [a], match: {min_severity: notice}, group: {wait: 0s}}
- {name: daily, channels: [b], match: {min_severity: notice}, deliver: digest}
- {name: one-initiative, channels: [c], match: {initiatives: [initiative-03], min_severity: notice}, group: {wait: 0s}}
- {name: french-desk, channels: [d], match: {languages: [fr], min_severity: notice}, group: {wait: 0s}, quiet: {from: "20:00", to: "07:00"}}
- {name: first-tier, channels: [e], match: {outlet_tiers: [1], min_severity: notice}, group: {wait: 0s}, most_per_hour: 3}
"""


@dataclass(frozen=True, slots=True)
class Print:
    """One article as an outlet prints it."""

    number: int
    at: datetime
    outlet: int
    story: int
    initiative: str
    language: str
    catch_up: bool = False
    origin: Origin = Origin.LIVE


@dataclass(slots=True)
class Month:
    """What happened in the simulated time.

    Attributes:
        per_day: messages by subscription and local day.
        told: stories told, by subscription: how often each.
        missing: stories that a subscription asked for and never heard of.
        seconds: of the clock on the wall, by step: load, dispatch.
    """

    prints: int = 0
    copies: int = 0
    signals: int = 0
    per_day: dict[str, Counter[date]] = field(default_factory=lambda: defaultdict(Counter))
    told: dict[str, Counter[tuple[str, int]]] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))


def planned(
    days: int, *, prints: int, copies: int, outlets: int = 60, storms: int = 3, dead: int = 2, seed: int = 1
) -> list[Print]:
    """Return the articles in the order in which they are seen.

    A third of the originals speak of an initiative. A storm is one text that every outlet prints within an hour. The
    first ``dead`` outlets are silent for a third of the time, and then all that they printed is seen at once.
    """
    chance = random.Random(seed)
    span = timedelta(days=days)
    made: list[Print] = []
    history = [Print(n, MONDAY, 0, n, name, "en", origin=Origin.SEED) for n, name in enumerate(INITIATIVES)]
    originals = prints - copies - len(history)
    stormed = set(chance.sample(range(originals), storms))
    number = len(history)
    reprints = Counter(chance.choices(range(originals), k=max(0, copies - storms * (outlets - 1))))
    for at in range(originals):
        when = MONDAY + STEP + span * (at / originals) * 0.98
        initiative = chance.choice(INITIATIVES) if at in stormed or chance.random() < 1 / 3 else ""
        first = Print(number, when, chance.randrange(outlets), number, initiative, chance.choice(LANGUAGES))
        others = [one for one in range(outlets) if one != first.outlet]
        count = outlets - 1 if at in stormed else reprints[at]
        made.append(first)
        number += 1
        for outlet in chance.sample(others, min(count, len(others))):
            later = when + timedelta(minutes=chance.uniform(1, 60 if at in stormed else 600))
            made.append(Print(number, later, outlet, first.story, initiative, first.language))
            number += 1
    returns = MONDAY + span * 2 / 3
    silent = (MONDAY + span / 3, returns)
    seen = [
        Print(one.number, returns, one.outlet, one.story, one.initiative, one.language, catch_up=True)
        if one.outlet < dead and silent[0] <= one.at < silent[1]
        else one
        for one in made
    ]
    return history + sorted(seen, key=lambda one: (one.at, one.number))


def run(folder: Path, prints: Sequence[Print], days: int) -> Month:
    """Let the time pass: load what is seen, deliver what is due, and look at what readers were told."""
    month = Month(prints=len(prints), copies=sum(one.number != one.story for one in prints))
    warehouse = Warehouse(folder / "month.duckdb", command="month")
    clock, out = Clock(), io.StringIO()
    subscribed, outbox = policy(SUBSCRIPTIONS), WarehouseOutbox(warehouse)
    stories: dict[int, int] = {}
    pending = iter([*_steps(prints)])
    due = next(pending, None)
    while clock() <= MONDAY + timedelta(days=days + 2):
        if due is not None and due[0] <= clock():
            month.signals += _loaded(warehouse, due[1], stories, clock(), month)
            due = next(pending, None)
        with _measured(month, "dispatch"):
            dispatch(outbox, subscribed, clock=clock, random=lambda: 0.5, owner="month", out=out)
        clock.passes(seconds=STEP.total_seconds())
    _look(warehouse, subscribed, prints, month)
    return month


def _steps(prints: Sequence[Print]) -> Iterator[tuple[datetime, list[Print]]]:
    def step(one: Print) -> int:
        return -int((MONDAY - one.at) // STEP)

    for number, together in groupby(sorted(prints, key=step), key=step):
        yield MONDAY + number * STEP, list(together)


def _loaded(warehouse: Warehouse, prints: Sequence[Print], stories: dict[int, int], now: datetime, month: Month) -> int:
    """Load what was printed; a story has the number of its first member that is seen, be it a copy."""
    documents = tuple(_document(one, now) for one in prints)
    homes = {ids.article_id(_key(one)): stories.setdefault(one.story, ids.article_id(_key(one))) for one in prints}

    def choose(found: Sequence[Document], _neighbours: Neighbours) -> list[StoryChoice]:
        return [
            StoryChoice(one.article_id, home, "new" if one.article_id == home else "same_text")
            for one in found
            for home in (homes[one.article_id],)
        ]

    with _measured(month, "load"), warehouse.writing() as con:
        report = articles.load(con, Batch(documents, ()), choose=choose, detect=detect, run_id="run-1", now=now)
    return report.signals


def _key(one: Print) -> str:
    return f"news.example/{one.number}"


def _document(one: Print, now: datetime) -> Document:
    sentence = f"Report {one.number} says that the assembly read {one.initiative} once more." if one.initiative else ""
    text = f"{sentence} Nothing else happened in town on that day, and nobody minded."
    outlet = f"outlet-{one.outlet:02}.example"
    surface = one.initiative
    start = text.find(surface) if surface else 0
    mentions = (
        (Mention(one.initiative, "text", start, start + len(surface), surface, sentence, surface, rules_version="r1"),)
        if one.initiative
        else ()
    )
    article = Article(
        url=f"https://{outlet}/{one.number}", title=f"Report {one.number}", text=text, published=min(one.at, now),
        published_from="json-ld", language=one.language, outlet=outlet, extractor="month", raw_hash=ids.content_hash(text.encode()),
    )  # fmt: skip
    hashed = ids.number("text", text)
    shingles = tuple(sorted((hashed >> shift) & 0xFFFFFFFF for shift in range(24)))
    return Document(
        article_id=ids.article_id(_key(one)), url_key=_key(one), article=article,
        fingerprint=Fingerprint(hashed, shingles, text.encode()[:64], (1, 2, 3, 4), cjk=False), mentions=mentions,
        figures=(), source=outlet, origin=one.origin, seen_at=now, url=article.url, country="NO",
        tier=1 + one.outlet % 3, catch_up=one.catch_up,
    )  # fmt: skip


def _look(warehouse: Warehouse, subscribed: AlertPolicy, prints: Sequence[Print], month: Month) -> None:
    with warehouse.writing() as con:
        for name, day, count in rows(
            con,
            "select n.subscription, d.finished_at::date, count(*) from deliveries d join notifications n "
            "using (notification_id) where d.state = 'sent' group by all order by all",
        ):
            month.per_day[name][day] = count
        told = rows(
            con,
            "select t.subscription, s.initiative_id, s.story_id, count(*) from told t join signals s using (signal_id) "
            "where s.kind in ('first_mention', 'new_story') group by all",
        )
        asked = rows(
            con, "select s.initiative_id, s.story_id, s.language, s.tier from signals s where s.kind = 'new_story'"
        )
    for one in subscribed.subscriptions:
        month.told[one.name] = Counter({(row[1], row[2]): row[3] for row in told if row[0] == one.name})
        wanted = {
            (initiative, story)
            for initiative, story, language, tier in asked
            if (not one.match.initiatives or initiative in one.match.initiatives)
            and (not one.match.languages or language in one.match.languages)
            and (not one.match.tiers or tier in one.match.tiers)
        }
        month.missing[one.name] = len(wanted - set(month.told[one.name]))


@contextlib.contextmanager
def _measured(month: Month, name: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    month.seconds[name] += time.perf_counter() - begun
