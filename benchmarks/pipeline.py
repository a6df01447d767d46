"""A whole pass of `govwatch run` against the bare loop "httpx get + trafilatura.extract", on the same loopback pages.

Prints one JSON line. Both sides are programs, timed from their start to their end, on all cores, in turn, for several
rounds, with new warehouses; the pages come from a process of its own that only hands out bytes made beforehand. Peak
memory is measured again with more pages: it must not grow with them. Beside the wall time stands the processor's, of a
program and all its children: on a machine that does other work too, believe the ratio of those.

    python -m benchmarks.pipeline [--pages 600] [--more 1800] [--rounds 3]
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import itertools
import json
import multiprocessing
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

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


@dataclass(frozen=True, slots=True)
class Run:
    """One program that ran.

    Attributes:
        seconds: from its start to its end.
        processor: seconds of processor time that it and its children took; 0 where /proc does not tell.
        memory: the most that they held at once, in MB.
        output: what it wrote.
    """

    seconds: float
    processor: float
    memory: float | None
    output: str


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


def measured(command: list[str]) -> Run:
    """Run a program to its end.

    Raises:
        RuntimeError: it failed; the message holds what it wrote.
    """
    environ = {**os.environ, "DO_NOT_TRACK": "1", "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ) as process:
        peak: list[float] = []
        spent: dict[int, float] = {}
        watcher = threading.Thread(target=_watch, args=(process, peak, spent))
        watcher.start()
        output = process.communicate()[0]
        seconds = time.perf_counter() - started
        watcher.join()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{output[-3000:]}")
    return Run(seconds, sum(spent.values()), max(peak, default=None), output)


def _watch(process: subprocess.Popen[str], peak: list[float], spent: dict[int, float]) -> None:
    """Note memory four times a second and processor time twenty times: what a child did last of all goes unseen."""
    for turn in itertools.count():
        if process.poll() is not None:
            return
        tree = list(_tree(process.pid))
        spent |= {pid: seconds for pid in tree if (seconds := _processor(pid)) is not None}
        if turn % 5 == 0:
            held = [one for pid in tree if (one := _memory(pid)) is not None]
            peak += [sum(held)] if held else []
        time.sleep(0.05)


def _tree(pid: int) -> Iterator[int]:
    """Yield a process and all below it; children of any of its threads."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                yield from _tree(int(child))


def _processor(pid: int) -> float | None:
    """Return the seconds of processor time of one process; None when it is gone, or /proc does not tell."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float | None:
    """Return the proportional set size of one process in MB; None when it is gone, or /proc does not tell."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) / 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return None


def govwatch(directory: Path, warehouse: Path) -> Run:
    """Run one whole pass of the installed program, and see that it stored every page."""
    program = Path(sys.executable).parent / "govwatch"
    command = [str(program)] if program.exists() else [sys.executable, "-m", "flows.cli"]
    return measured([*command, "run", "--config", str(directory), "--warehouse", str(warehouse)])


def stored(warehouse: Path) -> int:
    """Return how many articles a warehouse holds."""
    from warehouse.database import Warehouse

    with Warehouse(warehouse, command="benchmark").reading() as connection:
        return int(connection.execute("SELECT count(*) FROM articles WHERE origin <> 'seed'").fetchall()[0][0])


def compare(pages: int, rounds: int) -> dict[str, Any]:
    """Serve ``pages`` articles and let both sides read them ``rounds`` times, in turn."""
    here, there = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory(prefix="govwatch-benchmark-") as name:
        folder = Path(name)
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(pages, str(folder / "config"), there))
        server.start()
        there.close()
        try:
            world = here.recv()
            loop = folder / "bare_loop.py"
            loop.write_text(BARE_LOOP)
            ours, bare = [], []
            for number in range(rounds):
                warehouse = folder / f"round-{number}.duckdb"
                ours.append(govwatch(folder / "config", warehouse))
                found = stored(warehouse)
                if found != pages:
                    raise RuntimeError(f"{found} of {pages} articles were stored:\n{ours[-1].output[-3000:]}")
                urls = str(folder / "config" / "urls.txt")
                bare.append(measured([sys.executable, str(loop), urls, str(os.cpu_count() or 1)]))
        finally:
            here.close()
            server.join(10)
            if server.is_alive():
                server.terminate()
    return {"world": world, "ours": ours, "bare": bare}


def _rate(pages: int, runs: list[Run]) -> float:
    return round(pages / statistics.median(run.seconds for run in runs), 1)


def _processor_of(runs: list[Run]) -> float:
    return statistics.median(run.processor for run in runs)


def _peak(runs: list[Run]) -> float | None:
    known = [run.memory for run in runs if run.memory is not None]
    return round(max(known)) if known else None


def main() -> None:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", type=int, default=600)
    parser.add_argument("--more", type=int, default=2400, help="pages of the second measurement; 0 leaves it out")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    first = compare(options.pages, options.rounds)
    ours, bare = _rate(options.pages, first["ours"]), _rate(options.pages, first["bare"])
    line: dict[str, Any] = {
        "what": f"whole pass over {options.pages} pages of {first['world']['outlets']} outlets, articles per second",
        "ours": ours,
        "peer": "httpx get + trafilatura.extract, one process per core",
        "peer_rate": bare,
        "ratio": round(ours / bare, 3),
        "ratios": [
            round(theirs.seconds / mine.seconds, 3) for mine, theirs in zip(first["ours"], first["bare"], strict=True)
        ],
        "processor_ms_per_page": {
            side: round(1000 * _processor_of(first[side]) / options.pages, 1) for side in ("ours", "bare")
        },
        "ratio_processor": round(_processor_of(first["bare"]) / max(_processor_of(first["ours"]), 1e-9), 3),
        "peak_memory_mb": {str(options.pages): _peak(first["ours"])},
        "page_bytes_compressed": first["world"]["page_bytes_compressed"],
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
    }
    if options.more:
        second = compare(options.more, 1)
        line["peak_memory_mb"][str(options.more)] = _peak(second["ours"])
        line["ratio_at_more"] = round(second["bare"][0].seconds / second["ours"][0].seconds, 3)
        # The time for the further pages alone: what both cost once they have started.
        mine, theirs = (
            second[side][0].seconds - statistics.median(run.seconds for run in first[side]) for side in ("ours", "bare")
        )
        line["ratio_without_start"] = round(theirs / mine, 3)
        line["ratio_processor_at_more"] = round(second["bare"][0].processor / max(second["ours"][0].processor, 1e-9), 3)
        busy, busy_bare = (second[side][0].processor - _processor_of(first[side]) for side in ("ours", "bare"))
        line["ratio_processor_without_start"] = round(busy_bare / max(busy, 1e-9), 3)
    print(json.dumps(line))


if __name__ == "__main__":
    main()
