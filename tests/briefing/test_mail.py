"""The briefing as a mail: what programs for mail show, with a plain part that says the same."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import cast

import pytest

from alerts.briefing import mail
from alerts.content import Content, compose
from alerts.palette import DARK, LIGHT
from alerts.render.mail import HTML_LIMIT, PLAIN_LIMIT
from alerts.render.mail import render as render_digest
from records.alert import Notification, Occasion
from records.briefing import Stated
from records.coverage import Coverage
from records.signal import Severity
from tests.alerts.test_render import item
from tests.briefing.telling import SINCE, briefing, change, evidence, news, statement, story
from tests.browser import Browser
from tests.kiosk import NOON

WIDELY_SHOWN = {
    "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "th", "td", "h1", "h2", "h3", "p", "a", "strong",
    "blockquote", "ul", "li", "hr", "span", "br",
}  # fmt: skip
"""Elements that every mail program shows (caniemail.com, read 2026-11)."""


class Marks(HTMLParser):
    """The elements of a mail, its inline properties and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: dict[str, set[str]] = {}
        self.properties: set[str] = set()
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")
            if name == "style":
                self.properties |= {one.partition(":")[0] for one in (value or "").split(";")}

    def handle_data(self, data: str) -> None:
        self.words += data


FULL = briefing(
    story(1, "Treaty signed", outlets=(("ledger.example", "The Harbour Ledger"), *((f"o{n}", f"Outlet {n}") for n in range(12)))),
    story(2, "معاهدة المرفأ", language="ar", country="EG", outlet_name="الميناء", evidence=(evidence("قال إن معاهدة المرفأ تُقرأ.", "معاهدة المرفأ"),)),
    story(3, "Ferry Panel meets", evidence=(evidence("", "Ferry Panel", initiative_id="ferry-panel", field="title"),)),
    initiatives=(news(stories=2, articles=14, usual=0.4), news("Ferry Panel", usual=None)),
    figures=(Stated("harbour-treaty", "state", "", (statement(31), statement(29, "Old Mill Gazette"))),),
    changes=(change(),),
    coverage=Coverage(SINCE, NOON, ok=2, failing=("The Courier",), pages=9),
)  # fmt: skip


def test_a_mail_holds_only_what_every_program_shows() -> None:
    found = Marks(mail.render(FULL).html)
    assert found.elements <= WIDELY_SHOWN
    assert {"src", "srcset", "background", "id", "onclick"} & set(found.attributes) == set()
    assert {"position", "float", "display:grid", "background-image"} & found.properties == set()
    assert all(link.startswith("https://") for link in found.attributes["href"])
    assert "url(" not in mail.render(FULL).html


def test_both_parts_say_the_same() -> None:
    payload = mail.render(FULL)
    html = " ".join(Marks(payload.html).words.split())
    plain = " ".join(payload.body.split()).replace("*", "")
    for said in (
        "3 stories on 2 initiatives, printed 3 times by 1 outlet in 2 countries and 2 languages.",
        "Harbour Treaty", "Ferry Panel", "The Harbour Ledger (NO) · 24 Nov 2026, 12:00 · also in 12 outlets",
        "Ministers said that the Harbour Treaty will be signed in spring.", "قال إن معاهدة المرفأ تُقرأ.", "Ferry Panel meets",
        "Window: 17 Nov, 13:00 to 24 Nov 2026, 13:00 (Europe/Paris). 2 of 3 sources answered, 9 pages read.", "Failing: The Courier.",
        "Outlets disagree on Harbour Treaty, state: 31 states (The Harbour Ledger); 29 states (Old Mill Gazette).",
        "The Harbour Ledger, changed, noticed within 18 hours: Treaty signed. 31 states is now 29 states.",
    ):  # fmt: skip
        assert said in html, said
        assert said in plain, said
    for number in (1, 2, 3):
        assert f"https://ledger.example/{number}" in payload.html
        assert f"https://ledger.example/{number}\n" in payload.body
    assert payload.subject == "Briefing of 24 November 2026: 3 stories on 2 initiatives"


