"""What analysts ask: the views count stories apart from copies, and the search finds words in any script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from records.article import Origin, Outcome, UrlOutcome
from records.document import Batch, Document
from records.mention import Figure, Mention
from warehouse import articles, query, sources
from warehouse.database import Warehouse
from warehouse.sources import Tracked

from .test_articles import by_text, nothing

Make = Callable[..., Document]

ACT = "The committee read the AI Act again. It was late."
TREATY_ZH = "各国代表在港口城市讨论世界人工智能合作组织条约草案。"


def mention(initiative: str, start: int, field: str = "text") -> Mention:
    return Mention(
        initiative,
        field,
        start,
        start + 6,
        "AI Act",
        "The committee read the AI Act again.",
        "AI Act",
        rules_version="r1",
    )


def figure(value: float, scope: str = "founding") -> Figure:
    return Figure("treaty", value, "=", "state", scope, 0, 9, f"{value:.0f} states", f"Signed by {value:.0f} states.")


@pytest.fixture
def copy(warehouse: Warehouse, document: Make, now: datetime) -> Path:
    """Two stories on the act (one printed three times), one on the treaty in Chinese, figures that disagree."""
    day = timedelta(days=1)
    documents = [
        document("seed", outlet="archive.example", text="Old news.", origin=Origin.SEED, published=now - 400 * day, mentions=(mention("act", 0),)),
        document("a", outlet="wire.example", text=ACT, title="Act read", published=now - day, mentions=(mention("act", 23), mention("act", 0, "title"))),
        document("b", outlet="harbour.example", text=ACT, published=now, mentions=(mention("act", 23),)),
        document("c", outlet="gazette.example", text=ACT, published=now, mentions=(mention("act", 23),)),
        document("d", outlet="wire.example", text="Another text on GPT-4 and the Act.", published=now, mentions=(mention("act", 5), mention("treaty", 9)), figures=(figure(29),)),
        document("e", outlet="shibao.example", text=TREATY_ZH, title="条约草案", language="zh", published=now, mentions=(mention("treaty", 3),), figures=(figure(33),)),
        document("f", outlet="mirror.example", text=TREATY_ZH, language="zh", published=None, mentions=(mention("treaty", 3),), figures=(figure(33),)),
        document("g", outlet="other.example", text="Said he was rained upon.", published=now, figures=(figure(7, "observers"),)),
    ]  # fmt: skip
    with warehouse.writing() as con:
        sources.sync_initiatives(con, [Tracked("act", "The Act"), Tracked("treaty", "The Treaty")], now)
        outcomes = (UrlOutcome(documents[1].url, Outcome.FETCHED, now, elapsed=0.5, bytes=1000, source="harbour"),)
        articles.load(con, Batch(tuple(documents), outcomes), choose=by_text, detect=nothing, run_id="run-1", now=now)
    warehouse.publish()
    return warehouse.read_path


def ask(copy: Path, sql: str) -> list[tuple[object, ...]]:
    with query.run(copy, sql) as result:
        return list(result.rows())


def test_new_mentions_shows_each_article_once_per_initiative_by_its_first_mention(copy: Path) -> None:
    found = ask(
        copy, "select outlet, field, opens_story from new_mentions where initiative = 'The Act' and origin = 'live'"
    )
    assert sorted(found) == [
        ("gazette.example", "text", False),
        ("harbour.example", "text", False),
        ("wire.example", "text", True),
        ("wire.example", "title", True),
    ]


def test_the_timeline_counts_stories_apart_from_their_copies(copy: Path) -> None:
    found = ask(
        copy,
        "select day::varchar, stories, articles, copies, outlets from initiative_timeline where initiative_id = 'act'",
    )
    assert found == [("2025-10-20", 1, 1, 0, 1), ("2026-11-23", 1, 1, 0, 1), ("2026-11-24", 2, 3, 1, 3)]


def test_outlet_coverage_tells_since_when_and_with_what(copy: Path) -> None:
    found = ask(
        copy,
        "select outlet, stories, articles, first_title from outlet_coverage where initiative_id = 'act' and outlet = 'wire.example'",
    )
    assert found == [("wire.example", 2, 2, "Act read")]


def test_the_first_mention_is_the_earliest_seeds_included(copy: Path) -> None:
    assert ask(copy, "select initiative_id, outlet from first_mentions order by 1") == [
        ("act", "archive.example"),
        ("treaty", "wire.example"),
    ]


def test_figures_disagree_between_stories_of_one_scope_only(copy: Path) -> None:
    found = ask(copy, "select unit, scope, least, most, stories, outlets, len(statements) from disagreeing_figures")
    assert found == [("state", "founding", 29.0, 33.0, 2, 3, 3)]


def test_firsts_tell_where_an_initiative_is_new(copy: Path) -> None:
    found = ask(
        copy, "select name, outlet, articles from firsts where initiative_id = 'treaty' and dimension = 'language'"
    )
    assert sorted(found) == [("en", "wire.example", 1), ("zh", "shibao.example", 2)]
    assert ask(copy, "select count(*) from firsts where dimension = 'outlet' and initiative_id = 'act'") == [(4,)]


def test_coverage_of_a_window_leaves_out_what_lies_outside(copy: Path) -> None:
    found = ask(copy, "select initiative_id, stories, articles, languages from coverage('2026-11-01', '2026-12-01')")
    assert found == [("act", 2, 4, ["en"]), ("treaty", 2, 3, ["en", "zh"])]
    assert ask(copy, "from coverage('2020-01-01', '2020-02-01')") == []


def test_a_spike_is_measured_against_the_days_before(warehouse: Warehouse, document: Make, now: datetime) -> None:
    documents = [
        document(
            f"{ago}-{number}",
            text=f"Text {number} of day {ago}.",
            published=now - timedelta(days=ago),
            mentions=(mention("act", 0),),
        )
        for many, ago in [(1, 20), (1, 10), (6, 0)]
        for number in range(many)
    ]
    with warehouse.writing() as con:
        articles.load(con, Batch(tuple(documents), ()), choose=by_text, detect=nothing, run_id="run-1", now=now)
    warehouse.publish()
    found = ask(warehouse.read_path, "select day::varchar, stories, usual, times from spikes")
    assert found == [("2026-11-24", 6, 0.07, 6.0)]


def test_who_carried_whose_copy(copy: Path) -> None:
    found = ask(copy, "select original_outlet, carried_by, copies from reprints order by carried_by")
    assert found == [
        ("wire.example", "gazette.example", 1),
        ("wire.example", "harbour.example", 1),
        ("shibao.example", "mirror.example", 1),
    ]


def test_co_mentions_count_stories(copy: Path) -> None:
    assert ask(copy, "from co_mentions") == [("act", "treaty", 1)]


def test_the_load_of_a_day(copy: Path) -> None:
    assert ask(copy, "select kind, outcome, tries, bytes, median_seconds from daily_load") == [
        ("article", "fetched", 1, 1000, 0.5)
    ]


def test_recent_articles(copy: Path) -> None:
    assert ask(copy, "select count(*) from recent(100000)") == [(8,)]


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        pytest.param("committee", 3, id="a word of the text"),
        pytest.param("COMMITTEE late", 3, id="all words, in any case"),
        pytest.param("committee missing", 0, id="not when one word is missing"),
        pytest.param("ai", 3, id="whole words: not said, not rained"),
        pytest.param("gpt-4", 1, id="words with a sign in them"),
        pytest.param("条约", 2, id="characters anywhere in a text without spaces"),
        pytest.param("条约 港口", 2, id="two of them"),
        pytest.param("条约草案", 2, id="in a title or in a text"),
        pytest.param("100% _ '", 0, id="signs that mean something to SQL"),
    ],
)
def test_the_search_finds_words_in_titles_and_texts(copy: Path, words: str, titles: int) -> None:
    with query.run(copy, "select excerpt, title from search($1)", parameters=[words]) as result:
        assert len(list(result.rows())) == titles


def test_an_excerpt_shows_the_place_that_was_found(copy: Path) -> None:
    assert all("AI Act" in str(excerpt) for (excerpt,) in ask(copy, "select excerpt from search('ai act')"))


def test_every_view_answers_on_an_empty_warehouse(warehouse: Warehouse) -> None:
    warehouse.publish()
    for (name,) in ask(warehouse.read_path, "select view_name from duckdb_views() where not internal"):
        assert ask(warehouse.read_path, f"from {name}") == []
