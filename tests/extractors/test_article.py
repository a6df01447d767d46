"""Pages as pairs: what `extract` makes of ``tests/pages/NAME.html`` stands in ``NAME.expected.json``.

Adding a case is adding a pair. Only the keys that the expectation names are compared; ``url`` is where it was fetched.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

from extractors.article import extract
from records.article import Access, Article

PAGES = Path(__file__).parent.parent / "pages"
KIT = Path(__file__).parents[3] / "shared" / "kits" / "pages"
CASES = sorted(PAGES.glob("*.expected.json"))


def _plain(article: Article, key: str) -> object:
    value = getattr(article, key)
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


@pytest.mark.parametrize("case", CASES, ids=[case.name.split(".")[0].replace("-", " ") for case in CASES])
def test_a_page_gives_what_its_expectation_says(case: Path) -> None:
    expected = json.loads(case.read_text(encoding="utf-8"))
    html = case.with_name(case.name.replace(".expected.json", ".html")).read_bytes()
    article = extract(html, expected.pop("url"))
    assert {key: _plain(article, key) for key in expected} == expected


def test_every_page_that_is_no_full_article_says_why() -> None:
    for case in CASES:
        article = extract(
            case.with_name(case.name.replace(".expected.json", ".html")).read_bytes(), "https://a.example/b"
        )
        assert bool(article.access_reason) == (article.access is not Access.FULL)


def test_an_article_says_what_made_it_and_from_which_bytes() -> None:
    article = extract(b"<html><body><p>Short.</p></body></html>", "https://a.example/b")
    assert article.extractor.startswith("govwatch-2 trafilatura-")
    assert len(article.raw_hash) == 64


def test_the_same_page_gives_the_same_article_again() -> None:
    html = (PAGES / "news-with-structured-data.html").read_bytes()
    assert extract(html, "https://a.example/b") == extract(html, "https://a.example/b")


def test_the_date_reads_as_the_page_wrote_it() -> None:
    html = (PAGES / "news-with-structured-data.html").read_bytes()
    assert extract(html, "https://a.example/b").date == "2026-11-17T23:40:00+01:00"


@pytest.mark.real
def test_the_kit_of_real_pages_reaches_its_goals() -> None:
    if not KIT.is_dir():
        pytest.skip("../shared/kits/pages is absent")
    sys.path.insert(0, str(KIT))
    try:
        evaluate = importlib.import_module("evaluate")
        jobs = [(str(KIT), json.loads(line)) for line in (KIT / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
        evaluate._init("extractors.article:extract")
        scores = evaluate.summary([evaluate._one(job) for job in jobs])
    finally:
        sys.path.remove(str(KIT))
    goals = {"shingle_F1": 0.965, "title": 0.92, "author": 0.92, "day": 0.96, "instant": 1.0}
    assert {name: round(scores[name], 3) for name, goal in goals.items() if scores[name] < goal} == {}
