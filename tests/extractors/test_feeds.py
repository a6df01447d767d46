"""Feeds and sitemaps of every format, whole and broken, honest and hostile: what items they give."""

from __future__ import annotations

import contextlib
import gzip
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors import feeds
from records.article import FeedItem
from records.errors import ParseError

BASE = "https://site.example/feeds/news.xml"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def rss(items: str, head: str = "", declaration: str = '<?xml version="1.0" encoding="utf-8"?>') -> bytes:
    return f'{declaration}<rss version="2.0"><channel><title>Site</title>{head}{items}</channel></rss>'.encode()


def one(body: bytes, content_type: str | None = None) -> FeedItem:
    items = feeds.parse(body, content_type, BASE)
    assert len(items) == 1
    return items[0]


FORMATS = {
    "RSS 2.0": '<rss version="2.0"><channel><title>s</title><item><title>Rules for AI</title><link>https://site.example/a</link><pubDate>Tue, 24 Nov 2026 12:00:00 GMT</pubDate></item></channel></rss>',
    "RSS 0.91 without a date's zone": '<rss version="0.91"><channel><item><title>Rules for AI</title><link>https://site.example/a</link><pubDate>24 Nov 2026 12:00</pubDate></item></channel></rss>',
    "RSS 1.0": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><items><rdf:Seq><rdf:li resource="https://site.example/a"/></rdf:Seq></items></channel><item rdf:about="https://site.example/a"><title>Rules for AI</title><link>https://site.example/a</link><dc:date>2026-11-24T12:00:00Z</dc:date></item></rdf:RDF>',
    "RSS 0.90": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/"><item><title>Rules for AI</title><link>https://site.example/a</link><pubDate>2026-11-24T12:00Z</pubDate></item></rdf:RDF>',
    "Atom 1.0": '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Rules for AI</title><link rel="self" href="https://site.example/x.atom"/><link href="https://site.example/a"/><updated>2026-11-25T00:00:00Z</updated><published>2026-11-24T12:00:00Z</published></entry></feed>',
    "Atom 0.3": '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>Rules for AI</title><link rel="alternate" type="text/html" href="https://site.example/a"/><issued>2026-11-24T12:00:00Z</issued></entry></feed>',
    "Atom without a namespace, with a prefix": '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>Rules for AI</a:title><a:link href="https://site.example/a"/><a:updated>2026-11-24T12:00:00Z</a:updated></a:entry></a:feed>',
    "CDF": '<CHANNEL HREF="https://site.example/"><TITLE>Site</TITLE><ITEM HREF="https://site.example/a" LASTMOD="2026-11-24T12:00"><TITLE>Rules for AI</TITLE></ITEM></CHANNEL>',
    "JSON Feed": json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "s", "items": [{"id": 7, "url": "https://site.example/a", "title": "Rules for AI", "date_published": "2026-11-24T12:00:00Z"}]}),
    "news sitemap": '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://site.example/a</loc><lastmod>2026-11-25</lastmod><news:news><news:publication><news:name>Site</news:name><news:language>en</news:language></news:publication><news:publication_date>2026-11-24T12:00:00Z</news:publication_date><news:title>Rules for AI</news:title></news:news></url></urlset>',
    "GDELT answer": json.dumps({"articles": [{"url": "https://site.example/a", "title": "Rules for AI", "seendate": "20261124T120000Z", "domain": "site.example", "language": "English"}]}),
    "GDELT minute file": json.dumps({"date": "2026-11-24T12:00:00Z", "url": "https://site.example/a", "title": "Rules for AI", "lang": "en"}) + "\n" + '{"url": "https://cut',
}  # fmt: skip


@pytest.mark.parametrize("what", FORMATS)
def test_every_format_gives_link_title_and_date(what: str) -> None:
    item = one(FORMATS[what].encode())
    assert (item.url, item.title, item.published) == ("https://site.example/a", "Rules for AI", NOON)


@pytest.mark.parametrize("what", FORMATS)
def test_every_format_may_be_gzipped(what: str) -> None:
    assert one(gzip.compress(FORMATS[what].encode())).title == "Rules for AI"


