"""Hand one frozen message to one channel, once, and say what became of it.

It never retries, never decides when, and never lets a secret of a channel into an error: all that is the caller's.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO
from urllib.parse import urlsplit

from alerts import mail, quirks
from alerts.channels import CONNECT_TIMEOUT, heard, service
from records.delivery import Delivery
from records.errors import DeliveryError, DeliveryPermanent, DeliveryTransient, DeliveryUnknown
from records.subscription import Channel, Transport

_CODE = re.compile(r"error=(\d{3})\b")
_LATER = frozenset({408, 425, 429})
# Before the request left: nothing can have arrived. Seen in requests' and urllib3's texts (2026-11).
_NEVER_LEFT = re.compile(
    r"refused|NewConnectionError|NameResolution|Name or service|getaddrinfo|ConnectTimeout|unreachable|SSLError",
    re.IGNORECASE,
)
_MAYBE = re.compile(r"timed out|timeout|aborted|reset|closed|disconnected", re.IGNORECASE)


def send(delivery: Delivery, channel: Channel, out: TextIO | None = None) -> int | None:
    """Send, and return the code of the answer where one is seen.

    Args:
        delivery: claimed; its words are frozen.
        channel: where to.
        out: of the console channel; standard output when not given.

    Raises:
        DeliveryTransient: the next hop asks to come back, or cannot be reached.
        DeliveryPermanent: it will never take this message.
        DeliveryUnknown: it may or may not have arrived.
    """
    if channel.transport is Transport.CONSOLE:
        _print(delivery, out or sys.stdout)
        return None
    if channel.transport is Transport.MAIL:
        return mail.send(delivery, channel)
    return _notify(delivery, channel)


def probe(channel: Channel) -> str:
    """Look whether ``channel`` can work, without sending a message; return what was found in a few words.

    Raises:
        DeliveryError: it cannot; says why.
    """
    if channel.transport is Transport.CONSOLE:
        return "writes to the terminal"
    if channel.transport is Transport.MAIL:
        return mail.probe(channel)
    parts = urlsplit(channel.url)
    made = service(channel)
    with heard():
        try:
            return quirks.probe(made, parts.scheme, parts.hostname, parts.port, CONNECT_TIMEOUT)
        except DeliveryError as error:
            raise type(error)(f"channel {channel.name}: {error}", error.code) from error


def _print(delivery: Delivery, out: TextIO) -> None:
    text = f"{_marked_body(delivery, idempotent=False)}\n\n"
    encoding = out.encoding or "utf-8"
    text = text.encode(encoding, "replace").decode(encoding)
    if out.isatty() and not os.environ.get("NO_COLOR"):
        first, _, rest = text.partition("\n")
        text = f"\033[1m{first}\033[0m\n{rest}"
    try:
        out.write(text)
        out.flush()
    except (OSError, ValueError) as error:
        raise DeliveryTransient(f"the output is closed: {error}") from error


def _notify(delivery: Delivery, channel: Channel) -> int | None:
    made = service(channel)
    title = ""
    if channel.transport is Transport.WEBHOOK:
        title = delivery.payload.subject
        made.headers["Idempotency-Key"] = delivery.delivery_id
        made.payload_extras.update({"delivery_id": delivery.delivery_id, **delivery.payload.data})
    quirks.mark(made, delivery.delivery_id)
    with heard() as lines:
        try:
            taken = made.notify(
                body=quirks.words(made, _marked_body(delivery, idempotent=channel.idempotent), delivery.delivery_id),
                title=title,
                body_format=made.notify_format,
            )
        finally:
            quirks.finish(made)
    if refused := quirks.refusal(made, lines):
        raise refused
    if taken:
        return None
    raise _meaning(lines)


def _marked_body(delivery: Delivery, *, idempotent: bool) -> str:
    """Return the frozen words; where only a reader can recognise a repeat, with a mark that it may be one."""
    return f"(possible repeat) {delivery.payload.body}" if delivery.repeat and not idempotent else delivery.payload.body


def _meaning(lines: list[str]) -> DeliveryTransient | DeliveryPermanent | DeliveryUnknown:
    """Return what apprise's log says about a failure; only codes and kinds are taken from it, as it holds secrets."""
    text = "\n".join(lines)
    if found := _CODE.search(text):
        code = int(found[1])
        if code in _LATER or code >= 500:
            return DeliveryTransient(f"the service answered {code}", code)
        return DeliveryPermanent(f"the service answered {code}", code)
    if _NEVER_LEFT.search(text):
        return DeliveryTransient("the service cannot be reached")
    if _MAYBE.search(text):
        return DeliveryUnknown("the connection ended before the service answered")
    return DeliveryUnknown("the service failed without saying why")
