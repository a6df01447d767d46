"""What is tracked, and the evidence that a text speaks of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
