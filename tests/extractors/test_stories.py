"""Which story an article belongs to: copies of every kind join, look-alikes of every kind do not."""

from __future__ import annotations

import json
import random
import statistics
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.copies import compare
from extractors.fingerprints import fingerprint
from extractors.stories import MemoryNeighbours, StoryIndex, choose, newcomer, which_story
from extractors.urls import canonical
from records.article import Article, Origin
from records.document import Document
from records.ids import article_id
from records.story import Candidate, Newcomer, StoryChoice

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SYLLABLES = ("ba", "du", "ki", "lo", "me", "nu", "pa", "ri", "so", "ta", "ve", "wi", "zo")
WORDS = [a + b + c for a in SYLLABLES for b in SYLLABLES for c in ("", "l", "n", "r")]
CHARACTERS = [chr(0x4E00 + 7 * n) for n in range(1500)]


def prose(seed: int, sentences: int = 30) -> list[str]:
    """Sentences that nobody else writes."""
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=12)).capitalize() + "." for _ in range(sentences)]


def chinese(seed: int, characters: int = 400) -> str:
    return "".join(random.Random(seed).choices(CHARACTERS, k=characters))


def article(number: int, text: str, title: str = "", outlet: str = "", published: datetime | None = None) -> Newcomer:
    return Newcomer(number, outlet, published, fingerprint(title, text))


def group(*arrivals: Newcomer) -> list[StoryChoice]:
    return choose(arrivals, MemoryNeighbours())


def second(original: str, copy: str, **more: Any) -> StoryChoice:
    """What is chosen for a text that arrives after another one."""
    return group(article(1, original), article(2, copy, **more))[1]


BODY = prose(1)
WHOLE = " ".join(BODY)


def test_the_first_article_opens_a_story_of_its_own_name() -> None:
    assert group(article(7, WHOLE)) == [StoryChoice(7, 7, "new")]


def test_the_same_text_joins_whatever_its_headline() -> None:
    assert second(WHOLE, WHOLE.upper(), title="Quite another headline here") == StoryChoice(2, 1, "same_text", 1.0, 1)


def test_a_cut_copy_joins_as_an_excerpt() -> None:
    found = second(WHOLE, " ".join(BODY[:10]))
    assert (found.story_id, found.reason, found.matched) == (1, "excerpt", 1)


def test_a_late_original_joins_the_story_that_its_cut_copy_opened() -> None:
    found = second(" ".join(BODY[:10]), WHOLE)
    assert (found.story_id, found.reason) == (1, "update")


def test_a_copy_with_every_tenth_word_changed_joins_as_a_reprint() -> None:
    rng = random.Random(3)
    edited = " ".join(word if rng.random() > 0.1 else rng.choice(WORDS) for word in WHOLE.split())
    found = second(WHOLE, edited)
    assert (found.story_id, found.reason) == (1, "reprint")
    assert 0.7 < found.score < 1


def test_a_copy_wrapped_in_as_much_furniture_joins() -> None:
    assert second(WHOLE, " ".join(prose(8, 12) + BODY + prose(9, 14))).story_id == 1


def test_reordered_paragraphs_join() -> None:
    assert second(WHOLE, " ".join(BODY[20:] + BODY[10:20] + BODY[:10])).reason == "reprint"


def test_a_copy_in_a_script_without_spaces_joins() -> None:
    text = chinese(1)
    rng = random.Random(4)
    edited = "".join(c if rng.random() > 0.05 else rng.choice(CHARACTERS) for c in text)
    assert second(text, edited).story_id == 1
    assert second(text, text + " ".join(prose(2, 40))).story_id == 1  # with more English than Chinese
    assert second(text, text[:180]).story_id == 1
    assert second(text, chinese(2)).reason == "new"


def test_another_article_on_the_same_event_with_the_same_quotation_is_another_story() -> None:
    quotation = prose(50, 6)
    assert second(" ".join(prose(2) + quotation), " ".join(quotation + prose(3))).reason == "new"


def test_a_form_filled_in_with_other_numbers_is_another_story() -> None:
    def market_list(seed: int) -> str:
        rng = random.Random(seed)
        return " ".join(
            f"{' '.join(sentence.split()[:9])} closed at {rng.randint(100, 9999)}.{rng.randint(10, 99)} points."
            for sentence in prose(60, 25)
        )

    assert second(market_list(1), market_list(2)).reason == "new"
    assert (
        compare(article(1, market_list(1)), Candidate(2, 2, "", None, fingerprint("", market_list(2)))).reason
        == "template"
    )


