"""How fast, how polite and how small fetching is, on loopback; prints one JSON line for each question.

``overhead``: microseconds for a page against a bare ``httpx.AsyncClient`` (same pages, same 40 at a time, one run).
``web``: hosts with faults on a tenth of their pages: were all good pages fetched, what did the servers see of the
pacing, how long did it take against the least time that pacing allows, how much memory did it need.

``unchanged``: a pass over feeds of which none has changed.

    python -m benchmarks.fetching [overhead] [unchanged] [web]
"""

from __future__ import annotations

import asyncio
import gzip
import json
import multiprocessing
import os
import platform
import resource
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import ClassVar

import httpx

from extractors.http import Fetcher, Policy, Request
from records.article import NotModified, Page

BODY = b"<html>" + b"<p>Some words of an article, enough of them to be a page.</p>" * 400
FAULTS = ("500", "404", "503", "reset", "drip", "silent", "pdf", "loop", "bomb", "large")
MACHINE = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _answer(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


_BOMB = gzip.compress(bytes(64 << 20))
_WELL = _answer("200 OK", BODY, "Content-Type: text/html")
_ANSWERS = {
    "/well": _WELL,
    "/robots.txt": _answer("200 OK", b"User-agent: *\nDisallow: /private/", "Content-Type: text/plain"),
    "/feed": _answer("304 Not Modified", b"", 'ETag: "v1"'),
    "/500": _answer("500 Oops", b""),
    "/503": _answer("503 Busy", b""),
    "/pdf": _answer("200 OK", b"%PDF-", "Content-Type: application/pdf"),
    "/bomb": _answer("200 OK", _BOMB, "Content-Type: text/html", "Content-Encoding: gzip"),
    "/large": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 999999999\r\n\r\n",
}


class _Site(asyncio.Protocol):
    """One connection to one of the hosts."""

    log: ClassVar[defaultdict[int, list[float]]] = defaultdict(list)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.port: int = transport.get_extra_info("sockname")[1]
        self.rest = b""

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while b"\r\n\r\n" in self.rest:
            head, self.rest = self.rest.split(b"\r\n\r\n", 1)
            self.log[self.port].append(time.monotonic())
            path = "/" + head.split(b" ", 2)[1].decode().split("/")[1]
            self.say(path)

    def say(self, path: str) -> None:
        if path == "/reset":
            self.transport.write(_WELL[:500])
            self.transport.abort()
        elif path == "/drip":
            self.transport.write(_ANSWERS["/large"])
            self.drip()
        elif path == "/loop":
            self.transport.write(_answer("302 Found", b"", "Location: /loop"))
        elif path != "/silent":
            self.transport.write(_ANSWERS.get(path) or _answer("404 Not Found", b""))

    def drip(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"x")
            asyncio.get_running_loop().call_later(1, self.drip)


def _serve(hosts: int, pipe: Connection) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        servers = [await loop.create_server(_Site, "127.0.0.1", 0) for _ in range(hosts)]
        pipe.send([server.sockets[0].getsockname()[1] for server in servers])
        await loop.run_in_executor(None, pipe.recv)
        pipe.send([gap for times in _Site.log.values() for gap in (b - a for a, b in pairwise(times))])

    asyncio.run(main())


class Web:
    """The hosts, in a process of their own."""

    def __init__(self, hosts: int) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_serve, args=(hosts, theirs), daemon=True)
        self._process.start()
        self.ports: list[int] = self._pipe.recv()

    def gaps(self) -> list[float]:
        """End the hosts; return the seconds between each two requests that one of them saw."""
        self._pipe.send(None)
        gaps: list[float] = self._pipe.recv()
        self._process.join()
        return gaps


