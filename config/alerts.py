"""The shape of `alerts.yaml`: where messages can go, who hears what, and what shall not be heard for a while."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from typing import Annotated, Literal, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BeforeValidator, Field, model_validator

from config.document import Mistake, Shape
from config.settings import Settings
from config.values import Country, Duration, Identifier, Language, Positive
from records.mention import Place
from records.signal import Kind, Severity
from records.subscription import (
    AlertPolicy,
    Canary,
    Channel,
    Filter,
    Format,
    Quiet,
    ReportTimes,
    Silence,
    SilenceMode,
    Subscription,
    Transport,
)

_Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[str, ...] = get_args(_Day)

# How each service wants its words, and its limit in characters (IRC: bytes), after apprise 1.13.1.
_SERVICES: dict[str, tuple[Format, int]] = {
    "discord": (Format.DISCORD, 2000),
    "gchat": (Format.UNMARKED, 4000),
    "irc": (Format.IRC, 380),
    "ircs": (Format.IRC, 380),
    "matrix": (Format.PLAIN, 30_000),
    "matrixs": (Format.PLAIN, 30_000),
    "mmost": (Format.MARKDOWN, 4000),
    "mmosts": (Format.MARKDOWN, 4000),
    "mqtt": (Format.PLAIN, 30_000),
    "mqtts": (Format.PLAIN, 30_000),
    "ntfy": (Format.PLAIN, 3900),
    "ntfys": (Format.PLAIN, 3900),
    "slack": (Format.SLACK, 35_000),
    "tgram": (Format.TELEGRAM, 4096),
    "workflows": (Format.UNMARKED, 1000),
    "zulip": (Format.MARKDOWN, 10_000),
}
_OTHERS = (Format.PLAIN, 1000)
_TRANSPORTS = {
    "mailto": Transport.MAIL, "mailtos": Transport.MAIL, "json": Transport.WEBHOOK, "jsons": Transport.WEBHOOK,
}  # fmt: skip
_FORMS = {
    Transport.CONSOLE: (Format.PLAIN, 20_000),
    Transport.MAIL: (Format.MAIL, 0),
    Transport.WEBHOOK: (Format.JSON, 0),
}


def _wall_time(value: object) -> object:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", str(value))
    if found is None:
        raise ValueError(f"'{value}' is not a time of day | hours and minutes in quotes, for example \"07:30\"")
    return time(int(found[1]), int(found[2]))


def _instant(value: object) -> object:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"'{value}' is not a time | ISO 8601, for example 2026-12-01T18:00+01:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _severity(value: object) -> object:
    words = [severity.word for severity in Severity]
    if value not in words:
        raise ValueError(f"'{value}' is not a severity | one of {', '.join(words)}")
    return Severity[str(value).upper()]


# One meaning of "time zone" in all files: the one of settings.yaml.
Zone = Annotated[str, *Settings.model_fields["time_zone"].metadata]
WallTime = Annotated[time, BeforeValidator(_wall_time)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Level = Annotated[Severity, BeforeValidator(_severity)]
Pattern = Annotated[str, Field(pattern=r"^[a-z0-9*?-]+$")]
Groups = Mapping[str, tuple[str, ...]]

_PLACES = {"headline": (Place.HEADLINE,), "lead": (Place.HEADLINE, Place.LEAD), "text": ()}


class ChannelShape(Shape):
    """One place where messages go; one service, one target.

    Attributes:
        type: console, mail or webhook; left out for any other service, whose URL tells.
        url: of apprise (its wiki lists more than a hundred services); put secrets in as ${NAME}.
        format: how the words are written, where the service's own way is not wanted.
        limit: most characters of one message, where the service's own limit is not right.
    """

    type: Literal["console", "mail", "webhook"] | None = None
    url: str = ""
    format: Literal["plain", "markdown", "slack", "telegram", "discord", "unmarked", "irc"] | None = None
    limit: Annotated[int, Field(ge=200, le=100_000)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> ChannelShape:
        if problem := _refused(self):
            raise ValueError(problem)
        return self

    def record(self, name: str) -> Channel:
        """Return the channel of that name."""
        transport = _transport(self)
        form, limit = _FORMS.get(transport) or _SERVICES.get(urlsplit(self.url).scheme.lower(), _OTHERS)
        return Channel(
            name=name,
            transport=transport,
            url=self.url,
            format=Format(self.format) if self.format else form,
            limit=self.limit or limit,
        )


class MatchShape(Shape):
    """Which signals are meant; what is left out covers everything.

    Attributes:
        initiatives: ids; * and ? stand for any characters.
        groups: names of groups of initiatives, as the file defines them.
        languages, outlets, countries: of the article.
        outlet_tiers: 1 (wire services, papers of record, institutions) to 3.
        kinds: first_mention, new_story, new_outlet, new_figure, spike, correction.
        min_severity: info, notice or high.
        evidence: where the initiative must be named at least: headline, lead (or headline), or anywhere in the text.
    """

    initiatives: tuple[Pattern, ...] = ()
    groups: tuple[Identifier, ...] = ()
    languages: tuple[Language, ...] = ()
    outlets: tuple[str, ...] = ()
    outlet_tiers: tuple[Annotated[int, Field(ge=1, le=3)], ...] = ()
    countries: tuple[Country, ...] = ()
    kinds: tuple[Kind, ...] = ()
    min_severity: Level = Severity.INFO
    evidence: Literal["headline", "lead", "text"] = "text"

    def record(self, groups: Groups) -> Filter:
        """Return the filter; ``groups`` are those of the file."""
        members = chain.from_iterable(groups[name] for name in self.groups)
        return Filter(
            initiatives=tuple(dict.fromkeys((*self.initiatives, *members))),
            languages=tuple(str(one) for one in self.languages),
            outlets=tuple(one.lower().removeprefix("www.") for one in self.outlets),
            tiers=self.outlet_tiers,
            countries=tuple(str(one) for one in self.countries),
            kinds=self.kinds,
            min_severity=self.min_severity,
            places=_PLACES[self.evidence],
        )


class DigestShape(Shape):
    """When the digest comes.

    Attributes:
        at: wall time.
        days: mon to sun; every day when left out.
        except_severity: this and above is told at once all the same.
        empty: whether a digest comes also when there is no news, and says so with what was covered.
    """

    at: WallTime = time(7, 30)
    days: Annotated[tuple[_Day, ...], Field(min_length=1)] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    except_severity: Level | None = None
    empty: bool = True


class GroupShape(Shape):
    """How messages gather.

    Attributes:
        wait: how long a message waits for more of its story.
        interval: the least time between two messages on one story.
    """

    wait: Duration = timedelta(minutes=10)
    interval: Duration = timedelta(hours=3)


class QuietShape(Shape):
    """When a reader is not disturbed; what comes then is told as one message afterwards.

    Attributes:
        begins, ends: wall times; written as from and to.
        zone: written as tz; that of the subscription when left out.
        except_severity: this and above goes through.
    """

    begins: Annotated[WallTime, Field(alias="from")]
    ends: Annotated[WallTime, Field(alias="to")]
    zone: Annotated[Zone | None, Field(alias="tz")] = None
    except_severity: Level | None = Severity.HIGH

    @model_validator(mode="after")
    def _some(self) -> QuietShape:
        if self.begins == self.ends:
            raise ValueError("quiet hours that begin when they end | give two different times")
        return self


class SubscriptionShape(Shape):
    """Who wants to hear what.

    Attributes:
        name: of the reader, desk or list; it stands in messages.
        match: which signals.
        channels: names of channels; each gets every message.
        deliver: immediate, digest, or a mapping with the times of the digest.
        group: how messages gather.
        quiet: when nobody is disturbed.
        time_zone: of the digest and of the times in messages; that of settings.yaml when left out.
        most_per_hour: what exceeds it goes into one summary.
        operator: it is told what needs a hand, and gets the report.
    """

    name: Identifier
    match: MatchShape = MatchShape()
    channels: Annotated[tuple[str, ...], Field(min_length=1)]
    deliver: Literal["immediate", "digest"] | DigestShape = "immediate"
    digest: DigestShape | None = None
    group: GroupShape = GroupShape()
    quiet: QuietShape | None = None
    time_zone: Zone | None = None
    most_per_hour: Positive = 30
    operator: bool = False

    def record(self, zone: str, groups: Groups) -> Subscription:
        """Return the subscription; ``zone`` is used where it names none."""
        zone = self.time_zone or zone
        digest = self.deliver if isinstance(self.deliver, DigestShape) else self.digest or DigestShape()
        quiet = self.quiet
        return Subscription(
            name=self.name,
            channels=self.channels,
            match=self.match.record(groups),
            immediate=self.deliver == "immediate",
            at_once=digest.except_severity,
            empty_digest=digest.empty,
            digest_at=digest.at,
            digest_days=tuple(DAYS.index(day) for day in digest.days),
            zone=zone,
            wait=self.group.wait,
            interval=self.group.interval,
            quiet=Quiet(quiet.begins, quiet.ends, quiet.zone or zone, quiet.except_severity) if quiet else None,
            most_per_hour=self.most_per_hour,
            operator=self.operator,
        )


class SilenceShape(Shape):
    """What shall not be heard for a while.

    Attributes:
        id: short; outcomes name it.
        match: what is silenced.
        starts, ends: ISO 8601; UTC where no offset is given.
        author, comment: who, and why.
        mode: drop, or digest: told in the next digest.
    """

    id: Identifier
    match: MatchShape
    starts: Instant
    ends: Instant
    author: Annotated[str, Field(min_length=1)]
    comment: Annotated[str, Field(min_length=1)]
    mode: SilenceMode = SilenceMode.DROP

    @model_validator(mode="after")
    def _ends_later(self) -> SilenceShape:
        if self.ends <= self.starts:
            raise ValueError("it ends before it starts | ends must be later than starts")
        return self

    def record(self, groups: Groups) -> Silence:
        """Return the silence."""
        starts, ends = self.starts.astimezone(UTC), self.ends.astimezone(UTC)
        return Silence(self.id, self.match.record(groups), starts, ends, self.author, self.comment, self.mode)


class CanaryShape(Shape):
    """The daily check that messages arrive.

    Attributes:
        at: wall time of its flight.
        time_zone: that of settings.yaml when left out.
        within: without every receipt after so long, operators are told that it is missing.
    """

    at: WallTime = time(6)
    time_zone: Zone | None = None
    within: Duration = timedelta(hours=6)


class ReportShape(Shape):
    """When operators get their report.

    Attributes:
        at: wall time.
        days: on which it comes whatever happens; on the others it comes when something needs a hand.
        time_zone: that of settings.yaml when left out.
    """

    at: WallTime = time(7)
    days: Annotated[tuple[_Day, ...], Field(min_length=1)] = ("mon",)
    time_zone: Zone | None = None


class AlertsFile(Shape):
    """The whole of `alerts.yaml`.

    Attributes:
        channels: by name.
        groups: initiatives that are spoken of together, by name.
        subscriptions: who hears what.
        silences: what shall not be heard for a while.
        canary: when the daily check goes to the operators; false switches it off.
        report: when operators are told how govwatch stands; false switches it off.
    """

    channels: dict[Identifier, ChannelShape] = Field(default_factory=dict)
    groups: dict[Identifier, Annotated[tuple[Pattern, ...], Field(min_length=1)]] = Field(default_factory=dict)
    subscriptions: tuple[SubscriptionShape, ...] = ()
    silences: tuple[SilenceShape, ...] = ()
    canary: CanaryShape | bool = CanaryShape()
    report: ReportShape | bool = ReportShape()

    def mistakes(self) -> Iterable[Mistake]:
        """Yield channels and groups that do not exist, and names that are used twice."""
        known = ", ".join(self.channels) or "none"
        for at, subscription in enumerate(self.subscriptions):
            for number, name in enumerate(subscription.channels):
                where = ("subscriptions", at, "channels", number)
                if name not in self.channels:
                    yield where, f"there is no channel '{name}'", f"channels of this file: {known}"
                elif name in subscription.channels[:number]:
                    yield where, f"the channel '{name}' stands twice", "name it once"
        for table, entries in (("subscriptions", self.subscriptions), ("silences", self.silences)):
            yield from _unknown_groups(table, [one.match for one in entries], self.groups)
        yield from _twice("subscriptions", "name", [one.name for one in self.subscriptions])
        yield from _twice("silences", "id", [one.id for one in self.silences])

    def records(self, zone: str = "UTC") -> AlertPolicy:
        """Return everything as records; ``zone`` is the reader's where a subscription names none."""
        policy = AlertPolicy(
            channels=tuple(shape.record(name) for name, shape in self.channels.items()),
            subscriptions=tuple(one.record(zone, self.groups) for one in self.subscriptions),
            silences=tuple(one.record(self.groups) for one in self.silences),
        )
        if any(one.operator for one in policy.subscriptions):
            policy = replace(policy, report=self._report(zone))
        # A canary that flies to the terminal proves nothing: it has to arrive somewhere.
        listening = any(one.operator and policy.distant(one) for one in policy.subscriptions)
        return replace(policy, canary=self._canary(zone)) if listening else policy

    def _report(self, zone: str) -> ReportTimes | None:
        if self.report is False:
            return None
        shape = self.report if isinstance(self.report, ReportShape) else ReportShape()
        return ReportTimes(shape.at, tuple(DAYS.index(day) for day in shape.days), shape.time_zone or zone)

    def _canary(self, zone: str) -> Canary | None:
        if self.canary is False:
            return None
        shape = self.canary if isinstance(self.canary, CanaryShape) else CanaryShape()
        return Canary(shape.at, shape.time_zone or zone, shape.within)


