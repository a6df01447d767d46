"""One batch, one transaction: articles, stories, mentions, figures, signals, outcomes; twice is the same as once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.article import Access, Discovery, FeedItem, Origin, Outcome, UrlOutcome
from records.document import Batch, Document
from records.mention import Figure, Mention, Place
from records.signal import History, Kind, NewMention, Severity, Signal
from records.story import Neighbours, StoryChoice
from warehouse import articles, frontier
from warehouse.articles import LoadReport, count_words
from warehouse.database import Connection, Warehouse, rows

Make = Callable[..., Document]

TREATY = Mention(
    "harbour-treaty", "text", 49, 61, "draft treaty", "The draft treaty was read line by line until midnight.",
    "draft treaty", Place.LEAD, context=("delegates",), beaten=("treaty",), rules_version="r1",
)  # fmt: skip
GUESTS = Figure("harbour-treaty", 40.0, ">=", "state", "delegates", 5, 14, "40 states", "More than 40 states came.")


def by_text(documents: Sequence[Document], neighbours: Neighbours) -> list[StoryChoice]:
    """Which story? That of the stored or earlier article with the same text, else a new one."""
    seen: dict[int, int] = {}
    choices = []
    for document, candidates in zip(documents, neighbours.of([d.fingerprint for d in documents]), strict=True):
        same = [one.story_id for one in candidates if one.fingerprint.text_hash == document.fingerprint.text_hash]
        story = same[0] if same else seen.get(document.fingerprint.text_hash, document.article_id)
        seen.setdefault(document.fingerprint.text_hash, story)
        choices.append(StoryChoice(document.article_id, story, "new" if story == document.article_id else "same_text"))
    return choices


def nothing(mentions: Sequence[NewMention], history: History, *, now: datetime, run_id: str) -> list[Signal]:
    """Detects nothing."""
    return []


def load(
    con: Connection, documents: Sequence[Document], now: datetime, outcomes: Sequence[UrlOutcome] = ()
) -> LoadReport:
    return articles.load(
        con, Batch(tuple(documents), tuple(outcomes)), choose=by_text, detect=nothing, run_id="run-1", now=now
    )


def mentions_of(con: Connection, article_id: int) -> list[Mention]:
    """Return the stored mentions of one article as they went in."""
    found = rows(
        con,
        "select initiative_id, field, span_start, span_end, surface, sentence, rule, place, context, beaten, rules_version, "
        "alerts from mentions where article_id = $1 order by field desc, span_start, initiative_id",
        [article_id],
    )
    return [Mention(*row[:7], Place(row[7]), tuple(row[8]), tuple(row[9]), row[10], row[11]) for row in found]


def test_an_article_is_stored_with_all_that_its_page_said(warehouse: Warehouse, document: Make, now: datetime) -> None:
    one = document("one", mentions=(TREATY,), figures=(GUESTS,))
    with warehouse.writing() as con:
        report = load(con, [one], now)
        (row,) = rows(
            con,
            "select title, text, authors, published, language, outlet, country, tier, origin, tags, word_count, run_id from articles",
        )
        assert mentions_of(con, one.article_id) == [TREATY]
        figures = rows(con, "select initiative_id, value, comparison, unit, scope, surface from figures")
    assert report == LoadReport(stored=1, stories_new=1, mentions=1, figures=1)
    article = one.article
    assert row == (
        article.title,
        article.text,
        ["Ada Quill"],
        now,
        "en",
        "harbour.example",
        "NO",
        1,
        "live",
        ["treaty"],
        18,
        "run-1",
    )
    assert figures == [("harbour-treaty", 40.0, ">=", "state", "delegates", "40 states")]


def test_a_span_points_to_its_characters_in_the_stored_text(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    with warehouse.writing() as con:
        load(con, [document("one", mentions=(TREATY,))], now)
        found = rows(
            con,
            """
            select substr(text, span_start + 1, span_end - span_start) = surface from mentions join articles using (article_id)
            """,
        )
    assert found == [(True,)]


def test_loading_a_batch_twice_changes_nothing(warehouse: Warehouse, document: Make, now: datetime) -> None:
    one, two = document("one", mentions=(TREATY,), figures=(GUESTS,)), document("two", outlet="gazette.example")
    outcomes = [UrlOutcome(d.url, Outcome.FETCHED, now, article_id=d.article_id) for d in (one, two)]
    tables = ("articles", "stories", "story_members", "mentions", "figures", "revisions", "frontier")

    def state(con: Connection) -> list[list[tuple[object, ...]]]:
        return [rows(con, f"from {table} order by all") for table in tables]

    with warehouse.writing() as con:
        frontier.discovered(con, [Discovery(FeedItem(d.url, source="harbour"), d.url_key) for d in (one, two)], now)
        first = load(con, [one, two], now, outcomes)
        before = state(con)
    with warehouse.writing() as con:
        again = load(con, [one, two], now, outcomes)
        after = [row for table in state(con) for row in table]
    assert (first.stored, first.copies) == (2, 1)
    assert again == LoadReport(known=2)
    # the frontier counts the try; nothing else may differ
    assert [row for table in before[:-1] for row in table] == after[: sum(map(len, before[:-1]))]


def test_the_same_article_twice_in_one_batch_is_stored_once(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    first, second = document("one", title="First"), document("one", title="Second")
    with warehouse.writing() as con:
        report = load(con, [first, second], now)
        assert rows(con, "select title from articles") == [("First",)]
    assert report.stored == 1


def test_a_syndicated_copy_joins_the_first_story(warehouse: Warehouse, document: Make, now: datetime) -> None:
    with warehouse.writing() as con:
        load(con, [document("one")], now)
    with warehouse.writing() as con:
        report = load(con, [document("copy", outlet="gazette.example"), document("other", text="Something else.")], now)
        assert rows(con, "select count(*) from stories") == [(2,)]
    assert (report.stored, report.copies, report.stories_new) == (2, 1, 1)


def test_a_stored_article_is_never_overwritten_but_its_later_text_is_kept(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    later = document("one", title="Treaty signed", text="The treaty was signed at noon.")
    with warehouse.writing() as con:
        load(con, [document("one")], now)
        report = load(con, [later], now + timedelta(hours=5))
        load(con, [later], now + timedelta(hours=9))
        assert rows(con, "select title from articles") == [("Treaty read line by line",)]
        assert rows(con, "select title, text, seen_at from revisions") == [
            ("Treaty signed", "The treaty was signed at noon.", now + timedelta(hours=5))
        ]
    assert (report.known, report.revised, report.stored) == (1, 1, 0)


def test_the_outcomes_of_the_urls_are_settled_with_the_articles(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    one = document("one")
    listing = UrlOutcome("https://harbour.example/all", Outcome.NOT_ARTICLE, now, "a list of links")
    with warehouse.writing() as con:
        frontier.discovered(con, [Discovery(FeedItem(one.url, source="harbour"), one.url_key)], now)
        load(
            con, [one], now, [UrlOutcome(one.url, Outcome.FETCHED, now, article_id=one.article_id, status=200), listing]
        )
        known = frontier.lookup(con, one.url, one.url_key)
        assert rows(con, "select outcome, reason from fetches order by outcome") == [
            ("fetched", ""),
            ("not_article", "a list of links"),
        ]
    assert known is not None
    assert (known.outcome, known.article_id, known.next_try) == (Outcome.FETCHED, one.article_id, None)


def test_a_url_that_leads_to_a_stored_article_is_a_duplicate(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    one = document("one")
    short = "https://short.example/x"
    with warehouse.writing() as con:
        load(con, [one], now)
        frontier.discovered(con, [Discovery(FeedItem(short, source="links"), "short.example/x")], now)
        load(con, [replace(one, url=short)], now, [UrlOutcome(short, Outcome.FETCHED, now, article_id=one.article_id)])
        known = frontier.lookup(con, short, "")
    assert known is not None
    assert (known.outcome, known.reason) == (Outcome.DUPLICATE, f"the same article as {one.url}")
    assert known.article_id == one.article_id


def test_an_outlets_same_text_under_a_new_address_is_not_stored_again(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    first, again, elsewhere = document("one"), document("two"), document("three", outlet="gazette.example")
    retitled = document("four", title="Treaty signed")
    with warehouse.writing() as con:
        assert load(con, [first], now).stored == 1
        frontier.discovered(con, [Discovery(FeedItem(again.url, source="harbour"), again.url_key)], now)
        outcome = UrlOutcome(again.url, Outcome.FETCHED, now, article_id=again.article_id)
        report = load(con, [again, elsewhere, retitled], now, [outcome])
        known = frontier.lookup(con, again.url, again.url_key)
    assert (report.stored, report.known) == (2, 1), "a copy elsewhere and another headline are articles of their own"
    assert known is not None
    assert (known.outcome, known.article_id) == (Outcome.DUPLICATE, first.article_id)
    assert known.reason == f"the outlet's same text as {first.article.url}"


def test_outcomes_alone_are_a_batch_too(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        assert load(con, [], now, [UrlOutcome("https://harbour.example/x", Outcome.GONE, now)]) == LoadReport()
        assert rows(con, "select outcome from fetches") == [("gone",)]


def test_an_error_in_the_middle_leaves_nothing(warehouse: Warehouse, document: Make, now: datetime) -> None:
    def broken(*_: object, **__: object) -> list[Signal]:
        raise RuntimeError("the detector broke")

    def attempt() -> None:
        with warehouse.writing() as con:
            batch = Batch((document("one", mentions=(TREATY,)),), ())
            articles.load(con, batch, choose=by_text, detect=broken, run_id="run-1", now=now)

    with pytest.raises(RuntimeError):
        attempt()
    with warehouse.writing() as con:
        for table in ("articles", "stories", "mentions"):
            assert rows(con, f"select count(*) from {table}") == [(0,)]


def first_ones(mentions: Sequence[NewMention], history: History, *, now: datetime, run_id: str) -> list[Signal]:
    """A signal for each initiative that nothing stored has mentioned."""
    new = {one.initiative_id: one for one in reversed(mentions) if not history.mentioned(one.initiative_id)}
    return [
        Signal(f"first {name}", Kind.FIRST_MENTION, "", Severity.HIGH, one, now, run_id) for name, one in new.items()
    ]


def test_signals_are_stored_with_their_mentions_and_only_once(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    one, two = document("one", mentions=(TREATY,)), document("two", text="Another report.", mentions=(TREATY,))

    def signals_of(*documents: Document) -> int:
        with warehouse.writing() as con:
            batch = Batch(documents, ())
            return articles.load(con, batch, choose=by_text, detect=first_ones, run_id="run-1", now=now).signals

    assert signals_of(one) == 1
    assert signals_of(one) == 0, "a known article makes no news"
    assert signals_of(two) == 0, "the initiative was mentioned before"
    with warehouse.writing() as con:
        assert rows(con, "select initiative_id, article_id, run_id from signals") == [
            ("harbour-treaty", one.article_id, "run-1")
        ]


def test_history_is_what_was_known_before_the_batch(warehouse: Warehouse, document: Make, now: datetime) -> None:
    def look(mentions: Sequence[NewMention], history: History, *, now: datetime, run_id: str) -> list[Signal]:
        assert not history.mentioned("harbour-treaty")
        assert [(one.initiative_id, one.story_id, one.tier) for one in mentions] == [("harbour-treaty", one_id, 1)]
        return []

    one = document("one", mentions=(TREATY,))
    one_id = one.article_id
    with warehouse.writing() as con:
        articles.load(
            con, Batch((one, document("two", text="Nothing.")), ()), choose=by_text, detect=look, run_id="r", now=now
        )


def facts(document: Make) -> Document:
    """A seed of which only facts are known."""
    seed = document("seed", origin=Origin.SEED, source="seed", word_count=812)
    return replace(seed, article=replace(seed.article, text=""))


def test_facts_of_a_seed_are_stored_without_its_text(warehouse: Warehouse, document: Make, now: datetime) -> None:
    seed = facts(document)
    with warehouse.writing() as con:
        load(con, [seed], now)
        assert rows(con, "select text, word_count, origin from articles") == [(None, 812, "seed")]
        assert rows(con, "select article_id from articles where text is null") == [(seed.article_id,)]


def test_a_seeds_text_is_filled_in_once_with_its_mentions(warehouse: Warehouse, document: Make, now: datetime) -> None:
    whole = document("seed", origin=Origin.SEED, source="seed", mentions=(TREATY,), figures=(GUESTS,))
    with warehouse.writing() as con:
        load(con, [facts(document)], now)
        filled = load(con, [whole], now)
        again = load(con, [whole], now)
        assert rows(con, "select text, word_count from articles") == [(whole.article.text, 18)]
        assert mentions_of(con, whole.article_id) == [TREATY]
        assert rows(con, "select article_id from articles where text is null") == []
        assert rows(con, "select count(*) from revisions") == [(0,)]
    assert filled == LoadReport(known=1, filled=1, mentions=1, figures=1)
    assert again == LoadReport(known=1)


def test_a_copy_of_a_seed_joins_its_story_even_while_its_text_is_missing(
    warehouse: Warehouse, document: Make, now: datetime
) -> None:
    with warehouse.writing() as con:
        load(con, [facts(document)], now)
        report = load(con, [document("reprint", outlet="gazette.example")], now)
    assert report.copies == 1


def test_texts_and_names_from_the_web_are_data(warehouse: Warehouse, document: Make, now: datetime) -> None:
    nasty = "'); drop table articles; -- \x00 \U0001f600 \u202e $1 ? {} %s"
    with warehouse.writing() as con:
        load(con, [document("one", title=nasty, text=nasty, outlet="x'y.example")], now)
        assert rows(con, "select title, text, outlet from articles") == [(nasty, nasty, "x'y.example")]


def test_a_stub_says_so(warehouse: Warehouse, document: Make, now: datetime) -> None:
    one = document("one")
    stub = replace(one, article=replace(one.article, access=Access.STUB, access_reason="subscribers only"))
    with warehouse.writing() as con:
        load(con, [stub], now)
        assert rows(con, "select access, access_reason from articles") == [("stub", "subscribers only")]


def test_a_thousand_articles_load_in_one_window(warehouse: Warehouse, document: Make, now: datetime) -> None:
    many = [document(f"n{number}", text=f"Report number {number} from the harbour.") for number in range(1000)]
    with warehouse.writing() as con:
        assert load(con, many, now).stored == 1000
        assert rows(con, "select count(*), count(distinct url_key) from articles") == [(1000, 1000)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("The treaty, line by line.", 5, id="words of an alphabet"),
        pytest.param("世界人工智能合作组织", 10, id="characters of a script without spaces"),
        pytest.param("AI法案 2026", 4, id="both"),
        pytest.param("ευρωπαϊκός νόμος", 2, id="other alphabets"),
    ],
)
def test_words_are_counted_as_readers_of_the_script_would(text: str, words: int) -> None:
    assert count_words(text) == words


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 9), min_size=9, max_size=9), st.lists(st.integers(0, 9), min_size=9, max_size=9))
def test_reports_add_up(one: list[int], other: list[int]) -> None:
    assert LoadReport(*one) + LoadReport(*other) == LoadReport(*map(sum, zip(one, other, strict=True)))
