"""Lines that stand inside an article and are not of it: promotion, copyright, the headline again.

It looks at text only, never at markup; which elements of a page hold text is trafilatura's answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Sequence

from extractors.date_words import written

_LETTERS = re.compile(r"\w+")

# Whole lines only, or lines that begin so: a sentence of the article that merely holds such words stays.
_PROMOTION = re.compile(
    r"^\W*(?:"
    r"(?:read|see|watch|listen|learn)\s+(?:more|also|next|now)\b.{0,150}"
    r"|(?:also|related|recommended|further)\s+(?:read|reading|coverage|stories|articles|story|posts?|topics?|content|links?|news)\b.{0,150}"
    r"|more\s+(?:on\s+this|from|stories|news|coverage|like\s+this)\b.{0,100}"
    r"|related|advertisement|advertising|anzeige|werbung|publicité|publicidad|pubblicità|reklam|annonse|реклама|広告|广告|광고"
    r"|(?:sign\s+up|subscribe|register)\s+(?:for|to|now|here|today)\b.{0,200}"
    r"|(?:get|receive)\s+(?:the|our|your)\s.{0,60}(?:newsletter|inbox|app)\b.{0,120}"
    r"|(?:follow|like|join|find)\s+(?:us|him|her|them|me)\s+on\b.{0,150}"
    r"|(?:share|tweet|email|print|comments?|save|copy\s+link)(?:\s+(?:this|article|story|on|via|link)\b.{0,60})?"
    r"|(?:photo|image|picture|credit|foto|bild|source|video)\s*(?:credit|by|source)?\s*[:：].{0,120}"
    r"|(?:image|photo|picture)s?\s+(?:credit|courtesy|via|by)\b.{0,120}"
    r"|(?:lesen\s+sie|mehr\s+(?:zum|zu|dazu|lesen)|auch\s+interessant|das\s+könnte\s+sie)\b.{0,150}"
    r"|(?:lire\s+aussi|à\s+lire|voir\s+aussi|sur\s+le\s+même)\b.{0,150}"
    r"|(?:lee\s+también|leer\s+más|te\s+puede\s+interesar|más\s+información)\b.{0,150}"
    r"|(?:leggi\s+anche|leia\s+(?:também|mais)|les\s+også|läs\s+(?:också|mer|även)|lees\s+ook|czytaj\s+(?:też|także|więcej)|zobacz\s+także)\b.{0,150}"
    r"|(?:читайте|смотрите|читать)\s+(?:также|ещё|еще|далее)\b.{0,150}"
    r"|(?:διαβάστε|δείτε)\s+(?:επίσης|ακόμα|περισσότερα)\b.{0,150}"
    r"|(?:関連記事|相关阅读|相关新闻|延伸閱讀|관련기사|함께 읽기).{0,100}"
    r"|follow\s+.{1,60}\s+on\s+(?:twitter|x|facebook|instagram|whatsapp|linkedin|google\s+news|telegram|threads|bluesky)\b.{0,100}"
    r"|(?=.*\b(?:links?|purchases?|buy|affiliates?|shop)\b).{0,120}\b(?:earn|receive|get|make)\b.{0,30}\bcommissions?\b.{0,80}"
    r"|(?:prices?|availability)\s+(?:was|were|is|are)\s+(?:accurate|correct|current)\b.{0,120}"
    r"|enter\s+your\s+e-?mail\b.{0,80}|your\s+e-?mail(?:\s+address)?(?:\s+will\s+not\b.{0,80})?"
    r"|(?:story|article|content)\s+continues\s+(?:below|after)\b.{0,40}|skip\s+(?:past|to|advert|ad)\b.{0,60}"
    r"|(?:download|get)\s+(?:our|the)\s+(?:free\s+)?app\b.{0,100}|click\s+here\s+(?:to|for)\b.{0,120}"
    r"|(?:have|got)\s+a\s+(?:news\s+|story\s+)?tip\b.{0,150}|\d{1,2}[\s-]min(?:ute)?s?\s+read"
    r"|(?:jetzt\s+abonnieren|newsletter\s+abonnieren|abonnez-vous|inscrivez-vous|suscríbete|suscríbase|assine|inscreva-se|iscriviti|"
    r"подпишитесь|подписывайтесь|следите\s+за|abone\s+ol|تابعونا|اشترك)\b.{0,150}"
    r"|(?:اقرأ\s+(?:أيضا|أيضاً|المزيد)|यह\s+भी\s+पढ़ें|ये\s+भी\s+पढ़ें|baca\s+juga|đọc\s+thêm|xem\s+thêm|ilgili\s+haber|viz\s+též|citește\s+și|olvasd\s+el|lue\s+myös)\s*[:：|]?.{0,150}"
    r"|(?:责任编辑|責任編輯|责编|编辑|校对|审核|监制|来源|原标题)\s*[:：].{0,40}|(?:扫码|扫一扫|关注我们).{0,40}"
    r"|[가-힣]{2,4}\s*(?:선임|인턴|전문)?(?:기자|특파원)\s*\S+@\S+|\S+@\S+\.\w{2,6}"
    r")\W*$",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"^\W*(?:©|\(c\)\s*(?:19|20)\d\d|copyright\b|all\s+rights\s+reserved|alle\s+rechte\s+vorbehalten|tous\s+droits\s+réservés"
    r"|todos\s+los\s+derechos|все\s+права\s+защищены|무단\s*전재|無断転載)"
    r"|(?:all\s+rights\s+reserved|무단\s*전재.{0,20}금지|無断転載.{0,10})\W*$",
    re.IGNORECASE,
)
_LONGEST_RIGHTS = 300
_LONGEST_PROMOTION = 220
_LONGEST_TEASER = 400
_LONGEST_DATE = 45
_TOP = 3  # lines at the beginning of a text, where the date line and the headline stand
SHORTEST_TEASER = 16  # letters: shorter lines that are links are names and addresses of the article


def key(line: str) -> str:
    """Return the letters and digits of ``line`` alone: two lines with the same key read the same."""
    return "".join(_LETTERS.findall(unicodedata.normalize("NFKC", line).casefold()))


def without(lines: Sequence[str], title: str, links: Container[str] = ()) -> list[str]:
    """Return ``lines`` without promotion, notes of rights, the headline again, doubled lines and bare links.

    Args:
        lines: the extracted lines.
        title: the headline, which many templates repeat at the top of the text.
        links: the `key` of the text of every link that leads away from the page.
    """
    kept: list[str] = []
    seen: set[str] = set()
    headline = key(title)
    for line in lines:
        bare = key(line)
        if len(kept) < _TOP and _is_date_line(line.strip()):
            continue
        if not bare or (bare == headline and len(kept) < _TOP) or (len(bare) > 40 and bare in seen):
            continue
        if _is_furniture(line.strip()) or _is_teaser(bare, links):
            continue
        seen.add(bare)
        kept.append(line)
    return kept


def _is_date_line(line: str) -> bool:
    """Whether a line is a date and nothing else: templates print it between the headline and the text."""
    return len(line) <= _LONGEST_DATE and any(one.isdigit() for one in line) and next(written(line), None) is not None


def _is_teaser(bare: str, links: Container[str]) -> bool:
    """Whether a line is nothing but a link, or one text twice, as teasers have it for picture and headline."""
    if not SHORTEST_TEASER <= len(bare) <= _LONGEST_TEASER:
        return False
    half = len(bare) // 2
    return bare in links or (len(bare) % 2 == 0 and bare[:half] == bare[half:])


def _is_furniture(line: str) -> bool:
    if len(line) <= _LONGEST_PROMOTION and _PROMOTION.match(line):
        return True
    return len(line) <= _LONGEST_RIGHTS and _RIGHTS.search(line) is not None


# ---- a structured articleBody as the guide ------------------------------------------------------------------------

_WHOLE = 400  # letters under which an articleBody is a teaser
_MOST = 0.6  # share of the extraction's letters that a whole articleBody has at least


def is_whole(body: str, lines: Sequence[str]) -> bool:
    """Whether ``body`` is the whole article, judged by its length beside what was extracted."""
    length = len(key(body))
    return length >= _WHOLE and length >= _MOST * sum(len(key(line)) for line in lines)


def covers(lines: Sequence[str], body: str) -> bool:
    """Whether ``lines`` already hold nearly all of ``body``."""
    text = key(body)
    return sum(len(bare) for line in lines if (bare := key(line)) in text) >= 0.9 * len(text)


def within(lines: Sequence[str], body: str, headings: Container[str] = ()) -> list[str]:
    """Return those of ``lines`` that occur in ``body``; none when they are too few to be the article.

    Crossheads (``headings``, as `key`) between two such lines stay: an articleBody often leaves them out.
    """
    text = key(body)
    inside = [bool(bare := key(line)) and (bare in text or _mostly_in(line, text)) for line in lines]
    first = inside.index(True) if True in inside else len(lines)
    kept = [
        line
        for number, line in enumerate(lines)
        if inside[number] or (number > first and any(inside[number + 1 : number + 2]) and key(line) in headings)
    ]
    return kept if sum(len(key(line)) for line in kept) >= 0.7 * len(text) else []


def _mostly_in(line: str, text: str) -> bool:
    """Whether most sentences of a long line occur in ``text``: editors correct a word here and there."""
    pieces = [bare for piece in re.split(r"[.!?;:,。！？]", line) if len(bare := key(piece)) > 15]
    return len(pieces) > 1 and sum(piece in text for piece in pieces) * 2 > len(pieces)
