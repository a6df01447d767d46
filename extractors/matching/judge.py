"""Which occurrences are mentions: guards, the longest match, and proximity rules.

It takes occurrences of patterns in one normalised text and gives verdicts with their reasons; it never reads a text
as stored, except to see capital letters through the ``capitals`` function that it is given.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from extractors.matching.compiled import AliasRule, CompiledGuard, NearRule, Occurrences, Rules, Span
from extractors.matching.normalise import CJK
from extractors.matching.pattern import letters
from extractors.matching.sentences import Sentences
from records.mention import Scope

_CJK = re.compile(f"[{CJK}]")
Capitals = Callable[[Span], str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An occurrence that may be a mention.

    Attributes:
        initiative: its number; -1 is a confusable.
        start, end: in the normalised text.
        rule: as the analyst wrote it.
        context: spans of the context that allowed it.
        beaten: names of the competitors that it beat.
        refused: why it is no mention; empty when it is one.
    """

    initiative: int
    start: int
    end: int
    rule: str
    context: tuple[Span, ...] = ()
    beaten: tuple[str, ...] = ()
    refused: str = ""


@dataclass(slots=True)
class Verdicts:
    """What was decided about one text."""

    mentions: list[Candidate] = field(default_factory=list)
    refused: list[Candidate] = field(default_factory=list)


class Ground:
    """Spans that share no character, found again by where they stand; each has a value.

    It keeps the cost of a text with thousands of mentions in proportion to its length.
    """

    def __init__(self) -> None:
        self._spans: list[tuple[int, int, int]] = []

    def take(self, start: int, end: int, value: int) -> None:
        """Put a span that overlaps none in its place."""
        insort(self._spans, (start, end, value))

    def over(self, start: int, end: int) -> Iterator[int]:
        """Yield the values of the spans that share a character with ``[start:end]``, the last one first."""
        at = bisect_left(self._spans, (end,)) - 1
        while at >= 0 and self._spans[at][1] > start:
            yield self._spans[at][2]
            at -= 1


