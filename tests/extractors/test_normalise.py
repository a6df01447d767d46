"""The normaliser: different spellings become one form, and every offset leads back to the text as stored."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.matching.normalise import Offsets, normalise

TEXT = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("ab AI(ai)ИИ “”'’-‑\n\u00ad\u200bЙйéß人智慧織、。《》가는 ﬁＡＩ الذكاء وبال ـ ى 😀"),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ＡＩ＋", "AI+"),
        ("Capacity‑Building", "capacity building"),
        ("l’intelligence artificielle", "L'INTELLIGENCE ARTIFICIELLE"),
        ("世界人工智慧合作組織", "世界 人工智慧 合作组织"),
        ("세계 AI 협력기구", "세계AI협력기구"),
        ("《全球治理》", "全球治理"),
        ("artificial intelligence (AI) plan", "artificial intelligence plan"),
        ("人工智能（AI）合作", "人工智能合作"),
        ("ИИ и ёлка", "ии и елка"),
        ("المؤتمر العالمى", "مؤتمر عالمي"),
        ("بُناة", "بناه"),
        ("co\u00adoperation", "cooperation"),
        ("“AI Action Plan,”", "AI Action Plan,"),
        ("two  spaces", "two spaces"),
        ("Đạo đức, Łódź, Ørsted", "dao duc, lodz, orsted"),
    ],
)
def test_spellings_of_one_thing_become_the_same(first, second):
    assert normalise(first) == normalise(second)


def test_a_line_break_ends_a_paragraph_unless_the_sentence_goes_on():
    assert "\n" in normalise("One sentence.\nAnother one")
    assert normalise("a hard-wrapped\nsentence") == "a hard wrapped sentence"


@settings(deadline=None, max_examples=300)
@given(TEXT)
def test_offsets_rise_and_stay_inside_the_text(text):
    normal, offsets = normalise(text), Offsets(text)
    starts = [offsets.start(i) for i in range(len(normal))]
    assert starts == sorted(starts)
    assert all(0 <= start < len(text) for start in starts)


@settings(deadline=None, max_examples=300)
@given(TEXT)
def test_every_letter_comes_from_the_character_that_its_offset_names(text):
    normal, offsets = normalise(text), Offsets(text)
    for index, char in enumerate(normal):
        source = text[offsets.start(index)]
        if char.isascii() and char.isalpha():
            folded = unicodedata.normalize("NFKD", source).casefold()
            assert char in folded or char in {"i", "l", "o", "d"}
