"""The only door to Vega-Altair: timelines as static SVG, drawn by vl-convert without a browser or a network.

It chooses no colour: marks carry classes, so that one stylesheet shows them in light, in dark and on paper. Both
libraries take a second to load, so they are loaded when the first chart is drawn.
"""

from __future__ import annotations

import copy
import itertools
import math
import re
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any
from xml.etree import ElementTree

from alerts.briefing.words import amount, count
from records.briefing import InitiativeNews

_SVG = "http://www.w3.org/2000/svg"
_WIDTH, _HEIGHT = 288, 84  # as wide as a phone, so that letters keep their size there
_LOWEST_TOP = 3  # stories at the top of the lowest chart: a single story must not look like a tower
_MOST_STEPS = 3
_WEEKS_FROM = 120  # days from which a bar stands for a week: thinner ones cannot be told apart
_KEPT = frozenset({"class", "d", "transform", "x", "y", "x2", "y2", "x1", "y1", "text-anchor", "width", "height"})
_LONG = re.compile(r"\d+\.\d+")
_CLASSES = {"before_marks": "before", "window_marks": "now", "usual_marks": "usual", "role-axis-grid": "grid"}


def timeline(news: InitiativeNews, begins: date) -> str:
    """Return the stories per day (per week, where there are many days) of one initiative as SVG.

    Days before ``begins`` are drawn in another shade than those of the window, and the usual level as a dashed line.
    The drawing is hidden from screen readers; `described` says the same in words.
    """
    bars = _bars(news.days)
    width = 7 if _weekly(news.days) else 1
    first = next((day for day, _ in bars if day + timedelta(days=width) > begins), bars[-1][0])
    usual = (news.usual or 0) * width
    top = max(_LOWEST_TOP, math.ceil(usual), *(stories for _, stories in bars))
    spec = copy.deepcopy(_spec())
    spec["datasets"] = {
        "days": [{"day": day.isoformat(), "stories": stories, "now": day >= first} for day, stories in bars],
        "usual": [{"usual": usual}] if usual else [],
    }
    labelled = dict.fromkeys((bars[0][0], first, bars[-1][0]))
    values = {"top": top, "labels": [day.isoformat() for day in labelled], "steps": _steps(top)}
    for parameter in spec["params"]:
        parameter["value"] = values[parameter["name"]]
    import vl_convert

    return _stripped(vl_convert.vegalite_to_svg(spec))


def bar(days: Sequence[tuple[date, int]]) -> str:
    """Return what one bar stands for: ``day`` or ``week``."""
    return "week" if _weekly(days) else "day"


def described(news: InitiativeNews, begins: date) -> str:
    """Return what the chart shows, for those who do not see it."""
    window = [(day, stories) for day, stories in news.days if day >= begins]
    most_on, most = max(window, key=lambda one: one[1], default=(begins, 0))
    peak = f", most on {most_on.day} {most_on:%B} ({most})" if most else ""
    level = "" if news.usual is None else f"; usually {amount(news.usual)} a day in the 28 days before"
    return f"Stories per day: {count(news.stories, 'story', 'stories')} in {count(len(window), 'day')}{peak}{level}."


@cache
def _spec() -> dict[str, Any]:
    """Return the chart without its data, in Vega-Lite."""
    import altair as alt

    x = alt.X("day:O").axis(
        alt.Axis(
            title=None,
            values=alt.ExprRef("labels"),
            labelExpr="utcFormat(utcParse(datum.value, '%Y-%m-%d'), '%-d %b')",
            labelAngle=0,
            labelOverlap=True,
            labelPadding=4,
            ticks=False,
        )
    )
    x = x.scale(paddingInner=0.25, paddingOuter=0.1)
    # Vega thins out the values of an axis that are more than its ticks, or that it takes for overlapping.
    axis = alt.Axis(
        title=None,
        values=alt.ExprRef("steps"),
        tickCount=_MOST_STEPS,
        labelOverlap=False,
        format="d",
        ticks=False,
        domain=False,
    )
    scale = alt.Scale(domainMin=0, domainMax=alt.ExprRef("top"), nice=False)
    days = alt.Chart(alt.NamedData("days"))
    bars = days.mark_bar().encode(x=x, y=alt.Y("stories:Q", axis=axis, scale=scale))
    level = alt.Chart(alt.NamedData("usual")).mark_rule().encode(y=alt.Y("usual:Q", scale=scale))
    chart = alt.layer(
        bars.transform_filter("!datum.now").properties(name="before"),
        bars.transform_filter("datum.now").properties(name="window"),
        level.properties(name="usual"),
    )
    chart = chart.add_params(*(alt.param(name=name, value=0) for name in ("top", "labels", "steps")))
    chart = chart.properties(width=_WIDTH - 24, height=_HEIGHT - 24, padding=2)
    spec: dict[str, Any] = chart.configure(aria=False, background="transparent").configure_view(stroke=None).to_dict()
    return spec


def _bars(days: Sequence[tuple[date, int]]) -> list[tuple[date, int]]:
    if not _weekly(days):
        return list(days)
    weeks: dict[date, int] = {}
    for day, stories in days:
        monday = day - timedelta(days=day.weekday())
        weeks[monday] = weeks.get(monday, 0) + stories
    return list(weeks.items())


def _weekly(days: Sequence[tuple[date, int]]) -> bool:
    return len(days) > _WEEKS_FROM


def _steps(top: int) -> list[int]:
    """Return up to three round numbers for the scale, none above ``top``; the line at the bottom has none."""
    step = next(step for power in itertools.count() for step in _round(power) if top // step <= _MOST_STEPS)
    return list(range(step, top + 1, step))


def _round(power: int) -> tuple[int, int, int]:
    return 10**power, 2 * 10**power, 5 * 10**power


def _stripped(svg: str) -> str:
    """Return the drawing alone: no colours, no fonts, no styles (a strict policy would refuse them), no empty marks."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - drawn by vl-convert from numbers and dates of ours
    for parent in list(root.iter()):
        for child in list(parent):
            if child.get("display") == "none" or child.get("class") in ("background", "foreground"):
                parent.remove(child)
            elif child.get("d", "").count("v0h"):
                parent.remove(child)  # a day without a story
            elif child.tag == f"{{{_SVG}}}rect" and child.get("fill") in ("white", "transparent", None):
                parent.remove(child)
    _prune(root)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
        classes = [ours for theirs, ours in _CLASSES.items() if theirs in element.get("class", "").split()]
        kept = {name: value for name, value in element.attrib.items() if name in _KEPT and name != "class"}
        kept = {name: _LONG.sub(_rounded, value) for name, value in kept.items()}
        element.attrib.clear()
        element.attrib.update({**({"class": " ".join(classes)} if classes else {}), **kept})
    width, height = root.attrib.pop("width"), root.attrib.pop("height")
    root.attrib.update({"viewBox": f"0 0 {width} {height}", "aria-hidden": "true", "focusable": "false"})
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")


def _prune(element: ElementTree.Element) -> None:
    """Take out groups that hold nothing, from the innermost on."""
    for child in list(element):
        _prune(child)
        if child.tag == f"{{{_SVG}}}g" and not len(child):
            element.remove(child)
