"""Two days of news for five subscriptions: every story once, none twice, no storm in anybody's inbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.month import Month, planned, run

DAYS = 2


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    folder: Path = tmp_path_factory.mktemp("month")
    return run(folder, planned(DAYS, prints=250, copies=100, outlets=30, storms=2, dead=2), DAYS)


def test_no_story_that_a_subscription_asks_for_is_missing(month: Month) -> None:
    assert set(month.missing.values()) == {0}
    assert all(month.told[name] for name in ("everything", "daily", "one-initiative", "french-desk", "first-tier"))


def test_no_story_is_told_twice(month: Month) -> None:
    assert {count for told in month.told.values() for count in told.values()} == {1}


def test_a_digest_is_one_message_a_day_and_alerts_stay_below_the_limit_of_an_hour(month: Month) -> None:
    assert max(month.per_day["daily"].values()) == 1
    assert max(month.per_day["everything"].values()) <= 24 * 31


def test_copies_make_no_messages(month: Month) -> None:
    stories = len(month.told["everything"])
    assert sum(month.per_day["everything"].values()) <= stories + DAYS + 2, "one message a story, and digests"
