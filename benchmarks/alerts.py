"""A simulated month of news, told to five subscriptions; and how long it takes to decide and route 10,000 signals.

Prints one JSON line. The month: 60 outlets, 20,000 articles, of them 4,000 copies, three texts that every outlet prints
within an hour, two feeds that are silent for ten days and come back with everything at once. The articles are handed to
the loader, with their stories given, every two hours of a clock that the benchmark moves; messages go to the terminal.
``told_twice`` and ``missing`` must be 0 for every subscription.

    python -m benchmarks.alerts [--days 30] [--articles 20000] [--signals 10000]
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # before this folder, which holds modules with the names of packages

from alerts.detect import signals as detect  # noqa: E402
from alerts.route import route  # noqa: E402
from records.alert import Board  # noqa: E402
from tests.alerts.desk import Memory, mention, policy  # noqa: E402
from tests.clock import MONDAY  # noqa: E402
from tests.month import SUBSCRIPTIONS, Month, planned, run  # noqa: E402


def month(days: int, articles: int) -> dict[str, Any]:
    """Return what each subscription got in the simulated time."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        found = run(Path(folder), planned(days, prints=articles, copies=articles // 5), days)
        seconds = time.perf_counter() - begun
    return {
        "days": days,
        "articles": found.prints,
        "copies": found.copies,
        "signals": found.signals,
        "seconds": round(seconds, 1),
        "seconds_by_step": {name: round(spent, 1) for name, spent in found.seconds.items()},
        "subscriptions": {name: _told(found, name) for name in found.told},
    }


def _told(found: Month, name: str) -> dict[str, Any]:
    by_day = list(found.per_day[name].values()) or [0]
    return {
        "stories": len(found.told[name]),
        "messages": sum(by_day),
        "messages_a_day_median": statistics.median(by_day),
        "messages_a_day_most": max(by_day),
        "told_twice": sum(count > 1 for count in found.told[name].values()),
        "missing": found.missing[name],
    }


def decisions(count: int) -> dict[str, float]:
    """Return the seconds to decide what ``count`` mentions are worth, and to route the signals."""
    mentions = [
        mention(
            f"initiative-{number % 12:02}",
            number,
            article=number,
            outlet=f"outlet-{number % 60:02}.example",
            language=("en", "fr", "de")[number % 3],
            published=MONDAY - timedelta(minutes=number % 600),
        )
        for number in range(count)
    ]
    known = Memory(*[mention(f"initiative-{number:02}", -1 - number) for number in range(12)])
    known.learn([mention(f"initiative-{n % 12:02}", -1, outlet=f"outlet-{n % 60:02}.example") for n in range(60)])
    begun = time.perf_counter()
    raised = detect(mentions, known, now=MONDAY, run_id="run")
    decided = time.perf_counter()
    routing = route(raised, Board({}, {}, ()), policy=policy(SUBSCRIPTIONS), now=MONDAY)
    routed = time.perf_counter()
    assert len(routing.verdicts) == len(raised)
    return {
        "signals": len(raised),
        "decide_seconds": round(decided - begun, 3),
        "route_seconds": round(routed - decided, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--signals", type=int, default=10_000)
    given = parser.parse_args()
    figures = {
        "benchmark": "alerts",
        "python": platform.python_version(),
        "decisions": decisions(given.signals),
        "month": month(given.days, given.articles),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
