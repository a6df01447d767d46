"""Which numbers are news."""

from __future__ import annotations

import pytest

from alerts.claims import is_news, reason, scope_of
from records.mention import Figure
from records.signal import Stated
from tests.clock import MONDAY


def figure(value: float, comparison: str = "=", *, unit: str = "state", scope: str = "", surface: str = "") -> Figure:
    shown = surface or f"{value:g} {unit}s"
    return Figure("harbour-treaty", value, comparison, unit, scope, 0, len(shown), shown, f"It has {shown}.")


def said(value: float, comparison: str = "=") -> Stated:
    return Stated(value, comparison, f"{value:g} states", "gazette.example", MONDAY)


@pytest.mark.parametrize(
    ("before", "now", "news"),
    [
        ([(31, "=")], (31, "="), False),
        ([(31, "=")], (33, "="), True),
        ([(31, "="), (33, "=")], (31, "="), False),  # the older one again
        ([(31, "=")], (30, ">="), False),  # "more than 30" says nothing else
        ([(30, ">=")], (31, "="), False),
        ([(100, ">=")], (146, "="), True),  # "more than 100" was not said of 146
        ([(100, ">=")], (160, ">="), True),
        ([(140, "~")], (146, "="), False),
        ([(31, "=")], (2, "="), False),  # "two states said": a part
        ([(2, "=")], (31, "="), True),
        ([(1.2e9, "=")], (1.23e9, "="), False),  # rounded
        ([(1.2e9, "=")], (1.5e9, "="), True),
        ([], (31, "="), False),  # nothing to differ from
        ([(31, "=")], (0, "="), False),
    ],
)
def test_a_number_is_news_when_no_stored_statement_agrees(
    before: list[tuple[float, str]], now: tuple[float, str], news: bool
) -> None:
    assert is_news(figure(*now), [said(*one) for one in before]) is news


def test_shares_count_another_thing_in_every_sentence_unless_their_scope_says_what() -> None:
    assert not is_news(figure(40, unit="percent"), [said(20)])
    assert is_news(figure(40, unit="percent", scope="of members"), [said(20)])


def test_the_reason_names_both_numbers() -> None:
    assert (
        reason(figure(33, surface="33 member states"), [said(31)]) == "new figure: 33 member states, before: 31 states"
    )
    assert scope_of(figure(33.0, scope="2026")) == "state/2026/33"
