"""The audit of what was missed: how each article was found, and what that says of those that nobody found."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count

import pytest

from records import ids
from records.article import Discovery, FeedItem, Origin
from records.document import Batch, Document
from records.mention import Mention
from records.source import Source
from warehouse import articles, frontier, sources
from warehouse.database import Connection, Warehouse, rows

from .test_articles import by_text, nothing

Make = Callable[..., Document]

HARBOUR = Source(
    "harbour", "Harbour News", "feed", "https://harbour.example/feed", timedelta(hours=1), outlet="harbour.example"
)
WORLD = Source("world", "GDELT", "gdelt", "https://gdelt.example/", timedelta(hours=1))
SEARCH = Source("search", "A search", "google_news", "https://search.example/", timedelta(hours=1))
BING = Source("bing", "Another search", "bing_news", "https://bing.example/", timedelta(hours=1))


def load(
    con: Connection, document: Make, now: datetime, found: Sequence[tuple[str, tuple[Source, ...]]], **more: object
) -> None:
    """Let each article be named by its sources, and load it with a mention."""
    documents = []
    for name, ways in found:
        mention = Mention("act", "text", 0, 9, "Delegates", "Delegates met.", "Delegates", rules_version="r1")
        one = document(name, text=f"Delegates met over {name}.", mentions=(mention,), **more)
        documents.append(one)
        for way in ways:
            frontier.discovered(con, [Discovery(FeedItem(one.url, "", source=way.id), one.url_key)], now)
    articles.load(con, Batch(tuple(documents), ()), choose=by_text, detect=nothing, run_id="run", now=now)
    con.execute("update frontier set article_id = url_id, outcome = 'fetched'")


def reference(f1: int, f2: int, t: int) -> tuple[float, float, float]:
    """Chao 2, bias-corrected, with its variance and log-normal interval: written anew from the papers."""
    share = (t - 1) / t
    missed = share * f1 * (f1 - 1) / (2 * (f2 + 1))
    variance = missed + share**2 * (
        f1 * (2 * f1 - 1) ** 2 / (4 * (f2 + 1) ** 2) + f1**2 * f2 * (f1 - 1) ** 2 / (4 * (f2 + 1) ** 4)
    )
    spread = math.exp(1.96 * math.sqrt(math.log(1 + variance / missed**2)))
    return missed, missed / spread, missed * spread


def test_a_url_is_sighted_once_by_each_kind_however_often_it_is_listed(warehouse: Warehouse, now: datetime) -> None:
    item = Discovery(FeedItem("https://harbour.example/one", "", source="harbour"), "harbour.example/one")
    again = Discovery(FeedItem("https://harbour.example/one", "", source="world"), "harbour.example/one")
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR, WORLD], now)
        for hours, found in enumerate(([item], [item, again], [again, item])):
            frontier.discovered(con, found, now + timedelta(hours=hours))
        sighted = rows(con, "select url_id, kind, first_seen from sightings order by kind")
    number = ids.article_id("harbour.example/one")
    assert sighted == [(number, "feed", now), (number, "gdelt", now + timedelta(hours=1))]


def test_the_audit_counts_ways_and_estimates_what_none_of_them_saw(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    named = count()
    plan = {
        (HARBOUR,): 12, (WORLD,): 5, (SEARCH,): 3, (BING, SEARCH): 2,  # two searches are one way
        (HARBOUR, WORLD): 6, (HARBOUR, SEARCH): 4, (HARBOUR, WORLD, SEARCH): 2,
    }  # fmt: skip
    found = [(f"article-{next(named)}", ways) for ways, times in plan.items() for _ in range(times)]
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR, WORLD, SEARCH, BING], now)
        load(con, document, now, found)
        (row,) = rows(con, "from miss_audit")
    initiative, week, total, feeds, gdelt, search, several, missed, low, high, ways = row
    assert (initiative, week.isoformat(), total) == ("act", "2026-11-23", 34)
    assert (feeds, gdelt, search, several, ways) == (12, 5, 5, 12, 3)
    assert (missed, low, high) == pytest.approx(reference(f1=22, f2=10, t=3), abs=0.05)


def test_the_interval_holds_what_was_really_missed_when_ways_see_independently(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    chance = random.Random(7)
    chances = ((HARBOUR, 0.5), (WORLD, 0.4), (SEARCH, 0.3))
    world = [(f"article-{n}", tuple(way for way, p in chances if chance.random() < p)) for n in range(300)]
    seen = [one for one in world if one[1]]
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR, WORLD, SEARCH], now)
        load(con, document, now, seen)
        ((low, high),) = rows(con, "select missed_low, missed_high from miss_audit")
    assert low <= len(world) - len(seen) <= high


def test_one_way_alone_says_nothing_of_what_it_missed(warehouse: Warehouse, document: Make, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR], now)
        load(con, document, now, [("one", (HARBOUR,)), ("two", (HARBOUR,))])
        assert rows(con, "select articles, missed, missed_low from miss_audit") == [(2, None, None)]


def test_history_is_no_catch(warehouse: Warehouse, document: Make, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR, WORLD], now)
        load(con, document, now, [("one", (HARBOUR,))], origin=Origin.BACKFILL)
        assert rows(con, "from miss_audit") == []


def test_an_outlet_that_only_others_name_is_one_to_add(warehouse: Warehouse, document: Make, now: datetime) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR, WORLD, SEARCH], now)
        load(con, document, now, [("a", (WORLD,)), ("b", (WORLD, SEARCH))], outlet="gazette.example")
        load(con, document, now, [("c", (SEARCH,)), ("d", (HARBOUR, SEARCH))])
        load(con, document, now, [("e", (HARBOUR, SEARCH))], outlet="mirror.example")
        found = rows(con, "select outlet, articles, initiatives from outlets_to_add")
    assert found == [("gazette.example", 2, 1)]
