"""Who wrote an article: names of people from structured data, meta elements and bylines, without roles and agencies.

It never invents a name from running text, and keeps a firm only where no person is named.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from extractors.markup import Element, Markup, text_of, types_of
from extractors.titles import bare, fold, site_names
from records.text import clean

_AUTHOR_METAS = (
    "author", "article:author_name", "parsely-author", "sailthru.author", "byl", "dc.creator", "dcterms.creator",
    "citation_author", "article:author", "cxenseparse:author", "twitter:data1", "rnews:author", "creator",
    "authors", "article.author", "articleauthor", "og:article:author", "dable:author", "mediator_author", "byline",
)  # fmt: skip
_CAPITAL = r"[^\W\d_a-zà-öø-ÿ]"
_BY = re.compile(
    r"^(?:(?:written|reported|posted|words|story|text|texto|tekst)\s+by|von|by|par|por|pelo|pela|di|de|door|av|af|przez|oleh|"
    r"bởi|yazan|haber|autor(?:in)?|auteurs?|autora?|autores|texte?|author|authors|reporter|redactor|redactora|tekst|texto|"
    r"автор|авторы|автори|текст|συντάκτης|του|της|بقلم|كتب|كتبت|नई दिल्ली|"
    r"작성자|취재|글|文|撰文|作者|来源|記者|记者|本报记者|本報記者|特派员|责任编辑|責任編輯|责编|编辑|編輯|執筆|取材)"
    r"(?:\s*[:：／/=]\s*|\s+)|^【?(?:本报|本報)?(?:记者|記者)\s*",
    re.IGNORECASE,
)
# Titles that stand behind a name without a space or a comma: 김하나 기자, 大渡美咲記者, 王小明 报道.
_CJK_ROLE = re.compile(
    r"\s*(?:기자|특파원|선임기자|전문기자|인턴기자|논설위원|편집위원|앵커|記者|记者|特派員|編集委員|論説委員|编辑|編輯|编译|通讯员|"
    r"報道|报道|報導)\s*】?$"
)
_CJK_ROLE_FIRST = re.compile(r"^(?:기자|記者|记者|特派員|編集委員|編集局|本报|本報)\s+")
_WHERE = re.compile(
    rf"\s+(?:in|aus|à|en|em|da|reporting from|for|für|para)\s+(?:the\s+)?{_CAPITAL}[\w.-]*(?:\s+{_CAPITAL}[\w.-]*)*$"
)
_ADDRESS = re.compile(r"\s*[(<\[]?\s*[\w.+-]+@[\w-]+(?:\.[\w-]+)+\s*[)>\]]?")
_JOINED = re.compile(
    r"\s*(?:[;|•·/、，／\n]|\s&\s|\s(?:and|und|et|y|og|och|e|en|i|и|та|і|ve|ja|και|و|với|dan|with)\s)\s*"
)
_ROLE = re.compile(
    r"\b(?:(?:\w*)reporter(?:in)?|reporters|editors?|\w*correspondent|staff|writers?|contributors?|\w*redakt(?:eur|eurin|ør|or|ion|ionen)\w*|"
    r"journalist\w*|columnist\w*|chief|bureau|rédaction|redacción|redazione|redação|redakcja|redactie|periodista|corresponsal|"
    r"correspondant\w*|korrespondent\w*|corrispondente|repórter|jornalista|giornalista|giornalistka|analyst|producer|"
    r"senior|manager|author|desk|team|fellow|professor|director|freelance\w*|presenter|host|photographer|"
    r"muhabiri?|editörü|корреспондент\w*|обозреватель|редактор\w*|журналист\w*|редакция|колумнист|wartawan|jurnalis|"
    r"reporterka|dziennikarz|dziennikarka|toimittaja|påtegnet|aktualisiert|updated|published)\b",
    re.IGNORECASE,
)
_NOT_A_NAME = re.compile(
    r"\bon (?:Facebook|Twitter|X|Instagram|LinkedIn)\b|https?:|www\.|@|\.(?:com|net|org)/|\d{4}|^\d+$|[<>{}\[\]]|"
    r"\b(?:min(?:ute)?s? read|read more|follow|share|subscribe)\b",
    re.IGNORECASE,
)
# What follows a name and a comma and belongs to it, or to nobody.
_GENERATION = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
_DEGREE = re.compile(
    r"(?:ph\.?\s?d|m\.?d|m\.?a|b\.?a|ll\.?[bm]|mph|mba|rn|esq|dr|jd|msc|cfa|cpa)\.?|associated press|reuters",
    re.IGNORECASE,
)
# Credits that name nobody: "Le Monde and AFP" is the outlet's desk with an agency, and is kept whole.
_AGENCIES = frozenset(
    {"afp", "ap", "reuters", "dpa", "ansa", "efe", "tass", "xinhua", "apa", "sda", "ntb", "tt", "pap", "aa"}
)
_AGENCY = re.compile(
    r"associated ?press|presse-?agentur|(?:news|press) ?(?:agency|trust)|ajans|agence|agenzia|agencia|agência|"
    r"агентство|通信社?$|通讯社$|통신$",
    re.IGNORECASE,
)
_NOBODY = frozenset(
    {
        "admin", "administrator", "editor", "staff", "redaktion", "author", "anonymous", "none", "null", "guest",
        "undefined", "unknown", "webmaster", "editorial", "news", "web", "online", "redacción", "redazione", "by",
        "n/a", "na", "wp-admin", "siteadmin", "administrador", "superuser", "user", "root", "test", "default",
    }
)  # fmt: skip
_BYLINE = (
    ".//*[@rel='author']",
    ".//*[@itemprop='author']//*[@itemprop='name']",
    ".//*[@itemprop='author']",
)
_BYLINE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:byline|author|authors|autor|autores|autora|auteur|auteurs|autore|writer|reporter|journalist|redactor|"
    r"firma|firmante|periodista|verfasser|forfatter|skribent|yazar|muhabir|signature|contributor|byl)"
    r"(?:[\s_-]?(?:name|names|link|nombre|fullname|title))?(?:$|[\s_-])"
)
# A byline that no class marks: "By Kari Holm", with capitals as names have them.
_BYLINE_TEXT = re.compile(
    rf"^(?:By|Von|Par|Por|Di|Door|Av|Af|Autor|Autora|Texto|Text|Автор|Oleh)\s*:?\s+"
    rf"({_CAPITAL}[\w.'’-]+(?:\s+(?:de|da|do|dos|del|di|van|von|der|den|la|le|bin|al|{_CAPITAL}[\w.'’-]*)){{1,4}}"
    rf"(?:(?:,|\s+(?:and|und|et|y|e))\s+{_CAPITAL}[\w.'’-]+(?:\s+{_CAPITAL}[\w.'’-]*){{1,3}}){{0,3}})\s*$"
    r"|^【?(?:本报|本報)?(?:记者|記者|作者)\s*[:：]?\s*([\u4e00-\u9fff]{2,4})(?:\s*[／/]\s*[\u4e00-\u9fff]{2,4}(?:报道|報導)】?)?$"
    r"|^([\uac00-\ud7a3]{2,4})\s*기자$"
)
_MOST_SHORT = 600  # short elements that are looked at for a byline without a class
_LONGEST_NAME = 80
_MOST_AUTHORS = 20


def authors_of(page: Markup, outlet: str) -> tuple[str, ...]:
    """Return the names of those who wrote the article, in the page's order; a firm only when it names no person."""
    structured = list(_structured(page))
    sources = (
        [name for name, person in structured if person],
        *(page.metas.get(key, ()) for key in _AUTHOR_METAS),
        None,  # the bylines, which take a walk over the page
    )
    for texts in sources:
        found = _names(_bylines(page.tree) if texts is None else texts, page, outlet)
        if found and not all(bare(name) in _AGENCIES or _AGENCY.search(name) for name in found):
            return found
    return _names([name for name, _ in structured], page, outlet, firms=True)


