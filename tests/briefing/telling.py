"""Briefings made of nothing but records, for the rooms that only read them: `story()`, `news()`, `briefing()`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from records.briefing import (
    Briefing,
    Evidence,
    FirstMention,
    InitiativeNews,
    LaterChange,
    Quiet,
    Stated,
    Statement,
    ToldStory,
)
from records.coverage import Coverage
from tests.kiosk import NOON

SINCE = NOON - timedelta(days=7)
TODAY = NOON.date()
SENTENCE = "Ministers said that the Harbour Treaty will be signed in spring."


def evidence(sentence: str = SENTENCE, surface: str = "Harbour Treaty", **more: Any) -> Evidence:
    return replace(Evidence("harbour-treaty", "text", sentence, surface), **more)


def story(number: int = 1, title: str = "Treaty to be signed", **more: Any) -> ToldStory:
    one = ToldStory(
        story_id=number, title=title, url=f"https://ledger.example/{number}", outlet="ledger.example",
        outlet_name="The Harbour Ledger", country="NO", language="en", when=NOON - timedelta(hours=number), dated=True,
        found=NOON - timedelta(hours=number), evidence=(evidence(),), outlets=(("ledger.example", "The Harbour Ledger"),),
        languages=("en",), countries=("NO",),
    )  # fmt: skip
    return replace(one, **more)


def days(counts: Sequence[int], last: date = TODAY) -> tuple[tuple[date, int], ...]:
    """Days with so many stories each, up to ``last``."""
    return tuple((last - timedelta(days=len(counts) - 1 - place), count) for place, count in enumerate(counts))


def news(name: str = "Harbour Treaty", **more: Any) -> InitiativeNews:
    one = InitiativeNews(
        initiative_id=name.lower().replace(" ", "-"), name=name, stories=1, articles=1, outlets=("ledger.example",),
        countries=("NO",), languages=("en",), days=days([0] * 35 + [1]), usual=0.0,
        first=FirstMention(NOON - timedelta(days=40), "The Harbour Ledger", "A treaty is drawn", "https://ledger.example/0", "en"),
    )  # fmt: skip
    return replace(one, **more)


def first_at(when: datetime) -> FirstMention:
    return FirstMention(when, "The Harbour Ledger", "A treaty is drawn", "https://ledger.example/0", "en")


def statement(value: float, outlet: str = "The Harbour Ledger", **more: Any) -> Statement:
    one = Statement(
        value, "=", f"{value:g} states", f"It has {value:g} states.", 1, "Treaty", "https://ledger.example/1", outlet, "en", NOON
    )  # fmt: skip
    return replace(one, **more)


def change(**more: Any) -> LaterChange:
    one = LaterChange(
        NOON, "changed", "31 states is now 29 states.", "was: “31 states”\nnow: “29 states”", "Treaty signed",
        "https://ledger.example/1", "The Harbour Ledger", "en", "", ("harbour-treaty",), 18.0,
    )  # fmt: skip
    return replace(one, **more)


def briefing(*stories: ToldStory, **more: Any) -> Briefing:
    """A briefing of ``stories`` on one initiative, from three sources that all answered."""
    told = Briefing(
        since=SINCE,
        until=NOON,
        zone="Europe/Paris",
        written_at=NOON,
        coverage=Coverage(SINCE, NOON, ok=3, pages=40),
        initiatives=(news(stories=len(stories), articles=len(stories)),) if stories else (),
        stories=stories,
        articles=len(stories),
        outlets=len({one.outlet for one in stories}),
        countries=len({one.country for one in stories if one.country}),
        languages=len({one.language for one in stories if one.language}),
    )
    return replace(told, **more)


def everywhere(text: str, number: int = 1) -> Briefing:
    """A briefing that says ``text`` in every place where words from elsewhere can stand."""
    one = story(
        number, text, url=text, outlet=text, outlet_name=text, language=text, country=text, languages=(text,),
        countries=(text,), outlets=((text, text), ("a", f"{text} A"), ("b", f"{text} B")), evidence=(evidence(f"{text} {text}", text),),
    )  # fmt: skip
    stated = Stated(
        "harbour-treaty", text, text,
        (statement(31, text, surface=text, sentence=text, title=text, url=text, language=text), statement(29, text, url=text)),
    )  # fmt: skip
    return briefing(
        one,
        story(number + 1, text, evidence=(evidence(text, text[:7], field="title"),)),
        initiatives=(news(text, initiative_id="harbour-treaty", outlets=(text,), countries=(text,), languages=(text,), first=FirstMention(NOON, text, text, text, text)),),
        quiet=(Quiet("tide-charter", text, NOON),),
        figures=(stated,),
        changes=(change(finding=text, reason=text, difference=f"{text}\n{text}", title=text, url=text, outlet=text, language=text, title_now=text),),
        coverage=Coverage(SINCE, NOON, ok=3, stale=(text,), blocked=(text,), failing=(text,), unasked=(text,)),
    )  # fmt: skip