def overhead(pages: int = 3000, rounds: int = 3) -> dict[str, object]:
    """Compare the cost of a page with that of a bare client."""
    web = Web(20)
    urls = [f"http://127.0.0.1:{web.ports[number % 20]}/well/{number}" for number in range(pages)]

    async def bare() -> None:
        limits = httpx.Limits(max_connections=40, max_keepalive_connections=40)
        async with httpx.AsyncClient(trust_env=False, limits=limits) as client:
            rest = iter(urls)

            async def work() -> None:
                for url in rest:
                    assert (await client.get(url)).content == BODY

            await asyncio.gather(*(work() for _ in range(40)))

    async def ours() -> None:
        policy = Policy("govwatch/0.1", per_host_delay=0, allow_private_hosts=("127.0.0.0/8",))
        async with Fetcher(policy, lambda: datetime.now(UTC)) as fetcher:
            async for result in fetcher.fetch_many([Request(url, expect="html") for url in urls]):
                assert isinstance(result, Page)

    seconds: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(rounds):
        for name, run in (("bare", bare), ("ours", ours)):
            begun = time.process_time()
            asyncio.run(run())
            seconds[name].append(time.process_time() - begun)
    web.gaps()
    best = {name: min(times) / pages * 1e6 for name, times in seconds.items()}
    return {
        "benchmark": "fetching.overhead",
        "what": "processor microseconds for a page, robots.txt and guard included",
        "peer": "httpx.AsyncClient, 40 at a time",
        "ours": round(best["ours"]),
        "theirs": round(best["bare"]),
        "ratio": round(best["bare"] / best["ours"], 2),
        "machine": MACHINE,
    }


def unchanged(feeds: int = 1000, hosts: int = 100) -> dict[str, object]:
    """Poll feeds that answer 304."""
    web = Web(hosts)
    urls = [f"http://127.0.0.1:{web.ports[number % hosts]}/feed/{number}" for number in range(feeds)]
    policy = Policy("govwatch/0.1", per_host_delay=0, allow_private_hosts=("127.0.0.0/8",))

    async def run() -> int:
        async with Fetcher(policy, lambda: datetime.now(UTC)) as fetcher:
            wishes = [Request(url, etag='"v1"', robots=False) for url in urls]
            return sum([isinstance(result, NotModified) async for result in fetcher.fetch_many(wishes)])

    begun = time.monotonic()
    same = asyncio.run(run())
    took = time.monotonic() - begun
    web.gaps()
    return {
        "benchmark": "fetching.unchanged",
        "what": f"{feeds} feeds of {hosts} hosts, not modified",
        "not_modified": same,
        "seconds": round(took, 2),
        "microseconds_each": round(took / feeds * 1e6),
        "machine": MACHINE,
    }


def whole_web(hosts: int = 200, pages: int = 100, delay: float = 0.2) -> dict[str, object]:
    """Fetch a web of faults and look at what the hosts saw of it."""
    web = Web(hosts)
    wishes = []
    for index, port in enumerate(web.ports):
        for page in range(pages):
            faulty = page % 10 == 3
            kind = FAULTS[(index + page // 10) % len(FAULTS)] if faulty else "well"
            wishes.append(Request(f"http://127.0.0.1:{port}/{kind}/{page}", expect="html"))
    policy = Policy(
        "govwatch/0.1",
        per_host_delay=delay,
        total_concurrency=100,
        read_timeout=2,
        total_timeout=3,
        max_bytes=5_000_000,
        allow_private_hosts=("127.0.0.0/8",),
    )
    seen: Counter[str] = Counter()

    async def run() -> None:
        async with Fetcher(policy, lambda: datetime.now(UTC)) as fetcher:
            async for result in fetcher.fetch_many(wishes):
                seen["well" if isinstance(result, Page) else str(getattr(result, "outcome", "unchanged"))] += 1

    begun = time.monotonic()
    asyncio.run(run())
    took = time.monotonic() - begun
    gaps = web.gaps()
    starts = (len(gaps) + hosts) / hosts
    return {
        "benchmark": "fetching.web",
        "what": f"{hosts} hosts, {len(wishes)} pages, faults on a tenth, {delay} s between starts",
        "good": sum("/well/" in wish.url for wish in wishes),
        "seen": dict(seen),
        "requests": len(gaps) + hosts,
        "closest": round(min(gaps), 4),
        "seconds": round(took, 1),
        "bound": round(starts * delay, 1),
        "ratio": round(took / (starts * delay), 2),
        "megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "machine": MACHINE,
    }


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["overhead", "unchanged", "web"]
    for name in wanted:
        print(json.dumps({"overhead": overhead, "unchanged": unchanged, "web": whole_web}[name]()), flush=True)
