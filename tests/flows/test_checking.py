"""What `govwatch check` finds beyond the shapes."""

from __future__ import annotations

from pathlib import Path

from config.load import Configuration, load
from flows.checking import examples, patterns, warnings

SOURCES = "sources: [{id: a, name: A, kind: feed, url: 'https://a.example/rss', every: 15m}]"


def configured(folder: Path, **files: str) -> Configuration:
    for name, text in {"sources": SOURCES, **files}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load(folder, {})


def test_the_shipped_configuration_has_neither_mistakes_nor_warnings(tmp_path: Path) -> None:
    shipped = configured(tmp_path)
    assert (patterns(shipped), examples(shipped), warnings(shipped)) == ([], [], [])


def test_a_rule_that_cannot_be_compiled_is_named_with_its_line(tmp_path: Path) -> None:
    rules = "initiatives:\n  - id: pact\n    name: Pact\n    aliases:\n      - Harbour Pact\n      - '* ...'\n"
    (problem,) = patterns(configured(tmp_path, initiatives=rules))
    assert (problem.line, problem.key) == (6, "pact")
    assert "'* ...'" in problem.message


def test_an_example_that_does_not_match_is_a_mistake(tmp_path: Path) -> None:
    rules = (
        "initiatives:\n  - id: pact\n    name: Pact\n    aliases: [Harbour Pact]\n"
        "    tests: {match: ['The quay pact holds.'], no_match: ['The Harbour Pact holds.']}\n"
    )
    said = [problem.message for problem in examples(configured(tmp_path, initiatives=rules))]
    assert len(said) == 2
    assert "does not match" in said[0]
    assert "should not match" in said[1]


def test_a_subscription_to_an_initiative_that_is_not_tracked_is_a_warning(tmp_path: Path) -> None:
    alerts = "channels: {t: {type: console}}\nsubscriptions: [{name: desk, channels: [t], match: {initiatives: [waicoo, eu-*, none]}}]"
    (problem,) = warnings(configured(tmp_path, alerts=alerts))
    assert (problem.key, problem.message) == ("desk", "no initiative is called 'waicoo'")
    assert problem.hint == "did you mean 'waico'?"
