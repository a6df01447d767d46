"""The commands of alerts as people and machines use them: each has JSON, each error says what to do."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.clock import utc_now
from records.delivery import Circuit
from tests.alerts.desk import Desk, mention
from tests.clock import Clock
from tests.inboxes import MailInbox
from tests.passes import Say
from warehouse.database import Warehouse, rows
from warehouse.outbox import WarehouseOutbox

CONFIG = """
channels:
  terminal: {{type: console}}
  desk: {{url: '{url}'}}
subscriptions:
- {{name: readers, channels: [desk], group: {{wait: 0s}}}}
- {{name: analyst, channels: [desk], deliver: digest}}
"""


@pytest.fixture
def desk(place: Path, mailbox: MailInbox) -> Desk:
    """A desk in the folder where we stand, whose mail server refuses the first message and takes the second."""
    text = CONFIG.format(url=mailbox.apprise_url("desk@newsroom.example"))
    (place / "config").mkdir()
    (place / "config" / "sources.yaml").write_text("sources: []\n")
    (place / "config" / "alerts.yaml").write_text(text)
    (place / "data").mkdir()
    desk = Desk(place / "data", text, Clock(utc_now() - timedelta(minutes=30)))
    desk.warehouse = Warehouse(place / "data" / "govwatch.duckdb", command="pytest")
    desk.outbox = WarehouseOutbox(desk.warehouse)
    mailbox.refuses()
    desk.reads(mention("harbour-treaty", 1, published=None, seen_at=desk.clock()))
    desk.dispatches()
    desk.clock.passes(minutes=2)
    desk.dispatches()
    desk.reads(mention("air-accord", 2, title="[bold]Not markup[/bold]", seen_at=desk.clock()))
    mailbox.refuses("550 5.1.1 nobody here")
    desk.dispatches()
    desk.warehouse.publish()
    return desk


def reference(desk: Desk, channel_state: str) -> str:
    with desk.warehouse.writing() as con:
        (found,) = rows(con, "select notification_id from deliveries where state = $1", [channel_state])
    return f"{found[0][:4]}-{found[0][4:8]}".upper()


def asked(govwatch: Say, *arguments: str, code: int = 0) -> Any:
    ended, out, err = govwatch(*arguments, "--json")
    assert ended == code, err
    return json.loads(out)


def test_show_tells_the_chain_from_the_signal_to_the_words_that_were_sent(desk: Desk, govwatch: Say) -> None:
    code, out, _ = govwatch("alerts", "show", reference(desk, "sent"))
    assert code == 0
    order = [
        "Signals", "https://gazette.example/", "routed as queued: readers: harbour-treaty/1; analyst: digest/",
        "for readers to desk: sent", "attempt 1", "transient the mail server said 451", "attempt 2", "accepted 250", "told: ",
        "words, frozen (SHA-256 ", "[harbour-treaty] first mention: Treaty to be signed in spring",
    ]  # fmt: skip
    places = [out.find(words) for words in order]
    assert -1 not in places, dict(zip(order, places, strict=True))
    assert places == sorted(places)


def test_show_has_stable_keys_for_machines(desk: Desk, govwatch: Say) -> None:
    found = asked(govwatch, "alerts", "show", reference(desk, "sent"))
    assert set(found) == {"signals", "journeys"}
    (journey,) = [one for one in found["journeys"] if one["message"]["state"] == "sent"]
    assert set(journey) == {
        "message", "group", "due", "sealed", "attempts", "next_attempt", "told", "subject", "body", "payload_hash",
    }  # fmt: skip
    assert [one["result"] for one in journey["attempts"]] == ["transient", "accepted"]
    assert set(journey["attempts"][0]) == {"number", "owner", "started", "ended", "result", "code", "detail"}


def test_what_comes_from_the_web_is_text_not_markup(desk: Desk, govwatch: Say) -> None:
    for command in (["alerts", "list"], ["alerts", "show", reference(desk, "dead")]):
        _, out, _ = govwatch(*command)
        assert "[bold]Not markup[/bold]" in out


def test_a_dead_message_is_put_back_with_its_key_and_the_next_number(
    desk: Desk, govwatch: Say, mailbox: MailInbox
) -> None:
    name = reference(desk, "dead")
    assert asked(govwatch, "alerts", "requeue", name) == {"requeued": 1}
    desk.clock.now = utc_now() + timedelta(seconds=1)
    desk.dispatches()
    assert desk.ask("select attempt, result from attempts a join deliveries d using (delivery_id) join notifications "
                    "using (notification_id) where notification_id like $1 order by 1", name.replace("-", "").lower() + "%") == [
        (1, "permanent"), (2, "accepted"),
    ]  # fmt: skip
    desk.holds_the_invariants()
    assert asked(govwatch, "alerts", "requeue", name, code=1) == {"requeued": 0}


def test_what_waits_is_tried_at_once_also_on_a_channel_that_fails(
    desk: Desk, govwatch: Say, mailbox: MailInbox
) -> None:
    mailbox.refuses(times=20)
    for story in range(3, 13):
        desk.reads(mention("air-accord", story, seen_at=desk.clock()))
    desk.clock.now = utc_now()
    desk.dispatches()
    with desk.warehouse.writing() as con:
        assert rows(con, "select circuit from channel_health where channel = 'desk'") == [(Circuit.OPEN.value,)]
    mailbox._faults.clear()
    code, out, _ = govwatch("alerts", "retry")
    assert code == 0
    assert re.match(r"\d+ messages to be tried at once", out)
    assert "1 message dead; put back with: govwatch alerts requeue" in out
    desk.clock.now = utc_now() + timedelta(seconds=1)
    desk.dispatches()
    desk.dispatches()
    assert desk.ask("select distinct state from deliveries where state in ('held', 'retry')") == []


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["alerts", "show", "FFFF-FFFF"], "no alert has the reference 'FFFF-FFFF'"),
        (["alerts", "show", "nonsense"], "`govwatch alerts list` shows the latest"),
        (["alerts", "requeue", "%"], "'%' is no reference: they look like 7F3A-09BC"),
        (["alerts", "test", "dsk"], "there is no channel 'dsk' in alerts.yaml; known: terminal, desk"),
        (["alerts", "silence", "--comment", "x"], "say what to silence"),
        (["alerts", "silence", "--comment", "x", "--initiative", "a", "--for", "soon"], "is not a duration"),
        (["feedback", "FFFF-FFFF", "relevant"], "names no alert about an article"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_told_with_what_to_do(desk: Desk, govwatch: Say, command: list[str], says: str) -> None:
    code, _, err = govwatch(*command)
    assert code in (1, 2)
    assert says in err


def test_a_reference_silences_what_it_is_about_until_it_is_ended(desk: Desk, govwatch: Say) -> None:
    made = asked(govwatch, "alerts", "silence", reference(desk, "sent"), "--for", "7d", "--kind", "new_outlet",
                 "--country", "no", "--tier", "1", "--author", "Ada", "--comment", "we are there")  # fmt: skip
    assert made["match"]["initiatives"] == ["harbour-treaty"]
    assert (made["match"]["countries"], made["match"]["tiers"], made["mode"]) == (["NO"], [1], "digest")
    _, out, _ = govwatch("alerts", "list")
    assert (
        f"Silence {made['silence_id']}, ends in 7 d, digest: harbour-treaty; tier 1; from NO; kind new_outlet (Ada: we are there)"
        in out
    )
    assert asked(govwatch, "alerts", "unsilence", made["silence_id"]) == {
        "silence_id": made["silence_id"],
        "ended": True,
    }
    assert asked(govwatch, "alerts", "unsilence", made["silence_id"], code=1)["ended"] is False


def test_the_last_word_of_each_reader_counts_and_bad_rules_are_named(desk: Desk, govwatch: Say) -> None:
    with desk.warehouse.writing() as con:
        for number, (article,) in enumerate(rows(con, "select article_id from signals order by article_id")):
            con.execute(
                "insert into mentions(article_id, initiative_id, field, span_start, span_end, surface, sentence, rule, place, "
                "context, beaten, rules_version, alerts, found_at, run_id) select article_id, initiative_id, 'text', $2, 9, 'x', "
                "'s', 'Old Name', 'body', [], [], '1', true, now(), 'r' from signals where article_id = $1 limit 1",
                [article, number],
            )
    name = reference(desk, "sent")
    first = asked(govwatch, "feedback", name, "relevant", "--author", "Ada")
    assert first["rules"] == [{"initiative_id": "harbour-treaty", "rule": "Old Name", "relevant": 1, "judged": 1}]
    code, out, _ = govwatch("feedback", name, "not-relevant", "--author", "Ada", "--note", "another harbour")
    assert code == 0
    assert "rule 'Old Name': 0 of 1 relevant" in out
    for author in ("Bo", "Cy", "Di"):
        _, out, _ = govwatch("feedback", name, "not-relevant", "--author", author)
    assert "Rule 'Old Name' of harbour-treaty: 0 of 4 relevant; consider requires: or unless:" in out
    assert desk.ask("select judged, relevant, complaints from rule_precision") == [(4, 0, ["another harbour"])]


def test_a_digest_asks_which_of_its_stories_is_meant(desk: Desk, govwatch: Say) -> None:
    ((digest,),) = desk.ask("select notification_id from notifications where occasion = 'digest'")
    code, _, err = govwatch("feedback", digest[:8], "relevant")
    assert code == 1
    assert "tells 2 stories; give the reference of one:" in err
    (name,) = re.findall(r"^  ([0-9A-F]{4}-[0-9A-F]{4})  harbour-treaty: Treaty", err, re.MULTILINE)
    assert asked(govwatch, "feedback", name, "relevant")["initiative_id"] == "harbour-treaty"


def test_channels_are_listed_and_probed_without_sending(desk: Desk, govwatch: Say, mailbox: MailInbox) -> None:
    listed = asked(govwatch, "alerts", "test")
    assert listed[1] == {"channel": "desk", "type": "mail", "subscriptions": ["readers", "analyst"]}
    before = len(mailbox.mails)
    answers = asked(govwatch, "alerts", "test", "--probe")
    assert [one["ok"] for one in answers] == [True, True]
    assert len(mailbox.mails) == before
    assert asked(govwatch, "alerts", "test", "desk")[0]["answer"].startswith("accepted with 250")
    assert mailbox.mails.has(before + 1)
