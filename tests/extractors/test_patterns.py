"""The matching language, operator by operator."""

from __future__ import annotations

from datetime import date

import pytest

from extractors.matching.pattern import MOST_VARIANTS, spellings, variants
from extractors.mentions import Matcher, conflicts, lint
from records.errors import PatternError
from records.mention import Alias, Guard, Initiative, Near, Scope


def tracker(*aliases: str | Alias, nears: tuple[Near, ...] = (), confusables: tuple[str, ...] = ()) -> Matcher:
    made = tuple(Alias(one, one) if isinstance(one, str) else one for one in aliases)
    return Matcher([Initiative("it", "It", aliases=made, nears=nears, confusables=confusables)])


def surfaces(matcher: Matcher, text: str) -> list[str]:
    return [mention.surface for mention in matcher.find("", text)]


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("Organi{s|z}ation", "an ORGANISATION, an organization", ["ORGANISATION", "organization"]),
        ("[the] River Pact", "Of the river pact and River Pact", ["the river pact", "River Pact"]),
        ("[the|a] Pact", "a pact", ["a pact"]),
        ("{River|{Sea|Lake} and Sky} Pact", "the Lake and Sky Pact", ["Lake and Sky Pact"]),
        ("речн* пакт*", "о речном пакте", ["речном пакте"]),
        ("controls ... rivers", "controls on all wide rivers", ["controls on all wide rivers"]),
        ("controls ... rivers", "controls on a b c d e f g rivers", []),
        ("controls ... rivers", "controls failed. The rivers rose", []),
        ("河流公约", "《河流公約》簽署", ["河流公約"]),
        ("강 협약", "강협약은 새롭다", ["강협약"]),
        ("ميثاق نهر", "وميثاق النهر", ["وميثاق النهر"]),
        ("River Pact", "the River Pacts", []),
        ("River Pact", "River Pact's text, “River\u00a0Pact”", ["River Pact", "River\u00a0Pact"]),
        ("River-Pact", "River–Pact", ["River–Pact"]),
        ("DeepRiver", "禁DeepRiver购", ["DeepRiver"]),
    ],
)
def test_an_operator_finds_what_it_means(pattern, text, found):
    assert surfaces(tracker(pattern), text) == found


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("{a|b", "bracket without its '}'"),
        ("a]", "nothing opened"),
        ("[]", "nothing that could be found"),
        ("*tail", "begins with less than two letters"),
        ("a ... b", "begins with less than two letters"),
        ("go ... *", "no word behind it"),
        ("{" * 10 + "aa" + "}" * 10, "nested"),
        ("{aa|bb|cc|dd}" * 7, f"more than {MOST_VARIANTS}"),
    ],
)
def test_what_is_not_in_the_language_is_refused_with_its_reason(pattern, complaint):
    with pytest.raises(PatternError, match=complaint.replace("[", "\\[")) as caught:
        variants(pattern)
    assert caught.value.pattern == pattern


def test_spellings_are_all_written_out():
    assert sorted(spellings("{New |}Pact [of {Rome|Paris}]")) == [
        "new pact", "new pact of paris", "new pact of rome", "pact", "pact of paris", "pact of rome",
    ]  # fmt: skip


def test_an_acronym_needs_its_capitals_and_its_word_to_itself():
    matcher = tracker(Alias("RPX", "RPX", case=True))
    assert surfaces(matcher, "RPX met; rpx, Rpx and RPXY did not; RPX's staff; ＲＰＸ") == ["RPX", "RPX", "ＲＰＸ"]


def test_a_confusable_wins_where_it_is_longer():
    matcher = tracker("River Pact", confusables=("Upper River Pact",))
    assert surfaces(matcher, "The Upper River Pact is no River Pact") == ["River Pact"]


def test_a_required_context_may_stand_anywhere_in_the_document_or_must_stand_in_the_sentence():
    anywhere = tracker(Alias("the Pact", "the Pact", guard=Guard((("Danube",),))))
    beside = tracker(Alias("the Pact", "the Pact", guard=Guard((("Danube",),), scope=Scope.SENTENCE)))
    text = "Ministers met on the Danube. They signed the Pact."
    assert (surfaces(anywhere, text), surfaces(beside, text)) == (["the Pact"], [])


