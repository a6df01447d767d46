"""Texts of a seed corpus: what they show of title, outlet and date is found, and furniture goes. All texts are ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.seeds import SeedText, from_text, read
from records.errors import ParseError

PARAGRAPH = "The harbour council met on Tuesday to talk about rules for talking buoys, and nobody left before supper."
SECOND = "A second round is planned for spring, when the ferries run again and the lamps have been counted."


def test_a_bare_text_is_kept_whole_and_nothing_is_invented() -> None:
    seed = from_text("a.txt", f"{PARAGRAPH}\n{SECOND}")
    assert seed == SeedText("a.txt", f"{PARAGRAPH}\n{SECOND}")


def test_a_short_first_line_is_the_headline() -> None:
    seed = from_text("a.txt", f"Buoys learn to talk\n\n{PARAGRAPH}\n{SECOND}")
    assert seed.title == "Buoys learn to talk"
    assert seed.text == f"{PARAGRAPH}\n{SECOND}"


def test_an_archives_date_prefix_and_a_dateline_are_read() -> None:
    seed = from_text("a.txt", f" date 2026-03-04 AVERILL: {PARAGRAPH}\n\n{SECOND}")
    assert seed.published == datetime(2026, 3, 4, tzinfo=UTC)
    assert seed.published_raw == "2026-03-04"
    assert seed.place == "AVERILL"
    assert seed.text.startswith("AVERILL: The harbour")


def test_an_agency_in_the_dateline_is_the_outlet() -> None:
    assert from_text("a.txt", f"AVERILL, March 4 (Reuters) - {PARAGRAPH}\n{SECOND}").outlet == "Reuters"


def test_a_staff_credit_names_the_outlet_and_a_dated_caption_the_day() -> None:
    caption = "A view of the quay at Averill on March 4, 2026. Mo Lantern/GT"
    seed = from_text("a.txt", f"{caption}\n{PARAGRAPH}\n{SECOND}")
    assert seed.outlet == "Global Times"
    assert seed.published_raw == "2026-03-04"
    assert seed.text.startswith("A view of the quay"), "a caption may hold a mention"
    assert from_text("b.txt", f"Illustration: Mo Lantern/GT\n{PARAGRAPH}").outlet == "Global Times"


def test_a_photo_agency_is_not_the_outlet() -> None:
    assert from_text("a.txt", f"The quay by night. [Photo/Xinhua]\n{PARAGRAPH}").outlet is None


def test_furniture_around_a_saved_page_goes_and_its_stamp_is_read() -> None:
    seed = from_text(
        "a.txt",
        "World EditionEUROPE Français\nOpinion\nHome / Opinion / Letters\n\nBuoys deserve better: a letter\n\n"
        "harbourledger.example | Updated: 2026-03-04 21:22\nShare\nShare - Mail\n"
        f"The lamps of the quay, seen from the ferry. [Photo/Agency]\n\n{PARAGRAPH}\n\n{SECOND}\n"
        "Most Viewed in 24 Hours\nTop\nBACK TO THE TOP\nEnglish\nCopyright 1995 - . All rights reserved. The content "
        "published here belongs to the Ledger, and browsers with large windows are suggested.\n"
        "Registration Number: 1234\nFOLLOW US",
    )
    assert seed.title == "Buoys deserve better: a letter"
    assert seed.outlet == "harbourledger.example"
    assert seed.published_raw == "2026-03-04T21:22"
    assert seed.text == f"The lamps of the quay, seen from the ferry. [Photo/Agency]\n{PARAGRAPH}\n{SECOND}"


def test_a_dated_post_quoted_in_the_text_tells_the_day() -> None:
    seed = from_text("a.txt", f"{PARAGRAPH}\n— HARBOUR (@harbour) March 4, 2026\n{SECOND}")
    assert seed.published_raw == "2026-03-04"


@pytest.mark.parametrize(
    "keys", [("text", "title", "date"), ("body", "headline", "published_at"), ("maintext", "Title", "pub_date")]
)
def test_rows_are_read_under_the_names_that_other_tools_use(keys: tuple[str, str, str]) -> None:
    row = dict(zip(keys, (PARAGRAPH, "Buoys", "2026-03-04T10:00:00+02:00"), strict=True))
    (seed,) = read("corpus.jsonl", json.dumps(row).encode())
    assert (seed.text, seed.title, seed.published) == (PARAGRAPH, "Buoys", datetime(2026, 3, 4, 8, tzinfo=UTC))


def test_a_table_is_read_row_by_row() -> None:
    table = f'title,text,source\nBuoys,"{PARAGRAPH}",ledger.example\nLamps,"{SECOND}",\n'.encode()
    assert [(seed.title, seed.outlet) for seed in read("c.csv", table)] == [
        ("Buoys", "ledger.example"),
        ("Lamps", None),
    ]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("c.jsonl", b'{"text": "x"}\n{"text": ', "c.jsonl:2: not valid JSON"),
        ("c.json", b"[1]", r"c.json\[0\]: an object with at least 'text'"),
        ("c.json", b'{"title": "no words"}', "no text; looked for the keys text, body"),
        ("c.json", b"3", "an article, a list of articles"),
        ("c.docx", b"PK", "no reader for .docx"),
        ("c.html", b"<html><body></body></html>", "c.html: no article found"),
    ],
)
def test_what_cannot_be_read_is_said_with_file_and_line(name: str, data: bytes, said: str) -> None:
    with pytest.raises(ParseError, match=said):
        list(read(name, data))


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=600))
def test_any_text_is_read_without_an_error(text: str) -> None:
    seed = from_text("any.txt", text)
    assert "\x00" not in seed.text
