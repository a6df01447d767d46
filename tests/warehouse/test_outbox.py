"""Signals become messages, messages become deliveries, and what is known is kept."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

from alerts.content import found_item
from records.subscription import Filter, Silence
from tests.alerts.desk import Desk, mention
from warehouse import messages, outbox, silences

TWO = """
channels: {terminal: {type: console}}
subscriptions:
- {name: desk, channels: [terminal], group: {wait: 10m}}
- {name: analyst, channels: [terminal], match: {initiatives: [harbour-*]}, deliver: digest}
"""


def test_everything_of_a_pass_is_delivered_at_its_end_by_default(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.reads(mention(), mention("air-accord", 2))
    assert desk.dispatches().sent == 2
    assert desk.dispatches().changed is False
    assert desk.terminal.getvalue().count("first mention") == 2
    desk.holds_the_invariants()


def test_each_signal_has_one_verdict_with_its_reason(tmp_path: Path) -> None:
    desk = Desk(tmp_path, TWO)
    desk.reads(mention(), mention("air-accord", 2))
    desk.dispatches()
    found = desk.ask("select verdict, count(*) from signals group by 1 order by 1")
    assert found == [("inhibited", 4), ("queued", 2)]
    assert desk.ask("select 1 from signals where verdict_reason = '' or routed_at is null") == []


def test_a_message_waits_and_takes_in_what_joins_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, TWO)
    desk.knows(mention(story=9))
    desk.reads(mention(), mention("air-accord", 1))
    desk.dispatches()
    assert desk.terminal.getvalue() == ""
    desk.clock.passes(minutes=5)
    desk.reads(mention(outlet="courier.example"))
    desk.dispatches()
    desk.clock.passes(minutes=6)
    desk.dispatches()
    assert desk.terminal.getvalue().count("harbour-treaty: ") == 1, "one story, one message"
    desk.holds_the_invariants()


def test_a_digest_comes_once_a_day_and_holds_everything(tmp_path: Path) -> None:
    desk = Desk(tmp_path, TWO)
    desk.reads(*[mention(story=story) for story in (1, 2, 3)])
    desk.dispatches()
    desk.clock.passes(hours=24)
    for _ in range(3):
        desk.dispatches()
    assert desk.terminal.getvalue().count("Digest of 24 November 2026: 3 stories on 1 initiative") == 1


def test_a_silence_by_command_counts_also_after_routing_until_it_is_ended(tmp_path: Path) -> None:
    desk = Desk(tmp_path, TWO)
    desk.reads(mention("air-accord", 1))
    desk.dispatches()
    day = timedelta(days=1)
    quiet = Silence("s1", Filter(initiatives=("air-*",)), desk.clock(), desk.clock() + day, "Ada", "on leave")
    with desk.warehouse.writing() as con:
        silences.add(con, quiet)
        assert silences.current(con, desk.clock()) == (quiet,)
    desk.clock.passes(minutes=15)
    desk.dispatches()
    assert desk.terminal.getvalue() == ""
    assert desk.ask("select state, state_reason from notifications where occasion <> 'digest'") == [
        ("dropped", "silence s1")
    ]
    with desk.warehouse.writing() as con:
        assert silences.end(con, "s1", desk.clock())
        assert not silences.end(con, "s1", desk.clock())
        assert silences.current(con, desk.clock()) == ()


def test_a_first_look_is_one_summary_for_each_subscription_and_never_twice(tmp_path: Path) -> None:
    desk = Desk(tmp_path, TWO)
    found = [(one, found_item(one, "Harbour Treaty")) for one in (mention(story=2), mention(story=1))]
    found.append((mention("air-accord", 3), found_item(mention("air-accord", 3), "Air Accord")))
    for expected in (2, 0):
        with desk.warehouse.writing() as con:
            assert expected == outbox.queue_summary(
                con,
                desk.policy,
                key="first_look/run-1",
                heading="First look at 2 sources",
                found=found,
                now=desk.clock(),
            )
    assert desk.dispatches().sent == 2
    said = desk.terminal.getvalue()
    assert said.count("First look at 2 sources") == 2
    assert said.count("Air Accord: found") == 1, "the analyst asked for the harbour only"
    assert "Harbour Treaty 2" in said


def test_more_than_the_limit_of_an_hour_comes_as_one_message(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.knows(mention(story=99))
    desk.reads(*[mention(story=story, title=f"Report {story}") for story in range(1, 51)])
    desk.dispatches()
    occasions = dict(desk.ask("select occasion, count(*) from notifications group by 1"))
    assert occasions == {"story": 30, "flood": 1}
    assert all(f"Report {story}\n" in desk.terminal.getvalue() for story in range(1, 51))


def test_people_find_a_message_by_its_reference(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.reads(mention())
    desk.dispatches()
    with desk.warehouse.writing() as con:
        (line,) = messages.recent(con)
        found = messages.explain(con, line.reference.lower())
        assert messages.explain(con, "0000-0000") is None
        assert messages.explain(con, "' or 1=1 --") is None
    assert (line.state, line.channel) == ("sent", "terminal")
    assert f"ref {line.reference}" in desk.terminal.getvalue()
    assert found is not None
    assert [one.kind for one in found.signals] == ["first_mention"]
    assert found.signals[0].surface == "harbour treaty"


def test_ten_thousand_signals_are_routed_in_seconds(tmp_path: Path) -> None:
    desk = Desk(tmp_path, TWO)
    desk.reads(*[mention(f"initiative-{n % 40}", n, outlet=f"outlet-{n}.example") for n in range(5000)])
    assert desk.dispatches().routed > 10_000
    desk.clock.passes(minutes=20)
    began = time.monotonic()
    assert desk.dispatches().sent == 31
    assert time.monotonic() - began < 30, (
        "one message of five thousand stories is fitted, not tried five thousand times"
    )
