"""The unit that is loaded: an article with everything that was found in it, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from records.article import Article, Origin, UrlOutcome
from records.mention import Figure, Mention
from records.page import ReadPage
from records.story import Fingerprint


@dataclass(frozen=True, slots=True)
class Document:
    """One extracted article, ready to be loaded.

    Attributes:
        article_id: `records.ids.article_id` of ``url_key``.
        url_key: the canonical form of the article's URL: two documents with one key are one article.
        article: what the page says.
        fingerprint: what its copies are recognised by.
        mentions, figures: what was found in it.
        source: id of the source that led to it; ``seed`` for the seed corpus.
        country: ISO 3166-1 alpha-2 of the outlet, where known.
        tier: the outlet's tier (1 is best); None when not rated.
        origin: live, seed or backfill.
        seen_at: when govwatch first saw it, in UTC.
        catch_up: it is live, but too old, or its source was silent too long, to alert at once: digest only.
        url: the URL as discovered (the frontier's row); equal to ``article.url`` when there was no redirect.
        word_count: the count that the facts of a text state which is not at hand (seeds); None: the text is counted.
    """

    article_id: int
    url_key: str
    article: Article
    fingerprint: Fingerprint
    mentions: tuple[Mention, ...]
    figures: tuple[Figure, ...]
    source: str
    origin: Origin
    seen_at: datetime
    url: str
    country: str | None = None
    tier: int | None = None
    catch_up: bool = False
    word_count: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction of the loader takes.

    Attributes:
        documents: in order of arrival.
        outcomes: of every URL that was tried for them.
        pages: that were read for them.
    """

    documents: tuple[Document, ...]
    outcomes: tuple[UrlOutcome, ...]
    pages: tuple[ReadPage, ...] = ()
