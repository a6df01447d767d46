"""Mentions are evidence: span, sentence, place, context, competitors; and no text breaks the matcher."""

from __future__ import annotations

import pickle
import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.load import SHIPPED, initiatives
from extractors.figures import figures
from extractors.mentions import Matcher, explain
from records.mention import Alias, Initiative, Place

MATCHER = Matcher.load(SHIPPED / "initiatives.yaml")
MATCHER_RULES = [one for one in initiatives(SHIPPED / "initiatives.yaml", {}) if one.id in {"waic", "gpai"}]

ARTICLE = (
    "Delegates founded the World AI Cooperation Organization (WAICO, the “Organization”) with 29 states on Friday.\n"
    "The Organization will sit in Shanghai, near the halls of the World Artificial Intelligence Conference. It hires.\n"
    "Photo: a hall of the World AI Conference\n"
    "Related: Global AI Governance Initiative turns three\n"
)


def one(text: str, initiative: str, title: str = ""):
    return next(m for m in MATCHER.find(title, text) if m.initiative_id == initiative)


def test_a_mention_carries_its_span_its_sentence_and_the_rule_that_found_it():
    mention = one(ARTICLE, "waico")
    assert ARTICLE[mention.start : mention.end] == mention.surface == "World AI Cooperation Organization"
    assert mention.sentence.startswith("Delegates founded")
    assert mention.sentence.endswith("on Friday.")
    assert mention.rule == "{World|Global|International} <AI> Co[-]operation <org>"
    assert mention.rules_version == MATCHER.rules_version


def test_a_defined_short_form_is_linked_to_its_full_name_and_never_alerts():
    shorts = [m for m in MATCHER.find("", ARTICLE) if m.rule.startswith("short form")]
    assert [(m.initiative_id, m.surface, m.alerts) for m in shorts] == [("waico", "Organization", False)]


def test_places_are_told_apart_and_furniture_does_not_alert():
    places = {(m.initiative_id, m.place, m.alerts) for m in MATCHER.find("World AI Conference ends", ARTICLE)}
    assert ("waic", Place.HEADLINE, True) in places
    assert ("waico", Place.LEAD, True) in places
    assert ("waic", Place.BODY, True) in places
    assert ("waic", Place.CAPTION, True) in places
    assert ("global-ai-governance-initiative", Place.FURNITURE, False) in places


def test_the_context_that_allowed_a_mention_is_kept():
    assert one("In Brussels, firms wait for the AI Act.", "eu-ai-act").context == ("Brussels",)


def test_the_competitors_that_a_mention_beat_are_kept():
    matcher = Matcher(
        [
            Initiative("long", "L", aliases=(Alias("Upper River Pact", "Upper River Pact"),)),
            Initiative("short", "S", aliases=(Alias("River Pact", "River Pact"),)),
        ]
    )
    (mention,) = matcher.find("", "the Upper River Pact")
    assert (mention.initiative_id, mention.beaten) == ("long", ("short",))


def test_a_name_holds_from_its_first_to_its_last_day():
    alias = Alias("New Pact", "New Pact", since=date(2025, 12, 1))
    matcher = Matcher([Initiative("it", "It", aliases=(alias,))])
    assert matcher.find("", "the New Pact", on=date(2025, 11, 30)) == []
    assert matcher.find("", "the New Pact", on=date(2025, 12, 1)) != []
    assert matcher.find("", "the New Pact") != []


def test_explain_names_the_guard_that_stopped_a_near_miss():
    text = explain(MATCHER, "", "Lawmakers debate the AI Act of the province.")
    assert "not eu-ai-act: 'AI Act'" in text
    assert "its document names none of" in text


def test_a_matcher_can_be_sent_to_another_process():
    copy = pickle.loads(pickle.dumps(MATCHER))
    assert copy.find("", ARTICLE) == MATCHER.find("", ARTICLE)


def test_rules_that_change_have_another_version():
    first, second = (Matcher([Initiative("it", "It", aliases=(Alias(t, t),))]) for t in ("Pact", "Treaty"))
    assert first.rules_version != second.rules_version


PIECES = st.sampled_from(
    ["World AI Conference", "WAICO", "《人工智慧全球治理行動計畫》", "(AI)", "‘", "”", " ", "\n", ". ", "المؤتمر العالمى للذكاء الاصطناعى",
     "세계 AI 대회", "саммит в Сеуле по ИИ", "ＡＩ", "\u200b", "é", "😀", "EU", "AI Act", "GPAI", "DeepSeek은", "ﬁ", "ß", "x"]
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=25).map("".join), st.text(max_size=20))
def test_spans_point_at_what_they_claim_in_any_text(text, title):
    for mention in MATCHER.find(title, text):
        field = title if mention.field == "title" else text
        assert field[mention.start : mention.end] == mention.surface
        assert mention.surface.strip()


HOSTILE = {
    "many names in one sentence": "DeepSeek ",
    "names that need context": "AI Act EU ",
    "parts of proximity rules": "export controls chips China US AI world organisation governance summit in Seoul ",
    "starts of gaps": "plan controls on Organisation mondiale de ",
    "Han without an end": "世界人工智能大会在上海，",
    "the same definition again and again": "World AI Cooperation Organization (WAICO, the “Organization”) ",
    "brackets": "World AI Conference ((((“",
    "characters that change length": "ﬁé\u200b",
    "numbers": "World AI Conference 1,000 companies and 5 states ",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_takes_more_than_linear_time(piece):
    def seconds(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        best = 1e9
        for _ in range(2):
            started = time.process_time()
            figures(text, MATCHER.find("", text))
            best = min(best, time.process_time() - started)
        return best

    # Four times the text may take six times the time, not sixteen: the clock of a busy machine is no fine one.
    assert seconds(32_000) < 6 * max(seconds(8_000), 0.02)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.lists(PIECES, max_size=12).map("".join), min_size=2, max_size=5))
def test_a_text_matches_the_same_whatever_was_read_before_it(texts):
    alone = [Matcher(MATCHER_RULES).find("", text) for text in texts]
    together = Matcher(MATCHER_RULES)
    backwards = [together.find("", text) for text in reversed(texts)]
    assert alone == [together.find("", text) for text in texts] == backwards[::-1]
