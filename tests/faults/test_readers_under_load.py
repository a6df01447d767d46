"""Eight readers query in a loop while passes load: no reader ever fails, and no pass waits for them."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from records.article import Discovery, FeedItem, Outcome, UrlOutcome
from records.document import Batch, Document
from records.signal import Signal
from records.story import Neighbours, StoryChoice
from tests.clock import MONDAY
from warehouse import articles, frontier
from warehouse.database import Warehouse, rows

pytestmark = [pytest.mark.faults, pytest.mark.endurance]

ROOT = Path(__file__).parents[2]
READERS = 8
PASSES, PAGES = 40, 500
SECONDS = 100.0
LONGEST = 20.0  # seconds for one pass's windows and its copy, with eight readers on two cores

# Asks for ever; between two answers to its first question nothing may vanish, and every pass is there whole.
READER = f"""
    import os, sys, threading
    from pathlib import Path
    from warehouse.query import run

    os.nice(10)
    path, asked, before = Path(sys.argv[1]), 0, 0
    QUESTIONS = (
        "select count(*) from articles",
        "select outlet, count(*) from articles group by all order by 2 desc limit 10",
        "from new_mentions limit 20",
        "select * from initiative_timeline limit 50",
        "select title, text from articles order by first_seen desc limit 20",
        "select count(*) from articles where title ilike '%line 7%'",
    )
    done = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
    print("ready", flush=True)
    while not done.is_set():
        for place, question in enumerate(QUESTIONS):
            with run(path, question) as result:
                found = list(result.rows())
            if place == 0:
                assert found[0][0] >= before and found[0][0] % {PAGES} == 0, found
                before = found[0][0]
            asked += 1
    print(asked, before, flush=True)
"""


def writer() -> tuple[Callable[..., Document], Callable[..., Any]]:
    """The documents of the warehouse's own tests: `tests/` is no package."""
    spec = importlib.util.spec_from_file_location("written", ROOT / "tests" / "warehouse" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["written"] = module
    spec.loader.exec_module(module)
    return module.make_document, module.mention_of


def one_pass(warehouse: Warehouse, documents: Sequence[Document], name: str) -> None:
    """Discover, load and publish, as a pass does."""

    def choose(new: Sequence[Document], neighbours: Neighbours) -> list[StoryChoice]:
        neighbours.of([document.fingerprint for document in new])
        return [StoryChoice(document.article_id, document.article_id, "new") for document in new]

    def detect(*_: object, **__: object) -> list[Signal]:
        return []

    found = [Discovery(FeedItem(d.url, source="s"), d.url_key) for d in documents]
    outcomes = tuple(UrlOutcome(d.url, Outcome.FETCHED, MONDAY, article_id=d.article_id) for d in documents)
    with warehouse.writing() as con:
        frontier.discovered(con, found, MONDAY)
    with warehouse.writing() as con:
        articles.load(
            con, Batch(tuple(documents), outcomes), choose=choose, detect=detect, run_id=name, now=MONDAY
        )  # fmt: skip
    warehouse.publish()


def test_eight_readers_never_fail_and_never_hold_up_a_pass_while_twenty_thousand_articles_come_in(
    tmp_path: Path,
) -> None:
    make, mention = writer()
    chance = random.Random(8)
    # A reader that held the database up for a second would end the pass with WarehouseLocked.
    warehouse = Warehouse(tmp_path / "news.duckdb", lock_timeout=1.0)
    warehouse.publish()
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(READER), str(warehouse.read_path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for _ in range(READERS)
    ]  # fmt: skip
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        began, slowest = time.monotonic(), 0.0
        for number in range(PASSES):
            documents = [
                make(
                    f"{number}-{page}", outlet=f"outlet{page % 40}.example", title=f"Treaty read, line {page}",
                    text=chance.randbytes(1000).hex(), mentions=(mention(),) if page % 10 == 0 else (),
                )
                for page in range(PAGES)
            ]  # fmt: skip
            started = time.monotonic()
            one_pass(warehouse, documents, f"run-{number}")
            slowest = max(slowest, time.monotonic() - started)
            time.sleep(max(0.0, began + SECONDS * (number + 1) / PASSES - time.monotonic()))
        said = [reader.communicate("", timeout=60) for reader in readers]
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()
    assert [err for _, err in said if err] == [], "no reader fails"
    answers = [tuple(map(int, out.split())) for out, _ in said]
    print(f"{sum(asked for asked, _ in answers)} answers, the slowest pass took {slowest:.1f} s")
    assert all(asked > 0 and 0 < seen <= PASSES * PAGES for asked, seen in answers)
    assert slowest < LONGEST
    with warehouse.reading() as con:
        assert rows(con, "select count(*) from articles") == [(PASSES * PAGES,)]
