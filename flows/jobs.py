"""What goes into an extraction process and what comes out; the work itself is `flows.work`, which only they import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from records.article import Article
from records.follow_up import Changes, Version
from records.mention import Figure, Mention
from records.story import Fingerprint

WORKER = "flows.work:Worker"
"""Who does the work, by name: the parent never imports the extractor, which takes half a second."""


@dataclass(frozen=True, slots=True)
class Job:
    """One page to work on, and what its feed said about it.

    With ``before``, the page is that of an article that is stored, which is compared with what it was. ``repeated``:
    the lines that the page's outlet has on other pages, and on how many (`warehouse.outlet_lines.repeated`).
    """

    url: str
    final_url: str
    body: bytes
    content_type: str | None
    title: str | None = None
    published: datetime | None = None
    language: str | None = None
    before: Version | None = None
    repeated: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worked:
    """What one page gave; ``fingerprint`` is None when it is no article.

    ``untitled``: the page itself states no headline, and its feed's stands in. ``changes``: how it differs from the
    version that the job gave. ``lines``: the identities of the text's lines, before any was taken out.
    """

    url: str
    article: Article
    fingerprint: Fingerprint | None = None
    mentions: tuple[Mention, ...] = ()
    figures: tuple[Figure, ...] = ()
    changes: Changes | None = None
    untitled: bool = False
    lines: tuple[int, ...] = ()
