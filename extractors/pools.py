"""Kept-alive connections: a small pool for each host, and a bound on how many hosts keep one.

It owns which connections are kept and which are closed; it never judges addresses and never waits for a pace.

One httpcore pool for all hosts would do the same, but it looks at every connection, and at every pair of idle ones,
for each request: with 40 connections that is half of the time that a request costs (httpcore 1.0.9, 2026-11-24).
"""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import Self

import httpcore

_KEEP_ALIVE = 30.0
"""Seconds that an idle connection is kept: more than the usual delay between two requests to a host."""


class HostPools:
    """Stands where httpx expects a pool.

    Args:
        backend: opens the connections.
        context: for TLS.
        per_host: most connections to one host.
        hosts: most hosts whose idle connections are kept.
    """

    def __init__(
        self, backend: httpcore.AsyncNetworkBackend, context: ssl.SSLContext, per_host: int, hosts: int
    ) -> None:
        self._backend = backend
        self._context = context
        self._per_host = per_host
        self._hosts = hosts
        self._pools: dict[tuple[bytes, bytes, int | None], httpcore.AsyncConnectionPool] = {}  # least recent first

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send the request over a connection to its host."""
        url = request.url
        key = (url.scheme, url.host, url.port)
        pool = self._pools.pop(key, None)
        if pool is None:
            if len(self._pools) >= self._hosts:
                await self._close_the_least_recent()
            pool = self._pools.pop(key, None) or self._open()
        self._pools[key] = pool
        return await pool.handle_async_request(request)

    def _open(self) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=self._context,
            max_connections=self._per_host,
            max_keepalive_connections=self._per_host,
            keepalive_expiry=_KEEP_ALIVE,
            network_backend=self._backend,
        )

    async def _close_the_least_recent(self) -> None:
        for key, pool in self._pools.items():
            if all(connection.is_idle() or connection.is_closed() for connection in pool.connections):
                del self._pools[key]
                await pool.aclose()
                return

    async def aclose(self) -> None:
        """Close every connection."""
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            await pool.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
