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
        pytest.param("<title>渡船首次无人驾驶_科技频道_海港网</title>", "", "渡船首次无人驾驶", id="a portal's channel and name"),
        pytest.param("<title>渡船首次无人驾驶-海港日报</title>", "", "渡船首次无人驾驶", id="a dash without spaces"),
        pytest.param("<title>無人の船が出港：港町新聞デジタル</title>", "", "無人の船が出港", id="a full-width colon"),
        pytest.param("<title>무인 여객선 첫 출항 - 항구일보</title>", "", "무인 여객선 첫 출항", id="a Korean daily"),
        pytest.param("<title>Ferry sails alone – LED – 11/17/2026</title><meta property='og:site_name' content='LED'>", "", "Ferry sails alone", id="a day behind the name"),
        pytest.param("<title>Ferry sails alone - Ledger News</title>", "", "Ferry sails alone", id="a longer form of the name"),
        pytest.param("<title>Ferry sails alone - Ledgers of the whole harbour are lost</title>", "", "Ferry sails alone - Ledgers of the whole harbour are lost", id="a clause that begins like the name"),
        pytest.param("<meta property='og:title' content='Ferry sails alone in the…'>", "<h1>Ferry sails alone in the night</h1>", "Ferry sails alone in the night", id="a headline cut to fit is made whole"),
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
        ("홍길순 기자", ("홍길순",)),
        ("記者 王小明", ("王小明",)),
        ("记者：李明", ("李明",)),
        ("山田太郎記者", ("山田太郎",)),
        ("Автор: Иван Петров", ("Иван Петров",)),
        ("Иван Петров, корреспондент", ("Иван Петров",)),
        ("Ayşe Kaya, Ankara muhabiri", ("Ayşe Kaya",)),
        ("Por Ana Lima e Rui Costa", ("Ana Lima", "Rui Costa")),
        ("Kari Holm in Oslo and Tore Lund in Bergen", ("Kari Holm", "Tore Lund")),
        ("John Lee, Jr., PhD", ("John Lee Jr",)),
        ("Kari Holm kari@ledger.example", ("Kari Holm",)),
        ("Ursula von der Aa", ("Ursula von der Aa",)),
        ("Senior Reporter", ()),
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
        "<div><p>By Kari Holm</p></div>",
        "<div class='firma'>Kari Holm</div>",
    ],
)
def test_a_byline_is_read_where_the_head_names_nobody(body: str) -> None:
    assert authors.authors_of(page(body=body), "ledger.example") == ("Kari Holm",)


def test_several_authors_of_one_byline_are_all_read() -> None:
    body = "<div><span class='author-name'>Kari Holm</span> <span class='author-name'>Tore Lund</span></div>"
    assert authors.authors_of(page(body=body), "ledger.example") == ("Kari Holm", "Tore Lund")


def test_an_agency_in_a_byline_does_not_hide_the_firm_that_the_data_names() -> None:
    byline = "<span class='author'>Harbour News Agency</span>"
    data = {"author": {"@type": "Organization", "name": "Ledger"}}
    assert authors.authors_of(page(body=byline, article=data), "ledger.example") == ("Ledger",)


def test_the_older_form_of_parsely_names_author_and_date() -> None:
    stated = json.dumps({"author": "Kari Holm", "pub_date": "2026-11-17T22:40:00Z"})
    read = page(f"<meta name='parsely-page' content='{stated}'>")
    assert authors.authors_of(read, "ledger.example") == ("Kari Holm",)
    found = dates.published(read, URL)
    assert found is not None
    assert found.raw == "2026-11-17T22:40:00+00:00"


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


@pytest.mark.parametrize(
    ("written", "raw"),
    [
        ("Nov. 17, 2026 at 10:05 a.m. EST", "2026-11-17T10:05:00-05:00"),
        ("17 नवंबर 2026, 02:30 PM IST", "2026-11-17T14:30:00+05:30"),
        ("Selasa, 17 Maret 2026 14:30 WIB", "2026-03-17T14:30:00+07:00"),
        ("Tue Nov 17 2026 09:30:00 GMT+0100 (CET)", "2026-11-17T09:30:00+01:00"),
        ("17. November 2026, 14:30 Uhr", "2026-11-17T14:30:00"),
        ("17 ноября 2026, 14:30", "2026-11-17T14:30:00"),
        ("17 Kasım 2026 Salı 14:30", "2026-11-17T14:30:00"),
        ("17 de março de 2026 às 14h30", "2026-03-17T14:30:00"),
        ("입력 2026.11.17. 오후 2:30", "2026-11-17T14:30:00"),
        ("2026年11月17日14時30分", "2026-11-17T14:30:00"),
        ("11/17/2026 5:30 PM", "2026-11-17T17:30:00"),
        ("05/04/2026 5:30 PM", "2026-05-04T17:30:00"),
        ("05/04/2026", "2026-04-05"),
        ("17 نوفمبر 2026", "2026-11-17"),
        ("17 Νοεμβρίου 2026", "2026-11-17"),
        ("17. maaliskuuta 2026", "2026-03-17"),
        ("17 czerwca 2026", "2026-06-17"),
        ("17 července 2026", "2026-07-17"),
        ("17 tháng 11, 2026", "2026-11-17"),
        ("2026. november 17.", "2026-11-17"),
        ("17 May 2026 Updated 18 May 2026 10:00", "2026-05-17"),
    ],
)
def test_a_moment_is_read_as_people_write_it(written: str, raw: str) -> None:
    stated = dates.parse(written)
    assert stated is not None
    assert stated.raw == raw


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<abbr class='published' title='2026-11-17T23:40:00+01:00'>last night</abbr>", id="hNews"),
        pytest.param("<span data-published='1794955200000'>now</span>", id="milliseconds for a script"),
        pytest.param("<time>17 November 2026, 22:40 GMT</time>", id="a time element without its attribute"),
        pytest.param(
            "<time class='updated' datetime='2026-11-19T08:00Z'></time><time datetime='2026-11-17T22:40Z'></time>",
            id="the change stands first",
        ),
    ],
)
def test_a_moment_in_the_page_is_read_where_the_head_has_none(body: str) -> None:
    stated = dates.published(page(body=body), "https://a.example/x")
    assert stated is not None
    assert stated.place == "time"
    assert stated.precision == 2
    assert stated.instant.date().isoformat() in ("2026-11-17", "2026-11-18")


def test_a_day_of_the_head_gets_its_hour_from_the_date_line() -> None:
    body = "<p class='date'>17 November 2026, 14:30 CET</p>"
    stated = dates.published(page(body=body, article={"datePublished": "2026-11-17"}), "https://a.example/x")
    assert stated is not None
    assert stated.raw == "2026-11-17T14:30:00+01:00"


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
    ["17 November 2026", "November 17, 2026", "17. November 2026", "17.11.2026", "2026年11月17日", "17 de noviembre de 2026", "le 17 novembre 2026"],
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