def _structured(page: Markup) -> Iterator[tuple[str, bool]]:
    """Yield the authors of the JSON-LD as (name, whether it is a person)."""
    for key in ("author", "creator"):
        stated = page.article.get(key)
        found = False
        for one in stated if isinstance(stated, list) else [stated]:
            author = page.resolve(one)
            if isinstance(author, str):
                found = True
                yield author, True
            elif isinstance(author, dict):
                name = author.get("name")
                for text in name if isinstance(name, list) else [name]:
                    if isinstance(text, str):
                        found = True
                        yield text, "Organization" not in " ".join(types_of(author))
        if found:
            return


def _bylines(tree: Element) -> list[str]:
    for path in _BYLINE:
        found = [text_of(one, 200) for one in tree.iterfind(path)]
        # More than a few are the authors of teasers.
        if 0 < len(set(found)) <= 5:
            return found
    for element in tree.iter("a", "span", "div", "p", "address", "li", "strong", "h4", "h5"):
        marks = (element.get("class") or "").lower()
        if marks and _BYLINE_CLASS.search(marks):
            text = text_of(element, 200) if len(element) < 20 else ""
            if 2 <= len(text) <= 120:
                return [text, *_beside(element, marks)]
    return _unmarked(tree)


def _beside(element: Element, marks: str) -> list[str]:
    """Return the texts of the elements of the same class that follow ``element`` in its own list of authors."""
    around = element.getparent()
    if around is not None and around.getparent() is not None and len(around) == 1:
        around = around.getparent()
    if around is None or len(around) > 20:
        return []
    alike = [one for one in around.iter(element.tag) if (one.get("class") or "").lower() == marks]
    return [text for one in alike if one is not element and 2 <= len(text := text_of(one, 200)) <= 120][:10]


