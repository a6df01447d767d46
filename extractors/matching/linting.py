"""Aliases that may fire wrongly, or never: what `govwatch check` warns of.

It judges rules, never texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an analyst should look at.

    Attributes:
        initiative_id: whose rule it is.
        message: what is risky or wrong.
        hint: what would be right.
    """

    initiative_id: str
    message: str
    hint: str = ""


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
    findings.extend(_shared(owners))
    findings.extend(_duplicates(owners))
    return list(dict.fromkeys(findings))


def _alone(identity: str, alias: Alias) -> Iterator[Finding]:
    script = _SCRIPTS.get((alias.language or "").split("-")[0])
    if script is not None and not script.search(alias.pattern):
        yield Finding(identity, f"'{alias.text}' is marked {alias.language} but is written in another script")
    unguarded = not (alias.guard.requires or alias.guard.unless)
    if unguarded and not alias.case:
        for spelling in spellings(alias.pattern):
            if spelling.isascii() and len(spelling) < _SHORT:
                yield Finding(
                    identity, f"'{alias.text}' is short and has no guard", "make it an acronym, or give it `requires:`"
                )


def _shared(owners: dict[str, list[tuple[str, Alias]]]) -> Iterator[Finding]:
    for spelling, claims in owners.items():
        free = {identity for identity, alias in claims if not (alias.guard.requires or alias.guard.unless)}
        if len(free) > 1:
            first, *others = sorted(free)
            yield Finding(
                first, f"'{spelling}' also denotes {', '.join(others)}", "one of them needs `requires:`, or must go"
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
            yield Finding(claim[0], f"'{claim[1].text}' adds nothing to '{other[1].text}'", "one of them is enough")


def _replaces(other: tuple[str, Alias], claim: tuple[str, Alias]) -> bool:
    (identity, first), (owner, second) = other, claim
    return (identity, first.guard, first.case, first.since, first.until) == (
        owner,
        second.guard,
        second.case,
        second.since,
        second.until,
    )
