"""Rules for single sites, as pairs: what `extract` makes of ``tests/sites/SITE[.CASE].html`` stands in its expectation.

The rules are those of ``SITE.yaml`` beside the pair, or else of ``config/sites``. A site is added without code: its
rules, and at least one pair. ``holds`` and ``lacks`` name passages; every other key is compared as it is.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.load import SHIPPED, sites
from extractors.article import extract
from extractors.sites import NO_RULES, Sites
from records.article import Access, Article
from records.errors import ExtractionError
from records.site import SiteRule

PAIRS = Path(__file__).parent.parent / "sites"
CASES = sorted(PAIRS.glob("*.expected.json"))
RULES = Sites((*sites(PAIRS), *sites(SHIPPED / "sites")))
EXAMPLE = SiteRule("ledger.example", drop=("p.also",))


def _plain(article: Article, key: str) -> object:
    value = getattr(article, key)
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


@pytest.mark.parametrize("case", CASES, ids=[case.name.removesuffix(".expected.json") for case in CASES])
def test_a_page_of_a_site_with_rules_gives_what_its_expectation_says(case: Path) -> None:
    expected = json.loads(case.read_text(encoding="utf-8"))
    html = case.with_name(case.name.replace(".expected.json", ".html")).read_bytes()
    article = extract(html, expected.pop("url"), sites=RULES)
    holds, lacks = expected.pop("holds", []), expected.pop("lacks", [])
    assert {key: _plain(article, key) for key in expected} == expected
    assert [passage for passage in holds if passage not in article.text] == []
    assert [passage for passage in lacks if passage in article.text] == []


def test_every_site_that_has_rules_has_a_pair() -> None:
    ruled = {path.stem for folder in (PAIRS, SHIPPED / "sites") for path in folder.glob("*.yaml")}
    shown = {name for name in ruled if any(case.name.startswith(f"{name}.") for case in CASES)}
    assert ruled == shown


@pytest.mark.parametrize("case", CASES, ids=[case.name.removesuffix(".expected.json") for case in CASES])
def test_without_its_rules_the_page_reads_otherwise(case: Path) -> None:
    url = json.loads(case.read_text(encoding="utf-8"))["url"]
    html = case.with_name(case.name.replace(".expected.json", ".html")).read_bytes()
    with_rules, without = extract(html, url, sites=RULES), extract(html, url)
    assert (with_rules.text, with_rules.access) != (without.text, without.access), "the rules earn their place"


def test_an_article_says_which_version_of_which_rule_made_it() -> None:
    html = b"<html><body><p>Short.</p></body></html>"
    one = extract(html, "https://ledger.example/a", sites=Sites([EXAMPLE])).extractor
    other = extract(html, "https://ledger.example/a", sites=Sites([SiteRule("ledger.example", drop=("p",))])).extractor
    assert " site:ledger.example@" in one
    assert one != other
    assert "site:" not in extract(html, "https://other.example/a", sites=Sites([EXAMPLE])).extractor


@pytest.mark.parametrize(
    ("url", "drops"),
    [
        pytest.param("https://ledger.example/news/1", "p.all", id="every page of the site"),
        pytest.param("https://www.ledger.example/", "p.all", id="its other hosts too"),
        pytest.param("https://ledger.example/live/vote", "p.live", id="the longest path wins, alone"),
        pytest.param("https://asia.ledger.example/live/vote", "p.asia", id="a host of its own before its site"),
        pytest.param("https://notledger.example/", None, id="a name that only ends so is another site"),
        pytest.param("https://ledger.example.evil.example/", None, id="nor one that begins so"),
        pytest.param("http://[broken", None, id="an address that is none"),
        pytest.param("", None, id="no address"),
    ],
)
def test_the_rule_of_a_page_is_found_by_its_host_and_path(url: str, drops: str | None) -> None:
    found = Sites(
        [
            SiteRule("ledger.example", drop=("p.all",)),
            SiteRule("ledger.example", "/live/", drop=("p.live",)),
            SiteRule("asia.ledger.example", drop=("p.asia",)),
        ]
    ).of(url)
    assert (found.rule.drop[0] if found else None) == drops


def test_a_rule_that_matches_nothing_changes_nothing_but_the_note_of_what_made_it() -> None:
    html = (PAIRS / "harbour-ledger.example.html").read_bytes()
    url = "https://other.example/2026/a"
    rule = SiteRule("other.example", keep=("main.gone",), drop=("p.gone",), title=("h9",), published=("time.gone",))
    with_rule, without = extract(html, url, sites=Sites([rule])), extract(html, url)
    same = [name for name in Article.__slots__ if name != "extractor"]
    assert {name: getattr(with_rule, name) for name in same} == {name: getattr(without, name) for name in same}


def test_a_date_that_the_rule_points_to_is_refused_when_it_is_absurd() -> None:
    html = b"<html><body><p class=d>12 March 2090</p><p class=e>12 March 2026</p></body></html>"
    now = datetime(2026, 11, 24, tzinfo=UTC)
    rule = SiteRule("ledger.example", published=("p.d", "p.e"))
    found = extract(html, "https://ledger.example/a", now=now, sites=Sites([rule]))
    assert (found.published, found.published_from) == (datetime(2026, 3, 12, tzinfo=UTC), "rule")


def test_a_rule_may_not_take_the_whole_page_away() -> None:
    html = (PAIRS / "harbour-ledger.example.html").read_bytes()
    found = extract(html, "https://ledger.example/a", sites=Sites([SiteRule("ledger.example", drop=("html", "body"))]))
    assert found.access is Access.NOT_ARTICLE
    assert found.access_reason


def test_hostile_pages_cannot_make_a_rule_slow() -> None:
    deep = b"<html><body>" + b"<div class=post><p>word " * 20_000
    rule = SiteRule("ledger.example", keep=("div.post",), drop=("div.post > span",))
    assert extract(deep, "https://ledger.example/a", sites=Sites([rule])).extractor.endswith(Sites([rule]).of(
        "https://ledger.example/a").mark)  # type: ignore[union-attr]  # fmt: skip


def test_a_selector_that_is_no_css_is_an_error_and_not_a_rule_that_does_nothing() -> None:
    with pytest.raises(ExtractionError, match="not CSS"):
        Sites([SiteRule("ledger.example", drop=("p[",))])


def test_no_rules_cost_nothing() -> None:
    assert NO_RULES.of("https://ledger.example/a") is None
