"""A page that was read: what it gave, and where its bytes are kept, so that it can be read again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from records.article import Access


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the bytes of one page are kept.

    Attributes:
        file: name of a file of kept pages.
        position: of the first byte in it.
        length: in bytes, compressed.
    """

    file: str
    position: int
    length: int


@dataclass(frozen=True, slots=True)
class ReadPage:
    """One reading of one page, article or not.

    Attributes:
        url: as discovered: the frontier's row.
        final_url: where it was fetched, after redirects.
        source: id of the source that led to it.
        outlet: domain of the site.
        fetched_at: when its last byte arrived, in UTC.
        content_type: as the server sent it.
        raw_hash: SHA-256 of its bytes.
        size: of its bytes.
        article_id: the article that it led to; None when to none.
        access: how much of an article it showed.
        characters: of the text that was cut out.
        titled, signed, dated: whether the page itself states a headline, an author, a date.
        extractor: what read it.
        lines: the identities of the lines of its text, before those were taken out that its outlet repeats.
        repeated: of these, those that were taken out.
        packed: its bytes as they are kept; empty when they are not, or are kept already.
        slot: where they are kept; None when they are not.
    """

    url: str
    final_url: str
    source: str
    outlet: str
    fetched_at: datetime
    content_type: str | None
    raw_hash: str
    size: int
    article_id: int | None
    access: Access
    characters: int
    titled: bool
    signed: bool
    dated: bool
    extractor: str
    lines: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()
    packed: bytes = b""
    slot: Slot | None = None
