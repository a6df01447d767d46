"""What a message says, before any channel's markup: a title, the things it tells, and how to ask back. Pure.

It never escapes and never counts characters: the renderers do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from alerts.coverage import statement, verdict
from alerts.report import Section, words
from alerts.report import data as report_data
from records import ids
from records.alert import Item, Notification, Occasion
from records.coverage import Coverage
from records.mention import Place
from records.operation import OperatorReport
from records.signal import Kind, NewMention, Severity, Signal
from records.text import clean

SENTENCE_LIMIT = 600
"""Characters of a quoted sentence: longer ones are tables or lists that lost their form."""

DETAIL_LIMIT = 900

LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "ms": "Malay", "nl": "Dutch",
    "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak",
    "sl": "Slovene", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "th": "Thai", "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""What people call the languages of the news, by the first part of their tag."""

_NEW = (Kind.FIRST_MENTION, Kind.NEW_STORY, Kind.NEW_OUTLET)


_NEWS = (Occasion.STORY, Occasion.HELD, Occasion.FLOOD, Occasion.DIGEST)


@dataclass(frozen=True, slots=True)
class Content:
    """One message.

    Attributes:
        title: one line that says what it is about.
        lead: a sentence below it; empty for a message on one story.
        items: what it tells, the most telling first.
        reference: what `govwatch explain` takes.
        subscription: whose message it is.
        zone: of the times that are shown.
        severity: of the most telling item.
        written_at: when it was sealed.
        remarks: what stands below the items: of digests what was covered.
        coverage: of digests: the same as facts.
        sections: of the operators' report: what needs a hand, and figures; from the end, what does not fit goes.
        report: of the operators' report: the same for machines.
        about: of corrections: references of the messages that are corrected.
    """

    title: str
    lead: str
    items: tuple[Item, ...]
    occasion: Occasion
    reference: str
    subscription: str
    zone: str
    severity: Severity
    written_at: datetime
    remarks: tuple[str, ...] = ()
    coverage: Coverage | None = None
    about: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    report: Mapping[str, object] = field(default_factory=dict)

    @property
    def named(self) -> str:
        """The message's reference, with those of the messages that it corrects: ``7F3A-09BC, on 21BA-FCD0``."""
        return f"{self.reference}, on {', '.join(self.about[:3])}" if self.about else self.reference

    @property
    def acting(self) -> tuple[str, ...]:
        """What a reader can do: say whether it was useful, and mute it; empty for messages that tell no news."""
        if self.occasion not in _NEWS or not self.items:
            return ()
        if len(self.items) > 1:
            return (
                "Useful? govwatch feedback REF relevant, or not-relevant, with the ref of a story",
                'Mute one: govwatch alerts silence REF --for 7d --comment "why"',
            )
        return (
            f"Useful? govwatch feedback {self.reference} relevant, or not-relevant",
            f'Mute it: govwatch alerts silence {self.reference} --for 7d --comment "why"',
        )

    @property
    def asking(self) -> str:
        """How a reader asks why."""
        return f"ref {self.named} · why: govwatch explain {self.reference}"


def compose(
    notification: Notification,
    signals: Sequence[Signal],
    *,
    zone: str,
    now: datetime,
    silenced: int = 0,
    figures: bool = True,
) -> Content:
    """Return what ``notification`` says.

    Args:
        notification: due.
        signals: of these, what its channel does not know yet.
        zone: IANA name of the reader's time zone.
        now: when it is written.
        silenced: signals that a silence took out; an empty digest does not hide that they were.
        figures: whether the operators' report tells its figures, or only what needs a hand.
    """
    if notification.report is not None:
        return _report(notification, notification.report, zone=zone, now=now, figures=figures)
    items = notification.items or tuple(items_of(signals))
    if notification.occasion is Occasion.CANARY:
        items = tuple(map(_flown, items))
    covered = notification.coverage
    return Content(
        title=_title(notification, items),
        lead=_lead(notification, items, silenced),
        items=items,
        occasion=notification.occasion,
        reference=notification.reference,
        subscription=notification.subscription,
        zone=zone,
        severity=max((item.severity for item in items), default=notification.severity),
        written_at=now,
        remarks=statement(covered, zone) if covered else (),
        coverage=covered,
        about=notification.about,
    )


