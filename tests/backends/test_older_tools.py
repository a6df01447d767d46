"""What analysts open with tools of DuckDB's 1.5 line is the file that the pipeline's DuckDB made: all of it has to open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[2]
# The environment whose DuckDB the pipeline uses; `.ci/backends` runs this file with an older one.
PIPELINE = ROOT / ".venv" / "bin" / "python"

MAKES = """
import sys
from pathlib import Path
from tests.backends.test_contract import loads, printed
from warehouse import search
from warehouse.database import Warehouse
import duckdb

warehouse = Warehouse(Path(sys.argv[1]))
loads(warehouse, printed("one"), printed("two", outlet="courier.example"))
warehouse.publish()
print(duckdb.__version__)
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A read copy by the pipeline's DuckDB."""
    path = tmp_path_factory.mktemp("made") / "news.duckdb"
    made = subprocess.run([PIPELINE, "-c", MAKES, path], cwd=ROOT, capture_output=True, text=True, check=True)
    assert made.stdout.strip().startswith("2."), "the file has to come from the newer DuckDB"
    assert duckdb.__version__.startswith("1.5."), sys.version
    return path.with_name("news.read.duckdb")


def test_every_table_view_and_macro_of_a_newer_file_can_be_read(copy: Path) -> None:
    con = duckdb.connect(str(copy), read_only=True)
    names = con.execute(
        "select schema_name, view_name from duckdb_views() where not internal union all "
        "select schema_name, table_name from duckdb_tables()"
    ).fetchall()
    assert len(names) > 40
    for schema, name in names:
        con.execute(f'from "{schema}"."{name}"').fetchall()
    assert con.execute("select count(*) from search('harbour treaty')").fetchall() == [(2,)]
    assert con.execute("select count(*) from search('\"HARBOUR treaty\" one signed states monday')").fetchall() == [
        (1,)
    ]
    assert con.execute("select count(*) from recent(36500)").fetchall() == [(2,)]
    con.execute("from coverage('2026-01-01', '2027-01-01')").fetchall()
    con.execute("from source_coverage('2026-01-01', '2027-01-01')").fetchall()
    con.close()
