"""Which mentions are worth saying."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from alerts.detect import signals
from records.article import Origin
from records.mention import Figure, Place
from records.signal import Kind, NewMention, Rhythm, Signal
from tests.alerts.desk import Memory, mention, seed
from tests.clock import MONDAY


def found(mentions: Sequence[NewMention], history: Memory | None = None) -> list[Signal]:
    return signals(mentions, history or Memory(), now=MONDAY, run_id="run-1")


def kinds(*mentions: NewMention, history: Memory | None = None) -> list[tuple[str, str]]:
    return [(one.kind.value, one.mention.outlet) for one in found(mentions, history)]


def test_what_was_never_mentioned_is_a_first_mention_a_new_story_and_a_new_outlet() -> None:
    assert [one.kind for one in found([mention()])] == [Kind.FIRST_MENTION, Kind.NEW_STORY, Kind.NEW_OUTLET]


def test_a_second_story_in_a_known_outlet_is_a_new_story_only() -> None:
    assert kinds(mention(story=2), history=Memory(mention(story=1))) == [("new_story", "gazette.example")]


def test_a_copy_in_a_known_outlet_says_nothing_new() -> None:
    known = Memory(mention(), mention(story=5, outlet="courier.example"))
    assert kinds(mention(outlet="courier.example"), history=known) == []


def test_a_copy_in_another_outlet_is_a_new_outlet_only() -> None:
    assert kinds(mention(outlet="courier.example"), history=Memory(mention())) == [("new_outlet", "courier.example")]


def test_a_story_that_turns_out_to_be_a_known_one_is_not_new() -> None:
    assert kinds(mention(story=9, merged=(1,)), history=Memory(mention(story=1))) == []


def test_seeds_and_first_looks_make_history_and_no_signal() -> None:
    assert found([seed()]) == []
    assert found([mention(origin=Origin.BACKFILL)]) == []
    assert kinds(mention(story=2, outlet="courier.example"), seed(story=1)) == [
        ("new_story", "courier.example"),
        ("new_outlet", "courier.example"),
    ]


def test_the_original_speaks_for_its_copies_of_the_same_batch_whatever_their_order() -> None:
    original = mention(outlet="agency.example", published=MONDAY - timedelta(hours=5))
    copy = mention(outlet="courier.example", published=MONDAY - timedelta(hours=2))
    first, again = found([copy, original]), found([original, copy])
    assert first[0].mention.outlet == "agency.example"
    assert {one.signal_id for one in first} == {one.signal_id for one in again}


def test_mentions_that_may_not_alert_stand_in_furniture_or_are_kept_quiet() -> None:
    assert found([mention(alerts=False), mention(place=Place.TAIL), mention(place=Place.FURNITURE)]) == []


def test_a_mention_in_the_headline_brings_the_sentence_of_the_text_which_the_headline_does_not_repeat() -> None:
    (first, *_) = found([mention(place=Place.BODY, surface="the treaty"), mention(place=Place.HEADLINE)])
    assert (first.mention.place, first.mention.surface) == (Place.HEADLINE, "the treaty")


def test_a_headline_alone_is_evidence_enough() -> None:
    (first, *_) = found([mention(place=Place.HEADLINE)])
    assert (first.mention.place, first.mention.surface) == (Place.HEADLINE, "harbour treaty")


def test_the_lead_proves_more_than_the_body() -> None:
    (first, *_) = found([mention(place=Place.BODY, surface="the treaty"), mention(place=Place.LEAD)])
    assert (first.mention.place, first.mention.surface) == (Place.LEAD, "harbour treaty")


def test_the_first_mention_in_a_language_is_known_as_such() -> None:
    (story, _) = found([mention(story=2, language="fr", outlet="lejournal.example")], Memory(mention()))
    assert story.first_in_language
    assert not found([mention(story=2)], Memory(mention()))[0].first_in_language


def test_a_page_from_the_future_happened_now() -> None:
    assert found([mention(published=MONDAY + timedelta(days=3))])[0].occurred_at == MONDAY


def test_a_signal_is_named_by_what_it_says_not_by_when_it_was_seen() -> None:
    one = found([mention()])[0]
    later = signals([mention(seen_at=MONDAY + timedelta(days=9))], Memory(), now=MONDAY + timedelta(9), run_id="x")[0]
    assert one.signal_id == later.signal_id


def members(value: float) -> Figure:
    shown = f"{value:g} states"
    return Figure("harbour-treaty", value, "=", "state", "", 0, len(shown), shown, f"It has {shown} by now.")


def test_a_number_that_differs_from_what_was_stated_is_a_signal_with_its_own_sentence() -> None:
    history = Memory(mention(figures=(members(31),)))
    (one,) = found([mention(figures=(members(33), members(33)))], history)
    assert (one.kind, one.scope, one.reason) == (
        Kind.NEW_FIGURE,
        "state//33",
        "new figure: 33 states, before: 31 states",
    )
    assert one.mention.sentence == "It has 33 states by now."
    assert found([mention(figures=(members(31),))], history) == []


def test_a_number_is_news_once_however_many_articles_of_a_batch_state_it() -> None:
    history = Memory(mention(figures=(members(31),)), mention(outlet="courier.example"))
    batch = [mention(figures=(members(33),)), mention(outlet="courier.example", figures=(members(33),))]
    assert [one.kind for one in found(batch, history)] == [Kind.NEW_FIGURE]


def test_numbers_of_seeds_in_the_batch_are_known() -> None:
    assert found([seed(figures=(members(31),)), mention(figures=(members(31),))]) == []


def watched(*stories: NewMention) -> Memory:
    """History of an initiative that was looked for these two months."""
    history = Memory(*stories)
    history.rhythms["harbour-treaty"] = Rhythm(MONDAY - timedelta(days=60), {})
    return history


def test_three_stories_in_a_day_of_a_quiet_initiative_are_a_spike_told_with_the_latest_of_them() -> None:
    batch = [mention(story=story, published=MONDAY - timedelta(hours=story)) for story in (2, 3, 4)]
    said = found(batch, watched(mention()))
    assert [one.kind for one in said] == [Kind.NEW_STORY] * 3 + [Kind.SPIKE]
    assert (said[-1].mention.story_id, said[-1].reason) == (2, "third story today, usual is none")
    assert said[-1].scope == "2026-11-23"


def test_copies_late_texts_and_history_make_no_spike() -> None:
    copies = [mention(story=2, outlet=f"outlet-{number}.example") for number in range(9)]
    assert Kind.SPIKE not in [one.kind for one in found(copies, watched(mention()))]
    late = [mention(story=story, catch_up=True) for story in (2, 3, 4)]
    assert Kind.SPIKE not in [one.kind for one in found(late, watched(mention()))]
    old = [seed(story=story) for story in (2, 3, 4)]
    assert found(old, watched(mention())) == []


def test_a_story_that_was_merged_counts_once() -> None:
    batch = [mention(story=2), mention(story=3), mention(story=4, merged=(2,))]
    assert Kind.SPIKE not in [one.kind for one in found(batch, watched(mention()))]
