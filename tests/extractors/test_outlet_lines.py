"""Lines that an outlet prints on page after page are furniture; paragraphs of its articles are not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.outlet_lines import MOST_PAGES, lines_of, remember, without_repeated

BOX = "The Ledger is free to read because its readers carry it."
BACKGROUND = (
    "The register was founded after a winter in which the ferry company let a program cancel half of the evening boats "
    "and nobody in the harbour office could say by which rule it had chosen them."
)


def _page(number: int, *furniture: str) -> str:
    own = [f"On day {number} the council heard speaker {one * number} about boats and lists." for one in range(1, 9)]
    return "\n".join([*own, *furniture])


def _counts(*texts: str) -> dict[int, int]:
    counts: dict[int, int] = {}
    for text in texts:
        for line in lines_of(text):
            counts[line] = counts.get(line, 0) + 1
    return counts


def test_a_line_of_two_other_pages_is_taken_out() -> None:
    seen = _counts(_page(1, BOX), _page(2, BOX))
    assert without_repeated(_page(3, BOX), seen) == (_page(3), 1)


def test_a_line_of_one_other_page_stays() -> None:
    assert without_repeated(_page(3, BOX), _counts(_page(1, BOX))) == (_page(3, BOX), 0)


def test_a_line_is_the_same_whatever_its_marks_and_capitals() -> None:
    seen = _counts(_page(1, BOX), _page(2, BOX))
    assert without_repeated(_page(3, f"» {BOX.upper()} «"), seen)[1] == 1


def test_a_paragraph_of_background_in_the_follow_ups_of_a_story_stays() -> None:
    seen = _counts(*(_page(number, BACKGROUND) for number in range(1, 5)))
    assert without_repeated(_page(9, BACKGROUND), seen) == (_page(9, BACKGROUND), 0)


def test_a_long_box_on_every_page_is_taken_out() -> None:
    seen = _counts(*(_page(number, BACKGROUND) for number in range(1, 7)))
    assert without_repeated(_page(9, BACKGROUND), seen) == (_page(9), 1)


def test_a_page_that_would_lose_most_of_its_text_stays_whole() -> None:
    seen = _counts(_page(1, BOX), _page(1, BOX))
    assert without_repeated(_page(1, BOX), seen) == (_page(1, BOX), 0)


def test_short_lines_stay() -> None:
    seen = _counts(_page(1, "In brief"), _page(2, "In brief"))
    assert without_repeated(_page(3, "In brief"), seen) == (_page(3, "In brief"), 0)


def test_another_edition_of_a_page_is_not_counted() -> None:
    first = lines_of(_page(1, BOX))
    edition = lines_of(_page(1, BOX, "Corrected on Tuesday: the boats are three."))
    assert remember([first], [edition]) == [list(first)]


def test_only_the_newest_pages_are_remembered() -> None:
    pages = [lines_of(_page(number, BOX)) for number in range(1, MOST_PAGES + 6)]
    kept = remember([], pages)
    assert len(kept) == MOST_PAGES
    assert kept[-1] == list(pages[-1])


def test_the_identity_of_a_line_is_the_same_for_ever() -> None:
    assert lines_of("The ferry sails alone.") == (894299947486266436,)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.lists(st.text(max_size=300), max_size=3))
def test_what_remains_is_a_selection_of_the_lines_in_their_order(text: str, others: list[str]) -> None:
    remains, count = without_repeated(text, _counts(*others))
    lines = iter(text.split("\n"))
    assert all(line in lines for line in remains.split("\n"))
    assert (count == 0) == (remains == text)