def _report(notification: Notification, report: OperatorReport, *, zone: str, now: datetime, figures: bool) -> Content:
    told = words(report, zone, figures=figures)
    return Content(
        title=told.title,
        lead=told.lead,
        items=(),
        occasion=notification.occasion,
        reference=notification.reference,
        subscription=notification.subscription,
        zone=zone,
        severity=told.severity,
        written_at=now,
        remarks=("All figures, at any time: govwatch report",),
        sections=told.sections,
        report=report_data(told),
    )


def items_of(signals: Iterable[Signal]) -> list[Item]:
    """Return one item per initiative and story, told by its strongest signal; by initiative, the newest first."""
    stories: dict[tuple[str, int], list[Signal]] = {}
    for signal in signals:
        stories.setdefault((signal.mention.initiative_id, signal.mention.story_id), []).append(signal)
    items = [_item(sorted(together, key=_telling)) for together in stories.values()]
    items.sort(key=_newest_first)
    loudest: dict[str, int] = {}
    for item in items:
        loudest[item.initiative] = min(loudest.get(item.initiative, 0), -item.severity)
    return sorted(items, key=lambda item: (loudest[item.initiative], item.initiative))


def found_item(mention: NewMention, initiative: str, outlets: tuple[str, ...] = ()) -> Item:
    """Return ``mention`` as the evidence of a first look tells it: found, not new."""
    return _evidence(mention, initiative, "found", Severity.INFO, outlets, ids.reference(_mention_key(mention)), ())


def show_time(when: datetime | None, zone: str) -> str:
    """Return ``when`` as the reader's clock and calendar show it, for example ``24 Nov 2026, 09:15``."""
    if when is None:
        return "no date"
    local = when.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M}"


def also_in(item: Item) -> str:
    """Return ``also in 12 outlets``, or by name when there is one; empty when nobody else prints it."""
    others = [outlet for outlet in item.outlets if outlet != item.outlet]
    if not others:
        return ""
    return f"also in {others[0]}" if len(others) == 1 else f"also in {len(others)} outlets"


def marked(item: Item) -> tuple[str, str, str]:
    """Return the sentence before, in, and after the words that matched; the middle is empty when they are not in it."""
    sentence, surface = clean(item.sentence, SENTENCE_LIMIT), clean(item.surface)
    at = sentence.find(surface) if surface else -1
    return (sentence, "", "") if at < 0 else (sentence[:at], surface, sentence[at + len(surface) :])


def opens_initiative(item: Item, content: Content) -> bool:
    """Whether ``item`` is the first of its initiative in ``content``: a heading may stand above it."""
    at = next((number for number, one in enumerate(content.items) if one.initiative == item.initiative), None)
    return at is not None and content.items[at].reference == item.reference and content.items[at].url == item.url


def circumstances(item: Item, content: Content) -> str:
    """Return outlet, country, time, who else prints it; among several items also the reference of this one."""
    reference = f"ref {item.reference}" if item.reference and len(content.items) > 1 else ""
    return " · ".join(part for part in (source_line(item, content.zone), also_in(item), reference) if part)


def source_line(item: Item, zone: str) -> str:
    """Return outlet, country and time in one line; empty where nothing is known."""
    outlet = clean(item.outlet) + (f" ({item.country})" if item.country else "")
    return " · ".join(part for part in (outlet, show_time(item.when, zone) if item.url else "") if part)


def _item(signals: Sequence[Signal]) -> Item:
    first = signals[0]
    reference = ids.reference(first.signal_id)
    told = tuple(one.signal_id for one in signals)
    name = first.initiative or first.mention.initiative_id
    severity = max(one.severity for one in signals)
    item = _evidence(first.mention, name, _reasons(signals), severity, first.outlets, reference, told)
    detail = clean(" · ".join(dict.fromkeys(one.detail for one in signals if one.detail)), DETAIL_LIMIT)
    if first.kind is Kind.CORRECTION:  # the sentence that was quoted may be what is wrong
        return replace(item, detail=detail, sentence="")
    return replace(item, detail=detail)


