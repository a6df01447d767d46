"""What sources cost when nothing is new: passes, memory, commands and tables with 100, 1,000 and 10,000 of them.

Every source is a host of its own on loopback, whose feed of twenty old items answers "not modified" from the second
poll on. Whole programs are measured, from their start to their end: the first look at all sources, a pass that finds
nothing new, one that only looks whether something is due, and the commands that show sources. Prints a JSON line for
each number of sources.

    python -m benchmarks.sources [--sources 100,1000,10000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml

from benchmarks.measuring import Run, govwatch, measured

ITEMS = 20
MACHINE = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


class _Feed(asyncio.Protocol):
    """One connection to any of the hosts: they differ in their address only."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.host = "{}:{}".format(*transport.get_extra_info("sockname")[:2])
        self.rest = b""

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while b"\r\n\r\n" in self.rest:
            head, self.rest = self.rest.split(b"\r\n\r\n", 1)
            self.transport.write(_NOT_MODIFIED if b"if-none-match" in head.lower() else _whole(self.host))


_NOT_MODIFIED = b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nContent-Length: 0\r\n\r\n'


def _whole(host: str) -> bytes:
    items = "".join(
        f"<item><title>Ferry times of pier {number}</title><link>http://{host}/{number}</link>"
        f"<pubDate>Mon, 0{1 + number % 9} Jan 2024 08:00:00 GMT</pubDate>"
        f"<description>The ferry of pier {number} leaves at noon, and comes back at six.</description></item>"
        for number in range(ITEMS)
    )
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{host}</title>{items}</channel></rss>'.encode()
    head = f'HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: "v1"\r\nContent-Length: {len(body)}\r\n\r\n'
    return head.encode() + body


def _serve(pipe: Connection) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(_Feed, "0.0.0.0", 0, backlog=1024)
        pipe.send(server.sockets[0].getsockname()[1])
        await loop.run_in_executor(None, pipe.recv)

    asyncio.run(main())


@contextmanager
def configured(sources: int) -> Iterator[Path]:
    """Serve so many sources while the block lasts, and give the folder of their configuration."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    port = ours.recv()
    hosts = [f"127.1.{number // 250}.{1 + number % 250}:{port}" for number in range(sources)]
    entries = [{"id": f"s-{number}", "kind": "feed", "url": f"http://{host}/feed"} for number, host in enumerate(hosts)]
    network = {"allow_private_hosts": ["127.0.0.0/8"], "user_agent": "govwatch-benchmark/0 (loopback only)"}
    with tempfile.TemporaryDirectory(prefix="govwatch-benchmark-") as name:
        config = Path(name) / "config"
        config.mkdir()
        documents = {"sources": {"sources": entries}, "settings": {"network": network}, "alerts": {}}
        for file, document in documents.items():
            (config / f"{file}.yaml").write_text(yaml.dump(document, Dumper=yaml.CSafeDumper))
        yield config
    ours.send(None)
    process.join()


def measure(sources: int, rounds: int) -> dict[str, Any]:
    """Return the figures of one number of sources."""
    with configured(sources) as config:
        warehouse = config.parent / "govwatch.duckdb"
        places = ["--config", config, "--warehouse", warehouse]

        def run(*arguments: str | Path) -> Run:
            return measured(govwatch(*arguments))

        first = run("run", *places)
        size = warehouse.stat().st_size
        passes = [run("run", *places) for _ in range(rounds)]
        if f"{sources} sources had nothing new" not in passes[-1].output:
            raise RuntimeError(passes[-1].output[-2000:])
        idle = run("run", "--due", *places)
        commands = {
            "status": run("status", "--warehouse", warehouse),
            "status --all": run("status", "--all", "--warehouse", warehouse),
            "check": run("check", "--config", config),
        }
    quiet = statistics.median(one.seconds for one in passes)
    processor = statistics.median(one.processor for one in passes)
    return {
        "benchmark": "sources",
        "sources": sources,
        "first_look": _figures(first),
        "nothing_new": _figures(min(passes, key=lambda one: abs(one.seconds - quiet))),
        "polls_per_second": round(sources / quiet, 1),
        "processor_ms_per_poll": round(1000 * (processor - idle.processor) / sources, 2),
        "nothing_due": _figures(idle),
        "commands": {name: _figures(one) for name, one in commands.items()},
        "file_bytes_per_item": round(size / (sources * ITEMS)),
        "machine": MACHINE,
    }


def log_bytes(polls: int = 400_000) -> int:
    """Return the bytes that a poll of one of 10,000 sources takes in the log of fetches, over many passes."""
    from warehouse.database import Warehouse, rows
    from warehouse.sources import Poll, PollOutcome, record_polls

    now, used = datetime(2026, 11, 24, tzinfo=UTC), []
    with tempfile.TemporaryDirectory(prefix="govwatch-benchmark-") as name:
        warehouse = Warehouse(Path(name) / "govwatch.duckdb")
        for first in range(0, polls, 10_000):
            if first in (0, 10_000):  # the first window makes the tables
                with warehouse.writing() as con:
                    used.append(rows(con, _USED)[0][0])
            at = now + timedelta(minutes=5) * (first // 10_000)
            with warehouse.writing() as con:
                found = [
                    Poll(f"s-{n}", f"https://outlet-{n}.example/feed.xml", at, PollOutcome.NOT_MODIFIED, status=304)
                    for n in range(10_000)
                ]
                record_polls(con, found, f"{at:%Y%m%dT%H%M%S}-1f09ab")
        with warehouse.writing() as con:
            used.append(rows(con, _USED)[0][0])
    return round((used[-1] - used[1]) / (polls - 10_000))


_USED = "select block_size * used_blocks from pragma_database_size()"


def _figures(run: Run) -> dict[str, float | None]:
    memory = None if run.memory is None else round(run.memory)
    return {"seconds": round(run.seconds, 1), "processor": round(run.processor, 1), "memory_mb": memory}


def main() -> None:
    """Measure, and print a JSON line for each number of sources."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sources", default="100,1000,10000", help="separated by commas")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(json.dumps({"benchmark": "sources.log", "bytes_per_poll": log_bytes()}), flush=True)
    for sources in map(int, options.sources.split(",")):
        print(json.dumps(measure(sources, options.rounds)), flush=True)


if __name__ == "__main__":
    main()
