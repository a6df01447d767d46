"""Numbers stated in the sentence of a mention, with unit and scope, so that outlets can be compared.

It reads sentences that hold a mention and nothing else; it never decides which of two figures is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from records.mention import Figure, Mention

_SCALE = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "万": 1e4, "亿": 1e8, "萬": 1e4, "億": 1e8}
_AT_LEAST = r"more than|over|at least|above|upwards of|no fewer than|beyond|超过|逾|超過|以上|至少"
_AT_MOST = r"up to|at most|no more than|fewer than|less than|under|不到|最多"
_ABOUT = r"about|around|some|roughly|nearly|almost|approximately|close to|大约|約|约|近"
_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20,
}  # fmt: skip
_UNITS = {
    "state": ["member states", "member state", "states", "state", "countries", "country", "nations", "nation",
              "economies",               "countries and regions",
              "countries and international organizations", "个国家", "國家", "国家", "か国", "カ国", "개국"],
    "company": ["companies", "company", "firms", "firm", "enterprises", "家企业", "家企業", "社", "개 기업"],
    "co-sponsor": ["co-sponsors", "cosponsors", "sponsors"],
    "signatory": ["signatories", "signatory", "parties", "adherents"],
    "participant": ["guests", "attendees", "participants", "delegates", "officials", "visitors", "representatives"],
    "exhibit": ["exhibits", "products", "items", "launches", "debuts"],
    "model": ["large language models", "models"],
    "device": ["devices"],
    "robot": ["robots"],
    "expert": ["experts", "scientists", "members"],
    "action": ["actions", "action points", "points", "measures", "recommendations"],
    "page": ["pages"],
    "USD": ["dollars"],
    "percent": ["percent", "per cent", "%"],
}  # fmt: skip
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_UNIT = "|".join(sorted((re.escape(word) for word in _UNIT_OF), key=len, reverse=True))
_FIGURE = re.compile(
    rf"(?:(?P<least>{_AT_LEAST})|(?P<most>{_AT_MOST})|(?P<about>{_ABOUT}))?\s*"
    rf"(?P<money>US\$|\$|USD )?(?<![\w.,])(?P<number>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|{'|'.join(_NUMBER_WORDS)})"
    rf"(?P<plus>\+)?[\s-]*(?P<scale>{'|'.join(_SCALE)})?(?P<between>(?:[\s-]+[A-Za-z-]+){{0,2}}?)[\s-]*"
    rf"(?P<unit>{_UNIT})(?![A-Za-z])",
    re.IGNORECASE,
)
_MONEY = re.compile(
    rf"(?:(?P<least>{_AT_LEAST})|(?P<most>{_AT_MOST})|(?P<about>{_ABOUT}))?\s*(?:US\$|\$|USD )"
    rf"(?P<number>\d+(?:[.,]\d+)*)(?P<plus>\+)?\s*(?P<scale>{'|'.join(_SCALE)})?",
    re.IGNORECASE,
)
_SCOPE = re.compile(r"\s*(?:and [a-z ]{3,30}? )?((?:from|at|in|of|by|to) [^,.;。，]{3,60})")
_YEAR = range(1900, 2101)


def figures(text: str, mentions: Iterable[Mention]) -> list[Figure]:
    """Return the figures in the sentences of ``text`` that hold a mention, in reading order.

    A sentence with mentions of several initiatives gives its figures to the mention that stands nearest.

    Args:
        text: the article's text, as the mentions' spans point into it.
        mentions: as `extractors.mentions.Matcher.find` gives them; those of the title are left out.
    """
    sentences: dict[tuple[int, str], list[Mention]] = {}
    for mention in mentions:
        if mention.field == "text" and mention.sentence:
            at = text.rfind(mention.sentence, 0, mention.start + len(mention.sentence))
            if 0 <= at <= mention.start:
                sentences.setdefault((at, mention.sentence), []).append(mention)
    found = [figure for (at, sentence), near in sentences.items() for figure in _of_sentence(sentence, at, near)]
    return sorted(set(found), key=lambda figure: (figure.start, figure.initiative_id))


def _of_sentence(sentence: str, at: int, mentions: list[Mention]) -> Iterator[Figure]:
    for pattern in (_FIGURE, _MONEY):
        for match in pattern.finditer(sentence):
            start, end = at + match.start(), at + match.end()
            value = _value(match)
            # "AI Conference 2025 draws": a year is no figure; a number inside a name is none either.
            if (value in _YEAR and not match["scale"] and "," not in match["number"]) or any(
                m.start < end and start < m.end for m in mentions
            ):
                continue
            nearest = min(mentions, key=lambda m: min(abs(m.start - end), abs(start - m.end)))
            unit = "USD" if pattern is _MONEY else _UNIT_OF[match["unit"].lower()]
            surface = match.group().strip()
            start += len(match.group()) - len(match.group().lstrip())
            yield Figure(
                nearest.initiative_id,
                value,
                _comparison(match),
                unit,
                _scope(sentence, match, unit),
                start,
                start + len(surface),
                surface,
                sentence,
            )


def _value(match: re.Match[str]) -> float:
    written = match["number"].lower()
    value = float(_NUMBER_WORDS.get(written) or written.replace(",", ""))
    return value * _SCALE[match["scale"].lower()] if match["scale"] else value


def _comparison(match: re.Match[str]) -> str:
    if match["least"] or match["plus"]:
        return ">="
    return "<=" if match["most"] else "~" if match["about"] else "="


def _scope(sentence: str, match: re.Match[str], unit: str) -> str:
    """Return what keeps two figures of one unit apart: whose countries, companies from where."""
    if unit in {"USD", "page", "percent"}:
        return ""
    before = sentence[: match.start()].rstrip()
    who = re.search(r"(\w+) (?:from|of|in)$", before)
    after = _SCOPE.match(sentence, match.end())
    parts = [f"{who.group(1).lower()} from" if who else "", after.group(1).strip().lower() if after else ""]
    return "; ".join(part for part in parts if part)
