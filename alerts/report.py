"""The operators' report in words: what needs a hand first, then how govwatch stands against the weeks before. Pure.

When nothing needs a hand its first line says so: silence is never the message. It never counts: `warehouse.report`
does; and it never draws: the renderers do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from alerts.coverage import window
from alerts.standing import moment, suggestions, troubles
from records.operation import Alarm, Growth, Missed, OperatorReport, StageTime, Trouble
from records.signal import Severity
from records.text import clean

SLOWER = 1.5
"""A stage is called slower from this ratio on: below it, weeks differ by what the news brought."""

_SHORT = 0.5  # seconds: what a stage takes below is not worth a line
_NAMED = 10  # ill sources that one report names; `govwatch status` names all
_OLD_BACKUP = timedelta(days=28)
_MUCH = 0.5  # of what was found: so much must be missed at the least
_ENOUGH = 10  # articles below which the audit says little
_WEEKS_SHOWN = 520


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a report: what it is about, the figure, and what to compare it with.

    Attributes:
        severity: of what needs a hand; None for a mere figure.
    """

    label: str
    value: str
    note: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Facts under one heading."""

    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A report as it is told.

    Attributes:
        title: one line; the subject of the mail.
        lead: the verdict in one line.
        troubles: what needs a hand, the most urgent first.
        sections: what needs a hand, then the figures; without those on days that are not the report's.
    """

    title: str
    lead: str
    troubles: tuple[Trouble, ...]
    sections: tuple[Section, ...]

    @property
    def severity(self) -> Severity:
        """Of the most urgent trouble."""
        if not self.troubles:
            return Severity.INFO
        return Severity.HIGH if any(one.alarm.urgent for one in self.troubles) else Severity.NOTICE


def words(report: OperatorReport, zone: str, *, figures: bool = True) -> Words:
    """Return what ``report`` says.

    Args:
        report: as read.
        zone: IANA name of the reader's time zone.
        figures: whether to tell the figures, too; else only what needs a hand.
    """
    found = all_troubles(report, zone)
    day = report.coverage.until.astimezone(ZoneInfo(zone))
    sections = [Section("Needs a hand", tuple(_hand(one) for one in found))] if found else []
    if figures:
        sections += [section for section in _figures(report, zone) if section.facts]
    count = "1 thing needs a hand" if len(found) == 1 else f"{len(found)} things need a hand"
    return Words(
        title=f"Govwatch, {day.day} {day:%B %Y}: {count if found else 'all is well'}",
        lead=_verdict(report, found, zone),
        troubles=found,
        sections=tuple(sections),
    )


def all_troubles(report: OperatorReport, zone: str) -> tuple[Trouble, ...]:
    """Return everything that needs a hand, the urgent first."""
    found = [*troubles(report.standing, zone)]
    found += [Trouble(Alarm.SOURCE_ILL, f"{clean(name, 80)}: {clean(why)}") for name, why in report.ill[:_NAMED]]
    if len(report.ill) > _NAMED:
        found.append(Trouble(Alarm.SOURCE_ILL, f"{len(report.ill) - _NAMED} more sources are ill", "govwatch status"))
    if report.backup is not None and report.coverage.until - report.backup > _OLD_BACKUP:
        days = (report.coverage.until - report.backup).days
        found.append(Trouble(Alarm.BACKUP_OLD, f"The last backup is {days} days old"))
    for one in report.audit:
        if one.low is not None and one.articles >= _ENOUGH and one.low >= _MUCH * one.articles:
            sentence = f"{clean(one.initiative, 80)}: {_estimate(one)}, {one.articles} found"
            found.append(Trouble(Alarm.MUCH_MISSED, sentence))
    found += [Trouble(Alarm.RULE_MISFIRES, line) for line in suggestions(report.standing.precision)]
    return tuple(sorted(found, key=lambda one: not one.alarm.urgent))


def _verdict(report: OperatorReport, found: Sequence[Trouble], zone: str) -> str:
    covered, canaries = report.coverage, f", the canary arrived on {report.arrived} of {_days(report.canaries)}"
    facts = (
        f"{covered.answered} of {covered.sources} sources answered, {_count(report.passes, 'pass', 'passes')} ended, "
        f"{_count(report.accepted, 'message was', 'messages were')} accepted{canaries if report.canaries else ''}"
    )
    if not found:
        return f"All is well. {window(covered, zone)}: {facts}."
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{found[0].alarm.heading}{more}. {window(covered, zone)}: {facts}."


def _hand(trouble: Trouble) -> Fact:
    severity = Severity.HIGH if trouble.alarm.urgent else Severity.NOTICE
    hand = f"{trouble.hand} · " if trouble.hand else ""
    return Fact(trouble.alarm.heading, f"{trouble.sentence}.", f"{hand}docs/alarms.md#{trouble.alarm.value}", severity)


def _figures(report: OperatorReport, zone: str) -> Iterator[Section]:
    yield Section("Sources", tuple(_sources(report)))
    yield Section("Passes", tuple(_passes(report)))
    yield Section("Messages", tuple(_messages(report, zone)))
    yield Section("Room", tuple(_room(report, zone)))
    if report.audit_week is not None:
        week = f"{report.audit_week.day} {report.audit_week:%B}"
        yield Section(f"What was missed in the week of {week}", tuple(_missed(report)))
    yield Section("Rules", tuple(_rules(report)))


