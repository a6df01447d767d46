"""The article inside a page's own data: pages that a browser builds from JSON hold their text nowhere else.

It is asked only when the markup shows no article, and never decides what is furniture: it gives lines, in their order.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

_LONGEST = 4_000_000  # characters of one blob; the largest seen (Next.js, Arc) have 1.5 million
_MOST_NODES = 200_000
_DEEPEST = 60
_SHORTEST_LINE = 60  # characters of a string that counts as prose
_DOMINATES = 0.8  # share of its parent's prose that the container of one article has
# Next.js, Nuxt, Arc's Fusion, Apollo, Gatsby and their kin: an assignment, or a script that is JSON and nothing else.
_ASSIGNED = re.compile(
    r"(?:Fusion\.globalContent|__NEXT_DATA__|__PRELOADED_STATE__|__INITIAL_STATE__|__APOLLO_STATE__|__NUXT__|"
    r"__INITIAL_DATA__|__DATA__|_pageData|articleData)\s*=\s*(?=\{)"
)
_PROSE_KEYS = frozenset(
    {
        "text", "content", "body", "html", "value", "paragraph", "paragraphs", "articlebody", "description", "data",
        "rendered", "copy", "bodytext", "fulltext", "textvalue", "contenthtml", "bodyhtml", "children", "model",
    }
)  # fmt: skip
_BLOCK = re.compile(r"</?(?:p|div|h\d|li|ul|ol|br|blockquote|section|table|tr|figure)\b[^>]{0,300}>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]{0,1000}>")
_CODE = re.compile(r"^\s*(?:[{\[<@.#]|https?:|/|function\b|var\b)|[{};]\s*$")


def is_blob(script_type: str, text: str) -> bool:
    """Whether a ``<script>`` may hold the data that its page is built from."""
    if len(text) < 400 or len(text) > _LONGEST:
        return False
    return script_type == "application/json" or (
        script_type in ("", "text/javascript", "application/javascript") and _ASSIGNED.search(text) is not None
    )


def lines_of(blobs: list[str]) -> list[str]:
    """Return the lines of the longest article in ``blobs``; none when they hold no prose."""
    best: list[str] = []
    for blob in blobs:
        lines = _article(_loaded(blob))
        if sum(map(len, lines)) > sum(map(len, best)):
            best = lines
    return best


def _loaded(blob: str) -> Any:
    found = _ASSIGNED.search(blob)
    start = found.end() if found else 0
    try:
        # What follows the object (";window.x=...") does not matter.
        return json.JSONDecoder(strict=False).raw_decode(blob, start if found else len(blob) - len(blob.lstrip()))[0]
    except (ValueError, RecursionError):
        return None


def _article(tree: Any) -> list[str]:
    """Return the prose of the deepest container that holds most of its parent's."""
    node = _weighed(tree, "", 0, [0])
    if node is None:
        return []
    while True:
        weight, lines, parts = node
        inner = next((part for part in parts if part[0] >= _DOMINATES * weight and len(part[1]) > 1), None)
        if inner is None:
            return lines
        node = inner


_Weighed = tuple[int, list[str], list["_Weighed"]]


def _weighed(value: Any, key: str, depth: int, spent: list[int]) -> _Weighed | None:
    """Return the prose under ``value`` as (its letters, its lines, its parts), or None when there is none."""
    spent[0] += 1
    if depth > _DEEPEST or spent[0] > _MOST_NODES:
        return None
    if isinstance(value, str):
        lines = list(_prose(value)) if key.lower() in _PROSE_KEYS else []
        return (sum(map(len, lines)), lines, []) if lines else None
    if isinstance(value, list):
        parts = [_weighed(one, key, depth + 1, spent) for one in value]
    elif isinstance(value, dict):
        parts = [_weighed(one, str(name), depth + 1, spent) for name, one in value.items()]
    else:
        return None
    found = [part for part in parts if part is not None]
    if not found:
        return None
    return sum(part[0] for part in found), [line for part in found for line in part[1]], found


def _prose(value: str) -> Iterator[str]:
    """Yield the paragraphs of a string that people read, without its markup."""
    if len(value) < _SHORTEST_LINE // 3:
        return
    if "<" in value:
        value = _TAG.sub("", _BLOCK.sub("\n", value))
    for line in html.unescape(value).split("\n"):
        plain = " ".join(line.split())
        wide = any("\u2e80" <= character <= "\ud7ff" for character in plain[:40])
        shortest = _SHORTEST_LINE // 3 if wide else _SHORTEST_LINE
        if len(plain) >= shortest and (wide or plain.count(" ") >= 5) and not _CODE.search(plain):
            yield plain
