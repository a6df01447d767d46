"""Seed corpora that are archives: crawls and collections, loaded as history."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
import yaml

from config.load import load
from flows.seeding import SeedReport, load_folder
from records.errors import GovwatchError
from tests.clock import Clock
from tests.newsroom import text_about
from tests.passes import INITIATIVES, NO_SEEDS
from warehouse.database import Warehouse, rows


def page(title: str, subject: str) -> bytes:
    paragraphs = "".join(f"<p>{part}</p>" for part in text_about(subject).split("\n\n"))
    head = f"<title>{title}</title><meta property='og:title' content='{title}'><meta property='article:published_time' content='2026-02-01T09:00:00Z'>"
    return f"<!doctype html><html lang='en'><head>{head}</head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>".encode()


def answer(url: str, body: bytes, status: str = "200 OK") -> bytes:
    block = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\n\r\n".encode() + body
    head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-02-02T00:00:00Z\r\nContent-Length: {len(block)}\r\n\r\n"
    return head.encode() + block + b"\r\n\r\n"


def loaded(tmp_path: Path, corpus: Path) -> tuple[SeedReport, list[tuple[object, ...]]]:
    config = tmp_path / "config"
    config.mkdir(exist_ok=True)
    (config / "sources.yaml").write_text("sources: []\n")
    (config / "initiatives.yaml").write_text(yaml.safe_dump(INITIATIVES, allow_unicode=True))
    (config / "seeds.yaml").write_text(NO_SEEDS)
    warehouse = Warehouse(tmp_path / "govwatch.duckdb", command="test")
    report = load_folder(load(config, {}), warehouse, corpus, Clock())
    with warehouse.reading() as con:
        found = rows(con, "select title, outlet, origin, published::date::varchar, url from articles order by title")
    return report, found


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    return folder


def test_articles_of_crawls_and_collections_are_seeds(tmp_path: Path, corpus: Path) -> None:
    first = answer("https://ledger.example/one", page("Ministers sign at last", "the Harbour Treaty"))
    second = answer("https://post.example/two", page("A quiet vote in the north", "the Lantern Accord"))
    (corpus / "crawl.warc.gz").write_bytes(
        gzip.compress(first) + gzip.compress(answer("https://ledger.example/x", b"", "404 Not Found"))
    )
    with zipfile.ZipFile(corpus / "collection.wacz", "w") as archive:
        archive.writestr("archive/data.warc", second)
    report, found = loaded(tmp_path, corpus)
    assert found == [
        ("A quiet vote in the north", "post.example", "seed", "2026-02-01", "https://post.example/two"),
        ("Ministers sign at last", "ledger.example", "seed", "2026-02-01", "https://ledger.example/one"),
    ]
    assert (report.loaded.stored, report.loaded.mentions) == (2, 2)
    assert report.problems == ["crawl.warc.gz: passed over 1: status 404"]
    again, _ = loaded(tmp_path, corpus)
    assert (again.loaded.stored, again.loaded.known) == (0, 2)


def test_a_page_without_an_article_does_not_hide_those_behind_it(tmp_path: Path, corpus: Path) -> None:
    blank = answer("https://ledger.example/", b"<html><body><a href='/a'>a</a></body></html>")
    (corpus / "a.warc").write_bytes(
        blank + answer("https://ledger.example/one", page("Ministers sign at last", "the Harbour Treaty"))
    )
    report, found = loaded(tmp_path, corpus)
    assert [row[0] for row in found] == ["Ministers sign at last"]
    assert report.problems == ["a.warc: passed over 1: no article in the page"]


def test_only_the_gzip_files_that_are_warcs_are_taken_for_such(tmp_path: Path, corpus: Path) -> None:
    (corpus / "backup.gz").write_bytes(gzip.compress(b"anything"))
    with pytest.raises(GovwatchError, match=r"no text found; known kinds: .*\.warc\.gz, \.wacz"):
        loaded(tmp_path, corpus)


def test_a_broken_archive_is_named_and_the_others_are_loaded(tmp_path: Path, corpus: Path) -> None:
    (corpus / "a.warc").write_bytes(b"rubbish")
    (corpus / "b.txt").write_text(text_about("the Harbour Treaty"))
    report, found = loaded(tmp_path, corpus)
    assert len(found) == 1
    assert report.problems == ["a.warc: no WARC record in it"]
