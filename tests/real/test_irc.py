"""IRC, handed to a real ngircd and read by somebody else in the room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.send import probe, send
from records.errors import DeliveryPermanent, DeliveryTransient
from tests.inboxes import wait_until
from tests.real.messages import channel, message
from tests.real.services import IRC, free_port


@pytest.fixture(scope="module")
def irc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IRC]:
    with IRC(tmp_path_factory.mktemp("irc")).up() as server:
        yield server


def test_a_message_arrives_on_one_line_with_its_link_and_reference(irc: IRC) -> None:
    with irc.reader("#briefing") as reader:
        there = channel(irc.url("#briefing"))
        send(message(there), there)
        assert wait_until(lambda: len(reader.heard("#briefing")) == 1, 5)
        ((nick, words),) = reader.heard("#briefing")
        assert nick == "govwatch"
        assert words == (
            "Harbour Treaty: first mention in French - Treaty to be signed in spring - The Gazette - "
            "https://gazette.example/1 | ref 7F3A-09BC"
        )


def test_what_may_be_a_repeat_says_so(irc: IRC) -> None:
    with irc.reader("#briefing") as reader:
        there = channel(irc.url("#briefing"))
        send(message(there, repeat=True), there)
        assert wait_until(lambda: len(reader.heard("#briefing")) == 1, 5)
        assert reader.heard("#briefing")[0][1].startswith("(possible repeat) Harbour Treaty")


def test_a_message_of_many_stories_is_one_line_within_the_limit(irc: IRC) -> None:
    with irc.reader("#briefing") as reader:
        there = channel(irc.url("#briefing"))
        send(message(there, *[f"Report number {number} on the harbour" for number in range(60)]), there)
        assert wait_until(lambda: len(reader.heard("#briefing")) == 1, 5)
        words = reader.heard("#briefing")[0][1]
        assert len(words.encode()) <= 380
        assert "more" in words
        assert words.endswith("ref 7F3A-09BC")


@pytest.mark.parametrize("room", ["#moderated", "#locked"])
def test_a_room_that_does_not_let_us_speak_is_a_permanent_failure(irc: IRC, room: str) -> None:
    there = channel(irc.url(room))
    with pytest.raises(DeliveryPermanent, match="IRC server"):
        send(message(there), there)


def test_a_wrong_password_is_a_permanent_failure_that_does_not_show_it(tmp_path: Path) -> None:
    with IRC(tmp_path, password="right").up() as server:
        there = channel(server.url("#briefing", password="wr0ng-secret"))
        with pytest.raises(DeliveryPermanent) as raised:
            send(message(there), there)
        assert "wr0ng-secret" not in str(raised.value)
        there = channel(server.url("#briefing", password="right"))
        with server.reader("#briefing") as reader:
            send(message(there), there)
            assert wait_until(lambda: len(reader.heard("#briefing")) == 1, 5)


def test_no_server_is_a_transient_failure() -> None:
    there = channel(f"irc://govwatch@127.0.0.1:{free_port()}/#briefing?join=yes")
    with pytest.raises(DeliveryTransient):
        send(message(there), there)
    with pytest.raises(DeliveryTransient):
        probe(there)


def test_a_probe_says_that_the_server_answers_and_says_nothing_in_the_room(irc: IRC) -> None:
    with irc.reader("#briefing") as reader:
        assert "answers" in probe(channel(irc.url("#briefing")))
        assert reader.heard("#briefing") == []
