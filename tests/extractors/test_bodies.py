"""Bodies: decompressed as they come, within the cap, whatever their headers claim."""

import gzip
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.bodies import ACCEPT_ENCODING, Body, is_binary, may_be_html
from records.errors import FetchError, TooLarge, Unreachable
from tests.extractors.badweb import bomb

TEXT = b"Parliament adopted the act on Tuesday. " * 200


def read(data: bytes, encoding: str | None, cap: int = 1_000_000, piece: int = 100, *, cut: bool = False) -> bytes:
    body = Body(encoding, cap, cut=cut)
    for start in range(0, len(data), piece):
        if not body.add(data[start : start + piece]):
            break
    return body.finish()


def raw_deflate(data: bytes) -> bytes:
    compress = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compress.compress(data) + compress.flush()


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT, None),
        (TEXT, "identity"),
        (TEXT, "utf-8"),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT), "x-GZIP"),
        (gzip.compress(TEXT[:300]) + gzip.compress(TEXT[300:]), "gzip"),
        (gzip.compress(TEXT) + bytes(50), "gzip"),
        (zlib.compress(TEXT), "deflate"),
        (raw_deflate(TEXT), "deflate"),
        (gzip.compress(zlib.compress(TEXT)), "deflate, gzip"),
        (TEXT, "gzip"),
    ],
    ids=[
        "plain",
        "identity",
        "a charset",
        "gzip",
        "x-gzip",
        "two members",
        "padded",
        "deflate",
        "raw deflate",
        "stacked",
        "called gzip and sent plain",
    ],
)
@pytest.mark.parametrize("piece", [1, 100, 1_000_000])
def test_the_body_is_what_the_server_meant(data: bytes, encoding: str | None, piece: int) -> None:
    assert read(data, encoding, piece=piece) == TEXT


def test_brotli_is_asked_for_only_when_it_can_be_read() -> None:
    brotli = pytest.importorskip("brotli")
    assert ("br" in ACCEPT_ENCODING) == hasattr(brotli.Decompressor, "can_accept_more_data")
    if "br" in ACCEPT_ENCODING:
        assert read(brotli.compress(TEXT), "br") == TEXT
        with pytest.raises(TooLarge):
            read(brotli.compress(bytes(5_000_000), quality=4), "br")
        with pytest.raises(Unreachable):
            read(brotli.compress(TEXT)[:-5], "br")


def test_a_two_gigabyte_bomb_stops_at_the_cap_in_little_memory() -> None:
    data = bomb(2)
    assert len(data) < 3_000_000
    tracemalloc.start()
    with pytest.raises(TooLarge):
        read(data, "gzip", cap=5_000_000, piece=65536)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


def test_a_bomb_in_a_bomb_stops_as_well() -> None:
    with pytest.raises(TooLarge):
        read(gzip.compress(bomb(1)), "gzip, gzip", cap=5_000_000, piece=65536)


def test_a_body_beyond_the_cap_is_refused_or_cut() -> None:
    assert read(TEXT, None, cap=len(TEXT)) == TEXT
    with pytest.raises(TooLarge, match="larger than 100 bytes"):
        read(TEXT, None, cap=100)
    assert read(TEXT, None, cap=100, cut=True) == TEXT[:100]
    assert read(gzip.compress(TEXT), "gzip", cap=100, cut=True) == TEXT[:100]


@pytest.mark.parametrize(
    ("data", "encoding", "word"),
    [
        (gzip.compress(TEXT)[:-20], "gzip", "cut short"),
        (zlib.compress(TEXT)[:-20], "deflate", "cut short"),
        (b"\x1f\x8bnonsense", "gzip", "no valid gzip"),
        (b"anything", "zstd", "zstd"),
        (b"anything", "gzip, gzip, gzip", "3 times"),
    ],
)
def test_a_body_that_cannot_be_decoded_says_why(data: bytes, encoding: str, word: str) -> None:
    with pytest.raises(Unreachable, match=word):
        read(data, encoding)


def test_an_empty_body_is_empty_in_every_encoding() -> None:
    for encoding in (None, "gzip", "deflate"):
        assert read(b"", encoding) == b""


@given(st.binary(max_size=300), st.sampled_from([None, "gzip", "deflate", "br", "deflate, gzip", "x, y"]))
@settings(max_examples=300, deadline=None)
def test_any_bytes_end_in_a_body_or_in_an_error_of_ours(data: bytes, encoding: str | None) -> None:
    with suppress(FetchError):
        assert len(read(data, encoding, cap=1000, piece=7)) <= 1000


@pytest.mark.parametrize(
    ("content_type", "may"),
    [
        (None, True),
        ("", True),
        ("text/html", True),
        ("TEXT/HTML; charset=gb2312", True),
        ("application/xhtml+xml", True),
        ("application/octet-stream", True),
        ("html", True),
        ("application/pdf", False),
        ("image/jpeg", False),
        ("application/json", False),
        ("video/mp4", False),
        ("text/css", False),
    ],
)
def test_the_type_tells_whether_it_may_be_a_page(content_type: str | None, may: bool) -> None:
    assert may_be_html(content_type) is may


def test_binary_files_are_known_by_their_first_bytes() -> None:
    for start in (b"%PDF-1.7", b"\n%PDF-1.4", b"\x89PNG\r\n", b"PK\x03\x04", b"\xff\xd8\xff\xe0", b"\x00\x00\x00 ftyp"):
        assert is_binary(start + bytes(20))
    for start in (b"<html>", b"\xef\xbb\xbf<!doctype html>", b"  \n<p>", b"", "法律".encode("gb18030"), b"RSS"):
        assert not is_binary(start)
