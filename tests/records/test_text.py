"""The gate that every string from the web passes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.text import clean, clean_text


@pytest.mark.parametrize(
    ("what", "dirty", "harmless"),
    [
        ("line breaks become spaces", "one\r\ntwo\u2028three\x0bfour", "one two three four"),
        ("a NUL cannot end a string early", "a\x00b", "a b"),
        ("a lone surrogate is shown as a replacement", "a\ud800b", "a\ufffdb"),
        ("a bidi override cannot turn text round", "invoice\u202egnp.exe", "invoicegnp.exe"),
        ("zero-width characters cannot hide inside a word", "WA\u200bIC\ufeffO", "WAICO"),
        ("Persian keeps its non-joiner", "می\u200cخواهم", "می\u200cخواهم"),
        ("composed and decomposed letters are one", "e\u0301te\u0301", "été"),
        ("white space is folded and trimmed", "  a \t b\u00a0 ", "a b"),
    ],
)
def test_clean_makes_one_harmless_line(what: str, dirty: str, harmless: str) -> None:
    assert clean(dirty) == harmless, what


def test_a_cut_title_ends_in_an_ellipsis_and_keeps_its_limit() -> None:
    cut = clean("word " * 200, limit=50)
    assert len(cut) <= 50
    assert cut.endswith("…")


def test_paragraphs_survive_and_blank_lines_do_not() -> None:
    assert clean_text(" one \r\n\r\n\n two\u2029three\x00 ") == "one\ntwo\nthree"


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=400), st.integers(2, 300))
def test_whatever_comes_in_a_clean_line_cannot_act(dirty: str, limit: int) -> None:
    line = clean(dirty, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in line)
    assert not set(line) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=400))
def test_cleaning_twice_changes_nothing(dirty: str) -> None:
    assert clean(clean(dirty)) == clean(dirty)
    assert clean_text(clean_text(dirty)) == clean_text(dirty)
