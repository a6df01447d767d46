"""Where in an article a span stands: headline, lead, body, caption, tail or furniture.

It judges by layout and a few telling words, in the languages that the sources write; it never looks at the mention.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from records.mention import Place

# What introduces links to other articles. It holds for its own line, and for the short lines behind it.
_FURNITURE = re.compile(
    r"\W{0,3}(?:also read|read also|read more|read next|see also"
    r"|related(?: (?:articles?|stories|news|posts?|topics?))?"
    r"|more (?:from|on this)|recommended(?: for you)?|you may also like|most (?:read|viewed|popular)"
    r"|trending(?: now)?|tags?"
    r"|lire aussi|à lire aussi|voir aussi|sur le même sujet|lea también|le puede interesar|te puede interesar"
    r"|noticias relacionadas|leia também|veja também|читайте также|по теме|lesen sie auch|mehr zum thema|siehe auch"
    r"|leggi anche|اقرأ أيض[اً]+|مواضيع ذات صلة|相关阅读|相關閱讀|延伸阅读|延伸閱讀|推荐阅读|相关新闻|相關新聞"
    r"|関連記事|あわせて読みたい|관련 ?기사|함께 보면)\s*(?:[:：|»>\-–]|$)",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"\W{0,3}(?:photo|image|illustration|picture|caption|file photo|a view of|foto|图|圖|写真|사진"
    r"|фото|صورة)\b.{0,300}$",
    re.IGNORECASE,
)
# A credit stands at the end of its line.
_CREDIT_REACH = 160
_CREDIT_SIGNS = frozenset("/:：])）")
_CREDIT = re.compile(
    r"[\[(（](?:photo|image|picture|file|foto|图片?|圖片?|写真|사진|фото|صورة)\b[^\n]{0,80}[\])）]\s*$"
    r"|(?:photo|image|picture|foto|crédit photo|photo credit|фото|图片来源|圖片來源)\s?[:：/][^\n]{0,80}$"
    r"|\b[A-Z][a-z]+ [A-Z][a-z]+/(?:GT|Xinhua|AFP|AP|Reuters|Getty|EPA|China Daily)\W*$",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"^\W{0,3}(?:about (?:the )?(?:author|us|company)\b"
    r"|about [A-Z][\w ]{1,60}$|the (?:author|writer) is\b|copyright\b|©|all rights reserved"
    r"|editor'?s note|disclaimer|media contact|à propos d|sobre (?:el autor|nosotros)|об авторе|über (?:den autor|uns)"
    r"|责任编辑|責任編輯|编辑[:：]|作者简介|版权|版權|著作権|会社概要|저작권|ⓒ|무단전재)",
    re.IGNORECASE,
)
_LINE = re.compile(r"[^\n]+")
_SHORT_LINE = 160
_LEAD_LIMIT = 700
_STOPS = (".", "!", "?", "。", "！", "？", "؟", "…")
_CLOSING = "\"'”’」』)] \t"
_LONGEST_CAPTION = 500


class Places:
    """The places of one article's text."""

    def __init__(self, text: str) -> None:
        self._starts: list[int] = []
        self._places: list[Place] = []
        lead_seen = furniture = tail = False
        half = len(text) // 2
        for match in _LINE.finditer(text):
            line = match.group().strip()
            if not line:
                continue
            prose = len(line) > _SHORT_LINE or line.rstrip(_CLOSING).endswith(_STOPS)
            if _FURNITURE.match(line):
                furniture = True
            elif furniture and prose:
                furniture = False
            tail = tail or (match.start() > half and bool(_TAIL.match(line)))
            self._starts.append(match.start())
            self._places.append(_place(line, furniture=furniture, tail=tail, lead=not lead_seen and prose))
            lead_seen = lead_seen or self._places[-1] is Place.LEAD

    def of(self, position: int) -> Place:
        """Return the place of the character at ``position`` of the text."""
        index = bisect_right(self._starts, position) - 1
        if index < 0:
            return Place.BODY
        place = self._places[index]
        # In a text without line breaks only its beginning is a lead.
        return Place.BODY if place is Place.LEAD and position - self._starts[index] > _LEAD_LIMIT else place


def _place(line: str, *, furniture: bool, tail: bool, lead: bool) -> Place:
    if furniture:
        return Place.FURNITURE
    if tail:
        return Place.TAIL
    if _CAPTION.match(line) or _credited(line):
        return Place.CAPTION
    return Place.LEAD if lead else Place.BODY


def _credited(line: str) -> bool:
    end = line[-_CREDIT_REACH:]
    return len(line) <= _LONGEST_CAPTION and not _CREDIT_SIGNS.isdisjoint(end) and _CREDIT.search(end) is not None
