"""The project's own labelled sentences, in our own words: quality must not fall."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.load import SHIPPED, initiatives
from extractors.mentions import Matcher

FLOOR = 0.998
"""What was measured on 24 November 2026; raise it when the rules get better, never lower it."""

RECORDS = [
    json.loads(line)
    for path in sorted((Path(__file__).parents[1] / "data" / "mentions").glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(scope="module")
def found() -> list[tuple[set[str], set[str], str]]:
    matcher = Matcher.load(SHIPPED / "initiatives.yaml")
    return [
        (set(one["ids"]), {m.initiative_id for m in matcher.find("", one["text"], one["language"])}, one["text"])
        for one in RECORDS
    ]


def test_the_set_is_large_speaks_many_languages_and_a_third_of_it_mentions_nothing():
    assert len(RECORDS) >= 400
    assert {name for one in RECORDS for name in one["ids"]} == {
        one.id for one in initiatives(SHIPPED / "initiatives.yaml", {})
    }
    assert len({one["language"].split("-")[0] for one in RECORDS}) >= 12
    assert sum(not one["ids"] for one in RECORDS) * 3 >= len(RECORDS)


def test_f1_stays_above_its_floor(found):
    right = sum(len(wanted & got) for wanted, got, _ in found)
    wrong = [(got - wanted, text) for wanted, got, text in found if got - wanted]
    missed = [(wanted - got, text) for wanted, got, text in found if wanted - got]
    f1 = 2 * right / (2 * right + len(wrong) + len(missed))
    assert f1 >= FLOOR, (wrong, missed)


def test_no_language_falls_behind(found):
    missed: dict[str, list[str]] = {}
    for one, (wanted, got, text) in zip(RECORDS, found, strict=True):
        if wanted - got:
            missed.setdefault(one["language"].split("-")[0], []).append(text)
    assert all(len(texts) <= 1 for texts in missed.values()), missed


def test_no_sentence_without_a_mention_gives_a_false_alarm(found):
    assert [(got, text) for wanted, got, text in found if not wanted and got] == []
