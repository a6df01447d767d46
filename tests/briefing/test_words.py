"""What a briefing says, before any markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.briefing import words
from records.briefing import Stated
from records.coverage import Coverage
from records.text import clean
from tests.alerts.nasty import titles
from tests.briefing.telling import SENTENCE, SINCE, briefing, change, evidence, first_at, news, statement, story
from tests.kiosk import NOON


def test_the_first_paragraph_counts_what_is_new() -> None:
    told = briefing(story(1), story(2, country="FR", outlet="rive.example", language="fr"))
    assert words.summary(told) == (
        "2 stories on 1 initiative, printed twice by 2 outlets in 2 countries and 2 languages.",
    )


def test_what_is_not_known_is_not_counted() -> None:
    assert words.summary(briefing(story(country="", language=""))) == (
        "1 story on 1 initiative, printed once by 1 outlet.",
    )
    assert words.summary(briefing(story(country=""))) == (
        "1 story on 1 initiative, printed once by 1 outlet in 1 language.",
    )


def test_the_first_paragraph_names_where_most_is_what_is_new_and_what_is_much() -> None:
    told = briefing(
        story(late=True),
        initiatives=(
            news("Harbour Treaty", stories=9, usual=0.1),
            news("Tide Charter", stories=3, first=first_at(NOON - timedelta(days=1))),
            news("Lantern Accord", stories=2), news("Ferry Panel"), news("Quay Code"), news("Pier Pact"),
        ),
    )  # fmt: skip
    assert words.summary(told)[1:] == (
        "Most on Harbour Treaty (9), Tide Charter (3), Lantern Accord (2), Ferry Panel (1), and 2 more.",
        "In the news for the first time: Tide Charter.",
        "Far more than usual: Harbour Treaty.",
        "1 story appeared earlier and came to light now.",
    )


def test_stories_that_are_not_told_are_counted() -> None:
    assert briefing(story(), left_out=1_203).told == 1_204
    assert words.summary(briefing(story(), left_out=1_203))[0].startswith("1,204 stories on 1 initiative")


# ---- nothing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("covered", "said"),
    [
        (Coverage(SINCE, NOON, ok=3), "No news in the window, 3 of 3 sources answered."),
        (Coverage(SINCE, NOON, ok=2, failing=("The Courier",)), "No news in the window, 2 of 3 sources answered."),
        (Coverage(SINCE, NOON, failing=("a", "b")), "No source answered (2 asked): there may be news."),
        (Coverage(SINCE, NOON), "No source is watched yet, so nothing was covered: govwatch run reads them."),
    ],
)
def test_no_news_is_told_from_not_covered(covered: Coverage, said: str) -> None:
    assert words.summary(briefing(coverage=covered)) == (said,)


def test_coverage_names_every_source_that_was_not_well() -> None:
    ill = Coverage(SINCE, NOON, ok=1, stale=("The Mill",), blocked=("The Board",), failing=("The Courier",), pages=1)
    assert words.covered(briefing(story(), coverage=ill)) == (
        "Window: 17 Nov, 13:00 to 24 Nov 2026, 13:00 (Europe/Paris). 2 of 4 sources answered, 1 page read.",
        "Silent for unusually long: The Mill; blocked: The Board; failing: The Courier.",
    )


def test_a_window_that_begins_before_govwatch_watched_says_so_and_calls_nothing_new() -> None:
    late = Coverage(SINCE + timedelta(days=2), NOON, ok=3)
    first = news(first=first_at(NOON - timedelta(days=1)))
    told = briefing(story(), coverage=late, initiatives=(first,))
    assert words.covered(told)[-1] == (
        "Govwatch watches since 19 Nov 2026, 13:00: of the time before it knows what sources listed then."
    )
    assert words.flags(first, told) == ()
    assert words.flags(first, replace(told, coverage=Coverage(SINCE, NOON, ok=3))) == (
        "In the news for the first time",
    )


def test_stories_without_a_source_claim_no_coverage() -> None:
    assert words.covered(briefing(story(), coverage=Coverage(SINCE, NOON))) == (
        "No source is watched: what stands here was loaded from elsewhere.",
    )


# ---- rhythm ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (None, "no usual level yet"), (0.0, "usually none"), (0.04, "usually under 0.1 a day"), (0.05, "usually 0.1 a day"),
        (0.36, "usually 0.4 a day"), (2.0, "usually 2 a day"), (12.04, "usually 12 a day"),
    ],
)  # fmt: skip
def test_the_usual_level_is_said_as_people_write_it(level: float | None, said: str) -> None:
    assert words.usual(news(usual=level)) == said


@pytest.mark.parametrize(
    ("stories", "level", "much"),
    [(4, 0.0, False), (5, 0.0, True), (20, 1.0, False), (21, 1.0, True), (50, None, False)],
)
def test_far_more_than_usual_is_five_stories_and_three_times_the_usual(
    stories: int, level: float | None, much: bool
) -> None:
    assert words.is_burst(news(stories=stories, usual=level), days=7) is much


# ---- figures and changes ----------------------------------------------------------------------------------------------


def test_only_numbers_that_cannot_both_be_true_disagree() -> None:
    more = Stated("harbour-treaty", "state", "", (statement(143), statement(140, comparison=">=")))
    clash = Stated("harbour-treaty", "state", "", (statement(31), statement(29)))
    part = Stated("harbour-treaty", "state", "", (statement(31), statement(2)))
    assert words.contradictions(briefing(story(), figures=(more, clash, part))) == (clash,)


def test_each_number_stands_once_as_first_printed_with_everybody_who_printed_it() -> None:
    printed = (statement(31, "Courier"), statement(29, "Gazette"), statement(31, "Ledger", surface="thirty-one states"))
    told = words.statements(Stated("harbour-treaty", "state", "", printed))
    assert [(surface, [one.outlet for one in by]) for surface, by in told] == [
        ("thirty-one states", ["Courier", "Ledger"]),
        ("29 states", ["Gazette"]),
    ]


def test_what_is_counted_names_its_scope() -> None:
    assert words.counted(Stated("a", "state", "", ())) == "state"
    assert words.counted(Stated("a", "state", "member", ())) == "state (member)"


@pytest.mark.parametrize(
    ("finding", "hours", "said"),
    [
        ("changed", 0.4, "changed, noticed within an hour or two"),
        ("changed", -3.0, "changed, noticed within an hour or two"),
        ("lost", 18.0, "no longer names it, noticed within 18 hours"),
        ("withdrawn", 60.0, "withdrawn, noticed within 2 days"),
    ],
)
def test_a_later_change_says_how_long_after(finding: str, hours: float, said: str) -> None:
    assert words.happened(change(finding=finding, hours_after=hours)) == said


# ---- passages ---------------------------------------------------------------------------------------------------------


def test_a_short_sentence_is_whole() -> None:
    assert words.passage(evidence()) == ("Ministers said that the ", "Harbour Treaty", " will be signed in spring.")


def test_words_that_are_not_in_the_sentence_mark_nothing() -> None:
    assert words.passage(evidence(surface="Lantern Accord")) == (SENTENCE, "", "")
    assert words.passage(evidence(surface="")) == (SENTENCE, "", "")


@given(before=titles, surface=titles, after=titles, limit=st.integers(40, 600))
def test_a_passage_is_never_longer_than_its_limit_and_keeps_what_matched(
    before: str, surface: str, after: str, limit: int
) -> None:
    sentence = f"{before} {surface} {after}"
    parts = words.passage(evidence(sentence, surface), limit)
    assert len("".join(parts)) <= limit + 2, "an ellipsis on either side"
    assert parts[1] in ("", clean(surface, limit // 2))
    assert not any(character in "".join(parts) for character in "\n\r\x00\u202e")


# ---- languages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "way", "lang", "name"),
    [
        ("ar", "rtl", "ar", "Arabic"), ("fa-IR", "rtl", "fa-IR", "Persian"), ("ku-Latn", "ltr", "ku-Latn", "ku-Latn"),
        ("ur", "rtl", "ur", "Urdu"), ("he", "rtl", "he", "Hebrew"), ("zh-Hans", "ltr", "zh-Hans", "Chinese"),
        ("en", "ltr", "en", "English"), ("", "auto", "", ""), ('x" onload="', "ltr", "", 'x" onload="'),
    ],
)  # fmt: skip
def test_a_language_has_a_direction_a_tag_and_a_name(tag: str, way: str, lang: str, name: str) -> None:
    assert (words.direction(tag), words.tongue(tag), words.language_name(tag)) == (way, lang, name)


def test_days_and_titles_are_the_readers() -> None:
    late = NOON.replace(hour=23, minute=30)
    assert words.title(briefing(written_at=late)) == "Briefing of 25 November 2026"
    assert words.title(briefing(written_at=late, zone="UTC")) == "Briefing of 24 November 2026"
