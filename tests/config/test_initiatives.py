"""`config/initiatives.yaml`: the shipped rules do what their own examples say, and mistakes are named with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.load import SHIPPED, initiatives
from extractors.mentions import Matcher, lint
from records.errors import ConfigurationError, PatternError
from records.mention import AlertLevel

ALL = initiatives(SHIPPED / "initiatives.yaml", {})
MATCHER = Matcher(ALL)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "initiatives.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        initiatives(written(tmp_path, text), {})
    return [str(problem) for problem in caught.value.problems]


def test_forty_one_initiatives_are_shipped_each_with_its_own_examples():
    assert len(ALL) == 41
    assert [one.id for one in ALL if not one.matching or not one.not_matching] == []


@pytest.mark.parametrize("initiative", ALL, ids=lambda one: one.id)
def test_the_examples_of_an_initiative_hold(initiative):
    for sentence in initiative.matching:
        assert initiative.id in {m.initiative_id for m in MATCHER.find("", sentence)}, sentence
    for sentence in initiative.not_matching:
        assert initiative.id not in {m.initiative_id for m in MATCHER.find("", sentence)}, sentence


def test_the_linter_finds_nothing_in_the_shipped_rules():
    assert lint(ALL) == []


def test_a_word_set_stands_for_its_words_and_the_rule_stays_as_written(tmp_path):
    (one,) = initiatives(
        written(
            tmp_path,
            'words: {AI: [AI, machine thought]}\ninitiatives:\n- {id: a, name: Pact, aliases: ["<AI> Pact"]}\n',
        ),
        {},
    )
    assert (one.aliases[0].text, one.aliases[0].pattern) == ("<AI> Pact", "{AI|machine thought} Pact")


def test_an_unknown_word_set_is_named_with_its_line(tmp_path):
    (problem,) = problems(tmp_path, 'initiatives:\n- id: a\n  name: Pact\n  aliases:\n  - "<XY> Pact"\n')
    assert "initiatives.yaml:5" in problem
    assert "there is no word set <XY>" in problem


def test_a_bracket_without_its_partner_is_named_with_its_line(tmp_path):
    (problem,) = problems(tmp_path, 'initiatives:\n- id: a\n  name: Pact\n  aliases:\n  - "Pact {a|b"\n')
    assert "initiatives.yaml:5" in problem
    assert "without its partner" in problem


def test_a_mistyped_key_of_an_alias_suggests_the_right_one(tmp_path):
    (problem,) = problems(tmp_path, "initiatives:\n- id: a\n  name: Pact\n  aliases:\n  - {text: Pact, require: [x]}\n")
    assert "did you mean 'requires'?" in problem


def test_an_id_that_stands_twice_is_refused(tmp_path):
    (problem,) = problems(
        tmp_path, "initiatives:\n- {id: a, name: Pact, aliases: [Pact]}\n- {id: a, name: Treaty, aliases: [Treaty]}\n"
    )
    assert "stands twice" in problem


def test_a_pattern_that_cannot_be_compiled_names_pattern_and_initiative(tmp_path):
    path = written(tmp_path, 'initiatives:\n- {id: a, name: Pact, aliases: ["*act"]}\n')
    with pytest.raises(PatternError) as caught:
        Matcher.load(path)
    assert (caught.value.pattern, caught.value.initiative_id) == ("*act", "a")


def test_product_news_of_a_company_is_a_mention_that_does_not_alert():
    (company,) = [one for one in ALL if one.id == "deepseek"]
    assert company.alerts is AlertLevel.CONTEXT
    quiet, loud = (
        MATCHER.find("", "DeepSeek made its chat faster."),
        MATCHER.find("", "Italy's watchdog blocked DeepSeek."),
    )
    assert (quiet[0].alerts, loud[0].alerts) == (False, True)
