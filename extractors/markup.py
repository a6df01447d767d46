"""One parsed page, and the few questions that metadata and text both ask of it.

It reads a tree and never changes one; no question costs more than one walk over the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import html
from lxml.etree import LxmlError, ParserError

from extractors.embedded import is_blob

Element = html.HtmlElement
Node = dict[str, Any]  # one object of JSON-LD

_ARTICLE_TYPE = re.compile(r"(?:Article|BlogPosting|LiveBlogPosting|Report|SocialMediaPosting|Review)$")
_LONGEST_SCRIPT = 1_000_000  # characters of one JSON-LD script that are read; live blogs reach 400,000
_MOST_NODES = 2_000
_MOST_BLOBS = 8
_DEEPEST = 12
_SPACES = re.compile(r"\s+")
_COMMENT = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*;?\s*$")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")


def parse(text: str) -> Element | None:
    """Return the tree of a page's text, or None when it holds no element."""
    parser: Any = html.HTMLParser(  # type: ignore[no-untyped-call]
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False
    )
    # NUL ends the input for libxml2 in some states; the HTML standard drops it in text.
    body = text.replace("\x00", "").encode("utf-8", "replace")
    try:
        tree: Element = html.document_fromstring(body, parser=parser)  # type: ignore[no-untyped-call]
        return tree
    except (LxmlError, ParserError, ValueError, AssertionError):
        return None


def text_of(element: Element, limit: int = 10_000) -> str:
    """Return the text inside ``element`` as one line, of about ``limit`` characters at most.

    The limit keeps deeply nested pages linear: asking each of their elements for all its text would be quadratic.
    """
    pieces: list[str] = []
    length = 0
    for piece in element.itertext():
        pieces.append(piece)
        length += len(piece)
        if length > limit:
            break
    return _SPACES.sub(" ", "".join(pieces)).strip()[:limit]


@dataclass(slots=True)
class Markup:
    """A page's tree with its head read once.

    Attributes:
        tree: the root element.
        metas: contents of ``<meta>`` by lower-case name, property or itemprop, in page order.
        nodes: every object of the page's JSON-LD, outermost first.
        article: the JSON-LD object that describes this page's article; empty when there is none.
        headings: the texts of all ``<h1>``, in page order.
        window_title: the text of ``<title>``.
        blobs: the texts of scripts that hold the data a browser builds the page from.
    """

    tree: Element
    metas: dict[str, list[str]] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    article: Node = field(default_factory=dict)
    headings: list[str] = field(default_factory=list)
    window_title: str = ""
    blobs: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, tree: Element, url: str) -> Markup:
        """Read the head, the headings and the structured data of ``tree``, fetched from ``url``."""
        page = cls(tree)
        for element in tree.iter("meta", "h1", "title", "script"):
            if element.tag == "meta":
                page._note(element)
            elif element.tag == "h1":
                page.headings.append(text_of(element, 600))
            elif element.tag == "title":
                page.window_title = page.window_title or text_of(element, 600)
            else:
                page._script((element.get("type") or "").lower(), element.text or "")
        page.headings = [heading for heading in page.headings if heading][:20]
        page.article = _article_of(page.nodes, url)
        return page

    def _script(self, kind: str, text: str) -> None:
        if "ld+json" in kind:
            if len(self.nodes) < _MOST_NODES:
                self.nodes.extend(_objects(text))
        elif is_blob(kind, text) and len(self.blobs) < _MOST_BLOBS:
            self.blobs.append(text)

    def _note(self, meta: Element) -> None:
        content = (meta.get("content") or "").strip()
        if not content:
            return
        for attribute in ("name", "property", "itemprop", "http-equiv"):
            if key := meta.get(attribute):
                self.metas.setdefault(key.strip().lower(), []).append(content[:5_000])
                if key == "parsely-page":
                    self._note_parsely(content)

    def _note_parsely(self, content: str) -> None:
        """Note the author and the date of Parse.ly's older form: one meta element whose content is JSON."""
        for node in _objects(content):
            for name, key in (
                ("author", "parsely-author"),
                ("authors", "parsely-author"),
                ("pub_date", "parsely-pub-date"),
            ):
                values = node.get(name)
                for value in values if isinstance(values, list) else [values]:
                    if isinstance(value, str) and value:
                        self.metas.setdefault(key, []).append(value[:5_000])

    def meta(self, *keys: str) -> str | None:
        """Return the first content of the first of ``keys`` that the page has."""
        return next((self.metas[key][0] for key in keys if key in self.metas), None)

    def resolve(self, value: Any) -> Any:
        """Return the node that a bare ``{"@id": ...}`` points to, else ``value`` itself."""
        if isinstance(value, dict) and "@id" in value and "name" not in value:
            return next((n for n in self.nodes if n.get("@id") == value["@id"] and "name" in n), value)
        return value


def first_text(value: Any) -> str | None:
    """Return the first string of a JSON-LD value, or None."""
    if isinstance(value, list):
        value = next((one for one in value if isinstance(one, str)), None)
    return value if isinstance(value, str) and value.strip() else None


def types_of(node: Node) -> list[str]:
    """Return the schema.org types of ``node`` without their vocabulary."""
    stated = node.get("@type")
    return [str(kind).rsplit("/", 1)[-1] for kind in (stated if isinstance(stated, list) else [stated])]


def is_article(node: Node) -> bool:
    """Whether ``node`` describes an article."""
    return any(_ARTICLE_TYPE.search(kind) for kind in types_of(node))


def _article_of(nodes: list[Node], url: str) -> Node:
    """Return the article that the page is about: the one that names the page's URL, else the fullest."""
    articles = [node for node in nodes if is_article(node) and ("headline" in node or "datePublished" in node)]
    here = url.split("?")[0].split("#")[0].rstrip("/")
    for node in articles:
        about = node.get("mainEntityOfPage")
        stated = {node.get("url"), node.get("@id"), about.get("@id") if isinstance(about, dict) else about}
        if here and any(isinstance(one, str) and one.split("?")[0].rstrip("/") == here for one in stated):
            return node
    return articles[0] if articles else {}


def _objects(script: str) -> Iterator[Node]:
    if len(script) > _LONGEST_SCRIPT:
        return
    try:
        yield from _walk(_loaded(script), 0)
    except (ValueError, RecursionError):
        return


def _loaded(script: str) -> Any:
    try:
        return json.loads(script, strict=False)
    except ValueError:
        # What real pages get wrong most: comment marks around the object, and a comma too many.
        return json.loads(_TRAILING_COMMA.sub("", _COMMENT.sub("", script)), strict=False)


def _walk(value: Any, depth: int) -> Iterator[Node]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for one in value[:200]:
            yield from _walk(one, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage", "hasPart", "author", "publisher"):
            if isinstance(value.get(key), (dict, list)):
                yield from _walk(value[key], depth + 1)
