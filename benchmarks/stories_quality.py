"""How well articles are grouped into stories, beside the peers, in one run on labelled articles.

    python -m benchmarks.stories_quality KIT [--orders 8] [--all]

KIT is a folder with ``dev.jsonl`` (one article a line: id, title, text, cluster_id, ignore). Prints one JSON line per
method: the means over orders of arrival. Peers have their whole grid of shingle lengths and thresholds tried on one
order first, and the setting with the best pairwise F1 is the one that is measured: they are shown at their best on
these very articles, which flatters them. ``--all`` prints every setting of the grid too.

Needs ``rensa`` and ``datasketch`` for the peers; what is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from benchmarks.stories import exact, govwatch, scores
from extractors.fingerprints import tokens

Documents = Sequence[dict[str, Any]]
Grouper = Callable[[Documents], list[str]]

PERMUTATIONS = 128


def shingles(document: dict[str, Any], span: int) -> list[str]:
    """Runs of ``span`` tokens, by govwatch's own tokens, so that peers fail no script: their own split at spaces."""
    words = tokens(f"{document['title']} {document['text']}")
    return list({" ".join(words[i : i + span]) for i in range(max(1, len(words) - span + 1))})


class Groups:
    """Stories as sets that are joined (union-find), named by their first member."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def find(self, n: int) -> int:
        while self._parent[n] != n:
            self._parent[n] = self._parent[self._parent[n]]
            n = self._parent[n]
        return n

    def join(self, a: int, b: int) -> None:
        self._parent[self.find(max(a, b))] = self.find(min(a, b))

    def names(self) -> list[str]:
        return [str(self.find(n)) for n in range(len(self._parent))]


def rensa_lsh(documents: Documents, span: int, threshold: float) -> list[str]:
    """Candidates by bands, kept when the estimated Jaccard index reaches the threshold."""
    import rensa

    bands = bands_for(threshold)
    index = rensa.RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=bands)
    groups, seen = Groups(len(documents)), []
    for n, document in enumerate(documents):
        one = rensa.RMinHash(num_perm=PERMUTATIONS, seed=42)
        one.update(shingles(document, span))
        for other in index.query(one):
            if one.jaccard(seen[other]) >= threshold:
                groups.join(n, other)
        index.insert(n, one)
        seen.append(one)
    return groups.names()


def bands_for(threshold: float) -> int:
    """The fewest bands whose curve rises below the threshold: (1/bands)^(1/rows) is where it is steepest."""
    fitting = [b for b in (8, 16, 32, 64) if (1 / b) ** (b / PERMUTATIONS) <= threshold]
    return min(fitting, default=64)


def datasketch_lsh(documents: Documents, span: int, threshold: float) -> list[str]:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    groups, seen = Groups(len(documents)), []
    for n, document in enumerate(documents):
        one = MinHash(num_perm=PERMUTATIONS)
        one.update_batch([shingle.encode() for shingle in shingles(document, span)])
        for other in index.query(one):
            if one.jaccard(seen[other]) >= threshold:
                groups.join(n, other)
        index.insert(n, one)
        seen.append(one)
    return groups.names()


def simhash(documents: Documents, span: int, threshold: float) -> list[str]:
    """Charikar's SimHash of 64 bits: one story within ``threshold`` differing bits; every pair is compared."""
    groups, seen = Groups(len(documents)), np.zeros(len(documents), np.uint64)
    for n, document in enumerate(documents):
        found = [xxhash.xxh3_64_digest(shingle.encode()) for shingle in shingles(document, span)]
        bits = np.unpackbits(np.frombuffer(b"".join(found), np.uint8).reshape(-1, 8), axis=1)
        seen[n] = np.packbits(bits.sum(axis=0) * 2 > len(found)).view(np.uint64)[0]
        for other in np.flatnonzero(np.bitwise_count(seen[:n] ^ seen[n]) <= threshold):
            groups.join(n, int(other))
    return groups.names()


PEERS: dict[str, tuple[Callable[[Documents, int, float], list[str]], tuple[int, ...], tuple[float, ...]]] = {
    "rensa": (rensa_lsh, (1, 3, 5), (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7)),
    "datasketch": (datasketch_lsh, (1, 3, 5), (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7)),
    "simhash": (simhash, (1, 3, 5), (3, 6, 8, 10, 12, 14, 16)),
}


def groupers(documents: Documents, every: bool) -> Iterator[tuple[str, Grouper]]:
    yield "govwatch", govwatch
    yield "exact hash", exact
    for name, (method, spans, thresholds) in PEERS.items():
        try:
            version = importlib.metadata.version(name) if name != "simhash" else "64 bits"
        except importlib.metadata.PackageNotFoundError:
            print(json.dumps({"what": "stories: quality", "by": name, "skipped": "not installed"}), flush=True)
            continue
        grid = {
            (span, at): _f1(documents, partial(method, span=span, threshold=at)) for span in spans for at in thresholds
        }
        best = max(grid, key=lambda setting: grid[setting])
        for span, at in grid if every else [best]:
            mark = " (best)" if (span, at) == best else ""
            yield f"{name} {version}, {span}-gram, {at:g}{mark}", partial(method, span=span, threshold=at)


def _f1(documents: Documents, grouper: Grouper) -> float:
    return scores(documents, grouper(documents))["f1"]


def measure(documents: list[dict[str, Any]], grouper: Grouper, orders: int) -> dict[str, float]:
    """Mean over orders of arrival of every score, and the time of an article."""
    found, spent = [], 0.0
    for seed in range(orders):
        shuffled = documents[:]
        random.Random(seed).shuffle(shuffled)
        start = time.perf_counter()
        assigned = grouper(shuffled)
        spent += time.perf_counter() - start
        found.append(scores(shuffled, assigned))
    mean = {name: round(statistics.mean(one[name] for one in found), 4) for name in found[0]}
    return mean | {"ms_per_article": round(1000 * spent / orders / len(documents), 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kit", type=Path, help="folder with labelled articles, dev.jsonl")
    parser.add_argument("--orders", type=int, default=8, help="orders of arrival; the mean is told")
    parser.add_argument("--all", action="store_true", help="print every setting of the peers, not the best only")
    options = parser.parse_args()
    lines = (options.kit / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    documents = [json.loads(line) for line in lines if line.strip()]
    about = {"what": "stories: quality", "articles": len(documents), "orders": options.orders}
    for name, grouper in groupers(documents, options.all):
        found = measure(documents, grouper, options.orders)
        print(json.dumps(about | {"by": name} | found | {"machine": platform.machine()}), flush=True)


if __name__ == "__main__":
    main()