class Judge:
    """Decides for one text; ``on`` is the day the text is of, when known."""

    def __init__(self, rules: Rules, text: str, found: Occurrences, capitals: Capitals, on: date | None) -> None:
        self._rules = rules
        self._text = text
        self._found = found
        self._capitals = capitals
        self._on = on
        self.sentences = Sentences(text)
        self._verdicts = Verdicts()
        self._ground = Ground()

    def decide(self) -> Verdicts:
        """Return the mentions in reading order, and what was refused and why."""
        winners = self._longest(list(self._aliases()))
        self._verdicts.mentions = [winner for winner in winners if winner.initiative >= 0]
        for number in self._complete_nears():
            self._near(self._rules.nears[number], winners)
        self._verdicts.mentions.sort(key=lambda one: (one.start, one.end))
        return self._verdicts

    def _refuse(self, initiative: int, span: Span, rule: str, why: str) -> None:
        self._verdicts.refused.append(Candidate(initiative, *span, rule, refused=why))

    def _aliases(self) -> Iterator[Candidate]:
        for pattern in self._found.patterns:
            for rule in self._rules.aliases.get(pattern, ()):
                for span in self._found.of(pattern):
                    candidate = self._guarded(rule, span)
                    if candidate is not None:
                        yield candidate

    def _guarded(self, rule: AliasRule, span: Span) -> Candidate | None:
        alias = rule.alias
        if alias.case and letters(self._capitals(span)) not in rule.capitals:
            self._refuse(rule.initiative, span, alias.text, "its capital letters differ")
            return None
        if self._on is not None and not (alias.since or self._on) <= self._on <= (alias.until or self._on):
            self._refuse(rule.initiative, span, alias.text, f"the name was not in use on {self._on}")
            return None
        context, why = self._allowed(rule.guard, span)
        if why:
            self._refuse(rule.initiative, span, alias.text, why)
            return None
        return Candidate(rule.initiative, *span, alias.text, context)

    def _allowed(self, guard: CompiledGuard, span: Span) -> tuple[tuple[Span, ...], str]:
        """Return the context that lets ``span`` through, or why it may not pass."""
        if not guard.requires and not guard.unless:
            return (), ""
        sentence = self.sentences.span(span[0])
        blocked = self._found.first(guard.unless, sentence)
        if blocked is not None:
            return (), f"'{self._text[slice(*blocked)]}' stands in its sentence"
        context = []
        for group, written in zip(guard.requires, guard.guard.requires, strict=True):
            seen = self._found.first(group, sentence if guard.guard.scope is Scope.SENTENCE else None)
            if seen is None:
                return (), f"its {guard.guard.scope.value} names none of {', '.join(written[:8])}"
            context.append(seen)
        return tuple(context), ""

    def _longest(self, candidates: list[Candidate]) -> list[Candidate]:
        """Let overlapping candidates compete: the longest stays, and remembers whom it beat."""
        candidates.sort(key=lambda one: (one.start - one.end, one.start, one.initiative < 0, one.initiative))
        winners: list[Candidate] = []
        beaten: dict[int, list[str]] = {}
        for one in candidates:
            # Winners were taken in the order of their length: the lowest number is the longest rival.
            rival = min(self._ground.over(one.start, one.end), default=None)
            if rival is None:
                self._ground.take(one.start, one.end, len(winners))
                winners.append(one)
            elif winners[rival].initiative != one.initiative:
                beaten.setdefault(rival, []).append(self._name(one))
                if one.initiative >= 0:
                    why = f"'{winners[rival].rule}' ({self._name(winners[rival])}) is longer"
                    self._refuse(one.initiative, (one.start, one.end), one.rule, why)
        return [
            Candidate(w.initiative, w.start, w.end, w.rule, w.context, tuple(dict.fromkeys(beaten.get(i, ()))))
            for i, w in enumerate(winners)
        ]

    def _name(self, candidate: Candidate) -> str:
        return self._rules.initiatives[candidate.initiative].id if candidate.initiative >= 0 else candidate.rule

    def _complete_nears(self) -> list[int]:
        """Return the proximity rules of which every group was seen somewhere."""
        seen: dict[int, set[int]] = {}
        for pattern in self._found.patterns:
            for rule, group in self._rules.near_groups.get(pattern, ()):
                seen.setdefault(rule, set()).add(group)
        return sorted(rule for rule, groups in seen.items() if len(groups) == len(self._rules.nears[rule].groups))

    def _near(self, rule: NearRule, winners: list[Candidate]) -> None:
        def free(at: Span) -> bool:
            return all(winners[number].initiative == rule.initiative for number in self._ground.over(*at))

        sentence_of = self.sentences.index
        taken = {sentence_of(m.start) for m in self._verdicts.mentions if m.initiative == rule.initiative}
        for sentence, seen in sorted(self._by_sentence(rule).items()):
            if not all(seen) or sentence in taken:
                continue
            groups = [[at for at in group if free(at)] for group in seen]
            span = self._window(groups) if all(groups) else None
            if span is not None:
                self._complete(rule, span)

    def _by_sentence(self, rule: NearRule) -> dict[int, list[list[Span]]]:
        """Return the occurrences of each group of ``rule`` in the sentences that hold its first one."""
        found: dict[int, list[list[Span]]] = {}
        for index, group in enumerate(rule.groups):
            for pattern in group:
                for seen_at in self._found.of(pattern):
                    sentence = self.sentences.index(seen_at[0])
                    # Only a sentence that held every earlier group can still hold them all.
                    if index == 0 and sentence not in found:
                        found[sentence] = [[] for _ in rule.groups]
                    if sentence in found:
                        found[sentence][index].append(seen_at)
        return found

    def _complete(self, rule: NearRule, span: Span) -> None:
        """Take a span that holds all parts of ``rule`` for a mention, unless its width or its guard forbids it."""
        words = _words(self._text[slice(*span)])
        if words > rule.near.window:
            self._refuse(rule.initiative, span, rule.near.text, f"{words} words, beyond {rule.near.window}")
            return
        context, why = self._allowed(rule.guard, span)
        if why:
            self._refuse(rule.initiative, span, rule.near.text, why)
        else:
            self._verdicts.mentions.append(Candidate(rule.initiative, *span, rule.near.text, context))

    @staticmethod
    def _window(groups: list[list[Span]]) -> Span | None:
        """Return the shortest span that holds one occurrence of every group, none inside another."""
        best: Span | None = None
        for first_group, starts in enumerate(groups):
            for first in starts[:50]:
                chosen = [first]
                for index, group in enumerate(groups):
                    if index == first_group:
                        continue
                    free = (s for s in group if s[0] >= first[0] and all(s[1] <= c[0] or c[1] <= s[0] for c in chosen))
                    nearest = min(free, key=lambda span: span[1], default=None)
                    if nearest is None:
                        break
                    chosen.append(nearest)
                else:
                    span = (first[0], max(end for _, end in chosen))
                    if best is None or span[1] - span[0] < best[1] - best[0]:
                        best = span
        return best


def _words(text: str) -> int:
    return text.count(" ") + 1 + len(_CJK.findall(text)) // 2
