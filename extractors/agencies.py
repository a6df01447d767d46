"""Agencies: which news agency an article is by, as far as the article itself shows it. Pure.

It never decides who wrote a text (`warehouse.stories` weighs the evidence): a credit in the dateline, in the byline or
at the end of a text is evidence; a report that quotes an agency ("Reuters reported") is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from records.article import Article
from records.story import Evidence

HEAD, TAIL = 300, 250
"""Characters at the beginning and at the end of a text in which a credit stands."""


@dataclass(frozen=True, slots=True)
class Agency:
    """A news agency.

    Attributes:
        name: as it is stored.
        domains: where it publishes itself.
        names: as outlets credit it, in the scripts that they write.
    """

    name: str
    domains: tuple[str, ...]
    names: tuple[str, ...]


AGENCIES = (
    Agency("AFP", ("afp.com",), ("AFP", "Agence France-Presse", "法新社", "АФП", "أ ف ب", "فرانس برس")),
    Agency("ANI", ("aninews.in",), ("ANI",)),
    Agency("ANSA", ("ansa.it",), ("ANSA",)),
    Agency("AP", ("apnews.com", "ap.org"), ("AP", "Associated Press", "The Associated Press", "美联社", "美聯社")),
    Agency("AAP", ("aap.com.au",), ("AAP", "Australian Associated Press")),
    Agency("Anadolu", ("aa.com.tr",), ("AA", "Anadolu", "Anadolu Agency", "Anadolu Ajansı", "Anadolu Ajansi")),
    Agency("Antara", ("antaranews.com",), ("ANTARA",)),
    Agency("APA", ("apa.at",), ("APA",)),
    Agency("Belga", ("belga.be", "belganewsagency.eu"), ("Belga",)),
    Agency("Bernama", ("bernama.com",), ("Bernama",)),
    Agency("Bloomberg", ("bloomberg.com",), ("Bloomberg", "Bloomberg News", "彭博社", "彭博")),
    Agency("CNA", ("cna.com.tw", "focustaiwan.tw"), ("中央社", "Central News Agency")),
    Agency("CNS", ("chinanews.com", "chinanews.com.cn", "ecns.cn"), ("中新社", "中新网", "China News Service")),
    Agency("CP", ("thecanadianpress.com",), ("The Canadian Press", "Canadian Press", "La Presse Canadienne")),
    Agency("dpa", ("dpa.com",), ("dpa", "德新社")),
    Agency("EFE", ("efe.com",), ("EFE", "Agencia EFE")),
    Agency("Europa Press", ("europapress.es",), ("Europa Press",)),
    Agency("IANS", ("ians.in",), ("IANS",)),
    Agency("Interfax", ("interfax.ru", "interfax.com"), ("Interfax", "Интерфакс", "ИНТЕРФАКС")),
    Agency("IRNA", ("irna.ir",), ("IRNA", "ایرنا")),
    Agency("Jiji", ("jiji.com",), ("Jiji", "Jiji Press", "時事", "時事通信")),
    Agency("Keystone-SDA", ("keystone-sda.ch",), ("Keystone-SDA", "sda", "ats")),
    Agency("Kyodo", ("kyodonews.net", "kyodo.co.jp", "nordot.app"), ("Kyodo", "共同", "共同通信", "共同社")),
    Agency("Lusa", ("lusa.pt",), ("Lusa",)),
    Agency("NTB", ("ntb.no",), ("NTB",)),
    Agency("PA Media", ("pa.media",), ("PA", "PA Media", "Press Association")),
    Agency("PAP", ("pap.pl",), ("PAP",)),
    Agency("PTI", ("ptinews.com",), ("PTI", "Press Trust of India")),
    Agency(
        "Reuters", ("reuters.com",),
        ("Reuters", "Thomson Reuters", "路透社", "路透", "ロイター", "로이터", "Рейтер", "رويترز"),
    ),
    Agency("RIA Novosti", ("ria.ru",), ("RIA Novosti", "РИА Новости")),
    Agency("Ritzau", ("ritzau.dk", "ritzau.com"), ("Ritzau",)),
    Agency("STT", ("stt.fi",), ("STT",)),
    Agency("TASS", ("tass.com", "tass.ru"), ("TASS", "ТАСС", "塔斯社")),
    Agency("TT", ("tt.se",), ("TT",)),
    Agency("Ukrinform", ("ukrinform.net", "ukrinform.ua"), ("Ukrinform", "Укрінформ")),
    Agency("UNB", ("unb.com.bd",), ("UNB",)),
    Agency("VNA", ("vnanet.vn", "vietnamplus.vn"), ("VNA", "TTXVN")),
    Agency(
        "Xinhua", ("xinhuanet.com", "news.cn", "xinhua.org"),
        ("Xinhua", "Xinhua News Agency", "新华社", "新華社", "新华网"),
    ),
    Agency("Yonhap", ("yna.co.kr", "yonhapnewstv.co.kr"), ("Yonhap", "연합뉴스", "韩联社", "聯合ニュース")),
)  # fmt: skip
"""The agencies whose texts other outlets print, with where each publishes itself and how it is credited (2026-11)."""

_NAMES = {name: agency.name for agency in AGENCIES for name in agency.names}
_DOMAINS = {domain: agency.name for agency in AGENCIES for domain in agency.domains}
_ANY = "|".join(re.escape(name) for name in sorted(_NAMES, key=len, reverse=True))

# A credit in the dateline: "(Reuters) -", "/TASS/", "【共同】", "(with AFP)"; "(AFP/Reuters)" credits the first.
_BRACKETED = re.compile(
    rf"[(（【\[/＝=]\s*(?:with |avec |mit |con )?(?P<name>{_ANY})\s*(?:[)）】\]/,，、-]|$)", re.MULTILINE
)
# Chinese and Japanese: "新华社北京11月24日电", "据路透社报道"; Russian: "МОСКВА, 24 ноя - РИА Новости".
_DATELINE = re.compile(
    rf"(?P<a>{_ANY})[\u3040-\u30ff\u3400-\u9fff]{{0,12}}\s?\d{{1,2}}月\s?\d{{1,2}}日[电電讯訊]"
    rf"|[据據]\s?(?P<b>{_ANY})[^。\n]{{0,16}}?(?:报道|報道|報導|消息|电|電)"
    rf"|\d{{1,2}} [а-яі]{{3,9}}\.? ?[-–—/.]+ ?(?P<c>{_ANY})\b"
)
# At the end: "© AFP", "(c) 2026 Reuters", "Source: Xinhua", "mit Material von dpa", "来源：新华社".
_CLOSING = re.compile(
    rf"(?:(?:©|\(c\)|copyright|mit material von)\s*(?:\d{{4}}\s*)?"
    rf"|(?:\bsources?|\bquellen?|\bfonte|\bfuente|\bkälla|источник|来源|來源|出典)\s?[:：]\s*)"
    rf"(?P<name>{_ANY})(?![\w-])",
    re.IGNORECASE,
)
_BYLINE = re.compile(rf"^(?:by |von |par |por |di )?(?:the )?(?P<name>{_ANY})(?:\s*[/,|].*)?$", re.IGNORECASE)


def evidence(article: Article) -> Evidence:
    """Return what ``article`` shows of the agency that its text comes from.

    An outlet that is an agency speaks for itself, unless its text credits another one.
    """
    own = agency_of(article.outlet)
    named = credited(article.text, article.authors)
    return Evidence(agency=named or own, own=bool(own) and named in ("", own))


def agency_of(outlet: str) -> str:
    """Return the agency whose site ``outlet`` is, by its domain; empty when it is none."""
    parts = outlet.lower().split(".")
    return next((_DOMAINS[name] for n in range(len(parts)) if (name := ".".join(parts[n:])) in _DOMAINS), "")


def credited(text: str, authors: Sequence[str] = ()) -> str:
    """Return the agency that a text credits: in its dateline, then its byline, then at its end; empty when none."""
    head, tail = text[:HEAD], text[-TAIL:]
    for found in (_BRACKETED.search(head), _DATELINE.search(head)):
        if found:
            return _NAMES[next(name for name in found.groups() if name)]
    for author in authors:
        if found := _BYLINE.match(author.strip()):
            return _named(found["name"])
    for found in (_CLOSING.search(tail), _BRACKETED.search(tail)):
        if found:
            return _named(found["name"])
    return ""


@lru_cache(maxsize=256)
def _named(name: str) -> str:
    """The agency of a name in any case, the exact one first: "AA" and "aa" need not be the same."""
    return _NAMES.get(name) or next(of for known, of in _NAMES.items() if known.casefold() == name.casefold())