def test_the_federal_register_gives_documents() -> None:
    row = {"html_url": "https://register.example/d/1", "title": "Notice on AI", "publication_date": "2026-11-24", "document_number": "1", "abstract": "About.", "agencies": [{"name": "Office"}]}  # fmt: skip
    item = one(json.dumps({"count": 1, "results": [row], "next_page_url": "https://register.example/?page=2"}).encode())
    assert (item.url, item.title, item.outlet, item.guid) == (
        "https://register.example/d/1",
        "Notice on AI",
        "Office",
        "1",
    )
    assert feeds.parse(b'{"count": 0}', None, BASE) == []


def test_a_sitemap_index_gives_its_children() -> None:
    body = b'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>/s1.xml.gz</loc><lastmod>2026-11-24</lastmod></sitemap></sitemapindex>'
    item = one(body)
    assert item.url == "https://site.example/s1.xml.gz"
    assert feeds.document(body, None, BASE).format == "sitemap index"


def test_a_plain_text_sitemap_gives_its_lines() -> None:
    assert [item.url for item in feeds.parse(b"https://site.example/a\nhttps://site.example/b\n", None, BASE)] == ["https://site.example/a", "https://site.example/b"]  # fmt: skip


LINKS = [
    ("an Atom link of another kind before the link", '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="standout" href="https://other.example/"/><link>https://site.example/a</link>'),
    ("an Atom link without rel only", '<a10:link xmlns:a10="http://www.w3.org/2005/Atom" href="https://site.example/a"/>'),
    ("a permalink guid only", "<guid>https://site.example/a</guid>"),
    ("a relative link", "<link>/a</link>"),
    ("a link that climbs", "<link>../a</link>"),
    ("a link in CDATA with line breaks", "<link><![CDATA[\n https://site.example/a\n ]]></link>"),
    ("a link inside a description item", "<link>https://site.example/a</link><description><item><link>https://no.example/</link></item></description>"),
    ("FeedBurner's redirect beside the original", '<link>http://feedproxy.google.com/~r/x/1</link><feedburner:origLink xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">https://site.example/a</feedburner:origLink>'),
]  # fmt: skip


@pytest.mark.parametrize(("what", "inner"), LINKS, ids=[row[0] for row in LINKS])
def test_the_link_is_the_page_of_the_item(what: str, inner: str) -> None:
    assert one(rss(f"<item><title>t</title>{inner}</item>")).url == "https://site.example/a"


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "mailto:a@b.example", "http://", "urn:uuid:1"],
)
def test_only_web_addresses_are_links(link: str) -> None:
    assert one(rss(f"<item><title>t</title><link>{link}</link><guid>{link}</guid></item>")).url == ""


def test_xml_base_counts_for_relative_links() -> None:
    body = b'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://cdn.example/x/"><entry xml:base="y/"><title>t</title><link href="a"/></entry></feed>'
    assert one(body).url == "https://cdn.example/x/y/a"


TITLES = [
    ("an entity", "AT&amp;T", "AT&T"),
    ("a bare ampersand", "AT&T", "AT&T"),
    ("an HTML entity that XML does not know", "Caf&eacute; &nbsp;rules", "Café rules"),
    ("a doubly escaped entity", "Q&amp;amp;A", "Q&A"),
    ("escaped markup", "&lt;b&gt;New&lt;/b&gt; rules", "New rules"),
    ("markup in CDATA", "<![CDATA[<i>New</i> rules &amp; more]]>", "New rules & more"),
    ("inline markup", "<b>New</b> rules", "New rules"),
    ("text that only looks like markup", "&lt;3 and Vec&lt;T&gt;", "<3 and Vec<T>"),
    ("controls and direction marks", "New\u202e ru\u0001les".replace("\u0001", "&#1;"), "New rules"),
    ("white space", "\n  New\n\trules ", "New rules"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "written", "read"), TITLES, ids=[row[0] for row in TITLES])
def test_a_title_is_plain_text(what: str, written: str, read: str) -> None:
    assert one(rss(f"<item><title>{written}</title><link>/a?x=1&cat=2</link></item>")).title == read


def test_a_bare_ampersand_leaves_the_link_whole() -> None:
    body = rss("<item><title>t</title><link>https://site.example/?id=1&cat=2&lang=fr&copy=3</link></item>")
    assert one(body).url == "https://site.example/?id=1&cat=2&lang=fr&copy=3"


