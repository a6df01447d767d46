"""Messages as govwatch writes them, ready to be handed to a server."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from alerts.content import compose
from alerts.render import render
from records import ids
from records.alert import Item, Notification, Occasion
from records.delivery import Delivery
from records.signal import Severity
from records.subscription import Channel
from tests.alerts.desk import SENTENCE, policy
from tests.clock import MONDAY

NOTIFICATION = "7f3a09bc" + "0" * 24


def channel(url: str, kind: str = "") -> Channel:
    """The channel of this URL, as alerts.yaml would make it."""
    facts = {"url": url} | ({"type": kind} if kind else {})
    return policy(json.dumps({"channels": {"there": facts}})).channels[0]


def item(title: str = "Treaty to be signed in spring", **more: Any) -> Item:
    one = Item(
        initiative="Harbour Treaty", reason="first mention in French", severity=Severity.NOTICE, title=title,
        url="https://gazette.example/1", outlet="The Gazette", country="NO", language="fr", when=MONDAY,
        sentence=SENTENCE, surface="harbour treaty", outlets=("The Gazette", "a.example", "b.example"),
        reference="AAAA-BBBB",
    )  # fmt: skip
    return replace(one, **more)


def message(there: Channel, *titles: str, number: int = 0, items: tuple[Item, ...] = (), **more: Any) -> Delivery:
    """A delivery to ``there`` of these headlines, in the words that ``there`` gets."""
    told = items or tuple(item(title) for title in titles) or (item(),)
    notification = Notification(
        NOTIFICATION, "eu-desk", "harbour-treaty/1", 1, Occasion.STORY, Severity.NOTICE, MONDAY, items=told
    )
    payload = render(compose(notification, (), zone="Europe/Paris", now=MONDAY), there)
    identity = ids.key("delivery", number, there.name)
    one = Delivery(
        identity, NOTIFICATION, "eu-desk", there.name, 1, payload, "hash", ids.key("thread"), MONDAY
    )  # fmt: skip
    return replace(one, **more)
