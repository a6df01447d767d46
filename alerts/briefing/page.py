"""The page: one HTML file that needs nothing else, made from `page.html.jinja`, `page.css` and `page.js` beside it.

Its policy lets it load nothing, send nothing and run no script but its own, which is named by its hash. Every text from
the web goes through `records.text.clean` and is escaped; links are `safe_url`'s.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from dataclasses import fields, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.briefing import charts, words
from alerts.content import show_time
from alerts.coverage import window
from alerts.palette import DARK, LIGHT, Palette
from alerts.render.links import safe_url
from records.briefing import Briefing, Evidence, ToldStory
from records.coverage import Coverage
from records.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2 import Template
    from markupsafe import Markup

_HERE = Path(__file__).parent


SIZE_LIMIT = 1_500_000
"""Bytes: mail servers forward it, browsers open it at once. Of a larger page the oldest stories are only counted."""


def render(briefing: Briefing, limit: int = SIZE_LIMIT, *, feeds: bool = True) -> str:
    """Return the page.

    Args:
        briefing: what it tells.
        limit: bytes that it takes at most, as far as that is in its stories.
        feeds: whether ``atom.xml`` and ``feed.json`` lie beside it.
    """
    page = _page(briefing, feeds=feeds)
    while (size := len(page.encode())) > limit and briefing.stories:
        kept = min(int(len(briefing.stories) * limit / size), len(briefing.stories) - 1)
        left_out = briefing.left_out + len(briefing.stories) - kept
        briefing = replace(briefing, stories=briefing.stories[:kept], left_out=left_out)
        page = _page(briefing, feeds=feeds)
    return page


def _page(briefing: Briefing, *, feeds: bool) -> str:
    begins = words.local(briefing.since, briefing.zone).date()
    names = words.names(briefing)
    style, script = _style(), _read("page.js")
    return _template().render(
        b=briefing,
        w=words,
        feeds=feeds,
        names=names,
        begins=begins,
        days=_by_day(briefing),
        choices=_choices(briefing, names),
        charts={one.initiative_id: charts.timeline(one, begins) for one in briefing.initiatives},
        described=charts.described,
        disagreements=words.contradictions(briefing),
        covered=words.covered(briefing),
        bar=charts.bar(briefing.initiatives[0].days) if briefing.initiatives else "",
        leveled=any(one.usual is not None for one in briefing.initiatives),
        window=window(Coverage(briefing.since, briefing.until), briefing.zone),
        style=style,
        script=script,
        policy=(
            f"default-src 'none'; style-src '{_hashed(style)}'; script-src '{_hashed(script)}'; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        ),
    )


def _by_day(briefing: Briefing) -> list[tuple[date, list[ToldStory]]]:
    days = itertools.groupby(briefing.stories, key=lambda story: words.local(story.when, briefing.zone).date())
    return [(day, list(stories)) for day, stories in days]


def _choices(briefing: Briefing, names: dict[str, str]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return what the page can be filtered by: name, label, and value and label of each choice."""
    stories = briefing.stories
    initiatives = {one.initiative_id for story in stories for one in story.evidence}
    languages = {language for story in stories for language in story.languages}
    countries = {country for story in stories for country in story.countries}
    outlets = {outlet: clean(name) for story in stories for outlet, name in story.outlets}
    return [
        ("initiative", "Initiative", _sorted((one, names.get(one, one)) for one in initiatives)),
        ("language", "Language", _sorted((_word(one), words.language_name(one)) for one in languages)),
        ("country", "Country", _sorted((_word(one), words.country(one)) for one in countries)),
        ("outlet", "Outlet", _sorted((_word(outlet), name) for outlet, name in outlets.items())),
    ]


def _sorted(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: (pair[1].casefold(), pair[0]))


def _word(text: str) -> str:
    """Return ``text`` without white space: values of one attribute stand side by side."""
    return "".join(clean(text).split())


def _in_headline(story: ToldStory) -> Evidence | None:
    return next((one for one in story.evidence if one.field == "title"), None)


def _headline(story: ToldStory) -> tuple[str, str, str]:
    """Return the headline before, in and after the words that matched, where they are its only evidence."""
    title, named = clean(story.title) or "(no headline)", _in_headline(story)
    surface = clean(named.surface) if named else ""
    before, match, after = title.partition(surface) if surface else (title, "", "")
    return before, match, after


def _clock(when: datetime, zone: str) -> str:
    return f"{words.local(when, zone):%H:%M}"


def _spoken(language: str) -> Markup:
    """Return the attributes that say how a text is spoken and which way it is written."""
    # Only a briefing needs it.
    from markupsafe import Markup

    tag, way = words.tongue(language), words.direction(language)
    form = Markup('lang="{}" dir="{}"') if tag else Markup('{}dir="{}"')
    return form.format(tag, way)


@cache
def _template() -> Template:
    # Only a briefing needs it.
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(_HERE),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(
        clean=clean,
        clock=_clock,
        country=words.country,
        headline=_headline,
        spoken=_spoken,
        time=show_time,
        url=safe_url,
        word=_word,
    )
    return environment.get_template("page.html.jinja")


@cache
def _style() -> str:
    return _read("page.css").replace("/* light */", _variables(LIGHT)).replace("/* dark */", _variables(DARK))


def _variables(palette: Palette) -> str:
    return " ".join(f"--{one.name}: {getattr(palette, one.name)};" for one in fields(palette))


@cache
def _read(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _hashed(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
