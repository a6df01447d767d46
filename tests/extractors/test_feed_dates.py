"""Dates of the world's feeds: each form is read to the second in UTC, and nothing is invented."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.feed_dates import EARLIEST, parse, plausible


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Tue, 24 Nov 2026 10:00:00 +0800", "2026-11-24T02:00:00"),
        ("Tue, 24 Nov 2026 10:00:00 GMT", "2026-11-24T10:00:00"),
        ("Tue, 24 Nov 26 10:00 EST", "2026-11-24T15:00:00"),
        ("24 Nov 1998", "1998-11-24T00:00:00"),
        ("Tue, 24 Nov 2026 10:00:00 IST", "2026-11-24T04:30:00"),
        ("Tue, 24 Nov 2026 10:00:00 BST", "2026-11-24T09:00:00"),
        ("Tue, 24 Nov 2026 24:00:00 GMT", "2026-11-25T00:00:00"),
        ("Tue, 24 Nov 2026 10:00:00 +0000 (UTC)", "2026-11-24T10:00:00"),
        ("Tue,24 Nov 2026 4:35:5 GMT+9", "2026-11-23T19:35:05"),
        ("Sat, Nov 28 2026 02:02:33 PM", "2026-11-28T14:02:33"),
        ("November 4th, 2026", "2026-11-04T00:00:00"),
        ("Mon Nov 23 10:11:12 UTC 2026", "2026-11-23T10:11:12"),
        ("2026-11-24T10:00:00Z", "2026-11-24T10:00:00"),
        ("2026-11-24T10:00:00.123456789+05:30", "2026-11-24T04:30:00"),
        ("2026-11-24 10:00:00 +0800 CST", "2026-11-24T02:00:00"),
        ("2026-11-24", "2026-11-24T00:00:00"),
        ("20261124T100000Z", "2026-11-24T10:00:00"),
        ("1795514400", "2026-11-24T10:00:00"),
        ("2026年11月24日", "2026-11-24T00:00:00"),
        ("2026/11/4 14:33:00", "2026-11-04T14:33:00"),
        ("2026년 11월 24일 오후 2:05", "2026-11-24T14:05:00"),
        ("mer, 25 nov 2026 00:38:15 +0100", "2026-11-24T23:38:15"),
        ("Seg, 23 Nov 2026 19:42:40 -0300", "2026-11-23T22:42:40"),
        ("24 Set 2026 19:42:40 -0300", "2026-09-24T22:42:40"),
        ("mardi 24 août 2026 à 14:05", "2026-08-24T14:05:00"),
        ("Dienstag, 3. März 2026 14:05", "2026-03-03T14:05:00"),
        ("3 de marzo de 2026", "2026-03-03T00:00:00"),
        ("24 ноября 2026 10:00 +0300", "2026-11-24T07:00:00"),
        ("24 نوفمبر 2026", "2026-11-24T00:00:00"),
        ("13/02/2026 10:00", "2026-02-13T10:00:00"),
        ("02.03.2026 14:05", "2026-03-02T14:05:00"),
    ],
)
def test_a_date_is_read_to_its_instant_in_utc(text: str, instant: str) -> None:
    assert parse(text) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", None, "192", "may-16", "yesterday", "2026", "2026-02-30", "2026-11-24T25:00:00Z", "99/99/2026", "12345678901234567890", "Tue, 24", "10:00", "x" * 500, "02/03/2026"],
)  # fmt: skip
def test_what_states_no_date_beyond_doubt_gives_none(text: str | None) -> None:
    assert parse(text) is None


@given(
    st.datetimes(EARLIEST.replace(tzinfo=None), datetime(2100, 1, 1)),  # noqa: DTZ001
    st.integers(-14 * 4, 14 * 4),
)
@settings(deadline=None, max_examples=150)
def test_both_standard_forms_are_read_back_exactly(moment: datetime, quarter_hours: int) -> None:
    moment = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=15 * quarter_hours)))
    assert parse(moment.isoformat()) == moment
    assert parse(format_datetime(moment)) == moment


@given(st.text(max_size=60))
@settings(deadline=None, max_examples=300)
def test_no_text_makes_it_fail(text: str) -> None:
    found = parse(text)
    assert found is None or found.tzinfo is UTC


def test_a_hostile_text_costs_no_time() -> None:
    start = time.perf_counter()
    for text in ("1 " * 80, "a " * 80, "24 nov " * 20, "2026-11-24" + " " * 100 + "x"):
        parse(text)
    assert time.perf_counter() - start < 0.5


def test_absurd_dates_are_no_dates() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert plausible(datetime(1970, 1, 1, tzinfo=UTC)) is None
    assert plausible(datetime(1, 1, 1, tzinfo=UTC)) is None
    assert plausible(now + timedelta(days=3), now) is None
    assert plausible(now + timedelta(days=1), now) == now + timedelta(days=1)
