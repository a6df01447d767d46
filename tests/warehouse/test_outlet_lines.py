"""What an outlet repeats is learnt with each batch and counted for the next pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from extractors.outlet_lines import MOST_PAGES, lines_of, remember
from records.article import Access
from records.page import ReadPage
from warehouse import outlet_lines
from warehouse.database import Warehouse, rows

NOW = datetime(2026, 11, 17, 9, tzinfo=UTC)
BOX = lines_of("The Ledger is free to read because its readers carry it.")
PAGE = ReadPage(
    "https://ledger.example/a", "https://ledger.example/a", "ledger", "ledger.example", NOW, "text/html", "00", 1, 1,
    Access.FULL, 1, titled=True, signed=True, dated=True, extractor="x",
)  # fmt: skip


def _page(number: int, outlet: str = "ledger.example") -> ReadPage:
    own = lines_of("\n".join(f"On day {number} the council heard speaker {one}." for one in range(1, 9)))
    return replace(PAGE, outlet=outlet, lines=own + BOX)


def test_a_line_of_several_pages_is_known_with_its_count(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        assert outlet_lines.learn(con, [_page(1), _page(2)], remember, NOW) == 1
        assert outlet_lines.learn(con, [_page(3), _page(4, "other.example")], remember, NOW) == 2
        assert outlet_lines.repeated(con) == {"ledger.example": {BOX[0]: 3}}


def test_the_memory_of_an_outlet_is_bounded(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        for number in range(MOST_PAGES + 5):
            outlet_lines.learn(con, [_page(number)], remember, NOW)
        assert rows(con, "select count(*) from outlet_lines") == [(MOST_PAGES,)]


def test_pages_without_lines_teach_nothing(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        assert outlet_lines.learn(con, [PAGE, replace(_page(1), outlet="")], remember, NOW) == 0
        assert outlet_lines.repeated(con) == {}
