"""Numbers stated of a mention, with unit and scope, so that outlets can be compared.

It reads the sentences that hold a mention, and those that go on to speak of it by its kind ("the conference drew");
it never decides which of two figures is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from extractors.figure_scope import counted, is_superlative, scope_of
from extractors.figure_words import COMPARISONS, HAN_DIGITS, NUMBER_WORDS, SCALES, UNITS, written
from extractors.matching.sentences import Sentences
from records.mention import Figure, Mention

_SPOKEN = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_SCALE = "|".join(re.escape(word) for word in sorted(SCALES, key=len, reverse=True))
_SPACE = r"[ \u00a0\u202f-]"
_DIGITS = r"\d{1,3}(?:[.,\u00a0\u202f '’]\d{3})+(?!\d)|\d+(?:[.,]\d+)?"
_NUMBER = rf"(?<![A-Za-z0-9.,/])(?:{_DIGITS}|(?<!\w)(?:{_SPOKEN})(?!\w)|[{HAN_DIGITS}]+)"
_CURRENCIES = {"US$": "USD", "$": "USD", "€": "EUR", "£": "GBP"} | {code: code for code in ("USD", "EUR", "GBP")}
_CURRENCIES |= {"RMB": "CNY", "CNY": "CNY"}
_SIGNS = "|".join(re.escape(sign) for sign in sorted(_CURRENCIES, key=len, reverse=True))
# Between number and unit: "多" and a measure word in Chinese, else up to three words ("cutting-edge AI").
_BETWEEN = (
    rf"(?:\s?[多余餘여]?\s?[个個家名位项項款件台份种種개]?\s?|{_SPACE}(?:[^\W\d]+(?:['’-][^\W\d]+)*{_SPACE}){{0,3}}?)"
)
_UNIT_GROUPS = "|".join(f"(?P<u{number}>{words})" for number, words in enumerate(UNITS.values()))
_UNITS = tuple(UNITS)
_FIGURE = re.compile(
    rf"(?:(?<![A-Za-z])(?P<sign>{_SIGNS}) ?)?(?P<number>{_NUMBER})(?P<plus>\+|[多余餘]|여)?"
    rf"(?:{_SPACE}?(?P<scale>{_SCALE})(?![^\W_\d一-鿿]))?"
    rf"(?:(?P<range>{_SPACE}?(?:-|–|to|and|à|et|a|bis|до|至|到){_SPACE}?)(?P<second>{_NUMBER}))?"
    rf"(?:(?P<between>{_BETWEEN})(?:{_UNIT_GROUPS})(?![A-Za-zÀ-ɏЀ-ӿ]))?",
    re.IGNORECASE,
)
_QUALIFIER = {
    comparison: re.compile(rf"(?:(?<!\w)|(?<=[一-鿿가-힣]))(?:{words})\s*$", re.IGNORECASE)
    for comparison, words in COMPARISONS.items()
}
_QUALIFIER_REACH = 24
_BEHIND = {">=": re.compile(r"\s?(?:以上|이상|or more|o más|ou plus)"), "<=": re.compile(r"\s?(?:以下|이하)")}
_INDEX = re.compile(
    r"\bfor ([^,.;]{3,90}?) (?:is|was|stands at|stood at|at) (\d\.\d+)(?: and (\d\.\d+) respectively)?", re.IGNORECASE
)
_KINDS = {
    "conference": r"conference|summit|meeting|event|forum|gathering|conférence|sommet|conferencia|cumbre|konferenz"
    r"|gipfel|конференци\w+|саммит\w*|مؤتمر|قمة",
    "plan": r"(?:action )?plan|programme|plan d'action|plan de acción|план\w*",
    "organisation": r"organi[sz]ation|body|institution|cent(?:er|re)|organización|организаци\w+",
    "declaration": r"declaration|statement|déclaration|declaración|деклараци\w+",
    "resolution": r"resolution|text|résolution|resolución|резолюци\w+",
    "law": r"act|law|regulation|loi|règlement|ley|reglamento|gesetz|verordnung",
    "treaty": r"treaty|convention|traité|tratado|convenio",
}
_HAN = {"conference": "本届大会|本屆大會|本次大会|大会|会议|同大会", "plan": "该计划|該計畫|计划"}
_ANAPHORA = {
    kind: (
        re.compile(rf"\b(?:the|this|la|le|el|esta|este|die|der|das|эт\w+|на)\s+(?:{words})\b", re.IGNORECASE),
        re.compile(_HAN.get(kind, r"(?!)")),
    )
    for kind, words in _KINDS.items()
}
_FOLLOWS_WITHIN = 1500  # characters behind a mention in which "the conference" is that one, if there are several
_LONGEST_SENTENCE = 1500


def figures(
    text: str, mentions: Iterable[Mention], kinds: Mapping[str, str] | None = None, on: date | None = None
) -> list[Figure]:
    """Return the figures that ``text`` states of what it mentions, in reading order.

    A sentence with mentions of several initiatives gives each figure to the mention that stands nearest. With
    ``kinds``, a sentence without a mention that says "the conference" or "the plan" gives its figures to the last
    mention of an initiative of that kind.

    Args:
        text: the article's text, as the mentions' spans point into it.
        mentions: as `extractors.mentions.Matcher.find` gives them; those of the title are left out.
        kinds: the kind of each initiative by its id (``conference``, ``plan`` ...).
        on: the day of the article: figures of other years are kept apart from those of its own.
    """
    here = sorted((m for m in mentions if m.field == "text"), key=lambda m: m.start)
    if not here:
        return []
    found: dict[tuple[int, str], Figure] = {}
    for start, end, about in _passages(text, here, kinds or {}):
        for figure in _of_passage(text, start, end, about, kinds or {}, on):
            found.setdefault((figure.start, figure.unit), figure)
    return [found[key] for key in sorted(found)]


def _passages(text: str, mentions: list[Mention], kinds: Mapping[str, str]) -> Iterator[tuple[int, int, list[Mention]]]:
    """Yield each sentence that is about something tracked, with the mentions that it may speak of."""
    sentences = Sentences(text)
    last: dict[str, Mention] = {}
    several = _rivals(mentions, kinds)
    waiting = 0
    for start, end in sentences.all():
        inside = []
        while waiting < len(mentions) and mentions[waiting].start < end:
            inside.append(mentions[waiting])
            waiting += 1
        if inside:
            yield start, end, inside
        elif last:
            one = _meant(text, start, end, last, several)
            if one is not None:
                yield start, end, [one]
        for mention in inside:
            last[_kind(kinds.get(mention.initiative_id, ""))] = mention


def _rivals(mentions: list[Mention], kinds: Mapping[str, str]) -> frozenset[str]:
    """Return the kinds of which the article mentions several initiatives."""
    of_kind: dict[str, set[str]] = {}
    for mention in mentions:
        of_kind.setdefault(_kind(kinds.get(mention.initiative_id, "")), set()).add(mention.initiative_id)
    return frozenset(kind for kind, names in of_kind.items() if len(names) > 1)


def _meant(text: str, start: int, end: int, last: Mapping[str, Mention], several: frozenset[str]) -> Mention | None:
    """Return the mention that a sentence goes on to speak of; the nearest where several could be meant."""
    meant = [
        mention
        for kind, mention in last.items()
        if kind
        and (kind not in several or start - mention.end < _FOLLOWS_WITHIN)
        and any(pattern.search(text, start, end) for pattern in _ANAPHORA[kind])
    ]
    return max(meant, key=lambda mention: mention.start, default=None)


def _kind(kind: str) -> str:
    return kind if kind in _KINDS else {"recommendation": "declaration", "compact": "declaration"}.get(kind, "")


def _of_passage(
    text: str, start: int, end: int, mentions: list[Mention], kinds: Mapping[str, str], on: date | None
) -> Iterator[Figure]:
    sentence = text[start:end].strip()[:_LONGEST_SENTENCE]
    nearest = _Nearest(mentions)
    for match in _FIGURE.finditer(text, start, end):
        unit = _unit(match)
        if not unit or nearest.covers(match.start("number"), match.end()) or is_superlative(text, match):
            continue
        owner = nearest.to(match.start(), match.end()).initiative_id
        unit, role = counted(text, match.start(), match.end(), unit, start, end)
        scope = scope_of(text, match, unit, role, start, end, on)
        for value, comparison, begins in _values(text, match, start):
            surface = text[begins : match.end()].strip()
            yield Figure(owner, value, comparison, unit, scope, begins, begins + len(surface), surface, sentence)
    for mention in mentions[:1]:
        if kinds.get(mention.initiative_id) == "index":
            yield from _of_index(text, start, end, mention.initiative_id, sentence)


def _unit(match: re.Match[str]) -> str:
    if match["sign"]:
        return _CURRENCIES[match["sign"].upper()]
    return next((unit for number, unit in enumerate(_UNITS) if match[f"u{number}"]), "")


def _values(text: str, match: re.Match[str], begins: int) -> Iterator[tuple[float, str, int]]:
    """Yield value, comparison and start; a range gives its two ends."""
    scale = SCALES[match["scale"].lower()] if match["scale"] else 1.0
    start = match.start()
    before = text[max(begins, start - _QUALIFIER_REACH) : start]
    comparison = "="
    for name, pattern in _QUALIFIER.items():
        found = pattern.search(before)
        if found and comparison == "=":
            comparison, start = name, start - (len(before) - found.start())
    comparison = next((name for name, pattern in _BEHIND.items() if pattern.match(text, match.end())), comparison)
    if match["plus"]:
        comparison = ">="
    value = written(match["number"], scaled=bool(match["scale"])) * scale
    if match["second"] is None:
        yield value, comparison, start
    else:
        yield value, ">=", start
        yield written(match["second"], scaled=bool(match["scale"])) * scale, "<=", match.start("second")


def _of_index(text: str, start: int, end: int, identity: str, sentence: str) -> Iterator[Figure]:
    """Yield the values of an index: "for advanced economies is 0.68"; two of them are told apart by "and"."""
    for match in _INDEX.finditer(text, start, end):
        who, *_ = match.group(1).lower().rsplit(" for ", 1)[::-1]
        names = [part.strip() for part in who.split(" and ", 1)] if match.group(3) else [who]
        for number, name in zip((2, 3), names, strict=False):
            at, stop = match.span(number)
            yield Figure(identity, float(match.group(number)), "=", "index", name, at, stop, text[at:stop], sentence)


class _Nearest:
    """Mentions of one sentence, asked for by place."""

    def __init__(self, mentions: list[Mention]) -> None:
        self._mentions = mentions
        self._at = 0

    def to(self, start: int, end: int) -> Mention:
        """Return the mention nearest to ``[start:end]``; ask in reading order."""
        while self._at + 1 < len(self._mentions) and self._mentions[self._at + 1].start <= start:
            self._at += 1
        around = self._mentions[self._at : self._at + 2]
        return min(around, key=lambda m: max(m.start - end, start - m.end, 0))

    def covers(self, start: int, end: int) -> bool:
        """Whether a mention shares a character with ``[start:end]``: a number inside a name is no figure."""
        self.to(start, end)
        return any(m.start < end and start < m.end for m in self._mentions[max(0, self._at - 1) : self._at + 2])
