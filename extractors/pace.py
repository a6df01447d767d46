"""When a request to a host may start: delay between starts, requests at a time, rest after a 429 or 503.

It keeps time and places, per host and in all; it never sends anything and knows no URL.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from types import TracebackType
from typing import Protocol, Self

Sleep = Callable[[float], Awaitable[object]]
Admission = Callable[[], Awaitable[object]]

_HOSTS_KEPT = 10_000
"""Hosts whose pace is remembered; beyond it, those that are idle and owe nothing are forgotten."""


@dataclass(slots=True, eq=False)
class _Host:
    """The pace of one host; times are seconds of the monotonic clock."""

    delay: float
    places: asyncio.Semaphore
    gate: asyncio.Lock = field(default_factory=asyncio.Lock)  # one request at a time waits for the next start
    starts: int = 0
    sent_at: float | None = None  # of the last request that started
    answered_at: float | None = None  # of the same
    news: asyncio.Event = field(default_factory=asyncio.Event)  # it was sent, or answered
    rest_until: float = 0.0
    strikes: int = 0
    users: int = 0

    def due(self) -> float:
        """Return when the next request may start, were nothing to change until then.

        The delay counts from the head of the answer to the last request: only then is it sure that the server has
        seen it. A server that is slow to answer holds up the next request for one more delay only, counted from the
        sending; what is not even sent yet (a connection being made) holds it up until it is.
        """
        if not self.starts or self.delay <= 0:
            return 0.0
        answer_counts = inf if self.answered_at is None else self.answered_at + self.delay
        sending_counts = inf if self.sent_at is None else self.sent_at + 2 * self.delay
        return min(answer_counts, sending_counts)


class Leases(Protocol):
    """Which hosts this process may ask, where others ask the same ones (`flows.leases`)."""

    async def take(self, host: str) -> bool:
        """Return once no other process asks ``host``; False when that took too long: send nothing now.

        Each True is answered by one `give`.
        """

    def give(self, host: str, after: float) -> None:
        """Say that one request to ``host`` is over, and that another process may ask it in ``after`` seconds."""


class Pacer:
    """Shared by all requests of a fetcher.

    Args:
        delay: seconds between the starts of two requests to one host.
        per_host: most requests to one host at a time.
        total: most requests at a time in all.
        longest_rest: a request waits for a resting host this many seconds at most, and is turned away beyond.
        clock: monotonic seconds.
        sleep: waits seconds of that clock.
        leases: asked before each request, where several machines share the hosts.
    """

    def __init__(
        self,
        delay: float,
        per_host: int,
        total: int,
        longest_rest: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        leases: Leases | None = None,
    ) -> None:
        self._delay = delay
        self._leases = leases
        self._per_host = per_host
        self._total = asyncio.Semaphore(total)
        self._longest_rest = longest_rest
        self._clock = clock
        self._sleep = sleep
        self._hosts: dict[str, _Host] = {}

    def turn(self, host: str, admit: Admission | None = None) -> Turn:
        """Return the context in which one request to ``host`` runs; entering it waits for the request's time.

        ``admit`` is awaited when the request's time has come, before it takes a place among all requests.
        """
        return Turn(self, host, self._of(host), admit)

    def slow_down(self, host: str, delay: float) -> None:
        """Let at least ``delay`` seconds pass between two requests to ``host`` (its robots.txt asks for it)."""
        state = self._of(host)
        state.delay = max(self._delay, delay)

    def rest(self, host: str, seconds: float) -> None:
        """Send nothing to ``host`` for ``seconds`` from now."""
        state = self._of(host)
        state.rest_until = max(state.rest_until, self._clock() + seconds)

    def strike(self, host: str) -> int:
        """Count an answer by which ``host`` says that it is overloaded; return how many came in a row."""
        state = self._of(host)
        state.strikes += 1
        return state.strikes

    def forgive(self, host: str) -> None:
        """Forget the strikes of ``host``: it answers well again."""
        state = self._hosts.get(host)
        if state is not None and state.strikes:
            state.strikes = 0

    def _of(self, host: str) -> _Host:
        state = self._hosts.get(host)
        if state is None:
            if len(self._hosts) >= _HOSTS_KEPT:
                self._forget_idle_hosts()
            state = self._hosts[host] = _Host(self._delay, asyncio.Semaphore(self._per_host))
        return state

    def _forget_idle_hosts(self) -> None:
        now = self._clock()
        self._hosts = {
            name: host
            for name, host in self._hosts.items()
            if host.users or max(host.due(), host.rest_until) > now or host.delay > self._delay or host.strikes
        }

    async def _lease(self, name: str, host: _Host, admit: Admission | None) -> float:
        """Wait until no other process asks the host, and for the request's time; return the rest that forbids it."""
        if self._leases is None:
            return await self._enter(host, admit)
        if not await self._leases.take(name):
            return inf
        resting = inf
        try:
            resting = await self._enter(host, admit)
        finally:
            if resting:
                self._leases.give(name, self._left(host))
        return resting

    def _left(self, host: _Host) -> float:
        """Return how long the host is to be left alone."""
        now = self._clock()
        due = host.due()
        return max(0.0, host.rest_until - now, 2 * host.delay if due == inf else due - now)

    async def _enter(self, host: _Host, admit: Admission | None) -> float:
        """Wait for the host's next start, then for a place among all; return the rest that forbids it, or 0."""
        async with host.gate:
            # Holding the gate until the start itself keeps the distance exact, however long the last two waits take;
            # taking the place among all last keeps a slow host from holding places that others could use.
            resting = await self._wait(host)
            if resting:
                return resting
            if admit is not None:
                await admit()
            await self._total.acquire()
            host.starts += 1
            host.sent_at = host.answered_at = None
        return 0.0

    async def _wait(self, host: _Host) -> float:
        while True:
            now = self._clock()
            resting = host.rest_until - now
            if resting > self._longest_rest:
                return resting
            due = host.due()
            if resting > 0 or (due > now and host.answered_at is not None):
                await self._sleep(max(resting, due - now if host.answered_at is not None else 0.0))
            elif due > now:
                host.news.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(None if due == inf else due - now):
                        await host.news.wait()
            else:
                return 0.0

    def _leave(self, name: str, host: _Host, start: int) -> None:
        self._answered(host, start)
        self._total.release()
        if self._leases is not None:
            self._leases.give(name, self._left(host))

    # What happens to an older request says nothing about when the server saw the last one, hence the numbers.

    def _sent(self, host: _Host, start: int) -> None:
        if host.sent_at is None and start == host.starts:
            host.sent_at = self._clock()
            host.news.set()

    def _answered(self, host: _Host, start: int) -> None:
        if host.answered_at is None and start == host.starts:
            host.answered_at = self._clock()
            host.news.set()


