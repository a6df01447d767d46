"""All that one poll of a source reads: its document, and the few others that this one points to.

It follows the children of sitemap indexes and the next pages of an answer, within bounds. It never decides what is
worth fetching, and one document that fails costs nothing but its own items.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from extractors import kinds
from extractors.feed_parts import NO_WISHES, Pace
from extractors.http import Fetcher
from extractors.kinds import Reading
from records.article import FeedItem, FetchFailed, Page
from records.errors import GovwatchError
from records.source import Source

MOST_DOCUMENTS = 12
"""Documents beside the first one that a poll reads: an index of indexes, or the pages of a long answer."""

MOST_PAGES = 5
"""Pages of one answer that a poll reads, the first one included."""

DEEPEST = 2
"""Levels of sitemap indexes that are followed."""

_OVERLAP = timedelta(days=2)  # pages of an answer older than the last poll by this much hold nothing new
_ENDS = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf|channel|urlset|sitemapindex)\s*>", re.IGNORECASE)
_MARKUP = ("rss", "rdf", "atom", "cdf", "sitemap", "sitemap index")


@dataclass(slots=True)
class Gathered:
    """What a poll read.

    Attributes:
        items: of all documents, in their order.
        wishes: of the first document.
        linkless: entries that name no page.
        gaps: why this is not all, a sentence each: then the next poll has to be a whole one.
    """

    items: list[FeedItem] = field(default_factory=list)
    wishes: Pace = NO_WISHES
    linkless: int = 0
    gaps: list[str] = field(default_factory=list)


async def gather(
    fetcher: Fetcher, source: Source, page: Page, *, max_bytes: int, now: datetime, last_success: datetime | None
) -> Gathered:
    """Return the items of ``page`` and of the documents that it points to.

    Args:
        fetcher: the network reader.
        source: whose page it is.
        page: the document at the source's URL.
        max_bytes: of each further document.
        now: the time, in UTC.
        last_success: the last poll that was understood: next pages are read back to it.

    Raises:
        ParseError: the page is not what the source's kind reads.
    """
    found = Gathered()
    # Parsing a large feed takes longer than a poll of another host should wait.
    first = await asyncio.to_thread(kinds.read, source, page, now)
    found.wishes = first.pace
    waiting: deque[tuple[str, int]] = deque()
    seen = {source.url, page.final_url}
    pages = 1

    def take(reading: Reading, body: bytes, depth: int) -> None:
        nonlocal pages
        found.items.extend(reading.items)
        found.linkless += reading.linkless
        if cut_off(reading.format, body):
            found.gaps.append("a document ends in the middle: what it holds was taken")
        if depth < DEEPEST:
            waiting.extend((url, depth + 1) for url in reading.follow)
        if reading.next and pages < MOST_PAGES and _reaches(reading, last_success):
            pages += 1
            waiting.append((reading.next, depth))

    take(first, page.body, 0)
    for _ in range(MOST_DOCUMENTS):
        while waiting and waiting[0][0] in seen:
            waiting.popleft()
        if not waiting or len(found.items) >= kinds.MOST_ITEMS:
            break
        url, depth = waiting.popleft()
        seen.add(url)
        further = await fetcher.fetch(url, max_bytes=max_bytes, robots=source.robots)
        if not isinstance(further, Page):
            reason = further.reason if isinstance(further, FetchFailed) else "not modified"
            found.gaps.append(f"{url} could not be read: {reason}")
            continue
        try:
            take(await asyncio.to_thread(kinds.read, source, further, now), further.body, depth)
        except GovwatchError as error:
            found.gaps.append(f"{url} could not be read: {error}")
    return found


def cut_off(format_: str, body: bytes) -> bool:
    """Whether a document in markup lacks its end: then its ETag must not vouch for what never came."""
    if format_ not in _MARKUP or not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or b"\0" in body[-64:]:
        return False  # compressed, UTF-16, or plain lines: their readers know
    return _ENDS.search(body, max(0, len(body) - 4096)) is None


def _reaches(reading: Reading, last_success: datetime | None) -> bool:
    """Whether a further page of the answer may hold something that the last poll did not see."""
    dates = [item.published for item in reading.items if item.published]
    return last_success is None or not dates or min(dates) > last_success - _OVERLAP
