"""Many requests at a time: one lane per host, so that a slow host holds up only itself.

It orders work and bounds what waits to be taken; it never fetches itself and knows no pace.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from urllib.parse import urlsplit

from extractors.pace import Admission
from extractors.policy import Request
from records.article import FetchResult

Run = Callable[[Request, Admission], Awaitable[FetchResult]]
"""Fetches one request, and awaits the admission before it sends its first byte."""


async def in_lanes(
    requests: Iterable[Request], run: Run, per_host: int, waiting: int
) -> AsyncGenerator[FetchResult, None]:
    """Run all requests, ``per_host`` at a time for each host and in the order given; yield results as they come.

    At most ``waiting`` results that may hold a page exist at a time, in the making or not yet taken.
    """
    lanes: dict[str, deque[Request]] = {}
    for request in requests:
        lanes.setdefault(_site_of(request.url), deque()).append(request)
    total = sum(map(len, lanes.values()))
    room = asyncio.Semaphore(waiting)
    results: asyncio.Queue[tuple[FetchResult, bool]] = asyncio.Queue()
    workers = [
        asyncio.create_task(_work(lane, run, room, results))
        for lane in lanes.values()
        for _ in range(min(per_host, len(lane)))
    ]
    try:
        for _ in range(total):
            result, admitted = await results.get()
            yield result
            if admitted:
                room.release()
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _work(
    lane: deque[Request], run: Run, room: asyncio.Semaphore, results: asyncio.Queue[tuple[FetchResult, bool]]
) -> None:
    while lane:
        request = lane.popleft()
        entrance = _Entrance(room)
        result = await run(request, entrance.admit)
        results.put_nowait((result, entrance.admitted))


class _Entrance:
    """Takes one place in the room, however often a request passes (redirects and further tries)."""

    __slots__ = ("_room", "admitted")

    def __init__(self, room: asyncio.Semaphore) -> None:
        self._room = room
        self.admitted = False

    async def admit(self) -> None:
        if not self.admitted:
            await self._room.acquire()
            self.admitted = True


def _site_of(url: str) -> str:
    """Return the host of ``url`` for sorting; the empty string for what cannot be parsed."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
