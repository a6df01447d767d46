"""Which hosts this process may ask, where passes on several machines read the same ones: leases of Prefect's server.

The pace of one host is kept by `extractors.pace` in each process; this module sees to it that only one process at a
time has the host. It never sends anything to a host, and holds no lease for longer than a pass needs it.

Hosts are shared out by 512 global concurrency limits of one slot each. A lease is taken before the first request to a
host, kept from request to request, and given back when the host may be asked again, at the latest after a minute, so
that others get their turn. Docs: decisions/0012.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.exceptions import ObjectAlreadyExists, PrefectHTTPStatusError

from config.load import Configuration
from flows.journal import NAME
from records.errors import GovwatchError

LIMITS = 512
"""With 40 requests at a time on each of two machines, one in thirteen hosts waits for a stranger."""

_PREFIX = "govwatch-hosts-"
_HOLD = 60.0  # seconds after which a lease is handed on
_PAUSE = 2.5  # seconds that others have to take what was handed on; longer than they wait between two questions
_ASK_AGAIN = 1.0
_PATIENCE = 180.0  # seconds that a request waits for its host: two holders before us
_LONGEST_AFTER = 120.0  # a host that rests for longer is not kept: whoever asks it is told so by the host itself
_LEASE = 400.0  # seconds after which the server takes it from a process that died; longer than any use
_SETTLE = 0.25  # a lane asks for its next turn at once: only then is a host idle
_AT_ONCE = 8  # questions to the server at a time
_TAKEN = 423  # HTTP's "locked"


@dataclass(slots=True, eq=False)
class _Limit:
    """One limit, and what this process has of it; times in seconds of the monotonic clock."""

    name: str
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    lease: UUID | None = None
    since: float = 0.0
    users: int = 0
    free_at: float = 0.0


class HostLeases:
    """An `extractors.pace.Leases` of one Prefect server.

    Args:
        client: of the server.
        limits: how many limits hosts are shared out by; the same number in every process.
        clock: monotonic seconds.
        patience: seconds that one request waits for its host.
        hold: seconds after which a lease is handed on.
    """

    def __init__(
        self,
        client: PrefectClient,
        *,
        limits: int = LIMITS,
        clock: Callable[[], float] = time.monotonic,
        patience: float = _PATIENCE,
        hold: float = _HOLD,
    ) -> None:
        self._client = client
        self._clock = clock
        self._patience = patience
        self._hold = hold
        self._limits = [_Limit(f"{_PREFIX}{number:04}") for number in range(limits)]
        self._asking = asyncio.Semaphore(_AT_ONCE)
        self._returning: set[asyncio.Task[None]] = set()
        self._logger = logging.getLogger(NAME)

    async def prepare(self) -> None:
        """Create the limits that are not there yet: once for a server, a few seconds."""
        known: set[str] = set()
        while page := await self._client.read_global_concurrency_limits(limit=200, offset=len(known)):
            known |= {one.name for one in page}
        await asyncio.gather(*(self._create(limit.name) for limit in self._limits if limit.name not in known))

    async def _create(self, name: str) -> None:
        async with self._asking:
            with contextlib.suppress(ObjectAlreadyExists):  # another machine was quicker
                await self._client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=1))

    async def take(self, host: str) -> bool:
        """Return once no other process asks ``host``; False when that took too long."""
        limit = self._of(host)
        until = self._clock() + self._patience
        try:
            async with asyncio.timeout(self._patience):
                await limit.lock.acquire()
        except TimeoutError:
            return False
        try:
            while limit.lease is None or self._clock() - limit.since >= self._hold:
                if limit.lease is not None:
                    await self._hand_on(limit)
                    await asyncio.sleep(_PAUSE)
                if not await self._acquire(limit, until):
                    return False
            limit.users += 1
            limit.idle.clear()
        finally:
            limit.lock.release()
        return True

    def give(self, host: str, after: float) -> None:
        """Say that one request to ``host`` is over, and that another process may ask it in ``after`` seconds."""
        limit = self._of(host)
        limit.users -= 1
        limit.free_at = max(limit.free_at, self._clock() + min(after, _LONGEST_AFTER))
        if not limit.users:
            limit.idle.set()
            self._keep(self._return_when_free(limit))

    async def close(self) -> None:
        """Give back every lease, each when its hosts may be asked again."""
        await asyncio.gather(*(self._close(limit) for limit in self._limits if limit.lease is not None))
        await asyncio.gather(*self._returning, return_exceptions=True)

    async def _close(self, limit: _Limit) -> None:
        async with limit.lock:
            await self._hand_on(limit)

    # ---- one limit, under its lock ----

    async def _hand_on(self, limit: _Limit) -> None:
        """Give a lease back once nobody of us uses it, and its hosts may be asked."""
        while limit.users or self._clock() < limit.free_at:
            await (limit.idle.wait() if limit.users else asyncio.sleep(limit.free_at - self._clock()))
        lease, limit.lease = limit.lease, None
        if lease is not None:
            await self._release(lease)

    async def _release(self, lease: UUID) -> None:
        try:
            async with self._asking:
                await self._client.release_concurrency_slots_with_lease(lease)
        except Exception as error:  # the server is away: it ends the lease by itself
            self._logger.warning("a lease was not given back: %s: %s", type(error).__name__, error)

    async def _acquire(self, limit: _Limit, until: float) -> bool:
        """Ask for the lease until it is ours (True) or the time is over."""
        said = False
        while True:
            try:
                limit.lease = await self._ask(limit)
            except Exception as error:
                if not said:
                    said = True
                    self._logger.warning("no lease of a host: %s: %s", type(error).__name__, error)
            if limit.lease is not None:
                limit.since = self._clock()
                return True
            if self._clock() >= until:
                return False
            await asyncio.sleep(_ASK_AGAIN)

    async def _ask(self, limit: _Limit) -> UUID | None:
        """Return the lease, or None when another process has it."""
        try:
            async with self._asking:
                answer = await self._client.increment_concurrency_slots_with_lease(
                    [limit.name], 1, "concurrency", _LEASE
                )
        except PrefectHTTPStatusError as error:
            if error.response.status_code == _TAKEN:
                return None
            raise
        given = answer.json()
        if not given["limits"]:  # somebody has deleted it: Prefect lets pass what it has no limit for
            await self._create(limit.name)
            return None
        return UUID(given["lease_id"])

    async def _return_when_free(self, limit: _Limit) -> None:
        """Give a lease back when nobody has used it since its hosts might be asked again."""
        await asyncio.sleep(max(0.0, limit.free_at - self._clock()) + _SETTLE)
        async with limit.lock:
            if not limit.users and self._clock() >= limit.free_at:
                await self._hand_on(limit)

    def _keep(self, work: Coroutine[object, object, None]) -> None:
        returning = asyncio.get_running_loop().create_task(work)
        self._returning.add(returning)
        returning.add_done_callback(self._returning.discard)

    def _of(self, host: str) -> _Limit:
        return self._limits[zlib.crc32(host.lower().encode()) % len(self._limits)]


@contextlib.asynccontextmanager
async def leases_for(configuration: Configuration) -> AsyncIterator[HostLeases | None]:
    """Give the leases of the configured API, where ``network.shared`` asks for them, else None.

    Raises:
        GovwatchError: the API does not answer: without it nobody knows who asks which host.
    """
    if not configuration.settings.network.shared:
        yield None
        return
    async with get_client() as client:
        leases = HostLeases(client)
        try:
            await leases.prepare()
        except Exception as error:
            raise GovwatchError(
                f"network.shared needs Prefect's API, and {client.api_url} does not answer as it should: {error}"
            ) from error
        try:
            yield leases
        finally:
            await leases.close()
