"""What a number of sources needs: a calculation from measured costs, not a measurement. docs/sizing.md explains it.

python -m benchmarks.sizing [--sources 100,1000,10000] [--polls 24] [--articles 10] [--keep-days 30]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

# Seconds of processor time; measured by the benchmarks that are named, on two cores that other work used, too: upper
# bounds.
POLL = 0.0025  # an answer "not modified", with its row in the log (benchmarks.sources)
ARTICLE = 0.032  # from its request to its committed row, with packing what is kept (benchmarks.pipeline)
START = 1.8  # a pass that finds nothing due: imports, configuration, windows (benchmarks.sources)
SOURCE = 0.00015  # a configured source in each pass, due or not: reading it, comparing it with its row

# Bytes.
LOG_ROW = 41  # of a poll or a page in `fetches` (benchmarks.sources)
URL_ROW = 400  # of a URL in the frontier (benchmarks.sources)
STORED = (
    2_400  # of an article of 3 kB of text in the file, with its story, fingerprint and index (benchmarks.warehouse)
)
KEPT = 40_000  # of a page in the day's pack (benchmarks.pages)

PASSES = 288  # a day: every five minutes
COPIES = 2  # of the file for readers in a pass with news
MONTH = 30


@dataclass(frozen=True, slots=True)
class Need:
    """What so many sources need.

    Attributes:
        requests: a day.
        processor: hours of processor time a day.
        cores: the share of one core that this is, all day long.
        per_pass: polls and pages of one pass.
        seconds: processor seconds of one pass.
        file: gigabytes that the file grows in a month.
        copied: gigabytes that publishing writes in a day when the file is a year old, without reflinks.
        log: gigabytes that the log of fetches comes to.
        pages: gigabytes that kept pages come to.
    """

    requests: float
    processor: float
    cores: float
    per_pass: tuple[float, float]
    seconds: float
    file: float
    copied: float
    log: float
    pages: float


def need(sources: int, polls: float, articles: float, *, urls: float, keep_days: float, log_days: float) -> Need:
    """Return what ``sources`` need.

    Args:
        sources: how many.
        polls: of one source a day.
        articles: fetched of one source a day.
        urls: noted of one source a day, fetched or not.
        keep_days: for which pages are kept.
        log_days: for which the log of fetches is kept.
    """
    polled, fetched = sources * polls, sources * articles
    processor = polled * POLL + fetched * ARTICLE + PASSES * (START + sources * SOURCE)
    month = MONTH * (fetched * STORED + sources * urls * URL_ROW) / 1e9
    log = log_days * (polled + fetched) * LOG_ROW / 1e9
    return Need(
        requests=polled + fetched,
        processor=processor / 3600,
        cores=processor / 86_400,
        per_pass=(polled / PASSES, fetched / PASSES),
        seconds=processor / PASSES,
        file=month,
        copied=COPIES * PASSES * (12 * month + log),
        log=log,
        pages=keep_days * fetched * KEPT / 1e9,
    )


def main() -> None:
    """Print a table for a document."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sources", default="100,1000,10000", help="separated by commas")
    parser.add_argument("--polls", type=float, default=24, help="of a source a day, as its pace settles")
    parser.add_argument("--articles", type=float, default=10, help="of a source a day that are fetched")
    parser.add_argument("--urls", type=float, default=20, help="of a source a day that are noted")
    parser.add_argument("--keep-days", type=float, default=30, help="retention.pages")
    parser.add_argument("--log-days", type=float, default=90, help="retention.fetch_log")
    options = parser.parse_args()
    counts = [int(count) for count in options.sources.split(",")]
    needs = [
        need(
            count,
            options.polls,
            options.articles,
            urls=options.urls,
            keep_days=options.keep_days,
            log_days=options.log_days,
        )
        for count in counts
    ]
    rows = {
        "requests a day": [f"{one.requests:,.0f}" for one in needs],
        "polls and pages of a pass": ["{:,.0f} and {:,.0f}".format(*one.per_pass) for one in needs],
        "processor time of a pass": [f"{one.seconds:,.1f} s" for one in needs],
        "processor time a day": [f"{one.processor:,.1f} h" for one in needs],
        "of one core": [f"{one.cores:.0%}" for one in needs],
        "the file grows in a month": [f"{one.file:,.2f} GB" for one in needs],
        f"log of fetches, {options.log_days:g} days": [f"{one.log:,.2f} GB" for one in needs],
        f"kept pages, {options.keep_days:g} days": [f"{one.pages:,.1f} GB" for one in needs],
        "written a day for the read copy, after a year, without reflinks": [f"{one.copied:,.0f} GB" for one in needs],
    }
    print(f"| | {' | '.join(f'{count:,} sources' for count in counts)} |")
    print("|---" * (1 + len(counts)) + "|")
    for name, values in rows.items():
        print(f"| {name} | {' | '.join(values)} |")


if __name__ == "__main__":
    main()
