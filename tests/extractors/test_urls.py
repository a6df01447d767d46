"""Which two addresses are one page, and which are not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from extractors.urls import canonical, outlet_of

SAME = [
    ("scheme, www, host case, default port", "HTTP://WWW.Site.example:80/a", "https://site.example/a"),
    ("trailing slash", "https://site.example/a/", "https://site.example/a"),
    ("front page", "https://site.example", "https://site.example/"),
    ("index file", "https://site.example/a/index.html", "https://site.example/a/"),
    ("fragment", "https://site.example/a#part-2", "https://site.example/a"),
    (
        "tracking, whatever the value",
        "https://site.example/a?utm_source=x&fbclid=y&id=7&mc_cid=z",
        "https://site.example/a?id=7",
    ),
    ("tracking by its value", "https://site.example/a?ref=rss&mod=rss_World&cmp=share_btn", "https://site.example/a"),
    ("order of parameters", "https://site.example/a?b=2&a=1", "https://site.example/a?a=1&b=2"),
    ("empty query", "https://site.example/a?", "https://site.example/a"),
    (
        "AMP tail behind an article",
        "https://site.example/2026/one-two-three-four/amp/",
        "https://site.example/2026/one-two-three-four",
    ),
    ("AMP file", "https://site.example/story-1234-amp.html", "https://site.example/story-1234.html"),
    ("AMP host", "https://amp.site.example/a", "https://site.example/a"),
    ("AMP cache", "https://site-example.cdn.ampproject.org/c/s/site.example/a", "https://site.example/a"),
    ("AMP parameter", "https://site.example/a?outputType=amp", "https://site.example/a"),
    ("mobile host", "https://m.site.example/a", "https://site.example/a"),
    ("mobile host with a language", "https://fr.m.site.example/a", "https://fr.site.example/a"),
    ("session in the path", "https://site.example/a.jsp;jsessionid=0A1B?id=1", "https://site.example/a.jsp?id=1"),
    ("session in the query", "https://site.example/a?PHPSESSID=0123456789abcdef", "https://site.example/a"),
    ("percent-encoding", "https://site.example/%7ea/%e4%ba%ba", "https://site.example/~a/人"),
    ("IDN", "https://müller.example/a", "https://xn--mller-kva.example/a"),
    ("dot segments and double slashes", "https://site.example//a/../b/./c", "https://site.example/b/c"),
]
DIFFERENT = [
    ("an id", "https://site.example/a?id=1", "https://site.example/a?id=2"),
    ("a page number", "https://site.example/a?page=1", "https://site.example/a?page=2"),
    ("ref with a content id", "https://site.example/a?ref=202601", "https://site.example/a?ref=202602"),
    ("source with a content id", "https://site.example/a?source=2026-07755", "https://site.example/a?source=2026-07756"),
    ("cmp as content", "https://site.example/a?cmp=us", "https://site.example/a?cmp=eu"),
    ("a short session-like id", "https://site.example/a?sid=7", "https://site.example/a?sid=8"),
    ("path case", "https://site.example/p/AbC", "https://site.example/p/aBc"),
    ("hash routes", "https://site.example/#/news/1", "https://site.example/#/news/2"),
    ("amp as a word", "https://site.example/electronics/amp", "https://site.example/electronics"),
    ("another index", "https://site.example/a/index_1.html", "https://site.example/a/index.html"),
    ("language hosts", "https://en.site.example/a", "https://fr.site.example/a"),
    ("another port", "https://site.example:8080/a", "https://site.example/a"),
    ("an escaped slash", "https://site.example/a%2Fb", "https://site.example/a/b"),
    ("an escaped ampersand", "https://site.example/a?q=x%26y=1", "https://site.example/a?q=x&y=1"),
    ("a plus and a space", "https://site.example/a?q=c%2B", "https://site.example/a?q=c+"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "one", "other"), SAME, ids=[row[0] for row in SAME])
def test_two_spellings_of_one_page_share_a_key(what: str, one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("what", "one", "other"), DIFFERENT, ids=[row[0] for row in DIFFERENT])
def test_two_pages_never_share_a_key(what: str, one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


_PIECES = st.lists(
    st.sampled_from(["/", "//", ".", "..", "a", "amp", "index.html", "%2e", "%", "%25", "%e4", "人", "?", "&", "=", "#", "utm_source=x", ";jsessionid=1", "-amp.html", "ref=rss", " ", "\\", "[", "1234567", "a-b-c-d", "m.", ":"]),
    max_size=12,
)  # fmt: skip


@given(
    st.sampled_from(
        ["https://www.site.example", "http://m.site.example:80", "https://a.cdn.ampproject.org/c/s/x.example"]
    ),
    _PIECES,
)
@example("https://www.site.example", ["/", "a", "/", "index.html", "/"])
@example("https://www.site.example", ["/", "a", "-amp.html", "/"])
@settings(deadline=None, max_examples=500)
def test_the_key_of_a_key_is_itself(start: str, pieces: list[str]) -> None:
    key = canonical(start + "".join(pieces))
    assert canonical(key) == key


@given(st.text(max_size=80))
@settings(deadline=None, max_examples=200)
def test_no_text_makes_it_fail(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)
    assert canonical("https://" + text) is not None
    outlet_of("https://" + text)


def test_it_is_fast_enough_to_be_called_for_every_item() -> None:
    urls = [
        f"https://www.site{n % 50}.example/2026/11/24/some-words-in-a-slug-{n}?utm_source=rss&id={n}"
        for n in range(5000)
    ]
    start = time.perf_counter()
    for url in urls:
        canonical(url)
    # Measured: 90,000 a second; a tenth of it leaves room for a machine under load.
    assert time.perf_counter() - start < len(urls) / 9_000


@pytest.mark.parametrize(
    ("url", "outlet"),
    [
        ("https://www.lemonde.fr/en/rss/une.xml", "lemonde.fr"),
        ("https://asia.paper.co.jp/x", "paper.co.jp"),
        ("http://m.site.com.cn/x", "site.com.cn"),
        ("https://www.cac.gov.cn/x", "cac.gov.cn"),
        ("https://someone.substack.com/p/x", "someone.substack.com"),
        ("https://127.0.0.1:8000/x", "127.0.0.1"),
        ("https://www.ledger.example/", "ledger.example"),
        ("https://news.bbc.co.uk:443/a", "bbc.co.uk"),
        ("https://my.blogspot.com/", "my.blogspot.com"),
        ("https://www.edpb.europa.eu/news", "edpb.europa.eu"),
        ("https://www.gov.uk/government/x", "gov.uk"),
        ("https://www.ncsc.gov.uk/x", "ncsc.gov.uk"),
        ("https://news.city.kobe.jp/x", "city.kobe.jp"),
        ("https://news.пример.公司.cn/x", "xn--e1afmkfd.xn--55qx5d.cn"),
        ("https://localhost/x", "localhost"),
        ("https://[::1]:8000/x", "[::1]"),
        ("http://[broken", ""),
        ("nonsense", ""),
        ("", ""),
    ],
)
def test_the_outlet_is_the_site_that_publishes(url: str, outlet: str) -> None:
    assert outlet_of(url) == outlet


@pytest.mark.real
def test_all_pairs_of_the_kit_are_told_apart_rightly() -> None:
    kit = Path(__file__).parents[3] / "shared/kits/urls/pairs.tsv"
    if not kit.exists():
        pytest.skip("../shared/kits/urls/pairs.tsv is absent")
    rows = [line.split("\t") for line in kit.read_text(encoding="utf-8").splitlines() if line]
    wrong = [row for row in rows if (canonical(row[2]) == canonical(row[3])) != (row[0] == "same")]
    assert len(rows) == 54
    assert not wrong
