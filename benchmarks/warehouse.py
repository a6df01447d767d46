"""The warehouse at 10,000, 100,000 and a million articles of 3 KB: what loading, publishing and asking cost.

Prints JSON lines. The texts are invented (`benchmarks.newsprint`); each search has a LIKE over all texts beside it.

    python -m benchmarks.warehouse [--stored 10000,100000] [--million] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # before this folder, which holds modules with the names of packages

from benchmarks import newsprint  # noqa: E402
from benchmarks import stories as bench_stories  # noqa: E402
from extractors.fingerprints import fingerprint  # noqa: E402
from flows.loading import load  # noqa: E402
from records import ids  # noqa: E402
from records.article import Article, Origin  # noqa: E402
from records.document import Batch, Document  # noqa: E402
from warehouse import search, stories  # noqa: E402
from warehouse.database import Connection, Warehouse, append, rows  # noqa: E402

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_AT_ONCE = 50_000
_INITIATIVES = 30
_WORDS = {
    "rare": newsprint.RARE,
    "rare, Chinese": newsprint.RARE_CHINESE,
    "common": newsprint.COMMON,
    "common, Chinese": newsprint.COMMON_CHINESE,
}

_ARTICLES = """
insert into articles by name
select (hash(n) >> 1)::bigint as article_id, 'https://outlet' || n % 300 || '.example/' ||
        strftime(published, '%Y/%m/%d') || '/' || left(replace(lower(title), ' ', '-'), 40) || '-' || n as url,
    url[9:] as url_key,
    's' || n % 300 as source_id, 'outlet' || n % 300 || '.example' as outlet, 'Outlet ' || n % 300 as outlet_name,
    ['NO', 'US', 'CN', 'FR', 'IN'][n % 5 + 1] as country, (1 + n % 3)::tinyint as tier, title, text,
    ['A. Writer ' || hash(n) % 5000] as authors, published, 'json-ld' as published_from,
    published + to_minutes(5) as first_seen, language, ['ai'] as tags, len(text) // 6 as word_count, 'full' as access,
    'live' as origin, 'govwatch' as extractor, md5(text) || md5(title) as raw_hash,
    (hash(text) >> 1)::bigint as text_hash, 'run-' || n // 200 as run_id
from (select *, $1 - to_minutes({count} - n) as published from part) order by n
"""
# Every twentieth article mentions something: about what a topical feed gives.
_MENTIONS = f"""
insert into mentions by name
select article_id, 'initiative-' || hash(article_id, 1) % {_INITIATIVES} as initiative_id, 'text' as field,
    0 as span_start, 5 as span_end, left(text, 5) as surface, left(text, 80) as sentence, 'name' as rule,
    'body' as place, [] as context, [] as beaten, true as alerts, 'r' as rules_version, first_seen as found_at
from articles where hash(article_id) % 20 = 0
"""


def filled(path: Path, count: int) -> dict[str, Any]:
    """Make a warehouse of ``count`` articles, indexed as passes would have left it, and tell what it takes."""
    warehouse = Warehouse(path)
    warehouse.prepare()
    source, raw, number = newsprint.Newsroom(7).texts(count), 0, 0
    begun = time.perf_counter()
    while part := list(itertools.islice(source, _AT_ONCE)):
        raw += sum(len(one.text.encode()) + len(one.title.encode()) for one in part)
        with warehouse.writing() as con:
            con.execute("create temp table part(n bigint, title varchar, text varchar, language varchar)")
            values = ((number + n, one.title, one.text, one.language) for n, one in enumerate(part, 1))
            append(con, "part", ("n", "title", "text", "language"), values)
            con.execute(_ARTICLES.format(count=count), [NOW])
            con.execute("drop table part")
        number += len(part)
    for first in range(1, count + 1, _AT_ONCE):
        with warehouse.writing() as con:
            bench_stories.fill(con, first, min(_AT_ONCE, count + 1 - first), random.Random(first))
        with warehouse.writing() as con:
            stories.compact(con)
    with warehouse.writing() as con:
        con.execute(_MENTIONS)
    begun_index, blocks = time.process_time(), 0
    indexing = True
    while indexing:  # a block at a time, as loads do
        with warehouse.writing() as con:
            indexing = bool(search.index(con))
            blocks += indexing
    indexed = time.process_time() - begun_index
    with warehouse.writing() as con:
        total, used = rows(
            con, "select total_blocks * block_size, used_blocks * block_size from pragma_database_size()"
        )[0]
    return {
        "what": "warehouse: size", "stored": count, "raw_mb": round(raw / 1e6), "used_mb": round(used / 1e6),
        "file_mb": round(total / 1e6), "used_of_raw": round(used / raw, 3), "bytes_per_article": round(used / count),
        "index_cpu_ms_per_article": round(1000 * indexed / max(1, blocks * search.BLOCK), 3),
        "seconds_to_build": round(time.perf_counter() - begun),
    }  # fmt: skip


def inserts(warehouse: Warehouse, count: int) -> Iterator[dict[str, Any]]:
    """Time batches of 1, 100 and 1,000 through the loader, from opening to closed window."""
    texts = newsprint.Newsroom(11).texts(1_000_000)
    number = count
    for batch in (1, 100, 1000):
        spent = []
        for _ in range(3):
            documents = []
            for text in itertools.islice(texts, batch):
                number += 1
                url = f"https://new.example/{number}"
                article = Article(
                    url, text.title, text.text, outlet="new.example", published=NOW, language=text.language
                )
                print_ = fingerprint(text.title, text.text)
                key = ids.article_id(url)
                documents.append(Document(key, url, article, print_, (), (), "bench", Origin.LIVE, NOW, url))
            begun = time.perf_counter()
            with warehouse.writing() as con:
                load(con, Batch(tuple(documents), ()), "bench", NOW)
            spent.append(time.perf_counter() - begun)
        yield {"what": "warehouse: insert", "stored": count, "batch": batch, "seconds": round(sorted(spent)[1], 3)}


def timed(ask: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds and CPU seconds of the better of two runs, and the answer."""
    best: tuple[float, float, Any] | None = None
    for _ in range(2):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = ask()
        one = (time.perf_counter() - wall, time.process_time() - cpu, answer)
        best = one if best is None or one[0] < best[0] else best
    assert best is not None
    return best


