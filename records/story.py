"""Stories: the same text, however many outlets print it; and what is kept of a text to recognise it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is stored of a text so that its copies are recognised without reading it again.

    Attributes:
        text_hash: 63-bit hash of the normalised text: equal texts have equal hashes.
        shingles: the smallest hashes of the text's shingles, unsigned 32 bits each, ascending: the candidate key.
        sketch: sampled shingle hashes in text order, packed: what verification compares.
        title: hashes of the title's tokens, unsigned 32 bits each.
        cjk: whether shingles were made of characters rather than words.
        marks: another hash of each of ``shingles``, 1 to 254: among millions of texts, an equal shingle hash with an
            equal mark is hardly ever one by chance. Empty when they are not known.
    """

    text_hash: int
    shingles: tuple[int, ...]
    sketch: bytes
    title: tuple[int, ...]
    cjk: bool
    marks: bytes = b""

    @property
    def key(self) -> list[tuple[int, int]]:
        """Each shingle hash with its mark; 0 where that is not known."""
        return list(zip(self.shingles, self.marks or bytes(len(self.shingles)), strict=True))


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An article whose story is asked for.

    Attributes:
        article_id: the article.
        outlet: its outlet's domain; empty when unknown.
        published: the instant of publication; None when unknown.
        fingerprint: of its title and text.
        canonical: the article that its page names as the original (``rel=canonical``), when that is another one.
    """

    article_id: int
    outlet: str
    published: datetime | None
    fingerprint: Fingerprint
    canonical: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored (or just assigned) member of a story that a new text may be a copy of.

    Attributes:
        article_id, story_id: the member and its story.
        outlet, published: as in `Newcomer`.
        fingerprint: its ``shingles`` may be only those that it shares with the text that was asked about.
        arrival: increases with the order in which members were assigned: the older story survives a merge.
    """

    article_id: int
    story_id: int
    outlet: str
    published: datetime | None
    fingerprint: Fingerprint
    arrival: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an article shows of where its text was first printed.

    Attributes:
        agency: the news agency that it credits, or that prints it; empty when none.
        own: that agency prints it itself.
        canonical: the article that its page names as the original, stored or not; None when it names none or itself.
    """

    agency: str = ""
    own: bool = False
    canonical: int | None = None


@dataclass(frozen=True, slots=True)
class StoryChoice:
    """Which story an article belongs to, and why.

    Attributes:
        article_id: the article.
        story_id: its story; equal to ``article_id`` when the article opens a new story.
        reason: ``new``, ``same_url``, ``same_text``, ``reprint``, ``excerpt`` or ``update``.
        score: 0 to 1: how much of the shorter text is covered; 1 for identities and for new stories.
        matched: the member that decided; None for a new story.
        merges: stories that turn out to be this one, to be merged with a trace.
        evidence: what the article shows of the original.
    """

    article_id: int
    story_id: int
    reason: str
    score: float = 1.0
    matched: int | None = None
    merges: tuple[int, ...] = ()
    evidence: Evidence = Evidence()


class Neighbours(Protocol):
    """Where candidates come from: the warehouse, or memory."""

    def of(self, fingerprints: Sequence[Fingerprint]) -> list[list[Candidate]]:
        """Return, for each fingerprint, the stored members that share enough of it, best first."""
        ...

    def stories(self, article_ids: Sequence[int]) -> dict[int, int]:
        """Return the story of each of these articles that is stored already."""
        ...
