"""The SQL of docs/warehouse.md, run against the warehouse of the demo: an analyst pastes it and it works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.database import Warehouse
from warehouse.query import run

ROOT = Path(__file__).parents[2]
RECIPES = dict(
    re.findall(r"^### ([^\n]+)\n\n```sql\n(.*?)```", (ROOT / "docs/warehouse.md").read_text("utf-8"), re.DOTALL | re.M)
)

# An invented week of some forty articles holds no such thing.
MAY_BE_EMPTY = {
    "Initiatives that are named together",
    "Days with unusually much",
    "Numbers on which the press disagrees",
    "What outlets changed after we told of it",
    "Every version of an article that was alerted",
    "Mentions that may not alert, and where they stand",
    "Messages that failed, with every attempt",
    "What the paywalls hide",
    "Rules whose alerts readers did not want",
    "Did the canary arrive",
    "Outlets worth adding",
    "Texts that changed after they were stored",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("recipes") / "demo"
    command = [sys.executable, "-m", "flows.cli", "demo", "--keep", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return Warehouse(folder / "govwatch.duckdb")


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_runs_and_gives_rows_on_the_demo(demo: Warehouse, title: str) -> None:
    with run(demo.read_path, RECIPES[title]) as result:
        names = [column.name for column in result.columns]
        rows = list(result.rows())

    assert names
    assert len(set(names)) == len(names), "two columns have one name"
    assert rows or title in MAY_BE_EMPTY


def test_there_are_recipes_for_every_view_and_macro(demo: Warehouse) -> None:
    with demo.reading() as con:
        views = con.execute("select view_name from duckdb_views() where not internal").fetchall()
        macros = con.execute(
            "select function_name from duckdb_functions() where not internal and schema_name = 'main'"
        ).fetchall()
    everything = "\n".join(RECIPES.values())

    missing = [name for (name,) in (*views, *macros) if not re.search(rf"\b{name}\b", everything)]
    assert not missing


def test_every_table_view_and_macro_stands_in_the_page(demo: Warehouse) -> None:
    page = (ROOT / "docs/warehouse.md").read_text("utf-8")
    with demo.reading() as con:
        found = con.execute("""
            select table_name from duckdb_tables() where schema_name = 'main'
            union all select view_name from duckdb_views() where not internal
            union all select function_name || '(' from duckdb_functions() where not internal and schema_name = 'main'
        """).fetchall()

    assert len(found) > 30
    missing = [name for (name,) in found if f"| `{name}" not in page]
    assert not missing


def test_every_state_that_a_source_can_have_is_explained(demo: Warehouse) -> None:
    with demo.reading() as con:
        (sql,) = con.execute("select sql from duckdb_views() where view_name = 'source_health'").fetchone() or ("",)
    states = set(re.findall(r"(?:THEN|ELSE) \(?'([a-z]+)'", sql, re.IGNORECASE))
    page = (ROOT / "docs/operations.md").read_text("utf-8")

    assert {"failing", "silent", "well"} <= states
    missing = [state for state in sorted(states) if f"| `{state}` |" not in page]
    assert not missing
