"""Figures are numbers stated of a mention, told apart by what they count, in the languages of the sources."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.load import SHIPPED, initiatives
from extractors.figure_words import written
from extractors.figures import figures
from extractors.mentions import Matcher

RULES = initiatives(SHIPPED / "initiatives.yaml", {})
KINDS = {one.id: one.kind for one in RULES}
MATCHER = Matcher(RULES)
SHARED = Path(__file__).parents[3] / "shared"


def stated(text: str, on: date | None = None) -> list[tuple[str, float, str, str]]:
    """Return comparison, value, unit and scope of every figure."""
    return [(f.comparison, f.value, f.unit, f.scope) for f in figures(text, MATCHER.find("", text), KINDS, on)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("With 29 states, WAICO began on Friday.", [("=", 29, "state", "")]),
        (
            "La Conférence mondiale sur l'IA a réuni plus de 1 200 entreprises et 40 robots.",
            [(">=", 1200, "company", ""), ("=", 40, "robot", "")],
        ),
        (
            "La Conferencia Mundial de Inteligencia Artificial reunió a más de 1.200 empresas de 30 países.",
            [(">=", 1200, "company", ""), ("=", 30, "state", "origin of companies")],
        ),
        (
            "世界人工智能大会吸引了800余家企业，展出3000多件展品。",
            [(">=", 800, "company", ""), (">=", 3000, "exhibit", "")],
        ),
        ("《人工智能全球治理行动计划》提出十三项行动。", [("=", 13, "action", "")]),
        (
            "На Всемирную конференцию по искусственному интеллекту приехали более 1 200 участников из 40 стран.",
            [(">=", 1200, "participant", ""), ("=", 40, "state", "origin of participants")],
        ),
        (
            "Die Weltkonferenz für Künstliche Intelligenz zählte rund 3.000 Exponate aus dreißig Ländern.",
            [("~", 3000, "exhibit", ""), ("=", 30, "state", "")],
        ),
        (
            "世界人工知能大会には1200人が参加し、800社が出展した。",
            [("=", 1200, "participant", ""), ("=", 800, "company", "")],
        ),
        (
            "세계 인공지능 대회에 40여 개국에서 800개 기업이 참가했다.",
            [(">=", 40, "state", ""), ("=", 800, "company", "")],
        ),
        ("Twenty-eight countries signed the Bletchley Declaration.", [("=", 28, "signatory", "")]),
        ("A/RES/78/311 was co-sponsored by 143 states.", [("=", 143, "co-sponsor", "")]),
        ("Between 30 and 40 states joined WAICO.", [(">=", 30, "signatory", ""), ("<=", 40, "signatory", "")]),
        ("Of WAICO's members, 12 African countries are poor.", [("=", 12, "state", "african")]),
        ("Current AI, a foundation in Paris, starts with $400 million.", [("=", 4e8, "USD", "")]),
        ("The EU AI Act fines up to €35 million.", [("<=", 3.5e7, "EUR", "")]),
        ("The Bletchley Declaration fills three pages.", [("=", 3, "page", "")]),
        ("The World AI Conference of 2025 members liked was long.", []),
        ("The world's two largest economies quarrel over WAICO.", []),
        ("Nothing that is tracked has 30 members.", []),
    ],
)
def test_a_number_beside_a_mention_has_value_comparison_unit_and_scope(text, expected):
    assert stated(text) == expected


def test_counts_of_different_populations_have_different_scopes():
    text = "The World AI Conference drew over 800 companies from more than 70 countries, and guests from over 30 countries."
    assert stated(text) == [
        (">=", 800, "company", ""),
        (">=", 70, "state", "origin of companies"),
        (">=", 30, "state", "origin of participants"),
    ]


def test_counts_of_two_editions_do_not_disagree():
    text = "The World AI Conference drew 500 companies last year. This year the conference drew 800 companies."
    assert stated(text) == [("=", 500, "company", "an earlier year"), ("=", 800, "company", "")]
    other = "In 2024, the World AI Conference drew 500 companies."
    assert stated(other, on=date(2025, 7, 26)) == [("=", 500, "company", "2024")]


def test_a_sentence_that_goes_on_about_the_conference_states_its_figures_too():
    text = "The World AI Conference opened in Shanghai. More than 900 companies fill the halls of the event."
    assert stated(text) == [(">=", 900, "company", "")]
    assert stated("The World AI Conference opened. A bakery has 900 guests.") == []


def test_the_values_of_an_index_are_told_apart_by_whom_they_rank():
    text = "By the AI Preparedness Index of the IMF, the mark for rich states is 0.70, and for poor states and islands is 0.30 and 0.20 respectively."
    assert stated(text) == [
        ("=", 0.7, "index", "rich states"),
        ("=", 0.3, "index", "poor states"),
        ("=", 0.2, "index", "islands"),
    ]


@pytest.mark.parametrize(
    ("number", "scaled", "value"),
    [
        ("1,200", False, 1200), ("1 200", False, 1200), ("1.200", False, 1200), ("1.234", True, 1.234), ("3,5", True, 3.5),
        ("0.68", False, 0.68), ("1.234,5", False, 1234.5), ("forty-two", False, 42), ("十三", False, 13), ("三百二十", False, 320),
    ],
)  # fmt: skip
def test_numbers_are_read_as_their_language_writes_them(number, scaled, value):
    assert written(number, scaled=scaled) == value


PIECES = st.sampled_from(
    [
        "World AI Conference ",
        "WAICO ",
        "1,200 ",
        "多",
        "十三",
        "companies ",
        "from ",
        "30 countries ",
        "€",
        "½",
        "²",
        "٣٠ ",
        "5-6 ",
        ". ",
        "\n",
        "the conference ",
        "%",
        "million ",
        "1.2.3,4 ",
    ]
)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=25).map("".join))
def test_a_figure_points_at_what_it_claims_in_any_text(text):
    for figure in figures(text, MATCHER.find("", text), KINDS):
        assert text[figure.start : figure.end] == figure.surface
        assert figure.surface


@pytest.mark.real
def test_the_figures_of_the_seed_corpus_are_read():
    gold = SHARED / "kits" / "mentions" / "seed_figures.json"
    if not gold.exists():
        pytest.skip("../shared/kits/mentions is absent")
    missed = []
    for one in json.loads(gold.read_text(encoding="utf-8")):
        # A post that is cut off names no unit, and a debut is no count of the conference as such.
        if not isinstance(one["value"], int | float) or "cut off" in one["unit"]:
            continue
        text = (SHARED / "seeds" / one["file"]).read_bytes().decode("utf-8")
        found = figures(text, MATCHER.find("", text), KINDS)
        if not any(f.value == one["value"] and f.start < one["end"] and one["start"] < f.end for f in found):
            missed.append((one["quantity"], one["surface"]))
    assert missed == []


@pytest.mark.real
def test_the_three_country_counts_of_the_seed_corpus_do_not_disagree():
    if not (SHARED / "seeds").is_dir():
        pytest.skip("../shared/seeds is absent")
    scopes: dict[tuple[str, str, str], set[float]] = {}
    for file in sorted((SHARED / "seeds").glob("*.txt")):
        text = file.read_bytes().decode("utf-8")
        for figure in figures(text, MATCHER.find("", text), KINDS):
            scopes.setdefault((figure.initiative_id, figure.unit, figure.scope), set()).add(figure.value)
    disagreeing = {key: values for key, values in scopes.items() if len(values) > 1}
    assert disagreeing == {}
