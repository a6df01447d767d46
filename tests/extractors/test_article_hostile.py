"""Pages that mean harm, or are simply broken: each ends in an outcome with a reason, within its deadline."""

from __future__ import annotations

import asyncio
import random
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.article import LARGEST, extract
from extractors.workers import Failure, Workers
from records.article import Access, Article

SENTENCE = "The council wants to know by spring which of its offices let a program decide. "
_LINKS = b"".join(b'<a href="/%d">story number %d</a> ' % (number, number) for number in range(100_000))

HOSTILE = {
    "two megabytes of nested tags": b"<html><body>" + b"<div>" * 180_000 + b"x" + b"</div>" * 180_000,
    "two megabytes of tags that never close": b"<b>" * 700_000,
    "nested tables": b"<table><tr><td>" * 130_000,
    "a hundred thousand links": b"<html><body>" + _LINKS,
    "a page of fifty megabytes": b"<p>" + SENTENCE.encode() * 650_000,
    "scripts only": b"<html><script>" + b"var a = 1;" * 100_000 + b"</script></html>",
    "an empty page": b"",
    "white space only": b" \r\n\t ",
    "random bytes": random.Random(7).randbytes(300_000),
    "a PDF file": b"%PDF-1.7 " + b"\x00\xff" * 1_000,
    "structured data two hundred thousand levels deep": b'<script type="application/ld+json">' + b'{"a":' * 200_000,
    "a title of separators": b"<title>" + b" - | " * 50_000 + b"</title>",
    "comments that never close": b"<!--" * 100_000,
    "a letter of five megabytes": b"<p>" + b"a" * 5_000_000,
    "zeros in the text": b"<html><body><p>\x00a\x00b",
    "a tag of a hundred thousand attributes": b"<div " + b" ".join(b"a%d=1" % one for one in range(100_000)) + b">",
    "attributes whose values hold tags": b"<div " + b" ".join(b"a%d='<x>'" % one for one in range(100_000)) + b">",
    "a hundred tags of nine hundred attributes": b"".join(
        b"<i " + b" ".join(b"a%d" % one for one in range(900)) + b">x</i>" for _ in range(100)
    ),
    "structured data of twenty thousand articles": b'<script type="application/ld+json">['
    + b'{"@type":"NewsArticle","headline":"x"},' * 20_000
    + b"{}]</script>",
    "structured data of commas": b'<script type="application/ld+json">{"a":' + b", " * 400_000,
    "page data two hundred thousand levels deep": b'<script type="application/json">' + b'{"text":' * 200_000,
    "page data of a million numbers": b'<script type="application/json">[' + b"1," * 1_000_000 + b"1]</script>",
    "a class of a hundred thousand names": b'<div class="' + b"byline " * 100_000 + b'">x</div>',
    "entities only": b"<p>" + b"&amp;" * 1_000_000,
}


def _extract(job: tuple[bytes, str]) -> Article:
    return extract(*job)


def extractor() -> object:
    return _extract


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_no_article_says_why_and_costs_a_few_seconds_at_most(name: str) -> None:
    begun = time.process_time()
    article = extract(HOSTILE[name], "https://a.example/b")
    assert time.process_time() - begun < 5  # a fifth of this on a quiet machine
    assert article.access is Access.NOT_ARTICLE
    assert article.access_reason


def test_a_script_that_compares_is_no_tag_of_many_attributes() -> None:
    script = b"<script>if (a <b && " + b"word " * 3_000 + b") {}</script>"
    page = b"<html><head>" + script + b"</head><body><h1>Title of it" + _paragraphs(8)
    assert extract(page, "https://a.example/b").access is Access.FULL


def test_hostile_pages_end_within_their_deadline_and_the_next_page_is_read() -> None:
    jobs = [(page, "https://a.example/b") for page in (*HOSTILE.values(), b"<h1>T</h1>" + _paragraphs(8))]
    with Workers[tuple[bytes, str], Article](extractor, processes=1, deadline=20) as workers:  # type: ignore[arg-type]
        *results, last = asyncio.run(workers.submit(jobs))
    assert all(result.reason if isinstance(result, Failure) else result.access_reason for result in results)
    assert isinstance(last, Article)
    assert last.access is Access.FULL


def test_a_page_one_byte_too_large_is_refused_by_its_size() -> None:
    article = extract(b" " * LARGEST + b"<p", "https://a.example/b")
    assert "bytes" in article.access_reason


def test_paragraphs_that_never_close_are_read_all_the_same() -> None:
    article = extract(b"<html><body><h1>Title" + _paragraphs(50), "https://a.example/b")
    assert article.text.count("\n") >= 48


def test_a_page_of_mixed_charsets_keeps_what_can_be_read() -> None:
    page = b"<meta charset=utf-8><p>" + ("é " + SENTENCE).encode() * 20 + "ü".encode("latin-1") + b"</p>"
    text = extract(page, "https://a.example/b").text
    assert "é The council" in text


def test_no_string_of_an_article_holds_controls_or_direction_marks() -> None:
    dirty = "\u202eevil\u0007 \u200b"
    page = f"<title>{dirty}t</title><meta name=author content='{dirty}Ann Lee'><p>{dirty}{SENTENCE * 5}</p>"
    article = extract(page.encode(), "https://a.example/b")
    for text in (article.title, article.text, *article.authors):
        assert not any(unicodedata.category(one) in ("Cc", "Cf", "Cs") and one != "\n" for one in text)


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=400), st.sampled_from([b"", b"<p>", b"<script type='application/ld+json'>", b"<time datetime='"])
)
def test_no_bytes_make_it_raise(junk: bytes, before: bytes) -> None:
    article = extract(before + junk, "https://a.example/b")
    assert isinstance(article, Article)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_no_address_makes_it_raise(url: str) -> None:
    assert isinstance(extract(b"<p>x", url), Article)


def _paragraphs(count: int) -> bytes:
    return b"".join(b"<p>" + f"{number}. {SENTENCE * 3}".encode() for number in range(count))
