"""What single services need beside apprise's common door: rooms that must exist, connections to end, refusals to hear.

It never sends. What it reads and sets of apprise's plugins is looked at on both versions by the tests (tests/real).
"""

from __future__ import annotations

import contextlib
import re
import socket
from functools import partial
from typing import Any

from records.errors import DeliveryError, DeliveryPermanent, DeliveryTransient

# Replies of IRC servers from 400 on refuse something (RFC 2812, 5.2), but for these: no message of the day; a nick that
# is taken or not allowed, upon which apprise tries another one; not registered yet, which they cause.
_IRC_REPLY = re.compile(r"^IRC read: (?::\S+ )?(\d{3}) ")
_IRC_HARMLESS = frozenset({422, 431, 432, 433, 451})
_IRC_LATER = frozenset({405, 407, 437, 471})  # too many rooms, too many targets, unavailable for a while, room is full
_IRC_GONE = re.compile(r"^IRC read: (?::\S+ )?ERROR ")
_IRC_BARRED = re.compile(r"password|denied|banned|lined", re.IGNORECASE)  # "K-lined": barred by the network
_MQTT_UNWELL = frozenset({3, 136, 137})  # server unavailable, busy (MQTT 3.1.1, 3.2.2.3; MQTT 5, 3.2.2.2)

_PORTS = {
    "irc": 6667, "ircs": 6697, "mqtt": 1883, "mqtts": 8883, "matrix": 80, "matrixs": 443, "mmost": 80, "mmosts": 443,
    "ntfy": 80, "ntfys": 443, "http": 80, "json": 80, "https": 443, "jsons": 443,
}  # fmt: skip


def prepare(made: Any) -> None:
    """Take from a service what it would do unasked."""
    if _is(made, "slack") and hasattr(made, "dialect_convert"):
        # apprise 2.2 escapes plain text for Slack; ours is escaped, and its bold and links would be escaped too.
        made.dialect_convert = lambda body, *_args, **_named: body
    if _is(made, "matrix"):
        # An alias that is not known makes it create a room of that name, where nobody is, and call that success.
        made._room_create = lambda *_args, **_named: None  # noqa: SLF001
        made.hsreq = False  # ids of rooms since version 12 name no server, and it would add one
    if _is(made, "discord"):
        # Told to wait, it would wait and try again by itself.
        made._send = partial(made._send, rate_limit=0)  # noqa: SLF001
    if _is(made, "mqtt"):
        made.client.on_connect = lambda *answer: _mqtt_answered(made, answer[3])


def _mqtt_answered(made: Any, reason: Any) -> None:
    """Note that a server lets nobody in: apprise would try until its time is over, and not say why."""
    made.refused_with = int(getattr(reason, "value", reason))
    if made.refused_with:
        made.socket_read_timeout = 0


def mark(made: Any, delivery_id: str) -> None:
    """Give a service the key by which it recognises a repeat, where it has one that is not a header.

    Matrix ignores a transaction that an account's device made before; with a password each message is a new device.
    """
    if _is(made, "matrix") and made.password and not made.user:  # an access token
        made.access_token = made.password
        made.transaction_id = delivery_id


def words(made: Any, body: str, delivery_id: str) -> str:
    """Return ``body`` as the service gets it: MQTT has no headers, so a machine finds the key in the last line."""
    return f"{body}\nid {delivery_id}" if _is(made, "mqtt") else body


def finish(made: Any) -> None:
    """End what a service leaves open after a message."""
    if _is(made, "mqtt") and (client := getattr(made, "client", None)) is not None:
        # Each service would keep its connection, and a thread, as long as the process lives.
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            client.on_connect = None  # else the two hold each other, and their sockets
            client.disconnect()
            client.loop_stop()


def refusal(made: Any, lines: list[str]) -> DeliveryError | None:
    """Return what a service was told and does not pass on, from what was heard; None when nothing."""
    if _is(made, "irc"):
        return _irc_refusal(lines)
    if _is(made, "mqtt") and (code := getattr(made, "refused_with", 0)):
        error = DeliveryTransient if code in _MQTT_UNWELL else DeliveryPermanent
        return error(f"the MQTT server does not let us in: it answered {code}")
    if _is(made, "matrix") and any("Could not join Matrix room" in line for line in lines):
        return DeliveryPermanent("the Matrix server has no such room, or does not let the account in", 404)
    return None


def probe(made: Any, scheme: str, host: str | None, port: int | None, timeout: float) -> str:
    """Look whether a service can work, and return what was found; nothing is said there.

    Raises:
        DeliveryTransient: the server cannot be reached.
        DeliveryPermanent: it does not take the login, or does not know the room.
    """
    if scheme not in _PORTS or host is None or "." not in host:
        return "its URL is understood; `govwatch alerts test` sends a message"
    try:
        socket.create_connection((host, port or _PORTS[scheme]), timeout=timeout).close()
    except OSError as error:
        raise DeliveryTransient(f"the server cannot be reached: {error.strerror or error}") from error
    if _is(made, "matrix"):
        _look_for_room(made)
        return "the server takes the login and knows the room; `govwatch alerts test` sends a message"
    return "the server answers; `govwatch alerts test` sends a message"


def _look_for_room(made: Any) -> None:
    if not (made.access_token or made._login()):  # noqa: SLF001
        raise DeliveryPermanent("the Matrix server does not take the login")
    for room in made.rooms:
        if room.startswith("#") and made._room_id(room) is None:  # noqa: SLF001
            raise DeliveryPermanent(f"the Matrix server knows no room {room}; make it, or give its id (!...)")


def _irc_refusal(lines: list[str]) -> DeliveryError | None:
    codes = [int(found[1]) for line in lines if (found := _IRC_REPLY.match(line))]
    refused = [code for code in codes if code >= 400 and code not in _IRC_HARMLESS]
    if refused and refused[0] in _IRC_LATER:
        return DeliveryTransient(f"the IRC server answered {refused[0]}", refused[0])
    if refused:
        return DeliveryPermanent(f"the IRC server answered {refused[0]}: it does not let us speak there", refused[0])
    gone = [line for line in lines if _IRC_GONE.match(line)]
    if gone and not any("Sent IRC notification" in line for line in lines):
        if any(_IRC_BARRED.search(line) for line in gone):
            return DeliveryPermanent("the IRC server does not let us in")
        return DeliveryTransient("the IRC server closed the connection")
    return None


def _is(made: Any, module: str) -> bool:
    return f".plugins.{module}" in type(made).__module__
