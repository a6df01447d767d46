"""The page as a reader has it before them, in a real browser: it asks for nothing, filters, and leaves nobody out."""

from __future__ import annotations

import select
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.briefing.page import SIZE_LIMIT
from flows.briefing import Written
from tests.browser import Browser
from tests.inboxes import wait_until

TAB = "\ue004"
SPACE = "\ue00d"

SHOWN = "return [...document.querySelectorAll('.day li')].filter((one) => one.checkVisibility()).map((one) => one.querySelector('h4').innerText)"
SAID = "return document.getElementById('shown').textContent"
CHOOSE = """
const [name, value] = arguments, field = document.forms.filters.elements[name];
field.value = value; field.dispatchEvent(new Event("input", { bubbles: true }));
"""
CHOICES = "return [...document.forms.filters.elements[arguments[0]].options].map((one) => [one.value, one.text])"


@pytest.fixture(params=["demo", "harbour", "great"])
def page(request: pytest.FixtureRequest) -> Path:
    """Each of the three pages."""
    if request.param == "great":
        great: Written = request.getfixturevalue("great")
        return great.page
    path: Path = request.getfixturevalue(f"{request.param}_page")
    return path


def stories_of(browser: Browser) -> list[str]:
    found: list[str] = browser.run(SHOWN)
    return found


# ---- alone --------------------------------------------------------------------------------------------------------


def test_a_page_asks_for_nothing_and_makes_no_error(browser: Browser, page: Path) -> None:
    browser.errors(), browser.requests()
    browser.open(page)
    browser.run(CHOOSE, "words", "the")
    browser.run("window.scrollTo(0, document.body.scrollHeight)")
    assert browser.requests() == []
    assert browser.errors() == []


BREAK_OUT = """
window.ran = [];
const door = arguments[0];
const add = (name, values) => document.body.append(Object.assign(document.createElement(name), values));
add("script", { textContent: "ran.push('inline')" });
add("script", { src: `${door}/x.js` });
add("img", { src: `${door}/x.png` });
add("iframe", { src: `${door}/frame` });
add("link", { rel: "stylesheet", href: `${door}/x.css` });
document.body.insertAdjacentHTML("beforeend", `<p id="click" onclick="ran.push('handler')">x</p>`);
document.getElementById("click").click();
fetch(door).catch(() => {});
navigator.sendBeacon(door);
add("form", { id: "send", action: door, method: "post" });
// Later, so that the driver does not wait for a page that never comes.
setTimeout(() => document.getElementById("send").submit(), 300);
"""


@pytest.mark.parametrize("kept", [True, False], ids=["with its policy", "without it"])
def test_the_policy_lets_nothing_run_and_nothing_out_though_markup_were_let_in(
    browser: Browser, harbour_page: Path, tmp_path: Path, kept: bool
) -> None:
    page = tmp_path / "page.html"
    html = harbour_page.read_text("utf-8")
    page.write_text(html if kept else html.replace("Content-Security-Policy", "X-None"), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as door:
        browser.open(page)
        browser.run(BREAK_OUT, f"http://127.0.0.1:{door.getsockname()[1]}")
        if kept:
            browser.requests()  # waits until the page is idle
            assert browser.run("return window.ran") == []
        # Chromium may open a connection ahead of a request that is then refused: nothing is said on it.
        heard = any(_heard(door, within=1.5 if kept else 10))
    browser.open(harbour_page)
    browser.errors()
    assert heard is not kept


def _heard(door: socket.socket, within: float) -> Iterator[bytes]:
    """What each caller says first, until nobody has called for a while."""
    while select.select([door], [], [], within)[0]:
        caller, _ = door.accept()
        with caller:
            if select.select([caller], [], [], 0.5)[0]:
                yield caller.recv(1000)


def test_two_thousand_stories_stay_below_a_megabyte_and_a_half(great: Written) -> None:
    assert great.briefing.told == 2_000
    assert great.briefing.left_out == 0
    assert great.page.stat().st_size < SIZE_LIMIT == 1_500_000


# ---- filters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["initiative", "language", "country", "outlet"])
def test_each_choice_shows_its_stories_and_no_other(browser: Browser, harbour_page: Path, name: str) -> None:
    browser.open(harbour_page)
    everything = stories_of(browser)
    key = f"data-{name[0]}"
    for value, label in browser.run(CHOICES, name)[1:]:
        browser.run(CHOOSE, name, value)
        shown = stories_of(browser)
        told = browser.run(
            "return [...document.querySelectorAll('.day li')].filter((one) => one.getAttribute(arguments[0])"
            ".trim().split(/ +/).includes(arguments[1])).map((one) => one.querySelector('h4').innerText)",
            key,
            value,
        )
        assert shown == told
        assert 0 < len(shown) < len(everything)
        assert browser.run(SAID) == f"{len(shown)} of {len(everything)} stories: {label}"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("NAPKIN", 1),  # in a sentence, whatever the case
        ("traite peche", 1),  # without accents, and parts of words in any order
        ("treaty signed", 2),
        ("معاهدة المرفأ", 1),
        ("港湾条约", 2),
        ("gazette.example", 0),  # neither in a headline nor in a sentence
        ("   ", 11),
    ],
)
def test_words_are_found_in_headlines_and_sentences(
    browser: Browser, harbour_page: Path, words: str, found: int
) -> None:
    browser.open(harbour_page)
    browser.run(CHOOSE, "words", words)
    assert len(stories_of(browser)) == found


