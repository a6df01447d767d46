"""Kinds of sources: what a poll of each gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from config import sources as shapes
from extractors import kinds
from extractors.autodiscovery import feeds_named_by
from extractors.gdelt import minute_files
from extractors.google_news import read as read_google
from records.article import Page
from records.errors import ParseError
from records.source import Source

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def source(kind: str = "feed", **more: str) -> Source:
    return Source("paper", "Paper", kind, "https://site.example/feed", timedelta(minutes=30), **more)  # type: ignore[arg-type]


def page(body: str, url: str = "https://site.example/feed") -> Page:
    return Page(url, url, 200, {"content-type": "text/xml; charset=utf-8"}, body.encode(), NOW)


def rss(*items: str) -> str:
    return f"<rss><channel>{''.join(f'<item>{item}</item>' for item in items)}</channel></rss>"


def test_items_know_their_source_and_those_without_a_page_are_counted() -> None:
    reading = kinds.read(source(), page(rss("<title>a</title><link>/a</link>", "<title>b</title>")), NOW)
    assert [(item.source, item.url) for item in reading.items] == [("paper", "https://site.example/a")]
    assert reading.linkless == 1
    assert reading.format == "rss"


def test_a_date_far_ahead_is_no_date() -> None:
    near, far = "Wed, 25 Nov 2026 12:00:00 GMT", "Tue, 24 Nov 2037 12:00:00 GMT"
    body = rss(*(f"<title>a</title><link>/{n}</link><pubDate>{date}</pubDate>" for n, date in enumerate((near, far))))
    assert [bool(item.published) for item in kinds.read(source(), page(body), NOW).items] == [True, False]


def index(*children: str) -> str:
    rows = "".join(f"<sitemap>{child}</sitemap>" for child in children)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'


def test_an_index_leads_to_its_newest_children_only() -> None:
    children = [f"<loc>https://site.example/{day}.xml</loc><lastmod>2026-11-{day:02}</lastmod>" for day in range(1, 21)]
    reading = kinds.read(source("sitemap"), page(index(*children)), NOW)
    assert reading.items == ()
    assert reading.follow == tuple(f"https://site.example/{day}.xml" for day in range(20, 20 - kinds.MOST_FOLLOWED, -1))


def test_an_index_without_dates_is_followed_by_the_dates_in_its_names() -> None:
    children = [
        f"<loc>https://site.example/sitemap-{year}-{month:02}.xml</loc>"
        for year in (2025, 2026)
        for month in range(1, 12)
    ]
    follow = kinds.read(source("sitemap"), page(index(*children)), NOW).follow
    assert follow[0] == "https://site.example/sitemap-2026-11.xml"
    plain = [f"<loc>https://site.example/part{n}.xml</loc>" for n in range(9)]
    assert kinds.read(source("sitemap"), page(index(*plain)), NOW).follow[0] == "https://site.example/part0.xml"


def test_a_google_news_title_loses_its_publisher_and_names_it() -> None:
    body = rss(
        '<title>Rules - a draft - The Paper</title><link>https://news.google.com/rss/articles/1</link><source url="https://p.example">The Paper</source>'
    )
    item = kinds.read(source("google_news"), page(body), NOW).items[0]
    assert (item.title, item.outlet) == ("Rules - a draft", "The Paper")
    other = rss('<title>Rules - a draft</title><link>/1</link><source url="https://p.example">The Paper</source>')
    assert read_google(other.encode(), None, "https://n.example/").items[0].title == "Rules - a draft"


def test_a_bing_link_is_read_out_of_its_redirect() -> None:
    body = rss(
        "<title>t</title><link>http://www.bing.com/news/apiclick.aspx?ref=x&amp;url=https%3a%2f%2fwww.paper.example%2fa%3fid%3d1&amp;c=2</link>"
    )
    item = kinds.read(source("bing_news"), page(body), NOW).items[0]
    assert (item.url, item.outlet) == ("https://www.paper.example/a?id=1", "paper.example")


LISTING = """<nav><a href="/about">About this ministry and its work</a></nav>
<ul class="news">
  <li><a href="/2026/a.html" title="The whole headline of the first notice">The whole headline…</a> <span>2026-11-24</span></li>
  <li><a href="/2026/b.html"><img alt=""></a><h3><a href="/2026/b.html">The second notice, on chips</a></h3><time datetime="2026-11-23T10:00:00+08:00"></time></li>
</ul><a href="/page/2">more</a>"""


@pytest.mark.parametrize(
    "rule",
    [{"selector": "ul.news a"}, {"selector": "ul.news li"}, {"link_pattern": r"https://site\.example/20\d\d/\w\.html"}],
)
def test_a_listing_gives_the_links_that_its_rule_takes(rule: dict[str, str]) -> None:
    items = kinds.read(source("listing", **rule), page(LISTING), NOW).items
    assert [(item.url, item.title, item.published) for item in items] == [
        (
            "https://site.example/2026/a.html",
            "The whole headline of the first notice",
            datetime(2026, 11, 24, tzinfo=UTC),
        ),
        ("https://site.example/2026/b.html", "The second notice, on chips", datetime(2026, 11, 23, 2, tzinfo=UTC)),
    ]


def test_a_listing_without_a_rule_takes_what_stands_beside_dates() -> None:
    assert [item.url[-6:] for item in kinds.read(source("listing"), page(LISTING), NOW).items] == ["a.html", "b.html"]


def test_a_redesigned_listing_says_so() -> None:
    with pytest.raises(ParseError, match=r"none of which selector 'div\.old a' takes: was the page redesigned"):
        kinds.read(source("listing", selector="div.old a"), page(LISTING), NOW)


def test_a_feed_that_became_a_page_says_what_it_is() -> None:
    with pytest.raises(ParseError, match='an HTML page titled "Welcome", not a feed'):
        kinds.read(source(), page("<html><title>Welcome</title></html>"), NOW)


def test_a_page_that_names_a_feed_says_which() -> None:
    body = '<html><title>W</title><link rel="alternate" type="application/atom+xml" title="News" href="/atom"></html>'
    with pytest.raises(ParseError, match=r"it names the feed https://site\.example/atom"):
        kinds.read(source(), page(body), NOW)


def test_the_feeds_of_a_page_are_found_and_those_of_comments_come_last() -> None:
    body = """<html><link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
    <link rel="alternate" type="application/rss+xml" title="News" href="/feed"><link rel="alternate" hreflang="fr" href="/fr">
    <link rel="sitemap" href="/sitemap.xml"><a href="/more.rss">RSS</a><a href="/about">About</a></html>"""
    found = feeds_named_by(body.encode(), None, "https://site.example/")
    assert [(one.url, one.kind) for one in found] == [
        ("https://site.example/feed", "feed"),
        ("https://site.example/sitemap.xml", "sitemap"),
        ("https://site.example/more.rss", "feed"),
        ("https://site.example/comments/feed", "feed"),
    ]


def test_the_article_list_has_a_file_a_minute() -> None:
    files = list(minute_files(NOW, NOW + timedelta(minutes=2)))
    assert [one.rsplit("/", 1)[1] for one in files] == ["20261124120000.gal.json.gz", "20261124120100.gal.json.gz"]


def test_an_unknown_kind_is_named_with_the_known_ones() -> None:
    with pytest.raises(ParseError, match="'gopher'; known: feed, sitemap"):
        kinds.read(source("gopher"), page(""), NOW)


def test_configuration_and_readers_know_the_same_kinds() -> None:
    assert set(shapes.KINDS) == set(kinds.KINDS)
