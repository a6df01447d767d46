"""One round of alerting: route what is new, seal what is due, send what is claimed, note every answer.

It calls and does not decide. It holds no transaction while it sends: the outbox gives a lease and takes a receipt.

    recover -> prepare (route, seal) -> claim -> [begins, send, ends] ... -> record -> claim ...
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TextIO

from alerts.route import route
from alerts.seal import seal
from alerts.send import send
from alerts.timing import after, next_attempt
from records.delivery import Circuit, Delivery, Outbox, Receipt, Result
from records.errors import DeliveryError, DeliveryPermanent, DeliveryTransient
from records.subscription import AlertPolicy, Channel, Subscription

LEASE = timedelta(minutes=5)
"""For how long a claimed delivery belongs to its dispatcher: longer than any attempt may take."""

LONGEST_ATTEMPT = timedelta(minutes=2)
"""No attempt is begun later than this before the lease ends: a service makes a few requests of 30 s each."""

CLAIMED_AT_ONCE = 40
"""Messages that share one window to claim them, and one to record them."""


@dataclass(slots=True)
class DispatchReport:
    """What one round did.

    Attributes:
        routed: signals that got their verdict.
        sealed: messages whose words were frozen.
        results: attempts by result; `records.delivery.Result`.
        failures: the last failure of each channel, in one sentence without secrets.
        held: channels whose circuit is open.
    """

    routed: int = 0
    sealed: int = 0
    results: Counter[Result] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)

    @property
    def sent(self) -> int:
        """Messages that the next hop accepted."""
        return self.results[Result.ACCEPTED]

    @property
    def failed(self) -> int:
        """Attempts that failed, or whose end is not known."""
        return self.results.total() - self.sent

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return bool(self.routed or self.sealed or self.results)

    def sentence(self) -> str:
        """Return what was done in one sentence."""
        words = f"{self.routed} signals routed, {self.sealed} messages written, {self.sent} delivered"
        return f"{words}, {self.failed} failed ({', '.join(sorted(self.failures))})" if self.failed else words


def dispatch(
    outbox: Outbox,
    policy: AlertPolicy,
    *,
    clock: Callable[[], datetime],
    random: Callable[[], float],
    owner: str,
    deadline: timedelta = timedelta(minutes=10),
    out: TextIO | None = None,
) -> DispatchReport:
    """Deliver everything that is due now.

    A channel that fails stops no other one. Being killed at any instant loses nothing: what was claimed and not
    recorded is sent again after its lease, with the same key.

    Args:
        outbox: where signals and messages wait.
        policy: who subscribes, and where to.
        clock: gives the time in UTC.
        random: uniform in [0, 1), for the jitter of retries.
        owner: names this dispatcher in leases and receipts.
        deadline: no message is claimed later than this after the start.
        out: of the console channel; standard output when not given.

    Raises:
        WarehouseError: the outbox cannot be read or written; nothing that was accepted is forgotten for longer than
            a lease.
    """
    report = DispatchReport()
    ends = clock() + deadline
    round_ = _Round(outbox, policy, clock, random, owner, out, report)
    outbox.recover(after, operators=round_.operators, now=clock())
    round_.prepare()
    round_.drain(ends)
    if report.failed:  # operators may have something to hear
        round_.prepare()
        round_.drain(ends)
    return report


@dataclass(frozen=True, slots=True)
class _Round:
    """What the steps of one round share."""

    outbox: Outbox
    policy: AlertPolicy
    clock: Callable[[], datetime]
    random: Callable[[], float]
    owner: str
    out: TextIO | None
    report: DispatchReport

    def prepare(self) -> None:
        now = self.clock()
        routed, sealed = self.outbox.prepare(
            partial(route, policy=self.policy, now=now), partial(seal, policy=self.policy, now=now), now=now
        )
        self.report.routed += routed
        self.report.sealed += sealed

    @property
    def operators(self) -> list[Subscription]:
        return [one for one in self.policy.subscriptions if one.operator]

    def drain(self, ends: datetime) -> None:
        subscriptions = self.policy.subscriptions
        routes = [(one.name, name) for one in subscriptions for name in one.channels if self.policy.channel(name)]
        while (now := self.clock()) < ends:
            claimed = self.outbox.claim(routes, now=now, owner=self.owner, lease=LEASE, limit=CLAIMED_AT_ONCE)
            if not claimed:
                return
            self.work(claimed, now + LEASE - LONGEST_ATTEMPT)

    def work(self, claimed: list[Delivery], until: datetime) -> None:
        """Send what was claimed, and record it in one window; a failure at once, as it may close its channel.

        What else goes to a channel that failed waits for the others: its timeouts shall not keep them waiting.
        """
        receipts: list[Receipt] = []
        unsent: list[Delivery] = []
        broken: set[str] = set()
        waiting = list(claimed)
        while waiting:
            delivery = waiting.pop(0)
            if delivery.channel in broken or self.clock() >= until:
                unsent.append(delivery)
                continue
            self.outbox.begins(delivery)
            receipts.append(self.attempt(delivery))
            self.outbox.ends(receipts[-1])
            if receipts[-1].result is not Result.ACCEPTED:
                broken |= self.note(receipts)
                receipts = []
                waiting.sort(key=partial(_goes_to, delivery.channel))
        if receipts or unsent:
            self.note(receipts, unsent)

    def note(self, receipts: list[Receipt], unsent: Sequence[Delivery] = ()) -> set[str]:
        """Record, count, and return the channels that are not to be used for now."""
        healths = self.outbox.record(receipts, after, operators=self.operators, unsent=unsent)
        broken = {name for name, health in healths.items() if health.circuit is not Circuit.CLOSED}
        for receipt in receipts:
            _count(self.report, receipt, opened=receipt.channel in broken)
        return broken

    def attempt(self, delivery: Delivery) -> Receipt:
        """Send once, and return how it ended; never raises for what a channel does."""
        channel = self.policy.channel(delivery.channel)
        started = self.clock()
        result, code, detail = _sent(delivery, channel, self.out)
        ended = self.clock()
        idempotent = channel is not None and channel.idempotent
        first = delivery.first_try or started
        again = next_attempt(result, code, delivery.attempt, first, ended, self.random, idempotent=idempotent)
        return Receipt(
            delivery_id=delivery.delivery_id,
            channel=delivery.channel,
            attempt=delivery.attempt,
            owner=self.owner,
            started=started,
            ended=ended,
            result=result,
            payload_hash=delivery.payload_hash,
            code=code,
            detail=detail,
            next_try=again,
        )


def _sent(delivery: Delivery, channel: Channel | None, out: TextIO | None) -> tuple[Result, int | None, str]:
    if channel is None:
        return Result.PERMANENT, None, f"the channel {delivery.channel} is no longer configured"
    try:
        code = send(delivery, channel, out)
    except DeliveryTransient as error:
        return Result.TRANSIENT, error.code, str(error)
    except DeliveryPermanent as error:
        return Result.PERMANENT, error.code, str(error)
    except DeliveryError as error:
        return Result.UNKNOWN, error.code, str(error)
    except Exception as error:
        # A plugin of apprise may raise anything; its text may hold the URL, its kind does not.
        return Result.UNKNOWN, None, f"the channel failed in an unforeseen way: {type(error).__name__}"
    return Result.ACCEPTED, code, ""


def _goes_to(channel: str, delivery: Delivery) -> bool:
    return delivery.channel == channel


def _count(report: DispatchReport, receipt: Receipt, *, opened: bool) -> None:
    report.results[receipt.result] += 1
    if receipt.result is not Result.ACCEPTED:
        report.failures[receipt.channel] = receipt.detail
    if opened:
        report.held.add(receipt.channel)
    else:
        report.held.discard(receipt.channel)
