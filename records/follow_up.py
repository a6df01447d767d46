"""What is looked at again after an alert, and what became of it: versions of an article, findings, changes.

They never say who is told: `alerts.corrections` makes signals of them. Every text has passed `records.text.clean`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Version:
    """The words of an article at one time.

    Attributes:
        title, text: as in `records.article.Article`.
        language: BCP 47 primary tag.
        on: the day of the article, which rules and figures may ask for.
    """

    title: str
    text: str
    language: str | None = None
    on: date | None = None


class Finding(StrEnum):
    """How one check of an article ended."""

    UNCHANGED = "unchanged"  # the same words, or the server said "not modified"
    TRIFLE = "trifle"  # only counters, times or furniture differ
    CHANGED = "changed"  # other words: a version is kept
    LOST = "lost"  # it no longer mentions an initiative that it was alerted for
    MISSING = "missing"  # 404, or sent home: looked at once more before it counts as withdrawn
    WITHDRAWN = "withdrawn"  # gone for good
    UNREADABLE = "unreadable"  # no answer, or no article: nothing can be said


@dataclass(frozen=True, slots=True)
class Change:
    """What a reader of one initiative is told.

    Attributes:
        reason: in a few words: ``no longer mentions it``, ``corrected: headline``.
        detail: what it was, and what it is now.
        lost: the article no longer mentions the initiative.
    """

    reason: str
    detail: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """How a later version of an article differs from the one that is kept.

    Attributes:
        material: whether words differ, rather than counters and times.
        difference: lines for people.
        told: what readers are told, by initiative; empty when what they were told still stands.
    """

    material: bool = False
    difference: tuple[str, ...] = ()
    told: Mapping[str, Change] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watched:
    """An article that was alerted and is due to be looked at again.

    Attributes:
        number: of this check, from 1.
        told: the initiatives that it was alerted for and is still believed to mention.
        before: the version that is kept.
        etag, last_modified: what the last answer was marked with.
        missing: the check before found nothing at its address.
    """

    article_id: int
    url: str
    number: int
    told: tuple[str, ...]
    before: Version
    alerted_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One check, as it is noted.

    Attributes:
        reason: one sentence for a person; empty when there is nothing to say.
        status: of the answer, where there was one.
        version: the later words, where they are kept.
        next_check: None when it was the last one.
    """

    watched: Watched
    at: datetime
    finding: Finding
    reason: str = ""
    status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    version: Version | None = None
    changes: Changes = field(default_factory=Changes)
    next_check: datetime | None = None