def test_filters_narrow_each_other_and_show_all_ends_them(browser: Browser, harbour_page: Path) -> None:
    browser.open(harbour_page)
    everything = stories_of(browser)
    browser.run(CHOOSE, "initiative", "harbour-treaty")
    browser.run(CHOOSE, "language", "zh")
    assert len(stories_of(browser)) == 2
    browser.run(CHOOSE, "words", "渔民")
    assert len(stories_of(browser)) == 1
    browser.run("document.querySelector('#filters button').click()")
    assert stories_of(browser) == everything
    assert browser.run("return location.hash") == ""


def test_what_is_chosen_survives_in_the_address(browser: Browser, harbour_page: Path) -> None:
    browser.open(harbour_page)
    browser.run(CHOOSE, "initiative", "harbour-treaty")
    browser.run(CHOOSE, "words", "quay & “pier”")
    browser.run(CHOOSE, "words", "港湾")
    shown, address = stories_of(browser), browser.run("return location.hash")
    assert len(shown) == 2
    browser.open(harbour_page, fragment=address)
    assert stories_of(browser) == shown
    browser.run("location.hash = '#stories'")  # a link within the page
    assert wait_until(lambda: bool(browser.run("return location.hash") == address))
    assert stories_of(browser) == shown
    browser.run("location.hash = '#country=EG'")
    assert wait_until(lambda: len(stories_of(browser)) == 1)


def test_a_bookmark_of_what_is_not_in_the_news_shows_nothing_and_says_so(browser: Browser, harbour_page: Path) -> None:
    browser.open(harbour_page, fragment="#initiative=tide-charter")
    assert stories_of(browser) == []
    assert browser.run(SAID) == "0 of 11 stories: tide-charter"
    assert not browser.run("return [...document.querySelectorAll('.day h3')].some((one) => one.checkVisibility())")


def test_an_address_cannot_act(browser: Browser, harbour_page: Path) -> None:
    browser.errors()
    browser.open(harbour_page, fragment="#outlet=<img src=x onerror=alert(1)>&words=<script>alert(1)</script>")
    assert stories_of(browser) == []
    assert browser.run("return document.querySelectorAll('img, main script').length") == 0
    assert browser.errors() == []


def test_an_initiatives_count_leads_to_its_stories(browser: Browser, harbour_page: Path) -> None:
    browser.open(harbour_page)
    browser.run("document.querySelector('[data-show=ferry-panel]').click()")
    assert len(stories_of(browser)) == 3
    assert browser.run("return document.activeElement.id") == "stories"
    assert browser.run("return location.hash") == "#initiative=ferry-panel"


def test_without_javascript_everything_is_shown_and_no_filter_pretends_to_work(
    browser: Browser, harbour_page: Path
) -> None:
    browser.open(harbour_page)
    everything = stories_of(browser)
    browser.open(harbour_page, script=False)
    assert stories_of(browser) == everything
    assert not browser.run("return document.getElementById('filters').checkVisibility()")
    assert browser.run(SAID) == "11 stories"


# ---- for everybody ------------------------------------------------------------------------------------------------

