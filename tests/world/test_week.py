"""The demo's week is what its description promises, in texts that extraction gets out of the pages whole."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources

import httpx
import pytest
import trafilatura
import yaml

from flows.demo.week import ACTS, Truth, Week, span
from tests.clock import Clock
from tests.newsroom import Newsroom


@pytest.fixture
def week(newsroom: Newsroom) -> Week:
    week = Week(newsroom)
    for act in ACTS:
        week.act(act)
    return week


def test_the_week_has_forty_articles_of_a_dozen_outlets_in_eight_languages_and_every_format(week: Week) -> None:
    outlets = week.newsroom.outlets.values()
    assert len(week.truths) >= 38
    assert len({truth.publication.house.id for truth in week.truths}) >= 12
    assert {outlet.house.language for outlet in outlets} >= {
        "en",
        "fr",
        "es",
        "de",
        "ru",
        "ar",
        "ja",
        "zh-Hans",
        "zh-Hant",
    }
    assert {outlet.kind for outlet in outlets} == {
        "rss",
        "atom",
        "rdf",
        "jsonfeed",
        "news_sitemap",
        "sitemap_index",
        "listing",
    }
    assert week.newsroom.outlets["jiangpan-wanbao"].house.encoding == "gb18030"


def test_one_wire_story_runs_in_six_outlets_whole_cut_renamed_and_wrapped(week: Week) -> None:
    copies = [truth for truth in week.truths if truth.original is not None]
    assert len(copies) == 5
    original = copies[0].original
    assert original is not None
    assert {len(copy.publication.story.paragraphs) for copy in copies} > {len(original.story.paragraphs)}
    assert any(copy.publication.story.title != original.story.title for copy in copies)
    assert any(copy.publication.wrapped for copy in copies)
    assert all(copy.publication.published > original.published for copy in copies)


def test_the_initiatives_of_the_week_are_tracked_ones(week: Week) -> None:
    shipped = resources.files("config").joinpath("initiatives.yaml")
    if not shipped.is_file():
        pytest.skip("config/initiatives.yaml is not there yet")
    tracked = {entry["id"] for entry in yaml.safe_load(shipped.read_text(encoding="utf-8"))["initiatives"]}
    assert set().union(*(truth.mentions for truth in week.truths)) <= tracked


def test_nothing_of_the_week_lies_in_the_future(week: Week, clock: Clock) -> None:
    assert max(truth.publication.published for truth in week.truths) < clock()


def test_every_page_gives_its_text_to_the_plainest_extractor(week: Week) -> None:
    for truth in week.truths:
        if truth.publication.access == "full":
            _gives_its_text(truth)


def _gives_its_text(truth: Truth) -> None:
    page = httpx.get(truth.publication.url).content
    text = trafilatura.extract(page, fast=True, include_comments=False) or ""
    for paragraph in truth.publication.story.paragraphs:
        assert "".join(paragraph.split()) in "".join(text.split()), truth.publication.url


def test_a_paywall_never_lets_the_rest_of_its_text_out(week: Week) -> None:
    (stub,) = [truth.publication for truth in week.truths if truth.publication.access == "stub"]
    assert "EU AI Act" not in httpx.get(stub.url).text


def test_a_time_span_reads_as_it_is_written() -> None:
    assert span("1d 7h") == timedelta(days=1, hours=7)
    assert span("45m") == timedelta(minutes=45)