def _unknown_groups(table: str, matches: list[MatchShape], groups: Groups) -> Iterator[Mistake]:
    known = ", ".join(groups) or "none; define it under groups:"
    for at, match in enumerate(matches):
        for number, name in enumerate(match.groups):
            if name not in groups:
                hint = f"groups of this file: {known}"
                yield (table, at, "match", "groups", number), f"there is no group '{name}'", hint


def _twice(table: str, key: str, names: list[str]) -> Iterator[Mistake]:
    counts = Counter(names)
    for at, name in enumerate(names):
        if counts[name] > 1 and names.index(name) != at:
            yield (table, at, key), f"'{name}' is used twice", "names must differ: messages are known by them"


def _transport(channel: ChannelShape) -> Transport:
    if channel.type:
        return Transport(channel.type)
    return _TRANSPORTS.get(urlsplit(channel.url).scheme.lower(), Transport.APPRISE)


def _refused(channel: ChannelShape) -> str | None:
    """Return what is wrong with a channel, without its URL: that may hold a secret."""
    if channel.type == "console":
        return "a console channel has no url | take the url out" if channel.url else None
    try:
        parts = urlsplit(channel.url)
        scheme, query = parts.scheme.lower(), dict(parse_qsl(parts.query.lower()))
    except ValueError:
        return "the url cannot be read | percent-encode the special characters of a password, for example %5B for ["
    if not scheme or "://" not in channel.url:
        return "the channel has no usable url | for example mailto://user:${PASSWORD}@mail.example?to=desk@example.org"
    if query.get("optional", "no")[0] in "yt1":
        return "optional=yes is refused | apprise would report messages as sent that never left"
    targets = [part for part in re.split(r"[,;\s]+", unquote(query.get("to", ""))) if part]
    if len(targets) > 1 or any(name in query for name in ("cc", "bcc")):
        return "the url names several targets | write one channel for each: one may fail while another got the message"
    wrong = {
        "mail": ("mailto", "mailtos") if scheme not in ("mailto", "mailtos") else (),
        "webhook": ("https", "http") if scheme not in ("http", "https", "json", "jsons") else (),
    }.get(channel.type or "", ())
    if wrong:
        return f"a {channel.type} channel cannot have a {scheme}:// url | it begins with {' or '.join(wrong)}"
    if channel.type is None and scheme in ("http", "https"):
        return "a web address needs a type | type: webhook posts JSON to it; for a chat use its apprise url"
    return None
