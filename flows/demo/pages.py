"""Article pages as outlets really make them: the text amid menus, share bars, teasers, comments and scripts.

Five templates differ in markup and in where they state title, author and time; none of them is clean on purpose,
because a clean page would exercise no extractor.
"""

# ruff: noqa: E501 - markup reads better in one piece
from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from html import escape
from importlib import resources
from itertools import cycle, pairwise
from typing import Any

import yaml

from flows.demo.press import House, Publication

_RIGHT_TO_LEFT = ("ar", "fa", "he")


@cache
def _furniture() -> dict[str, Any]:
    text = resources.files("flows.demo").joinpath("furniture.yaml").read_text(encoding="utf-8")
    words: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders
    return words


def words(language: str) -> dict[str, Any]:
    """Return the furniture of pages in ``language``; English where there is none of its own."""
    furniture = _furniture()
    if language in furniture:
        return dict(furniture[language])
    if language.startswith("zh"):
        return dict(furniture["zh-Hant" if language in ("zh-TW", "zh-HK") else "zh-Hans"])
    return dict(furniture.get(language.partition("-")[0], furniture["en"]))


def printed(when: datetime, language: str) -> str:
    """Return a time as an outlet of that language prints it for its readers, without the zone."""
    if language.startswith(("zh", "ja")):
        return f"{when.year}年{when.month}月{when.day}日 {when:%H:%M}"
    if language.startswith("ko"):
        return f"{when:%Y.%m.%d %H:%M}"
    if language.startswith("en"):
        return f"{when.day} {when:%B %Y, %H:%M}"
    return f"{when:%d.%m.%Y %H:%M}" if language.startswith(("de", "ru")) else f"{when:%d/%m/%Y %H:%M}"


def article_page(publication: Publication, others: Sequence[Publication] = ()) -> bytes:
    """Return the page of ``publication``; ``others`` are the outlet's latest, for teasers where the house shows its own."""
    house = publication.house
    html = TEMPLATES[house.template](_Parts(publication, others))
    return html.encode(house.encoding, "xmlcharrefreplace")


def listing_page(house: House, publications: Sequence[Publication], title: str = "") -> bytes:
    """Return the outlet's front page or list of news: links with dates, and menus around them."""
    w = words(house.language)
    rows = "".join(
        f'<li class="list-item"><a href="{escape(item.path)}">{escape(item.story.title)}</a>'
        f'<span class="date">{printed(house.local(item.published), house.language)}</span></li>\n'
        for item in publications
    )
    head = f'<meta charset="{house.encoding}"><title>{escape(title or house.name)}</title><style>{_style(house.id)}</style>'
    body = f'<main><h1>{escape(title or house.name)}</h1><ul class="news-list">{rows}</ul></main>'
    return _document(house, head, _menus(house, w) + body + _footer(house, w)).encode(
        house.encoding, "xmlcharrefreplace"
    )


