"""The seed corpus and the labelled excerpts of real articles: exact spans, and the thresholds of the project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.load import SHIPPED
from extractors.mentions import Matcher

SHARED = Path(__file__).parents[3] / "shared"
KIT = SHARED / "kits" / "mentions"
MATCHER = Matcher.load(SHIPPED / "initiatives.yaml")

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def documents() -> list[tuple[str, list[dict[str, object]]]]:
    if not (KIT / "seeds_gold.json").exists() or not (SHARED / "seeds").is_dir():
        pytest.skip("../shared/kits/mentions is absent")
    gold = json.loads((KIT / "seeds_gold.json").read_text(encoding="utf-8"))
    # Offsets count characters of the file as it is, line ends included.
    return [
        ((SHARED / "seeds" / one["file"]).read_bytes().decode("utf-8"), one["mentions"]) for one in gold["documents"]
    ]


def spans(mentions: list[dict[str, object]], *, optional: bool) -> set[tuple[object, ...]]:
    return {(m["initiative"], m["start"], m["end"]) for m in mentions if bool(m.get("optional")) is optional}


def test_every_annotation_of_the_seeds_is_found_with_its_exact_span(documents):
    missed, found = [], 0
    for text, mentions in documents:
        got = {(m.initiative_id, m.start, m.end) for m in MATCHER.find("", text)}
        wanted = spans(mentions, optional=False)
        missed += [(*one, text[one[1] : one[2]]) for one in sorted(wanted - got)]
        found += len(wanted & got)
    assert missed == []
    assert found == 45


def test_nothing_else_is_found_in_the_seeds(documents):
    wrong = []
    for text, mentions in documents:
        known = [*spans(mentions, optional=False), *spans(mentions, optional=True)]
        for m in MATCHER.find("", text):
            if not any(m.initiative_id == name and m.start < end and start < m.end for name, start, end in known):
                wrong.append((m.initiative_id, m.surface, m.rule))
    assert wrong == []


def test_the_labelled_excerpts_are_read_as_well_as_the_project_asks():
    path = KIT / "dev.jsonl"
    if not path.exists():
        pytest.skip("../shared/kits/mentions is absent")
    right = wrong = missed = silent = alarms = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        found = {m.initiative_id for m in MATCHER.find(one.get("title") or "", one["text"], one["language"])}
        gold, optional = set(one["gold"]), set(one["optional"])
        right, wrong, missed = (
            right + len(gold & found),
            wrong + len(found - gold - optional),
            missed + len(gold - found),
        )
        silent += not gold
        alarms += not gold and bool(found - optional)
    assert right / (right + wrong) >= 0.985
    assert right / (right + missed) >= 0.96
    assert alarms / silent <= 0.02
