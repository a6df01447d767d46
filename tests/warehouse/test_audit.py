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


def reference(alone: Sequence[int], f2: int) -> tuple[float, float, float]:
    """Chao's estimator for unequal ways (model Mt, Chao 1989) with its log-normal interval, written anew from the paper.

    N = S + (f1² - Σ z²) / 2(f2 + 1), where z are the articles that each way found alone.
    """
    f1 = sum(alone)
    missed = (f1**2 - sum(z**2 for z in alone)) / (2 * (f2 + 1))
    slopes = sum(z * ((f1 - z) / (f2 + 1)) ** 2 for z in alone) + f2 * (missed / (f2 + 1)) ** 2
    spread = math.exp(1.96 * math.sqrt(math.log(1 + (missed + slopes) / missed**2)))
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
    assert (missed, low, high) == pytest.approx(reference((12, 5, 5), f2=10), abs=0.05)


# What each way finds, in percent: alike, as different as a desk's own feeds and a search are, and with one way small.
WORLDS = [(300, (0.5, 0.4, 0.3)), (300, (0.8, 0.3, 0.1)), (300, (0.8, 0.2, 0.0)), (80, (0.6, 0.4, 0.2))]


@pytest.mark.parametrize(("size", "chances"), WORLDS)
def test_the_interval_holds_the_truth_in_nineteen_of_twenty_worlds(
    warehouse: Warehouse, now: datetime, size: int, chances: tuple[float, ...]
) -> None:
    """Four hundred worlds of known size, each an initiative; exact binomial bounds of 95 % at 0.999 are 91 and 98 %."""
    chance, worlds = random.Random(7), 400
    truth: dict[str, int] = {}
    kinds = ("feed", "gdelt", "google_news")
    found: list[tuple[int, str]] = []
    told: list[tuple[int, str]] = []
    number = count(1)
    for world in range(worlds):
        name = f"world-{world}"
        truth[name] = 0
        for _ in range(size):
            ways = [kind for kind, p in zip(kinds, chances, strict=True) if chance.random() < p]
            truth[name] += not ways
            if ways:
                article = next(number)
                found += [(article, kind) for kind in ways]
                told.append((article, name))
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR, WORLD, SEARCH], now)
        _only_what_the_audit_reads(con, found, told, now)
        estimates = rows(con, "select initiative_id, missed, missed_low, missed_high from miss_audit")
    assert len(estimates) == worlds
    held = [low <= truth[name] <= high for name, _, low, high in estimates if high is not None]
    assert len(held) >= 0.99 * worlds
    assert 0.91 <= sum(held) / len(held) <= 0.98
    bias = sum(missed - truth[name] for name, missed, _, _ in estimates) / worlds
    assert abs(bias) <= 0.05 * sum(truth.values()) / worlds + 0.5


def _only_what_the_audit_reads(
    con: Connection, found: Sequence[tuple[int, str]], told: Sequence[tuple[int, str]], now: datetime
) -> None:
    """Fill the columns that the audit reads: a hundred thousand articles would take minutes to load whole."""
    con.execute("create temp table found(url_id bigint, kind varchar)")
    con.execute("create temp table told(article_id bigint, initiative_id varchar)")
    for table, data in (("found", found), ("told", told)):
        con.execute(
            f"insert into {table} select unnest($1), unnest($2)", [[row[0] for row in data], [row[1] for row in data]]
        )
    con.execute("insert into sightings select url_id, kind, $1::timestamptz from found", [now])
    for table, given in (
        ("frontier", {"url_id": "article_id", "article_id": "article_id", "outcome": "'fetched'"}),
        ("articles", {"article_id": "article_id", "origin": "'live'", "first_seen": "$1::timestamptz"}),
        ("mentions", {"article_id": "article_id", "initiative_id": "initiative_id"}),
    ):
        needed = rows(
            con,
            "select column_name, data_type from duckdb_columns() where database_name = current_database() "
            "and schema_name = 'main' and table_name = $1 and not is_nullable and column_default is null",
            [table],
        )
        fill = {name: _anything(kind) for name, kind in needed} | given
        parameters = [now] if "$1" in " ".join(fill.values()) else []
        con.execute(f"insert into {table}({', '.join(fill)}) select {', '.join(fill.values())} from told", parameters)


def _anything(kind: str) -> str:
    """Return an expression of that type, different for each row where it can be a key."""
    if "TIMESTAMP" in kind:
        return "timestamptz '2026-11-23 08:00+00'"
    if kind.endswith("[]"):
        return "[]"
    return "article_id::varchar" if kind == "VARCHAR" else "false" if kind == "BOOLEAN" else f"0::{kind}"


def test_a_way_that_found_nothing_says_nothing_of_the_others(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR, WORLD], now)
        load(con, document, now, [(f"article-{n}", (HARBOUR,)) for n in range(9)])
        assert rows(con, "select articles, missed, missed_high, ways_in_use from miss_audit") == [(9, None, None, 2)]


def test_nothing_found_by_one_way_alone_estimates_nothing_missed_and_gives_no_upper_end(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    with warehouse.writing() as con:
        sources.sync(con, [HARBOUR, WORLD], now)
        load(con, document, now, [("one", (HARBOUR, WORLD)), ("two", (HARBOUR, WORLD)), ("three", (HARBOUR,))])
        assert rows(con, "select missed, missed_low, missed_high from miss_audit") == [(0, 0, None)]


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