def test_a_block_that_many_articles_print_is_furniture() -> None:
    block = prose(70, 20)
    arrivals = [article(n, " ".join(block + prose(100 + n, 12))) for n in range(8)]
    found = group(*arrivals)
    assert [choice.reason for choice in found[3:]] == ["new"] * 5


def test_two_teasers_of_one_outlet_are_two_stories_and_of_two_outlets_one() -> None:
    teaser = " ".join(prose(80, 3))
    one = [article(1, teaser, "Harbour closed", "a.example"), article(2, teaser, "Mayor resigns", "a.example")]
    two = [article(1, teaser, "Harbour closed", "a.example"), article(2, teaser, "Harbour closed", "b.example")]
    assert group(*one)[1].reason == "new"
    assert group(*two)[1].reason == "same_text"


def test_within_one_outlet_and_weeks_apart_an_overlap_must_go_both_ways() -> None:
    profile, longer = " ".join(BODY[:12]), " ".join(BODY[:12] + prose(5, 30))
    later = NOON + timedelta(days=15)
    assert group(article(1, profile, outlet="a.example"), article(2, longer, outlet="b.example"))[1].story_id == 1
    assert group(article(1, profile, outlet="a.example"), article(2, longer, outlet="a.example"))[1].reason == "new"
    assert group(article(1, profile, published=NOON), article(2, longer, published=later))[1].reason == "new"


def test_a_headline_that_agrees_lowers_the_bar() -> None:
    title = "Pilots of the northern harbour end their long strike"
    half = " ".join(BODY[:14] + prose(6, 14))
    assert second(WHOLE, half).reason == "new"
    assert group(article(1, WHOLE, title), article(2, half, title.replace("long", "bitter")))[1].story_id == 1


def test_two_stories_that_turn_out_to_be_one_are_merged_into_the_older() -> None:
    first, last = " ".join(BODY[:15]), " ".join(BODY[15:])
    found = group(article(1, first), article(2, last), article(3, WHOLE))
    assert [choice.story_id for choice in found[:2]] == [1, 2]
    assert (found[2].story_id, found[2].merges) == (1, (2,))
    texts = {"a": first, "b": last, "c": WHOLE}
    assert StoryIndex().assign([{"id": name, "text": text} for name, text in texts.items()]) == ["a", "a", "a"]


def test_an_article_is_never_its_own_copy() -> None:
    own = Candidate(1, 5, "", None, fingerprint("", WHOLE))
    assert which_story(article(1, WHOLE), [own]) == StoryChoice(1, 1, "new")


def test_the_same_article_again_keeps_its_story() -> None:
    found = group(article(1, WHOLE), article(2, WHOLE), article(2, WHOLE))
    assert found[2] == StoryChoice(2, 1, "same_url")


def test_a_page_that_names_its_original_joins_it() -> None:
    translation = Newcomer(2, "b.example", None, fingerprint("", " ".join(prose(90))), canonical=1)
    assert group(article(1, WHOLE), translation)[1] == StoryChoice(2, 1, "same_url", matched=1)
    assert group(translation)[0].reason == "new"  # the original is not stored


def test_a_documents_canonical_link_names_its_original() -> None:
    page = Article(
        "https://b.example/2", "", WHOLE, outlet="b.example", canonical_url="https://www.a.example/1?utm_source=x"
    )
    one = Document(9, "b.example/2", page, fingerprint("", WHOLE), (), (), "desk", Origin.LIVE, NOON, page.url)
    assert newcomer(one).canonical == article_id(canonical("https://a.example/1"))
    own = Document(newcomer(one).canonical or 0, "", page, one.fingerprint, (), (), "desk", Origin.LIVE, NOON, page.url)
    assert newcomer(own).canonical is None


def test_empty_articles_are_nobodys_copies() -> None:
    assert [choice.reason for choice in group(article(1, ""), article(2, ""))] == ["new", "new"]


def test_a_hundred_copies_of_one_text_stay_one_story() -> None:
    texts = [" ".join(BODY[: 15 + n % 15] + prose(1000 + n, 2)) for n in range(100)]
    assert {choice.story_id for choice in group(*(article(n, text) for n, text in enumerate(texts)))} == {0}


def test_a_seed_known_by_its_fingerprint_only_has_its_reprint_join() -> None:
    seed = Newcomer(1, "archive.example", None, fingerprint("Old news", WHOLE))
    assert group(seed, article(2, " ".join(BODY[:20])))[1].story_id == 1


