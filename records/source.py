"""A source: one endpoint that is polled for new coverage; what its polls have taught, and how it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Source:
    """What an analyst configured about one endpoint.

    Attributes:
        id: stable, small letters, digits and dashes.
        name: for people.
        kind: which reader understands it (``feed``, ``sitemap``, ``listing``, ``gdelt`` ...).
        url: where it is polled.
        language, country: of the outlet, where known.
        outlet: the outlet's domain or short name, where it differs from the host of the articles.
        tier: 1 (wire services, papers of record, institutions) to 3; None when not rated.
        every: the usual time between two polls.
        enabled: whether it is polled at all.
        reason: why it is off, or anything an operator should know.
        keywords: only items whose title, summary or URL holds one of these are fetched; empty means all are.
        selector: CSS selector of the links of a listing.
        link_pattern: regular expression that the links of a listing match in full.
        robots: whether robots.txt is obeyed for the endpoint itself (articles always obey it).
        max_pages: most article pages fetched for it in one pass; None takes the setting.
    """

    id: str
    name: str
    kind: str
    url: str
    every: timedelta
    language: str | None = None
    country: str | None = None
    outlet: str | None = None
    tier: int | None = None
    enabled: bool = True
    reason: str = ""
    keywords: tuple[str, ...] = ()
    selector: str | None = None
    link_pattern: str | None = None
    robots: bool = False
    max_pages: int | None = None


@dataclass(frozen=True, slots=True)
class Habit:
    """What the polls of a source have taught about it; None for what is not known yet.

    Attributes:
        interval: the learnt time between two polls.
        usual_gap: how far apart polls that bring something new usually are: a sliding mean.
        longest_gap: the longest quiet time of late; it fades slowly, so that a quiet summer is forgotten.
        fresh: for how long the publisher calls an answer fresh (ttl, ``sy:updatePeriod``, Cache-Control).
        skip_hours: hours of the day, UTC, in which the publisher has no news.
        skip_days: days of the week likewise; 0 is Monday.
        unmodified: answers "not modified" since the last whole answer.
        last_full: when the last whole answer came.
        mistrusted: when its validators were last found unchanged over changed content.
    """

    interval: timedelta | None = None
    usual_gap: timedelta | None = None
    longest_gap: timedelta | None = None
    fresh: timedelta | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    unmodified: int = 0
    last_full: datetime | None = None
    mistrusted: datetime | None = None


UNKNOWN = Habit()
"""Of a source that was never polled."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How a source is, as far as operators need to be told.

    Attributes:
        source_id, name: the source.
        state: as in the view ``source_health``.
        reason: one sentence.
        ill: whether it has been in trouble for long enough to be told of.
        told: the illness that operators were told of; None when they believe it well.
    """

    source_id: str
    name: str
    state: str
    reason: str
    ill: bool
    told: str | None = None
