"""Aliases that may fire wrongly, or never: what `govwatch check` warns of.

It judges rules, never texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, MatchKind

from extractors.matching.pattern import spellings
from records.mention import Alias, Initiative

_SCRIPTS = {
    "zh": re.compile("[\u4e00-\u9fff]"),
    "ja": re.compile("[\u3040-\u30ff\u4e00-\u9fff]"),
    "ko": re.compile("[\uac00-\ud7a3]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "ar": re.compile("[\u0600-\u06ff]"),
}
_SHORT = 5
_SHORTEST_ACRONYM = 4
_OPERATORS = re.compile("[\ue000\ue001]")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an analyst should look at.

    Attributes:
        initiative_id: whose rule it is.
        message: what is risky or wrong.
        hint: what would be right.
        rule: the alias or example that is meant, as the analyst wrote it: where to look in the file.
    """

    initiative_id: str
    message: str
    hint: str = ""
    rule: str = ""


def lint(initiatives: Sequence[Initiative]) -> list[Finding]:
    """Return what is risky in the rules: shared and short forms without guard, wrong scripts, duplicates.

    Raises:
        PatternError: a rule that is not in the matching language.
    """
    findings: list[Finding] = []
    owners: dict[str, list[tuple[str, Alias]]] = {}
    for initiative in initiatives:
        for alias in initiative.aliases:
            findings.extend(_alone(initiative.id, alias))
            for spelling in spellings(alias.pattern):
                owners.setdefault(spelling, []).append((initiative.id, alias))
        findings.extend(_own_look_alikes(initiative))
    findings.extend(_inside(owners))
    findings.extend(_duplicates(owners))
    return list(dict.fromkeys(findings))


def conflicts(initiatives: Sequence[Initiative]) -> list[Finding]:
    """Return the forms that denote two initiatives at once: no rule could say which is meant.

    A form is told apart by a guard (``requires``, ``unless``) or by the days on which it holds.

    Raises:
        PatternError: a rule that is not in the matching language.
    """
    owners: dict[str, dict[str, Alias]] = {}
    for initiative in initiatives:
        for alias in initiative.aliases:
            if not (_guarded(alias) or alias.since or alias.until):
                for spelling in spellings(alias.pattern):
                    owners.setdefault(spelling, {}).setdefault(initiative.id, alias)
    findings: dict[tuple[str, ...], Finding] = {}
    for spelling, claims in owners.items():
        if len(claims) > 1:
            first, *others = claims
            findings.setdefault(
                tuple(claims),
                Finding(
                    others[0],
                    f"'{spelling}' also denotes {first}",
                    "one of them needs `requires:`, or must go",
                    claims[others[0]].text,
                ),
            )
    return list(findings.values())


def _guarded(alias: Alias) -> bool:
    return bool(alias.guard.requires or alias.guard.unless)


def _alone(identity: str, alias: Alias) -> Iterator[Finding]:
    script = _SCRIPTS.get((alias.language or "").split("-")[0])
    if script is not None and not script.search(alias.pattern):
        yield Finding(
            identity, f"'{alias.text}' is marked {alias.language} but is written in another script", rule=alias.text
        )
    if _guarded(alias):
        return
    for spelling in spellings(alias.pattern):
        if spelling.isascii() and len(spelling) < (_SHORTEST_ACRONYM if alias.case else _SHORT):
            yield Finding(
                identity,
                f"'{alias.text}' is short and has no guard",
                "give it `requires:`" if alias.case else "make it an acronym, or give it `requires:`",
                alias.text,
            )


def _own_look_alikes(initiative: Initiative) -> Iterator[Finding]:
    """Yield look-alikes under ``not`` that are spelt like an alias: of two equal spans the alias wins."""
    aliases = {spelling: alias for alias in initiative.aliases for spelling in spellings(alias.pattern)}
    for text in initiative.confusables:
        same = next((aliases[spelling] for spelling in spellings(text) if spelling in aliases), None)
        if same is not None and not _guarded(same):
            yield Finding(
                initiative.id,
                f"'{text}' under `not` never wins: '{same.text}' is as long",
                "give the alias a guard",
                text,
            )


def _inside(owners: dict[str, list[tuple[str, Alias]]]) -> Iterator[Finding]:
    """Yield free aliases inside a guarded one of another initiative: they fire where that guard says no."""
    free = {
        spelling: claims[0]
        for spelling, claims in owners.items()
        if len(claims) == 1
        and not _guarded(claims[0][1])
        and not claims[0][1].case
        and _OPERATORS.search(spelling) is None
    }
    if not free:
        return
    texts = list(free)
    automaton = AhoCorasick(texts, MatchKind.Standard)
    told: set[tuple[str, Alias]] = set()
    for outer, claims in owners.items():
        for identity, alias in claims:
            if not alias.guard.requires:
                continue
            for number, start, end in automaton.find_matches_as_indexes(outer, overlapping=True):
                owner, inner = free[texts[number]]
                whole = (start == 0 or not outer[start - 1].isalnum()) and (
                    end == len(outer) or not outer[end].isalnum()
                )
                if whole and owner != identity and texts[number] != outer and (owner, inner) not in told:
                    told.add((owner, inner))
                    yield Finding(
                        owner,
                        f"'{inner.text}' stands inside '{alias.text}' of {identity}, which has a guard: where that "
                        f"says no, {owner} is found",
                        f"put '{outer}' under `not`, or give it `requires:`",
                        inner.text,
                    )


def _duplicates(owners: dict[str, list[tuple[str, Alias]]]) -> Iterator[Finding]:
    """Yield aliases of which every spelling belongs to one other alias with the same guard."""
    shared: dict[tuple[str, Alias], list[set[tuple[str, Alias]]]] = {}
    for claims in owners.values():
        for claim in claims:
            rivals = {other for other in claims if other != claim and _replaces(other, claim)}
            shared.setdefault(claim, []).append(rivals)
    gone: set[tuple[str, Alias]] = set()
    for claim, rivals_of_each in shared.items():
        covering = set.intersection(*rivals_of_each) - gone
        if covering:
            gone.add(claim)
            other = min(covering, key=lambda rival: rival[1].text)
            yield Finding(
                claim[0], f"'{claim[1].text}' adds nothing to '{other[1].text}'", "one of them is enough", claim[1].text
            )


def _replaces(other: tuple[str, Alias], claim: tuple[str, Alias]) -> bool:
    (identity, first), (owner, second) = other, claim
    return (identity, first.guard, first.case, first.since, first.until) == (
        owner,
        second.guard,
        second.case,
        second.since,
        second.until,
    )
