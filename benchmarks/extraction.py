"""Measures extraction against `trafilatura.bare_extraction` (default, with metadata): one JSON line per measurement.

Run: ``python -m benchmarks.extraction [--pages N]``. Uses pages made here, in our own words, and the kit of real pages
when ``../shared/kits/pages`` is there, for which it also reports the scores of both and of every peer of
`benchmarks.extraction_peers` that is installed. The kit is split by site: rules were looked for on the pages of one
part only, the other gives figures.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.extraction_peers import PEERS, Answer, trafilatura_default
from extractors.article import extract
from extractors.workers import Failure, Workers, usable_cores
from records.article import Article

KIT = Path(__file__).parents[2] / "shared" / "kits" / "pages"
_WORDS = [
    *("council", "register", "ferry", "harbour", "model", "program", "office", "archive", "vote", "motion", "spring"),
    *("review", "rule", "letter", "school", "minister", "report", "budget", "system", "night", "street", "museum"),
]
Job = tuple[bytes, str]


def generated(count: int) -> Iterator[Job]:
    """Yield pages of a plain news site: head, menu, article, teasers, footer."""
    random = Random(11)
    for number in range(count):
        lines = [" ".join(random.choices(_WORDS, k=random.randint(25, 90))).capitalize() + "." for _ in range(18)]
        title = " ".join(random.choices(_WORDS, k=8)).capitalize()
        head = {"@type": "NewsArticle", "headline": title, "datePublished": "2026-11-17T08:00:00+01:00"}
        head["author"] = "Kari Holm"
        teasers = "".join(
            f'<li class="teaser"><a href="/s/{one}"><img src="/i/{one}.jpg"><h3>{" ".join(random.choices(_WORDS, k=7))}'
            "</h3></a></li>"
            for one in range(60)
        )
        menu = "".join(f'<li><a href="/{word}">{word}</a></li>' for word in _WORDS)
        body = "".join(f"<div class='block'><p>{line}</p></div>" for line in lines)
        yield (
            (
                f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title} | Ledger</title>"
                f"<meta property='og:title' content='{title}'><script>{'var a=1;' * 2_000}</script>"
                f"<script type='application/ld+json'>{json.dumps(head)}</script></head><body><nav><ul>{menu}</ul></nav>"
                f"<main><article><h1>{title}</h1>{body}</article></main><aside><ul>{teasers}</ul></aside></body></html>"
            ).encode(),
            f"https://ledger.example/{number}",
        )


def real() -> list[Job]:
    """Return the kit's pages; none when the kit is absent."""
    if not KIT.is_dir():
        return []
    gold = [json.loads(line) for line in (KIT / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        (gzip.decompress((KIT / "html" / f"{one['id']}.html.gz").read_bytes()), one.get("url") or "") for one in gold
    ]


def _ours(job: Job) -> Article:
    return extract(*job)


def _theirs(job: Job) -> Answer:
    return trafilatura_default(*job)


def worker() -> Callable[[Job], Article]:
    return _ours


def their_worker() -> Callable[[Job], Answer]:
    return _theirs


def _seconds(work: Callable[[Job], object], jobs: list[Job]) -> float:
    begun = time.process_time()
    for job in jobs:
        work(job)
    return time.process_time() - begun


def per_core(what: str, jobs: list[Job], rounds: int) -> None:
    """Print pages per CPU second of both, in turns, so that a busy machine is fair to both."""
    _ours(jobs[0]), _theirs(jobs[0])
    ours, theirs = 0.0, 0.0
    for _ in range(rounds):
        ours += _seconds(_ours, jobs)
        theirs += _seconds(_theirs, jobs)
    pages = len(jobs) * rounds
    _say(f"{what}: pages per CPU second", pages / ours, "trafilatura.bare_extraction", pages / theirs)


def on_all_cores(jobs: list[Job], processes: int) -> None:
    """Print pages per second of `Workers` on all cores, beside trafilatura in as many processes and ours in one.

    All of them run in turns, so that a busy machine is fair to each.
    """
    spent, failed = [0.0, 0.0, 0.0], 0
    with (
        Workers[Job, Article](worker, processes=processes) as mine,
        Workers[Job, Answer](their_worker, processes=processes) as others,
        Workers[Job, Article](worker, processes=1) as alone,
    ):
        teams: list[Workers[Job, Any]] = [mine, others, alone]
        for team in teams:  # start them
            sum(1 for _ in team.stream(jobs[: processes * 16]))
        for _ in range(2):
            for number, team in enumerate(teams):
                begun = time.perf_counter()
                failed += sum(isinstance(result, Failure) for _, result in team.stream(jobs))
                spent[number] += time.perf_counter() - begun
    ours, theirs, one = (2 * len(jobs) / seconds for seconds in spent)
    what = f"pages per second on {processes} cores, {failed} failures"
    _say(what, ours, "trafilatura.bare_extraction, as many processes", theirs)
    _say(what, ours, "govwatch in one process", one)


def looked_at(site: str) -> bool:
    """Whether the pages of ``site`` may be looked at when rules are made; those of the others only give figures."""
    return hashlib.sha256(site.encode()).digest()[-1] % 2 == 0


def quality() -> None:
    """Print the kit's scores of us and of every peer, over all and over the sites that only give figures."""
    sys.path.insert(0, str(KIT))
    evaluate = importlib.import_module("evaluate")
    gold = [json.loads(line) for line in (KIT / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    pages = list(zip(gold, real(), strict=True))
    for name, peer in {"govwatch": lambda: lambda html, url: extract(html, url), **PEERS}.items():
        try:
            answer = peer()
        except ImportError as error:
            print(json.dumps({"what": f"kit of real pages: {name}", "left_out": f"not installed: {error}"}), flush=True)
            continue
        begun = time.process_time()
        answers = [_answered(answer, job) for _, job in pages]
        spent = time.process_time() - begun
        scored = [
            (one["site"], evaluate.score_page(one, found)) for (one, _), found in zip(pages, answers, strict=True)
        ]
        for part, chosen in (("all", scored), ("figures only", [one for one in scored if not looked_at(one[0])])):
            summary = evaluate.summary([score for _, score in chosen])
            names = ("shingle_F1", "P", "R", "zero%", "title", "author", "day", "instant")
            scores = {name: round(summary[name], 4) for name in names if summary[name] == summary[name]}
            figures = {"pages": len(chosen), **scores, "pages_per_cpu_second": round(len(pages) / spent, 1)}
            print(json.dumps({"what": f"kit of real pages, {part}: {name}", **figures}), flush=True)


def _answered(answer: Callable[[bytes, str], object], job: Job) -> object:
    """Return what an extractor says of a page; a crash is an empty answer, as the kit's scorer has it."""
    try:
        return answer(*job)
    except Exception:
        return None


def _say(what: str, ours: float, peer: str, theirs: float) -> None:
    load = f"load {os.getloadavg()[0]:.1f}"
    machine = f"{platform.machine()}, {usable_cores()} cores, {load}, Python {platform.python_version()}"
    ratio = round(ours / theirs, 2) if theirs else None
    figures = {"ours": round(ours, 4), "peer": peer, "peer_value": round(theirs, 4), "ratio": ratio, "machine": machine}
    print(json.dumps({"what": what, **figures}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=200, help="pages to generate")
    pages = list(generated(parser.parse_args().pages))
    kit = real()
    per_core("generated pages", pages, rounds=1)
    on_all_cores(kit * 4 or pages, usable_cores())
    if kit:
        per_core("kit of real pages", kit, rounds=2)
        quality()


if __name__ == "__main__":
    main()