class _Parts:
    """What every template needs of a publication, escaped and in the outlet's language."""

    def __init__(self, publication: Publication, others: Sequence[Publication]) -> None:
        self.publication = publication
        self.house = house = publication.house
        self.story = story = publication.story
        self.words = words(house.language)
        self.title = escape(story.title)
        self.author = escape(story.author or "")
        self.published = house.local(publication.published)
        self.modified = house.local(publication.modified)
        self.edited = publication.modified > publication.published
        own = [(item.path, item.story.title) for item in others if item.path != publication.path]
        neutral = [(f"/archive/{number}.html", title) for number, title in enumerate(self.words["teasers"], 101)]
        self.teasers = own[:6] if house.related == "own" and own else neutral

    @property
    def menus(self) -> str:
        return _menus(self.house, self.words)

    @property
    def footer(self) -> str:
        return _footer(self.house, self.words)

    @property
    def byline(self) -> str:
        return str(self.words["by"]).format(author=self.author) if self.author else ""

    @property
    def dateline(self) -> str:
        """The line with the time for readers."""
        line = self.words["published"].format(when=printed(self.published, self.house.language))
        if self.edited:
            line += " · " + self.words["updated"].format(when=printed(self.modified, self.house.language))
        return str(line)

    def paragraphs(self, tag: str = "p") -> str:
        """The body, with the outlet's own frame when it wraps a copy, and its end missing behind a paywall."""
        texts = list(self.story.paragraphs)
        if self.publication.wrapped:
            texts = [self.words["before"], *texts, self.words["after"]]
        if self.publication.access == "stub":
            texts = texts[:1]
        if self.publication.credit:
            texts.append(self.words["credit"].format(credit=self.publication.credit))
        html = "\n".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)
        if self.publication.access == "stub":
            html += (
                f'<div class="paywall-gate" id="paywall"><strong>{self.words["paywall"]}</strong>'
                f'<a class="button" href="/subscribe">{self.words["subscribe"]}</a></div>'
            )
        return html

    def related(self) -> str:
        items = "".join(f'<li><a href="{escape(path)}">{escape(title)}</a></li>' for path, title in self.teasers)
        return f'<aside class="related-links"><h3>{self.words["related"]}</h3><ul>{items}</ul></aside>'

    def share(self) -> str:
        links = "".join(
            f'<li><a class="share-{name}" href="https://{name}.example/share?u={escape(self.publication.url)}">'
            f'<svg viewBox="0 0 24 24"><path d="{_path(name)}"/></svg><span>{name.title()}</span></a></li>'
            for name in ("chirper", "facepage", "linkbook", "mailbox", "copy-link")
        )
        return f'<div class="share-bar"><span>{self.words["share"]}</span><ul>{links}</ul></div>'

    def cards(self) -> str:
        """A grid of teasers under the article, with nested boxes and pictures, and a list of what others read."""
        rows = "".join(
            f'<div class="card card--{number % 3}"><div class="card__media"><a href="/archive/{number}.html" aria-hidden="true"><picture>'
            f'<source srcset="/images/{number}.webp 1x, /images/{number}@2x.webp 2x" type="image/webp">'
            f'<img loading="lazy" width="300" height="200" src="/images/{number}.jpg" alt=""></picture></a></div>'
            f'<div class="card__body"><span class="card__kicker">{self.words["sections"][number % len(self.words["sections"])]}</span>'
            f'<h4 class="card__title"><a href="/archive/{number}.html"><span>{escape(title)}</span></a></h4>'
            f'<time datetime="{self.published:%Y-%m-%d}">{self.published:%d.%m.}</time></div></div>\n'
            for number, title in zip(range(200, 224), cycle(self.words["teasers"]))
        )
        read = "".join(
            f'<li class="most-read__item"><span class="most-read__rank">{rank}</span><a href="/archive/{rank + 300}.html">{escape(title)}</a></li>'
            for rank, title in zip(range(1, 11), cycle(reversed(self.words["teasers"])))
        )
        tags = "".join(
            f'<li class="tag"><a href="/tag/{n}">{name}</a></li>' for n, name in enumerate(self.words["sections"])
        )
        return (
            f'<ul class="tags">{tags}</ul><section class="card-grid" data-component="recirculation">{rows}</section>'
            f'<section class="most-read"><ol>{read}</ol></section>'
        )

    def newsletter(self) -> str:
        return (
            f'<section class="newsletter-signup"><p>{self.words["newsletter"]}</p>'
            f'<form action="/letters" method="post"><input type="email" name="mail"><button>{self.words["subscribe"]}</button></form></section>'
        )

    def comments(self) -> str:
        entries = "".join(
            f'<li class="comment" id="comment-{number}"><article class="comment-wrap"><footer><b class="comment-author">reader{number}</b> '
            f'<time datetime="{self.published:%Y-%m-%d}"></time></footer><p class="comment-body">{escape(reply)}</p>'
            f'<div class="reply"><a rel="nofollow" href="#respond-{number}">↩</a><button>+1</button></div></article></li>'
            for number, reply in zip(range(311, 319), cycle(self.words["replies"]))
        )
        return f'<section id="comments" class="comments-area"><h3>{self.words["comments"]} (8)</h3><ol>{entries}</ol></section>'

    def open_graph(self) -> str:
        story, house = self.story, self.house
        return (
            f'<meta property="og:type" content="article"><meta property="og:title" content="{self.title}">'
            f'<meta property="og:site_name" content="{escape(house.name)}"><meta property="og:url" content="{escape(self.publication.url)}">'
            f'<meta property="og:description" content="{escape(story.teaser[:180])}">'
            f'<meta property="og:image" content="{house.base}/images/lead.jpg"><meta name="twitter:card" content="summary_large_image">'
        )

    def json_ld(self, *, graph: bool = False) -> str:
        story, house = self.story, self.house
        article: dict[str, Any] = {
            "@type": "NewsArticle",
            "headline": story.title,
            "datePublished": self.published.isoformat(),
            "dateModified": self.modified.isoformat(),
            "inLanguage": house.language,
            "mainEntityOfPage": self.publication.url,
            "isAccessibleForFree": self.publication.access != "stub",
            "publisher": {
                "@type": "Organization",
                "name": house.name,
                "logo": {"@type": "ImageObject", "url": f"{house.base}/logo.png"},
            },
        }
        if story.author:
            article["author"] = [{"@type": "Person", "name": story.author, "url": f"{house.base}/people/1"}]
        crumbs = {
            "@type": "BreadcrumbList",
            "itemListElement": [{"@type": "ListItem", "position": 1, "name": house.name, "item": house.base}],
        }
        data: dict[str, Any] = {"@context": "https://schema.org"}
        data |= (
            {"@graph": [{"@type": "WebSite", "name": house.name, "url": house.base}, crumbs, article]}
            if graph
            else article
        )
        text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
        return f'<script type="application/ld+json">{text}</script>'

    def head(self, *more: str) -> str:
        house = self.house
        return (
            f'<meta charset="{house.encoding}"><meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{self.title} - {escape(house.name)}</title>"
            f'<link rel="canonical" href="{escape(self.publication.url)}"><link rel="icon" href="/favicon.ico">'
            f"<style>{_style(house.id)}</style>{''.join(more)}<script>{_script(house.id)}</script>"
        )


