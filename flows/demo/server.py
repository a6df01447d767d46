"""A small HTTP/1.1 server on loopback addresses that can also misbehave, byte by byte, when it is told to.

It knows sockets and nothing of news; it never listens on an address that another machine can reach.
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import ipaddress
import math
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_HEAD_LIMIT = 64 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in.

    Attributes:
        method: ``GET``, ``HEAD`` ...
        target: path and query, as sent.
        headers: names in lower case.
        body: what followed the headers.
        at: seconds of the monotonic clock when the headers had arrived.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send back, and how badly.

    Attributes:
        status: HTTP status.
        headers: beyond Content-Length, which is computed.
        body: bytes, already encoded and compressed.
        repeat: the body is sent this many times over: huge answers without the memory.
        wait: seconds before the first byte; infinity never answers and holds the connection.
        pace: bytes per second; None sends as fast as the client reads.
        share: the part of the announced body that is sent before the connection closes; 1 is an honest answer.
        hang_up: end the connection in place of any answer: ``close`` politely, ``reset`` with a TCP reset.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    repeat: int = 1
    wait: float = 0.0
    pace: float | None = None
    share: float = 1.0
    hang_up: str = ""


Answerer = Callable[[Request], Answer]


class LoopbackServer:
    """Listens on any number of loopback addresses, in one thread of its own, from construction to `stop`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: dict[tuple[str, int], asyncio.Server] = {}
        self._thread = threading.Thread(target=self._loop.run_forever, name="loopback-server", daemon=True)
        self._thread.start()

    def listen(self, address: str, port: int, answer: Answerer) -> int:
        """Answer requests to ``address`` with ``answer``, which runs in the server's thread.

        Args:
            address: a loopback address, for example ``127.0.0.7``.
            port: 0 takes a free one.
            answer: must not block.

        Returns:
            The port.

        Raises:
            ValueError: the address is not a loopback one.
            OSError: it cannot be bound (systems other than Linux bind 127.0.0.1 only).
        """
        if not ipaddress.ip_address(address).is_loopback:
            raise ValueError(f"{address} is not a loopback address: this server is for this machine only")
        listener = asyncio.run_coroutine_threadsafe(self._open(address, port, answer), self._loop).result()
        bound: int = listener.sockets[0].getsockname()[1]
        self._listeners[address, bound] = listener
        return bound

    def close(self, address: str, port: int) -> None:
        """Stop listening there: new connections are refused, open ones go on."""
        listener = self._listeners.pop((address, port), None)
        if listener is not None:
            self._loop.call_soon_threadsafe(listener.close)

    def stop(self) -> None:
        """Close every listener and connection, and end the thread."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self, address: str, port: int, answer: Answerer) -> asyncio.Server:
        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = self._loop.create_task(_converse(reader, writer, answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            # A conversation that is cancelled before its first step does not close its connection itself.
            task.add_done_callback(lambda _task: writer.close())

        return await asyncio.start_server(connected, address, port, limit=_HEAD_LIMIT, backlog=512)

    async def _shut(self) -> None:
        # What was just accepted becomes a conversation first: a listener that closes before leaves its socket open.
        await _some_turns()
        for listener in self._listeners.values():
            listener.close()
        self._listeners.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _some_turns()  # connections are closed, and transports that were just closed are told so


async def _some_turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answerer) -> None:
    """Answer the requests of one connection until one of the two sides has had enough."""
    try:
        # What a client that was killed or lost its patience leaves behind is the end of the talk, not an error.
        with contextlib.suppress(OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            while (request := await _receive(reader)) is not None:
                if not await _send(reader, writer, request, answer(request)):
                    break
    finally:
        writer.close()


async def _receive(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = (first + "  ").split(" ", 2)
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    length = int(headers.get("content-length") or 0)
    body = await reader.readexactly(length) if length else b""
    return Request(method, target, headers, body, time.monotonic())


async def _send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request, answer: Answer) -> bool:
    """Send the answer; return whether the connection can take another request."""
    if answer.wait and await _client_left_within(reader, answer.wait):
        return False
    if answer.hang_up:
        if answer.hang_up == "reset":
            _reset(writer)
        return False
    length = len(answer.body) * answer.repeat
    bodiless = answer.status in (204, 304)
    last = answer.share < 1 or request.headers.get("connection", "").lower() == "close"
    headers = {**answer.headers, "Connection": "close" if last else "keep-alive"}
    if not bodiless:
        headers["Content-Length"] = str(length)
    phrase = http.HTTPStatus(answer.status).phrase
    head = f"HTTP/1.1 {answer.status} {phrase}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(head.encode("latin-1") + b"\r\n")
    if request.method != "HEAD" and not bodiless:
        await _send_body(writer, answer, int(length * answer.share))
    await writer.drain()
    return not last


async def _send_body(writer: asyncio.StreamWriter, answer: Answer, length: int) -> None:
    step = _CHUNK if answer.pace is None else max(1, int(answer.pace / 10))
    sent = 0
    while sent < length:
        start = sent % len(answer.body)
        chunk = answer.body[start : start + min(step, length - sent)]
        writer.write(chunk)
        sent += len(chunk)
        await writer.drain()
        if answer.pace is not None:
            await asyncio.sleep(len(chunk) / answer.pace)


async def _client_left_within(reader: asyncio.StreamReader, seconds: float) -> bool:
    try:
        await asyncio.wait_for(reader.read(1), None if math.isinf(seconds) else seconds)
    except TimeoutError:
        return False
    return True


def _reset(writer: asyncio.StreamWriter) -> None:
    # A linger time of zero makes the kernel send RST in place of FIN.
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
