"""Who is told what, where and when: filters, silences, quiet hours, subscriptions, channels.

They are what users configure, and never hold what happened. Times are aware and in UTC, but for wall times, which say
so.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from records.canary import is_canary
from records.mention import Place
from records.signal import Kind, NewMention, Severity, Signal


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
        places: where the best mention of the article stands.
    """

    initiatives: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    tiers: tuple[int, ...] = ()
    countries: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    min_severity: Severity = Severity.INFO
    places: tuple[Place, ...] = ()

    def covers(self, signal: Signal) -> bool:
        """Whether ``signal`` is meant."""
        right_kind = not self.kinds or signal.kind in self.kinds
        return right_kind and signal.severity >= self.min_severity and self.covers_mention(signal.mention)

    def covers_mention(self, mention: NewMention) -> bool:
        """Whether ``mention`` is meant, whatever kind of signal it makes; the canary never is."""
        language = (mention.language or "").partition("-")[0]
        return (
            not is_canary(mention.initiative_id)
            and (
                not self.initiatives or any(fnmatch.fnmatchcase(mention.initiative_id, one) for one in self.initiatives)
            )
            and (not self.languages or language in {one.partition("-")[0] for one in self.languages})
            and (not self.outlets or any(f".{mention.outlet}".endswith(f".{one}") for one in self.outlets))
            and (not self.tiers or mention.tier in self.tiers)
            and (not self.countries or mention.country in self.countries)
            and (not self.places or mention.place in self.places)
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
        empty_digest: for digest readers: whether a digest comes also when there is no news, and says so.
        digest_at, digest_days: wall time and days (0 is Monday) of the digest, in ``zone``. Those who hear at once have
            one too: what comes too late for an alert is told in it.
        zone: IANA name: of the digest and of the times in messages.
        wait: how long a message waits for more of its story; high ones at most a minute.
        interval: the least time between two messages on one story.
        quiet: when to hold messages.
        most_per_hour: what exceeds it goes into one summary.
        operator: it is told what needs a hand: channels that fail, sources that fall ill, passes that hang; and gets
            the report.
    """

    name: str
    channels: tuple[str, ...]
    match: Filter = Filter()
    immediate: bool = True
    at_once: Severity | None = None
    empty_digest: bool = True
    digest_at: time = time(7, 30)
    digest_days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    zone: str = "UTC"
    wait: timedelta = timedelta(minutes=10)
    interval: timedelta = timedelta(hours=3)
    quiet: Quiet | None = None
    most_per_hour: int = 30
    operator: bool = False


@dataclass(frozen=True, slots=True)
class Canary:
    """When the daily canary flies, and how long it may take.

    Attributes:
        at: wall time in ``zone``.
        zone: IANA name.
        within: without every receipt after so long, operators are told that it is missing.
    """

    at: time = time(6)
    zone: str = "UTC"
    within: timedelta = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class ReportTimes:
    """When operators get their report: on ``days`` always, on other days when something needs a hand.

    Attributes:
        at: wall time in ``zone``.
        days: of the week, 0 is Monday.
        zone: IANA name.
    """

    at: time = time(7)
    days: tuple[int, ...] = (0,)
    zone: str = "UTC"


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
    UNMARKED = "unmarked"  # chats whose marks cannot be escaped: Teams, Google Chat
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
    """Everything that users configured about alerts; names are unique, and channels that are named exist.

    The canary is None where it is switched off, and where no operator has a channel but the terminal; the operators'
    report is None where it is switched off.
    """

    channels: tuple[Channel, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    silences: tuple[Silence, ...] = ()
    canary: Canary | None = None
    report: ReportTimes | None = None

    def channel(self, name: str) -> Channel | None:
        """Return the channel of that name."""
        return next((one for one in self.channels if one.name == name), None)

    def subscription(self, name: str) -> Subscription | None:
        """Return the subscription of that name."""
        return next((one for one in self.subscriptions if one.name == name), None)

    def distant(self, subscription: Subscription) -> tuple[str, ...]:
        """Return the channels of ``subscription`` that lead out of this machine: all but consoles."""
        found = (self.channel(name) for name in subscription.channels)
        return tuple(one.name for one in found if one is not None and one.transport is not Transport.CONSOLE)
