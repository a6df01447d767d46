"""A whole pass of `govwatch run` against the bare loop "httpx get + trafilatura.extract", on the same loopback pages.

Prints one JSON line. All sides are programs, timed from their start to their end, on all cores, in turn, for several
rounds, with new warehouses; the pages come from a process of its own that only hands out bytes made beforehand. Peak
memory is measured again with more pages: it must not grow with them. Beside the wall time stands the processor's, of a
program and all its children: on a machine that does other work too, believe the ratio of those.

With ``--runners``, the same pass is recorded by a real Prefect server, with its pages worked on in the processes of the
pass (``local``), or as tasks in threads, on a Dask or on a Ray cluster that the pass starts. What that costs beside the
pass that Prefect does not know of is the overhead of orchestration; the server's processor time counts, too, also what
it takes after the pass has ended.

    python -m benchmarks.pipeline [--pages 600] [--more 1800] [--rounds 3]
    python -m benchmarks.pipeline --runners local,threads,dask,ray --pages 5000 --more 0 --rounds 1
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import multiprocessing
import os
import platform
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # before this folder, which holds modules with the names of packages

from benchmarks.measuring import Run, environment, govwatch, measured, processor_of  # noqa: E402

RUNNERS = ("local", "threads", "dask", "ray")

BARE_LOOP = """
import multiprocessing, pathlib, sys
import httpx, trafilatura

def loop(urls):
    done = 0
    with httpx.Client() as client:
        for url in urls:
            done += trafilatura.extract(client.get(url).content) is not None
    return done

if __name__ == "__main__":
    urls = pathlib.Path(sys.argv[1]).read_text().split()
    cores = int(sys.argv[2])
    with multiprocessing.Pool(cores) as pool:
        print(sum(pool.map(loop, [urls[n::cores] for n in range(cores)])))
"""


def serve(pages: int, directory: str, pipe: Connection) -> None:
    """Serve ``pages`` articles of twenty outlets from memory until the other end of ``pipe`` closes."""
    from flows.demo.newsroom import Newsroom
    from flows.demo.server import Answer, LoopbackServer, Request
    from tests.volume import make_articles, print_all, twenty_outlets

    with Newsroom(lambda: datetime.now(UTC)) as newsroom:
        outlets = twenty_outlets(newsroom, feed_size=pages)
        printed = print_all(outlets, make_articles(pages, seed=2026))
        answers: dict[tuple[str, str], Answer] = {}
        for outlet in outlets:
            for path in (outlet.url.removeprefix(outlet.house.base), "/robots.txt"):
                answers[outlet.id, path] = outlet.answer(Request("GET", path, {"accept-encoding": "gzip"}, b"", 0.0))
            for path in outlet.publications:
                answers[outlet.id, path] = _heavy(outlet.answer(Request("GET", path, {}, b"", 0.0)), path)
        # From here on no page is made: the outlets' own answerers make way for a table of bytes.
        server = LoopbackServer()
        moved = {}
        for outlet in outlets:
            newsroom.disconnect(outlet)
            address, _, port = outlet.house.base.removeprefix("http://").partition(":")
            answer = _table(outlet.id, answers, Answer(404))
            for _ in range(100):  # the old listener closes in its own thread, a moment later
                try:
                    moved[outlet.id] = server.listen(address, int(port), answer)
                    break
                except OSError:
                    time.sleep(0.02)
        newsroom.write_config(
            Path(directory),
            settings={"limits": {"first_look_pages": pages, "pages_per_source": pages}},
        )
        Path(directory, "urls.txt").write_text("\n".join(publication.url for publication, _ in printed))
        sizes = [len(answers[item.house.id, item.path].body) for item, _ in printed]
        pipe.send({"outlets": len(moved), "page_bytes_compressed": round(statistics.mean(sizes))})
        with contextlib.suppress(EOFError):
            pipe.recv()
        server.stop()


def _heavy(answer: Any, path: str) -> Any:
    """Give a page the scripts that real ones carry: the median of the kit's 61 real pages is 157 KB, ours is 40."""
    draw = random.Random(path)
    words = [f"{draw.getrandbits(40):x}" for _ in range(400)]
    state = ",".join(f'"{draw.choice(words)}":"{draw.choice(words)} {draw.choice(words)}"' for _ in range(3_200))
    script = f"<script>window.__STATE__={{{state}}}</script></head>".encode()
    body = gzip.compress(answer.body.replace(b"</head>", script, 1), 6, mtime=0)
    return replace(answer, body=body, headers={**answer.headers, "Content-Encoding": "gzip"})


