"""What a page says about its article, place by place."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors import authors, dates, metadata, titles
from extractors.language import language_of
from extractors.markup import Markup, parse

URL = "https://www.ledger.example/city/register"


def page(head: str = "", body: str = "<p>x</p>", article: dict[str, object] | None = None, url: str = URL) -> Markup:
    script = (
        f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", "headline": "", **article})}</script>'
        if article
        else ""
    )
    tree = parse(f"<html><head>{head}{script}</head><body>{body}</body></html>")
    assert tree is not None
    return Markup.read(tree, url)


# ---- title ----


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        pytest.param("<title>Ferry sails alone | The Ledger</title>", "", "Ferry sails alone", id="a bar and the outlet go"),
        pytest.param("<title>Ferry sails alone - ledger.example</title>", "", "Ferry sails alone", id="the domain goes"),
        pytest.param("<title>Ferry: sails - alone</title>", "", "Ferry: sails - alone", id="a dash inside a headline stays"),
        pytest.param("<title>The Ledger: Ferry sails alone</title><meta property='og:site_name' content='The Ledger'>", "", "The Ledger: Ferry sails alone", id="a colon is no separator of outlets"),
        pytest.param("<meta property='og:title' content='Ferry &amp;amp; crew'>", "", "Ferry & crew", id="doubly escaped marks are read"),
        pytest.param("<title>Ferry sails alone at night – Ledger</title>", "<h1>The Ledger</h1>", "Ferry sails alone at night", id="a logo is no headline"),
        pytest.param("<title>Ferry sails alone at night – Some Strange Name</title>", "<h1>Ferry sails alone at night</h1>", "Ferry sails alone at night", id="the heading tells where the suffix begins"),
        pytest.param("", "<h1>Ferry sails alone</h1>", "Ferry sails alone", id="a heading alone is enough"),
        pytest.param("", "", "", id="no title at all"),
    ],
)  # fmt: skip
def test_the_title_is_the_headline_without_its_outlet(head: str, body: str, title: str) -> None:
    assert titles.title_of(page(head, body), "ledger.example") == title


# ---- authors ----


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Kari Holm", ("Kari Holm",)),
        ("By Kari Holm and Tore Lund", ("Kari Holm", "Tore Lund")),
        ([{"name": "Kari Holm"}, {"name": "Tore Lund"}], ("Kari Holm", "Tore Lund")),
        ({"name": ["Kari Holm", "Tore Lund"]}, ("Kari Holm", "Tore Lund")),
        ("Kari Holm, Senior Editor", ("Kari Holm",)),
        ("Kari Holm, Tore Lund", ("Kari Holm", "Tore Lund")),
        ("Kari Holm / Journalist", ("Kari Holm",)),
        ("大渡 美咲", ("大渡 美咲",)),
        ("Madonna", ("Madonna",)),
        ("https://social.example/kari", ()),
        ("kari@ledger.example", ()),
        ("admin", ()),
        (["Kari Holm", "Ledger"], ("Kari Holm",)),
        ({"@type": "Organization", "name": "Ledger"}, ("Ledger",)),
        (None, ()),
        (17, ()),
    ],
)
def test_authors_are_names_only(author: object, names: tuple[str, ...]) -> None:
    assert authors.authors_of(page(article={"author": author}), "ledger.example") == names


@pytest.mark.parametrize(
    "body",
    [
        "<a rel='author'>Kari Holm</a>",
        "<span itemprop='author'><b itemprop='name'>Kari Holm</b></span>",
        "<p class='article-byline author'>By Kari Holm</p>",
    ],
)
def test_a_byline_is_read_where_the_head_names_nobody(body: str) -> None:
    assert authors.authors_of(page(body=body), "ledger.example") == ("Kari Holm",)


# ---- dates ----


@pytest.mark.parametrize(
    ("written", "instant", "precision"),
    [
        ("2026-11-17T23:40:00+01:00", "2026-11-17T22:40", 2),
        ("2026-11-17T23:40:00.123Z", "2026-11-17T23:40", 2),
        ("2026-11-17T23:40:00+0530", "2026-11-17T18:10", 2),
        ("2026-11-17 23:40", "2026-11-17T23:40", 1),
        ("2026-11-17T00:00:00", "2026-11-17T00:00", 0),
        ("2026-11-17", "2026-11-17T00:00", 0),
        ("20261117", "2026-11-17T00:00", 0),
        ("20261117T234000Z", "2026-11-17T23:40", 2),
        ("1795000000", "2026-11-18T11:06", 2),
        ("Tue, 17 Nov 2026 23:40:00 +0100", "2026-11-17T22:40", 2),
    ],
)
def test_a_moment_is_read_as_it_is_written(written: str, instant: str, precision: int) -> None:
    stated = dates.parse(written)
    assert stated is not None
    assert stated.instant.isoformat()[:16] == instant
    assert stated.precision == precision


@pytest.mark.parametrize("written", ["", "soon", "2026-13-45", "0000-00-00", "99999999", "2026-02-30T10:00Z", "1" * 80])
def test_what_is_no_moment_is_none(written: str) -> None:
    assert dates.parse(written) is None


def test_a_zone_from_a_weaker_place_completes_the_same_reading() -> None:
    head = '<meta property="article:published_time" content="2026-11-17T23:40:00+01:00">'
    stated = dates.published(page(head, article={"datePublished": "2026-11-17T23:40:00"}), URL)
    assert stated is not None
    assert (stated.raw, stated.place) == ("2026-11-17T23:40:00+01:00", "meta")


def test_another_day_from_a_weaker_place_changes_nothing() -> None:
    head = '<meta property="article:published_time" content="2026-11-19T08:00:00+01:00">'
    stated = dates.published(page(head, article={"datePublished": "2026-11-17"}), URL)
    assert stated is not None
    assert stated.raw == "2026-11-17"


@pytest.mark.parametrize("absurd", ["1970-01-01T00:00:00Z", "2999-01-01", "0001-01-01T00:00:00Z"])
def test_absurd_dates_are_refused_and_the_next_place_is_asked(absurd: str) -> None:
    stated = dates.published(page(article={"datePublished": absurd}), "https://a.example/2026/11/17/x")
    assert stated is not None
    assert (stated.raw, stated.place) == ("2026-11-17", "url")


def test_a_date_after_the_given_clock_is_refused() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    assert dates.published(page(article={"datePublished": "2026-12-24"}), "https://a.example/x", now) is None


@pytest.mark.parametrize(
    "text",
    ["17 November 2026", "November 17, 2026", "17. November 2026", "17.11.2026", "2026年11月17日", "17 de noviembre de 2026", "le 17 novembre 2026 à 9 h"],
)  # fmt: skip
def test_a_date_line_is_the_last_resort(text: str) -> None:
    stated = dates.published(page(body=f"<p class='date'>{text}</p>"), "https://a.example/x")
    assert stated is not None
    assert (stated.raw, stated.place) == ("2026-11-17", "text")


@settings(max_examples=80, deadline=None)
@given(st.integers(662_688_000, 4_070_908_800), st.integers(-14 * 4, 14 * 4))
def test_every_moment_in_iso_8601_comes_back(epoch: int, quarters: int) -> None:
    moment = datetime.fromtimestamp(epoch, timezone(timedelta(minutes=15 * quarters)))
    stated = dates.parse(moment.isoformat())
    assert stated is not None
    assert stated.instant == moment
    assert stated.raw == moment.isoformat()


# ---- the rest ----


@pytest.mark.parametrize(
    ("href", "canonical"),
    [
        pytest.param("/city/register", URL, id="relative"),
        pytest.param("https://ledger.example/city/other", "https://ledger.example/city/other", id="same site"),
        pytest.param("https://elsewhere.example/city", None, id="another site"),
        pytest.param("https://www.ledger.example/", None, id="the front page"),
        pytest.param("javascript:alert(1)", None, id="no address of the web"),
        pytest.param("http://[", None, id="no address at all"),
    ],
)
def test_a_canonical_url_is_taken_only_when_it_is_plausible(href: str, canonical: str | None) -> None:
    assert metadata.canonical_of(page(f'<link rel="canonical" href="{href}">'), URL) == canonical


def test_broken_structured_data_is_repaired_or_passed_over() -> None:
    for script in (
        '<!-- {"@type": "NewsArticle", "headline": "A", } -->',
        '{"@type": "NewsArticle", "headline": "A",}',
    ):
        tree = parse(
            f'<script type="application/ld+json">{script}</script><script type="application/ld+json">{{"a":</script>'
        )
        assert tree is not None
        assert Markup.read(tree, URL).article["headline"] == "A"


def test_the_article_that_names_this_page_is_chosen_among_many() -> None:
    nodes = [
        {"@type": "NewsArticle", "headline": name, "url": f"https://www.ledger.example/{name}"} for name in ("a", "b")
    ]
    tree = parse(f'<script type="application/ld+json">{json.dumps(nodes)}</script>')
    assert tree is not None
    assert Markup.read(tree, "https://www.ledger.example/b?x=1").article["headline"] == "b"


def test_a_long_text_in_another_language_than_the_page_states_is_believed() -> None:
    german = (
        "Der Kreistag hat am Montag beschlossen, dass jede Behörde offenlegen muss, wo sie solche Programme einsetzt. "
        * 4
    )
    assert language_of(german, "en") == "de"
    assert language_of("Kurz.", "en") == "en"
    assert language_of(german, None) == "de"
