"""Which of several readings of a page is the article's text, and why: the reason is kept with it."""

from __future__ import annotations

import json

import pytest

from extractors import embedded
from extractors.article import extract
from records.article import Access

URL = "https://www.ledger.example/city/register"
LINES = [
    f"The harbour office told the council on day {one} that it keeps a list of every program it lets decide, and why."
    for one in range(12)
]
PARAGRAPHS = "".join(f"<p>{line}</p>" for line in LINES)


def _page(body: str, head: str = "") -> bytes:
    return f"<html><head><title>List of programs</title>{head}</head><body>{body}</body></html>".encode()


def test_an_article_in_plain_paragraphs_needs_no_second_opinion() -> None:
    article = extract(_page(f"<h1>List of programs</h1><article>{PARAGRAPHS}</article>"), URL)
    assert article.text.split("\n") == LINES
    assert article.text_reason == ""


def test_structured_text_tells_which_lines_are_the_article() -> None:
    node = {"@type": "NewsArticle", "headline": "List of programs", "articleBody": " ".join(LINES)}
    head = f'<script type="application/ld+json">{json.dumps(node)}</script>'
    aside = "<p>Ferries will run an hour later from Monday, the company said in a note to passengers this week.</p>"
    article = extract(_page(f"<article>{PARAGRAPHS}{aside}</article>", head), URL)
    assert article.text.split("\n") == LINES
    assert "articleBody" in article.text_reason


@pytest.mark.parametrize(
    ("kind", "before", "data"),
    [
        pytest.param(
            'id="__NEXT_DATA__" type="application/json"',
            "",
            {"props": {"pageProps": {"story": {"blocks": [{"type": "p", "text": line} for line in LINES]}}}},
            id="next.js, a block for each paragraph",
        ),
        pytest.param(
            'type="application/javascript"',
            "window.Fusion=window.Fusion||{};Fusion.arcSite='x';Fusion.globalContent=",
            {"content_elements": [{"type": "text", "content": f"<i>{line}</i>"} for line in LINES], "taxonomy": {}},
            id="arc, markup in each element",
        ),
        pytest.param(
            "",
            "window.__INITIAL_STATE__ = ",
            {"article": {"bodyHtml": PARAGRAPHS, "tags": ["harbour"]}, "teasers": [{"text": LINES[0][:40]}]},
            id="one string of markup",
        ),
        pytest.param(
            'type="application/json"',
            "",
            {"a": {"body": [{"children": [{"text": line}]} for line in LINES]}, "more": [{"description": "n " * 40}]},
            id="nested children, beside a teaser",
        ),
    ],
)
def test_a_page_that_a_browser_builds_is_read_from_its_data(kind: str, before: str, data: object) -> None:
    script = f"<script {kind}>{before}{json.dumps(data)}{';' if before else ''}</script>"
    article = extract(_page(f"<div id='root'></div>{script}"), URL)
    assert article.text.split("\n") == LINES
    assert article.access is Access.FULL
    assert "embedded data" in article.text_reason


def test_data_beside_an_article_in_the_markup_is_left_alone() -> None:
    script = f'<script type="application/json">{json.dumps({"body": [line.upper() for line in LINES]})}</script>'
    article = extract(_page(f"<article>{PARAGRAPHS}</article>{script}"), URL)
    assert article.text.split("\n") == LINES


def test_a_page_with_its_text_in_structured_data_only_is_read_from_there() -> None:
    node = {"@type": "NewsArticle", "headline": "List of programs", "articleBody": "\n\n".join(LINES)}
    head = f'<script type="application/ld+json">{json.dumps(node)}</script>'
    article = extract(_page("<div id='root'></div>", head), URL)
    assert article.text.split("\n") == LINES
    assert "articleBody" in article.text_reason


@pytest.mark.parametrize("blob", ["", "{", "[1, 2]", '{"text": 7}', "window.__NUXT__=(function(a){})", "null"])
def test_data_without_prose_gives_no_lines(blob: str) -> None:
    assert embedded.lines_of([blob]) == []
