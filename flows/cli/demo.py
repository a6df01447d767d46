"""`govwatch demo`: the whole pipeline on a simulated newsroom, offline, in under a minute."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.rule import Rule

from config.load import SHIPPED, load
from flows.cli.common import console
from flows.cli.progress import progress_for
from flows.cli.run import show
from flows.clock import utc_now

_STORIES = """
select initiative_id, count(distinct story_id) stories, count(distinct article_id) articles,
  count(distinct outlet) outlets
from mentions join articles using (article_id) join story_members using (article_id)
group by all order by stories desc, articles desc, initiative_id"""
_EVIDENCE = """
select initiative_id, language, outlet, sentence from mentions join articles using (article_id)
order by published desc limit 6"""
_QUERIES = (
    ("Which initiatives, in how many stories, printed by how many outlets?", _STORIES),
    ("The newest evidence, in any language", _EVIDENCE),
)


@click.command("demo")
@click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help="keep configuration and warehouse here")
def command(keep: Path | None) -> int:
    """Watch an invented week of news: a dozen outlets on this machine, several languages and formats.

    Nothing leaves this machine. Outlets, people and events are made up; the initiatives are real.
    """
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise click.UsageError(f"{keep} is not empty; name a new folder")
        keep.mkdir(parents=True, exist_ok=True)
        return _play(keep.resolve(), kept=True)
    with tempfile.TemporaryDirectory(prefix="govwatch-demo-") as folder:
        return _play(Path(folder), kept=False)


def _play(folder: Path, *, kept: bool) -> int:
    from extractors.robots import RobotsCache
    from flows.demo.newsroom import Newsroom
    from flows.demo.week import Week
    from flows.pipeline import Pass
    from warehouse.database import Warehouse

    out = console()
    warehouse = Warehouse(folder / "govwatch.duckdb", command="govwatch demo")
    with Newsroom(utc_now) as newsroom:
        week = Week(newsroom)
        place = newsroom.write_config(
            folder / "config", alerts=SHIPPED / "alerts.yaml", initiatives=SHIPPED / "initiatives.yaml"
        )
        configuration = load(place)
        robots = RobotsCache(configuration.settings.network.user_agent)
        acts = (
            (1, "First pass", "The past: what a first look finds is history, told in one summary."),
            (2, "Second pass", "The news of the day: each story alerts once, however many outlets print it."),
            (3, "Third pass", "An hour later: copies that come late alert nobody again."),
        )
        for act, title, meaning in acts:
            week.act(act)
            out.print(Rule(f"{title}: {len(newsroom.outlets)} outlets, {len(week.truths)} articles published"))
            out.print(meaning, style="dim", markup=False)
            with progress_for(out) as watch:
                report = asyncio.run(Pass(configuration, warehouse, watch=watch, robots=robots).run())
            show(report, out, hints=False)
    _query(warehouse.read_path, out)
    out.print(Rule())
    if kept:
        out.print(
            f'Kept in {folder}. Ask it: govwatch sql --warehouse {warehouse.path} "from new_mentions"', markup=False
        )
    out.print("Next: make run (real coverage) · govwatch demo --keep DIR (to look around)", style="dim", markup=False)
    return 0


def _query(read_path: Path, out: Console) -> None:
    from flows.cli.sql import write
    from warehouse.query import run

    for question, query in _QUERIES:
        out.print(Rule(question))
        out.print(f'govwatch sql "{" ".join(query.split())}"', style="dim", markup=False)
        with run(read_path, query) as result:
            write(result, "table", sys.stdout)
