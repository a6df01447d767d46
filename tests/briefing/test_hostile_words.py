"""Words of the web that would act if they could stand as text on the page, in the mail and in both feeds."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import cast

import pytest
from hypothesis import example, given, settings
from lxml import etree

from alerts.briefing import feeds, mail
from alerts.briefing.page import render
from alerts.briefing.words import PASSAGE
from records.briefing import Briefing
from records.text import clean
from tests.alerts.nasty import TITLES, URLS, titles
from tests.briefing.telling import briefing, everywhere, evidence, news, story
from tests.browser import Browser

HOSTILE = [
    *TITLES,
    "</script><script>window.ran = 1</script>",
    "</style><style>* { display: none }</style>",
    "<svg><script>window.ran = 1</script></svg><math><mtext><style><img src=x onerror='window.ran = 1'>",
    "' autofocus onfocus=window.ran=1 x='",
    '" onmouseover="window.ran = 1" style="position: fixed; inset: 0',
    "--><img src=x onerror=window.ran=1><!--",
    "{{ 7 * 7 }}{% raw %}",
    "]]></content><entry><title>forged</title></entry><![CDATA[",
    "x" * 10_000,
    "د" * 10_000,
    "字" * 10_000,
    "W" * 200 + "\u202e" + "W" * 200,
]
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Skeleton(HTMLParser):
    """The elements and attributes of a page, without its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: set[tuple[str, str]] = set()
        self.links: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        # Words that look like the tag of a language are one: `lang` may come and go.
        self.attributes |= {(tag, name) for name, _ in attrs if name != "lang"}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "action")}


ORDINARY = Skeleton(render(everywhere("Harbour Treaty signed")) + render(briefing(story(), story(2))))
OWN_LINKS = {"data:,", "atom.xml", "feed.json", "#stories", "#initiatives", "#figures", "#changes"}


@settings(deadline=None, max_examples=40)
@given(words=titles)
@example(words="NaN")  # a language, as far as its form goes
def test_no_words_add_an_element_an_attribute_or_a_link_to_the_page(words: str) -> None:
    found = Skeleton(render(everywhere(words)))
    assert set(found.elements) <= set(ORDINARY.elements)
    assert found.elements["script"] == found.elements["style"] == 1
    assert found.attributes <= ORDINARY.attributes
    assert all(link.startswith(("https://", "http://")) for link in found.links - OWN_LINKS)


@pytest.fixture(scope="module")
def hostile() -> Briefing:
    """One briefing with a story for each: as headline, outlet, sentence and matched words."""
    stories = [
        story(
            number, words, url=URLS[number % len(URLS)], outlet_name=words, outlets=(("x.example", words), ("y", words)),
            evidence=(evidence(f"Before {words} after", words),),
        )
        for number, words in enumerate(HOSTILE)
    ]  # fmt: skip
    rest = everywhere("<img src=x onerror='window.ran = 1'><script>window.ran = 1</script>\u202e\x00\ud800")
    return replace(
        rest, stories=(*stories, *rest.stories), initiatives=(*rest.initiatives, news("<b onclick='window.ran = 1'>x")),
    )  # fmt: skip


@pytest.mark.parametrize("width", [1200, 390])
def test_in_a_browser_they_are_text_run_nothing_and_widen_nothing(
    browser: Browser, hostile: Briefing, tmp_path: Path, width: int
) -> None:
    page = tmp_path / "page.html"
    page.write_text(render(hostile), "utf-8")
    browser.errors(), browser.requests()
    browser.open(page, width=width)
    browser.run("for (const one of document.querySelectorAll('details')) one.open = true")
    heads = browser.run("return [...document.querySelectorAll('.day h4')].map((one) => one.textContent)")
    assert Counter(heads) == Counter(clean(one.title) or "(no headline)" for one in hostile.stories)
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.run("return window.ran") is None
    assert browser.run("return document.scripts.length") == 1
    assert browser.run("return document.querySelectorAll('img, iframe, object, embed, base, svg script').length") == 0
    handlers = "return [...document.all].flatMap((one) => one.getAttributeNames()).filter((one) => one.startsWith('on') || one === 'style')"
    assert browser.run(handlers) == []
    links = browser.run("return [...document.links].map((one) => one.protocol)")
    assert set(links) <= {"http:", "https:", "file:"}
    assert not _INVISIBLE.search(browser.run("return document.body.innerText").replace("\n", ""))
    assert browser.requests() == []
    assert browser.errors() == []


