"""The charts: what is drawn, read out of the drawing itself, and the same in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.briefing.charts import bar, described, timeline
from records.briefing import InitiativeNews
from tests.briefing.telling import TODAY, days, news

WEEK_AGO = TODAY - timedelta(days=7)
BAR = re.compile(r"M[-.\d]+,[-.\d]+h[-.\d]+v([.\d]+)h")


class Drawing:
    """A drawn chart: heights of the bars by what they are, labels, and how many lines stand for the usual level."""

    def __init__(self, one: InitiativeNews, begins: date = WEEK_AGO) -> None:
        self.svg = timeline(one, begins)
        root = ElementTree.fromstring(self.svg)
        self.before, self.now = (self._bars(root, name) for name in ("before", "now"))
        self.usual = len(
            [line for group in root.iter("g") if group.get("class") == "usual" for line in group.iter("line")]
        )
        texts = [one.text or "" for one in root.iter("text")]
        self.scale = sorted(int(text) for text in texts if text.isdigit())
        self.days = [text for text in texts if not text.isdigit()]

    @staticmethod
    def _bars(root: ElementTree.Element, name: str) -> list[float]:
        groups = [group for group in root.iter("g") if group.get("class") == name]
        return [
            float(found[1]) for group in groups for one in group.iter("path") if (found := BAR.match(one.get("d", "")))
        ]


def drawn(counts: Sequence[int], begins: date = WEEK_AGO, usual: float | None = 0.0) -> Drawing:
    return Drawing(news(days=days(counts), usual=usual), begins)


def test_bars_are_as_high_as_the_stories_they_stand_for() -> None:
    chart = drawn([2, *[0] * 27, 0, 1, 2, 4, 0, 3, 0, 1])
    tallest = max(chart.now)
    assert [round(4 * one / tallest) for one in chart.now] == [1, 2, 4, 3, 1]
    assert [round(4 * one / tallest) for one in chart.before] == [2]


def test_the_day_on_which_the_window_begins_belongs_to_it() -> None:
    chart = drawn([1] * 36, begins=TODAY - timedelta(days=7))
    assert (len(chart.before), len(chart.now)) == (28, 8)


def test_a_single_story_does_not_look_like_a_tower() -> None:
    assert max(drawn([0] * 35 + [1]).now) * 3 == pytest.approx(max(drawn([0] * 35 + [3]).now), rel=0.02)


def test_nothing_gives_an_empty_chart_with_its_days() -> None:
    chart = drawn([0] * 36)
    assert (chart.before, chart.now, chart.usual) == ([], [], 0)
    assert chart.days == ["20 Oct", "17 Nov", "24 Nov"]
    assert chart.scale == [1, 2, 3]


def test_a_window_of_one_day_is_a_chart_too() -> None:
    chart = Drawing(news(days=days([1])), TODAY)
    assert len(chart.now) == 1
    assert chart.days == ["24 Nov"]


def test_the_usual_level_is_a_line_where_there_is_one() -> None:
    assert drawn([1] * 36, usual=1.5).usual == 1
    assert drawn([1] * 36, usual=None).usual == 0
    assert drawn([1] * 36, usual=0.0).usual == 0, "none lies on the bottom"


def test_a_usual_level_above_every_bar_is_still_within_the_chart() -> None:
    assert drawn([1] * 36, usual=40.0).scale == [20, 40]


def test_beyond_a_hundred_and_twenty_days_a_bar_stands_for_a_week() -> None:
    assert bar(days([1] * 120)) == "day"
    assert bar(days([1] * 121)) == "week"
    chart = drawn([1] * 196, begins=TODAY - timedelta(days=167))
    assert len(chart.before) + len(chart.now) == 29  # weeks begin on Mondays; the first and the last are cut
    assert len(chart.now) == 25, "the week in which the window begins belongs to it"
    assert max(chart.now) / min(chart.now) == pytest.approx(7 / 2, rel=0.05)  # of the last one, Monday and Tuesday


@pytest.mark.parametrize(
    ("most", "scale"),
    [
        (3, [1, 2, 3]),
        (4, [2, 4]),
        (7, [2, 4, 6]),
        (8, [5]),
        (63, [20, 40, 60]),
        (999, [500]),
        (1_500, [500, 1_000, 1_500]),
    ],
)
def test_the_scale_has_up_to_three_round_numbers(most: int, scale: list[int]) -> None:
    assert drawn([0] * 35 + [most]).scale == scale


@settings(deadline=None, max_examples=30)
@given(counts=st.lists(st.integers(0, 5_000), min_size=1, max_size=200), usual=st.none() | st.floats(0, 500))
def test_any_rhythm_is_drawn_without_colours_styles_or_links(counts: list[int], usual: float | None) -> None:
    chart = drawn(counts, usual=usual)
    root = ElementTree.fromstring(chart.svg)
    assert {one.tag for one in root.iter()} <= {"svg", "g", "path", "line", "text"}
    names = {name for one in root.iter() for name in one.attrib}
    assert not names & {"style", "fill", "stroke", "href", "font-family"}
    assert not any(name.startswith("on") for name in names)
    bars = sum(1 for count in counts if count) if len(counts) <= 120 else None
    assert bars is None or len(chart.before) + len(chart.now) == bars
    assert len(chart.scale) <= 3


def test_a_chart_is_said_in_words() -> None:
    said = described(news(stories=7, days=days([0] * 28 + [0, 1, 2, 3, 0, 0, 0, 1]), usual=0.36), WEEK_AGO)
    assert (
        said
        == "Stories per day: 7 stories in 8 days, most on 20 November (3); usually 0.4 a day in the 28 days before."
    )
    quiet = described(news(stories=1, days=days([0] * 36), usual=None), WEEK_AGO)
    assert quiet == "Stories per day: 1 story in 8 days."
