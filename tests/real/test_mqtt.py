"""MQTT, handed to a real mosquitto and read by another subscriber."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.send import probe, send
from records import ids
from records.errors import DeliveryPermanent, DeliveryTransient
from tests.real.messages import channel, message
from tests.real.services import MQTT, free_port


@pytest.fixture(scope="module")
def mqtt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MQTT]:
    with MQTT(tmp_path_factory.mktemp("mqtt"), login=("desk", "right")).up() as server:
        yield server


def test_a_message_arrives_whole_on_its_topic_with_its_key(mqtt: MQTT) -> None:
    there = channel(mqtt.url("desk/alerts"))
    with mqtt.subscriber() as arrived:
        send(message(there), there)
        topic, payload = arrived.get(timeout=5)
    assert topic == "desk/alerts"
    words = payload.decode()
    assert words.startswith("Harbour Treaty: first mention in French\nTreaty to be signed in spring\n")
    assert "https://gazette.example/1" in words
    assert f"\nid {ids.key('delivery', 0, 'there')}" in words


def test_a_message_leaves_no_thread_and_no_connection_behind(mqtt: MQTT) -> None:
    there = channel(mqtt.url("desk/alerts"))
    before = threading.active_count()
    for _ in range(5):
        send(message(there), there)
    assert threading.active_count() == before


def test_a_wrong_password_is_a_permanent_failure_and_nothing_arrives(mqtt: MQTT) -> None:
    there = channel(mqtt.url("desk/alerts", password="wr0ng-secret"))
    with mqtt.subscriber() as arrived:
        with pytest.raises(DeliveryPermanent) as raised:
            send(message(there), there)
        assert arrived.empty()
    assert "wr0ng-secret" not in str(raised.value)


def test_no_server_is_a_transient_failure() -> None:
    there = channel(f"mqtt://127.0.0.1:{free_port()}/desk?qos=1")
    with pytest.raises(DeliveryTransient):
        send(message(there), there)


def test_a_probe_says_that_the_server_answers_and_publishes_nothing(mqtt: MQTT) -> None:
    with mqtt.subscriber() as arrived:
        assert "answers" in probe(channel(mqtt.url("desk/alerts")))
        assert arrived.empty()


def test_a_server_that_lets_everybody_in_needs_no_login(tmp_path: Path) -> None:
    with MQTT(tmp_path).up() as server, server.subscriber() as arrived:
        there = channel(server.url("open"))
        send(message(there), there)
        assert arrived.get(timeout=5)[0] == "open"
