"""What an outlet changed after an article was printed, and what is only a counter."""

from __future__ import annotations

import pytest

from extractors.changes import compare
from extractors.figures import figures
from extractors.mentions import Matcher
from records.follow_up import Changes, Version
from records.mention import Alias, Initiative

MATCHER = Matcher(
    [Initiative("harbour-treaty", "Harbour Treaty", "treaty", aliases=(Alias("Harbour Treaty", "Harbour Treaty"),))]
)
TITLE = "Ports agree on a common text"
TEXT = (
    "The Harbour Treaty was signed by 31 states on Tuesday. The ceremony took an hour and ended in rain.\n"
    "Two delegations left before the dinner, which the hosts regretted in a short note to the press.\n"
    "Nobody spoke of the costs, although the paper on them had been on every table since the morning."
)


def compared(text: str = TEXT, title: str = TITLE, *, before: str = TEXT) -> Changes:
    first, second = Version(TITLE, before), Version(title, text)
    mentions = (MATCHER.find(TITLE, before), MATCHER.find(title, text))
    kinds = {"harbour-treaty": "treaty"}
    return compare(
        first, second, mentions, (figures(before, mentions[0], kinds), figures(text, mentions[1], kinds))
    )  # fmt: skip


def test_the_same_words_are_no_change() -> None:
    assert compared() == Changes()
    assert not compared(TEXT.replace("'", "’"), TITLE.upper()).material


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("Updated 10:32", "Updated 11:40"),
        ("14 comments", "312 comments"),
        ("Published 2 hours ago", "Published 5 hours ago"),
        ("Mis à jour le 24 novembre à 10:32", "Mis à jour le 25 novembre à 08:00"),
        ("更新 10:32", "更新 11:40"),
        ("Photo 3 / 12", "Photo 4 / 12"),
        ("", "1,204 shares"),
        ("5 min read", ""),
    ],
)
def test_counters_and_times_are_trifles(was: str, now: str) -> None:
    changes = compared(f"{TEXT}\n{now}", before=f"{TEXT}\n{was}")
    assert not changes.material, changes.difference


def test_an_article_that_no_longer_mentions_it_says_what_was_taken_out() -> None:
    change = compared(TEXT.replace("The Harbour Treaty was", "Another paper was")).told["harbour-treaty"]
    assert change.lost
    assert change.reason == "no longer mentions it"
    assert "The Harbour Treaty was signed by 31 states" in change.detail


def test_a_corrected_number_is_told_with_both_values() -> None:
    change = compared(TEXT.replace("31 states", "29 states")).told["harbour-treaty"]
    assert change.reason == "corrected: 31 states is now 29 states"
    assert "now: “The Harbour Treaty was signed by 29 states on Tuesday.”" in change.detail


def test_a_corrected_headline_is_told() -> None:
    change = compared(title="Ports argue about a common text").told["harbour-treaty"]
    assert change.reason == "corrected: headline"
    assert change.detail == "was: “Ports agree on a common text” now: “Ports argue about a common text”"


def test_the_sentence_that_was_quoted_counts_other_sentences_are_kept_as_a_version_only() -> None:
    quoted = compared(TEXT.replace("on Tuesday", "on Monday evening")).told["harbour-treaty"]
    assert quoted.reason == "corrected: text"
    other = compared(TEXT.replace("ended in rain", "ended in sunshine after all"))
    assert (other.material, dict(other.told)) == (True, {})
    grown = compared(f"{TEXT}\nIn the evening the ministers of both sides met again and talked until midnight.")
    assert (grown.material, dict(grown.told)) == (True, {})
    assert any("only there" in line for line in grown.difference)


@pytest.mark.parametrize(
    "notice",
    [
        "Correction: an earlier version of this article named the wrong port.",
        "Rectificatif : une version précédente citait un autre port.",
        "In einer früheren Fassung stand ein anderer Hafen.",
        "更正：本文早前版本写错了港口的名字。",
    ],
)
def test_a_correction_that_the_outlet_itself_declares_is_told_in_its_words(notice: str) -> None:
    change = compared(f"{TEXT}\n{notice}").told["harbour-treaty"]
    assert change.reason == "corrected: by its outlet"
    assert notice in change.detail


def test_what_never_mentioned_it_tells_nobody() -> None:
    assert not compared(TITLE, before="Nothing of the kind was said.").told
