"""What deciding and delivering hand on: new mentions, signals, notifications, deliveries, receipts; and who subscribes.

    NewMention --detect--> Signal --route--> Notification --seal: write, freeze--> Delivery --send--> Receipt --> told

Every text here has passed `records.text.clean`; every time is aware and in UTC, but for wall times, which say so.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import IntEnum, StrEnum
from typing import Any, Protocol

from records.article import Origin
from records.mention import Place


class Kind(StrEnum):
    """What a signal says."""

    FIRST_MENTION = "first_mention"  # nothing stored mentioned the initiative before
    NEW_STORY = "new_story"  # the first article of a story that mentions it
    NEW_OUTLET = "new_outlet"  # the outlet never mentioned it before


class Severity(IntEnum):
    """How much a signal matters; shown as a word, never by colour alone."""

    INFO = 0
    NOTICE = 1
    HIGH = 2

    @property
    def word(self) -> str:
        """The name in small letters: ``info``, ``notice`` or ``high``."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class NewMention:
    """One mention in an article that was just stored, with what deciding needs to know of the article.

    Attributes:
        article_id, story_id: the article and the story that it belongs to.
        merged: stories that turned out to be ``story_id`` by this article.
        url: of the article.
        published: None when neither the page nor the source states it.
        seen_at: when govwatch first saw it.
        catch_up: too old, or its source silent for too long, to alert at once.
        sentence, surface: the evidence.
        place, alerts: as in `records.mention.Mention`.
    """

    initiative_id: str
    article_id: int
    story_id: int
    title: str
    url: str
    outlet: str
    sentence: str
    surface: str
    seen_at: datetime
    published: datetime | None = None
    outlet_name: str | None = None
    country: str | None = None
    language: str | None = None
    tier: int | None = None
    origin: Origin = Origin.LIVE
    catch_up: bool = False
    merged: tuple[int, ...] = ()
    place: Place = Place.BODY
    alerts: bool = True


class History(Protocol):
    """What was known before the articles at hand came; seeds and first looks count."""

    def mentioned(self, initiative_id: str) -> bool:
        """Whether anything stored mentions the initiative."""
        ...

    def in_language(self, initiative_id: str, language: str) -> bool:
        """Whether anything stored in that language mentions it."""
        ...

    def in_story(self, initiative_id: str, story_id: int) -> bool:
        """Whether an article of that story mentions it."""
        ...

    def in_outlet(self, initiative_id: str, outlet: str) -> bool:
        """Whether an article of that outlet mentions it."""
        ...


@dataclass(frozen=True, slots=True)
class Signal:
    """Something worth saying; its identity is what it says, not when it was seen.

    Attributes:
        signal_id: of kind, initiative and scope.
        scope: the story or the outlet that is new; empty for a first mention.
        mention: the evidence that is shown.
        first_in_language: nothing in this language mentioned the initiative before.
        occurred_at: when the article was published; when it was seen, if that is not known.
        initiative: its name for people; filled in when the signal is read back, else the id.
        outlets: who prints the story by now; filled in when the signal is read back.
    """

    signal_id: str
    kind: Kind
    scope: str
    severity: Severity
    mention: NewMention
    occurred_at: datetime
    run_id: str
    first_in_language: bool = False
    initiative: str = ""
    outlets: tuple[str, ...] = ()


class Detect(Protocol):
    """Which signals do new mentions make, given history? (`alerts.detect.signals`)."""

    def __call__(
        self, mentions: Sequence[NewMention], history: History, *, now: datetime, run_id: str
    ) -> Sequence[Signal]:
        """Return the signals."""
        ...


@dataclass(frozen=True, slots=True)
class Filter:
    """Which signals are meant; an empty condition covers everything.

    Attributes:
        initiatives: ids; ``*`` and ``?`` stand for any characters (``eu-*``).
        languages: BCP 47 primary tags.
        outlets: domains, subdomains included.
        tiers: 1 to 3; an outlet that is not rated is in none.
        countries: ISO 3166-1 alpha-2.
        kinds: kinds of signals.
        min_severity: the least.
    """

    initiatives: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    tiers: tuple[int, ...] = ()
    countries: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    min_severity: Severity = Severity.INFO

    def covers(self, signal: Signal) -> bool:
        """Whether ``signal`` is meant."""
        right_kind = not self.kinds or signal.kind in self.kinds
        return right_kind and signal.severity >= self.min_severity and self.covers_mention(signal.mention)

    def covers_mention(self, mention: NewMention) -> bool:
        """Whether ``mention`` is meant, whatever kind of signal it makes."""
        language = (mention.language or "").partition("-")[0]
        return (
            (not self.initiatives or any(fnmatch.fnmatchcase(mention.initiative_id, one) for one in self.initiatives))
            and (not self.languages or language in {one.partition("-")[0] for one in self.languages})
            and (not self.outlets or any(f".{mention.outlet}".endswith(f".{one}") for one in self.outlets))
            and (not self.tiers or mention.tier in self.tiers)
            and (not self.countries or mention.country in self.countries)
        )


class SilenceMode(StrEnum):
    """What a silence does with a signal."""

    DROP = "drop"  # nothing is said
    DIGEST = "digest"  # it is said in the next digest


