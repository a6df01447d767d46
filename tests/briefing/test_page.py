"""What the page holds, read without a browser: its size, its policy, and links that lead somewhere."""

from __future__ import annotations

import base64
import hashlib
import html
import re

import pytest

from alerts.briefing.page import SIZE_LIMIT, render
from records.coverage import Coverage
from tests.briefing.telling import SINCE, briefing, change, evidence, first_at, news, story
from tests.kiosk import NOON


def test_a_page_never_outgrows_its_limit_and_counts_what_it_leaves_out() -> None:
    long = "محضر " * 90 + "معاهدة المرفأ" + " محضر" * 90
    stories = [
        story(number, "و" * 250, language="ar", evidence=(evidence(long, "معاهدة المرفأ"),)) for number in range(2_000)
    ]
    page = render(briefing(*stories))
    shown = page.count("<h4")
    assert SIZE_LIMIT * 0.9 < len(page.encode()) <= SIZE_LIMIT
    assert 0 < shown < 2_000
    assert f"{2_000 - shown:,} older stories not shown" in page
    assert "2,000 stories on 1 initiative" in page


def test_the_policy_names_the_hash_of_the_one_script_and_the_one_style() -> None:
    page = render(briefing(story()))
    policy = html.unescape(page.partition('Content-Security-Policy" content="')[2].partition('"')[0])
    for element in ("style", "script"):
        (content,) = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_what_has_no_web_address_is_no_link() -> None:
    first = first_at(NOON)
    told = briefing(
        story(1, "In the files", url="file:///etc/passwd"),
        initiatives=(news(first=type(first)(NOON, "Seed", "From the seeds", "", "")),),
        changes=(change(url="javascript:alert(1)", title="Gone"),),
    )
    page = render(told)
    links = re.findall(r'<a [^>]*href="([^"]*)"', page)
    assert set(links) == {"#stories", "#initiatives", "#changes", "atom.xml", "feed.json"}
    assert all(words in page for words in ("In the files", "From the seeds", "Gone"))


@pytest.mark.parametrize(
    ("covered", "marked"),
    [(Coverage(SINCE, NOON, ok=3), False), (Coverage(SINCE, NOON, ok=3, failing=("a",)), True)],
)
def test_coverage_with_gaps_is_marked(covered: Coverage, marked: bool) -> None:
    assert ('class="covered ill"' in render(briefing(story(), coverage=covered))) is marked


def test_the_same_briefing_gives_the_same_page() -> None:
    told = briefing(story(), story(2, late=True, dated=False), figures=(), changes=(change(),))
    assert render(told) == render(told)
    assert "found late" in render(told)
    assert "(first seen)" in render(told)