def test_initiatives_are_headings_in_both_parts() -> None:
    payload = mail.render(FULL)
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", payload.html) == ["Harbour Treaty", "Ferry Panel"]
    assert re.findall(r"^(.+)\n-+$", payload.body, re.MULTILINE) == ["Harbour Treaty", "Ferry Panel"]


def test_a_briefing_has_the_looks_of_a_digest() -> None:
    digest = Notification(
        "a" * 32, "desk", "digest/2026-11-24", 1, Occasion.DIGEST, Severity.INFO, NOON, items=(item(), item(title="Other"))
    )  # fmt: skip
    content: Content = compose(digest, (), zone="UTC", now=NOON)
    ours, theirs = mail.render(FULL).html, render_digest(content).html

    def style(html: str) -> str:
        return html.partition("<style>")[2].partition("</style>")[0]

    assert style(ours) == style(theirs)
    assert Marks(ours).elements - Marks(theirs).elements == {"th", "ul", "li"}, (
        "a table of initiatives, and what was covered"
    )
    allowed = {*vars_of(LIGHT), "#A7B0BE"}
    assert set(re.findall(r"#[0-9A-Fa-f]{6}", re.sub("<style>.*</style>", "", ours, flags=re.DOTALL))) <= allowed


def vars_of(palette: object) -> set[str]:
    return {getattr(palette, name) for name in palette.__slots__}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("covered", "said"),
    [
        (Coverage(SINCE, NOON, ok=3), "No news in the window, 3 of 3 sources answered"),
        (Coverage(SINCE, NOON, failing=("a",)), "No source answered (1 asked): there may be news"),
    ],
)
def test_a_mail_without_news_says_in_its_subject_whether_there_was_none(covered: Coverage, said: str) -> None:
    payload = mail.render(briefing(coverage=covered))
    assert payload.subject == f"Briefing of 24 November 2026: {said}"
    assert f"{said}." in payload.body
    assert f"{said}." in Marks(payload.html).words


def test_two_thousand_stories_are_not_clipped_and_what_was_covered_stays() -> None:
    payload = mail.render(briefing(*(story(number) for number in range(2_000))))
    assert len(payload.html.encode()) <= HTML_LIMIT
    assert len(payload.body.encode()) <= PLAIN_LIMIT
    for part in (payload.html, payload.body):
        assert re.search(r"and 1,?[0-9]{3} more", part)
        assert "3 of 3 sources answered" in part


def test_the_file_is_a_draft_that_programs_open() -> None:
    raw = mail.message(mail.render(FULL), NOON)
    # The default policy gives EmailMessage.
    read = cast("EmailMessage", message_from_bytes(raw, policy=policy.default))
    assert read["X-Unsent"] == "1"
    assert read["To"] is None
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]
    assert all(len(line) <= 998 for line in raw.split(b"\r\n")), "RFC 5322, 2.1.1"
    plain = read.get_body(("plain",))
    assert plain is not None
    assert "معاهدة المرفأ" in plain.get_content()


@pytest.mark.parametrize(("width", "dark"), [(800, False), (390, False), (390, True)])
def test_a_mail_is_read_by_everybody(browser: Browser, tmp_path: Path, width: int, dark: bool) -> None:
    page = tmp_path / "mail.html"
    page.write_text(mail.render(FULL).html, "utf-8")
    browser.open(page, width=width, dark=dark)
    assert browser.barriers("wcag2a", "wcag2aa", "wcag21aa", "wcag22aa") == []
    assert browser.run("return document.documentElement.scrollWidth") <= width
    ways = browser.run(
        "return [...document.querySelectorAll('h3, blockquote')].map((one) => getComputedStyle(one).direction)"
    )
    assert ways == ["ltr", "ltr", "rtl", "rtl", "ltr"], "headlines and sentences are written their own way"
    colour = browser.run("return getComputedStyle(document.querySelector('.sheet')).backgroundColor")
    sheet = DARK.sheet if dark else LIGHT.sheet
    assert colour == f"rgb({int(sheet[1:3], 16)}, {int(sheet[3:5], 16)}, {int(sheet[5:], 16)})"
