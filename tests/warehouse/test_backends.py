"""Which kind of warehouse a connection string names, what it must say, and what is never shown of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.errors import WarehouseError
from warehouse import backends, dialect, migrate
from warehouse.backends import DuckFile, DuckLake
from warehouse.backends.quack import Remote, as_literal, bound
from warehouse.database import Warehouse, meaning

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("data/news.duckdb", "data/news.duckdb"),
        ("/srv/news.duckdb", "/srv/news.duckdb"),
        ("duckdb:///srv/news.duckdb", "/srv/news.duckdb"),
        ("duckdb:data/news.duckdb", "data/news.duckdb"),
        ("${PLACE}/news.duckdb", "/mnt/disk/news.duckdb"),
    ],
)
def test_a_path_names_a_file(place: str, path: str) -> None:
    backend = backends.of(place, {"PLACE": "/mnt/disk"})
    assert isinstance(backend, DuckFile)
    assert backend.path == Path(path)


def test_a_lake_names_its_catalogue_and_its_data(tmp_path: Path) -> None:
    lake = backends.of(f"ducklake:sqlite:{tmp_path}/news.sqlite", {})
    assert isinstance(lake, DuckLake)
    assert lake.data == f"{tmp_path}/news.sqlite.data/"
    assert lake.extensions == ("sqlite_scanner", "ducklake")
    lake = backends.of("ducklake:postgres:host=db dbname=news?data=s3://bucket/news", {"AWS_REGION": "eu-north-1"})
    assert isinstance(lake, DuckLake)
    assert (lake.source, lake.data) == ("host=db dbname=news", "s3://bucket/news/")
    assert lake.extensions == ("httpfs", "postgres_scanner", "ducklake")
    assert lake.store == {"region": "eu-north-1"}


def test_a_dsn_may_be_a_url_with_settings_of_its_own() -> None:
    lake = backends.of("ducklake:postgres:postgresql://gov@db/news?sslmode=require&data=/srv/lake", {})
    assert isinstance(lake, DuckLake)
    assert (lake.source, lake.data) == ("postgresql://gov@db/news?sslmode=require", "/srv/lake/")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("ducklake:mysql:host=db?data=x", "ducklake:sqlite:PATH"),
        ("ducklake:news", "ducklake:sqlite:PATH"),
        ("ducklake:postgres:host=db", "where the data is kept"),
        ("quack:", "HOST:PORT"),
        ("quack:host:99999", "HOST:PORT"),
        ("quack:host:9494", "GOVWATCH_QUACK_TOKEN"),
        ("md:", "md:govwatch"),
        ("md:x; drop", "md:govwatch"),
        ("postgres:host=db", "no kind of warehouse"),
        ("ducklake:postgres:password=${NOT_THERE}?data=x", "NOT_THERE"),
    ],
)
def test_a_string_that_names_no_warehouse_says_what_would(place: str, said: str) -> None:
    with pytest.raises(WarehouseError, match=said):
        backends.of(place, {})


@pytest.mark.parametrize(
    "place",
    [
        "ducklake:postgres:host=db user=gov password=open-sesame?data=/srv",
        "ducklake:postgres:host=db user=gov password='open-sesame'?data=/srv",
        "ducklake:postgres:host=db user=gov password=${PW}?data=/srv",
        "ducklake:postgres:postgresql://gov:open-sesame@db/news?data=/srv",
        "quack:db:9494?token=open-sesame",
        "quack:db:9494?token=${PW}",
        "quack:db",
        "md:news?token=open-sesame",
    ],
)
def test_no_secret_of_a_place_is_ever_shown(place: str) -> None:
    backend = backends.of(place, {"PW": "open-sesame", "GOVWATCH_QUACK_TOKEN": "open-sesame"})
    assert "open-sesame" not in backend.place
    assert "open-sesame" not in repr(backend)
    assert "open-sesame" not in backend.masked('Unable to connect to "password=open-sesame": token open-sesame refused')


@pytest.mark.parametrize("place", ["ducklake:sqlite:{}/news?data={}/data", "md:news", "quack:127.0.0.1:9494"])
def test_an_extension_that_is_not_there_is_named_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("GOVWATCH_QUACK_TOKEN", "open-sesame")
    monkeypatch.setenv("HOME", str(tmp_path))
    warehouse = Warehouse(place.format(tmp_path, tmp_path))
    with pytest.raises(WarehouseError) as caught, warehouse.reading():
        pass
    said = str(caught.value)
    assert "needs DuckDB's extension" in said
    assert "install_extension(" in said
    assert f"=={duckdb.__version__}" in said


def test_nothing_is_written_through_a_quack_server() -> None:
    with pytest.raises(WarehouseError, match="can only be read"), Warehouse("quack:h?token=t").writing():
        pass


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("create table t(a bigint primary key, b varchar not null)", "create table t(a bigint, b varchar not null)"),
        ("create table t(a int, b int, primary key (a, b))", "create table t(a int, b int)"),
        ("create table t(a int, b int, unique(b))", "create table t(a int, b int)"),
        ("create table t(a varchar not null using compression zstd, b int)", "create table t(a varchar not null, b int)"),
        ("alter table t add column c int[] default []", "alter table t add column c int[]"),
        ("comment on column t.a is 'the primary key; using compression x'", None),
        ("create table t(a int) -- primary key; not really", None),
        ("comment on macro m is 'x'; select 1", " select 1"),
        ("create index i on t(a); select 1", " select 1"),
        ("-- what follows\ncomment on macro table m is 'a;b'; select 1", " select 1"),
    ],
)  # fmt: skip
def test_a_catalog_without_keys_is_told_no_keys(text: str, kept: str | None) -> None:
    assert dialect.keyless(text) == (text if kept is None else kept)


@pytest.mark.parametrize("sql", [*(m.sql for m in migrate.migrations()), migrate.VIEWS.read_text(encoding="utf-8")])
def test_no_file_of_ours_says_more_than_catalogs_without_keys_understand(sql: str) -> None:
    import re

    plain = re.sub(r"'(?:[^']|'')*'|--[^\n]*", "", dialect.keyless(sql)).lower()
    for word in ("primary key", "unique", "foreign key", "references", "check", "compression", "default [", "index",
                 "sequence", " enum", "generated", "comment on macro", "trigger"):  # fmt: skip
        assert not re.search(rf"(?<!\w){re.escape(word.strip())}(?!\w)", plain), word


def test_every_upsert_goes_through_the_one_that_all_catalogs_understand() -> None:
    for file in (ROOT / "warehouse").glob("*.py"):
        text = file.read_text(encoding="utf-8").lower()
        if file.name not in ("database.py", "migrate.py"):
            for word in ("on conflict", "insert or replace", "insert or ignore", " returning "):
                assert f"{word}" not in text.replace('"""', ""), f"{file.name}: use database.upsert or insert_missing"