def _flown(item: Item) -> Item:
    """Return the canary's item as its operators read it: its page is nowhere, and its sentence is no evidence."""
    return replace(item, initiative="Govwatch", reason="canary", severity=Severity.INFO, url="", outlet="", sentence="")


def _telling(signal: Signal) -> tuple[bool, int]:
    """Sort what is new before what a burst or a figure adds to it, the strongest first."""
    return signal.kind not in _NEW, -signal.severity


def _reasons(signals: Sequence[Signal]) -> str:
    """Return why a story is told: the strongest of what is new, and everything that adds to it."""
    new = [one for one in signals if one.kind in _NEW][:1]
    more = [one for one in signals if one.kind not in _NEW]
    return "; ".join(dict.fromkeys(_reason(one) for one in (*new, *more)))


def _evidence(
    mention: NewMention,
    initiative: str,
    reason: str,
    severity: Severity,
    outlets: tuple[str, ...],
    reference: str,
    signals: tuple[str, ...],
) -> Item:
    return Item(
        initiative=clean(initiative),
        reason=reason,
        severity=severity,
        title=clean(mention.title) or "(no headline)",
        url=mention.url,
        outlet=clean(mention.outlet_name or mention.outlet),
        country=mention.country,
        language=mention.language,
        when=mention.published or mention.seen_at,
        sentence=clean(mention.sentence, SENTENCE_LIMIT),
        surface=clean(mention.surface),
        outlets=tuple(clean(mention.outlet_name or one) if one == mention.outlet else clean(one) for one in outlets),
        reference=reference,
        signals=signals,
    )


def _reason(signal: Signal) -> str:
    if signal.reason:
        return clean(signal.reason)
    language = (signal.mention.language or "").partition("-")[0]
    place = ", in the headline" if signal.mention.place is Place.HEADLINE else ""
    if signal.kind is Kind.FIRST_MENTION:
        return f"first mention{place}"
    if signal.kind is Kind.NEW_OUTLET:
        return f"first mention in {clean(signal.mention.outlet_name or signal.mention.outlet)}"
    if signal.first_in_language:
        return f"first mention in {LANGUAGES.get(language, language)}{place}"
    return f"new story{place}"


def _title(notification: Notification, items: Sequence[Item]) -> str:
    if notification.heading:
        return clean(notification.heading)
    if notification.occasion is Occasion.DIGEST:
        day = date.fromisoformat(notification.key.partition("/")[2])
        return f"Digest of {day.day} {day:%B %Y}: {_count(items) if items else _silence(notification)}"
    if len(items) == 1:
        return f"[{items[0].initiative}] {items[0].reason}: {items[0].title}"
    if notification.occasion is Occasion.HELD:
        return f"While you were away: {_count(items)}"
    return f"{_count(items)}: {', '.join(dict.fromkeys(item.initiative for item in items))}"


def _count(items: Sequence[Item]) -> str:
    initiatives = len({item.initiative for item in items})
    stories = "1 story" if len(items) == 1 else f"{len(items)} stories"
    return f"{stories} on {'1 initiative' if initiatives == 1 else f'{initiatives} initiatives'}"


def _silence(notification: Notification) -> str:
    said = verdict(notification.coverage) if notification.coverage else "no news"
    return f"{said[:1].lower()}{said[1:]}"


def _lead(notification: Notification, items: Sequence[Item], silenced: int) -> str:
    if notification.occasion is Occasion.DIGEST and not items:
        return f"Silenced: {silenced}." if silenced else ""
    if notification.occasion is Occasion.FIRST_LOOK:
        by_name = Counter(item.initiative for item in items)
        counts = ", ".join(f"{name} {count}" for name, count in by_name.most_common())
        return f"What the first look found is history; alerts begin with what comes after. {counts}."
    if notification.occasion is Occasion.CANARY:
        return (
            "The daily check: this message came the whole way of an alert. There is nothing to do. "
            "When it stays away, look at: govwatch status"
        )
    if notification.occasion is Occasion.FLOOD:
        return "More than this subscription's limit for an hour, told in one message."
    return ""


def _newest_first(item: Item) -> float:
    return -item.when.timestamp() if item.when else 0.0


def _mention_key(mention: NewMention) -> str:
    return ids.key("mention", mention.initiative_id, mention.article_id)
