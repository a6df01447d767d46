"""Two hundred hostile headlines at every receiver: shown as text, and nobody else is written to, pinged or commanded."""

from __future__ import annotations

from pathlib import Path

import pytest
from apprise.plugins.irc.client import IRCClient
from apprise.plugins.mqtt import NotifyMQTT

from alerts.send import send
from tests.alerts.nasty import TITLES
from tests.inboxes import MailInbox, Receiver, wait_until
from tests.real.messages import channel, item, message
from tests.real.services import IRC, MQTT
from tests.real.showing import plain, shows


def test_there_are_two_hundred() -> None:
    assert len(TITLES) >= 200


def test_mail_shows_them_and_has_no_other_recipient_header_or_part(mailbox: MailInbox) -> None:
    there = channel(mailbox.apprise_url("desk@reader.example"))
    for number, title in enumerate(TITLES):
        send(message(there, items=(item(title, sentence=title),), number=number), there)
    assert mailbox.mails.has(len(TITLES)), "no headline makes a mail of its own, and none is lost"
    assert mailbox.of("desk@reader.example").has(len(TITLES))
    names = {tuple(sorted(mail.keys())) for mail in mailbox.mails}
    assert len(names) == 1, "all have the same headers"
    assert {tuple(str(mail[name]) for name in ("From", "To", "List-Id")) for mail in mailbox.mails} == {
        ("Govwatch <govwatch@newsroom.example>", "desk@reader.example", "<eu-desk.govwatch.newsroom.example>")
    }
    for title, mail in zip(TITLES, mailbox.mails, strict=True):
        assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
        words, _page = (part.get_content() for part in mail.iter_parts())
        assert shows(words, title), repr(title[:80])
        assert shows(str(mail["Subject"]), f"[Harbour Treaty] first mention in French: {title}", 60), repr(title[:80])


def test_a_webhook_gets_them_as_values(receiver: Receiver) -> None:
    there = channel(f"{receiver.url}/hook", "webhook")
    names: set[tuple[str, ...]] = set()
    for number, title in enumerate(TITLES):
        send(message(there, title, number=number), there)
        post = receiver.posts[number]
        names.add((post.path, *sorted(post.headers), *sorted(post.json)))
        assert shows(post.json["items"][0]["title"], title)
        assert shows(post.json["message"], title)
    assert receiver.posts.has(len(TITLES))
    assert len(names) == 1, "the same path, headers and fields for all"


def test_irc_hears_each_on_one_line_in_the_one_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        IRCClient, "pump_interval", 0.01
    )  # it waits this long for more answers, several times a message
    with IRC(tmp_path).up() as server:
        there = channel(server.url("#briefing"))
        with server.reader("#briefing", "#secret") as reader:
            for number, title in enumerate(TITLES):
                send(message(there, title, number=number), there)
            assert wait_until(lambda: len(reader.heard("#briefing")) >= len(TITLES), 20)
            heard = reader.heard("#briefing")
            assert len(heard) == len(TITLES)
            assert {nick for nick, _ in heard} == {"govwatch"}
            for title, (_, words) in zip(TITLES, heard, strict=True):
                assert shows(words, title), repr(title[:80])
                assert words.endswith("ref 7F3A-09BC")
                assert not any(ord(letter) < 32 for letter in words)
            assert reader.heard("#secret") == []
            commands = {line.split(" ")[1] for line in reader.lines if line.startswith(":govwatch!")}
            assert commands <= {"JOIN", "PRIVMSG", "QUIT"}, "it comes, says one line, and goes"


def test_mqtt_gets_each_on_the_one_topic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NotifyMQTT, "mqtt_block_time_sec", 0.01)  # how often it looks whether it was taken
    with MQTT(tmp_path).up() as server, server.subscriber() as arrived:
        there = channel(server.url("desk/alerts"))
        for number, title in enumerate(TITLES):
            send(message(there, title, number=number), there)
            topic, payload = arrived.get(timeout=5)
            assert topic == "desk/alerts"
            assert shows(payload.decode(), title), repr(title[:80])
            assert payload.decode().count("\nid ") == 1
        assert arrived.empty()


def test_the_letters_that_a_reader_sees_are_those_of_the_headline() -> None:
    assert plain("a\u200b b") == "ab"
