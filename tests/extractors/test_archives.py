"""Archives of saved pages: what is read out of them, and what is passed over with a reason."""

from __future__ import annotations

import gzip
import io
import json
import time
import tracemalloc
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.archives import entries, pages
from extractors.seeds import SeedText
from extractors.warc import warc_pages
from records.article import Page
from records.errors import ParseError

HTML = (
    b"<!doctype html><html><head><title>The harbour reopens</title></head><body><p>Ferries ran again.</p></body></html>"
)
WHEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def record(
    url: str = "https://ledger.example/harbour",
    body: bytes = HTML,
    *,
    kind: str = "response",
    status: str = "HTTP/1.1 200 OK",
    headers: str = "Content-Type: text/html; charset=utf-8",
    length: int | None = None,
    more: str = "",
) -> bytes:
    block = f"{status}\r\n{headers}\r\n\r\n".encode() + body
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-03-01T12:00:00Z\r\n{more}"
    head += f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block) if length is None else length}\r\n\r\n"
    return head.encode() + block + b"\r\n\r\n"


def numbered(number: int) -> bytes:
    return record(f"https://ledger.example/{number}")


def urls(data: bytes) -> tuple[list[str], Counter[str]]:
    skipped: Counter[str] = Counter()
    return [page.url for page in warc_pages(io.BytesIO(data), "a.warc", skipped, max_bytes=100_000)], skipped


def chunked(body: bytes) -> bytes:
    pieces = [body[start : start + 40] for start in range(0, len(body), 40)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


# ---- what is a page -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["news.warc", "news.warc.gz", "NEWS.WARC.GZ"])
def test_an_answer_of_a_warc_is_a_page_as_it_was_fetched(tmp_path: Path, name: str) -> None:
    data = record(kind="warcinfo") + record(kind="request") + record()
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.lower().endswith("gz") else data)
    (page,) = pages(path)
    assert page == Page("https://ledger.example/harbour", "https://ledger.example/harbour", 200, {"content-type": "text/html; charset=utf-8"}, HTML, WHEN)  # fmt: skip


@pytest.mark.parametrize(
    ("what", "headers", "body"),
    [
        ("chunks", "Content-Type: text/html\r\nTransfer-Encoding: chunked", chunked(HTML)),
        ("gzip", "Content-Type: text/html\r\nContent-Encoding: gzip", gzip.compress(HTML)),
        ("both", "Content-Type: text/html\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked", chunked(gzip.compress(HTML))),
        ("neither, though the head says both", "Content-Type: text/html\r\nContent-Encoding: br\r\nTransfer-Encoding: chunked", HTML),
        ("no type, but a page by its look", "Server: x", HTML),
        ("line feeds only", "Content-Type: text/html\nServer: x", HTML),
    ],
)  # fmt: skip
def test_a_body_comes_out_as_the_site_meant_it(what: str, headers: str, body: bytes) -> None:
    (page,) = warc_pages(io.BytesIO(record(body=body, headers=headers)), "a.warc", Counter(), max_bytes=100_000)
    assert page.body == HTML


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("status 404", record(status="HTTP/1.1 404 Not Found")),
        ("status 206", record(status="HTTP/1.1 206 Partial Content")),
        ("no HTTP answer", record(status="nonsense")),
        ("not HTML", record(headers="Content-Type: application/json", body=b'{"a": 1}')),
        ("not HTML", record(body=b"%PDF-1.7 and so on")),
        ("a record without a web address or a date", record("dns:ledger.example")),
        ("a record without a web address or a date", record("javascript:alert(1)")),
        ("larger than 0.1 MB", record(body=HTML + b"x" * 200_000)),
        ("a page that was cut short", record(more="WARC-Truncated: length\r\n")),
        ("a page that was cut short", record()[:-60]),
        (
            "a body that cannot be used: the body is larger than 100,000 bytes",
            record(headers="Content-Type: text/html\r\nContent-Encoding: gzip", body=gzip.compress(b"<p>" * 10_000_000)),
        ),
    ],
)  # fmt: skip
def test_what_is_no_whole_page_is_passed_over_with_its_reason(reason: str, data: bytes) -> None:
    assert urls(data) == ([], Counter({reason: 1}))


