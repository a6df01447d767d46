"""Where each signal goes: which subscriptions hear of it, in which message, and when; or why nobody does. Pure.

It never writes a message and never drops a signal without a verdict: "why did I not hear of this" has an answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.standing import needs_an_operator
from alerts.timing import next_digest, quiet_until
from records.alert import Board, Group, Heard, Occasion, Opening, Placement, Routing, Verdict
from records.canary import day_of, is_canary
from records.signal import Kind, Severity, Signal
from records.subscription import AlertPolicy, Silence, SilenceMode, Subscription

HIGH_WAITS = timedelta(minutes=1)
"""The longest that a message of severity high gathers more of its story."""

EXPIRES = timedelta(hours=24)
"""News gets old: an alert that could not go out for this long is told in the digest."""

_STRONGEST = [Kind.FIRST_MENTION, Kind.NEW_STORY, Kind.NEW_OUTLET]
"""Each says what those behind it say, too; the other kinds add something, and go into the same message."""

_WORTH = [Verdict.QUEUED, Verdict.SILENCED, Verdict.INHIBITED, Verdict.NO_SUBSCRIBER]


def route(signals: Sequence[Signal], board: Board, *, policy: AlertPolicy, now: datetime) -> Routing:
    """Decide for every signal.

    Args:
        signals: not routed yet; each gets exactly one verdict, the best that any subscription has for it.
        board: the messages that are open or went out before.
        policy: who subscribes.
        now: when.
    """
    verdicts: dict[str, list[tuple[Verdict, str]]] = defaultdict(list)
    placements: list[Placement] = []
    silences = (*policy.silences, *board.silences)
    placements.extend(_flown(signals, verdicts, policy, now))
    bursting = board.bursting | {one.mention.initiative_id for one in signals if one.kind is Kind.SPIKE}
    for subscription in policy.subscriptions:
        table = _Table(subscription, board, now)
        news = [signal for signal in signals if signal.kind is not Kind.CORRECTION]
        wanted = [signal for signal in news if subscription.match.covers(signal)]
        for signal, verdict, reason in _heard(wanted, silences, now):
            verdicts[signal.signal_id].append((verdict, f"{subscription.name}: {reason}" if reason else ""))
            if verdict is Verdict.QUEUED:
                # In a burst each further outlet is no news of its own: the digest counts them.
                echo = signal.kind is Kind.NEW_OUTLET and signal.mention.initiative_id in bursting
                placed = table.digest(signal) if reason or echo else table.place(signal)
                placements.append(placed)
                verdicts[signal.signal_id][-1] = (verdict, f"{subscription.name}: {placed.key}")
        for signal in signals:
            if signal.kind is Kind.CORRECTION and (found := _corrected(signal, subscription, board, table, silences)):
                verdict, reason, corrected = found
                verdicts[signal.signal_id].append((verdict, f"{subscription.name}: {reason}"))
                placements += [corrected] if corrected else []
    told = {one.signal_id: _combined(verdicts[one.signal_id]) for one in signals}
    return Routing(told, tuple(placements), tuple(_digests(policy, board, now)))


def _flown(
    signals: Sequence[Signal], verdicts: dict[str, list[tuple[Verdict, str]]], policy: AlertPolicy, now: datetime
) -> Iterator[Placement]:
    """Yield where the canary goes: to every operator with a channel that leads out, whatever else they ask for."""
    for signal in signals:
        if not is_canary(signal.mention.initiative_id):
            continue
        for one in policy.subscriptions:
            if one.operator and policy.distant(one):
                key = f"canary/{day_of(signal.mention.initiative_id)}"
                due = quiet_until(now, one.quiet) if one.quiet else now
                verdicts[signal.signal_id].append((Verdict.QUEUED, f"{one.name}: {key}"))
                yield Placement(signal.signal_id, one.name, key, Occasion.CANARY, signal.severity, due)


def _digests(policy: AlertPolicy, board: Board, now: datetime) -> Iterator[Opening]:
    """Yield the next digest of each subscription that gets one whatever happens, and the next report of operators.

    A report comes on its days, and on any other day when something is to be mended by then.
    """
    for one in policy.subscriptions:
        if not one.immediate and one.empty_digest:
            day, due = next_digest(now, one.digest_at, one.digest_days, one.zone)
            yield Opening(one.name, f"digest/{day.isoformat()}", due)
        if one.operator and policy.report is not None:
            days = tuple(range(7)) if needs_an_operator(board.standing) else policy.report.days
            day, due = next_digest(now, policy.report.at, days, policy.report.zone)
            yield Opening(one.name, f"report/{day.isoformat()}", due, Occasion.REPORT)


def silence_for(signal: Signal, silences: Iterable[Silence], now: datetime) -> Silence | None:
    """Return a silence that holds for ``signal``; one that drops it comes before one that delays it."""
    holding = [one for one in silences if one.holds(now) and one.match.covers(signal)]
    return min(holding, key=lambda one: one.mode is not SilenceMode.DROP, default=None)


def to_digest(signal: Signal, subscription: Subscription, now: datetime) -> Placement:
    """Return the place of ``signal`` in the next digest of ``subscription``."""
    day, due = next_digest(now, subscription.digest_at, subscription.digest_days, subscription.zone)
    key = f"digest/{day.isoformat()}"
    return Placement(signal.signal_id, subscription.name, key, Occasion.DIGEST, signal.severity, due)


def _heard(
    signals: Sequence[Signal], silences: Sequence[Silence], now: datetime
) -> Iterator[tuple[Signal, Verdict, str]]:
    """Yield what one subscription hears of the signals that it asked for, unless silenced.

    That is the strongest of each story, with what bursts and figures add to it. A queued signal with a reason belongs
    into the digest.
    """
    strongest: dict[tuple[str, int], Signal] = {}
    for signal in sorted(signals, key=_importance):
        story = (signal.mention.initiative_id, signal.mention.story_id)
        stronger = strongest.setdefault(story, signal) if signal.kind in _STRONGEST else signal
        if stronger is not signal:
            yield signal, Verdict.INHIBITED, f"the {stronger.kind.value} of this story says it"
        elif silence := silence_for(signal, silences, now):
            dropped = silence.mode is SilenceMode.DROP
            yield signal, Verdict.SILENCED if dropped else Verdict.QUEUED, f"silence {silence.silence_id}"
        else:
            yield signal, Verdict.QUEUED, ""


def _importance(signal: Signal) -> tuple[int, int, datetime, str]:
    rank = _STRONGEST.index(signal.kind) if signal.kind in _STRONGEST else len(_STRONGEST)
    return -signal.severity, rank, signal.occurred_at, signal.signal_id


def _corrected(
    signal: Signal, subscription: Subscription, board: Board, table: _Table, silences: Sequence[Silence]
) -> tuple[Verdict, str, Placement | None] | None:
    """Return what one subscription hears of a correction; None when it neither heard of the article nor asks for it.

    Who was told is told of the correction, whatever kinds the subscription asks for: else a wrong alert would stand.
    """
    heard = [
        one
        for one in board.heard.get((signal.mention.initiative_id, signal.mention.article_id), ())
        if one.subscription == subscription.name
    ]
    asks = Kind.CORRECTION in subscription.match.kinds and subscription.match.covers(signal)
    if not heard and not asks:
        return None
    silence = silence_for(signal, silences, table.now)
    if silence is not None and silence.mode is SilenceMode.DROP:
        return Verdict.SILENCED, f"silence {silence.silence_id}", None
    placed = table.digest(signal) if silence is not None else table.correct(signal, heard)
    return Verdict.QUEUED, placed.key, placed


def _combined(found: list[tuple[Verdict, str]]) -> tuple[Verdict, str]:
    if not found:
        return Verdict.NO_SUBSCRIBER, "no subscription asks for it"
    best = min((verdict for verdict, _ in found), key=_WORTH.index)
    return best, "; ".join(reason for _, reason in found if reason)


class _Table:
    """The messages of one subscription, as this routing fills them."""

    def __init__(self, subscription: Subscription, board: Board, now: datetime) -> None:
        self._of = subscription
        self.now = now
        self._groups = {key: group for (name, key), group in board.groups.items() if name == subscription.name}
        self._left = subscription.most_per_hour - board.recent.get(subscription.name, 0)

    def place(self, signal: Signal) -> Placement:
        """Return the message that ``signal`` goes into."""
        if signal.mention.catch_up or not self._at_once(signal):
            return self.digest(signal)
        key = f"{signal.mention.initiative_id}/{signal.mention.story_id}"
        due, occasion = self._due(key, signal.severity), Occasion.STORY
        if released := self._held_until(due, signal.severity):
            due, occasion, key = released, Occasion.HELD, f"held/{released:%Y-%m-%dT%H:%MZ}"
        elif self._groups.get(key, Group()).flush_at is None:  # a message of its own, not one that is open anyway
            if self._left <= 0:
                key, occasion = f"flood/{self.now.astimezone(UTC):%Y-%m-%dT%HZ}", Occasion.FLOOD
                due = self._due(key, Severity.NOTICE)
            self._left -= 1
        self._groups[key] = replace(self._groups.get(key, Group()), flush_at=due)
        return Placement(signal.signal_id, self._of.name, key, occasion, signal.severity, due, due + EXPIRES)

    def correct(self, signal: Signal, heard: Sequence[Heard]) -> Placement:
        """Return the message that a correction goes into: the one that tells the story, while it is open.

        Else the conversation of the message that told it, quietly: after the wait, not too often, and never at night.
        Who reads digests reads it in the next one.
        """
        waiting = next((one for one in heard if one.open), None)
        if waiting is not None:
            due = self._groups.get(waiting.key, Group()).flush_at or self.now + self._of.wait
            expires = None if waiting.occasion is Occasion.DIGEST else due + EXPIRES
            return Placement(
                signal.signal_id, self._of.name, waiting.key, waiting.occasion, signal.severity, due, expires
            )
        told = next((one for one in heard if one.occasion is not Occasion.DIGEST), None)
        if told is None and (heard or not self._of.immediate):
            return self.digest(signal)
        key = f"correction/{signal.mention.initiative_id}/{signal.mention.story_id}"
        due = self._due(key, signal.severity)
        due = self._held_until(due, signal.severity) or due
        thread = told.key if told else ""
        return Placement(
            signal.signal_id, self._of.name, key, Occasion.CORRECTION, signal.severity, due, due + EXPIRES, thread
        )

    def digest(self, signal: Signal) -> Placement:
        """Return the place of ``signal`` in the next digest."""
        return to_digest(signal, self._of, self.now)

    def _at_once(self, signal: Signal) -> bool:
        return self._of.immediate or (self._of.at_once is not None and signal.severity >= self._of.at_once)

    def _due(self, key: str, severity: Severity) -> datetime:
        """Return when a message on ``key`` may go: after the wait, and not too soon after the last one on it."""
        high = severity is Severity.HIGH
        due = self.now + (min(self._of.wait, HIGH_WAITS) if high else self._of.wait)
        group = self._groups.get(key, Group())
        if group.sealed_at is not None and not high:
            due = max(due, group.sealed_at + self._of.interval)
        if group.flush_at is not None:
            due = min(group.flush_at, due)
        return due

    def _held_until(self, due: datetime, severity: Severity) -> datetime | None:
        quiet = self._of.quiet
        if quiet is None or (quiet.except_severity is not None and severity >= quiet.except_severity):
            return None
        released = quiet_until(due, quiet)
        return released if released > due else None
