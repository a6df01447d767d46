"""What a briefing reads: each story once, within its window, with its evidence, its rhythm and what came of it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from records.briefing import Briefing
from records.document import Document
from records.mention import Figure, Place
from tests.kiosk import NAMES, NOON, alerted, asked, changed, fill, harbour_week, printed
from warehouse import briefing
from warehouse.database import Warehouse

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SINCE = NOON - 7 * DAY


@pytest.fixture(autouse=True)
def prepared(tmp_path: Path, empty_database: Path) -> None:
    """The newest schema lies in place: making it takes longer than a test."""
    shutil.copyfile(empty_database, tmp_path / "news.duckdb")


def article(name: str, published: datetime | None, **more: Any) -> Document:
    sentence = f"Part {name} of the Harbour Treaty was read."
    return printed(name, f"Part {name}", sentence, "Harbour Treaty", published=published, **more)


def read(warehouse: Warehouse, since: datetime = SINCE, until: datetime = NOON, **more: Any) -> Briefing:
    with warehouse.reading() as con:
        return briefing.read(con, since, until, **more)


def told(path: Path, *documents: Document, stories: dict[int, int] | None = None, **more: Any) -> Briefing:
    return read(fill(path / "news.duckdb", documents, NOON, NAMES, stories), **more)


def titles(found: Briefing) -> list[str]:
    return [one.title for one in found.stories]


# ---- the window -----------------------------------------------------------------------------------------------------


def test_the_window_holds_its_first_moment_and_not_its_last(tmp_path: Path) -> None:
    moment = timedelta(microseconds=1)
    found = told(
        tmp_path,
        article("before", SINCE - moment), article("first", SINCE), article("last", NOON - moment), article("after", NOON),
    )  # fmt: skip
    assert titles(found) == ["Part last", "Part first"]


def test_an_article_without_a_date_belongs_where_it_was_first_seen(tmp_path: Path) -> None:
    found = told(
        tmp_path, article("seen", None, seen=NOON - HOUR), article("earlier", None, seen=SINCE - HOUR),
        article("old", SINCE - DAY, seen=NOON - HOUR),
    )  # fmt: skip
    assert titles(found) == ["Part seen"]
    assert not found.stories[0].dated


def test_what_was_alerted_within_the_window_is_told_though_it_is_older_and_marked(tmp_path: Path) -> None:
    late, old = article("late", SINCE - 3 * DAY, seen=NOON - HOUR), article("old", SINCE - 4 * DAY)
    warehouse = fill(tmp_path / "news.duckdb", [late, old, article("new", NOON - HOUR)], NOON, NAMES)
    alerted(warehouse, late, NOON - HOUR)
    alerted(warehouse, old, SINCE - 4 * DAY)
    found = read(warehouse)
    assert [(one.title, one.late) for one in found.stories] == [("Part new", False), ("Part late", True)]
    assert found.late == 1


def test_days_are_the_readers(tmp_path: Path) -> None:
    late_evening = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    warehouse = fill(tmp_path / "news.duckdb", [article("one", late_evening)], NOON, NAMES)
    counted = {zone: dict(read(warehouse, zone=zone).initiatives[0].days) for zone in ("UTC", "Asia/Tokyo")}
    assert counted["UTC"][date(2026, 11, 23)] == 1
    assert counted["Asia/Tokyo"][date(2026, 11, 24)] == 1


# ---- stories --------------------------------------------------------------------------------------------------------


def test_a_story_is_told_once_however_many_outlets_print_it(tmp_path: Path) -> None:
    first = article("first", NOON - 20 * HOUR, outlet="ledger.example", outlet_name="The Harbour Ledger")
    copies = [article(f"copy-{n}", NOON - n * HOUR, outlet=f"courier-{n}.example", country="FR") for n in range(1, 13)]
    found = told(tmp_path, first, *copies, stories={one.article_id: first.article_id for one in copies})
    (one,) = found.stories
    assert (one.title, one.outlet_name) == ("Part first", "The Harbour Ledger")
    assert len(one.outlets) - 1 == 12, "also in 12 outlets"
    assert one.countries == ("FR", "GB")
    (news,) = found.initiatives
    assert (news.stories, news.articles, len(news.outlets)) == (1, 13, 13)
    assert sum(count for _, count in news.days) == 2, "one story, printed on two days"


def test_a_story_of_two_initiatives_is_told_once_with_the_evidence_of_both(tmp_path: Path) -> None:
    found = told(tmp_path, article("both", NOON - HOUR, initiatives=("harbour-treaty", "ferry-panel")))
    (one,) = found.stories
    assert [each.initiative_id for each in one.evidence] == ["ferry-panel", "harbour-treaty"]
    assert {each.initiative_id: each.stories for each in found.initiatives} == {"ferry-panel": 1, "harbour-treaty": 1}


def test_a_mention_in_furniture_or_in_a_standing_reference_is_no_news(tmp_path: Path) -> None:
    found = told(
        tmp_path, article("teaser", NOON - HOUR, place=Place.FURNITURE), article("about", NOON - HOUR, place=Place.TAIL)
    )
    assert (found.stories, found.initiatives) == ((), ())
    assert len(found.quiet) == len(NAMES)


def test_only_the_initiatives_that_are_asked_for_are_told(tmp_path: Path) -> None:
    found = told(
        tmp_path, article("harbour", NOON - HOUR), article("ferry", NOON - HOUR, initiatives=("ferry-panel",)),
        initiatives=["ferry-panel", "tide-charter"],
    )  # fmt: skip
    assert titles(found) == ["Part ferry"]
    assert [one.initiative_id for one in found.quiet] == ["tide-charter"]
    assert found.chosen == ("ferry-panel", "tide-charter")


def test_the_newest_are_told_and_the_others_counted(tmp_path: Path) -> None:
    found = told(tmp_path, *(article(f"{n}", NOON - (n + 1) * HOUR) for n in range(9)), most=4)
    assert titles(found) == ["Part 0", "Part 1", "Part 2", "Part 3"]
    assert (found.left_out, found.told) == (5, 9)


# ---- rhythm -----------------------------------------------------------------------------------------------------------


def counts(path: Path, ages: Sequence[int]) -> Briefing:
    return told(path, *(article(f"{n}", NOON - age * DAY - HOUR) for n, age in enumerate(ages)))


def test_the_usual_level_is_the_mean_of_the_days_before_that_are_known(tmp_path: Path) -> None:
    (news,) = counts(tmp_path, [0, 10, 12, 14, 35]).initiatives
    assert news.usual == pytest.approx(4 / 28)


def test_of_the_days_before_govwatch_knew_anything_none_counts(tmp_path: Path) -> None:
    (news,) = counts(tmp_path, [0, 10, 12, 20]).initiatives
    assert news.usual == pytest.approx(3 / 13)


def test_there_is_no_usual_level_before_a_week_is_known(tmp_path: Path) -> None:
    (news,) = counts(tmp_path, [0, 10]).initiatives
    assert news.usual is None


def test_the_first_mention_is_the_first_of_all_time(tmp_path: Path) -> None:
    (news,) = counts(tmp_path, [0, 300]).initiatives
    assert news.first.when == NOON - 300 * DAY - HOUR
    assert news.first.title == "Part 1"


def test_an_initiative_without_a_story_is_named_with_its_last_mention(tmp_path: Path) -> None:
    found = told(tmp_path, article("old", NOON - 30 * DAY), article("new", NOON - HOUR, initiatives=("ferry-panel",)))
    assert {one.name: one.last for one in found.quiet} == {
        "Harbour Treaty": NOON - 30 * DAY,
        "Lantern Accord": None,
        "Tide Charter": None,
    }


# ---- figures, changes, coverage -----------------------------------------------------------------------------------------


def figure(value: float) -> list[Figure]:
    return [Figure("harbour-treaty", value, "=", "state", "", 0, 9, f"{value:g} states", f"It has {value:g} states.")]


def test_numbers_that_differ_between_stories_are_told_and_those_of_copies_are_not(tmp_path: Path) -> None:
    first, copy = article("a", NOON - 3 * HOUR, figures=figure(31)), article("b", NOON - HOUR, figures=figure(30))
    assert told(tmp_path / "copies", first, copy, stories={copy.article_id: first.article_id}).figures == ()
    (stated,) = told(tmp_path / "stories", first, copy).figures
    assert [one.value for one in stated.statements] == [30, 31], "the latest first"


def test_a_number_is_told_when_one_side_of_it_was_stated_within_the_window(tmp_path: Path) -> None:
    before = article("a", NOON - 10 * DAY, figures=figure(31))
    long_before = article("b", NOON - 12 * DAY, figures=figure(29))
    assert told(tmp_path / "old", before, long_before).figures == ()
    (stated,) = told(tmp_path / "new", before, article("c", NOON - HOUR, figures=figure(29))).figures
    assert len(stated.statements) == 2


def test_what_changed_after_publication_is_told_with_its_outlets_name(tmp_path: Path) -> None:
    one = article("one", NOON - 20 * HOUR, outlet_name="Old Mill Gazette")
    other = article("two", NOON - 9 * DAY)
    warehouse = fill(tmp_path / "news.duckdb", [one, other], NOON, NAMES)
    changed(warehouse, one, "changed", "31 is now 29.", at=NOON - HOUR, title="Part one, corrected")
    changed(warehouse, other, "withdrawn", "gone", at=SINCE - HOUR)
    (found,) = read(warehouse).changes
    assert (found.finding, found.outlet, found.title_now) == ("changed", "Old Mill Gazette", "Part one, corrected")
    assert found.hours_after == 19.0
    assert read(warehouse, initiatives=["ferry-panel"]).changes == ()


def test_coverage_is_that_of_the_window(tmp_path: Path) -> None:
    warehouse = fill(tmp_path / "news.duckdb", [article("one", NOON - HOUR)], NOON, NAMES)
    asked(warehouse, NOON, ledger="ok", courier="failed", board="forbidden")
    covered = read(warehouse).coverage
    assert (covered.ok, covered.blocked, covered.failing) == (1, ("The Board",), ("The Courier",))
    assert read(warehouse, since=NOON - timedelta(minutes=30)).coverage.answered == 0


def test_a_week_with_everything_is_told(tmp_path: Path) -> None:
    found = read(harbour_week(tmp_path / "news.duckdb"), zone="Europe/Paris")
    assert (found.told, found.articles, found.late, len(found.figures), len(found.changes)) == (11, 15, 1, 1, 2)
    assert [(one.name, one.stories) for one in found.initiatives] == [
        ("Harbour Treaty", 7),
        ("Ferry Panel on Machines", 3),
        ("Lantern Accord", 2),
    ]