def test_an_item_without_a_date_has_none() -> None:
    for guid in ("192", "may-16", "2026"):
        assert (
            one(rss(f"<item><title>t</title><guid isPermaLink='false'>{guid}</guid><link>/a</link></item>")).published
            is None
        )
    assert (
        one(rss("<item><title>t</title><link>/a</link><pubDate>0001-01-01T00:00:00Z</pubDate></item>")).published
        is None
    )


CHARSETS = [
    ("declared", "gb18030", '<?xml version="1.0" encoding="gb18030"?>', None),
    ("GBK under the name gb2312", "gbk", '<?xml version="1.0" encoding="gb2312"?>', None),
    ("by HTTP only", "gb18030", "", "text/xml; charset=gb18030"),
    (
        "UTF-8 under a wrong name",
        "utf-8",
        '<?xml version="1.0" encoding="ISO-8859-1"?>',
        "text/xml; charset=iso-8859-1",
    ),
    ("UTF-8 with its mark", "utf-8-sig", "", None),
    ("UTF-16 with its mark", "utf-16", '<?xml version="1.0" encoding="utf-16"?>', None),
]


@pytest.mark.parametrize(("what", "charset", "declaration", "content_type"), CHARSETS, ids=[row[0] for row in CHARSETS])
def test_the_charset_is_found(what: str, charset: str, declaration: str, content_type: str | None) -> None:
    text = rss(
        "<item><title>关于生成式人工智能服务管理的规定镕</title><link>/a</link></item>", declaration=declaration
    ).decode()
    assert one(text.encode(charset), content_type).title == "关于生成式人工智能服务管理的规定镕"


def test_latin_1_under_the_name_of_utf_8_is_read() -> None:
    body = (
        rss("<item><title>Décision de la présidente sur l'intelligence</title><link>/a</link></item>")
        .decode()
        .encode("latin-1")
    )
    assert one(body).title == "Décision de la présidente sur l'intelligence"


def test_a_stray_byte_in_utf_8_spoils_only_itself() -> None:
    body = rss("<item><title>Régulation, société, procédé</title><link>/a</link></item><!-- X -->").replace(
        b"X", b"\xe9"
    )
    assert one(body).title == "Régulation, société, procédé"


BROKEN = [
    ("warnings and blank lines before the root", b"\n\nWarning: something <b>on</b> line 3\n%s"),
    ("a DOCTYPE", b'<?xml version="1.0"?><!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">%s'),
    ("junk after the root", b"%s<script>x</script>"),
    ("a comment that names another root", b"<!-- <feed> --><!-- <rss> -->%s"),
]


@pytest.mark.parametrize(("what", "around"), BROKEN, ids=[row[0] for row in BROKEN])
def test_what_stands_around_a_feed_does_no_harm(what: str, around: bytes) -> None:
    assert one(around % rss("<item><title>t</title><link>/a</link></item>", declaration="")).title == "t"


