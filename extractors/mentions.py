"""Which tracked initiatives a text speaks of, each with its evidence.

Owns the way from a title and a text to `Mention`s. It reads no file but through `Matcher.load`, and decides nothing
about alerts beyond what the initiative's rules say of one mention.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from extractors.matching.compiled import Occurrences, Rules
from extractors.matching.judge import Candidate, Ground, Judge, Verdicts
from extractors.matching.linting import Finding, conflicts, lint
from extractors.matching.normalise import Offsets, normalise
from extractors.matching.places import Places
from extractors.matching.shortforms import ShortForm, defined_after
from records.mention import AlertLevel, Initiative, Mention, Place

_SILENT = frozenset({Place.TAIL, Place.FURNITURE})
# Between title and text: a paragraph's end, so that no pattern and no sentence crosses it.
_BETWEEN = "\n\n"
_LONGEST_SENTENCE = 1500
_AROUND = 500
_MOST_SHORT_FORMS = 20


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Something that was nearly a mention.

    Attributes:
        initiative_id: whose it would have been.
        field: ``title`` or ``text``.
        start, end: half-open offsets into that field.
        surface: the characters of the span.
        rule: the alias or rule, as the analyst wrote it.
        reason: which guard or competitor stopped it.
    """

    initiative_id: str
    field: str
    start: int
    end: int
    surface: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a text mentions, and what it nearly mentions."""

    mentions: tuple[Mention, ...]
    near_misses: tuple[NearMiss, ...]


class Matcher:
    """Finds mentions of initiatives; made once per process, it holds no state between texts."""

    def __init__(self, initiatives: Sequence[Initiative]) -> None:
        """Compile the rules.

        Raises:
            PatternError: an alias or rule that is not in the matching language; it names pattern and initiative.
        """
        self._rules = Rules(initiatives)

    def __reduce__(self) -> tuple[type[Matcher], tuple[tuple[Initiative, ...]]]:
        # The automaton cannot be pickled; compiling again takes a fraction of a second.
        return Matcher, (self._rules.initiatives,)

    @classmethod
    def load(cls, path: Path | str) -> Matcher:
        """Return the matcher of an ``initiatives.yaml``.

        Raises:
            ConfigurationError: with every mistake in the file.
            PatternError: a rule that cannot be compiled.
        """
        from config.load import initiatives

        return cls(initiatives(Path(path), {}))

    @property
    def rules_version(self) -> str:
        """The hash of all rules: it changes when any rule does."""
        return self._rules.version

    def find(self, title: str, text: str, language: str | None = None, on: date | None = None) -> list[Mention]:
        """Return the mentions of a title and its text, in reading order.

        Args:
            title: as stored; may be empty.
            text: as stored; spans point into it.
            language: of the text. Rules of every language are tried: texts quote, and detected languages err.
            on: the day of the text, for names that hold ``since`` or ``until`` a day; None admits all.
        """
        reading = _Reading(self._rules, title, text, on)
        return reading.mentions() if reading.promising else []

    def explain(self, title: str, text: str, language: str | None = None, on: date | None = None) -> Explanation:
        """Return the mentions, and what was nearly one with the guard that stopped it."""
        reading = _Reading(self._rules, title, text, on)
        return Explanation(tuple(reading.mentions()), tuple(reading.near_misses()))


def explain(matcher: Matcher, title: str, text: str) -> str:
    """Return in plain lines what ``matcher`` finds in a text, what it nearly finds, and why not."""
    explanation = matcher.explain(title, text)
    lines = [
        f"{m.initiative_id}: '{m.surface}' in the {m.place.value}, by {m.rule}"
        + (f"; context: {', '.join(m.context)}" if m.context else "")
        + (f"; beat {', '.join(m.beaten)}" if m.beaten else "")
        + ("" if m.alerts else "; does not alert")
        for m in explanation.mentions
    ]
    lines += [f"not {n.initiative_id}: '{n.surface}' by {n.rule}: {n.reason}" for n in explanation.near_misses]
    return "\n".join(lines) or "nothing: no alias or rule comes near"


def examples(initiatives: Sequence[Initiative]) -> list[Finding]:
    """Run every initiative's own examples against all rules and return those that fail."""
    matcher = Matcher(initiatives)
    findings = []
    for initiative in initiatives:
        for sentence in initiative.matching:
            if all(m.initiative_id != initiative.id for m in matcher.find("", sentence)):
                why = explain(matcher, "", sentence)
                findings.append(Finding(initiative.id, f"its example '{sentence}' does not match", why, sentence))
        for sentence in initiative.not_matching:
            hit = next((m for m in matcher.find("", sentence) if m.initiative_id == initiative.id), None)
            if hit is not None:
                findings.append(
                    Finding(initiative.id, f"'{sentence}' should not match", f"'{hit.rule}' matches it", sentence)
                )
    return findings


def _with_article(text: str, start: int) -> int:
    """Return ``start``, or where its Arabic word begins: normalising took the article and what is joined to it away."""
    while start > 0 and "\u0621" <= text[start] <= "\u064a" and "\u0621" <= text[start - 1] <= "\u0652":
        start -= 1
    return start