def _unmarked(tree: Element) -> list[str]:
    """Return the names of the first short element that reads as a byline, among the first of the page."""
    seen = 0
    for element in tree.iter("p", "span", "div", "strong", "b", "em", "td", "h4", "h5"):
        if len(element) > 3:
            continue
        seen += 1
        if seen > _MOST_SHORT:
            return []
        text = text_of(element, 120)
        if 4 < len(text) < 110 and (found := _BYLINE_TEXT.match(text)):
            return [next(group for group in found.groups() if group)]
    return []


def _names(texts: Iterable[str], page: Markup, outlet: str, *, firms: bool = False) -> tuple[str, ...]:
    site = set() if firms else site_names(page, outlet)
    names: dict[str, str] = {}
    for text in texts:
        # Many templates put the address of a profile where the name belongs.
        for name in () if "://" in text else _split(clean(html.unescape(text), 400)):
            if bare(name) not in site:
                names.setdefault(fold(name), name)
    return tuple(names.values())[:_MOST_AUTHORS]


def _split(text: str) -> Iterator[str]:
    text = _BY.sub("", _ADDRESS.sub(" ", text).strip()).strip()
    for part in _JOINED.split(text):
        commas = _with_generations(part)
        # "Jane Doe, Senior Editor" is one name and a role; "Jane Doe, John Roe" are two names.
        for piece in commas:
            name = _plain_name(piece)
            words = name.split()
            plausible = 1 < len(name) <= _LONGEST_NAME and len(words) <= 7 and not _NOT_A_NAME.search(name)
            role = _ROLE.search(name) and (piece is not commas[0] or not _ROLE.sub("", name).strip(" -"))
            if plausible and not role and fold(name) not in _NOBODY:
                yield name


def _with_generations(part: str) -> list[str]:
    """Return what stands between the commas of ``part``: "Jr." stays with its name, degrees go."""
    pieces: list[str] = []
    for piece in (one.strip() for one in part.split(",")):
        if pieces and _GENERATION.fullmatch(piece):
            pieces[-1] = f"{pieces[-1]} {piece}"
        elif not (pieces and _DEGREE.fullmatch(piece)):
            pieces.append(piece)
    return pieces


def _plain_name(piece: str) -> str:
    """Return a name without what stands around it: brackets, "By", titles behind a Korean or Japanese name, a place."""
    name = _BY.sub("", re.sub(r"\s*[(（][^)）]*[)）]\s*$", "", piece).strip()).strip(" .-–—:,，/|【】[]*")
    name = _CJK_ROLE_FIRST.sub("", _CJK_ROLE.sub("", name))
    shorter = _WHERE.sub("", name)
    return shorter.strip() if len(shorter.split()) >= 2 else name.strip()
