"""The faults of delivery, each with real parts; what must hold is looked at where messages arrive.

Left to other files: 1, 2 and 23 (tests/warehouse/test_signals.py), 16 (tests/alerts/test_timing.py),
17 to 19 (tests/alerts/test_render.py and test_send.py).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Self

import pytest

from alerts.seal import seal
from records.errors import DiskFull, WarehouseLocked
from tests.alerts.desk import Desk, mention
from tests.inboxes import MailInbox, Receiver, wait_until
from warehouse import deliveries, messages
from warehouse.outbox import WarehouseOutbox

HOOK = """
channels: {{hook: {{type: webhook, url: '{url}/hook'}}}}
subscriptions: [{{name: desk, channels: [hook], group: {{wait: 0s, interval: 3h}}}}]
"""
MAIL = """
channels: {{mail: {{url: '{url}'}}, terminal: {{type: console}}}}
subscriptions:
- {{name: desk, channels: [mail, terminal], group: {{wait: 0s}}}}
- {{name: operator, channels: [terminal], match: {{initiatives: [none]}}, operator: true}}
"""


def keys(receiver: Receiver) -> list[str]:
    return [post.json["delivery_id"] for post in receiver.posts]


def hook(tmp_path: Path, receiver: Receiver) -> Desk:
    return Desk(tmp_path, HOOK.format(url=receiver.url))


def mails(tmp_path: Path, mailbox: MailInbox) -> Desk:
    return Desk(tmp_path, MAIL.format(url=mailbox.apprise_url("desk@reader.example")))


def claimed_by_another(desk: Desk) -> WarehouseOutbox:
    """A dispatcher claims what is due, and hangs; its process lives as long as what is returned."""
    outbox = WarehouseOutbox(desk.warehouse)
    route = [(one.name, name) for one in desk.policy.subscriptions for name in one.channels]

    from alerts.route import route as decide

    now = desk.clock()
    outbox.prepare(partial(decide, policy=desk.policy, now=now), partial(seal, policy=desk.policy, now=now), now=now)
    assert outbox.claim(route, now=now, owner="another", lease=timedelta(minutes=5), limit=9)
    return outbox


def test_3_killed_after_the_claim_it_is_sent_once_and_at_once_as_nothing_was_begun(
    tmp_path: Path, receiver: Receiver
) -> None:
    desk = hook(tmp_path, receiver)
    desk.reads(mention())
    claimed_by_another(desk)._journal.abandon()  # what the kernel does when a process dies
    desk.dispatches()
    desk.dispatches()
    assert receiver.posts.has(1)
    assert desk.ask("select attempt, result from attempts") == [(1, "accepted")]
    assert not list(tmp_path.glob("*.sending.*"))
    desk.holds_the_invariants()


def test_3b_claimed_by_one_that_hangs_it_is_sent_once_after_the_lease(tmp_path: Path, receiver: Receiver) -> None:
    desk = hook(tmp_path, receiver)
    desk.reads(mention())
    hanging = claimed_by_another(desk)
    desk.clock.passes(minutes=4)
    desk.dispatches()
    assert not receiver.posts
    desk.clock.passes(minutes=2)
    desk.dispatches()
    desk.dispatches()
    assert receiver.posts.has(1)
    desk.holds_the_invariants()
    hanging._journal.remove()


def test_4_killed_after_the_send_it_is_repeated_with_the_same_key_and_told_once(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = hook(tmp_path, receiver)
    desk.reads(mention())
    with monkeypatch.context() as patched:
        patched.setattr(desk.outbox, "ends", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.dispatches()
    desk.dispatches()
    assert len(keys(receiver)) == 2
    assert len(set(keys(receiver))) == 1
    assert desk.ask("select count(*) from told") == [(1,)]
    desk.holds_the_invariants()


def test_4b_killed_before_receipts_are_recorded_nothing_is_repeated_as_they_were_noted(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = hook(tmp_path, receiver)
    desk.reads(*[mention(story=story) for story in range(1, 13)])
    with monkeypatch.context() as patched:
        patched.setattr(desk.outbox, "record", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.dispatches()
    assert desk.ask("select count(*) from told") == [(0,)]
    desk.dispatches()
    assert receiver.posts.has(12)
    assert desk.ask("select count(*) from told") == [(12,)]
    desk.holds_the_invariants()


def killed(*_args: object, **_named: object) -> None:
    raise KeyboardInterrupt


def test_5_killed_in_the_middle_of_recording_there_is_no_half_receipt(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = hook(tmp_path, receiver)
    desk.reads(mention())
    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "_store_health", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.dispatches()
    assert desk.ask("select state from deliveries") == [("sending",)]
    assert desk.ask("select 1 from attempts") == []
    desk.dispatches()
    assert receiver.posts.has(1), "the receipt was noted beside the database"
    desk.holds_the_invariants()


def test_6_a_mail_that_was_never_confirmed_is_repeated_with_its_message_id(tmp_path: Path, mailbox: MailInbox) -> None:
    desk = mails(tmp_path, mailbox)
    desk.reads(mention())
    mailbox.closes_after_reading()
    desk.dispatches()
    desk.clock.passes(minutes=2)
    desk.dispatches()
    assert mailbox.mails.has(2)
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1
    assert desk.states()["mail"] == "sent"
    desk.holds_the_invariants()


@pytest.mark.parametrize("reply", ["421 4.3.2 closing", "451 4.7.1 greylisted"])
def test_7_a_mail_server_that_asks_to_come_back_is_met_when_due_not_before(
    tmp_path: Path, mailbox: MailInbox, reply: str
) -> None:
    desk = mails(tmp_path, mailbox)
    desk.reads(mention())
    mailbox.refuses(reply)
    desk.dispatches()
    desk.clock.passes(seconds=55)
    desk.dispatches()
    assert not mailbox.mails
    desk.clock.passes(seconds=10)
    desk.dispatches()
    assert mailbox.mails.has(1)
    desk.holds_the_invariants()


def test_8_what_one_channel_refuses_for_good_is_dead_there_sent_elsewhere_and_told_once(
    tmp_path: Path, mailbox: MailInbox
) -> None:
    desk = mails(tmp_path, mailbox)
    desk.reads(mention(), mention(story=2))
    mailbox.refuses("550 5.1.1 nobody", times=2)
    desk.dispatches()
    said = desk.terminal.getvalue()
    assert said.count("Treaty to be signed") == 2, "the other channel has both"
    assert said.count("a message could not be delivered") == 1, "operators hear once"
    assert "550" in said
    assert desk.states()["mail"] == "dead dead"
    with desk.warehouse.writing() as con:
        assert messages.requeue(con, None, desk.clock()) == 2
    desk.dispatches()
    assert mailbox.mails.has(2)
    desk.holds_the_invariants()


def test_9_a_channel_that_fails_for_hours_is_held_not_spent_and_drained_after_a_probe(
    tmp_path: Path, mailbox: MailInbox
) -> None:
    text = MAIL.replace("channels: [mail, terminal]", "channels: [mail]")
    desk = Desk(tmp_path, text.format(url=mailbox.apprise_url("desk@reader.example")))
    desk.knows(mention(story=99))
    desk.reads(*[mention(story=story) for story in range(1, 13)])
    mailbox.refuses("451 4.3.0 later", times=12)
    desk.dispatches()
    assert desk.terminal.getvalue().count("the channel keeps failing") == 1
    assert desk.ask("select circuit from channel_health where channel = 'mail'") == [("open",)]
    spent = desk.ask("select sum(attempts) from deliveries where channel = 'mail'")
    desk.clock.passes(minutes=50)
    desk.dispatches()
    assert desk.ask("select sum(attempts) from deliveries where channel = 'mail'") == spent
    for _ in range(5):
        desk.clock.passes(minutes=61)
        desk.dispatches()
    assert desk.states()["mail"] == " ".join(["sent"] * 12)
    assert mailbox.mails.has(12)
    assert desk.terminal.getvalue().count("the channel keeps failing") == 1
    desk.holds_the_invariants()


def test_9b_what_was_held_for_a_day_is_told_in_the_digest(tmp_path: Path, mailbox: MailInbox) -> None:
    desk = mails(tmp_path, mailbox)
    desk.knows(mention(story=99))
    desk.reads(*[mention(story=story) for story in range(1, 13)])
    mailbox.refuses("451 4.3.0 later", times=10)
    desk.dispatches()
    desk.clock.passes(hours=25)
    desk.dispatches()
    desk.clock.passes(hours=24)
    desk.dispatches()
    assert [str(mail["Subject"]) for mail in mailbox.mails] == [
        "Digest of 25 November 2026: 12 stories on 1 initiative"
    ]
    assert desk.terminal.getvalue().count("Treaty to be signed") == 12, "the terminal knew them: nothing twice"
    desk.holds_the_invariants()


def test_10_a_webhook_that_stores_and_hangs_up_gets_the_same_key_again(tmp_path: Path, receiver: Receiver) -> None:
    desk = hook(tmp_path, receiver)
    desk.reads(mention())
    receiver.closes_after_reading()
    desk.dispatches()
    assert desk.states() == {"hook": "unknown"}
    desk.clock.passes(minutes=2)
    desk.dispatches()
    assert len(keys(receiver)) == 2
    assert len(set(keys(receiver))) == 1
    assert desk.states() == {"hook": "sent"}
    desk.holds_the_invariants()


@pytest.mark.parametrize(("status", "state"), [(429, "retry"), (500, "retry"), (404, "dead"), (302, "dead")])
def test_11_each_answer_of_a_webhook_has_its_consequence(
    tmp_path: Path, receiver: Receiver, status: int, state: str
) -> None:
    desk = hook(tmp_path, receiver)
    desk.reads(mention())
    receiver.answers(status)
    desk.dispatches()
    assert desk.states() == {"hook": state}
    desk.clock.passes(minutes=2)
    desk.dispatches()
    assert desk.states() == {"hook": "sent" if status == 500 else state}
    desk.holds_the_invariants()


def test_12_a_disk_that_is_full_while_recording_is_a_clear_error_and_loses_nothing(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = hook(tmp_path, receiver)
    desk.reads(mention())

    def full(*_args: object, **_named: object) -> None:
        raise DiskFull("no space is left")

    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "record", full)
        with pytest.raises(DiskFull):
            desk.dispatches()
    desk.dispatches()
    assert receiver.posts.has(1)
    assert desk.ask("select result from attempts order by attempt") == [("accepted",)]
    desk.holds_the_invariants()


def test_13_a_warehouse_that_another_holds_is_a_clear_error_and_the_next_round_catches_up(
    tmp_path: Path, receiver: Receiver
) -> None:
    desk = hook(tmp_path, receiver)
    desk.reads(mention())
    desk.warehouse.lock_timeout = 0.1
    holder = Desk(tmp_path).warehouse
    with holder.writing(), pytest.raises(WarehouseLocked):
        desk.dispatches()
    desk.dispatches()
    assert receiver.posts.has(1)


NURSERY = """
import os, signal, sys
from datetime import timedelta
from functools import partial
from pathlib import Path
sys.path.insert(0, {root!r})
import alerts.channels
from tests.alerts.desk import Desk
from tests.clock import MONDAY, Clock
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
from records.subscription import Channel, Transport
alerts.channels.service(Channel("warm", Transport.WEBHOOK, "http://127.0.0.1:9/"))  # its first use takes a second
for line in sys.stdin:
    owner, minutes = line.split()
    child = os.fork()
    if child == 0:
        desk = Desk(Path({folder!r}), {policy!r}, Clock(MONDAY + timedelta(minutes=float(minutes))))
        desk.dispatches(owner=owner)
        os._exit(0)
    print(child, flush=True)