def test_every_group_of_a_context_must_be_met_and_none_of_the_blockers_may_stand():
    matcher = tracker(Alias("the Pact", "the Pact", guard=Guard((("Danube",), ("ship*",)), ("toy",))))
    assert surfaces(matcher, "On the Danube, ships obey the Pact.") == ["the Pact"]
    assert surfaces(matcher, "On the Danube, they obey the Pact.") == []
    assert surfaces(matcher, "On the Danube, toy ships obey the Pact.") == []


def test_a_context_of_few_letters_is_a_whole_word():
    matcher = tracker(Alias("the Pact", "the Pact", guard=Guard((("EU",),))))
    assert surfaces(matcher, "Europe neutral: the Pact") == []


def test_parts_near_each_other_match_in_any_order_but_not_across_sentences():
    near = Near("near", (("river*",), ("pact", "treaty"), ("sign*",)), window=8)
    matcher = tracker(nears=(near,))
    assert surfaces(matcher, "They will sign a treaty about two rivers today.") == ["sign a treaty about two rivers"]
    assert surfaces(matcher, "They signed. A treaty is old. The rivers flow.") == []
    assert surfaces(matcher, "They sign a b c d e f g h i treaty on rivers.") == []


def test_a_part_inside_a_confusable_does_not_count():
    near = Near("near", (("river",), ("pact",)), window=8)
    assert surfaces(tracker(nears=(near,), confusables=("pact of steel",)), "the river and the pact of steel") == []


def alone(identity: str, *aliases: Alias, confusables: tuple[str, ...] = ()) -> Initiative:
    return Initiative(identity, identity.upper(), aliases=aliases, confusables=confusables)


def test_two_initiatives_that_claim_one_form_are_refused_unless_a_guard_or_their_days_tell_them_apart():
    pact, other = Alias("The Pact", "The Pact"), Alias("the pact", "the pact")
    (found,) = conflicts([alone("a", pact), alone("b", other)])
    assert (found.initiative_id, found.message, found.rule) == ("b", "'the pact' also denotes a", "the pact")
    with pytest.raises(PatternError, match="b: 'the pact' also denotes a"):
        Matcher([alone("a", pact), alone("b", other)])
    guarded = Alias("the pact", "the pact", guard=Guard((("Danube",),)))
    renamed = Alias("the pact", "the pact", since=date(2026, 1, 1))
    assert (
        conflicts([alone("a", pact), alone("b", guarded)]) == conflicts([alone("a", pact), alone("b", renamed)]) == []
    )


def test_the_linter_sees_an_alias_inside_a_guarded_one_of_another_initiative():
    inner = Alias("River Pact", "River Pact")
    outer = Alias("Upper River Pact", "Upper River Pact", guard=Guard((("Danube",),)))
    (found,) = lint([alone("a", inner), alone("b", outer)])
    assert found.message.startswith("'River Pact' stands inside 'Upper River Pact' of b")
    free = Alias("Upper River Pact", "Upper River Pact")
    assert lint([alone("a", inner), alone("b", free)]) == [], "the longest wins: nothing to fear"


def test_the_linter_sees_a_look_alike_that_can_never_win():
    (found,) = lint([alone("a", Alias("River Pact", "River Pact"), confusables=("river-pact",))])
    assert "'river-pact' under `not` never wins" in found.message


def test_the_linter_sees_short_forms_wrong_scripts_and_duplicates():
    it = Initiative("a", "A", aliases=(Alias("Pact", "Pact"), Alias("River Deal", "River Deal", language="ru"), Alias("River-Deal", "River-Deal")))  # fmt: skip
    messages = " / ".join(finding.message for finding in lint([it]))
    assert "is short and has no guard" in messages
    assert "written in another script" in messages
    assert "'River Deal' adds nothing to 'River-Deal'" in messages
