"""What a pass does not do twice, and not for nobody: copies of the file, models in each process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flows.demo.server import Answer, LoopbackServer, Request
from tests.clock import Clock
from tests.newsroom import Newsroom, text_about
from tests.passes import INITIATIVES, NO_SEEDS, ROOT, Station, environment
from warehouse.database import Warehouse


def test_readers_get_their_copy_before_news_is_told_and_none_extra_where_there_is_no_news(
    tmp_path: Path, newsroom: Newsroom, clock: Clock
) -> None:
    warehouse = Warehouse(tmp_path / "govwatch.duckdb")
    copies: list[int] = []  # which copy lay there when a message arrived

    def answer(_: Request) -> Answer:
        copies.append(warehouse.read_path.stat().st_ino)
        return Answer(503 if len(copies) == 1 else 200)

    desk = LoopbackServer()
    try:
        url = f"http://127.0.0.1:{desk.listen('127.0.0.1', 0, answer)}/desk"
        outlet = newsroom.outlet("ledger")
        outlet.publishes("Ferry times", "The ferry of the pier leaves at noon, and comes back at six. " * 30)
        config = newsroom.write_config(
            tmp_path / "config",
            initiatives=INITIATIVES,
            seeds=NO_SEEDS,
            alerts={
                "channels": {"hook": {"type": "webhook", "url": url}},
                "subscriptions": [{"name": "desk", "channels": ["hook"], "group": {"wait": "0s"}}],
            },
            settings={"limits": {"workers": 1, "follow_ups": 0}},
        )
        station = Station(config, warehouse, clock)
        station.runs()
        first = warehouse.read_path.stat().st_ino
        clock.passes(hours=1)
        outlet.publishes("Signed at dawn", text_about("the Harbour Treaty"))
        assert station.runs().articles == 1
        second = warehouse.read_path.stat().st_ino
        clock.passes(minutes=30)
        assert station.runs().articles == 0
    finally:
        desk.stop()
    assert len(copies) == 2, "it was refused once, and sent again by the pass without news"
    assert copies[0] != first, "whoever is told of news finds it in the copy"
    assert copies[1] == second


def test_the_processes_that_read_pages_share_one_model_of_languages() -> None:
    # They are forked from a process that has imported the module of their work, and nothing else.
    code = "import flows.work, py3langid.langid; print(py3langid.langid.IDENTIFIER is not None)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(ROOT), capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\n"