"""


class Nursery:
    """Makes dispatchers, each a process of its own, without the second that it takes to start Python."""

    def __init__(self, folder: Path, policy: str) -> None:
        code = NURSERY.format(root=str(Path(__file__).parents[2]), folder=str(folder), policy=policy)
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.communicate()

    def starts(self, owner: str, minutes: float = 0) -> int:
        """Start a dispatcher that many minutes after Monday's beginning, and return its process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{owner} {minutes}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def test_14_two_dispatchers_at_once_send_every_message_once(tmp_path: Path, receiver: Receiver) -> None:
    policy = HOOK.format(url=receiver.url)
    desk = Desk(tmp_path, policy)
    desk.reads(*[mention(story=story) for story in range(1, 21)])
    with Nursery(tmp_path, policy) as nursery:
        nursery.starts("one")
        nursery.starts("two")
        assert receiver.posts.has(20, within=30)
        wait_until(lambda: desk.states() == {"hook": " ".join(["sent"] * 20)})
    assert len(keys(receiver)) == 20
    assert len(set(keys(receiver))) == 20
    desk.holds_the_invariants()


def test_killed_at_any_instant_everything_arrives_and_repeats_carry_the_same_key(
    tmp_path: Path, receiver: Receiver
) -> None:
    policy = HOOK.format(url=receiver.url)
    desk = Desk(tmp_path, policy)
    desk.knows(mention(story=999))
    random, kills, minutes = Random(7), 20, 0.0
    desk.reads(*[mention(story=story) for story in range(1, 29)])
    with Nursery(tmp_path, policy) as nursery:
        for number in range(kills):
            child = nursery.starts(f"worker-{number}", minutes)
            time.sleep(random.uniform(0.0, 0.4))
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            minutes += 6
            desk.holds_the_invariants()
    for _ in range(3):
        desk.clock.passes(minutes=minutes + 6)
        desk.dispatches()
    sent = keys(receiver)
    assert len(set(sent)) == 28, "all arrive"
    assert len(sent) - len(set(sent)) <= kills, "at most one repeat for each kill"
    assert set(desk.ask("select distinct state from deliveries")) == {("sent",)}
    desk.holds_the_invariants()


