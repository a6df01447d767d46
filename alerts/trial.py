"""A test message, made in the same way as a real one; it belongs to no outbox and is never repeated."""

from __future__ import annotations

from datetime import datetime

from alerts.content import compose
from alerts.render import render
from records import ids
from records.alert import Item, Notification, Occasion, Payload
from records.delivery import Delivery
from records.signal import Severity
from records.subscription import Channel


def trial_delivery(channel: Channel, now: datetime) -> Delivery:
    """Return a test message for ``channel``, to be handed to `alerts.send.send`."""
    identity = ids.key("trial", channel.name, now.isoformat())
    words = f"This is a test of the channel {channel.name}. Nothing happened in the news."
    notification = Notification(
        identity,
        "test",
        "test",
        1,
        Occasion.NOTICE,
        Severity.INFO,
        now,
        heading="Govwatch can reach you here",
        items=(Item("Govwatch", "test message", Severity.INFO, words, when=now),),
    )
    return trial_of(channel, render(compose(notification, (), zone="UTC", now=now), channel), now)


def trial_of(channel: Channel, payload: Payload, now: datetime) -> Delivery:
    """Return a delivery of these words that belongs to no outbox."""
    identity = ids.key("trial", channel.name, now.isoformat())
    hashed = ids.content_hash(payload.body.encode("utf-8", "replace"))
    return Delivery(identity, identity, "test", channel.name, 1, payload, hashed, "test", now)
