"""Facts of a seed corpus: strict like every other file, and the shipped ones hold no text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from config.document import read, shape
from config.load import SHIPPED, seeds
from config.seeds import SeedsFile


def problems(text: str) -> list[str]:
    document = read(Path("seeds.yaml"), {}, text)
    shape(document, SeedsFile)
    return [str(problem) for problem in document.problems]


def test_facts_are_read_with_their_instant() -> None:
    document = read(Path("s.yaml"), {}, "seeds: [{id: a, file: a.txt, published: '2026-03-04T21:22+08:00', words: 12}]")
    found = shape(document, SeedsFile)
    assert found is not None
    (facts,) = found.records()
    assert facts.published == datetime(2026, 3, 4, 13, 22, tzinfo=UTC)
    assert facts.published_raw == "2026-03-04T21:22+08:00"


def test_an_id_that_stands_twice_is_refused_with_its_line() -> None:
    text = "seeds:\n  - {id: a, file: a.txt}\n  - {id: a, file: b.txt}"
    assert problems(text) == ["seeds.yaml:3: seeds[1].id: the id 'a' stands twice (first at seeds[0])"]


def test_facts_that_recognise_nothing_are_refused() -> None:
    assert "nothing says which text is meant" in problems("seeds: [{id: a, title: b}]")[0]


def test_a_date_that_is_none_is_refused() -> None:
    assert "'yesterday' is not a date" in problems("seeds: [{id: a, file: a, published: yesterday}]")[0]


def test_the_shipped_corpus_has_five_texts_and_no_sentence_of_them() -> None:
    facts = seeds(SHIPPED / "seeds.yaml")
    assert len(facts) == 5
    for one in facts:
        assert one.sha256
        assert one.fingerprint
        assert one.outlet
        assert one.published
        assert one.words
        assert one.initiatives
        assert len(one.title or "") < 120