def _line_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span of the line that holds ``[start:end]``, cut where it is long."""
    left = text.rfind("\n", max(0, start - _AROUND), start) + 1 or max(0, start - _AROUND)
    right = text.find("\n", end, end + _AROUND)
    return left, right if right >= 0 else min(len(text), end + _AROUND)


class _Reading:
    """One title and text while they are read."""

    def __init__(self, rules: Rules, title: str, text: str, on: date | None) -> None:
        self._rules = rules
        self._title, self._text = title, text
        head = normalise(title)
        self._normal = head + _BETWEEN + normalise(text)
        self._body_at = len(head) + len(_BETWEEN)
        self._found: Occurrences = rules.occurrences(self._normal)
        self._on = on
        self._offsets: dict[str, Offsets] = {}
        self._places: Places | None = None
        self._judge = Judge(rules, self._normal, self._found, self._surface, on)
        self._decided: Verdicts | None = None

    @property
    def promising(self) -> bool:
        """Whether anything but context was seen."""
        return bool(self._found.patterns)

    def mentions(self) -> list[Mention]:
        """Return the mentions in reading order, defined short forms among them."""
        full = [self._mention(candidate) for candidate in self._verdicts().mentions]
        return sorted([*full, *self._short_forms(full)], key=lambda m: (m.field == "text", m.start, m.initiative_id))

    def near_misses(self) -> Iterator[NearMiss]:
        """Yield what was refused and denotes no mention that another rule found."""
        mentioned = {(c.initiative, c.start) for c in self._verdicts().mentions}
        for one in self._verdicts().refused:
            if one.initiative >= 0 and (one.initiative, one.start) not in mentioned:
                field, start, end = self._span((one.start, one.end))
                surface = self._field(field)[start:end]
                identity = self._rules.initiatives[one.initiative].id
                yield NearMiss(identity, field, start, end, surface, one.rule, one.refused)

    def _verdicts(self) -> Verdicts:
        if self._decided is None:
            self._decided = self._judge.decide()
        return self._decided

    def _field(self, name: str) -> str:
        return self._title if name == "title" else self._text

    def _span(self, span: tuple[int, int]) -> tuple[str, int, int]:
        """Return the field and the offsets as stored of a normalised span."""
        name = "text" if span[0] >= self._body_at else "title"
        if name not in self._offsets:
            self._offsets[name] = Offsets(self._field(name))
        shift = self._body_at if name == "text" else 0
        start, end = self._offsets[name].span(span[0] - shift, span[1] - shift)
        return name, _with_article(self._field(name), start), end

    def _surface(self, span: tuple[int, int]) -> str:
        field, start, end = self._span(span)
        return self._field(field)[start:end]

    def _mention(self, candidate: Candidate) -> Mention:
        field, start, end = self._span((candidate.start, candidate.end))
        initiative = self._rules.initiatives[candidate.initiative]
        place = self._place(field, start)
        return Mention(
            initiative.id,
            field,
            start,
            end,
            self._field(field)[start:end],
            self._sentence(candidate.start, candidate.end),
            candidate.rule,
            place,
            tuple(self._surface(span) for span in candidate.context),
            candidate.beaten,
            self._rules.version,
            place not in _SILENT and self._tells(candidate),
        )

    def _sentence(self, first: int, last: int) -> str:
        start, end = self._judge.sentences.span(first)
        if end - start > _LONGEST_SENTENCE:
            # A text without full stops: what stands around the span is the evidence.
            start, end = max(start, first - _AROUND), min(end, last + _AROUND)
        return self._surface((start, end)).strip() if end > start else ""

    def _place(self, field: str, position: int) -> Place:
        if field == "title":
            return Place.HEADLINE
        if self._places is None:
            self._places = Places(self._text)
        return self._places.of(position)

    def _tells(self, candidate: Candidate) -> bool:
        """Whether the initiative's alert level admits the mention."""
        level = self._rules.initiatives[candidate.initiative].alerts
        if level is not AlertLevel.CONTEXT:
            return level is AlertLevel.ALWAYS
        telling = self._rules.telling[candidate.initiative]
        sentence = self._judge.sentences.span(candidate.start)
        headline = (0, self._body_at - len(_BETWEEN))
        return any(self._found.first(telling, where) is not None for where in (sentence, headline))

    def _short_forms(self, full: list[Mention]) -> Iterator[Mention]:
        taken = Ground()
        for number, mention in enumerate(full):
            if mention.field == "text" and next(taken.over(mention.start, mention.end), None) is None:
                taken.take(mention.start, mention.end, number)
        defined: dict[str, tuple[Mention, ShortForm]] = {}
        for mention in full:
            if mention.field == "text" and len(defined) < _MOST_SHORT_FORMS:
                for short in defined_after(self._text, mention.end):
                    defined.setdefault(short.name, (mention, short))
        for mention, short in defined.values():
            for start, end in short.uses(self._text):
                if next(taken.over(start, end), None) is None:
                    taken.take(start, end, 0)
                    yield self._short(mention, short.name, start, end)

    def _short(self, mention: Mention, name: str, start: int, end: int) -> Mention:
        left, right = _line_around(self._text, start, end)
        return Mention(
            mention.initiative_id,
            "text",
            start,
            end,
            self._text[start:end],
            self._text[left:right].strip(),
            f"short form '{name}' of '{mention.surface}'",
            self._place("text", start),
            (mention.surface,),
            (),
            self._rules.version,
            alerts=False,
        )


__all__ = ["Explanation", "Finding", "Matcher", "NearMiss", "conflicts", "examples", "explain", "lint"]