# ---- broken archives ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("rubbish between two records", numbered(1) + b"rubbish\r\n\r\n" + numbered(2)),
        ("a length that is too short", numbered(1) + record("https://ledger.example/x", length=60) + numbered(2)),
        ("a length that is too long", numbered(1) + record("https://ledger.example/x", length=400) + numbered(2)),
        ("a length that is no number", numbered(1) + numbered(9).replace(b"Content-Length: ", b"Content-Length: x") + numbered(2)),
        ("a gzip member with rot in it", gzip.compress(numbered(1)) + gzip.compress(numbered(9))[:50] + b"\x55" * 90 + gzip.compress(numbered(2))),
        ("a gzip member that was cut", gzip.compress(numbered(1)) + gzip.compress(numbered(9))[:-60] + gzip.compress(numbered(2))),
    ],
)  # fmt: skip
def test_the_records_around_a_broken_one_are_read(what: str, data: bytes) -> None:
    found, skipped = urls(data)
    assert found[0] == "https://ledger.example/1"
    assert found[-1] == "https://ledger.example/2"
    assert sum(skipped.values()) >= 1


def test_the_end_of_a_cut_download_costs_only_the_last_page() -> None:
    whole = b"".join(gzip.compress(numbered(number)) for number in range(5))
    found, skipped = urls(whole[:-40])
    assert found == [f"https://ledger.example/{number}" for number in range(4)]
    assert sum(skipped.values()) == 1


def test_an_archive_of_nothing_but_false_starts_is_given_up() -> None:
    started = time.monotonic()
    found, skipped = urls(numbered(1) + b"\nWARC/1.0\r\n\r\n rubbish" * 20_000)
    assert found == ["https://ledger.example/1"]
    assert sum(skipped.values()) < 3_000
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04 rubbish", b"<html>a page under the wrong name</html>", b"\x1f\x8b\x08 rubbish"]
)
def test_a_file_without_any_record_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "news.warc"
    path.write_bytes(data)
    with pytest.raises(ParseError, match=r"news\.warc: no WARC record in it"):
        list(pages(path))


@given(st.binary(max_size=200), st.integers(0, 700))
@settings(deadline=None, max_examples=80)
def test_no_bytes_inside_an_archive_make_it_fail(rubbish: bytes, at: int) -> None:
    data = numbered(1) + numbered(2)
    found, _ = urls(numbered(0) + data[:at] + rubbish + data[at:])
    assert found[0] == "https://ledger.example/0"


def test_a_bomb_costs_neither_memory_nor_the_page_behind_it() -> None:
    data = gzip.compress(record(body=b"a" * 80_000_000)) + gzip.compress(numbered(2))
    tracemalloc.start()
    try:
        found, skipped = urls(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == ["https://ledger.example/2"]
    assert skipped == {"larger than 0.1 MB": 1}
    assert peak < 5_000_000


# ---- WACZ -----------------------------------------------------------------------------------------------------------


def wacz(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_all_warc_files_of_a_wacz_are_read_wherever_they_say_they_stand(tmp_path: Path, compression: int) -> None:
    members = {
        "datapackage.json": b"{}",
        "archive/data.warc.gz": gzip.compress(numbered(1)),
        "../../outside.warc": numbered(2),
        "/etc/absolute.warc": numbered(3),
    }
    path = wacz(tmp_path / "collection.wacz", members, compression)
    assert [page.url[-1] for page in pages(path)] == ["1", "2", "3"]
    assert [one.name for one in tmp_path.iterdir()] == ["collection.wacz"]


def test_a_damaged_part_of_a_wacz_does_not_hide_the_others(tmp_path: Path) -> None:
    path = wacz(tmp_path / "a.wacz", {"archive/1.warc": numbered(1), "archive/2.warc": numbered(2)})
    data = path.read_bytes().replace(b"https://ledger.example/1", b"https://ledger.example/7")
    path.write_bytes(data)
    skipped: Counter[str] = Counter()
    assert "https://ledger.example/2" in [page.url for page in pages(path, skipped)]
    assert sum(skipped.values()) >= 1


@pytest.mark.parametrize(("data", "message"), [(b"rubbish", "no WACZ file"), (b"", "no WACZ file")])
def test_what_is_no_wacz_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.wacz"
    path.write_bytes(data)
    with pytest.raises(ParseError, match=message):
        list(pages(path))


def test_a_wacz_without_a_warc_is_refused(tmp_path: Path) -> None:
    path = wacz(tmp_path / "a.wacz", {"datapackage.json": b"{}"})
    with pytest.raises(ParseError, match="no WARC file in this WACZ"):
        list(pages(path))


# ---- JSON Lines -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz", "rows.ndjson"])
def test_rows_are_pages_when_they_hold_html_and_texts_when_they_hold_text(tmp_path: Path, name: str) -> None:
    rows = [
        {"URL": "https://ledger.example/1", "html": HTML.decode(), "captured": "2026-03-01T12:00:00+00:00"},
        {"url": "https://ledger.example/2", "title": "Two", "text": "A text. " * 9, "date": "2026-02-02"},
    ]
    data = b"\n\n".join(json.dumps(row).encode() for row in rows)
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    page, text = entries(path)
    assert isinstance(page, Page)
    assert (page.url, page.body, page.fetched_at) == ("https://ledger.example/1", HTML, WHEN)
    assert isinstance(text, SeedText)
    assert (text.url, text.title, text.published) == (
        "https://ledger.example/2",
        "Two",
        datetime(2026, 2, 2, tzinfo=UTC),
    )
    assert [one.url for one in pages(path)] == ["https://ledger.example/1"]


def test_rows_that_cannot_be_used_are_counted_by_their_reason(tmp_path: Path) -> None:
    good = json.dumps({"url": "https://ledger.example/1", "html": HTML.decode()})
    bad = ["{", '"text"', "[" * 100_000, json.dumps({"html": "<p>"}), json.dumps({"url": "file:///etc/passwd", "html": "<p>"}), json.dumps({"a": 1}), '{"html": "' + "x" * 700_000 + '"}']  # fmt: skip
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join([*bad, good]), encoding="utf-8")
    skipped: Counter[str] = Counter()
    assert [one.url for one in pages(path, skipped, max_bytes=100_000)] == ["https://ledger.example/1"]
    assert skipped["not valid JSON"] == 2
    assert skipped["a page without the web address that it was at"] == 2
    assert skipped["larger than 0.1 MB"] == 1
    assert sum(skipped.values()) == len(bad)


def test_lines_of_an_archive_that_was_cut_are_read_up_to_the_cut(tmp_path: Path) -> None:
    row = json.dumps({"url": "https://ledger.example/1", "text": "words " * 50}) + "\n"
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress(row.encode()) + gzip.compress(row.encode() * 50)[:60])
    skipped: Counter[str] = Counter()
    assert len(list(entries(path, skipped))) >= 1
    assert skipped["the archive is cut short or damaged"] == 1


