"""The shape of `initiatives.yaml`: what is tracked, in the matching language.

It expands the names of word sets (``<AI>``) and makes records; whether a pattern can be compiled is the matcher's
business. The language is described in `extractors.matching.pattern` and in the configuration reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import chain
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from config.document import Mistake, Shape
from config.values import Identifier, Language
from records.canary import is_canary
from records.mention import AlertLevel, Alias, Guard, Initiative, Near, Scope

_SET = re.compile(r"<([A-Za-z][A-Za-z0-9_.-]*)>")
_SET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_DEEPEST = 4


def _terms(value: Any) -> Any:
    """Accept one pattern where a list of patterns may stand."""
    return (value,) if isinstance(value, str) else value


def _groups(value: Any) -> Any:
    """Accept a flat list of patterns as one group."""
    if isinstance(value, str):
        return ((value,),)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return (tuple(value),)
    return [_terms(item) for item in value] if isinstance(value, list) else value


def _day(value: Any) -> Any:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"'{value}' is not a day | for example 2025-12-01") from None


def _brackets(value: str) -> str:
    """Refuse what the matching language could never read, where file and line are known."""
    for opening, closing in ("{}", "[]", "<>"):
        if value.count(opening) != value.count(closing):
            raise ValueError(f"'{value}' has a '{opening}' or '{closing}' without its partner | {{a|b}}, [a], <SET>")
    return value


Pattern = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_brackets)]
Patterns = Annotated[tuple[Pattern, ...], BeforeValidator(_terms)]
Groups = Annotated[tuple[Annotated[tuple[Pattern, ...], Field(min_length=1)], ...], BeforeValidator(_groups)]
Day = Annotated[date | None, BeforeValidator(_day)]


class GuardShape(Shape):
    """What must and must not stand near; a list of lists asks for one of each."""

    requires: Groups = ()
    unless: Patterns = ()
    scope: Scope = Scope.DOCUMENT

    def guard(self, words: Words) -> Guard:
        """Return the guard with its word sets expanded."""
        requires = tuple(tuple(words.expand(term) for term in group) for group in self.requires)
        return Guard(requires, tuple(words.expand(term) for term in self.unless), self.scope)


class AliasShape(GuardShape):
    """A name or descriptive form with what guards it."""

    text: Pattern | None = None
    any: Patterns = ()
    lang: Language | None = None
    case: bool = False
    since: Day = None
    until: Day = None

    def mistakes(self) -> Iterable[Mistake]:
        """Yield an entry without any form, and a validity that ends before it begins."""
        if not self.text and not self.any:
            yield ("text",), "the alias has no form", "give it `text:`, or `any:` with several forms"
        if self.since and self.until and self.since > self.until:
            yield ("until",), f"{self.until} is before {self.since}", ""

    def records(self, words: Words) -> Iterable[Alias]:
        """Return one alias for each form."""
        for text in (*((self.text,) if self.text else ()), *self.any):
            yield Alias(
                text, words.expand(text), self.case, self.guard(words), self.lang, since=self.since, until=self.until
            )


class NearShape(GuardShape):
    """A proximity rule."""

    near: Annotated[Groups, Field(min_length=2)]
    window: Annotated[int, Field(ge=2, le=60)] = 20
    lang: Language | None = None

    def record(self, words: Words) -> Near:
        """Return the rule with its word sets expanded."""
        groups = tuple(tuple(words.expand(term) for term in group) for group in self.near)
        text = "near " + " + ".join("/".join(group) for group in self.near)
        return Near(text if len(text) <= 200 else text[:199] + "…", groups, self.window, self.guard(words), self.lang)


def _kind(entry: Any) -> str:
    """Name the shape of an entry, so that a mistake is reported for that shape alone."""
    if isinstance(entry, str):
        return "str"
    return (
        "NearShape" if isinstance(entry, NearShape) or (isinstance(entry, dict) and "near" in entry) else "AliasShape"
    )


Acronym = Annotated[Annotated[Pattern, Tag("str")] | Annotated[AliasShape, Tag("AliasShape")], Discriminator(_kind)]
Entry = Annotated[
    Annotated[Pattern, Tag("str")] | Annotated[AliasShape, Tag("AliasShape")] | Annotated[NearShape, Tag("NearShape")],
    Discriminator(_kind),
]


def _patterns_of(entry: str | AliasShape | NearShape) -> Iterable[str]:
    if isinstance(entry, str):
        return [entry]
    forms = chain.from_iterable(entry.near) if isinstance(entry, NearShape) else filter(None, (entry.text, *entry.any))
    return [*forms, *chain.from_iterable(entry.requires), *entry.unless]


class AlertShape(Shape):
    """Which mentions may alert: those whose sentence or headline holds one of these."""

    when: Patterns


class ExamplesShape(Shape):
    """The analyst's own examples."""

    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()