def test_15_a_clock_that_jumps_repeats_nothing_and_recovers(tmp_path: Path, receiver: Receiver) -> None:
    desk = hook(tmp_path, receiver)
    desk.reads(mention())
    desk.dispatches()
    desk.clock.passes(hours=-2)
    desk.dispatches()
    desk.clock.passes(days=2)
    desk.dispatches()
    assert receiver.posts.has(1)
    desk.reads(mention("air-accord", 7))
    claimed_by_another(desk)
    desk.clock.passes(hours=-2)
    desk.dispatches()
    assert receiver.posts.has(2), "a lease from the future is no lease"
    desk.holds_the_invariants()


def test_20_forty_outlets_that_print_one_text_make_one_alert_and_one_update(tmp_path: Path, receiver: Receiver) -> None:
    desk = hook(tmp_path, receiver)
    desk.knows(mention(story=99))
    for number in range(40):
        desk.reads(mention(story=5, outlet=f"outlet-{number}.example", language=("en", "fr", "de")[number % 3]))
        desk.clock.passes(seconds=30)
        if number % 5 == 4:
            desk.dispatches()
    desk.clock.passes(hours=4)
    desk.dispatches()
    desk.dispatches()
    assert len(receiver.posts) == 2
    desk.holds_the_invariants()


