"""Generated news is distinct where it should be, and its ground truth is true."""

from __future__ import annotations

import itertools

import httpx
import trafilatura

from tests.newsroom import Newsroom
from tests.volume import LOOKALIKES, SURFACES, Planted, make_articles, print_all, twenty_outlets


def _shingles(article: Planted) -> set[tuple[str, ...]]:
    tokens = article.story.text.lower().split() if article.language == "en" else list(article.story.text)
    width = 3 if article.language == "en" else 5
    return set(zip(*(tokens[start:] for start in range(width)), strict=False))


def test_the_same_seed_makes_the_same_texts_and_another_seed_others() -> None:
    assert make_articles(20, seed=3) == make_articles(20, seed=3)
    assert make_articles(20, seed=3) != make_articles(20, seed=4)


def test_two_originals_share_hardly_anything_and_a_copy_nearly_all() -> None:
    articles = make_articles(120, seed=5)
    shingles = {article.number: _shingles(article) for article in articles}
    for one, other in itertools.combinations(articles, 2):
        if one.language != other.language:
            continue
        smaller = min(len(shingles[one.number]), len(shingles[other.number]))
        shared = len(shingles[one.number] & shingles[other.number]) / smaller
        if one.story_number == other.story_number:
            assert shared > 0.95
        else:
            assert shared < 0.15, (one.story.title, other.story.title)


def test_a_quarter_are_copies_of_every_kind_and_half_of_the_originals_mention_something() -> None:
    articles = make_articles(600, seed=7)
    kinds = {article.kind for article in articles}
    originals = [article for article in articles if article.original is None]
    assert kinds == {"original", "whole", "cut", "renamed", "wrapped"}
    assert 0.2 < 1 - len(originals) / len(articles) < 0.3
    assert 0.4 < sum(bool(article.mentions) for article in originals) / len(originals) < 0.6
    assert len({article.story.title for article in originals}) == len(originals)


def test_every_planted_surface_stands_in_its_text_once_and_no_other_does() -> None:
    for article in make_articles(300, seed=9):
        present = {
            initiative
            for initiative, surfaces in SURFACES[article.language].items()
            if any(surface in article.story.text for surface in surfaces)
        }
        assert present == article.initiatives
    assert any(
        lookalike in article.story.text
        for article in make_articles(300, seed=9)
        for lookalike in LOOKALIKES[article.language]
    )


def test_lengths_are_those_of_news() -> None:
    for article in make_articles(100, seed=11, copies=0):
        if article.language == "en":
            assert 150 <= len(article.story.text.split()) <= 800
        else:
            assert 250 <= len(article.story.text) <= 1500


def test_twenty_outlets_print_all_of_it_in_every_format_and_no_outlet_prints_a_text_twice(newsroom: Newsroom) -> None:
    outlets = twenty_outlets(newsroom)
    assert {outlet.kind for outlet in outlets} == {"rss", "atom", "rdf", "jsonfeed", "news_sitemap"}
    assert {outlet.house.encoding for outlet in outlets} == {"utf-8", "gb18030"}
    printed = print_all(outlets, make_articles(200, seed=13))
    assert len({publication.url for publication, _ in printed}) == 200
    assert len({(publication.house.id, article.story_number) for publication, article in printed}) == 200
    for publication, article in printed[::20]:
        text = trafilatura.extract(httpx.get(publication.url).content, fast=True, include_comments=False) or ""
        for _, surface in article.mentions:
            assert surface in text
        assert "".join(article.story.paragraphs[-1].split()) in "".join(text.split())
