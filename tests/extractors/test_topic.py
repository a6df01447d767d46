"""The topic filter: which items of a broad source are worth fetching."""

from __future__ import annotations

import pytest

from extractors.topic import matches_topic
from records.article import FeedItem

WORDS = ("AI", "artificial intelligence", "regulat*", "人工智能", "ИИ", "인공지능", "الذكاء الاصطناعي", "inteligência artificial", "künstliche Intelligenz")  # fmt: skip
URL = "https://site.example/a/2026/8812.html"

WANTED = [
    ("a word", "New rules for AI"),
    ("a word between signs", "“AI”: what now?"),
    ("a word with a hyphen", "AI-driven courts"),
    ("small letters", "artificial  intelligence bill"),
    ("a hyphenated phrase", "Artificial-Intelligence office opens"),
    ("a beginning", "Regulators meet"),
    ("Chinese", "新一代人工智能治理"),
    ("Latin letters inside Chinese", "全国AI立法"),
    ("Cyrillic", "Закон об ИИ принят"),
    ("Korean with a particle", "인공지능을 위한 법"),
    ("Arabic with a prefix", "والذكاء الاصطناعي"),
    ("without its accents", "Lei de inteligencia artificial"),
    ("decomposed accents", "ku\u0308nstliche Intelligenz"),
]
NOT_WANTED = [
    ("letters inside a word", "He said the rain was heavy"),
    ("another word", "Aid for farmers"),
    ("Cyrillic inside a word", "Россиию"),
    ("the beginning only where asked", "AIM shares fall"),
]


@pytest.mark.parametrize(("what", "title"), WANTED, ids=[row[0] for row in WANTED])
def test_an_item_on_the_topic_is_wanted(what: str, title: str) -> None:
    assert matches_topic(FeedItem(URL, title), WORDS)
    assert matches_topic(FeedItem(URL, "Other", summary=f"And then: {title}."), WORDS)


@pytest.mark.parametrize(("what", "title"), NOT_WANTED, ids=[row[0] for row in NOT_WANTED])
def test_an_item_off_the_topic_is_passed_over(what: str, title: str) -> None:
    assert not matches_topic(FeedItem(URL, title), WORDS)


def test_the_words_of_an_address_count() -> None:
    assert matches_topic(FeedItem("https://site.example/tech/eu-ai-act-passed"), WORDS)
    assert matches_topic(FeedItem("https://site.example/%E4%BA%BA%E5%B7%A5%E6%99%BA%E8%83%BD/1", "x"), WORDS)
    assert not matches_topic(FeedItem("https://ai.example/sport/cup-final-goes-to-extra-time"), WORDS)


def test_an_item_that_shows_no_words_is_let_through() -> None:
    assert matches_topic(FeedItem(URL), WORDS)


def test_without_keywords_everything_is_wanted() -> None:
    assert matches_topic(FeedItem(URL, "Cup final"), ())