def test_21_an_original_that_comes_after_its_copy_makes_no_second_new_story(tmp_path: Path, receiver: Receiver) -> None:
    desk = hook(tmp_path, receiver)
    desk.knows(mention(story=99), mention(story=98, outlet="agency.example"))
    desk.reads(mention(story=5, outlet="courier.example"))
    desk.dispatches()
    raised = desk.reads(mention(story=5, outlet="agency.example", published=desk.clock.ago(days=1)))
    desk.dispatches()
    assert raised == []
    assert receiver.posts.has(1)


def test_22_a_feed_that_returns_with_400_items_makes_one_entry_in_the_digest(
    tmp_path: Path, receiver: Receiver
) -> None:
    desk = hook(tmp_path, receiver)
    desk.reads(*[mention(story=story, catch_up=True) for story in range(1, 401)])
    desk.dispatches()
    assert not receiver.posts
    desk.clock.passes(days=1)
    desk.dispatches()
    assert receiver.posts.has(1)
    assert receiver.posts[0].json["title"] == "Digest of 24 November 2026: 400 stories on 1 initiative"


def test_24_a_channel_that_changed_hands_gets_nobody_elses_messages(tmp_path: Path, receiver: Receiver) -> None:
    desk = hook(tmp_path, receiver)
    desk.reads(mention())
    receiver.answers(500)
    desk.dispatches()
    other = HOOK.format(url=receiver.url).replace("name: desk", "name: strangers")
    desk.policy = Desk(tmp_path, other).policy
    desk.clock.passes(minutes=2)
    desk.dispatches()
    assert receiver.posts.has(1)
    assert desk.ask("select state, reason from deliveries") == [("cancelled", "desk no longer sends to hook")]
    desk.holds_the_invariants()


def test_25_frozen_words_are_sent_though_the_template_changed(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = hook(tmp_path, receiver)
    desk.reads(mention())
    receiver.answers(500)
    desk.dispatches()
    monkeypatch.setattr("alerts.render.webhook.render", killed)
    desk.clock.passes(minutes=2)
    desk.dispatches()
    first, second = receiver.posts
    assert first.body == second.body
    desk.holds_the_invariants()