def test_documents_may_be_mappings_or_objects_with_outlet_and_day() -> None:
    class Page:
        id, title, text, source, day = 3, "", WHOLE, "a.example", 20_000

    index = StoryIndex()
    assert index.assign([Page(), {"title": "", "text": " ".join(BODY[:9]), "outlet": "b.example"}]) == ["3", "3"]
    assert index.assign([{"id": "x", "title": None, "text": " ".join(prose(4)), "published": "2026-11-24"}]) == ["x"]
    assert index.assign([{"id": "y", "text": WHOLE, "published": "soon"}]) == ["3"]


# ---- properties ---------------------------------------------------------------------------------------------------


@st.composite
def coverage(draw: st.DrawFn) -> list[tuple[int, str]]:
    """A day's articles: (label of the text they print, text), in some order of arrival."""
    found = []
    for label in range(draw(st.integers(1, 5))):
        body = prose(draw(st.integers(0, 10_000)) * 10 + label, 24)
        found.append((label, " ".join(body)))
        for kind in draw(st.lists(st.sampled_from(["cut", "tail", "wrapped", "same", "edited"]), max_size=4)):
            rng = random.Random(draw(st.integers(0, 10_000)))
            if kind == "cut":
                text = " ".join(body[: rng.randint(12, 23)])
            elif kind == "tail":  # with a cut one it shares nothing: only the whole text shows that both are one story
                text = " ".join(body[rng.randint(10, 12) :])
            elif kind == "wrapped":
                text = " ".join(prose(rng.randrange(10**9), 6) + body + prose(rng.randrange(10**9), 6))
            elif kind == "edited":
                text = " ".join(w if rng.random() > 0.05 else rng.choice(WORDS) for w in " ".join(body).split())
            else:
                text = " ".join(body)
            found.append((label, text))
    return draw(st.permutations(found))


def partition(choices: list[StoryChoice]) -> set[frozenset[int]]:
    memory = MemoryNeighbours()
    for choice in choices:
        memory.add(article(choice.article_id, ""), choice)
    stories: dict[int, set[int]] = {}
    for choice in choices:
        stories.setdefault(memory.story(choice.story_id), set()).add(choice.article_id)
    return {frozenset(members) for members in stories.values()}


@settings(deadline=None, max_examples=25)
@given(coverage(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_neither_stories_nor_members(
    articles: list[tuple[int, str]], rng: random.Random
) -> None:
    arrivals = [article(n, text) for n, (_, text) in enumerate(articles)]
    truth = {frozenset(n for n, (label, _) in enumerate(articles) if label == wanted) for wanted, _ in articles}
    shuffled = rng.sample(arrivals, len(arrivals))
    assert partition(group(*arrivals)) == partition(group(*shuffled)) == truth


@settings(deadline=None, max_examples=25)
@given(coverage(), st.integers(1, 5))
def test_a_batch_gives_what_its_articles_give_one_by_one(articles: list[tuple[int, str]], size: int) -> None:
    arrivals = [article(n, text) for n, (_, text) in enumerate(articles)]
    memory = MemoryNeighbours()
    stored: list[StoryChoice] = []
    for start in range(0, len(arrivals), size):
        batch = arrivals[start : start + size]
        for arrival, choice in zip(batch, choose(batch, memory), strict=True):
            memory.add(arrival, choice)
            stored.append(choice)
    assert partition(stored) == partition(group(*arrivals))
    assert [choice.story_id for choice in stored] == [choice.story_id for choice in group(*arrivals)]


@pytest.mark.real
def test_labelled_real_coverage_is_grouped_as_readers_would() -> None:
    path = Path(__file__).parents[3] / "shared/kits/stories/dev.jsonl"
    if not path.exists():
        pytest.skip("../shared/kits/stories is absent")
    documents = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    scores = []
    for seed in range(2):
        random.Random(seed).shuffle(documents)
        scores.append(_pairwise_f1(documents, StoryIndex().assign(documents)))
    assert statistics.mean(scores) >= 0.985


def _pairwise_f1(documents: list[dict[str, Any]], assigned: list[str]) -> float:
    hits = claimed = wanted = 0
    for i, a in enumerate(documents):
        for j in range(i):
            b = documents[j]
            same = a["cluster_id"] == b["cluster_id"]
            wanted += same
            if assigned[i] == assigned[j]:
                unclear = b["cluster_id"] in a.get("ignore", ()) or a["cluster_id"] in b.get("ignore", ())
                hits += same
                claimed += same or not unclear
    return 2 * hits / (claimed + wanted)
