"""What looks alike and is no copy: forms filled in anew, shared quotations, legal boilerplate; in several scripts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.fingerprints import fingerprint
from extractors.stories import MemoryNeighbours, choose
from records.story import Newcomer

# Letters of which each script's made-up words are built; nobody writes these texts.
SCRIPTS = {
    "Latin": ("ba du ki lo me nu pa ri so ta ve wi zo", " ", "."),
    "Cyrillic": ("ба ду ки ло ме ну па ри со та ве ви зо", " ", "."),
    "Greek": ("βα δυ κι λο με νυ πα ρι σο τα φε χι ζο", " ", "."),
    "Arabic": ("با دو كي لو مي نو فا ري سو تا وي هي زو", " ", "."),
    "Devanagari": ("बा दु कि लो मे नु पा रि सो ता वे हि जो", " ", "।"),
    "Hangul": ("바 두 키 로 메 누 파 리 소 타 베 위 조", " ", "."),
    "Han": ("", "", "。"),
    "Thai": ("", "", " "),
}
UNSPACED = {"Han": [chr(0x4E00 + 5 * n) for n in range(2000)], "Thai": [chr(0x0E01 + n) for n in range(40)]}


def sentences(script: str, seed: int, count: int) -> list[str]:
    """Sentences of a script that nobody else writes."""
    rng = random.Random(f"{script} {seed}")
    syllables, space, stop = SCRIPTS[script]
    if script in UNSPACED:
        return ["".join(rng.choices(UNSPACED[script], k=28)) + stop for _ in range(count)]
    words = ["".join(rng.choices(syllables.split(), k=rng.randint(2, 3))) for _ in range(600)]
    return [space.join(rng.choices(words, k=12)) + stop for _ in range(count)]


def stories(*texts: str) -> int:
    """Into how many stories do these articles of different outlets fall?"""
    arrivals = [Newcomer(n, f"outlet{n}.example", None, fingerprint("", text)) for n, text in enumerate(texts)]
    return len({choice.story_id for choice in choose(arrivals, MemoryNeighbours())})


scripts = pytest.mark.parametrize("script", SCRIPTS)


@scripts
def test_a_copy_is_recognised_in_this_script_at_all(script: str) -> None:
    body = sentences(script, 1, 25)
    assert stories(" ".join(body), " ".join(body[:15])) == 1


@scripts
def test_market_lists_and_weather_reports_of_two_days_are_two_stories(script: str) -> None:
    form = sentences(script, 2, 24)

    def filled(day: int) -> str:
        rng = random.Random(day)
        return " ".join(
            f"{line[: len(line) * 3 // 4]} {rng.randint(10, 99)}.{rng.randint(10, 99)} {rng.randint(1000, 9999)}"
            for line in form
        )

    assert stories(filled(1), filled(2)) == 2
    assert stories(filled(1), filled(1)) == 1


@scripts
def test_two_articles_that_quote_the_same_speech_at_length_are_two_stories(script: str) -> None:
    speech = sentences(script, 3, 8)
    assert stories(*(" ".join(sentences(script, 100 + n, 18) + speech) for n in range(2))) == 2


@scripts
def test_articles_above_the_same_legal_notice_are_as_many_stories(script: str) -> None:
    notice = sentences(script, 4, 9)
    assert stories(*(" ".join(sentences(script, 200 + n, 16) + notice) for n in range(5))) == 5


@scripts
def test_a_digest_that_begins_with_the_leads_of_others_is_a_story_of_its_own(script: str) -> None:
    articles = [sentences(script, 300 + n, 20) for n in range(8)]
    digest = " ".join(" ".join(article[:2]) for article in articles)
    assert stories(*(" ".join(article) for article in articles), digest) == 9


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(SCRIPTS)), st.integers(0, 10_000), st.integers(2, 5), st.floats(0.1, 0.33), st.booleans())
def test_a_shared_block_of_a_third_at_most_never_merges(
    script: str, seed: int, count: int, share: float, at_the_end: bool
) -> None:
    block = sentences(script, seed, max(1, int(24 * share)))
    own = [sentences(script, 20_000 + seed * 7 + n, 24 - len(block)) for n in range(count)]
    assert stories(*(" ".join([*one, *block] if at_the_end else [*block, *one]) for one in own)) == count
