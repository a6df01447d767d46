"""Where signals go, and why some go nowhere."""

from __future__ import annotations

from datetime import timedelta

from alerts.detect import signals
from alerts.route import route
from records.alert import Board, Group, Occasion, Routing, Verdict
from records.mention import Figure
from records.signal import NewMention, Rhythm, Signal
from tests.alerts.desk import Memory, mention, policy
from tests.clock import MONDAY

CHANNELS = "channels: {terminal: {type: console}}\n"


def raised(*mentions: NewMention, known: Memory | None = None) -> list[Signal]:
    return signals(mentions, known or Memory(), now=MONDAY, run_id="run-1")


def routed(signals: list[Signal], subscription: str = "", *, board: Board | None = None, rest: str = "") -> Routing:
    text = f"{CHANNELS}subscriptions: [{{name: desk, channels: [terminal]{subscription}}}]\n{rest}"
    return route(signals, board or Board(), policy=policy(text), now=MONDAY)


def verdicts(routing: Routing) -> list[str]:
    return sorted(verdict.value for verdict, _ in routing.verdicts.values())


KNOWN = Memory(mention(story=99))


def a_burst() -> list[Signal]:
    """Three stories of a morning; the last of them makes a spike."""
    known = Memory(mention(story=99))
    known.rhythms["harbour-treaty"] = Rhythm(MONDAY - timedelta(days=60), {})
    return raised(*[mention(story=story) for story in (1, 2, 3)], known=known)


def test_a_burst_is_told_with_its_latest_story_and_repeats_none() -> None:
    routing = routed(a_burst())
    assert [one.key for one in routing.placements].count("harbour-treaty/3") == 2
    assert len({one.key for one in routing.placements}) == 3, "a message for each story, and none for the burst"
    assert verdicts(routing) == ["queued"] * 4


def test_who_asks_for_bursts_only_gets_one_message() -> None:
    (placed,) = routed(a_burst(), ", match: {kinds: [spike]}").placements
    assert placed.key == "harbour-treaty/3"


def test_in_a_burst_further_outlets_of_a_story_wait_for_the_digest() -> None:
    echo = raised(mention(story=99, outlet="courier.example"), known=KNOWN)
    (placed,) = routed(echo, board=Board(bursting=frozenset({"harbour-treaty"}))).placements
    assert placed.occasion is Occasion.DIGEST
    assert routed(echo).placements[0].occasion is Occasion.STORY


def test_a_new_figure_goes_with_its_story_and_alone_when_the_story_is_known() -> None:
    def states(value: float) -> Figure:
        return Figure("harbour-treaty", value, "=", "state", "", 0, 9, f"{value:g} states", "It has states.")

    known = Memory(mention(story=99, figures=(states(31),)))
    routing = routed(raised(mention(story=1, figures=(states(33),)), known=known))
    assert {one.key for one in routing.placements} == {"harbour-treaty/1"}
    (alone,) = routed(raised(mention(story=99, figures=(states(33),)), known=known)).placements
    assert alone.key == "harbour-treaty/99"


def test_the_strongest_signal_of_a_story_speaks_for_the_others() -> None:
    routing = routed(raised(mention()))
    assert verdicts(routing) == ["inhibited", "inhibited", "queued"]
    (placed,) = routing.placements
    assert (placed.key, placed.occasion) == ("harbour-treaty/1", Occasion.STORY)
    assert placed.flush_at == MONDAY + timedelta(minutes=1), "what was never mentioned waits a minute at most"


def test_a_story_waits_for_more_of_it() -> None:
    (placed,) = routed(raised(mention(), known=KNOWN), ", group: {wait: 20m}").placements
    assert placed.flush_at == MONDAY + timedelta(minutes=20)


def test_what_nobody_asks_for_is_known_as_such() -> None:
    routing = routed(raised(mention()), ", match: {initiatives: [eu-*]}")
    assert set(routing.verdicts.values()) == {(Verdict.NO_SUBSCRIBER, "no subscription asks for it")}


def test_a_subscription_matches_by_initiative_language_outlet_tier_country_kind_and_severity() -> None:
    one = raised(mention(outlet="news.gazette.example", language="fr-CA"), known=KNOWN)
    for matching in (
        "initiatives: [harbour-*]", "languages: [fr]", "outlets: [gazette.example]", "outlet_tiers: [1]",
        "countries: [NO]", "kinds: [new_story]", "min_severity: notice",
    ):  # fmt: skip
        assert routed(one, f", match: {{{matching}}}").placements, matching
    for other in (
        "initiatives: [harbour]", "languages: [en]", "outlets: [azette.example]", "outlet_tiers: [2, 3]",
        "countries: [SE]", "kinds: [first_mention]", "min_severity: high",
    ):  # fmt: skip
        assert not routed(one, f", match: {{{other}}}").placements, other


