"""All rules of all initiatives as one automaton, and the occurrences of their patterns in one text.

It finds; it never decides. Guards and competition are in `extractors.matching.judge`.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, MatchKind

from extractors.matching.pattern import Variant, capitals, variants
from records.errors import PatternError
from records.mention import Alias, Guard, Initiative, Near

Span = tuple[int, int]
Use = tuple[int, Variant, int]
"""A pattern's number, one of its variants, and the literal without which that cannot stand in a text (-1: none)."""


@dataclass(frozen=True, slots=True)
class NearRule:
    """A proximity rule with its groups as numbers of patterns."""

    initiative: int
    near: Near
    groups: tuple[tuple[int, ...], ...]
    guard: CompiledGuard


@dataclass(frozen=True, slots=True)
class CompiledGuard:
    """A guard with its patterns as numbers; ``guard`` is how the analyst wrote it."""

    guard: Guard
    requires: tuple[tuple[int, ...], ...]
    unless: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AliasRule:
    """An alias with its guard compiled; the initiative is its number, -1 for a confusable."""

    initiative: int
    alias: Alias
    guard: CompiledGuard
    capitals: frozenset[str] = frozenset()


class Rules:
    """The rules of all initiatives, compiled; cheap to share, rebuilt in each process.

    Raises:
        PatternError: a rule that is not in the matching language, or a form that denotes two initiatives.
    """

    def __init__(self, initiatives: Sequence[Initiative]) -> None:
        self.initiatives = tuple(initiatives)
        self.patterns: list[str] = []
        self._numbers: dict[str, int] = {}
        self._variants: list[list[Variant]] = []
        self.aliases: dict[int, list[AliasRule]] = defaultdict(list)
        self.nears: list[NearRule] = []
        self.near_groups: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.telling: list[tuple[int, ...]] = []
        for number, initiative in enumerate(self.initiatives):
            self._add(number, initiative)
        self._refuse_conflicts()
        self._build()
        # The records are plain data: their repr names every rule.
        self.version = hashlib.sha256(repr(self.initiatives).encode()).hexdigest()[:12]

    def _add(self, number: int, initiative: Initiative) -> None:
        try:
            for alias in initiative.aliases:
                exact = capitals(alias.pattern) if alias.case else frozenset()
                rule = AliasRule(number, alias, self._guard(alias.guard), exact)
                self.aliases[self._pattern(alias.pattern)].append(rule)
            for text in initiative.confusables:
                self.aliases[self._pattern(text)].append(AliasRule(-1, Alias(text, text), self._guard(Guard())))
            for near in initiative.nears:
                groups = tuple(tuple(self._pattern(term) for term in group) for group in near.groups)
                for index, group in enumerate(groups):
                    for pattern in group:
                        self.near_groups[pattern].append((len(self.nears), index))
                self.nears.append(NearRule(number, near, groups, self._guard(near.guard)))
            self.telling.append(tuple(self._pattern(text) for text in initiative.telling))
        except PatternError as error:
            raise PatternError(f"{initiative.id}: {error}", error.pattern, initiative.id) from None

    def _guard(self, guard: Guard) -> CompiledGuard:
        requires = tuple(tuple(self._pattern(term) for term in group) for group in guard.requires)
        return CompiledGuard(guard, requires, tuple(self._pattern(term) for term in guard.unless))

    def _pattern(self, text: str) -> int:
        number = self._numbers.get(text)
        if number is None:
            number = len(self.patterns)
            self._variants.append(variants(text))
            self._numbers[text] = number
            self.patterns.append(text)
        return number

    def _refuse_conflicts(self) -> None:
        """Refuse a form that denotes two initiatives: nothing in a text could say which is meant."""
        owners: dict[Variant, AliasRule] = {}
        for pattern, rules in self.aliases.items():
            for rule in rules:
                alias = rule.alias
                if rule.initiative < 0 or alias.guard != Guard() or alias.since or alias.until:
                    continue
                for variant in self._variants[pattern]:
                    owner = owners.setdefault(variant, rule)
                    if owner.initiative != rule.initiative:
                        one, other = (self.initiatives[each.initiative].id for each in (rule, owner))
                        raise PatternError(
                            f"{one}: '{alias.text}' also denotes {other}; one of them needs `requires:`, or must go",
                            alias.text,
                            one,
                        )

    def _build(self) -> None:
        literals: dict[str, int] = {}
        self._uses: list[list[Use]] = []

        def known(text: str) -> int:
            literal = literals.setdefault(text, len(literals))
            if literal == len(self._uses):
                self._uses.append([])
            return literal

        for number, compiled in enumerate(self._variants):
            for variant in compiled:
                # What must stand behind a gap or stem is looked for in the same sweep: most texts lack it, and then
                # the variant costs nothing.
                needed = known(variant.needs) if variant.needs else -1
                self._uses[known(variant.anchor)].append((number, variant, needed))
        self.literals = tuple(literals)
        self._automaton = AhoCorasick(self.literals, MatchKind.Standard) if literals else None

    def occurrences(self, text: str) -> Occurrences:
        """Return where patterns may begin in the normalised ``text``."""
        hits: dict[int, list[Span]] = {}
        if self._automaton is not None:
            for literal, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
                hits.setdefault(literal, []).append((start, end))
        return Occurrences(text, hits, self._uses)


class Occurrences:
    """Where patterns stand in one text; each pattern is checked when it is first asked for."""

    def __init__(self, text: str, hits: dict[int, list[Span]], uses: list[list[Use]]) -> None:
        self._text = text
        self._pending: dict[int, list[tuple[Variant, list[Span]]]] = {}
        for literal, spans in hits.items():
            for pattern, variant, needed in uses[literal]:
                if needed < 0 or needed in hits:
                    self._pending.setdefault(pattern, []).append((variant, spans))
        self._found: dict[int, list[Span]] = {}
        self.patterns: tuple[int, ...] = tuple(self._pending)
        """Patterns of which a literal was seen."""

    def of(self, pattern: int) -> list[Span]:
        """Return the spans of ``pattern``, the longest of each start, in reading order."""
        found = self._found.get(pattern)
        if found is None:
            longest: dict[int, int] = {}
            for variant, spans in self._pending.get(pattern, ()):
                for start, anchor_end in spans:
                    end = variant.end(self._text, start, anchor_end)
                    if end > longest.get(start, -1):
                        longest[start] = end
            found = self._found[pattern] = sorted(longest.items())
        return found

    def first(self, patterns: Iterable[int], between: Span | None = None) -> Span | None:
        """Return the first span of any of ``patterns``, in the whole text or inside ``between``."""
        for pattern in patterns:
            if pattern not in self._pending:
                continue
            spans = self.of(pattern)
            at = 0 if between is None else bisect_left(spans, (between[0],))
            while at < len(spans) and (between is None or spans[at][0] < between[1]):
                if between is None or spans[at][1] <= between[1]:
                    return spans[at]
                at += 1
        return None
