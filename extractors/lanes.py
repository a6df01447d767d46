"""Many requests at a time: one lane per host, so that a slow host holds up only itself.

It orders work and bounds what waits to be taken; it never fetches itself and knows no pace.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from extractors.pace import Admission
from extractors.policy import Request
from records.article import FetchFailed, FetchResult

Run = Callable[[Request, Admission], Awaitable[FetchResult]]
"""Fetches one request, and awaits the admission before it sends its first byte."""


SILENT_AFTER = 3
"""Requests in a row without any answer after which a host is asked no more: it is down, and each costs a deadline."""

Refuse = Callable[[Request, str], FetchResult]
"""Makes the result of a request that is not sent at all, from the request and the reason."""


@dataclass(slots=True)
class _Lane:
    """The requests to one host.

    Attributes:
        waiting: those that are not sent yet.
        unanswered: requests in a row that got no answer at all.
    """

    host: str
    waiting: deque[Request] = field(default_factory=deque)
    unanswered: int = 0

    def note(self, result: FetchResult) -> None:
        self.unanswered = self.unanswered + 1 if isinstance(result, FetchFailed) and result.unanswered else 0


async def in_lanes(
    requests: Iterable[Request], run: Run, per_host: int, waiting: int, refuse: Refuse
) -> AsyncGenerator[FetchResult, None]:
    """Run all requests, ``per_host`` at a time for each host and in the order given; yield results as they come.

    At most ``waiting`` results that may hold a page exist at a time, in the making or not yet taken. Once a host left
    `SILENT_AFTER` requests in a row without an answer, the rest of its lane is given to ``refuse``.
    """
    lanes: dict[str, _Lane] = {}
    for request in requests:
        host = _site_of(request.url)
        lanes.setdefault(host, _Lane(host)).waiting.append(request)
    total = sum(len(lane.waiting) for lane in lanes.values())
    room = asyncio.Semaphore(waiting)
    results: asyncio.Queue[tuple[FetchResult, bool]] = asyncio.Queue()
    workers = [
        asyncio.create_task(_work(lane, run, refuse, room, results))
        for lane in lanes.values()
        for _ in range(min(per_host, len(lane.waiting)))
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
    lane: _Lane, run: Run, refuse: Refuse, room: asyncio.Semaphore, results: asyncio.Queue[tuple[FetchResult, bool]]
) -> None:
    while lane.waiting:
        request = lane.waiting.popleft()
        if lane.unanswered >= SILENT_AFTER:
            reason = f"'{lane.host}' left {lane.unanswered} requests in a row without an answer: not asked in this pass"
            results.put_nowait((refuse(request, reason), False))
            continue
        entrance = _Entrance(room)
        result = await run(request, entrance.admit)
        lane.note(result)
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
