"""What an outlet's newest pages give is held against its own history; a new template shows before anyone misses it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from records.article import Access
from records.page import ReadPage
from records.source import Source
from warehouse import pages, sources
from warehouse.database import Warehouse, rows
from warehouse.sources import Poll, PollOutcome

WIRE = Source("wire", "The Wire", "feed", "https://wire.example/feed", timedelta(hours=1))
HOLLOW = {"access": Access.NOT_ARTICLE, "characters": 40}


def read(number: int, at: datetime, outlet: str = "ledger.example", **given: object) -> ReadPage:
    """One page of an outlet whose every fourth page is unsigned, and of which every tenth holds no article."""
    page = ReadPage(
        url=f"https://{outlet}/{number}",
        final_url=f"https://{outlet}/{number}",
        source="wire",
        outlet=outlet,
        fetched_at=at,
        content_type="text/html",
        raw_hash=f"{number:064x}",
        size=1_000,
        article_id=number,
        access=Access.NOT_ARTICLE if number % 10 == 9 else Access.FULL,
        characters=2_500 + 100 * (number % 7),
        titled=True,
        signed=number % 4 != 3,
        dated=True,
        extractor="test",
    )
    return replace(page, **given)  # type: ignore[arg-type]


def history(now: datetime, count: int = 60, outlet: str = "ledger.example") -> Iterator[ReadPage]:
    return (read(number, now - timedelta(hours=count + 20 - number), outlet) for number in range(count))


def lately(now: datetime, given: Sequence[dict[str, object]], outlet: str = "ledger.example") -> Iterator[ReadPage]:
    return (read(1_000 + i, now - timedelta(hours=12 - i), outlet, **one) for i, one in enumerate(given))


def health(warehouse: Warehouse, now: datetime, *found: Iterator[ReadPage]) -> tuple[str, str, bool]:
    with warehouse.writing() as con:
        sources.sync(con, [WIRE], now)
        sources.record_polls(con, [Poll("wire", WIRE.url, now, PollOutcome.OK, items=3, new_items=1)])
        for some in found:
            pages.store(con, list(some), {}, "run-1")
        (state,) = rows(con, "select state, reason, ill from source_health")
    return state[0], state[1], state[2]


def test_an_outlet_that_goes_on_as_before_is_well(warehouse: Warehouse, now: datetime) -> None:
    assert health(warehouse, now, history(now), lately(now, [{}] * 12)) == ("well", "", False)


@pytest.mark.parametrize(
    ("given", "state", "reason"),
    [
        pytest.param(
            [HOLLOW] * 12,
            "hollow",
            "12 of the newest 12 pages of ledger.example hold no whole article (10 % before): a new template?",
            id="no page holds an article any more",
        ),
        pytest.param(
            [{}, {}, {}, *[{"access": Access.STUB}] * 9],
            "hollow",
            "9 of the newest 12 pages of ledger.example hold no whole article (10 % before): a new template?",
            id="most show only their beginning",
        ),
        pytest.param(
            [{"characters": 400}] * 12,
            "thin",
            "the newest pages of ledger.example: texts of 400 characters (2800 before): a new template?",
            id="texts are a sixth of what they were",
        ),
        pytest.param(
            [{"dated": False, "signed": False}] * 12,
            "thin",
            "the newest pages of ledger.example: 0 % state a date (100 % before): a new template?",
            id="dates are gone, and authors were never reliable",
        ),
        pytest.param(
            [{"titled": False}] * 12,
            "thin",
            "the newest pages of ledger.example: 0 % state a headline (100 % before): a new template?",
            id="headlines are gone",
        ),
    ],
)
def test_a_new_template_makes_its_source_ill_with_what_is_missing(
    warehouse: Warehouse, now: datetime, given: list[dict[str, object]], state: str, reason: str
) -> None:
    assert health(warehouse, now, history(now), lately(now, given)) == (state, reason, True)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([{}] * 6 + [HOLLOW] * 6, id="half of them are picture galleries today"),
        pytest.param([HOLLOW] * 7, id="seven in a row are too few to tell"),
        pytest.param([{"characters": 1_300}] * 12, id="shorter, as in August"),
    ],
)
def test_what_chance_brings_is_no_illness(warehouse: Warehouse, now: datetime, given: list[dict[str, object]]) -> None:
    assert health(warehouse, now, history(now), lately(now, given))[0] == "well"


def test_an_outlet_without_a_history_is_not_judged_by_one(warehouse: Warehouse, now: datetime) -> None:
    assert health(warehouse, now, history(now, 15), lately(now, [{"dated": False}] * 12))[0] == "well"


def test_an_outlet_that_was_always_behind_a_wall_has_not_changed(warehouse: Warehouse, now: datetime) -> None:
    walled = (replace(page, access=Access.STUB) for page in history(now))
    assert health(warehouse, now, walled, lately(now, [{"access": Access.STUB}] * 12))[0] == "well"


def test_one_outlet_of_many_that_a_source_brings_is_named(warehouse: Warehouse, now: datetime) -> None:
    state, reason, ill = health(
        warehouse,
        now,
        history(now),
        lately(now, [{}] * 12),
        history(now, outlet="gazette.example"),
        lately(now, [HOLLOW] * 12, "gazette.example"),
    )
    assert (state, ill) == ("hollow", True)
    assert "gazette.example" in reason
    assert "ledger.example" not in reason


def test_an_outlet_that_brings_nothing_any_more_makes_its_source_ill_no_longer(
    warehouse: Warehouse, now: datetime
) -> None:
    then = now - timedelta(days=20)
    assert health(warehouse, now, history(then), lately(then, [HOLLOW] * 12))[0] == "well"


def test_a_source_is_well_again_when_its_pages_are(warehouse: Warehouse, now: datetime) -> None:
    assert health(warehouse, now, history(now), lately(now, [HOLLOW] * 12))[0] == "hollow"
    mended = [replace(page, access=Access.FULL, characters=2_500) for page in lately(now, [HOLLOW] * 12)]
    with warehouse.writing() as con:
        pages.read_again(con, mended)
        assert rows(con, "select state from source_health") == [("well",)]


def test_the_view_tells_every_outlet_with_its_figures(warehouse: Warehouse, now: datetime) -> None:
    health(warehouse, now, history(now), lately(now, [{"dated": False}] * 12))
    with warehouse.writing() as con:
        found = rows(
            con, "select outlet, drift, pages, pages_before, hollow_before, dated, dated_before from page_drift"
        )
    assert found == [("ledger.example", "thin", 12, 60, 0.1, 0.0, 1.0)]