def test_right_to_left_words_do_not_turn_what_stands_beside_them(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    outlets = (("mina.example", "الميناء (اليوم)"), ("bandar.example", "روزنامهٔ بندر 12"))
    page.write_text(render(briefing(story(outlet_name=outlets[0][1], outlets=outlets, country="EG"))), "utf-8")
    browser.open(page, width=390)
    left = browser.run("""
        const left = (element, word) => {
          const text = [...element.childNodes].find((one) => one.textContent.includes(word)), range = document.createRange();
          range.setStart(text, text.textContent.indexOf(word)); range.setEnd(text, range.startOffset + word.length);
          return range.getBoundingClientRect().left;
        };
        const facts = document.querySelectorAll(".m p")[1];
        return ["EG", "English", "12:00"].map((word) => left(facts, word));
    """)
    assert left == sorted(left), "country, language and time stand in their order"


@settings(deadline=None, max_examples=60)
@given(words=titles)
def test_an_atom_feed_stays_well_formed_and_holds_them_as_text(words: str) -> None:
    feed = etree.fromstring(feeds.atom(everywhere(words)), etree.XMLParser(resolve_entities=False, no_network=True))
    atom = "{http://www.w3.org/2005/Atom}"
    entries = feed.findall(f"{atom}entry")
    assert len(entries) == 2
    assert [entry.findtext(f"{atom}title") for entry in entries] == [clean(words) or "(no headline)"] * 2
    assert {one.tag for one in feed.iter()} == {
        f"{atom}{name}"
        for name in ("feed", "id", "title", "updated", "generator", "author", "name", "link", "entry", "published", "category", "content")
    }  # fmt: skip
    assert all(one.get("href", "").startswith(("https://", "http://", "atom.xml")) for one in feed.iter(f"{atom}link"))


@settings(deadline=None, max_examples=60)
@given(words=titles)
def test_a_json_feed_stays_json_and_holds_them_as_text(words: str) -> None:
    feed = json.loads(feeds.json_feed(everywhere(words)).encode())
    assert [one["title"] for one in feed["items"]] == [clean(words) or "(no headline)"] * 2
    assert all(one.get("url", "https://").startswith(("https://", "http://")) for one in feed["items"])
    assert not _INVISIBLE.search(json.dumps(feed, ensure_ascii=False).replace("\\n", " "))


MAIL = Skeleton(mail.render(everywhere("Harbour Treaty signed")).html)


@settings(deadline=None, max_examples=60)
@given(words=titles)
def test_a_mail_has_no_element_attribute_or_header_that_they_brought(words: str) -> None:
    raw = mail.message(mail.render(everywhere(words)), briefing().written_at)
    # The default policy gives EmailMessage.
    read = cast("EmailMessage", message_from_bytes(raw, policy=policy.default))
    assert set(read.keys()) == {"Subject", "Date", "X-Unsent", "MIME-Version", "Content-Type"}
    assert not read.defects
    html, plain = read.get_body(("html",)), read.get_body(("plain",))
    assert html is not None
    assert plain is not None
    found = Skeleton(html.get_content())
    assert set(found.elements) <= set(MAIL.elements)
    assert found.attributes <= MAIL.attributes | {("a", "href"), ("a", "style")}
    assert all(link.startswith(("https://", "http://")) for link in found.links)
    assert not _INVISIBLE.search(plain.get_content().replace("\r", ""))


def test_ten_thousand_characters_are_cut_around_the_words_that_matched() -> None:
    long = f"{'before ' * 900}Harbour Treaty{' after' * 900}"
    page = render(briefing(story(title="w" * 10_000, evidence=(evidence(long),))))
    (quote,) = re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", page)
    words = re.sub("<[^>]*>", "", quote)
    assert "<mark>Harbour Treaty</mark>" in quote
    assert words.startswith("…")
    assert words.endswith("…")
    assert len(words) <= PASSAGE + 2
    assert f">{'w' * 299}…<" in page