def test_a_reader_of_new_outlets_only_hears_of_them() -> None:
    (placed,) = routed(raised(mention()), ", match: {kinds: [new_outlet]}").placements
    assert placed.severity.word == "info"


def test_more_of_a_story_that_was_told_waits_for_the_interval() -> None:
    board = Board({("desk", "harbour-treaty/99"): Group(sealed_at=MONDAY - timedelta(hours=1))})
    (placed,) = routed(raised(mention(story=99, outlet="courier.example"), known=KNOWN), board=board).placements
    assert placed.flush_at == MONDAY + timedelta(hours=2)


def test_what_joins_an_open_message_does_not_delay_it() -> None:
    soon = MONDAY + timedelta(minutes=3)
    board = Board({("desk", "harbour-treaty/1"): Group(flush_at=soon)})
    (placed,) = routed(raised(mention(), known=KNOWN), board=board).placements
    assert placed.flush_at == soon


def test_in_quiet_hours_messages_are_held_and_released_as_one() -> None:
    two = raised(mention(), mention(story=2), known=KNOWN)
    routing = routed(two, ', quiet: {from: "08:00", to: "09:30", tz: UTC}')
    assert {placed.key for placed in routing.placements} == {"held/2026-11-23T09:30Z"}
    assert {placed.flush_at for placed in routing.placements} == {MONDAY + timedelta(minutes=90)}


def test_what_was_never_mentioned_breaks_quiet_hours_unless_told_otherwise() -> None:
    quiet = ', quiet: {from: "07:00", to: "09:30", tz: UTC'
    assert routed(raised(mention()), quiet + "}").placements[0].occasion is Occasion.STORY
    assert routed(raised(mention()), quiet + ", except_severity: null}").placements[0].occasion is Occasion.HELD


def test_a_digest_reader_hears_in_the_digest_and_of_the_highest_at_once() -> None:
    digest = ', deliver: {at: "07:30", except_severity: high}'
    (placed,) = routed(raised(mention(), known=KNOWN), digest).placements
    assert (placed.key, placed.expires_at) == ("digest/2026-11-24", None)
    assert routed(raised(mention()), digest).placements[0].occasion is Occasion.STORY


def test_what_comes_too_late_goes_into_the_digest_also_of_those_who_hear_at_once() -> None:
    (placed,) = routed(raised(mention(catch_up=True))).placements
    assert placed.occasion is Occasion.DIGEST


def test_a_silence_drops_or_delays_and_is_named() -> None:
    silence = (
        "silences: [{id: away, match: {initiatives: [harbour-treaty]}, starts: 2026-11-20T00:00, ends: 2026-11-30T00:00,"
        " author: Ada, comment: we are there, mode: %s}]"
    )
    one = raised(mention(), known=KNOWN)
    dropped = routed(one, rest=silence % "drop")
    assert (Verdict.SILENCED, "desk: silence away") in dropped.verdicts.values()
    assert dropped.placements == ()
    assert routed(one, rest=silence % "digest").placements[0].occasion is Occasion.DIGEST


def test_a_flood_goes_into_one_message_and_loses_nothing() -> None:
    many = raised(*[mention(story=story) for story in range(1, 21)], known=KNOWN)
    routing = routed(many, ", most_per_hour: 5", board=Board(recent={"desk": 2}))
    alone = [placed for placed in routing.placements if placed.occasion is Occasion.STORY]
    together = [placed for placed in routing.placements if placed.occasion is Occasion.FLOOD]
    assert (len(alone), len(together), len({placed.key for placed in together})) == (3, 17, 1)


def test_the_best_verdict_of_all_subscriptions_counts_and_every_reason_is_kept() -> None:
    text = (
        f"{CHANNELS}subscriptions: [{{name: one, channels: [terminal], match: {{kinds: [new_outlet]}}}},"
        "{name: two, channels: [terminal]}]"
    )
    routing = route(raised(mention(), known=KNOWN), Board(), policy=policy(text), now=MONDAY)
    assert [placed.subscription for placed in routing.placements] == ["two"]
    everything = route(raised(mention()), Board(), policy=policy(text), now=MONDAY)
    reasons = [reason for _, reason in everything.verdicts.values()]
    assert "one: harbour-treaty/1; two: the first_mention of this story says it" in reasons
