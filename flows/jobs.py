"""What goes into an extraction process, what comes out, and who takes it there; the work itself is `flows.work`.

It never does the work: the parent need not import the extractor, only the processes do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, Self

from extractors.workers import Failure
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


class Pool(Protocol):
    """Who works on pages: processes of this machine (`extractors.workers.Workers`), or a cluster (`flows.runners`).

    Attributes:
        processes: how many chunks are worked on at a time; twice as many are handed over, so that none waits for work.
    """

    processes: int

    def __enter__(self) -> Self:
        """Begin; nothing is started before there is work."""

    def __exit__(self, *_: object) -> None:
        """End what was started; chunks under way come back as failures."""

    def warm(self) -> None:
        """Start now, beside whatever the caller does next."""

    async def submit(self, jobs: Sequence[Job]) -> list[Worked | Failure]:
        """Return one result or `Failure` per job of one chunk, in the jobs' order.

        Raises:
            GovwatchError: no process can be set up at all.
        """


@dataclass(frozen=True, slots=True)
class Chunks:
    """How pages are put together for a `Pool`.

    Attributes:
        pages: most in one chunk.
        patience: seconds that the first page of a chunk waits for others, unless no more are to come.
    """

    pages: int = 8  # pipes and pickling cost less than 1 % of the work
    patience: float = 0.0


LOCAL = Chunks()
"""For processes of this machine."""