FOCUSED = """
const one = document.activeElement, style = getComputedStyle(one), box = one.getClientRects()[0];
if (one === document.body) return null;
const at = document.elementFromPoint(box.x + Math.min(box.width, 8) / 2, box.y + box.height / 2);
return {
  number: window.stops.indexOf(one),
  ring: style.outlineStyle === "solid" ? parseFloat(style.outlineWidth) : 0,
  seen: at !== null && (at === one || one.contains(at) || at.contains(one)),
  what: one.outerHTML.slice(0, 80),
};
"""


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("which", ["demo_page", "harbour_page"])
def test_the_keyboard_reaches_everything_with_visible_focus(
    browser: Browser, request: pytest.FixtureRequest, which: str, width: int
) -> None:
    browser.open(request.getfixturevalue(which), width=width)
    count = browser.run("""
        document.documentElement.style.scrollBehavior = "auto";
        window.stops = [...document.querySelectorAll("a[href], summary, select, input, button")].filter((one) => one.checkVisibility());
        return window.stops.length;
    """)
    reached: list[dict[str, Any]] = []
    while len(reached) < count:
        browser.presses(TAB)
        reached.append(browser.run(FOCUSED))
    assert Counter(one["number"] for one in reached) == Counter(range(count))
    assert [one["what"] for one in reached if one["ring"] < 2] == []
    assert [one["what"] for one in reached if not one["seen"]] == [], "nothing lies above what has the focus"


def test_a_closed_part_is_opened_by_the_keyboard(browser: Browser, harbour_page: Path) -> None:
    browser.open(harbour_page)
    browser.run("document.querySelector('.m summary').focus()")
    browser.presses(SPACE)
    assert "Courier of the North" in browser.run("return document.querySelector('.m details p').innerText")


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (1200, True), (390, False), (390, True)])
@pytest.mark.parametrize("which", ["demo_page", "harbour_page"])
def test_axe_finds_no_barrier(
    browser: Browser, request: pytest.FixtureRequest, which: str, width: int, dark: bool
) -> None:
    browser.open(request.getfixturevalue(which), width=width, dark=dark)
    browser.run("for (const one of document.querySelectorAll('details')) one.open = true")
    assert browser.barriers() == []


@pytest.mark.endurance
def test_axe_finds_no_barrier_among_two_thousand_stories(browser: Browser, great: Written) -> None:
    browser.open(great.page)
    assert browser.barriers() == []


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_nothing_is_wider_than_the_window(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width=width)
    assert browser.run("return document.documentElement.scrollWidth") <= width


def test_headlines_say_their_language_and_direction(browser: Browser, harbour_page: Path) -> None:
    browser.open(harbour_page)
    found = browser.run(
        "return [...document.querySelectorAll('.day h4')].map((one) => [one.lang, getComputedStyle(one).direction])"
    )
    assert Counter(map(tuple, found)) == {
        ("en", "ltr"): 5,
        ("ar", "rtl"): 1,
        ("fa", "rtl"): 1,
        ("zh-Hans", "ltr"): 2,
        ("fr", "ltr"): 1,
        ("", "ltr"): 1,
    }


def test_a_chart_says_in_words_what_it_shows(browser: Browser, harbour_page: Path) -> None:
    browser.open(harbour_page)
    assert browser.run("return document.querySelector('figure').getAttribute('aria-label')") == (
        "Stories per day: 7 stories in 8 days, most on 23 November (3); usually under 0.1 a day in the 28 days before."
    )
    assert browser.run("return document.querySelector('figure svg').getAttribute('aria-hidden')") == "true"
    assert browser.run("return document.querySelectorAll('svg style, svg [style], svg [fill]').length") == 0


def test_on_paper_there_are_the_stories_and_no_controls(browser: Browser, harbour_page: Path) -> None:
    browser.open(harbour_page)
    browser.run(CHOOSE, "language", "fr")
    browser.tell("Emulation.setEmulatedMedia", media="print")
    try:
        assert not browser.run("return document.getElementById('filters').checkVisibility()")
        assert browser.run("return document.getElementById('shown').checkVisibility()"), "paper says what was chosen"
        assert len(stories_of(browser)) == 1
        assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    finally:
        browser.tell("Emulation.setEmulatedMedia", media="")
