"""What routing and sealing hand on: verdicts, placements, and messages with their words.

They never say how a message travels: `records.delivery` does. Every text here has passed `records.text.clean`; every
time is aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from records.coverage import Coverage, Standing
from records.operation import OperatorReport
from records.signal import Severity, Signal
from records.subscription import Silence


class Verdict(StrEnum):
    """Where routing took a signal; each has exactly one."""

    QUEUED = "queued"
    NO_SUBSCRIBER = "no_subscriber"
    INHIBITED = "inhibited"  # a stronger signal says it already
    SILENCED = "silenced"


class Occasion(StrEnum):
    """Why a notification exists."""

    STORY = "story"  # something about one story
    CORRECTION = "correction"  # an article that was told changed, or is gone: in the thread of its message
    HELD = "held"  # what came in quiet hours
    FLOOD = "flood"  # more than the reader's limit, in one message
    DIGEST = "digest"
    FIRST_LOOK = "first_look"  # what the first pass over a source found
    CANARY = "canary"  # to operators: the daily check that messages arrive
    NOTICE = "notice"  # to operators: an alarm, or that one is over
    REPORT = "report"  # to operators: how govwatch stands, and what needs a hand


@dataclass(frozen=True, slots=True)
class Group:
    """What is known of one (subscription, key): whether a message of it is open, and when the last one was sealed."""

    flush_at: datetime | None = None
    sealed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of one subscription that told of an article, or is about to.

    Attributes:
        key, occasion: of the message.
        open: it still gathers signals.
    """

    subscription: str
    key: str
    occasion: Occasion
    open: bool


@dataclass(frozen=True, slots=True)
class Board:
    """What routing needs to know of earlier messages.

    Attributes:
        groups: by (subscription, key).
        recent: messages on single stories within the last hour, by subscription.
        silences: those that operators set by command; those of the configuration stand in the policy.
        standing: how govwatch stands: operators get a report when something of it needs them.
        bursting: initiatives of which a burst was told within a day.
        heard: by (initiative, article), for the corrections that are to be routed: the messages that told of it, the
            first one first.
    """

    groups: Mapping[tuple[str, str], Group] = field(default_factory=dict)
    recent: Mapping[str, int] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()
    standing: Standing = field(default_factory=Standing)
    bursting: frozenset[str] = frozenset()
    heard: Mapping[tuple[str, int], Sequence[Heard]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placement:
    """Into which message of which subscription a signal goes.

    Attributes:
        key: the group, for example ``eu-ai-act/123`` or ``digest/2026-11-25``.
        flush_at: when the message is due.
        expires_at: when it is too old for an alert, and is folded into the digest; None for digests.
        thread: the key of the message whose conversation it continues; empty when it begins its own.
    """

    signal_id: str
    subscription: str
    key: str
    occasion: Occasion
    severity: Severity
    flush_at: datetime
    expires_at: datetime | None = None
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """A message that is due at its time even if no signal goes into it: a digest, or the operators' report."""

    subscription: str
    key: str
    flush_at: datetime
    occasion: Occasion = Occasion.DIGEST


@dataclass(frozen=True, slots=True)
class Routing:
    """What routing decided: a verdict with its reason for every signal, where the queued ones go, and digests."""

    verdicts: Mapping[str, tuple[Verdict, str]]
    placements: tuple[Placement, ...] = ()
    openings: tuple[Opening, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a message tells: a story of an initiative, or a sentence to operators.

    Attributes:
        initiative: name for people.
        reason: for example ``first mention in French``.
        when: when it was published, else seen.
        outlets: all that print the story, its own included.
        reference: what `govwatch explain` takes.
        signals: what it tells.
        detail: of a correction: what it was, and what it is now.
    """

    initiative: str
    reason: str
    severity: Severity
    title: str
    url: str = ""
    outlet: str = ""
    country: str | None = None
    language: str | None = None
    when: datetime | None = None
    sentence: str = ""
    surface: str = ""
    outlets: tuple[str, ...] = ()
    reference: str = ""
    signals: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """One message that is due, before it is written.

    Attributes:
        seq: counts the messages of one (subscription, key), from 1.
        signals: what it tells, in order of arrival; ``told`` says which of them a channel knows already.
        about: of corrections: references of the messages that told what is corrected.
        heard: of corrections: the channels that got those messages; None means every channel.
        heading, items: of messages that are not made of signals (first look, notice).
        coverage: of digests: what was seen since the one before.
        report: of the operators' report: what it tells.
    """

    notification_id: str
    subscription: str
    key: str
    seq: int
    occasion: Occasion
    severity: Severity
    flush_at: datetime
    expires_at: datetime | None = None
    signals: tuple[Signal, ...] = ()
    told: Mapping[str, frozenset[str]] = field(default_factory=dict)
    about: tuple[str, ...] = ()
    heard: frozenset[str] | None = None
    heading: str = ""
    items: tuple[Item, ...] = ()
    coverage: Coverage | None = None
    report: OperatorReport | None = None

    @property
    def reference(self) -> str:
        """The short name that readers see."""
        return f"{self.notification_id[:4]}-{self.notification_id[4:8]}".upper()


@dataclass(frozen=True, slots=True)
class Payload:
    """The words for one channel, frozen: every attempt sends the same.

    Attributes:
        subject: one line; empty for services that have none.
        body: in the channel's format.
        html: the second part of a mail.
        data: what a webhook gets.
    """

    subject: str
    body: str
    html: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What sealing decided about one notification.

    Attributes:
        payloads: by channel; channels that know everything already have none.
        silenced: signals that a silence took out, with its id.
        moved: placements of signals that came too late, or were silenced into the digest.
    """

    notification_id: str
    payloads: Mapping[str, Payload] = field(default_factory=dict)
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    silenced: Mapping[str, str] = field(default_factory=dict)
    moved: tuple[Placement, ...] = ()