# Texts that are UTF-8, as the gate of `records.text` leaves them: DuckDB takes no other, as parameter or in a statement.
TEXTS = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=30)
ANY = st.one_of(st.none(), st.booleans(), st.integers(-(2**62), 2**62), TEXTS)


@settings(deadline=None, max_examples=60)
@given(st.lists(ANY, min_size=1, max_size=4))
def test_a_parameter_that_is_written_into_a_statement_means_the_same(values: list[object]) -> None:
    con = duckdb.connect()
    sql = (
        "select "
        + ", ".join(f"${n}" for n in range(1, len(values) + 1))
        + ', \'$1 ?\', "x?" from (select 1 as "x?") -- $1'
    )
    assert con.execute(bound(sql, values)).fetchall() == [(*values, "$1 ?", 1)]


def test_times_and_lists_are_written_as_they_are() -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    sql = bound("select ?, ?, ?, ?", [noon, ["a'b", None], 0.5, float("inf")])
    assert con.execute(sql).fetchall() == [(noon, ["a'b", None], 0.5, float("inf"))]
    assert as_literal(noon.date()) == "'2026-11-24'::date"


def test_what_a_remote_connection_does_not_do_itself_its_duckdb_does() -> None:
    assert len(Remote(duckdb.connect(), "quack:h").extract_statements("select 1; select 2")) == 2


def test_an_error_of_a_file_names_it() -> None:
    assert "news.duckdb" in str(meaning(duckdb.IOException("Permission denied"), Path("data/news.duckdb")))
