"""The kinds of sources: what reads each, and what a poll of one gives.

To add a kind, write its reader in a file of its own and name it in `KINDS` (and in `config.sources`). It never fetches:
documents that a source points to are named in `Reading.follow`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from extractors import autodiscovery, bing_news, feeds, google_news, listings
from extractors.feed_dates import plausible
from extractors.feed_parts import NO_WISHES, Pace, Parsed
from extractors.sitemaps import INDEX
from records.article import FeedItem, Page
from records.errors import ParseError
from records.source import Source

MOST_FOLLOWED = 5
"""Children of a sitemap index that one poll reads: the newest ones hold what is new."""

MOST_ITEMS = 50_000
"""Items that one document may give: what a sitemap may hold by its standard; the first ones are kept."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one page of a source gives.

    Attributes:
        items: with their source's id, each with a link; dates that cannot be are None.
        follow: further documents of the same source to read now, the newest first.
        pace: how often the publisher asks to be polled.
        language: that the document states for all of it.
        format: what the bytes turned out to be (``rss``, ``atom``, ``sitemap`` ...).
        linkless: entries that were left out because they name no page.
        next: the next page of the same answer, for backfill.
    """

    items: tuple[FeedItem, ...]
    follow: tuple[str, ...] = ()
    pace: Pace = NO_WISHES
    language: str | None = None
    format: str = ""
    linkless: int = 0
    next: str | None = None


Reader = Callable[[Source, Page], Parsed]


def _feed(_source: Source, page: Page) -> Parsed:
    return feeds.document(page.body, page.content_type, page.final_url)


def _listing(source: Source, page: Page) -> Parsed:
    return listings.read(
        page.body, page.content_type, page.final_url, selector=source.selector, pattern=source.link_pattern
    )


def _google(_source: Source, page: Page) -> Parsed:
    return google_news.read(page.body, page.content_type, page.final_url)


def _bing(_source: Source, page: Page) -> Parsed:
    return bing_news.read(page.body, page.content_type, page.final_url)


KINDS: dict[str, Reader] = {
    "feed": _feed,
    "sitemap": _feed,
    "listing": _listing,
    "gdelt": _feed,
    "google_news": _google,
    "bing_news": _bing,
    "federal_register": _feed,
}
"""Reader by kind. Feeds, sitemaps and APIs tell themselves apart by their bytes: a site may change
from one to another."""


def read(source: Source, page: Page, now: datetime) -> Reading:
    """Return what ``page`` of ``source`` gives.

    Args:
        source: whose page it is: the document at its URL, or one that an earlier reading named in ``follow``.
        page: as fetched.
        now: the time, in UTC: a date more than two days ahead of it counts as none.

    Raises:
        ParseError: the page is not what the source's kind reads; says what it is instead.
    """
    reader = KINDS.get(source.kind)
    if reader is None:
        raise ParseError(f"no reader for sources of the kind '{source.kind}'; known: {', '.join(KINDS)}")
    try:
        parsed = reader(source, page)
    except ParseError as error:
        named = autodiscovery.feeds_named_by(page.body, page.content_type, page.final_url)
        if source.kind == "listing" or not named:
            raise
        raise ParseError(f"{error}; it names the feed {named[0].url}") from None
    linked = [item for item in parsed.items if item.url]
    if parsed.format == INDEX:
        return Reading((), _children(linked, now), parsed.pace, parsed.language, parsed.format)
    items = tuple(
        replace(item, source=source.id, published=plausible(item.published, now)) for item in linked[:MOST_ITEMS]
    )
    return Reading(items, (), parsed.pace, parsed.language, parsed.format, len(parsed.items) - len(linked), parsed.next)


_DATE_IN_NAME = re.compile(r"(?<!\d)(20\d\d)\D?(\d\d)?\D?(\d\d)?(?!\d)")
_NEVER = datetime.min.replace(tzinfo=UTC)


def _children(items: list[FeedItem], now: datetime) -> tuple[str, ...]:
    """Return the newest children of an index: by the date that it states, else by the one in the child's name."""

    def age(item: FeedItem) -> tuple[datetime, str]:
        named = _DATE_IN_NAME.search(item.url)
        return plausible(item.published, now) or _NEVER, "".join(part or "" for part in named.groups()) if named else ""

    # Sorting is stable: without any date the order of the document stays, and its first ones are read.
    return tuple(item.url for item in sorted(items, key=age, reverse=True)[:MOST_FOLLOWED])
