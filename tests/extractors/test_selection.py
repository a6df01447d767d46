"""Which items of a poll are fetched, and why the others are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from extractors.selection import Bounds, select
from records.article import Discovery, FeedItem, Origin, Outcome
from records.source import Source

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
BOUNDS = Bounds(first_look_pages=2, first_look_age=timedelta(days=14), catch_up_age=timedelta(hours=48))


def source(*keywords: str) -> Source:
    return Source(
        "ledger", "The Ledger", "feed", "https://ledger.example/rss", timedelta(minutes=15), keywords=keywords
    )


def item(number: int, *, hours: float | None = 1, title: str = "Quay lamps") -> FeedItem:
    published = None if hours is None else NOW - timedelta(hours=hours)
    return FeedItem(f"https://ledger.example/{number}", title, published, "ledger")


def chosen(
    *items: FeedItem, first_look: bool = False, seen: datetime | None = NOW, keywords: tuple[str, ...] = ()
) -> list[Discovery]:
    return select(items, source(*keywords), first_look=first_look, last_new_item=seen, bounds=BOUNDS, now=NOW)


def test_the_first_look_takes_the_newest_few_as_history() -> None:
    found = chosen(
        item(1, hours=30), item(2, hours=1), item(3, hours=5), item(4, hours=900), first_look=True, seen=None
    )
    assert [(one.item.url[-1], one.outcome) for one in found] == [
        ("2", Outcome.PENDING), ("3", Outcome.PENDING), ("1", Outcome.OVER_BUDGET), ("4", Outcome.OVER_BUDGET),
    ]  # fmt: skip
    assert {one.origin for one in found} == {Origin.BACKFILL}
    assert "beyond the 2 newest" in found[2].reason
    assert "older than 14 days" in found[3].reason


def test_an_undated_item_counts_as_oldest_but_is_not_too_old() -> None:
    found = chosen(item(1, hours=None), item(2), first_look=True, seen=None)
    assert [(one.item.url[-1], one.outcome) for one in found] == [("2", Outcome.PENDING), ("1", Outcome.PENDING)]


def test_after_the_first_look_everything_on_topic_is_fetched_as_news() -> None:
    found = chosen(*[item(number) for number in range(9)])
    assert {(one.outcome, one.origin, one.catch_up) for one in found} == {(Outcome.PENDING, Origin.LIVE, False)}


def test_what_is_off_topic_is_noted_with_its_reason() -> None:
    (on, off) = chosen(item(1, title="The AI Act explained"), item(2, title="She said so"), keywords=("AI",))
    assert (on.outcome, off.outcome) == (Outcome.PENDING, Outcome.PASSED_OVER)
    assert "keywords" in off.reason


@pytest.mark.parametrize(
    ("what", "hours", "seen", "catch_up"),
    [
        ("fresh from a lively source", 1, NOW - timedelta(hours=3), False),
        ("two days old", 49, NOW - timedelta(hours=3), True),
        ("undated from a lively source", None, NOW, False),
        ("fresh, but the source was silent for four days", 1, NOW - timedelta(days=4), True),
        ("the first item ever of a source that was empty", 1, None, False),
    ],
)
def test_late_news_may_only_go_into_digests(
    what: str, hours: float | None, seen: datetime | None, catch_up: bool
) -> None:
    (found,) = chosen(item(1, hours=hours), seen=seen)
    assert found.catch_up is catch_up, what


def test_two_addresses_of_one_page_count_once_and_the_newest_is_kept() -> None:
    old = FeedItem("https://ledger.example/a?utm_source=rss", "A", NOW - timedelta(hours=2), "ledger")
    new = FeedItem("https://ledger.example/a", "A", NOW, "ledger")
    assert [one.item for one in chosen(old, new)] == [new]