def questions(con: Connection, count: int) -> Iterator[dict[str, Any]]:
    """Time every view read to its end, and each search beside a LIKE over all texts."""
    for (view,) in rows(con, "select view_name from duckdb_views() where not internal order by 1"):
        wall, cpu, found = timed(lambda view=view: len(con.execute(f"from {view}").fetchmany(1000)))
        yield {
            "what": "warehouse: view", "stored": count, "view": view, "rows": found,
            "seconds": round(wall, 3), "cpu": round(cpu, 3),
        }  # fmt: skip
    for kind, word in _WORDS.items():
        wall, cpu, found = timed(lambda word=word: rows(con, "select count(*) from search($1)", [word])[0][0])
        shown, shown_cpu, _ = timed(lambda word=word: rows(con, "from search($1) limit 20", [word]))
        like, like_cpu, _ = timed(
            lambda word=word: rows(con, "select count(*) from articles where text ilike $1", [f"%{word}%"])
        )
        yield {
            "what": "warehouse: search", "stored": count, "word": kind, "articles": found, "seconds": round(wall, 3),
            "cpu": round(cpu, 3), "shown_seconds": round(shown, 3), "shown_cpu": round(shown_cpu, 3),
            "like_seconds": round(like, 3), "like_cpu": round(like_cpu, 3), "times_faster": round(like_cpu / cpu, 1),
        }  # fmt: skip


def measure(count: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield every figure of a warehouse with ``count`` articles."""
    path = folder / f"bench-{count}.duckdb"
    if not path.exists():
        yield filled(path, count)
    warehouse = Warehouse(path)
    warehouse.prepare()
    wall, _, _ = _once(warehouse.publish)
    yield {"what": "warehouse: publish", "stored": count, "seconds": round(wall, 3)}
    with warehouse.reading() as con:
        yield from questions(con, count)
    yield from inserts(warehouse, count)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    yield {"what": "warehouse: memory", "stored": count, "peak_rss_mb": peak}


def _once(ask: Callable[[], Any]) -> tuple[float, float, Any]:
    begun = time.perf_counter()
    answer = ask()
    return time.perf_counter() - begun, 0.0, answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--stored", default="10000,100000", help="articles stored, comma-separated")
    parser.add_argument(
        "--million", action="store_true", help="with a million, too (a quarter of an hour, 8 GB of disk)"
    )
    parser.add_argument(
        "--keep", type=Path, help="make the warehouses here and keep them; those that are here are asked"
    )
    options = parser.parse_args()
    sizes = [int(size) for size in options.stored.split(",") if size] + ([1_000_000] if options.million else [])
    folder = options.keep or Path(tempfile.mkdtemp(prefix="govwatch-bench-"))
    try:
        for count in sizes:
            for line in measure(count, folder):
                print(json.dumps(line, ensure_ascii=False), flush=True)
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    bench_stories.LENGTH = 480  # words of 3 KB: as long as the fingerprints of such texts are
    main()
