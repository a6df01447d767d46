"""What it costs to find the story of a new article, by how many are stored and how many come at once.

    python -m benchmarks.stories [--stored 10000,100000] [--batches 1,100,1000] [--kit DIR]

Prints one JSON line per measurement, with its ratio to the smallest warehouse: of everything a new article costs
(fingerprint, and the write window from open to close), of the processor's time, which other work on the machine
disturbs less, and of what stories do in the window. Stored articles are made of random hashes, which is what a
fingerprint looks like to the database (those of a key are the smallest of a text's, so all keys crowd in the lowest
fortieth of the range); new ones are texts of 980 random words, three of ten of them cut and edited copies of others.
With ``--kit`` (a folder with labelled articles, ``dev.jsonl``) it scores the grouping in eight orders of arrival too,
beside grouping by equal texts; ``stories_quality.py`` does so beside the peers.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import random
import resource
import shutil
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from extractors.fingerprints import fingerprint
from extractors.stories import StoryIndex, choose
from records import ids
from records.article import Article, Origin
from records.document import Document
from warehouse import stories
from warehouse.database import Connection, Warehouse, append, rows
from warehouse.stories import StoredNeighbours

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SYLLABLES = (
    "ba",
    "cor",
    "du",
    "fen",
    "gal",
    "hi",
    "jor",
    "kel",
    "lum",
    "mo",
    "nar",
    "pi",
    "qua",
    "ros",
    "sti",
    "tan",
    "ul",
)
WORDS = [a + b for a in SYLLABLES for b in SYLLABLES] + [
    a + b + c for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES
]
WEIGHTS = [1 / (rank + 3) for rank in range(len(WORDS))]  # Zipf's law: shared words, hardly any shared passages
LENGTH = 980  # words: the mean of real articles
_FILLED = 1_000_000  # articles stored between two upkeeps


def text(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, WEIGHTS, k=LENGTH))


def copy(rng: random.Random, original: str) -> str:
    """Cut to a half or more, every twentieth word changed, an outlet's line added."""
    words = original.split()[: rng.randint(LENGTH // 2, LENGTH)]
    for _ in range(len(words) // 20):
        words[rng.randrange(len(words))] = rng.choice(WORDS)
    return " ".join(words + rng.choices(WORDS, k=15))


def newcomers(rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """Outlet, title and text of one article after the other."""
    pool: list[str] = []
    while True:
        if pool and rng.random() < 0.3:
            body = copy(rng, rng.choice(pool))
        else:
            body = text(rng)
            pool = [*pool[-500:], body]
        yield f"outlet{rng.randrange(300)}.example", " ".join(rng.choices(WORDS, k=8)), body


def document(number: int, outlet: str, title: str, body: str) -> Document:
    url = f"https://{outlet}/{number}"
    article = Article(url, title, body, outlet=outlet, published=NOW, language="en")
    return Document(ids.article_id(url), url, article, fingerprint(title, body), (), (), "bench", Origin.LIVE, NOW, url)


def fill(con: Connection, first: int, count: int, rng: random.Random) -> None:
    """Store ``count`` articles that nobody copies, from arrival number ``first`` on."""
    numbers = f"range({first}, {first + count}) t(n)"
    stored = f"(select n, (hash(n) >> 1)::bigint as id, 'outlet' || n % 300 as outlet from {numbers})"
    key = f"((k + hash(n * 24 + k) / 18446744073709551616.0) / {LENGTH} * 4294967296)::uinteger"
    mark = "1 + hash(n * 24 + k + 1) % 254"
    con.execute(f"insert into internal.shingles select {key}, n, {mark} from {stored}, range(24) r(k) order by n")
    con.execute(
        "insert into story_members (article_id, story_id, reason, score, joined_at, joined_story_id, number, "
        f"story_number) select id, id, 'new', 1, $1, id, n, n from {stored} order by n",
        [NOW],
    )
    con.execute(
        "insert into stories (story_id, number, first_seen, last_joined, title, original_article_id, original_outlet, "
        "original_published, original_by, articles, outlets, countries, languages) "
        "select id, n, $1, $1, 'A headline of ' || n, id, outlet, $1, 'first', 1, [outlet], ['NO'], ['en'] "
        f"from {stored}",
        [NOW],
    )
    columns = ("number", "text_hash", "cjk", "outlet", "published", "title", "sketch")
    for begin in range(first, first + count, 20_000):
        some = range(begin, min(begin + 20_000, first + count))
        append(con, "internal.fingerprints", columns, (_random_fingerprint(n, rng) for n in some))


def _random_fingerprint(n: int, rng: random.Random) -> tuple[object, ...]:
    title = [rng.getrandbits(32) for _ in range(8)]
    published = NOW - timedelta(days=7000) + timedelta(minutes=n)
    return n, rng.getrandbits(63), False, f"outlet{n % 300}", published, title, rng.randbytes(LENGTH // 3 * 2)


def one_batch(warehouse: Warehouse, documents: Sequence[Document]) -> tuple[float, float]:
    """Seconds of the whole window (open to close), and of what stories do in it."""
    start = time.perf_counter()
    with warehouse.writing() as con:
        begun = time.perf_counter()
        # As the loader does, which has looked the articles up before.
        neighbours = StoredNeighbours(con, new={one.article_id for one in documents})
        stories.store(con, documents, choose(documents, neighbours), NOW, neighbours)
        done = time.perf_counter()
    return time.perf_counter() - start, done - begun


def used(warehouse: Warehouse) -> int:
    """Bytes of the file in use; what an upkeep freed is used again before the file grows."""
    with warehouse.writing() as con:
        return int(rows(con, "select used_blocks * block_size from pragma_database_size()")[0][0])


def filled(path: Path, stored: int) -> int:
    """Make a warehouse with so many stored articles after an upkeep; return the bytes that they take."""
    warehouse = Warehouse(path)
    warehouse.prepare()
    empty = used(warehouse)
    for first in range(1, stored + 1, _FILLED):
        with warehouse.writing() as con:
            fill(con, first, min(_FILLED, stored + 1 - first), random.Random(first))
        with warehouse.writing() as con:
            stories.compact(con)
    return used(warehouse) - empty


def measure_cost(sizes: Sequence[int], batches: Sequence[int], repeats: int) -> Iterator[dict[str, Any]]:
    """Time of batches of some sizes, and their ratio to that with the fewest stored.

    The warehouses take turns, so that what else the machine does meets all of them alike; the medians are told.
    """
    folder = Path(tempfile.mkdtemp(prefix="govwatch-bench-"))
    try:
        warehouses = {stored: Warehouse(folder / f"bench-{stored}.duckdb") for stored in sizes}
        taken = {}
        for stored, warehouse in warehouses.items():
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:  # its memory is not measured
                taken[stored] = other.submit(filled, warehouse.path, stored).result()
        articles = newcomers(random.Random(-1))
        number = 0
        for batch in batches:
            spent: dict[int, list[tuple[float, ...]]] = {stored: [] for stored in sizes}
            for _ in range(repeats + 1):
                texts = [next(articles) for _ in range(batch)]
                for stored, warehouse in warehouses.items():
                    start, before = time.perf_counter(), time.process_time()
                    documents = [document(number + i, *found) for i, found in enumerate(texts)]
                    prints = time.perf_counter() - start
                    window = one_batch(warehouse, documents)
                    spent[stored].append((prints, *window, time.process_time() - before))
                number += batch
            yield from _costs(batch, spent, taken)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _costs(batch: int, spent: dict[int, list[tuple[float, ...]]], taken: dict[int, int]) -> Iterator[dict[str, Any]]:
    first: tuple[float, float, float] | None = None
    for stored, found in spent.items():
        columns = zip(*found[1:], strict=True)
        prints, whole, inside, processor = (1000 * statistics.median(column) / batch for column in columns)
        first = first or (prints + whole, inside, processor)
        yield {
            "what": "stories: time per new article", "stored": stored, "batch": batch,
            "ms_per_article": round(prints + whole, 3), "ratio": round((prints + whole) / first[0], 2),
            "ms_processor": round(processor, 3), "ratio_processor": round(processor / first[2], 2),
            "ms_stories_only": round(inside, 3), "ratio_stories_only": round(inside / first[1], 2),
            "ms_fingerprint": round(prints, 3), "bytes_per_stored_article": round(taken[stored] / stored),
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "machine": platform.machine(),
        }  # fmt: skip


# ---- quality ------------------------------------------------------------------------------------------------------


def exact(documents: Sequence[dict[str, Any]]) -> list[str]:
    """The plainest peer: articles with one normalised text are one story."""
    return [str(fingerprint(d["title"], d["text"]).text_hash) for d in documents]


def govwatch(documents: Sequence[dict[str, Any]]) -> list[str]:
    return StoryIndex().assign(documents)


def measure_quality(path: Path, orders: int = 8) -> Iterator[dict[str, Any]]:
    """Mean over orders of arrival of pairwise F1, B-cubed F1, and alerts too many or missed per 100 stories."""
    documents = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    for grouper in (govwatch, exact):
        found = []
        start = time.perf_counter()
        for seed in range(orders):
            shuffled = documents[:]
            random.Random(seed).shuffle(shuffled)
            found.append(scores(shuffled, grouper(shuffled)))
        seconds = (time.perf_counter() - start) / orders / len(documents)
        mean = {name: round(statistics.mean(scores[name] for scores in found), 4) for name in found[0]}
        about = {"what": "stories: quality", "by": grouper.__name__, "articles": len(documents), "orders": orders}
        yield about | mean | {"ms_per_article": round(1000 * seconds, 3)}


def scores(documents: Sequence[dict[str, Any]], assigned: Sequence[str]) -> dict[str, float]:
    """Scores of one grouping; pairs of stories that the labels call ambiguous count neither way."""
    true = [d["cluster_id"] for d in documents]
    unclear = {
        pair for d in documents for c in d.get("ignore", ()) for pair in ((d["cluster_id"], c), (c, d["cluster_id"]))
    }
    groups, labels = defaultdict(list), defaultdict(list)
    for i, story in enumerate(assigned):
        groups[story].append(i)
        labels[true[i]].append(i)
    precision, recall, hits, claimed, missed = 0.0, 0.0, 0, 0, 0
    for members in groups.values():
        counts = Counter(true[i] for i in members)
        for label, count in counts.items():
            wrong = sum(c for other, c in counts.items() if other != label and (label, other) not in unclear)
            precision += count * count / (count + wrong)
            recall += count * count / len(labels[label])
            hits += count * (count - 1)
            claimed += count * (count - 1 + wrong)
        clear = [a for n, a in enumerate(counts) if not any((a, b) in unclear for b in list(counts)[:n])]
        missed += len(clear) - 1
    wanted = sum(len(m) * (len(m) - 1) for m in labels.values())
    extra = sum(len({assigned[i] for i in m}) - 1 for m in labels.values())
    p, r, bp, br = hits / max(claimed, 1), hits / max(wanted, 1), precision / len(true), recall / len(true)
    return {
        "f1": 2 * p * r / max(p + r, 1e-9), "precision": p, "recall": r, "b_cubed_f1": 2 * bp * br / max(bp + br, 1e-9),
        "extra_alerts_per_100": 100 * extra / len(labels), "missed_alerts_per_100": 100 * missed / len(labels),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--stored", default="10000,100000", help="articles stored before, comma-separated")
    parser.add_argument("--batches", default="1,100,1000", help="articles that come at once, comma-separated")
    parser.add_argument("--repeats", type=int, default=5, help="measured batches of each size; the median is told")
    parser.add_argument("--kit", type=Path, help="folder with labelled articles, dev.jsonl")
    options = parser.parse_args()
    sizes = [int(size) for size in options.stored.split(",") if size]
    if sizes:
        for line in measure_cost(sizes, [int(size) for size in options.batches.split(",")], options.repeats):
            print(json.dumps(line), flush=True)
    if options.kit:
        for line in measure_quality(options.kit / "dev.jsonl"):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