def _sources(report: OperatorReport) -> Iterator[Fact]:
    covered = report.coverage
    yield Fact("answered", f"{covered.answered} of {covered.sources}", _count(covered.pages, "page read", "pages read"))
    for label, names in (
        ("silent for unusually long", covered.stale),
        ("blocked", covered.blocked),
        ("failing", covered.failing),
        ("not due", covered.unasked),
    ):
        if names:
            listed = ", ".join(clean(name, 60) for name in names[:_NAMED])
            yield Fact(label, str(len(names)), f"{listed} …" if len(names) > _NAMED else listed)


def _passes(report: OperatorReport) -> Iterator[Fact]:
    yield Fact("ended", f"{report.passes:,}", f"{report.badly:,} of them badly" if report.badly else "")
    for one in report.stages:
        if max(one.seconds, one.before or 0.0) < _SHORT:
            continue
        yield Fact(one.stage.replace("_", " "), _seconds(one.seconds), _pace(one))


def _pace(one: StageTime) -> str:
    if one.before is None:
        return "not measured in the weeks before"
    if one.before > 0 and one.seconds / one.before >= SLOWER:
        return f"{_seconds(one.before)} in the four weeks before: {one.seconds / one.before:.1f} times as long"
    return f"{_seconds(one.before)} in the four weeks before"


def _messages(report: OperatorReport, zone: str) -> Iterator[Fact]:
    waits = f"{report.waiting:,} wait" if report.waiting != 1 else "1 waits"
    yield Fact("accepted", f"{report.accepted:,}", waits if report.waiting else "none waits")
    flight = report.standing.canary
    if report.canaries:
        last = f"the last one {moment(flight.arrived, zone)}" if flight and flight.arrived else ""
        yield Fact("canary", f"arrived on {report.arrived} of {_days(report.canaries)}", last)
    else:
        yield Fact("canary", "none flew", "canary: in alerts.yaml, with an operator on a channel of their own")


def _room(report: OperatorReport, zone: str) -> Iterator[Fact]:
    for one in report.growth:
        if one.now:
            yield Fact(one.what, _bytes(one.now), _grown(one))
    yield Fact("free", _bytes(report.free), _fills(report))
    made = moment(report.backup, zone) if report.backup else "none known"
    yield Fact("last backup", made, "" if report.backup else "of govwatch backup; one of yours may be elsewhere")


def _grown(one: Growth) -> str:
    if one.week is None:
        return ""
    said = f"{_change(one.week)} this week"
    return said if one.before is None else f"{said}, {_change(one.before)} in a week before"


def _fills(report: OperatorReport) -> str:
    pace = sum(one.week for one in report.growth if one.week is not None)
    if pace <= 0:
        return ""
    weeks = report.free / pace
    return f"full in {weeks:.0f} weeks at this pace" if weeks < _WEEKS_SHOWN else "for more than ten years at this pace"


def _missed(report: OperatorReport) -> Iterator[Fact]:
    if report.ways < 2:
        yield Fact("no estimate", "one way to find articles is in use", "switch GDELT or a search on")
        return
    for one in report.audit:
        alone = (("feeds", one.feeds_only), ("GDELT", one.gdelt_only), ("search", one.search_only))
        ways = [f"{number} by {way} only" for way, number in alone if number]
        ways += [f"{one.several} by several ways"] if one.several else []
        found = f"{one.articles} found: {', '.join(ways)}"
        yield Fact(clean(one.initiative, 80), _estimate(one), found)
    if not report.audit:
        yield Fact("nothing", "no article on an initiative was found in that week")
    if report.outlets:
        listed = ", ".join(f"{clean(outlet, 60)} ({number})" for outlet, number in report.outlets)
        yield Fact("outlets to add", listed, f"govwatch sources find https://{clean(report.outlets[0][0], 60)}")


def _estimate(one: Missed) -> str:
    if one.missed is None:
        return "no estimate: one way found all"
    if one.high is None or one.low is None:
        return "none missed by this estimate"
    return f"about {one.missed:.0f} missed ({one.low:.0f} to {one.high:.0f})"


def _rules(report: OperatorReport) -> Iterator[Fact]:
    judged = sum(one.judged for one in report.standing.precision)
    if judged:
        relevant = sum(one.relevant for one in report.standing.precision)
        yield Fact("judged relevant", f"{relevant} of {judged} alerts", "by rule: from rule_precision")


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _days(number: int) -> str:
    return _count(number, "day", "days")


def _seconds(seconds: float) -> str:
    if seconds >= 120:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def _bytes(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if abs(size) >= 1e9 else f"{size / 1e6:.1f} MB"


def _change(size: int) -> str:
    return f"{'+' if size >= 0 else '−'}{_bytes(abs(size))}"


def data(told: Words) -> dict[str, object]:
    """Return the report for machines; these names stay."""
    return {
        "well": not told.troubles,
        "needs_a_hand": [{"alarm": one.alarm.value, "sentence": one.sentence} for one in told.troubles],
        "sections": [
            {
                "title": section.title,
                "facts": [{"label": fact.label, "value": fact.value, "note": fact.note} for fact in section.facts],
            }
            for section in told.sections
            if section.title != "Needs a hand"
        ],
    }
