"""What is tracked, and the evidence that a text speaks of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Scope(StrEnum):
    """How far from a span its required context may stand."""

    DOCUMENT = "document"
    SENTENCE = "sentence"


class AlertLevel(StrEnum):
    """What of an initiative may alert: every mention, those in a telling context only, or none."""

    ALWAYS = "always"
    CONTEXT = "context"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Guard:
    """What must, and what must not, stand near a span.

    Attributes:
        requires: every group must be met by one of its patterns; empty when nothing is required.
        unless: none of these patterns may occur.
        scope: where ``requires`` looks; ``unless`` always looks in the sentence.
    """

    requires: tuple[tuple[str, ...], ...] = ()
    unless: tuple[str, ...] = ()
    scope: Scope = Scope.DOCUMENT


@dataclass(frozen=True, slots=True)
class Alias:
    """A name or a descriptive form, in the matching language.

    Attributes:
        text: as the analyst wrote it; evidence shows it.
        pattern: the same with the names of word sets replaced by their words.
        case: whether capital letters count, as in an acronym.
        guard: the context that it needs.
        language: for people and the linter; a text of any language is searched.
        since, until: the first and last day on which the alias denotes the initiative; None is open.
    """

    text: str
    pattern: str
    case: bool = False
    guard: Guard = Guard()
    language: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """A proximity rule: one pattern of every group within a window of one sentence, in any order.

    Attributes:
        text: a short form of the rule, for evidence.
        groups: alternatives of each part; the span runs from the first part to the last.
        window: most words from the first part's start to the last one's end; a Han, kana or hangul character counts
            as half a word.
        guard: the context that it needs.
        language: for people and the linter.
    """

    text: str
    groups: tuple[tuple[str, ...], ...]
    window: int = 20
    guard: Guard = Guard()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Initiative:
    """What is tracked, and how texts call it.

    Attributes:
        id, name, kind, proposer: who it is.
        aliases: names, translations, acronyms (``case``) and descriptive forms.
        nears: proximity rules.
        confusables: patterns of look-alikes, which compete in longest match and denote nothing.
        alerts: which mentions may alert.
        telling: patterns of which one must stand in the document, when ``alerts`` is ``context``.
        matching, not_matching: the analyst's own examples.
    """

    id: str
    name: str
    kind: str = ""
    proposer: str = ""
    aliases: tuple[Alias, ...] = ()
    nears: tuple[Near, ...] = ()
    confusables: tuple[str, ...] = ()
    alerts: AlertLevel = AlertLevel.ALWAYS
    telling: tuple[str, ...] = ()
    matching: tuple[str, ...] = ()
    not_matching: tuple[str, ...] = ()


class Place(StrEnum):
    """Where in an article a mention stands; TAIL and FURNITURE never alert."""

    HEADLINE = "headline"
    LEAD = "lead"
    BODY = "body"
    CAPTION = "caption"
    TAIL = "tail"  # boilerplate-like end: "about the author", standing references
    FURNITURE = "furniture"  # "related: ...", teasers of other articles


@dataclass(frozen=True, slots=True)
class Mention:
    """One span of an article that denotes a tracked initiative, with its proof.

    Attributes:
        initiative_id: whose mention it is.
        field: ``title`` or ``text``: what the span points into.
        start, end: half-open character offsets into that field, exactly as stored.
        surface: the characters of the span.
        sentence: the sentence around the span, trimmed.
        rule: the alias or rule that matched, as the analyst wrote it.
        place: where in the article it stands.
        context: the required context that allowed it, as found; empty when none was required.
        beaten: competitors (other initiatives or confusables) whose shorter spans lost to this one.
        rules_version: hash of the rules that were in force.
        alerts: whether it may alert (initiative's alert level, place, short form).
    """

    initiative_id: str
    field: str
    start: int
    end: int
    surface: str
    sentence: str
    rule: str
    place: Place = Place.BODY
    context: tuple[str, ...] = ()
    beaten: tuple[str, ...] = ()
    rules_version: str = ""
    alerts: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """A number stated in the sentence of a mention.

    Attributes:
        initiative_id: beside whose mention it stands.
        value: the number, as a float.
        comparison: ``=``, ``>=`` ("more than"), ``<=`` ("up to"), ``~`` ("about").
        unit: what is counted, normalised (``state``, ``company``, ``co-sponsor``, ``page``, ``USD`` ...).
        scope: the population or qualifier that makes two figures comparable; empty when not stated.
        start, end: half-open offsets of the number with its unit, into the article's text.
        surface: those characters.
        sentence: the sentence around them.
    """

    initiative_id: str
    value: float
    comparison: str
    unit: str
    scope: str
    start: int
    end: int
    surface: str
    sentence: str
