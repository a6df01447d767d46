"""An export is a folder that pandas and polars read, whole or not there, and never in the place of something else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from records.document import Batch, Document
from records.errors import WarehouseError
from warehouse import articles
from warehouse.database import Warehouse
from warehouse.export import MARK, TABLES, export

from .test_articles import by_text, nothing
from .test_views import figure, mention

Make = Callable[..., Document]


@pytest.fixture
def filled(warehouse: Warehouse, document: Make, now: datetime) -> Warehouse:
    """Four articles of two months and two languages, one without a date."""
    documents = (
        document("a", text="The act was read.", published=now, mentions=(mention("act", 0),)),
        document("b", text="Das Gesetz.", language="de", published=now - timedelta(days=40), figures=(figure(29),)),
        document("c", text="The act was read once more.", published=now - timedelta(days=40)),
        document("d", text="Undated, it was found today.", language="", published=None),
    )
    with warehouse.writing() as con:
        articles.load(con, Batch(documents, ()), choose=by_text, detect=nothing, run_id="r", now=now)
    warehouse.publish()
    return warehouse


def files(folder: Path) -> set[str]:
    return {str(path.parent.relative_to(folder)) for path in folder.rglob("*.parquet")}


def test_pandas_and_polars_read_the_partitions(filled: Warehouse, now: datetime, tmp_path: Path) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    counts = export(filled, tmp_path / "out", now)
    assert counts == {"articles": 4, "mentions": 1, "figures": 1, "stories": 4}
    assert "articles/month=2026-10/language=de" in files(tmp_path / "out")
    frame = pandas.read_parquet(tmp_path / "out" / "articles")
    assert sorted(frame.groupby(["month", "language"], observed=True).size().items()) == [
        (("2026-10", "de"), 1), (("2026-10", "en"), 1), (("2026-11", "en"), 1), (("2026-11", "und"), 1),
    ]  # fmt: skip
    lazy = polars.scan_parquet(tmp_path / "out" / "articles", hive_partitioning=True)
    assert lazy.filter(polars.col("language") == "de").select("text").collect().item() == "Das Gesetz."
    joined = lazy.join(polars.scan_parquet(tmp_path / "out" / "mentions", hive_partitioning=True), on="article_id")
    assert joined.collect().height == 1


def test_a_later_export_takes_the_place_of_the_earlier_one(filled: Warehouse, now: datetime, tmp_path: Path) -> None:
    export(filled, tmp_path / "out", now)
    (tmp_path / "out" / "articles" / "stale").write_text("old")
    export(filled, tmp_path / "out", now)
    assert not (tmp_path / "out" / "articles" / "stale").exists()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("out")) == ["out"]


def test_only_later_months_are_written_anew_on_demand(filled: Warehouse, now: datetime, tmp_path: Path) -> None:
    export(filled, tmp_path / "out", now)
    before = files(tmp_path / "out")
    assert export(filled, tmp_path / "out", now, since=date(2026, 11, 1))["articles"] == 2
    assert files(tmp_path / "out") == before
    assert export(filled, tmp_path / "new", now, since=date(2026, 11, 1))["articles"] == 2
    assert not any("2026-10" in name for name in files(tmp_path / "new"))


def test_a_folder_of_something_else_is_left_alone(filled: Warehouse, now: datetime, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(WarehouseError, match="no export of govwatch"):
        export(filled, mine, now)
    assert (mine / "thesis.txt").read_text() == "years of work"


def test_an_export_that_fails_leaves_the_earlier_one(filled: Warehouse, now: datetime, tmp_path: Path) -> None:
    export(filled, tmp_path / "out", now)
    filled.read_path.write_bytes(b"no database")
    with pytest.raises(WarehouseError):
        export(filled, tmp_path / "out", now)
    assert (tmp_path / "out" / MARK).exists()
    assert len(files(tmp_path / "out")) > len(TABLES)
    assert not (tmp_path / "out.new").exists()


def test_an_export_that_was_killed_between_its_renames_is_found_again(
    filled: Warehouse, now: datetime, tmp_path: Path
) -> None:
    export(filled, tmp_path / "out", now)
    (tmp_path / "out").rename(tmp_path / "out.old")
    export(filled, tmp_path / "out", now, since=date(2026, 11, 1))
    assert any("2026-10" in name for name in files(tmp_path / "out"))
