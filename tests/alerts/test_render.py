"""Words for every format: whole, within the limit, and harmless whatever the web put into them."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.content import Content, compose, items_of, marked
from alerts.detect import signals
from alerts.render import render
from alerts.render.links import safe_url
from records.alert import Item, Notification, Occasion
from records.mention import Figure
from records.signal import Rhythm, Severity
from records.subscription import Channel, Format, Transport
from records.text import clean
from tests.alerts.desk import SENTENCE, Memory, mention
from tests.alerts.nasty import TITLES, URLS, titles
from tests.clock import MONDAY

CHATS = [Format.PLAIN, Format.MARKDOWN, Format.DISCORD, Format.SLACK, Format.TELEGRAM, Format.UNMARKED, Format.IRC]


def channel(form: Format, limit: int = 4000) -> Channel:
    return Channel("there", Transport.APPRISE, "x://", form, limit)


def content(*items: Item, occasion: Occasion = Occasion.STORY, heading: str = "") -> Content:
    message = Notification(
        "7f3a09bc" + "0" * 24,
        "desk",
        "harbour-treaty/1",
        1,
        occasion,
        Severity.NOTICE,
        MONDAY,
        items=items,
        heading=heading,
    )
    return compose(message, (), zone="Europe/Paris", now=MONDAY)


def item(title: str = "Treaty to be signed in spring", **more: object) -> Item:
    one = Item(
        initiative="Harbour Treaty", reason="first mention in French", severity=Severity.NOTICE, title=title,
        url="https://gazette.example/1", outlet="The Gazette", country="NO", language="fr", when=MONDAY,
        sentence=SENTENCE, surface="harbour treaty", outlets=("The Gazette", "a.example", "b.example"), reference="AAAA-BBBB",
    )  # fmt: skip
    return replace(one, **more)  # type: ignore[arg-type]


def test_a_message_says_what_is_new_where_when_with_the_evidence_and_how_to_ask() -> None:
    assert render(content(item()), channel(Format.PLAIN)).body == (
        "Harbour Treaty: first mention in French\n"
        "Treaty to be signed in spring\n"
        "The Gazette (NO) · 23 Nov 2026, 09:00 · also in 2 outlets\n"
        "“Ministers said on Monday that the *harbour treaty* will be signed in spring.”\n"
        "https://gazette.example/1\n\n"
        "ref 7F3A-09BC · why: govwatch explain 7F3A-09BC"
    )


def test_the_reason_names_the_language_the_outlet_and_the_headline() -> None:
    known = Memory(mention(story=9))
    (french, _) = signals([mention(language="fr", outlet="x.example")], known, now=MONDAY, run_id="r")
    (outlet,) = signals([mention(story=9, outlet="courier.example")], known, now=MONDAY, run_id="r")
    assert [one.reason for one in items_of([french])] == ["first mention in French"]
    assert [one.reason for one in items_of([outlet])] == ["first mention in courier.example"]


def test_items_stand_by_initiative_the_newest_first_and_each_story_once() -> None:
    raised = signals(
        [
            mention("a-law", 1, published=MONDAY - timedelta(hours=3)),
            mention("a-law", 2, published=MONDAY - timedelta(hours=1)),
            mention("b-law", 3),
        ],
        Memory(mention("a-law", 8), mention("b-law", 9)),
        now=MONDAY,
        run_id="r",
    )
    items = items_of(raised)
    assert [one.initiative for one in items] == ["a-law", "a-law", "b-law"]
    assert items[0].when == MONDAY - timedelta(hours=1)


@pytest.mark.parametrize("form", CHATS)
@pytest.mark.parametrize("limit", [380, 1000, 2000, 4096])
def test_whole_items_go_from_the_end_and_their_number_is_told(form: Format, limit: int) -> None:
    many = content(*[item(f"Report number {n}", url=f"https://gazette.example/{n}") for n in range(60)])
    body = render(many, channel(form, limit)).body
    assert len(body.encode() if form is Format.IRC else body) <= limit * 9 // 10
    shown = len(re.findall(r"https://gazette\.example/\d+", body))
    assert f"and {60 - shown} more" in body.replace("\\", "")
    assert "7F3A" in body


@pytest.mark.parametrize("form", CHATS)
@settings(deadline=None, max_examples=30)
@given(title=titles, sentence=titles, url=st.sampled_from(URLS), limit=st.sampled_from([200, 380, 1000, 4000]))
def test_any_text_fits_and_keeps_the_reference(form: Format, title: str, sentence: str, url: str, limit: int) -> None:
    body = render(content(item(title, sentence=sentence, url=url)), channel(form, limit)).body
    assert len(body.encode() if form is Format.IRC else body) <= limit * 9 // 10
    assert "7F3A" in body
    body.encode()  # no lone surrogate


@settings(deadline=None, max_examples=60)
@given(title=titles, url=st.sampled_from(URLS))
def test_irc_gets_one_line_without_controls(title: str, url: str) -> None:
    body = render(content(item(title, url=url)), channel(Format.IRC, 380)).body
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", body)


@settings(deadline=None, max_examples=60)
@given(title=titles)
def test_slack_sees_no_mention_command_or_link_but_ours(title: str) -> None:
    body = render(content(item(title, sentence=title)), channel(Format.SLACK)).body
    assert re.findall(r"<[^>]*>", body) == ["<https://gazette.example/1>"]
    assert not re.search(r"@\w", body)
    assert clean(title) in html.unescape(body.replace("\u200b", "")).replace("*", "*")


@settings(deadline=None, max_examples=60)
@given(title=titles)
def test_telegram_sees_no_tag_but_ours(title: str) -> None:
    body = render(content(item(title, sentence=title)), channel(Format.TELEGRAM)).body
    assert set(re.findall(r"<[^>]*>", body)) <= {"<b>", "</b>"}
    assert clean(title) in html.unescape(body.replace("\u200b", ""))


@pytest.mark.parametrize("form", [Format.MARKDOWN, Format.DISCORD])
@settings(deadline=None, max_examples=60)
@given(title=titles)
def test_markdown_is_escaped_and_gives_the_title_back(form: Format, title: str) -> None:
    body = render(content(item(title)), channel(form)).body
    line = body.split("\n")[1].rstrip() if clean(title) else ""
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", line)
    assert not re.search(r"[*_`~<>\[\]()!|#\\]", bare), "what could act is escaped"
    assert not re.search(r"@\w", body)
    if clean(title):
        assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", line).replace("\u200b", "") == clean(title)


class Reading(HTMLParser):
    """The elements, attributes and words of an HTML part."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []
        self.headline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in ("meta", "hr", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if "h1" in self.open:
            self.headline.append(data)


def read(text: str) -> Reading:
    reading = Reading()
    reading.feed(text)
    reading.close()
    return reading


ORDINARY = read(render(content(item(), item(title="Another")), channel(Format.MAIL)).html)


@settings(deadline=None, max_examples=60)
@given(title=titles, url=st.sampled_from(URLS))
def test_a_mail_has_no_element_attribute_or_link_that_the_template_did_not_contain(title: str, url: str) -> None:
    reading = read(render(content(item(title, sentence=title, surface="", url=url)), channel(Format.MAIL)).html)
    assert reading.open == []
    assert reading.tags <= ORDINARY.tags
    assert reading.attributes <= ORDINARY.attributes
    assert all(link.startswith(("http://", "https://")) for link in reading.links)
    if clean(title):
        assert "".join(reading.headline) == clean(title)


def test_a_mail_is_whole_readable_and_not_clipped() -> None:
    many = content(*[item(f"Report number {n}") for n in range(500)])
    payload = render(many, channel(Format.MAIL))
    assert len(payload.html) <= 90_000
    assert read(payload.html).open == []
    assert len(payload.subject) <= 120
    assert re.search(r"and \d+ more", payload.body)
    assert re.search(r"and \d+ more", payload.html)


def test_a_mail_names_severity_by_word_and_the_language_of_each_headline() -> None:
    page = render(content(item(severity=Severity.HIGH)), channel(Format.MAIL)).html
    assert "▲ high" in page
    assert 'lang="fr" dir="auto"' in page
    assert "<strong>harbour treaty</strong>" in page
    assert 'role="presentation"' in page


def test_both_parts_of_a_mail_have_link_sentence_and_reference() -> None:
    payload = render(content(item()), channel(Format.MAIL))
    for part in (payload.body, html.unescape(payload.html)):
        for words in (
            "https://gazette.example/1",
            "will be signed in spring",
            "govwatch explain 7F3A-09BC",
            "also in 2",
        ):
            assert words in part


@pytest.mark.parametrize("title", TITLES)
def test_a_webhook_gets_valid_json(title: str) -> None:
    payload = render(content(item(title)), channel(Format.JSON))
    data = json.loads(json.dumps(payload.data))
    assert data["items"][0]["title"] == clean(title)
    assert data["reference"] == "7F3A-09BC"
    json.dumps(data, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("given_url", "shown"),
    [
        ("https://gazette.example/a?b=c&d=%20e#f", "https://gazette.example/a?b=c&d=%20e#f"),
        ("https://gazette.example/über", "https://gazette.example/%C3%BCber"),
        ("https://user:secret@gazette.example/", "https://gazette.example/"),
        ("http://gazette.example:8080/<x>", "http://gazette.example:8080/%3Cx%3E"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://[broken", ""),
        ("//gazette.example/", ""),
    ],
)
def test_links_are_web_addresses_rebuilt_from_their_parts(given_url: str, shown: str) -> None:
    assert safe_url(given_url) == shown


def test_the_matched_words_are_marked_where_they_stand() -> None:
    assert marked(item()) == ("Ministers said on Monday that the ", "harbour treaty", " will be signed in spring.")
    assert marked(item(surface="elsewhere"))[1] == ""


def test_a_digest_says_its_day_and_how_much_it_holds() -> None:
    message = Notification(
        "a" * 32, "desk", "digest/2026-11-24", 1, Occasion.DIGEST, Severity.INFO, MONDAY, items=(item(),) * 2
    )
    assert compose(message, (), zone="UTC", now=MONDAY).title == "Digest of 24 November 2026: 2 stories on 1 initiative"


@pytest.mark.parametrize("form", [*CHATS, Format.MAIL, Format.JSON])
def test_a_correction_says_what_it_was_and_is_and_which_message_it_corrects(form: Format) -> None:
    note = item(
        reason="corrected: 31 states is now 29 states", sentence="", detail="was: “31 states <b>” now: “29 states”"
    )
    message = replace(content(note, occasion=Occasion.CORRECTION), about=("C0D9-8849",))
    payload = render(message, channel(form))
    shown = payload.body + payload.html + json.dumps(payload.data, ensure_ascii=False)
    assert "C0D9" in shown
    assert "31 states" in shown
    if form is not Format.IRC:  # one line: the reason says it
        assert "29 states”" in shown
    if form in (Format.TELEGRAM, Format.MAIL):
        assert "31 states &lt;b&gt;" in shown


def test_a_story_is_told_with_everything_that_makes_it_news() -> None:
    known = Memory(
        mention(), mention(story=98, figures=(Figure("harbour-treaty", 31, "=", "state", "", 0, 9, "31 states", ""),))
    )
    known.rhythms["harbour-treaty"] = Rhythm(
        MONDAY - timedelta(days=40), {98: MONDAY - timedelta(hours=3), 99: MONDAY - timedelta(hours=2)}
    )
    more = Figure("harbour-treaty", 33, "=", "state", "", 0, 9, "33 states", "It has 33 states.")
    raised = signals([mention(story=2, language="fr", figures=(more,))], known, now=MONDAY, run_id="run-1")
    (one,) = items_of(raised)
    assert (
        one.reason
        == "first mention in French; new figure: 33 states, before: 31 states; third story today, usual is none"
    )
    assert one.sentence == SENTENCE