class Turn:
    """One request's place: ``async with pacer.turn(host) as turn``, then look at `resting` before sending.

    Attributes:
        resting: seconds that the host rests yet, when that is too long to wait: send nothing. Infinite when another
            process asks it all the time. Else 0.
    """

    __slots__ = ("_admit", "_host", "_name", "_pacer", "_start", "resting")

    def __init__(self, pacer: Pacer, name: str, host: _Host, admit: Admission | None) -> None:
        self._pacer = pacer
        self._name = name
        self._host = host
        self._admit = admit
        self._start = 0
        self.resting = 0.0

    def sent(self) -> None:
        """Note that the request is on its way."""
        self._pacer._sent(self._host, self._start)  # noqa: SLF001

    def answered(self) -> None:
        """Note that the head of the answer is here."""
        self._pacer._answered(self._host, self._start)  # noqa: SLF001 - a turn is the pacer's own handle

    async def __aenter__(self) -> Self:
        host = self._host
        host.users += 1
        try:
            await host.places.acquire()
            try:
                self.resting = await self._pacer._lease(self._name, host, self._admit)  # noqa: SLF001
            except BaseException:
                host.places.release()
                raise
            self._start = host.starts
        except BaseException:
            host.users -= 1
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        host = self._host
        if not self.resting:
            self._pacer._leave(self._name, host, self._start)  # noqa: SLF001
        host.places.release()
        host.users -= 1