class InitiativeShape(Shape):
    """One tracked initiative; see `records.mention.Initiative`."""

    id: Identifier
    name: Annotated[str, Field(min_length=2, max_length=300)]
    kind: str = ""
    proposer: str = ""
    status: str = ""
    aliases: tuple[Entry, ...] = ()
    acronyms: tuple[Acronym, ...] = ()
    not_: Annotated[Patterns, Field(alias="not")] = ()
    alerts: AlertLevel | AlertShape = AlertLevel.ALWAYS
    tests: ExamplesShape = ExamplesShape()

    def mistakes(self) -> Iterable[Mistake]:
        """Yield what the entries of the lists say about themselves, and an initiative that nothing can find."""
        for key in ("aliases", "acronyms"):
            for i, entry in enumerate(getattr(self, key)):
                if isinstance(entry, Shape):
                    for path, message, hint in entry.mistakes():
                        yield (key, i, *path), message, hint
        if not self.aliases and not self.acronyms:
            yield ("aliases",), f"nothing can find '{self.id}'", "give it at least one alias"

    def strings(self) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """Yield every pattern with its path."""
        for key in ("aliases", "acronyms"):
            for i, entry in enumerate(getattr(self, key)):
                yield from (((key, i), text) for text in _patterns_of(entry))
        yield from ((("not", i), text) for i, text in enumerate(self.not_))
        if isinstance(self.alerts, AlertShape):
            yield from ((("alerts",), text) for text in self.alerts.when)

    def record(self, words: Words) -> Initiative:
        """Return the initiative with its word sets expanded."""
        aliases: list[Alias] = []
        nears: list[Near] = []
        for entry in self.aliases:
            if isinstance(entry, str):
                aliases.append(Alias(entry, words.expand(entry)))
            elif isinstance(entry, AliasShape):
                aliases.extend(entry.records(words))
            else:
                nears.append(entry.record(words))
        for entry in self.acronyms:
            if isinstance(entry, str):
                aliases.append(Alias(entry, words.expand(entry), case=True))
            else:
                aliases.extend(entry.model_copy(update={"case": True}).records(words))
        level, telling = self._alert_level(words)
        return Initiative(
            self.id,
            self.name,
            self.kind,
            self.proposer,
            tuple(aliases),
            tuple(nears),
            tuple(words.expand(text) for text in self.not_),
            level,
            telling,
            self.tests.match,
            self.tests.no_match,
        )

    def _alert_level(self, words: Words) -> tuple[AlertLevel, tuple[str, ...]]:
        if isinstance(self.alerts, AlertShape):
            return AlertLevel.CONTEXT, tuple(words.expand(text) for text in self.alerts.when)
        return self.alerts, ()


class Words:
    """The word sets of a file: ``<AI>`` in a pattern stands for ``{AI|artificial intelligence}``."""

    def __init__(self, sets: Mapping[str, tuple[str, ...]]) -> None:
        self._sets = sets

    def missing(self, pattern: str) -> list[str]:
        """Return the names of sets in ``pattern`` that the file does not have."""
        return [name for name in _SET.findall(pattern) if name not in self._sets]

    def expand(self, pattern: str, depth: int = 0) -> str:
        """Return ``pattern`` with every set as an alternation; sets may use sets, a few levels deep."""
        if depth > _DEEPEST:
            return pattern

        def alternation(match: re.Match[str]) -> str:
            words = self._sets.get(match.group(1), (match.group(),))
            return "{" + "|".join(self.expand(word, depth + 1) for word in words) + "}"

        return _SET.sub(alternation, pattern)


class InitiativesFile(Shape):
    """The whole of `initiatives.yaml`."""

    words: Mapping[str, Patterns] = {}
    initiatives: tuple[InitiativeShape, ...]

    def mistakes(self) -> Iterable[Mistake]:
        """Yield ids that stand twice, names of word sets that do not exist, and what the entries say themselves."""
        words = Words(self.words)
        for name in self.words:
            if not _SET_NAME.fullmatch(name):
                yield ("words", name), f"'{name}' is no name of a word set", "letters, digits, dots and dashes"
            for text in self.words[name]:
                for unknown in words.missing(text):
                    yield ("words", name), f"there is no word set <{unknown}>", f"known: {', '.join(self.words)}"
        seen: set[str] = set()
        for i, one in enumerate(self.initiatives):
            if is_canary(one.id):
                yield ("initiatives", i, "id"), f"the id '{one.id}' is reserved", "govwatch's daily check has that name"
            if one.id in seen:
                yield ("initiatives", i, "id"), f"the id '{one.id}' stands twice", "ids are for ever: choose another"
            seen.add(one.id)
            for path, message, hint in one.mistakes():
                yield ("initiatives", i, *path), message, hint
            for where, text in one.strings():
                for unknown in words.missing(text):
                    hint = f"known: {', '.join(self.words)}"
                    yield ("initiatives", i, *where), f"there is no word set <{unknown}>", hint

    def records(self) -> tuple[Initiative, ...]:
        """Return the initiatives as records."""
        words = Words(self.words)
        return tuple(one.record(words) for one in self.initiatives)
