"""What two texts share and where they differ, in a form that people read."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.differences import Kind, differences, sentences

TEXT = (
    "The ferry left at noon. Twelve delegates were on board.\n"
    "“Nobody had slept,” the pilot said. The treaty lay open on the table! Who would sign it first?"
)


def kinds(first: str, second: str) -> list[str]:
    return [passage.kind.value for passage in differences(first, second).passages]


def test_equal_texts_are_one_passage() -> None:
    (one,) = differences(TEXT, TEXT).passages
    assert (one.kind, one.sentences) == (Kind.SAME, 5)


def test_case_and_typography_make_no_difference() -> None:
    assert kinds(TEXT, TEXT.upper().replace("“", '"').replace("”", '"')) == ["same"]


def test_a_cut_copy_misses_the_end() -> None:
    (same, gone) = differences(TEXT, TEXT.partition("\n")[0]).passages
    assert (same.kind, gone.kind, gone.sentences) == (Kind.SAME, Kind.FIRST, 3)
    assert gone.first.endswith("Who would sign it first?")


def test_an_outlets_furniture_stands_only_in_its_copy() -> None:
    assert kinds(TEXT, f"Read our newsletter. {TEXT}\nAll rights are ours.") == ["second", "same", "second"]


def test_an_edited_sentence_shows_its_words() -> None:
    found = differences(TEXT, TEXT.replace("Twelve delegates were", "Ten delegates are")).passages
    assert [passage.marked for passage in found if passage.marked] == [
        "[-Twelve-]{+Ten+} delegates [-were-]{+are+} on board."
    ]


def test_a_sentence_in_another_place_is_no_difference_in_words() -> None:
    first, _, rest = TEXT.partition(". ")
    found = kinds(TEXT, f"{rest} {first}.")
    assert "moved" in found
    assert not {"first", "second", "edited"} & set(found)


@pytest.mark.parametrize(
    ("first", "second", "marked"),
    [
        ("港口关闭了。十二名代表上了船。", "港口关闭了。十名代表上了船。", "十[-二-]名代表上了船。"),
        ("港が閉まった。代表十二人が船に乗った。", "港が閉まった。代表十人が船に乗った。", "代表十[-二-]人が船に乗った。"),
        ("बंदरगाह बंद है। बारह लोग नाव पर चढ़े।", "बंदरगाह बंद है। दस लोग नाव पर चढ़े।", "[-बारह-]{+दस+} लोग नाव पर चढ़े।"),
        ("أغلق الميناء. صعد اثنا عشر مندوبا.", "أغلق الميناء. صعد ستة عشر مندوبا.", "صعد [-اثنا-]{+ستة+} عشر مندوبا."),
    ],
)  # fmt: skip
def test_every_script_has_sentences_and_words(first: str, second: str, marked: str) -> None:
    same, edited = differences(first, second).passages
    assert (same.kind, edited.kind) == (Kind.SAME, Kind.EDITED)
    assert edited.marked == marked


def test_lines_say_what_only_one_side_has() -> None:
    found = differences(TEXT, "Another lead stands here. " + TEXT.partition("\n")[0]).lines()
    assert found[0] == "+ 1 sentence only there: Another lead stands here."
    assert found[1].startswith("= 2 sentences in both: The ferry left")
    assert found[2].startswith("- 3 sentences only here: “Nobody had slept,”")


def test_long_passages_show_their_beginning_and_their_end() -> None:
    many = " ".join(f"Sentence {n} of a long report." for n in range(200))
    (line,) = differences(many, many).lines(width=90)
    end = "Sentence 0 of a long report. Sentence 1 of a long report. Se ... Sentence 199 of a long report."
    assert line == f"= 200 sentences in both: {end}"


@pytest.mark.parametrize(
    "nasty",
    [
        "same words again. " * 20_000,
        "no end " * 60_000,
        "".join(f"line {n % 7}.\n" for n in range(40_000)),
        "字" * 300_000,
        "." * 200_000,
        '"' * 100_000 + ". x",
    ],
    ids=["one sentence", "no full stop", "seven sentences", "one character", "dots", "quotes"],
)
def test_endless_texts_take_a_bounded_time_and_what_was_left_out_is_told(nasty: str) -> None:
    start = time.process_time()
    found = differences(nasty, nasty[: len(nasty) // 2] + " Something else. " + nasty[len(nasty) // 2 :])
    assert time.process_time() - start < 5
    assert found.lines()


def test_what_was_not_compared_is_told() -> None:
    many = " ".join(f"Sentence {n} of a law." for n in range(1_500))
    assert differences(many, many).lines()[-1] == "... 1000 sentences were not compared: the texts are too long"


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(["One fell. ", "Two rose! ", "三人来了。", "Four ran\n"]), max_size=12), st.randoms())
def test_no_sentence_is_lost_or_told_twice(parts: list[str], rng: Random) -> None:
    first = "".join(f"{n} {part}" for n, part in enumerate(parts))
    kept = [f"{n} {part}" for n, part in enumerate(parts) if rng.random() > 0.3]
    second = "".join(kept)
    found = differences(first, second).passages
    told = sum(p.sentences for p in found if p.kind is not Kind.SECOND)
    assert told == len(sentences(first))
    assert "".join("".join(p.first for p in found).split()) == "".join(first.split())


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_two_texts_can_be_compared(first: str, second: str) -> None:
    for passage in differences(first, second).passages:
        assert passage.sentences > 0
        assert bool(passage.first) or bool(passage.second)
