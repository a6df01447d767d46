"""The first half of a pass: poll the sources that are due, and note every URL they name.

Reads sources one beside the other; what each poll found is committed together with its validators (ETag), so that a
crash between the two can hide nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace

from extractors import interval
from extractors.http import Fetcher
from extractors.selection import Bounds, select
from flows.clock import Clock
from flows.reading import Gathered, gather
from flows.secrecy import mask
from records.article import Discovery, FetchFailed, NotModified, Page
from records.errors import GovwatchError
from records.source import Source
from warehouse.sources import Poll, PollOutcome, PollState

_AT_ONCE = 100  # polls under way; the fetcher bounds connections and pace by host


@dataclass(frozen=True, slots=True)
class Polled:
    """How one poll went and what it found.

    ``state`` is what was known before, and ``seen`` what a whole answer showed: what the next interval is learnt from.
    """

    source: Source
    poll: Poll
    discoveries: tuple[Discovery, ...] = ()
    first_look: bool = False
    state: PollState | None = None
    seen: interval.Seen | None = None


@dataclass(slots=True)
class Discoverer:
    """Polls sources.

    Attributes:
        fetcher: the network reader.
        bounds: what one poll may ask for.
        max_bytes: of one feed, decompressed.
        clock: gives the time in UTC.
        stop: once set, polls end at once, those under way, too: their sources stay due.
    """

    fetcher: Fetcher
    bounds: Bounds
    max_bytes: int
    clock: Clock
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def polls(self, due: Sequence[tuple[Source, PollState]]) -> AsyncIterator[Polled]:
        """Poll every source of ``due`` and yield each result as it comes; a source that fails is a result too.

        A thousand sources that hang for half a minute each would else hold a pass beyond its deadline.
        """
        tasks = [asyncio.create_task(self._bounded(source, state)) for source, state in due]
        stopped = asyncio.create_task(self._stopped())
        left = len(tasks)
        try:
            for task in asyncio.as_completed([*tasks, stopped]) if tasks else ():
                polled = await task
                if polled is None:
                    return
                yield _without_secrets(polled)
                left -= 1
                if not left:
                    return
        finally:
            for pending in (*tasks, stopped):
                pending.cancel()
            await asyncio.gather(*tasks, stopped, return_exceptions=True)

    async def _stopped(self) -> None:
        await self.stop.wait()

    async def _bounded(self, source: Source, state: PollState) -> Polled:
        async with self._slots:
            return await self._poll(source, state)

    async def _poll(self, source: Source, state: PollState) -> Polled:
        trusted = interval.conditional(state.habit, self.clock())
        result = await self.fetcher.fetch(
            source.url,
            etag=state.etag if trusted else None,
            last_modified=state.last_modified if trusted else None,
            max_bytes=self.max_bytes,
            robots=source.robots,
        )
        if isinstance(result, NotModified):
            poll = Poll(source.id, source.url, result.fetched_at, PollOutcome.NOT_MODIFIED, elapsed=result.elapsed)
            return Polled(source, replace(poll, status=304), state=state)
        if isinstance(result, FetchFailed):
            return Polled(source, _failed(source, result))
        return await self._read(source, state, result)

    async def _read(self, source: Source, state: PollState, page: Page) -> Polled:
        now = self.clock()
        try:
            found = await gather(
                self.fetcher, source, page, max_bytes=self.max_bytes, now=now, last_success=state.last_success
            )
        except GovwatchError as error:
            poll = Poll(source.id, source.url, now, PollOutcome.FAILED, str(error), status=page.status, fault=True)
            return Polled(source, replace(poll, bytes=len(page.body), elapsed=page.elapsed))
        first_look = state.first_looked_at is None
        # Fifty thousand items take a second, in which other polls go on.
        discoveries = await asyncio.to_thread(
            select,
            found.items,
            source,
            first_look=first_look,
            last_new_item=state.last_new_item,
            bounds=self.bounds,
            now=now,
        )
        dates = tuple(item.published for item in found.items if item.published)
        # Validators vouch for all that was read; where something is missing, the next poll asks for everything.
        whole = bool(found.items) and not found.gaps
        validators = (page.headers.get("etag"), page.headers.get("last-modified")) if whole else (None, None)
        poll = Poll(
            source.id,
            source.url,
            now,
            _outcome(found),
            _remark(found),
            status=page.status,
            bytes=len(page.body),
            elapsed=page.elapsed,
            etag=validators[0],
            last_modified=validators[1],
            items=len(found.items),
            newest_item=max(dates, default=None),
            moved_to=_moved(source.url, page),
            linkless=found.linkless,
        )
        return Polled(
            source,
            poll,
            tuple(discoveries),
            first_look,
            state,
            interval.Seen(
                now,
                len(discoveries),
                first_look=first_look,
                last_poll=state.last_poll,
                last_new=state.last_new_item,
                etag_kept=_kept(state, validators),
                dates=dates,
                wishes=found.wishes,
                cache_control=page.headers.get("cache-control"),
            ),
        )


def _outcome(found: Gathered) -> PollOutcome:
    if found.items:
        return PollOutcome.OK
    return PollOutcome.FAILED if found.gaps else PollOutcome.EMPTY


def _remark(found: Gathered) -> str:
    if found.gaps:
        more = f" (and {len(found.gaps) - 1} more)" if len(found.gaps) > 1 else ""
        return f"{found.gaps[0]}{more}"
    if found.items:
        return ""
    if found.linkless:
        return f"none of its {found.linkless} entries names a page"
    return "understood, and nothing in it"


def _kept(state: PollState, now: tuple[str | None, str | None]) -> bool:
    """Whether a whole answer says by its validators that it is the one before."""
    before = (state.etag, state.last_modified)
    return now == before and before != (None, None)


def _moved(url: str, page: Page) -> str | None:
    """Return where the source itself is for good: the end of the permanent redirects that begin at its URL."""
    here = url
    for origin, target in page.redirects:
        if origin == here:
            here = target
    return None if here == url else here


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
    """Yield the polls with the number of items that the frontier did not know, and with what that teaches."""
    for one in polled:
        yield _taught(one, replace(one.poll, new_items=new_by_source.get(one.source.id, 0)))


def _taught(one: Polled, poll: Poll) -> Poll:
    if one.state is None or poll.outcome is PollOutcome.FAILED:
        return poll
    unchanged = interval.Seen(poll.at, full=False, last_poll=one.state.last_poll, last_new=one.state.last_new_item)
    seen = replace(one.seen, new=poll.new_items) if one.seen else unchanged
    habit, reason = interval.learn(one.state.habit, one.source.every, seen)
    again = interval.next_poll(habit, one.source.every, poll.at)
    return replace(poll, habit=habit, next_poll=again, pace_reason=reason)


def _without_secrets(polled: Polled) -> Polled:
    """Return what the poll found as tables may keep it: an address may hold a key, and servers repeat what they got."""
    poll = polled.poll
    moved_to = mask(poll.moved_to) if poll.moved_to else poll.moved_to
    return replace(polled, poll=replace(poll, url=mask(poll.url), reason=mask(poll.reason), moved_to=moved_to))
