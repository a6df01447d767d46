"""Fingerprints: what may change in a text without changing them, what may not, and what they give away."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.fingerprints import KEY_SIZE, decode, encode, fingerprint, tokens
from records.story import Fingerprint

ENGLISH = "The harbour office opened at nine, and the pilots didn’t wait. " * 12
TITLE = "Pilots did not wait for the harbour office"
PINNED = (
    "AgAGvy7PHiVsRwoAAgAWAAAAfDcTMt6rmDNEt5w7b5i9Zlqe1G2HvrJuWYw7itxkU7B6Ee7rRwQL-p2XHQOjbh-uyMz-3XimyMz-3"
    "XimyMz-3XimyMz-3d86MMfOs-nRuLdUkI82"
)
PINNED_WITHOUT_MARKS = (
    "AQAGvy7PHiVsRwoAAgAWAAAAfDcTMt6rmDNEt5w7b5i9Zlqe1G2HvrJuWYw7itxkU7B6Ee7rRwQL-p2XHQOjbh-uyMz-3XimyMz-"
    "3XimyMz-3XimyMz-3ZR_Dgs="
)


def test_case_punctuation_and_typography_make_no_difference() -> None:
    plain = "the harbour office opened at nine and the pilots didn't wait " * 12
    assert fingerprint(TITLE.upper(), ENGLISH) == fingerprint(TITLE, plain)


@pytest.mark.parametrize(
    "damaged",
    [
        "Škoda dě\u00ad\u00adlá auta\u200b, “vždy”",
        unicodedata.normalize("NFD", "Škoda dělá auta, “vždy”"),
        "Škoda\u00a0dělá\u2003auta,  “vždy”",
        "ＳＫＯＤＡ".replace("Ｓ", "Š").lower() + " dělá auta vždy",  # full-width letters
    ],
)
def test_invisible_characters_forms_and_spaces_make_no_difference(damaged: str) -> None:
    assert tokens(damaged) == ["škoda", "dělá", "auta", "vždy"]


def test_mojibake_is_read_as_what_it_was() -> None:
    assert tokens("caf\u00c3\u00a9 Zo\u00c3\u00ab it\u00e2\u20ac\u2122s") == ["café", "zoë", "its"]


def test_real_letters_are_not_taken_for_mojibake() -> None:
    assert tokens("l’été où Œdipe naïf") == ["lété", "où", "œdipe", "naïf"]


def test_scripts_without_spaces_give_one_token_per_character() -> None:
    assert tokens("会议2026年开幕 OK") == ["会", "议", "2026", "年", "开", "幕", "ok"]
    assert fingerprint("", "港口的领航员没有等待办公室开门。" * 5).cjk
    assert not fingerprint("", "항구 사무소는 아홉 시에 문을 열었다. " * 5).cjk  # Korean has spaces


def test_the_key_is_small_sorted_and_made_of_distinct_32_bit_hashes() -> None:
    rng = random.Random(1)
    found = fingerprint("", " ".join(str(rng.random()) for _ in range(500)))
    assert len(found.shingles) == KEY_SIZE
    assert list(found.shingles) == sorted(set(found.shingles))
    assert found.shingles[0] >= 0
    assert found.shingles[-1] < 2**32
    assert 0 <= found.text_hash < 2**63


def test_a_fingerprint_is_the_same_on_every_machine_and_in_every_year() -> None:
    """Stored fingerprints are compared with new ones: a change here makes every stored story blind."""
    found = fingerprint("Tide tables", "One two three four five six seven eight nine ten. " * 4)
    assert encode(found) == PINNED


def test_a_line_from_before_marks_is_still_read() -> None:
    found = fingerprint("Tide tables", "One two three four five six seven eight nine ten. " * 4)
    assert decode(PINNED_WITHOUT_MARKS) == replace(found, marks=b"")
    assert decode(encode(decode(PINNED_WITHOUT_MARKS))) == replace(found, marks=b"")


def test_a_stub_of_two_sentences_shares_a_hash_with_the_long_article_that_it_begins() -> None:
    rng = random.Random(5)
    for _ in range(20):
        words = [str(rng.random()) for _ in range(5000)]
        whole, stub = (fingerprint("", " ".join(words[:n])) for n in (5000, 25))
        assert set(whole.key) & set(stub.key)


def test_every_hash_of_a_key_has_a_mark_that_says_more_than_the_hash() -> None:
    rng = random.Random(3)
    shared = " ".join(str(rng.random()) for _ in range(100))
    found = [fingerprint("", f"{shared} {rng.random()} {rng.random()}" * 2) for _ in range(9)]
    marks = {h: mark for one in found for h, mark in one.key}
    assert all(marks[h] == mark for one in found for h, mark in one.key)  # one for each hash, wherever it stands
    assert 0 not in marks.values()
    assert len(set(marks.values())) > len(marks) // 2
    assert len(fingerprint("", "Short").marks) == 1
    assert fingerprint("", "Short").key[0][1] > 0


def test_an_empty_article_has_an_empty_key() -> None:
    assert fingerprint("", "") == fingerprint(" … ", "\n—\n")
    assert fingerprint("", "").shingles == ()


def test_a_stub_is_told_apart_by_its_title() -> None:
    stub = "Subscribe to read this article."
    assert fingerprint("Harbour closed", stub).text_hash != fingerprint("Mayor resigns", stub).text_hash
    assert fingerprint("Harbour closed", ENGLISH).text_hash == fingerprint("Mayor resigns", ENGLISH).text_hash


def test_what_is_kept_of_a_text_is_smaller_than_the_text_and_holds_none_of_its_words() -> None:
    rng = random.Random(2)
    text = " ".join("".join(rng.choices("abcdefghij", k=7)) for _ in range(1000))
    found = fingerprint("", text)
    assert 400 < len(found.sketch) < 900
    assert not any(word.encode() in found.sketch for word in text.split())


def test_an_encoded_fingerprint_is_read_back() -> None:
    for found in (fingerprint(TITLE, ENGLISH), fingerprint("", ""), fingerprint("港口", "港口的领航员" * 9)):
        line = encode(found)
        assert line.isascii()
        assert len(line.splitlines()) == 1
        assert decode(line) == found
        assert decode(f"  {line[:20]}\n  {line[20:]}\n") == found  # YAML may fold it


@pytest.mark.parametrize(
    "damage", [lambda s: s[:-4], lambda s: s[:8] + "AAAA" + s[12:], lambda s: "?" + s, lambda s: ""]
)
def test_a_damaged_line_is_refused_and_says_what_would_be_right(damage: object) -> None:
    line = encode(fingerprint(TITLE, ENGLISH))
    with pytest.raises(ValueError, match=r"fingerprint.*\| "):
        decode(damage(line))  # type: ignore[operator]


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=400), st.text(max_size=40))
def test_any_text_has_a_fingerprint_that_survives_encoding(text: str, title: str) -> None:
    found = fingerprint(title, text)
    assert decode(encode(found)) == found
    assert len(found.sketch) % 2 == 0


def test_a_text_without_end_and_a_word_without_end_stay_small() -> None:
    rng = random.Random(3)
    law = " ".join(str(rng.random()) for _ in range(60_000))
    assert len(fingerprint("", law).sketch) < 15_000
    assert fingerprint("", law).text_hash != fingerprint("", law[:-20]).text_hash
    assert max(len(token) for token in tokens("x" * 100_000)) == 64


def test_lone_surrogates_do_no_harm() -> None:
    assert isinstance(fingerprint("\ud800", "broken \udfff text " * 20), Fingerprint)


@pytest.mark.parametrize(
    ("text", "words"), [("दुकान बंद है", 3), ("কমিটি বসেছে", 2), ("மாநாடு முடிந்தது", 2), ("İstanbul", 1)]
)
def test_the_marks_on_letters_cut_no_word_to_pieces(text: str, words: int) -> None:
    assert len(tokens(text)) == words
