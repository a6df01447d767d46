"""What a number counts: the role of the counted ("signed by", "guests from"), and what narrows them ("African").

It looks at the words around one number; two figures are comparable when unit and scope are the same.
"""

from __future__ import annotations

import re
from datetime import date

_REACH = 60
_SIGNED = (
    r"sign(?:ed|atories|ing|s)?|endors\w+|backed|joined|adher\w+|ratif\w+|acceded|sign[ée]\w*|firm\w+|suscri\w+|adopt[ée]\w*"
    r"|unterzeichne\w+|подписа\w+|присоедини\w+|وقع\w*|签署|簽署|加入|署名|서명"
)
_SPONSORED = r"co-?sponsor\w*|copatrocin\w+|coauteur\w*|coparrain\w*|соавтор\w*|共同提案|联署|聯署"
_COMING = (
    r"(guests?|delegat\w+|participants?|representatives|officials|attendees|visitors?|invit[ée]s|participantes"
    r"|teilnehmer\w*|участник\w*|делегат\w*|companies|firms|enterprises|exhibitors?|entreprises|empresas|unternehmen"
    r"|компани\w+|experts?|scientists)"
)
_FROM = re.compile(rf"{_COMING}\W+(?:\w+\W+){{0,3}}?(?:from|of|de|des|aus|из|representing)\s*(?:[\w ]{{0,14}})$", re.I)
_COMPANY = re.compile(r"compan|firm|enterprise|exhibitor|entreprise|empresa|unternehmen|компани", re.I)
_SIGNED_NEAR = re.compile(rf"(?<!\w)(?:{_SIGNED})", re.I)
_SPONSORED_NEAR = re.compile(rf"(?:{_SPONSORED})", re.I)
_DEBUT = re.compile(r"debut|premi[eè]re|first time|launches|首发|首發|首展|初公開", re.I)
_OPENING = re.compile(r"opening|inaugura|ouverture|apertura|eröffnung|открыти|开幕|開幕|افتتاح|개막", re.I)
_FORUM = re.compile(r"roundtable|the forum|side event|workshop|session", re.I)
_RANKED = re.compile(r"rank|assess|cover|evaluat|index|classe|évalue|оценива", re.I)
_SUPERLATIVE = re.compile(r"(?:world['’]s|the)\s+$|largest|biggest|leading|richest", re.I)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_EARLIER = re.compile(
    r"last year|previous (?:edition|year)|year earlier|l'an dernier|l'année dernière|el año pasado|im vorjahr"
    r"|в прошлом году|去年|上届|昨年|前回|지난해",
    re.I,
)
# What is counted anew at each edition of a conference; who sponsored or signed a text is counted once.
_OF_AN_EDITION = frozenset({"participant", "visitor", "company", "state", "exhibit", "model", "device", "robot"})
_NARROWER = re.compile(
    r"(?<![\w.])(?!AI\b|IA\b|KI\b|UN\b|The\b)(?:[A-ZÀ-ÞА-Я][\w-]+|developing|advanced|emerging|low-income|foreign|domestic"
    r"|overseas|chinese|african|european)"
)
_WHERE = re.compile(r"\s*((?:from|in|of|across|among|de|des|aus|из)\s+[^,.;:。，()]{2,40})")
_WHAT_FOR = re.compile(r"\s+((?:for|in|to|of|on|from|pour|para|für|на|de|du|des)\s+[^\W\d][\w ]{2,40})")
_EVERYWHERE = re.compile(
    r"\d|world|around|globe|home and abroad|more than|over|different|various|industr|l[äa]nder|pa[iy]s|стран", re.I
)
_YEARS = re.compile(r"(?:19|20)\d\d")


def is_superlative(text: str, match: re.Match[str]) -> bool:
    """Whether the match counts no population: a year, or "the world's two largest economies"."""
    number = match["number"]
    if _YEARS.fullmatch(number) and not (match["scale"] or match["sign"]):
        return True
    between = match["between"] or ""
    return bool(
        not number[0].isdigit() and _SUPERLATIVE.search(f"{text[max(0, match.start() - 12) : match.start()]}{between}")
    )


def counted(text: str, start: int, end: int, unit: str, first: int, last: int) -> tuple[str, str]:
    """Return the unit and the role of what is counted: "co-sponsored by 143 states" counts co-sponsors."""
    before, after = text[max(first, start - _REACH) : start], text[end : min(last, end + 25)]
    if unit in {"state", "company"}:
        if _SPONSORED_NEAR.search(before[-40:]) or _SPONSORED_NEAR.search(after):
            return "co-sponsor", ""
        if unit == "state" and (coming := _FROM.search(before)):
            return unit, "origin of companies" if _COMPANY.match(coming.group(1)) else "origin of participants"
        if _SIGNED_NEAR.search(before[-40:]) or _SIGNED_NEAR.search(after):
            return "signatory", "companies" if unit == "company" else ""
        if unit == "state" and _RANKED.search(before[-40:]):
            return unit, "assessed"
        if unit == "state" and re.match(r"\s*and (?:international )?organi[sz]ations", after):
            return unit, "and organisations"
    return unit, ""


def scope_of(text: str, match: re.Match[str], unit: str, role: str, first: int, last: int, on: date | None) -> str:
    """Return what narrows the counted: their role, the occasion, where they are from, an earlier year."""
    parts = [role] if role else []
    if not role:
        parts += [word.lower() for word in _NARROWER.findall(match["between"] or "")]
        where = _WHERE.match(text, match.end(), min(last, match.end() + 50))
        if where and _NARROWER.search(where.group(1)) and not _EVERYWHERE.search(where.group(1)):
            parts.append(" ".join(where.group(1).lower().split()))
    sentence = text[max(first, match.start() - 200) : min(last, match.end() + 120)]
    near = text[max(first, match.start() - 100) : min(last, match.end() + _REACH)]
    if unit == "participant" or role == "origin of participants":
        parts += ["opening"] if _OPENING.search(sentence) else ["forum"] if _FORUM.search(near) else []
    if unit == "exhibit" and _DEBUT.search(text[match.start() : min(last, match.end() + _REACH)]):
        parts.append("debuts")
    if unit in {"percent", "USD", "EUR", "GBP", "CNY"}:
        what = _WHAT_FOR.match(text, match.end(), min(last, match.end() + 50))
        parts.append(" ".join(what.group(1).lower().split()) if what else "")
    edition = _edition(near, on) if unit in _OF_AN_EDITION else []
    return "; ".join([part for part in parts if part] + edition)


def _edition(near: str, on: date | None) -> list[str]:
    """Name the year when it is not the article's own: counts of two editions of a conference do not disagree."""
    if _EARLIER.search(near):
        return ["an earlier year"]
    years = {year for year in _YEAR.findall(near) if on is not None and int(year) != on.year}
    return [min(years)] if len(years) == 1 and str(on.year if on else "") not in near else []
