"""What keeping a page costs, by layout: one file a page, one archive a day, a DuckDB table of blobs (decision 7).

Prints one JSON line for each layout: seconds of all batches, of the slowest one, bytes on disk, seconds to throw away.
Run: ``python -m benchmarks.pages [PAGES]`` (4,000 by default).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import duckdb

from warehouse.packs import _append

BATCH = 200
SIZE = 37_400  # bytes of a compressed page: the mean of 61 real ones


def blobs(count: int) -> list[bytes]:
    """Return ``count`` pages as they are after compression: nothing compresses them further."""
    source = random.Random(7)
    return [source.randbytes(SIZE) for _ in range(count)]


def batches(pages: list[bytes]) -> Iterator[list[bytes]]:
    """Yield the pages as a pass would load them."""
    for first in range(0, len(pages), BATCH):
        yield pages[first : first + BATCH]


def files(folder: Path) -> Callable[[list[bytes]], None]:
    """Return what keeps a batch as one file a page, renamed into place."""

    def keep(batch: list[bytes]) -> None:
        for page in batch:
            name = sha256(page).hexdigest()
            there = folder / name[:2]
            there.mkdir(exist_ok=True)
            spare = there / f"{name}.new"
            spare.write_bytes(page)
            spare.replace(there / name)

    return keep


def archive(folder: Path) -> Callable[[list[bytes]], None]:
    """Return what appends a batch to one file and syncs it."""

    def keep(batch: list[bytes]) -> None:
        _append(folder / "2026-11-24.warc.gz", batch)

    return keep


def table(folder: Path) -> Callable[[list[bytes]], None]:
    """Return what commits a batch to a DuckDB file of its own."""
    con = duckdb.connect(str(folder / "pages.duckdb"))
    con.execute("create table pages(hash varchar, page blob)")

    def keep(batch: list[bytes]) -> None:
        con.execute("begin")
        with con.appender("pages") as appender:
            appender.append_rows([(sha256(page).hexdigest(), page) for page in batch])
        con.execute("commit")

    return keep


def main() -> None:
    """Measure the three layouts on the same pages."""
    pages = blobs(int(sys.argv[1]) if len(sys.argv) > 1 else 4_000)
    for name, layout in (("a file a page", files), ("an archive a day", archive), ("a table of blobs", table)):
        folder = Path(tempfile.mkdtemp(dir=os.environ.get("GOVWATCH_BENCHMARKS")))
        keep, took = layout(folder), []
        for batch in batches(pages):
            begun = time.perf_counter()
            keep(batch)
            took.append(time.perf_counter() - begun)
        size = sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())
        begun = time.perf_counter()
        shutil.rmtree(folder)
        removal = time.perf_counter() - begun
        print(
            json.dumps(
                {
                    "what": "keeping raw pages",
                    "layout": name,
                    "pages": len(pages),
                    "seconds": round(sum(took), 2),
                    "slowest_batch": round(max(took), 3),
                    "megabytes": round(size / 1e6, 1),
                    "payload_megabytes": round(sum(map(len, pages)) / 1e6, 1),
                    "removal_seconds": round(removal, 3),
                }
            )
        )


if __name__ == "__main__":
    main()
