"""Operators are told once of an illness and once of its end, of many sources in one message."""

from __future__ import annotations

import pytest

from alerts.sources import notice
from records.signal import Severity
from records.source import Condition


def source(state: str, *, ill: bool = False, told: str | None = None, id_: str = "harbour") -> Condition:
    return Condition(id_, f"The {id_.title()}", state, f"it is {state}", ill, told)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        pytest.param(source("failing"), None, id="trouble that does not last is not told"),
        pytest.param(source("failing", ill=True), "failing", id="an illness is told"),
        pytest.param(source("failing", ill=True, told="failing"), None, id="and not again"),
        pytest.param(source("gone", ill=True, told="failing"), None, id="another illness on top is the same one"),
        pytest.param(source("failing", told="silent"), None, id="a source that was silent and now fails is not well"),
        pytest.param(source("well", told="silent"), "well again", id="being well again is told"),
        pytest.param(source("well"), None, id="being well is not"),
        pytest.param(source("off", told="silent"), None, id="a source that is switched off is nobody's worry"),
    ],
)
def test_what_is_told_of_one_source(condition: Condition, said: str | None) -> None:
    told = notice([condition])
    assert (told and [item.reason for item in told.items]) == (said and [said])


def test_many_sources_make_one_message_the_ill_ones_first() -> None:
    told = notice(
        [
            source("well", told="empty", id_="gazette"),
            source("failing", ill=True, id_="harbour"),
            source("silent", ill=True, id_="wire"),
        ]
    )
    assert told is not None
    assert told.heading == "2 sources are ill, 1 source is well again"
    assert [(item.initiative, item.severity) for item in told.items] == [
        ("harbour", Severity.NOTICE),
        ("wire", Severity.NOTICE),
        ("gazette", Severity.INFO),
    ]
    assert told.told == {"harbour": "failing", "wire": "silent", "gazette": None}


def test_a_hundred_ill_sources_are_counted_though_not_all_are_named() -> None:
    told = notice([source("failing", ill=True, id_=f"source-{number}") for number in range(100)])
    assert told is not None
    assert told.heading == "100 sources are ill"
    assert len(told.items) == 50
    assert len(told.told) == 100
