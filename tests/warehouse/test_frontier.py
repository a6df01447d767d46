"""A URL once discovered is in the frontier until it has an outcome, and after that."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.article import Discovery, FeedItem, Origin, Outcome, UrlOutcome
from warehouse import frontier
from warehouse.database import Warehouse, rows
from warehouse.frontier import RETRY_AFTER, next_try


def found(name: str, source: str = "harbour", published: datetime | None = None, **more: object) -> Discovery:
    item = FeedItem(f"https://harbour.example/{name}?utm_source=feed", f"Title of {name}", published, source)
    return replace(Discovery(item, f"harbour.example/{name}"), **more)  # type: ignore[arg-type]


def test_a_new_url_is_due_at_once_with_what_its_source_said(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        frontier.discovered(con, [found("one", published=now, origin=Origin.BACKFILL, catch_up=True)], now)
    with warehouse.writing() as con:
        (due,) = frontier.due(con, now, 10)
    assert due.url == "https://harbour.example/one?utm_source=feed"
    assert (due.item.title, due.item.source, due.item.published) == ("Title of one", "harbour", now)
    assert (due.origin, due.catch_up, due.attempts, due.url_key) == (Origin.BACKFILL, True, 0, "harbour.example/one")


def test_the_same_article_discovered_twice_is_one_url(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        first = frontier.discovered(con, [found("one"), found("two"), found("one")], now)
        again = frontier.discovered(con, [found("two"), found("three", source="gazette")], now + timedelta(hours=1))
        assert len(frontier.due(con, now + timedelta(days=1), 10)) == 3
    assert (first.new, first.known, first.new_by_source) == (2, 1, {"harbour": 2})
    assert (again.new, again.known, again.new_by_source) == (1, 1, {"gazette": 1})


def test_what_a_filter_passed_over_is_known_but_never_due(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        counts = frontier.discovered(con, [found("one", outcome=Outcome.PASSED_OVER, reason="no keyword")], now)
        assert frontier.due(con, now + timedelta(days=99), 10) == []
        known = frontier.lookup(con, "", "harbour.example/one")
    assert (counts.new, counts.pending) == (1, 0)
    assert known is not None
    assert (known.outcome, known.reason, known.next_try) == (Outcome.PASSED_OVER, "no keyword", None)


def test_one_loud_source_does_not_starve_the_others(warehouse: Warehouse, now: datetime) -> None:
    loud = [found(f"loud-{number}", "loud", now - timedelta(minutes=number)) for number in range(50)]
    quiet = [found("quiet", "quiet", now - timedelta(days=1))]
    with warehouse.writing() as con:
        frontier.discovered(con, [*loud, *quiet], now)
        due = frontier.due(con, now, 3)
    assert {one.item.source for one in due} == {"loud", "quiet"}
    assert due[0].url_key == "harbour.example/loud-0", "the newest of a source comes first"


def test_only_the_asked_sources_are_due(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        frontier.discovered(con, [found("one", "a"), found("two", "b")], now)
        assert [one.item.source for one in frontier.due(con, now, 9, ["b"])] == ["b"]
        assert frontier.due(con, now, 9, []) == []


def test_a_failed_url_comes_back_later_and_later_and_is_given_up_but_kept(warehouse: Warehouse, now: datetime) -> None:
    at, tries = now, 0
    with warehouse.writing() as con:
        frontier.discovered(con, [found("one")], now)
        while due := frontier.due(con, at, 1):
            assert due[0].attempts == tries
            frontier.settle(con, [UrlOutcome(due[0].url, Outcome.FAILED, at, "server answered 500", status=500)])
            tries += 1
            known = frontier.lookup(con, due[0].url, "")
            assert known is not None
            at = known.next_try or at
    assert tries == len(RETRY_AFTER) + 1
    assert timedelta(days=28) < at - now <= timedelta(days=30)
    assert known.outcome is Outcome.FAILED
    assert known.reason == "server answered 500 (given up after 11 tries)"


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome.final])
def test_a_final_outcome_ends_the_tries(warehouse: Warehouse, now: datetime, outcome: Outcome) -> None:
    with warehouse.writing() as con:
        frontier.discovered(con, [found("one")], now)
        (due,) = frontier.due(con, now, 1)
        frontier.settle(con, [UrlOutcome(due.url, outcome, now, article_id=7)], "run-1")
        assert frontier.due(con, now + timedelta(days=365), 1) == []
        assert rows(con, "select outcome, article_id, run_id, kind from fetches") == [
            (outcome.value, 7, "run-1", "article")
        ]


def test_a_url_that_is_put_back_has_not_been_tried(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        frontier.discovered(con, [found("one")], now)
        (due,) = frontier.due(con, now, 1)
        frontier.settle(con, [UrlOutcome(due.url, Outcome.PENDING, now)])
        assert frontier.due(con, now, 1) == [due]
        assert rows(con, "select count(*) from fetches") == [(0,)]


def test_an_article_that_is_stored_is_not_fetched_again(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        con.execute(
            """
            insert into articles by name select $1 as article_id, 'u' as url, 'k' as url_key, 'u' as discovered_url,
                's' as source_id, 'o' as outlet, '' as title, []::varchar[] as authors, []::varchar[] as tags,
                $2 as first_seen, 0 as word_count, 'full' as access, 'seed' as origin
            """,
            [frontier.ids.article_id("harbour.example/one"), now],
        )
        counts = frontier.discovered(con, [found("one")], now)
        known = frontier.lookup(con, "", "harbour.example/one")
    assert (counts.new, counts.pending) == (1, 0)
    assert known is not None
    assert known.outcome is Outcome.DUPLICATE
    assert known.article_id == frontier.ids.article_id("harbour.example/one")


def test_an_operator_can_ask_for_what_was_passed_over(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        frontier.discovered(
            con, [found("one", outcome=Outcome.OVER_BUDGET), found("two", "b", outcome=Outcome.PASSED_OVER)], now
        )
        assert frontier.reopen(con, [Outcome.OVER_BUDGET, Outcome.PASSED_OVER], now, ["harbour"]) == 1
        assert [due.url_key for due in frontier.due(con, now, 9)] == ["harbour.example/one"]


def test_a_url_nobody_discovered_is_unknown(warehouse: Warehouse, now: datetime) -> None:
    with warehouse.writing() as con:
        assert frontier.lookup(con, "https://nowhere.example/", "nowhere.example") is None
        frontier.settle(con, [UrlOutcome("https://nowhere.example/", Outcome.GONE, now)])
        assert rows(con, "select count(*) from frontier") == [(0,)]


def test_a_server_may_ask_for_a_longer_wait_but_not_for_ever(now: datetime) -> None:
    assert next_try(1, now, retry_after=7200) == now + timedelta(hours=2)
    assert next_try(1, now, retry_after=1) == now + timedelta(minutes=15), "never sooner than the schedule"
    assert next_try(1, now, retry_after=10**9) == now + timedelta(days=1)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 40), st.none() | st.floats(-10, 1e12))
def test_the_schedule_never_goes_back_and_ends(attempts: int, asked: float | None) -> None:
    now = datetime(2026, 11, 24, 12)  # noqa: DTZ001 (any instant will do)
    this, following = next_try(attempts, now, asked), next_try(attempts + 1, now, asked)
    assert (this is None) == (attempts > len(RETRY_AFTER))
    if this is not None:
        assert this >= now + timedelta(minutes=15)
        assert following is None or following >= this
