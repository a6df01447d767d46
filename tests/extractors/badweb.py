"""A web that misbehaves, on loopback: every path is a fault (or a well page), every request is logged.

A plain asyncio server, so that it can send what no HTTP library would.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import ssl
import time
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

Handler = Callable[["Visit"], Awaitable[None]]

PAGE = b"<!doctype html><html><head><title>A law passes</title></head><body><p>It passed.</p></body></html>"


def utc_now() -> datetime:
    """The wall clock, for those who do not care."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Visit:
    """One request, and the wire to answer it on."""

    path: str
    headers: dict[str, str]
    at: float
    number: int  # of this path, from 1
    writer: asyncio.StreamWriter
    keep: bool = True

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, status: str = "200 OK", body: bytes = PAGE, **headers: str) -> None:
        headers = {"content_type": "text/html; charset=utf-8", "content_length": str(len(body))} | headers
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.say(("HTTP/1.1 " + status + "\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode("utf-8") + body)


@dataclass
class BadWeb:
    """The server; use it as an async context manager.

    ``pages`` maps a path (or a host and a path, ``name.test/path``) to its handler; paths without one are 404.
    """

    pages: dict[str, Handler] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    log: list[Visit] = field(default_factory=list)
    open: int = 0  # requests being answered now
    busiest: int = 0
    port: int = 0

    async def __aenter__(self) -> Self:
        self._counts: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def on(self, path: str) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.pages[path] = handler
            return handler

        return register

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http{'s' if self.tls else ''}://{host}:{self.port}{path}"

    def visits(self, path: str) -> list[Visit]:
        return [visit for visit in self.log if visit.path == path]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        path = first.split(" ")[1]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        name = headers["host"].partition(":")[0] + path
        key = name if name in self.pages else path
        self._counts[key] += 1
        visit = Visit(path, headers, time.monotonic(), self._counts[key], writer)
        self.log.append(visit)
        self.open += 1
        self.busiest = max(self.busiest, self.open)
        try:
            handler = self.pages.get(key)
            await (handler(visit) if handler else visit.answer("404 Not Found", b"nothing"))
        finally:
            self.open -= 1
        return visit.keep


def well(body: bytes = PAGE, **headers: str) -> Handler:
    """A page as it should be."""

    async def handle(visit: Visit) -> None:
        await visit.answer(body=body, **headers)

    return handle


def always(status: str, **headers: str) -> Handler:
    """The same status for ever."""

    async def handle(visit: Visit) -> None:
        await visit.answer(status, b"sorry", **headers)

    return handle


def first(times: int, status: str, **headers: str) -> Handler:
    """A status for the first few times, then a well page."""

    async def handle(visit: Visit) -> None:
        if visit.number <= times:
            await visit.answer(status, b"sorry", **headers)
        else:
            await visit.answer()

    return handle


def redirect(to: str, status: str = "302 Found") -> Handler:
    """Go there."""
    return always(status, location=to)


async def reset_in_mid_body(visit: Visit) -> None:
    """The connection breaks before the promised length."""
    await visit.say(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<html>")
    visit.writer.transport.abort()
    visit.keep = False


async def close_without_a_word(visit: Visit) -> None:
    """The connection closes before any answer."""
    visit.writer.close()
    visit.keep = False


async def one_byte_a_second(visit: Visit) -> None:
    """A body that takes for ever, although it always moves (ten bytes a second, to keep tests short)."""
    await visit.say(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
    while True:
        await visit.say(b"x")
        await asyncio.sleep(0.1)


async def silent(visit: Visit) -> None:
    """No answer at all."""
    visit.keep = False
    await asyncio.sleep(3600)


async def endless_body(visit: Visit) -> None:
    """A chunked body without an end."""
    await visit.say(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await visit.say(b"10000\r\n" + b"x" * 65536 + b"\r\n")


async def endless_headers(visit: Visit) -> None:
    """Headers without an end."""
    await visit.say(b"HTTP/1.1 200 OK\r\n")
    while True:
        await visit.say(b"X-More: " + b"x" * 8000 + b"\r\n")


async def no_http(visit: Visit) -> None:
    """Something else than HTTP."""
    await visit.say(b"220 mail.example ESMTP ready\r\n")
    visit.keep = False


def bomb(gigabytes: int) -> bytes:
    """Gzip of so many gigabytes of zeros: one compressed block, said again and again."""
    compress = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    zeros = bytes(1 << 26)
    start, again = (compress.compress(zeros) + compress.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return start + again * (gigabytes * 16 - 1) + compress.flush()


def gzipped(body: bytes = PAGE) -> Handler:
    """A compressed page."""
    return well(gzip.compress(body), content_encoding="gzip")
