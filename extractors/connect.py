"""Opening connections: a name is resolved once, its addresses are judged, and the judged address is connected to.

It is the one place that resolves names and opens sockets, so that no name can answer one thing to the guard and
another to the connection (DNS rebinding). It never speaks HTTP.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import certifi
import httpcore

from extractors.addresses import Address, AddressPolicy, parse_address
from records.errors import BlockedAddress, Timeout, Unreachable

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Name and port to addresses, best first; raises OSError when there are none."""

_REMEMBERED = 60.0
"""Seconds that an answer of the resolver is believed; connections are kept longer than that anyway."""

_FAILURE_REMEMBERED = 10.0
"""Seconds that a failure is believed, so that a hundred pages of a dead host cost one look-up."""

_ADDRESSES_TRIED = 4
_RESOLVER_THREADS = 64


@dataclass(frozen=True, slots=True)
class _Known:
    until: float
    addresses: tuple[Address, ...] = ()
    failure: str = ""


class Resolver:
    """The system's resolver, in threads of its own: the loop's shared ones are few, and a dead name blocks for long.

    Args:
        resolve: asked instead of the system (tests rebind names with it).
        clock: monotonic seconds.
    """

    def __init__(self, resolve: Resolve | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._resolve = resolve or self._ask_system
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._threads: ThreadPoolExecutor | None = None

    async def addresses(self, host: str, port: int) -> tuple[Address, ...]:
        """Return the addresses of ``host``, best first.

        Raises:
            Unreachable: there is none, or the resolver cannot be asked.
        """
        literal = parse_address(host.rstrip("."))
        if literal is not None:
            return (literal,)
        lock = self._locks.setdefault(host, asyncio.Lock())
        async with lock:
            known = self._known.get(host)
            if known is None or known.until <= self._clock():
                known = self._known[host] = await self._ask(host, port)
        if not lock.locked():
            self._locks.pop(host, None)
        if known.failure:
            raise Unreachable(known.failure)
        return known.addresses

    async def _ask(self, host: str, port: int) -> _Known:
        try:
            answers = await self._resolve(host, port)
            addresses = tuple(dict.fromkeys(ipaddress.ip_address(answer.partition("%")[0]) for answer in answers))
        except (OSError, ValueError) as error:
            # A resolver that cannot be reached says "temporary failure"; that is what an unplugged machine sees.
            why = getattr(error, "strerror", None) or str(error)
            failure = f"could not resolve host '{host}' ({why}): is this machine online, and the name right?"
            return _Known(self._clock() + _FAILURE_REMEMBERED, failure=failure)
        if not addresses:
            return _Known(self._clock() + _FAILURE_REMEMBERED, failure=f"host '{host}' has no address")
        return _Known(self._clock() + _REMEMBERED, addresses)

    async def _ask_system(self, host: str, port: int) -> Sequence[str]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_RESOLVER_THREADS, thread_name_prefix="resolver")
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(entry[4][0]) for entry in found]

    def close(self) -> None:
        """Let the threads go; a look-up that still hangs is not waited for."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects for httpcore, to allowed addresses only; TLS still names the host (SNI, certificate)."""

    def __init__(self, policy: AddressPolicy, resolver: Resolver) -> None:
        self._policy = policy
        self._resolver = resolver
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, judge, connect.

        Raises:
            BlockedAddress: no address of the host is allowed.
            Unreachable: the name has no address.
            Timeout: resolving took too long.
            httpcore.ConnectError, httpcore.ConnectTimeout: no allowed address answered.
        """
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolver.addresses(host, port)
        except TimeoutError:
            raise Timeout(f"resolving host '{host}' took longer than {timeout:g} s") from None
        allowed = _spread(self._allowed(host, addresses, port))
        share = None if timeout is None else max(timeout / len(allowed), min(timeout, 2.0))
        for number, address in enumerate(allowed, start=1):
            try:
                return await self._network.connect_tcp(str(address), port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(allowed):
                    raise
        raise Unreachable(f"host '{host}' has no address")  # pragma: no cover - the loop returns or raises

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: nothing on the web lives in a file.

        Raises:
            BlockedAddress: always.
        """
        raise BlockedAddress(f"'{path}' is a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def _allowed(self, host: str, addresses: Sequence[Address], port: int) -> list[Address]:
        refusals = []
        allowed = []
        for address in addresses:
            refusal = self._policy.why_address_refused(host, address, port)
            if refusal is None:
                allowed.append(address)
            else:
                refusals.append(refusal)
        if not allowed:
            raise BlockedAddress(refusals[0])
        return allowed


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the one TLS context: certifi's authorities and the machine's own (an office's proxy may need them)."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.set_default_verify_paths()
    return context


def _spread(addresses: Sequence[Address]) -> list[Address]:
    """Return a few addresses in the resolver's order, but with both families among the first two (RFC 8305, 4)."""
    first = addresses[0].version
    same = [address for address in addresses if address.version == first]
    other = [address for address in addresses if address.version != first]
    return [*same[:1], *other[:1], *same[1:], *other[1:]][:_ADDRESSES_TRIED]
