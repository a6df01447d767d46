"""What goes into an extraction process and what comes out; the work itself is `flows.work`, which only they import."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from records.article import Article
from records.mention import Figure, Mention
from records.story import Fingerprint

WORKER = "flows.work:Worker"
"""Who does the work, by name: the parent never imports the extractor, which takes half a second."""


@dataclass(frozen=True, slots=True)
class Job:
    """One page to work on, and what its feed said about it."""

    url: str
    final_url: str
    body: bytes
    content_type: str | None
    title: str | None = None
    published: datetime | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Worked:
    """What one page gave; ``fingerprint`` is None when it is no article."""

    url: str
    article: Article
    fingerprint: Fingerprint | None = None
    mentions: tuple[Mention, ...] = ()
    figures: tuple[Figure, ...] = ()
