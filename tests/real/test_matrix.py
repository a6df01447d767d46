"""Matrix, handed to a real Synapse and read by another account in the room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.send import probe, send
from records.errors import DeliveryPermanent, DeliveryTransient
from tests.alerts.nasty import TITLES
from tests.real.messages import channel, message
from tests.real.services import Matrix, free_port
from tests.real.showing import shows

pytestmark = pytest.mark.endurance


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    with Matrix(tmp_path_factory.mktemp("matrix")).up() as server:
        yield server


def test_a_message_arrives_whole_as_plain_text_by_alias_and_by_id(matrix: Matrix) -> None:
    for room in ("#briefing:test.local", matrix.room_id):
        before = len(matrix.messages())
        there = channel(matrix.url(room))
        send(message(there), there)
        (got,) = matrix.messages()[before:]
        assert got["msgtype"] == "m.text"
        assert got["body"] == message(there).payload.body
        assert "formatted_body" not in got, "nothing is taken for markup"


def test_a_repeat_with_an_access_token_is_recognised_by_the_server(matrix: Matrix) -> None:
    before = len(matrix.messages())
    there = channel(matrix.url(matrix.room_id, token=matrix.token))
    send(message(there, number=7), there)
    send(message(there, number=7, repeat=True), there)
    assert len(matrix.messages()) == before + 1


def test_an_alias_that_nobody_made_is_refused_by_the_probe_and_by_delivery_and_makes_no_room(matrix: Matrix) -> None:
    there = channel(matrix.url("#nobody:test.local"))
    before = matrix.aliases()
    with pytest.raises(DeliveryPermanent, match="no room #nobody"):
        probe(there)
    with pytest.raises(DeliveryPermanent, match="no such room"):
        send(message(there), there)
    assert matrix.aliases() == before


def test_a_probe_looks_at_login_and_room_and_says_nothing(matrix: Matrix) -> None:
    before = len(matrix.messages())
    assert "knows the room" in probe(channel(matrix.url("#briefing:test.local")))
    assert len(matrix.messages()) == before


def test_a_wrong_password_is_a_permanent_failure_that_does_not_show_it(matrix: Matrix) -> None:
    there = channel(matrix.url("#briefing:test.local", password="wr0ng-secret"))
    with pytest.raises(DeliveryPermanent) as raised:
        send(message(there), there)
    assert "wr0ng-secret" not in str(raised.value)
    with pytest.raises(DeliveryPermanent, match="login"):
        probe(there)


def test_no_server_is_a_transient_failure() -> None:
    there = channel(f"matrix://govwatch:pw@127.0.0.1:{free_port()}/#briefing:test.local")
    with pytest.raises(DeliveryTransient):
        send(message(there), there)


def test_hostile_headlines_are_shown_as_text_and_ping_nobody(matrix: Matrix) -> None:
    there = channel(matrix.url(matrix.room_id, token=matrix.token))
    before = len(matrix.messages())
    rooms = matrix.aliases()
    # Numbers of their own: the server knows those of the tests before, and would take them for repeats.
    for number, title in enumerate(TITLES, start=1_000):
        send(message(there, title, number=number), there)
    arrived = matrix.messages()[before:]
    assert len(arrived) == len(TITLES)
    for title, got in zip(TITLES, arrived, strict=True):
        assert shows(got["body"], title), repr(title[:80])
        assert "formatted_body" not in got
        assert not got.get("m.mentions")
        assert "@room" not in got["body"]
    assert matrix.aliases() == rooms
