"""Messages on their way: deliveries, receipts, the health of channels, and the outbox where they wait.

They never hold what a channel's URL is: it has secrets, and stays in the configuration. Every time is aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from records.alert import Board, Notification, Payload, Routing, Sealed
from records.signal import Signal
from records.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one channel.

    Attributes:
        delivery_id: of the notification and the channel: the idempotency key of every attempt.
        attempt: counted from 1.
        first_try: when the first attempt began; None before it.
        thread: names the conversation that it belongs to (subscription and group).
        repeat: an earlier attempt may have arrived.
    """

    delivery_id: str
    notification_id: str
    subscription: str
    channel: str
    attempt: int
    payload: Payload
    payload_hash: str
    thread: str
    created_at: datetime
    first_try: datetime | None = None
    repeat: bool = False

    @property
    def reference(self) -> str:
        """The short name that readers see."""
        return f"{self.notification_id[:4]}-{self.notification_id[4:8]}".upper()


class Result(StrEnum):
    """What the next hop said. *Accepted* means that it took the message, no more."""

    ACCEPTED = "accepted"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Receipt:
    """How one attempt ended.

    Attributes:
        code: the HTTP or SMTP status, where one was seen.
        detail: one sentence without secrets.
        next_try: None when there is none: it arrived, or it is dead.
    """

    delivery_id: str
    channel: str
    attempt: int
    owner: str
    started: datetime
    ended: datetime
    result: Result
    payload_hash: str
    code: int | None = None
    detail: str = ""
    next_try: datetime | None = None


class Circuit(StrEnum):
    """Whether a channel is used."""

    CLOSED = "closed"  # it works
    OPEN = "open"  # it failed again and again: messages are held
    HALF_OPEN = "half_open"  # one message is on its way to see


@dataclass(frozen=True, slots=True)
class Health:
    """How a channel has been doing.

    Attributes:
        failures: in a row; a permanent one counts twice.
        probe_at: when an open circuit lets one message through.
    """

    channel: str
    circuit: Circuit = Circuit.CLOSED
    failures: int = 0
    opened_at: datetime | None = None
    probe_at: datetime | None = None
    last_ok: datetime | None = None
    last_code: int | None = None


Decide = Callable[[Sequence[Signal], Board], Routing]
"""Where do new signals go? (`alerts.route.route`, with policy and time bound)."""

Write = Callable[[Notification, Board], Sealed]
"""What does a due notification say? (`alerts.seal.seal`, with policy and time bound)."""

Judge = Callable[[Health, Receipt], Health]
"""How is a channel doing after a receipt? (`alerts.timing.after`)."""


class Outbox(Protocol):
    """Where signals wait to become messages, and messages to be delivered.

    Each call is one short transaction at most; `begins` and `ends`, which stand beside each message, are none.
    """

    def prepare(self, decide: Decide, write: Write, *, now: datetime) -> tuple[int, int]:
        """Route what is unrouted, and seal what is due; return how many signals and how many notifications."""
        ...

    def claim(
        self, routes: Sequence[tuple[str, str]], *, now: datetime, owner: str, lease: timedelta, limit: int
    ) -> list[Delivery]:
        """Take due deliveries for ``owner``; nobody else gets them until the lease ends.

        ``routes`` are the pairs of subscription and channel that are configured now: what waits for any other pair is
        cancelled, so that a channel that changed hands never gets another reader's messages.
        """
        ...

    def begins(self, delivery: Delivery) -> None:
        """Note that a claimed delivery may leave from now on: what was not begun is known not to have arrived."""
        ...

    def ends(self, receipt: Receipt) -> None:
        """Note how an attempt ended, so that a kill before `record` leaves no doubt of it."""
        ...

    def record(
        self,
        receipts: Sequence[Receipt],
        judge: Judge,
        *,
        operators: Sequence[Subscription],
        unsent: Sequence[Delivery] = (),
    ) -> dict[str, Health]:
        """Note how attempts ended, give back what was claimed and is ``unsent``, tell operators of what is dead.

        Returns:
            how each channel that an attempt was made on is doing.
        """
        ...

    def recover(self, judge: Judge, *, operators: Sequence[Subscription], now: datetime) -> int:
        """Settle what dispatchers that died had claimed and noted; return how many they were."""
        ...