def _table(outlet: str, answers: dict[tuple[str, str], Any], missing: Any) -> Any:
    return lambda request: answers.get((outlet, request.path), missing)


def _stored(warehouse: Path) -> int:
    """Return how many articles a warehouse holds."""
    from warehouse.database import Warehouse

    with Warehouse(warehouse, command="benchmark").reading() as connection:
        return int(connection.execute("SELECT count(*) FROM articles WHERE origin <> 'seed'").fetchall()[0][0])


class Server:
    """A Prefect server of its own, as `govwatch serve` starts one; a context manager that ends it."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.environ = {
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_HOME": str(home),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        }
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        self._log = home.with_suffix(".log").open("wb")
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log, env=environment(self.environ))

    def __enter__(self) -> Self:
        """Wait until it answers and has nothing to do."""
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.environ['PREFECT_API_URL']}/health"):
                self.settles()
                return self
            time.sleep(0.5)
        raise RuntimeError("Prefect's server does not answer")

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._log.close()

    def spent(self) -> float:
        """Return the seconds of processor time that it has taken."""
        return processor_of(self._process.pid)

    def settles(self) -> float:
        """Wait until all that it was told is recorded; return what it takes per second when it has nothing to do."""
        rates: list[float] = []
        for _ in range(60):
            before = self.spent()
            time.sleep(2)
            rates.append((self.spent() - before) / 2)
            if len(rates) > 2 and max(rates[-3:]) < 1.5 * min(rates) + 0.02:
                break
        return min(rates)


@dataclass(slots=True)
class Measured:
    """What was measured of one side: its runs, and the processor time of the server that recorded them."""

    runs: list[Run] = field(default_factory=list)
    server: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return statistics.median(run.seconds for run in self.runs)

    @property
    def processor(self) -> float:
        """Seconds of processor time of the program, its children and the server."""
        served = statistics.median(self.server) if self.server else 0.0
        return statistics.median(run.processor for run in self.runs) + served

    @property
    def memory(self) -> float | None:
        """MB; the most of all runs."""
        known = [run.memory for run in self.runs if run.memory is not None]
        return round(max(known)) if known else None


class Comparison:
    """Pages that are served, and what reading them cost each side."""

    def __init__(self, pages: int, folder: Path) -> None:
        self.pages, self.folder = pages, folder
        self.sides: dict[str, Measured] = {}
        self._warehouses = 0

    def of(self, side: str) -> Measured:
        """Return what was measured of a side so far."""
        return self.sides.setdefault(side, Measured())

    def bare(self) -> None:
        """Let the bare loop read the pages."""
        loop = self.folder / "bare_loop.py"
        loop.write_text(BARE_LOOP)
        urls = str(self.folder / "config" / "urls.txt")
        self.of("bare").runs.append(measured([sys.executable, str(loop), urls, str(os.cpu_count() or 1)]))

    def plain(self) -> None:
        """Let a pass read them that Prefect does not know of, and another one find nothing new."""
        warehouse = self._pass("plain", self.folder / "config", {})
        again = measured(self._command(self.folder / "config", warehouse))
        self.of("nothing new").runs.append(again)

    def recorded(self, runner: str, server: Server) -> None:
        """Let a pass read them that ``server`` records, its pages worked on by ``runner``."""
        config = self.folder / f"config-{runner}"
        if not config.exists():
            config.mkdir()
            for file in (self.folder / "config").glob("*.yaml"):
                text = file.read_text()
                if file.name == "settings.yaml":
                    text = text.replace("limits:\n", f"limits:\n  runner: {runner}\n", 1)
                (config / file.name).write_text(text)
        before, started = server.spent(), time.monotonic()
        self._pass(runner, config, server.environ)
        idle = server.settles()
        self.of(runner).server.append(server.spent() - before - idle * (time.monotonic() - started))

    def _command(self, config: Path, warehouse: Path) -> list[str]:
        return govwatch("run", "--config", config, "--warehouse", warehouse)

    def _pass(self, side: str, config: Path, environ: dict[str, str]) -> Path:
        """Run one whole pass of the installed program, and see that it stored every page."""
        self._warehouses += 1
        warehouse = self.folder / f"{self._warehouses}.duckdb"
        run = measured(self._command(config, warehouse), environ)
        found = _stored(warehouse)
        if found != self.pages:
            raise RuntimeError(f"{side}: {found} of {self.pages} articles were stored:\n{run.output[-3000:]}")
        if given_up := [line for line in run.output.splitlines() if "this machine works on the pages" in line]:
            raise RuntimeError(f"{side} was not used: {given_up[0]}")
        self.of(side).runs.append(run)
        return warehouse


@contextlib.contextmanager
def served(pages: int) -> Iterator[tuple[Comparison, dict[str, Any]]]:
    """Serve ``pages`` articles while the block lasts."""
    here, there = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory(prefix="govwatch-benchmark-") as name:
        folder = Path(name)
        process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(pages, str(folder / "config"), there)
        )
        process.start()
        there.close()
        try:
            world = here.recv()
            yield Comparison(pages, folder), world
        finally:
            here.close()
            process.join(10)
            if process.is_alive():
                process.terminate()


def compare(pages: int, rounds: int, runners: Sequence[str] = ()) -> tuple[dict[str, Measured], dict[str, Any]]:
    """Serve ``pages`` articles and let all sides read them ``rounds`` times, in turn."""
    with served(pages) as (comparison, world), contextlib.ExitStack() as stack:
        server = stack.enter_context(Server(comparison.folder / "prefect")) if runners else None
        for _ in range(rounds):
            comparison.plain()
            comparison.bare()
            for runner in runners:
                assert server is not None
                comparison.recorded(runner, server)
        return comparison.sides, world


def _beside(sides: dict[str, Measured], pages: int) -> dict[str, Any]:
    """Return the figures of all sides: per page, and as ratios to the bare loop and to the pass without Prefect."""
    bare, plain = sides["bare"], sides["plain"]
    found: dict[str, Any] = {}
    for name, side in sides.items():
        if name == "nothing new":
            continue
        figures: dict[str, Any] = {
            "articles_per_second": round(pages / side.seconds, 1),
            "processor_ms_per_page": round(1000 * side.processor / pages, 2),
            "ratio": round(bare.seconds / side.seconds, 3),
            "ratio_processor": round(bare.processor / max(side.processor, 1e-9), 3),
            "memory_mb": side.memory,
        }
        if side.server:
            figures["server_ms_per_page"] = round(1000 * statistics.median(side.server) / pages, 2)
            figures["overhead_percent"] = round(100 * (side.processor / max(plain.processor, 1e-9) - 1), 1)
            figures["overhead_wall_percent"] = round(100 * (side.seconds / plain.seconds - 1), 1)
        found[name] = figures
    return found


def main() -> None:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", type=int, default=600)
    parser.add_argument("--more", type=int, default=2400, help="pages of the second measurement; 0 leaves it out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runners", default="", help=f"separated by commas, of {', '.join(RUNNERS)}")
    options = parser.parse_args()
    runners = [one for one in options.runners.split(",") if one]
    if unknown := set(runners).difference(RUNNERS):
        parser.error(f"no runner is called {', '.join(sorted(unknown))}; there are: {', '.join(RUNNERS)}")

    sides, world = compare(options.pages, options.rounds, runners)
    plain, bare = sides["plain"], sides["bare"]
    line: dict[str, Any] = {
        "what": f"whole pass over {options.pages} pages of {world['outlets']} outlets",
        "peer": "httpx get + trafilatura.extract, one process per core",
        "sides": _beside(sides, options.pages),
        "ratios": [round(theirs.seconds / mine.seconds, 3) for mine, theirs in zip(plain.runs, bare.runs, strict=True)],
        "nothing_new": {
            "seconds": round(sides["nothing new"].seconds, 2),
            "processor": round(sides["nothing new"].processor, 2),
        },
        "page_bytes_compressed": world["page_bytes_compressed"],
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
    }
    if options.more:
        second, _ = compare(options.more, 1)
        line["sides_at_more"] = _beside(second, options.more)
        # The time for the further pages alone: what both cost once they have started.
        mine, theirs = (second[side].seconds - sides[side].seconds for side in ("plain", "bare"))
        line["ratio_without_start"] = round(theirs / mine, 3)
        busy, busy_bare = (second[side].processor - sides[side].processor for side in ("plain", "bare"))
        line["ratio_processor_without_start"] = round(busy_bare / max(busy, 1e-9), 3)
    print(json.dumps(line))


if __name__ == "__main__":
    main()
