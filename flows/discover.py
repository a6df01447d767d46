"""The first half of a pass: poll the sources that are due, and note every URL they name.

Reads sources one beside the other; what each poll found is committed together with its validators (ETag), so that a
crash between the two can hide nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from extractors import kinds
from extractors.http import Fetcher
from extractors.selection import Bounds, select
from flows.clock import Clock
from records.article import Discovery, FeedItem, FetchFailed, NotModified, Page
from records.errors import GovwatchError
from records.source import Source
from warehouse.sources import Poll, PollOutcome, PollState

_AT_ONCE = 32  # polls under way; the fetcher bounds connections and pace by host


@dataclass(frozen=True, slots=True)
class Polled:
    """How one poll went and what it found."""

    source: Source
    poll: Poll
    discoveries: tuple[Discovery, ...] = ()
    first_look: bool = False


@dataclass(slots=True)
class Discoverer:
    """Polls sources.

    Attributes:
        fetcher: the network reader.
        bounds: what one poll may ask for.
        max_bytes: of one feed, decompressed.
        clock: gives the time in UTC.
    """

    fetcher: Fetcher
    bounds: Bounds
    max_bytes: int
    clock: Clock
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def polls(self, due: Sequence[tuple[Source, PollState]]) -> AsyncIterator[Polled]:
        """Poll every source of ``due`` and yield each result as it comes; a source that fails is a result too."""
        tasks = [asyncio.create_task(self._bounded(source, state)) for source, state in due]
        try:
            for task in asyncio.as_completed(tasks):
                yield await task
        finally:
            for pending in tasks:
                pending.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _bounded(self, source: Source, state: PollState) -> Polled:
        async with self._slots:
            return await self._poll(source, state)

    async def _poll(self, source: Source, state: PollState) -> Polled:
        result = await self.fetcher.fetch(
            source.url,
            etag=state.etag,
            last_modified=state.last_modified,
            max_bytes=self.max_bytes,
            robots=source.robots,
        )
        if isinstance(result, NotModified):
            poll = Poll(source.id, source.url, result.fetched_at, PollOutcome.NOT_MODIFIED, elapsed=result.elapsed)
            return Polled(source, replace(poll, status=304))
        if isinstance(result, FetchFailed):
            return Polled(source, _failed(source, result))
        return await self._read(source, state, result)

    async def _read(self, source: Source, state: PollState, page: Page) -> Polled:
        now = self.clock()
        try:
            items = [item async for item in self._items(source, page, now)]
        except GovwatchError as error:
            poll = Poll(source.id, source.url, now, PollOutcome.FAILED, str(error), status=page.status)
            return Polled(source, replace(poll, bytes=len(page.body), elapsed=page.elapsed))
        first_look = state.first_looked_at is None
        discoveries = select(
            items, source, first_look=first_look, last_new_item=state.last_new_item, bounds=self.bounds, now=now
        )
        dates = [item.published for item in items if item.published]
        poll = Poll(
            source.id,
            source.url,
            now,
            PollOutcome.OK if items else PollOutcome.EMPTY,
            "" if items else "understood, and nothing in it",
            status=page.status,
            bytes=len(page.body),
            elapsed=page.elapsed,
            etag=page.headers.get("etag"),
            last_modified=page.headers.get("last-modified"),
            items=len(items),
            newest_item=max(dates, default=None),
            moved_to=page.redirects[-1][1] if page.redirects else None,
        )
        return Polled(source, poll, tuple(discoveries), first_look)

    async def _items(self, source: Source, page: Page, now: datetime) -> AsyncIterator[FeedItem]:
        """Yield the items of a page, and of the documents that it points to (children of a sitemap index)."""
        # Parsing a large feed takes longer than a poll of another host should wait.
        reading = await asyncio.to_thread(kinds.read, source, page, now)
        for item in reading.items:
            yield item
        for url in reading.follow:
            child = await self.fetcher.fetch(url, max_bytes=self.max_bytes, robots=source.robots)
            if isinstance(child, Page):
                for item in (await asyncio.to_thread(kinds.read, source, child, now)).items:
                    yield item


def _failed(source: Source, result: FetchFailed) -> Poll:
    return Poll(
        source.id,
        source.url,
        result.fetched_at,
        PollOutcome.FAILED,
        result.reason,
        status=result.status,
        elapsed=result.elapsed,
        retry_after=result.retry_after,
    )


def with_new_items(polled: Sequence[Polled], new_by_source: dict[str, int]) -> Iterator[Poll]:
    """Yield the polls with the number of items that the frontier did not know."""
    for one in polled:
        yield replace(one.poll, new_items=new_by_source.get(one.source.id, 0))
