"""The project's own labelled sentences, in our own words: quality must not fall."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.load import SHIPPED
from extractors.mentions import Matcher

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


def test_the_set_speaks_many_languages_and_a_third_of_it_mentions_nothing():
    assert len({one["language"].split("-")[0] for one in RECORDS}) >= 12
    assert sum(not one["ids"] for one in RECORDS) * 3 >= len(RECORDS)


def test_f1_stays_above_its_floor(found):
    right = sum(len(wanted & got) for wanted, got, _ in found)
    wrong = [(got - wanted, text) for wanted, got, text in found if got - wanted]
    missed = [(wanted - got, text) for wanted, got, text in found if wanted - got]
    f1 = 2 * right / (2 * right + len(wrong) + len(missed))
    assert f1 >= 0.98, (wrong, missed)


def test_no_sentence_without_a_mention_gives_a_false_alarm(found):
    assert [(got, text) for wanted, got, text in found if not wanted and got] == []
