"""The extractors that ours is measured against, each as one function from page to what it says of the article.

It imports a peer only when it is asked for: those that are not installed are left out by name.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import warnings
from collections.abc import Callable
from typing import Any

import trafilatura

Answer = dict[str, Any]
Peer = Callable[[bytes, str], Answer]


def trafilatura_default(html: bytes, url: str, *, precision: bool = False) -> Answer:
    """Return what trafilatura says with metadata, as its documentation has it."""
    found: Any = trafilatura.bare_extraction(html, url=url or None, with_metadata=True, favor_precision=precision)
    return {key: getattr(found, key, None) for key in ("text", "title", "author", "date")} if found else {}


def _loaded(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


def _trafilatura() -> Peer:
    return trafilatura_default


def _precise() -> Peer:
    return lambda html, url: trafilatura_default(html, url, precision=True)


def _newspaper() -> Peer:
    newspaper = _loaded("newspaper")

    def answer(html: bytes, url: str) -> Answer:
        article = newspaper.Article(url or "https://page.example/", fetch_images=False)
        article.download(input_html=html)
        article.parse()
        return {"text": article.text, "title": article.title, "author": article.authors, "date": article.publish_date}

    return answer


def _readability() -> Peer:
    document = _loaded("readability").Document
    html = _loaded("lxml.html")

    def answer(page: bytes, url: str) -> Answer:
        found = document(page)
        tree = html.fromstring(found.summary(html_partial=True))
        blocks = tree.iter("p", "li", "h2", "h3", "h4", "blockquote", "td", "pre")
        lines = [text for one in blocks if (text := " ".join(one.text_content().split()))]
        return {"text": "\n".join(lines) or tree.text_content(), "title": found.short_title()}

    return answer


def _resiliparse() -> Peer:
    extract = _loaded("resiliparse.extract.html2text").extract_plain_text
    tree = _loaded("resiliparse.parse.html").HTMLTree
    detect = _loaded("resiliparse.parse.encoding").detect_encoding

    def answer(page: bytes, url: str) -> Answer:
        parsed = tree.parse_from_bytes(page, detect(page))
        return {"text": extract(parsed, main_content=True), "title": parsed.title}

    return answer


def _news_please() -> Peer:
    reader = _loaded("newsplease").NewsPlease

    def answer(page: bytes, url: str) -> Answer:
        with contextlib.redirect_stdout(io.StringIO()):
            found = reader.from_html(page, url=url or None, fetch_images=False)
        date = found.date_publish
        return {"text": found.maintext, "title": found.title, "author": found.authors, "date": date}

    return answer


PEERS: dict[str, Callable[[], Peer]] = {
    "trafilatura, default": _trafilatura,
    "trafilatura, precision": _precise,
    "newspaper4k": _newspaper,
    "readability-lxml": _readability,
    "resiliparse": _resiliparse,
    "news-please": _news_please,
}
"""How each peer is made ready; raises ImportError when it is not installed."""
