"""A briefing's sentences, before any markup: page, mail and feeds say the same.

It never escapes: whoever puts them into markup does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from alerts.claims import contradict
from alerts.content import LANGUAGES, show_time
from alerts.coverage import statement, verdict
from records.briefing import Briefing, Evidence, InitiativeNews, LaterChange, Stated, Statement
from records.text import clean

PASSAGE = 360
"""Characters of a quoted sentence: about five lines; the words that matched are always among them."""

_LONGEST = 20_000  # characters of a sentence in which the words that matched are looked for
_CODE = 40  # characters of what should be a code of two or three letters
_NAMED = 4  # initiatives that the summary names
_BURST = 5, 3.0  # stories, and how often the usual, from which the summary calls it much; as in the view ``spikes``
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
_TAG = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*")
_FINDINGS = {"changed": "changed", "lost": "no longer names it", "withdrawn": "withdrawn"}


def title(briefing: Briefing) -> str:
    """Return for example ``Briefing of 24 November 2026``."""
    return f"Briefing of {long_day(local(briefing.written_at, briefing.zone).date())}"


def summary(briefing: Briefing) -> tuple[str, ...]:
    """Return what is new in a few sentences; where nothing is, what that silence means."""
    if not briefing.told:
        return (f"{_silence(briefing)}.",)
    where = [
        *([count(briefing.countries, "country", "countries")] if briefing.countries else []),
        *([count(briefing.languages, "language")] if briefing.languages else []),
    ]
    told = f"{count(briefing.told, 'story', 'stories')} on {count(len(briefing.initiatives), 'initiative')}"
    outlets = " in ".join(part for part in (count(briefing.outlets, "outlet"), " and ".join(where)) if part)
    sentences = [f"{told}, printed {times(briefing.articles)} by {outlets}.", _most(briefing.initiatives)]
    firsts = [one.name for one in briefing.initiatives if is_new(one, briefing)]
    if firsts:
        sentences.append(f"In the news for the first time: {_listed(firsts)}.")
    bursts = [one.name for one in briefing.initiatives if is_burst(one, _days(briefing))]
    if bursts:
        sentences.append(f"Far more than usual: {_listed(bursts)}.")
    if briefing.late:
        sentences.append(f"{count(briefing.late, 'story', 'stories')} appeared earlier and came to light now.")
    return tuple(sentence for sentence in sentences if sentence)


def covered(briefing: Briefing) -> tuple[str, ...]:
    """Return what was covered; of a window that begins before govwatch watched, also what that means."""
    watched, zone = briefing.coverage.since, briefing.zone
    if not briefing.coverage.sources:
        return ("No source is watched: what stands here was loaded from elsewhere.",) if briefing.told else ()
    lines = statement(briefing.coverage, zone)
    if watched <= briefing.since:
        return lines
    return (
        *lines,
        f"Govwatch watches since {show_time(watched, zone)}: of the time before it knows what sources listed then.",
    )


def names(briefing: Briefing) -> dict[str, str]:
    """Return the name of each initiative by its id."""
    loud = {one.initiative_id: clean(one.name) for one in briefing.initiatives}
    return loud | {one.initiative_id: clean(one.name) for one in briefing.quiet}


def is_new(news: InitiativeNews, briefing: Briefing) -> bool:
    """Whether an initiative is in the news for the first time; unknown where govwatch began to watch in the window."""
    return briefing.coverage.since <= briefing.since <= news.first.when


def is_burst(news: InitiativeNews, days: int) -> bool:
    """Whether an initiative is far more in the news than usual: enough stories, and several times the usual."""
    least, times_usual = _BURST
    return news.usual is not None and news.stories >= max(least, times_usual * news.usual * days)


def flags(news: InitiativeNews, briefing: Briefing) -> tuple[str, ...]:
    """Return what is remarkable of an initiative: that it is new, that there is far more on it than usual."""
    return (
        *(("In the news for the first time",) if is_new(news, briefing) else ()),
        *(("Far more than usual",) if is_burst(news, _days(briefing)) else ()),
    )


def usual(news: InitiativeNews) -> str:
    """Return the usual level: ``usually 0.4 a day``, ``usually none``, or that it is not known yet."""
    if news.usual is None:
        return "no usual level yet"
    return f"usually {amount(news.usual)} a day" if news.usual else "usually none"


def printed(news: InitiativeNews) -> str:
    """Return for example ``4 stories, printed 7 times by 5 outlets``."""
    outlets = count(len(news.outlets), "outlet")
    return f"{count(news.stories, 'story', 'stories')}, printed {times(news.articles)} by {outlets}"


def contradictions(briefing: Briefing) -> tuple[Stated, ...]:
    """Return what outlets disagree on: numbers of which some two cannot both be true."""
    return tuple(
        one
        for one in briefing.figures
        if contradict(one.unit, one.scope, [(each.value, each.comparison) for each in one.statements])
    )


def counted(stated: Stated) -> str:
    """Return what a disagreement counts: ``state`` or ``state (member)``."""
    return clean(stated.unit) + (f" ({clean(stated.scope)})" if stated.scope else "")


def statements(stated: Stated) -> list[tuple[str, list[Statement]]]:
    """Return each number that is stated, as first printed, with everybody who printed it; the latest first."""
    by_value: dict[tuple[float, str], list[Statement]] = {}
    for one in stated.statements:
        by_value.setdefault((one.value, one.comparison), []).append(one)
    return [(clean(together[-1].surface, 80), together) for together in by_value.values()]


def happened(change: LaterChange) -> str:
    """Return what happened to an article after publication, with how long after: ``changed after 3 hours``."""
    hours = max(change.hours_after, 0.0)
    if hours < 1.5:
        after = "within an hour or two"
    elif hours < 48:
        after = f"within {hours:.0f} hours"
    else:
        after = f"within {hours / 24:.0f} days"
    return f"{_FINDINGS.get(change.finding, clean(change.finding))}, noticed {after}"


def passage(evidence: Evidence, limit: int = PASSAGE) -> tuple[str, str, str]:
    """Return a quoted sentence before, in and after the words that matched, cut around them where it is long."""
    sentence, surface = clean(evidence.sentence, _LONGEST), clean(evidence.surface, limit // 2)
    at = sentence.find(surface) if surface else -1
    if at < 0:
        return clean(sentence, limit), "", ""
    before, after = sentence[:at], sentence[at + len(surface) :]
    room = limit - len(surface)
    if len(before) + len(after) > room:
        kept_after = min(len(after), max(room // 2, room - len(before)))
        kept_before = min(len(before), room - kept_after)
        before = before if kept_before == len(before) else f"…{before[len(before) - kept_before :].lstrip()}"
        after = after if kept_after == len(after) else f"{after[:kept_after].rstrip()}…"
    return before, surface, after


def direction(language: str) -> str:
    """Return the writing direction of a text: ``rtl``, ``ltr``, or ``auto`` where its language is not known."""
    first, _, rest = language.lower().partition("-")
    if not first:
        return "auto"
    return "ltr" if "latn" in rest or first not in _RIGHT_TO_LEFT else "rtl"


def tongue(language: str) -> str:
    """Return a language as the attribute ``lang`` takes it; empty when it is none."""
    return language if _TAG.fullmatch(language) else ""


def language_name(tag: str) -> str:
    """Return what people call a language; its tag where no name is known."""
    return LANGUAGES.get(tag.partition("-")[0].lower(), clean(tag, _CODE))


def country(code: str) -> str:
    """Return a country as it is shown: its code, which whoever wrote the configuration chose."""
    return clean(code, _CODE)


def local(when: datetime, zone: str) -> datetime:
    """Return ``when`` by the reader's clock."""
    return when.astimezone(ZoneInfo(zone))


