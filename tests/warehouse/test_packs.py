"""Kept pages: what went in comes out, proven by its hash; a day is a file that other tools read; nothing is half there."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.archives import pages as archived
from records.article import Access
from records.errors import DiskFull, ExtractionError
from records.page import ReadPage, Slot
from warehouse import packs as module
from warehouse.packs import Packs, pack

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://ledger.example/2026/a?b=1"


def read_page(body: bytes, url: str = URL, content_type: str | None = "text/html; charset=utf-8") -> ReadPage:
    return ReadPage(
        url=url,
        final_url=url,
        source="ledger",
        outlet="ledger.example",
        fetched_at=NOON,
        content_type=content_type,
        raw_hash=sha256(body).hexdigest(),
        size=len(body),
        article_id=None,
        access=Access.FULL,
        characters=10,
        titled=True,
        signed=True,
        dated=True,
        extractor="test",
        packed=pack(url, NOON, content_type, body),
    )


def slot_of(page: ReadPage) -> Slot:
    assert page.slot is not None
    return page.slot


@pytest.fixture
def packs(tmp_path: Path) -> Packs:
    return Packs(tmp_path / "news.duckdb")


BODIES = [b"<html>one</html>", b"", b"\r\n\r\nWARC/1.1\r\n\r\n", bytes(range(256)) * 400]


def test_pages_come_back_byte_for_byte_from_the_file_of_their_day(packs: Packs) -> None:
    first = packs.keep([read_page(body) for body in BODIES], NOON)
    later = packs.keep([read_page(b"<html>two</html>")], NOON + timedelta(days=1))
    assert {slot_of(page).file for page in first} == {"2026-11-24.warc.gz"}
    assert slot_of(later[0]).file == "2026-11-25.warc.gz"
    for page, body in zip(first, BODIES, strict=True):
        assert packs.read(slot_of(page), page.raw_hash, page.size) == body
        assert not page.packed
    assert packs.folder.name == "news.pages"


@settings(deadline=None, max_examples=60)
@given(body=st.binary(max_size=3_000), url=st.text(max_size=80), content_type=st.none() | st.text(max_size=80))
def test_any_page_comes_back_whatever_its_address_and_headers_say(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, url: str, content_type: str | None
) -> None:
    packs = Packs(tmp_path_factory.mktemp("pages") / "news.duckdb")
    (page,) = packs.keep([read_page(body, url, content_type)], NOON)
    assert packs.read(slot_of(page), page.raw_hash, page.size) == body


def test_a_file_of_kept_pages_is_an_archive_that_backfill_reads(packs: Packs) -> None:
    html = b"<html><body><p>A page of our own.</p></body></html>"
    packs.keep([read_page(html), read_page(html, "https://ledger.example/b")], NOON)
    skipped: Counter[str] = Counter()
    found = list(archived(packs.folder / "2026-11-24.warc.gz", skipped))
    assert [(page.url, page.body, page.fetched_at) for page in found] == [
        (URL, html, NOON),
        ("https://ledger.example/b", html, NOON),
    ]
    assert not skipped


def test_what_a_killed_writer_left_at_the_end_of_a_file_harms_nothing_behind_it(packs: Packs) -> None:
    packs.keep([read_page(b"<html>one</html>")], NOON)
    with (packs.folder / "2026-11-24.warc.gz").open("ab") as file:
        file.write(read_page(b"<html>half</html>").packed[:40])
    (page,) = packs.keep([read_page(b"<html>two</html>")], NOON)
    assert packs.read(slot_of(page), page.raw_hash, page.size) == b"<html>two</html>"
    found = archived(packs.folder / "2026-11-24.warc.gz", Counter())
    assert [one.body for one in found] == [b"<html>one</html>", b"<html>two</html>"]


@pytest.mark.parametrize("harm", ["gone", "cut", "flipped", "elsewhere"])
def test_a_kept_page_that_was_harmed_is_an_error_and_never_another_page(packs: Packs, harm: str) -> None:
    _, page = packs.keep([read_page(b"<html>one</html>"), read_page(b"<html>two</html>")], NOON)
    path = packs.folder / "2026-11-24.warc.gz"
    slot = slot_of(page)
    if harm == "gone":
        path.unlink()
    elif harm == "cut":
        os.truncate(path, slot.position + 30)
    elif harm == "flipped":
        data = bytearray(path.read_bytes())
        data[slot.position + 60] ^= 255
        path.write_bytes(data)
    else:
        slot = replace(slot, position=0)
    with pytest.raises(ExtractionError, match=r"2026-11-24\.warc\.gz"):
        packs.read(slot, page.raw_hash, page.size)


def test_a_name_from_a_harmed_database_is_never_a_path(packs: Packs) -> None:
    with pytest.raises(ExtractionError, match="not the name"):
        packs.read(Slot("../../secret", 0, 10), "0" * 64, 10)


def test_a_small_page_that_unpacks_to_gigabytes_stays_small(packs: Packs) -> None:
    page = read_page(b"0" * 50_000_000)
    (kept,) = packs.keep([page], NOON)
    with pytest.raises(ExtractionError, match="damaged"):
        packs.read(slot_of(kept), kept.raw_hash, 1_000)


def test_a_full_disk_is_told_and_leaves_the_file_as_it_was(packs: Packs) -> None:
    packs.folder.mkdir()
    (packs.folder / "2026-11-24.warc.gz").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="pages cannot be kept"):
        packs.keep([read_page(b"<html>one</html>")], NOON)


def test_pages_leave_room_for_articles(packs: Packs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "news.duckdb").write_bytes(b"")
    packs.keep([read_page(b"<html>one</html>")], NOON)
    monkeypatch.setattr(module, "RESERVE", 1 << 60)
    with pytest.raises(DiskFull, match=r"retention\.pages"):
        packs.keep([read_page(b"<html>two</html>")], NOON)


def test_days_are_thrown_away_as_a_whole_and_other_files_are_left_alone(packs: Packs) -> None:
    for day in range(3):
        packs.keep([read_page(b"<html>one</html>")], NOON + timedelta(days=day))
    (packs.folder / "notes.warc.gz").write_bytes(b"mine")
    old = packs.older(date(2026, 11, 26))
    assert old == ["2026-11-24.warc.gz", "2026-11-25.warc.gz"]
    packs.remove(old)
    assert list(packs.files()) == ["2026-11-26.warc.gz"]
    assert packs.older(None) == ["2026-11-26.warc.gz"]
    assert (packs.folder / "notes.warc.gz").exists()


def test_nothing_to_keep_touches_nothing(packs: Packs) -> None:
    pages = [replace(read_page(b"x"), packed=b"")]
    assert packs.keep(pages, NOON) == pages
    assert not packs.folder.exists()
    assert packs.files() == {}
