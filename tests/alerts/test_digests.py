"""A digest comes at its time also without news, and says what was covered: the silence is worth as much as a message."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from alerts.content import compose
from alerts.coverage import statement, verdict
from alerts.render import render
from alerts.route import route
from alerts.seal import seal
from records.alert import Notification, Occasion
from records.coverage import Coverage
from records.signal import Severity
from records.subscription import Channel, Format, Transport
from tests.alerts.desk import Desk, mention
from tests.clock import MONDAY
from warehouse import coverage
from warehouse.database import rows

DIGEST = """
channels: {terminal: {type: console}}
subscriptions:
- {name: analyst, channels: [terminal], time_zone: Europe/Paris, deliver: {at: "12:00"%s}}
"""


def polls(desk: Desk, source: str, *outcomes: tuple[str, int | None, str], pages: int = 0) -> None:
    """The source is configured, and was asked with these outcomes within the last hour."""
    now, last = desk.clock(), outcomes[-1] if outcomes else None
    failures = sum(1 for outcome, _, _ in outcomes if outcome == "failed")
    with desk.warehouse.writing() as con:
        con.execute(
            "insert into sources(source_id, name, kind, url, every_seconds, enabled, added_at, first_looked_at, "
            "last_poll, last_outcome, last_reason, last_status, last_success, last_new_item, consecutive_failures) "
            "values ($1, $2, 'feed', 'https://x.example', 3600, true, $3, $3, $4, $5, $6, $7, $8, $8, $9)",
            [
                source, f"The {source.title()}", now, now if last else None, last and last[0], last and last[2],
                last and last[1], now if last and last[0] != "failed" else None, failures,
            ],
        )  # fmt: skip
        for kind, outcome, status, reason in [
            *(("poll", *one) for one in outcomes),
            *[("article", "fetched", 200, "")] * pages,
        ]:
            con.execute(
                "insert into fetches(kind, url, source_id, outcome, reason, status, fetched_at) "
                "values ($1, 'https://x.example', $2, $3, $4, $5, $6)",
                [kind, source, outcome, reason, status, now - timedelta(minutes=30)],
            )


def newsroom_with_trouble(desk: Desk) -> None:
    polls(desk, "gazette", ("ok", 200, ""), pages=7)
    polls(desk, "courier", ("failed", None, "timeout"), ("ok", 200, ""), pages=2)
    polls(desk, "wall", *[("failed", 403, "the server said 403")] * 3)
    polls(desk, "shy", *[("failed", None, "https://x.example/robots.txt asks programs to stay away")] * 3)
    polls(desk, "ruin", *[("failed", None, "no such host")] * 3)
    polls(desk, "sleeper")


def test_an_empty_digest_says_that_there_was_no_news_and_who_was_heard(tmp_path: Path) -> None:
    desk = Desk(tmp_path, DIGEST % "")
    desk.dispatches()  # Monday 09:00 in Paris: the digest is promised
    assert desk.terminal.getvalue() == ""
    desk.clock.passes(hours=2, minutes=59)
    newsroom_with_trouble(desk)
    desk.clock.passes(minutes=1)
    desk.dispatches()
    said = desk.terminal.getvalue()
    assert "Digest of 23 November 2026: no news in the window, 2 of 6 sources answered\n\nWindow: " in said
    assert "2 of 6 sources answered, 9 pages read." in said
    assert "Blocked: The Shy, The Wall; failing: The Ruin; not due: The Sleeper." in said
    desk.clock.passes(hours=1)
    desk.dispatches()
    assert desk.terminal.getvalue() == said, "a day has one digest"
    desk.holds_the_invariants()


def test_the_window_of_a_digest_begins_where_the_one_before_ended(tmp_path: Path) -> None:
    desk = Desk(tmp_path, DIGEST % "")
    desk.dispatches()
    for _ in range(2):
        desk.clock.passes(days=1)
        desk.dispatches()
    assert "Window: 23 Nov, 12:00 to 24 Nov 2026, 09:00" not in desk.terminal.getvalue()
    assert "Window: 24 Nov, 09:00 to 25 Nov 2026, 09:00 (Europe/Paris)." in desk.terminal.getvalue()


def test_a_digest_with_news_says_what_was_covered_below_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, DIGEST % "")
    desk.reads(mention("harbour-treaty", 1, published=MONDAY - timedelta(hours=9)))
    desk.reads(mention("harbour-treaty", 2, title="Newer than that", published=MONDAY - timedelta(hours=1)))
    desk.dispatches()
    newsroom_with_trouble(desk)
    desk.clock.passes(hours=3)
    desk.dispatches()
    said = desk.terminal.getvalue()
    assert said.startswith("Digest of 23 November 2026: 2 stories on 1 initiative")
    assert said.index("Newer than that") < said.index("Treaty to be signed in spring"), "the newest first"
    assert said.index("https://") < said.index("Window: ") < said.index("\nref ")


def test_empty_digests_can_be_switched_off(tmp_path: Path) -> None:
    desk = Desk(tmp_path, DIGEST % ", empty: false")
    desk.dispatches()
    desk.clock.passes(days=2)
    desk.dispatches()
    assert desk.terminal.getvalue() == ""
    assert desk.ask("select count(*) from notifications") == [(0,)]


def test_a_digest_whose_news_was_silenced_does_not_claim_that_there_was_none(tmp_path: Path) -> None:
    silence = """
