"""How large a briefing of 2,000 stories is, and how long it takes to read, make, open and filter; one JSON line.

Chromium opens it five times, in turn with its peers: an empty page, and the same page without ``content-visibility``,
which lets browsers lay out only what is in the window. Milliseconds are medians, from the beginning of the navigation
to the end of ``load``, and to the first words that are painted.

Run: ``python -m benchmarks.briefing [STORIES]``
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flows import briefing  # noqa: E402 - run as a file, the project is not on the path yet
from tests.browser import Browser  # noqa: E402
from tests.kiosk import NOON, synthetic  # noqa: E402

OPENED = """
const [one] = performance.getEntriesByType("navigation");
const [paint] = performance.getEntriesByName("first-contentful-paint");
return [one.loadEventEnd - one.startTime, paint ? paint.startTime : null];
"""
FILTERED = """
const field = document.forms.filters.elements.words, begun = performance.now();
field.value = arguments[0]; field.dispatchEvent(new Event("input", { bubbles: true }));
document.body.offsetHeight;
return performance.now() - begun;
"""


def main(stories: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warehouse = synthetic(folder / "news.duckdb", stories, NOON)
        begun = time.perf_counter()
        told = briefing.read(warehouse, NOON - timedelta(days=7), NOON, "Europe/Paris", NOON)
        read = time.perf_counter()
        page = briefing.write(told, folder / "brief").page
        made = time.perf_counter()
        empty, whole = folder / "empty.html", folder / "whole.html"
        empty.write_text("<!DOCTYPE html><title>x</title><p>x</p>")
        html = page.read_text("utf-8").replace('http-equiv="Content-Security-Policy"', "")
        whole.write_text(re.sub(r"content-visibility: auto;", "", html), "utf-8")
        with Browser(folder / "browser") as browser:
            opened, filtered = _looked_at(browser, {"page": page, "whole": whole, "empty": empty})
        figures: dict[str, Any] = {
            "what": "a briefing",
            "stories": told.told,
            "articles": told.articles,
            "page_bytes": page.stat().st_size,
            "read_seconds": round(read - begun, 2),
            "made_seconds": round(made - read, 2),
            "opened_ms": round(opened["page"][0]),
            "painted_ms": round(opened["page"][1]),
            "filtered_ms": round(filtered),
            "peers": {
                "empty page, opened_ms": round(opened["empty"][0]),
                "laid out whole, opened_ms": round(opened["whole"][0]),
                "laid out whole, painted_ms": round(opened["whole"][1]),
            },
        }
        print(json.dumps(figures))


def _looked_at(browser: Browser, pages: dict[str, Path]) -> tuple[dict[str, tuple[float, float]], float]:
    """Return until when each page was loaded and painted, and how long words take to filter the first."""
    times: dict[str, list[list[float]]] = {name: [] for name in pages}
    filtered = []
    for _ in range(5):
        for name, page in pages.items():
            browser.open(page)
            browser.requests()  # waits until it is idle
            times[name].append(browser.run(OPENED))
            if name == "page":
                filtered.append(browser.run(FILTERED, "velvet towns"))
    medians = {
        name: (statistics.median(one[0] for one in found), statistics.median(one[1] or one[0] for one in found))
        for name, found in times.items()
    }
    return medians, statistics.median(filtered)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