@dataclass(frozen=True, slots=True)
class Silence:
    """What shall not be heard for a while, who said so, and why.

    Attributes:
        silence_id: short and stable; its row and its outcomes are found by it.
        match: what is silenced.
        starts, ends: the half-open time in which it holds.
    """

    silence_id: str
    match: Filter
    starts: datetime
    ends: datetime
    author: str = ""
    comment: str = ""
    mode: SilenceMode = SilenceMode.DROP

    def holds(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.starts <= now < self.ends


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which a reader is not disturbed: messages are held, and released as one.

    Attributes:
        begins, ends: wall times in ``zone``; past midnight when ``ends`` is earlier.
        zone: IANA name.
        except_severity: this and above goes through.
    """

    begins: time
    ends: time
    zone: str
    except_severity: Severity | None = Severity.HIGH


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants to hear what, where and when.

    Attributes:
        match: which signals.
        channels: names of channels; each gets every message.
        immediate: whether signals are told at once, or in the digest.
        at_once: for digest readers: this severity and above is told at once all the same.
        digest_at, digest_days: wall time and days (0 is Monday) of the digest, in ``zone``. Those who hear at once have
            one too: what comes too late for an alert is told in it.
        zone: IANA name: of the digest and of the times in messages.
        wait: how long a message waits for more of its story; high ones at most a minute.
        interval: the least time between two messages on one story.
        quiet: when to hold messages.
        most_per_hour: what exceeds it goes into one summary.
        operator: it is told of channels that fail, and of sources that fall ill or get well.
    """

    name: str
    channels: tuple[str, ...]
    match: Filter = Filter()
    immediate: bool = True
    at_once: Severity | None = None
    digest_at: time = time(7, 30)
    digest_days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    zone: str = "UTC"
    wait: timedelta = timedelta(minutes=10)
    interval: timedelta = timedelta(hours=3)
    quiet: Quiet | None = None
    most_per_hour: int = 30
    operator: bool = False


class Transport(StrEnum):
    """How a channel hands messages on."""

    CONSOLE = "console"  # written to the terminal, or wherever the output goes
    MAIL = "mail"  # SMTP, our own MIME
    WEBHOOK = "webhook"  # an HTTP POST of JSON
    APPRISE = "apprise"  # any other service that apprise knows


class Format(StrEnum):
    """How the words for a channel are written."""

    PLAIN = "plain"
    MAIL = "mail"  # a plain and an HTML part
    MARKDOWN = "markdown"  # CommonMark: Mattermost, Matrix, Zulip ...
    SLACK = "slack"  # Slack's mrkdwn
    TELEGRAM = "telegram"  # Telegram's subset of HTML
    DISCORD = "discord"
    IRC = "irc"  # one line
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Channel:
    """One place where messages go: one service, one target.

    Attributes:
        name: small letters, digits, dashes; what logs show in place of the URL, which holds secrets.
        transport: how messages are handed on.
        url: of apprise; empty for the console.
        format: how the words are written.
        limit: most characters of one message (bytes for IRC).
    """

    name: str
    transport: Transport
    url: str = field(default="", repr=False)
    format: Format = Format.PLAIN
    limit: int = 4000

    @property
    def idempotent(self) -> bool:
        """Whether a repeat can be recognised by a machine (Message-ID, Idempotency-Key)."""
        return self.transport in (Transport.MAIL, Transport.WEBHOOK)


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """Everything that users configured about alerts; names are unique, and channels that are named exist."""

    channels: tuple[Channel, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    silences: tuple[Silence, ...] = ()

    def channel(self, name: str) -> Channel | None:
        """Return the channel of that name."""
        return next((one for one in self.channels if one.name == name), None)

    def subscription(self, name: str) -> Subscription | None:
        """Return the subscription of that name."""
        return next((one for one in self.subscriptions if one.name == name), None)


class Verdict(StrEnum):
    """Where routing took a signal; each has exactly one."""

    QUEUED = "queued"
    NO_SUBSCRIBER = "no_subscriber"
    INHIBITED = "inhibited"  # a stronger signal says it already
    SILENCED = "silenced"


class Occasion(StrEnum):
    """Why a notification exists."""

    STORY = "story"  # something about one story
    HELD = "held"  # what came in quiet hours
    FLOOD = "flood"  # more than the reader's limit, in one message
    DIGEST = "digest"
    FIRST_LOOK = "first_look"  # what the first pass over a source found
    NOTICE = "notice"  # to operators: a channel fails, sources fell ill or got well


@dataclass(frozen=True, slots=True)
class Group:
    """What is known of one (subscription, key): whether a message of it is open, and when the last one was sealed."""

    flush_at: datetime | None = None
    sealed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """What routing needs to know of earlier messages.

    Attributes:
        groups: by (subscription, key).
        recent: messages on single stories within the last hour, by subscription.
        silences: those that operators set by command; those of the configuration stand in the policy.
    """

    groups: Mapping[tuple[str, str], Group] = field(default_factory=dict)
    recent: Mapping[str, int] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """Into which message of which subscription a signal goes.

    Attributes:
        key: the group, for example ``eu-ai-act/123`` or ``digest/2026-11-25``.
        flush_at: when the message is due.
        expires_at: when it is too old for an alert, and is folded into the digest; None for digests.
    """

    signal_id: str
    subscription: str
    key: str
    occasion: Occasion
    severity: Severity
    flush_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Routing:
    """What routing decided: a verdict with its reason for every signal, and where the queued ones go."""

    verdicts: Mapping[str, tuple[Verdict, str]]
    placements: tuple[Placement, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Notification:
    """One message that is due, before it is written.

    Attributes:
        seq: counts the messages of one (subscription, key), from 1.
        signals: what it tells, in order of arrival; ``told`` says which of them a channel knows already.
        heading, items: of messages that are not made of signals (first look, notice).
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
    heading: str = ""
    items: tuple[Item, ...] = ()

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
    """Where signals wait to become messages, and messages to be delivered. Each call is one short transaction."""

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

    def record(self, receipt: Receipt, judge: Judge, *, operators: Sequence[Subscription]) -> Health:
        """Note how an attempt ended, and tell operators of what is dead; return how the channel is doing."""
        ...