def test_a_truncated_feed_gives_what_is_whole() -> None:
    body = rss("".join(f"<item><title>t{n}</title><link>/a{n}</link></item>" for n in range(10)))
    items = feeds.parse(body[: body.index(b"<title>t7")], None, BASE)
    assert [item.title for item in items][:7] == [f"t{n}" for n in range(7)]
    cut = gzip.compress(rss("".join(f"<item><title>t{n * 7919}</title><link>/a{n}</link></item>" for n in range(2000))))
    assert len(feeds.parse(cut[: len(cut) // 2], None, BASE)) > 100


def test_an_undeclared_prefix_and_unclosed_items_are_read() -> None:
    body = rss(
        "<item><title>a</title><link>/a</link><dc:date>2026-11-24T12:00:00Z</dc:date><item><title>b</title><link>/b</link></item>"
    )
    items = feeds.parse(body, None, BASE)
    assert [(item.title, item.published) for item in items] == [("a", NOON), ("b", None)]


def test_a_feed_without_items_is_empty_and_no_error() -> None:
    assert feeds.parse(rss(""), None, BASE) == []
    assert feeds.parse(b'<feed xmlns="http://www.w3.org/2005/Atom"/>', None, BASE) == []
    assert feeds.parse(b'{"version": "https://jsonfeed.org/version/1", "items": []}', None, BASE) == []


NO_FEEDS = [
    (b"", "empty"),
    (b"   \n", "empty"),
    (b'<!doctype html><title>Sign in</title><form><input type="password"></form>', 'log-in page titled "Sign in"'),
    (b"<html><head><title>Just a moment...</title></head></html>", "proof of being human"),
    (
        b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><title>Site</title><rss></rss></html>",
        'HTML page titled "Site"',
    ),
    (b"%PDF-1.7 ...", "PDF"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "<svg>"),
    (b'{"error": "no"}', "JSON"),
    (b'{"items": ', "broken JSON"),
    (b"[" * 100_000, "JSON"),
    (b"hello", "plain text"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
    (b"\x1f\x8bnot gzip at all", "gzip"),
]


@pytest.mark.parametrize(("body", "said"), NO_FEEDS)
def test_what_is_no_feed_is_named(body: bytes, said: str) -> None:
    with pytest.raises(ParseError) as caught:
        feeds.parse(body, "application/rss+xml", BASE)
    assert said in str(caught.value)


def test_billion_laughs_stay_unheard() -> None:
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    body = f"<?xml version='1.0'?><!DOCTYPE rss [{entities}]>".encode() + rss(
        "<item><title>&i; x</title><link>/a</link></item>", declaration=""
    )
    start = time.perf_counter()
    item = one(body)
    assert time.perf_counter() - start < 0.5
    assert item.url == "https://site.example/a"
    assert len(item.title or "") < 20


def test_external_entities_are_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden words")
    body = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>'.encode() + rss(
        "<item><title>&x;</title><link>/a</link></item>", declaration=""
    )
    assert "hidden" not in str(feeds.parse(body, None, BASE))


def test_a_gzip_bomb_is_refused_quickly() -> None:
    bomb = gzip.compress(b"<rss>" + b" " * 80_000_000, 1)
    start = time.perf_counter()
    with pytest.raises(ParseError, match="unpacks to more than"):
        feeds.parse(bomb, None, BASE)
    assert time.perf_counter() - start < 3


def test_fifty_thousand_items_take_seconds_not_minutes() -> None:
    body = rss(
        "".join(
            f"<item><title>t{n}</title><link>/a{n}</link><guid>same</guid><pubDate>Tue, 24 Nov 2026 12:00:00 GMT</pubDate></item>"
            for n in range(50_000)
        )
    )
    start = time.perf_counter()
    items = feeds.parse(body, None, BASE)
    assert time.perf_counter() - start < 10
    assert len({item.url for item in items}) == 50_000


def test_deep_nesting_ends_quickly() -> None:
    start = time.perf_counter()
    feeds.parse(rss("<item><title>t</title><link>/a</link></item>" + "<x>" * 200_000), None, BASE)
    assert time.perf_counter() - start < 3


def test_the_publishers_wishes_and_language_are_kept() -> None:
    head = "<language>pt_br</language><ttl>90</ttl><skipHours><hour>0</hour><hour>23</hour></skipHours><skipDays><day>Sunday</day></skipDays>"
    parsed = feeds.document(rss("<item><title>t</title><link>/a</link></item>", head), None, BASE)
    assert parsed.pace.ttl == 5400
    assert parsed.pace.skip_hours == {0, 23}
    assert parsed.pace.skip_days == {6}
    assert parsed.items[0].language == parsed.language == "pt-BR"


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=150)
def test_no_bytes_make_it_fail_but_by_saying_so(body: bytes) -> None:
    for around in (body, b"<rss><channel><item>" + body, b'<feed xmlns="x">' + body + b"</feed>", b"{" + body):
        with contextlib.suppress(ParseError):
            assert isinstance(feeds.parse(around, None, BASE), list)


@pytest.mark.real
def test_the_kit_of_real_feeds_is_read_whole() -> None:
    kit = Path(__file__).parents[3] / "shared/kits/feeds"
    if not kit.exists():
        pytest.skip("../shared/kits/feeds is absent")
    expected = hits = 0
    for line in (kit / "expected.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["kind"] in ("html_listing", "warc"):
            continue
        items = feeds.parse((kit / "files" / row["file"]).read_bytes(), row["content_type"], row["base_url"])
        wanted = [one for one in row["items"] if not one.get("optional")]
        expected += len(wanted)
        hits += min(len(items), len(wanted))
        assert len(items) <= len(row["items"]), row["file"]
    assert hits == expected