def _classic(p: _Parts) -> str:
    """Like the blog engine that half of the web runs on: classes of its themes, meta dates and JSON-LD."""
    times = (
        f'<meta property="article:published_time" content="{p.published.isoformat()}">'
        f'<meta property="article:modified_time" content="{p.modified.isoformat()}">'
    )
    return _document(
        p.house,
        p.head(p.open_graph(), times, p.json_ld(graph=True)),
        f'{p.menus}<div id="primary" class="content-area"><main class="site-main"><article class="post type-post status-publish hentry">'
        f'<header class="entry-header"><h1 class="entry-title">{p.title}</h1><div class="entry-meta">'
        f'<span class="author vcard"><a rel="author" href="/people/1">{p.author}</a></span> '
        f'<time class="entry-date published" datetime="{p.published.isoformat()}">{p.dateline}</time></div></header>'
        f'<figure class="wp-block-image"><img src="/images/lead.jpg" alt=""></figure>'
        f'<div class="entry-content">{p.paragraphs()}</div><footer class="entry-footer">{p.share()}</footer></article>'
        f'{p.comments()}</main></div><aside class="widget-area">{p.related()}{p.newsletter()}</aside>{p.cards()}{p.footer}',
    )


def _broadsheet(p: _Parts) -> str:
    """Nested divs and microdata: no article element, the time in an attribute only."""
    return _document(
        p.house,
        p.head(p.open_graph(), f'<meta name="author" content="{p.author}">' if p.author else ""),
        f'{p.menus}<div class="wrap" itemscope itemtype="https://schema.org/NewsArticle"><div class="story-head">'
        f'<div class="kicker">{escape(p.story.section or p.words["sections"][0])}</div><h1 itemprop="headline">{p.title}</h1>'
        f'<div class="byline" itemprop="author">{p.byline}</div>'
        f'<time itemprop="datePublished" datetime="{p.published.isoformat()}">{p.dateline}</time>{p.share()}</div>'
        f'<div class="story-body" itemprop="articleBody">{p.paragraphs()}</div>{p.newsletter()}{p.related()}{p.comments()}</div>{p.cards()}{p.footer}',
    )


def _portal(p: _Parts) -> str:
    """A big portal: tables of links, the source and date in one line, the body in a numbered div."""
    links = "".join(f'<td><a href="/channel/{n}">{name}</a></td>' for n, name in enumerate(p.words["sections"] * 2, 1))
    return _document(
        p.house,
        p.head(
            f'<meta name="publishdate" content="{p.published:%Y-%m-%d}">'
            f'<meta property="article:published_time" content="{p.published.isoformat()}">',
        ),
        f'<table class="channels"><tr>{links}</tr></table>{p.menus}<div class="w1000"><div class="path">{escape(p.house.name)} &gt; '
        f'{escape(p.story.section or p.words["sections"][0])}</div><h1 class="rm_txt_title">{p.title}</h1>'
        f'<div class="info"><span class="date">{p.dateline}</span> <span class="source">{escape(p.publication.credit or p.house.name)}</span> '
        f'<span class="author">{p.byline}</span></div><div id="content" class="rm_txt_con cf">{p.paragraphs()}</div>'
        f"{p.share()}{p.related()}{p.comments()}</div>{p.cards()}{p.footer}",
    )