# ---- folders --------------------------------------------------------------------------------------------------------


def test_a_folder_gives_its_pages_and_the_archives_in_it_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.html").write_bytes(b"<!-- saved from url=(0026)https://ledger.example/saved -->" + HTML)
    (tmp_path / "b" / "page.htm").write_bytes(HTML)
    (tmp_path / "b" / "crawl.warc").write_bytes(numbered(1))
    (tmp_path / "b" / "broken.warc").write_bytes(b"rubbish")
    (tmp_path / "notes.txt").write_text("no page")
    skipped: Counter[str] = Counter()
    assert [page.url for page in pages(tmp_path, skipped)] == [
        "https://ledger.example/saved",
        "https://ledger.example/1",
        "",
    ]
    assert skipped == {
        "no archive or page by its name": 1,
        "broken.warc: no WARC record in it": 1,
        "a broken record": 1,
    }


def test_links_in_a_folder_lead_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_bytes(HTML)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "page.html").symlink_to(secret)
    (folder / "up").symlink_to(tmp_path)
    with pytest.raises(ParseError, match="no page and no archive in it"):
        list(pages(folder))


def test_a_page_larger_than_the_cap_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(HTML + b" " * 200_000)
    skipped: Counter[str] = Counter()
    assert list(pages(path, skipped, max_bytes=100_000)) == []
    assert skipped == {"larger than 0.1 MB": 1}


@pytest.mark.parametrize(
    ("name", "message"),
    [("nowhere", "there is no such file or folder"), ("data.gz", "not an archive that can be read")],
)
def test_what_cannot_be_read_is_named_with_what_could(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "data.gz").write_bytes(gzip.compress(b"x"))
    with pytest.raises(ParseError, match=message):
        list(pages(tmp_path / name))


@pytest.mark.real
def test_the_archives_of_the_kit_give_their_pages() -> None:
    kit = Path(__file__).parents[3] / "shared/kits/feeds"
    if not kit.exists():
        pytest.skip("../shared/kits/feeds is absent")
    for line in (kit / "expected.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["kind"] == "warc":
            found = [(page.url, page.fetched_at) for page in pages(kit / "files" / row["file"])]
            assert found == [(one["url"], datetime.fromisoformat(one["captured"])) for one in row["items"]]
