"""When a message is due: look at silences and age again, leave out what each channel knows, write and freeze the rest.

Pure: it takes the message as gathered, and returns the words of each channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from alerts.content import compose
from alerts.render import render
from alerts.report import all_troubles
from alerts.route import silence_for, to_digest
from records.alert import Board, Notification, Occasion, Payload, Placement, Sealed
from records.signal import Signal
from records.subscription import AlertPolicy, SilenceMode, Subscription


def seal(notification: Notification, board: Board, *, policy: AlertPolicy, now: datetime) -> Sealed:
    """Return what becomes of ``notification``, which is due.

    A subscription that is no longer configured gets nothing; a channel that is gone gets nothing; each other channel
    gets the signals that it does not know. What is too old for an alert moves into the digest.
    """
    subscription = policy.subscription(notification.subscription)
    if subscription is None:
        return Sealed(notification.notification_id)
    if notification.expires_at is not None and now >= notification.expires_at:
        moved = tuple(to_digest(signal, subscription, now) for signal in notification.signals)
        return Sealed(notification.notification_id, moved=moved)
    kept, silenced, delayed = _unsilenced(notification, subscription, (policy, board), now)
    payloads: dict[str, Payload] = {}
    told: dict[str, tuple[str, ...]] = {}
    speaks = _speaks(notification, subscription, policy)
    names = policy.distant(subscription) if notification.occasion is Occasion.CANARY else subscription.channels
    for name in names:
        if notification.heard is not None and name not in notification.heard:
            continue
        channel = policy.channel(name)
        known = notification.told.get(name, frozenset())
        news = [signal for signal in kept if signal.signal_id not in known]
        if channel is not None and (news or notification.items or speaks):
            content = compose(
                notification,
                news,
                zone=subscription.zone,
                now=now,
                silenced=len(silenced),
                figures=_whole_report(notification, policy),
            )
            payloads[name] = render(content, channel)
            told[name] = tuple(signal.signal_id for signal in news)
    return Sealed(notification.notification_id, payloads, told, silenced, tuple(delayed))


def _speaks(notification: Notification, subscription: Subscription, policy: AlertPolicy) -> bool:
    """Whether a message without news is worth sending: the digest that was promised, or the operators' report."""
    if notification.report is not None:
        wanted = subscription.operator and policy.report is not None
        urgent = any(one.alarm.urgent for one in all_troubles(notification.report, subscription.zone))
        return wanted and (urgent or _whole_report(notification, policy))
    return notification.occasion is Occasion.DIGEST and not subscription.immediate and subscription.empty_digest


def _whole_report(notification: Notification, policy: AlertPolicy) -> bool:
    """Whether the report is that of one of its days, which comes whatever happens and tells all figures."""
    if notification.occasion is not Occasion.REPORT or policy.report is None:
        return False
    return date.fromisoformat(notification.key.partition("/")[2]).weekday() in policy.report.days


def _unsilenced(
    notification: Notification, subscription: Subscription, where: tuple[AlertPolicy, Board], now: datetime
) -> tuple[Sequence[Signal], dict[str, str], list[Placement]]:
    policy, board = where
    kept: list[Signal] = []
    silenced: dict[str, str] = {}
    delayed: list[Placement] = []
    for signal in notification.signals:
        silence = silence_for(signal, (*policy.silences, *board.silences), now)
        if silence is None or (silence.mode is SilenceMode.DIGEST and notification.occasion is Occasion.DIGEST):
            kept.append(signal)
        elif silence.mode is SilenceMode.DROP:
            silenced[signal.signal_id] = silence.silence_id
        else:
            delayed.append(to_digest(signal, subscription, now))
    return kept, silenced, delayed