def _agency(p: _Parts) -> str:
    """Lean and semantic, as news agencies and institutions do it: JSON-LD and a time element, few teasers."""
    return _document(
        p.house,
        p.head(p.json_ld(), f'<meta name="description" content="{escape(p.story.teaser[:160])}">'),
        f'{p.menus}<main role="main"><article><h1>{p.title}</h1><p class="meta"><time datetime="{p.published.isoformat()}">{p.dateline}</time>'
        f' <span class="by">{p.byline}</span></p>{p.paragraphs()}</article>{p.related()}</main>{p.cards()}{p.footer}',
    )


def _magazine(p: _Parts) -> str:
    """Long-form: a hero, a standfirst, paragraphs broken by a newsletter box and a pull-out of links."""
    body = p.paragraphs().split("\n")
    middle = max(1, len(body) // 2)
    return _document(
        p.house,
        p.head(p.open_graph(), p.json_ld()),
        f'{p.menus}<div class="hero"><img src="/images/hero.jpg" alt=""><h1 class="headline">{p.title}</h1>'
        f'<p class="credits">{p.byline} · {p.dateline}</p></div><section class="longform">{"".join(body[:middle])}'
        f"{p.newsletter()}{''.join(body[middle:])}</section>{p.share()}{p.related()}{p.comments()}{p.cards()}{p.footer}",
    )


TEMPLATES: dict[str, Callable[[_Parts], str]] = {
    "classic": _classic,
    "broadsheet": _broadsheet,
    "portal": _portal,
    "agency": _agency,
    "magazine": _magazine,
}
"""Name of a page template -> what renders it."""


def _document(house: House, head: str, body: str) -> str:
    direction = ' dir="rtl"' if house.language.startswith(_RIGHT_TO_LEFT) else ""
    return f'<!DOCTYPE html>\n<html lang="{house.language}"{direction}><head>{head}</head>\n<body class="site-{house.id}">{body}</body></html>'


def consent_page(publication: Publication) -> bytes:
    """Return the cookie wall that some visitors get in place of the article."""
    house, w = publication.house, words(publication.house.language)
    body = f'<div class="cmp-wall" role="dialog"><h1>{escape(house.name)}</h1><p>{w["consent"]}</p><button>OK</button></div>'
    return _document(house, f'<meta charset="{house.encoding}"><title>{escape(house.name)}</title>', body).encode(
        house.encoding
    )


def _menus(house: House, w: dict[str, Any]) -> str:
    columns = "".join(
        f'<li class="menu-item"><a href="/section/{n}/">{name}</a><ul class="sub-menu">'
        + "".join(f'<li><a href="/section/{n}/{m}/">{other}</a></li>' for m, other in enumerate(w["sections"], 1))
        + "</ul></li>"
        for n, name in enumerate(w["sections"], 1)
    )
    return (
        f'<header class="site-header"><a class="logo" href="/">{escape(house.name)}</a><a class="cta" href="/subscribe">{w["subscribe"]}</a>'
        f'<nav class="main-navigation"><ul class="menu">{columns}</ul></nav></header>'
    )


def _footer(house: House, w: dict[str, Any]) -> str:
    links = "".join(f'<li><a href="/about/{n}">{name}</a></li>' for n, name in enumerate(w["sections"], 1))
    return f'<footer class="site-footer"><ul>{links}</ul><p class="copyright">© 2026 {escape(house.name)}. {w["rights"]}</p></footer>'


def _path(seed: str) -> str:
    digest = hashlib.sha256(seed.encode()).digest()
    return "M" + " ".join(f"{a % 24}.{b % 10} {b % 24}.{a % 10}" for a, b in pairwise(digest)) + "z"


@cache
def _style(seed: str) -> str:
    """Return some 4 KB of style sheet: real pages carry more of it than of text."""
    digest = hashlib.sha256(seed.encode()).hexdigest()
    return "\n".join(
        f".c{digest[n % 60 : n % 60 + 4]}-{n}{{margin:{n % 7}px {n % 11}px;padding:{n % 5}px;color:#{digest[n % 58 : n % 58 + 6]};"
        f"display:{'flex' if n % 3 else 'block'}}}"
        for n in range(60)
    )


@cache
def _script(seed: str) -> str:
    """Return some 6 KB of script: a state blob such as front-end frameworks leave behind."""
    digest = hashlib.sha256(seed.encode()).hexdigest()
    state = {
        f"slot{n}": {
            "id": f"{digest[n % 50 : n % 50 + 12]}",
            "size": [300 + n % 5, 250],
            "targeting": {"pos": n, "lazy": n % 2 == 0},
            "refresh": 30,
        }
        for n in range(60)
    }
    return f"window.__STATE__={json.dumps(state)};"