silences:
- {id: leave, match: {initiatives: ["*"]}, starts: 2026-11-23T09:00Z, ends: 2026-11-24T09:00Z, author: Ada, comment: away}
"""
    desk = Desk(tmp_path, DIGEST % "" + silence)
    desk.reads(mention())
    desk.dispatches()
    desk.clock.passes(hours=4)
    desk.dispatches()
    assert "Silenced: 1." in desk.terminal.getvalue()


def test_a_webhook_gets_the_coverage_as_facts(tmp_path: Path) -> None:
    text = DIGEST.replace("{type: console}", "{type: webhook, url: 'https://tools.example/in'}") % ""
    desk = Desk(tmp_path, text)
    desk.dispatches()
    newsroom_with_trouble(desk)
    desk.clock.passes(hours=3)
    now = desk.clock()
    desk.outbox.prepare(
        partial(route, policy=desk.policy, now=now), partial(seal, policy=desk.policy, now=now), now=now
    )
    ((payload,),) = desk.ask("select payload from deliveries")
    covered = json.loads(payload)["data"]["coverage"]
    assert (covered["sources"], covered["answered"], covered["pages"]) == (6, 2, 9)
    assert covered["blocked"] == ["The Shy", "The Wall"]


def test_before_the_first_pass_nobody_watched_and_the_window_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with desk.warehouse.writing() as con:
        con.execute(
            "insert into runs(run_id, kind, state, started_at, version, host, pid) "
            "values ('r', 'monitor', 'completed', $1, '1', 'h', 1)",
            [MONDAY],
        )
        covered = coverage.read(con, MONDAY - timedelta(days=7), MONDAY + timedelta(hours=1))
    assert covered.since == MONDAY


@pytest.mark.parametrize(
    ("covered", "words"),
    [
        (Coverage(MONDAY, MONDAY, ok=3), "No news in the window, 3 of 3 sources answered"),
        (Coverage(MONDAY, MONDAY, failing=("a", "b")), "No source answered (2 asked): there may be news"),
        (Coverage(MONDAY, MONDAY), "No news in the window, 0 of 0 sources answered"),
    ],
)
def test_silence_is_called_no_news_only_when_somebody_answered(covered: Coverage, words: str) -> None:
    assert verdict(covered) == words


def test_long_lists_of_sources_are_counted_and_times_are_the_readers() -> None:
    names = tuple(f"s{number}" for number in range(20))
    newyear = datetime(2026, 12, 31, 18, tzinfo=UTC)
    first, second = statement(
        Coverage(newyear, newyear + timedelta(days=1), 1, failing=names, pages=1234), "Asia/Kolkata"
    )
    assert first == (
        "Window: 31 Dec, 23:30 to 1 Jan 2027, 23:30 (Asia/Kolkata). 1 of 21 sources answered, 1,234 pages read."
    ).replace("31 Dec, 23:30", "31 Dec 2026, 23:30")
    assert second.endswith("s11 and 8 more.")


def test_every_enabled_source_is_in_exactly_one_state_of_the_macro(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    newsroom_with_trouble(desk)
    with desk.warehouse.writing() as con:
        found = dict(
            rows(con, "select source_id, state from source_coverage($1, $2)", [desk.clock.ago(days=1), desk.clock()])
        )
    assert found == {
        "gazette": "ok", "courier": "ok", "wall": "blocked", "shy": "blocked", "ruin": "failing", "sleeper": "unasked",
    }  # fmt: skip


def test_a_channel_with_little_room_keeps_the_window_and_the_reference() -> None:
    covered = Coverage(MONDAY - timedelta(days=1), MONDAY, 57, failing=tuple(f"Source {n}" for n in range(40)))
    message = Notification(
        "c0d98849" * 5, "desk", "digest/2026-11-23", 1, Occasion.DIGEST, Severity.INFO, MONDAY, coverage=covered
    )
    content = compose(message, (), zone="UTC", now=MONDAY)
    for form, limit in ((Format.IRC, 380), (Format.PLAIN, 400), (Format.TELEGRAM, 500)):
        body = render(content, Channel("there", Transport.APPRISE, "x://", form, limit)).body
        assert len(body.encode()) <= limit
        assert "57 of 97 sources answered" in body
        assert "C0D9-8849" in body