def long_day(day: date) -> str:
    """Return for example ``24 November 2026``."""
    return f"{day.day} {day:%B %Y}"


def amount(number: float) -> str:
    """Return a mean as people write it: ``0.4``, ``12``; never ``0`` for what is more than nothing."""
    return "under 0.1" if 0 < number < 0.05 else f"{number:.1f}".removesuffix(".0")


def count(number: int, one: str, many: str = "") -> str:
    """Return for example ``1 story`` or ``1,204 stories``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def times(number: int) -> str:
    """Return ``once``, ``twice`` or ``7 times``."""
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def _silence(briefing: Briefing) -> str:
    """Return what it means that nothing is told."""
    if briefing.coverage.sources:
        return verdict(briefing.coverage)
    return "No source is watched yet, so nothing was covered: govwatch run reads them"


def _days(briefing: Briefing) -> int:
    return max(1, round((briefing.until - briefing.since).total_seconds() / 86_400))


def _most(initiatives: Sequence[InitiativeNews]) -> str:
    if len(initiatives) < 2:
        return ""
    named = [f"{clean(one.name)} ({one.stories})" for one in initiatives[:_NAMED]]
    rest = len(initiatives) - len(named)
    return f"Most on {', '.join(named)}{f', and {rest} more' if rest else ''}."


def _listed(names: Sequence[str]) -> str:
    shown = [clean(name) for name in names[:_NAMED]]
    rest = len(names) - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
