"""Plain words: for terminals, for services without markup, and for IRC; and the fitting that all formats share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from alerts.content import DETAIL_LIMIT, Content, circumstances, marked
from alerts.render.links import safe_url
from alerts.report import Fact, Section
from records.alert import Item
from records.signal import Severity
from records.text import clean

_INVISIBLE = "\u200b"  # a zero-width space: it cannot stand in a cleaned text, so what we break can be told apart
_SHORTEST = 40

FACT_LIMIT = 600
"""Characters of one figure or note of a report."""

SHAPES = {Severity.INFO: "○", Severity.NOTICE: "◆", Severity.HIGH: "▲"}
"""Severity without colour."""


class Style(Protocol):
    """How one format writes the parts of a message."""

    def head(self, content: Content) -> str:
        """Return what stands above the items."""
        ...

    def item(self, item: Item, content: Content) -> str:
        """Return one item."""
        ...

    def more(self, count: int) -> str:
        """Return that ``count`` items were left out."""
        ...

    def section(self, section: Section) -> str:
        """Return one section of the operators' report."""
        ...

    def remarks(self, lines: Sequence[str]) -> str:
        """Return the sentences that stand between the items and the foot."""
        ...

    def foot(self, content: Content) -> str:
        """Return what stands below everything."""
        ...

    def join(self, parts: list[str]) -> str:
        """Put the parts together; empty ones are left out before."""
        ...

    def size(self, text: str) -> int:
        """Return how much of the limit ``text`` takes."""
        ...


def fit(content: Content, style: Style, limit: int) -> str:
    """Return ``content`` in ``style``, at most ``limit`` long.

    Whole items go from the end, and their number is told. When one item alone is too long, its sentence is shortened
    at a word, then its headline; a link is whole or absent, and the reference always stays. Of the operators' report,
    whole sections go from the end, then facts of the first one.
    """
    head, foot = style.head(content), _foot(content, style, limit)
    for sections in _fewer(content.sections):
        text = style.join([head, *map(style.section, sections), foot])
        if style.size(text) <= limit:
            return text
    written: list[str] = []
    room = limit - style.size(head) - style.size(foot)
    for item in content.items:
        written.append(style.item(item, content))
        room -= style.size(written[-1])
        if room < 0:
            break
    for kept in range(len(written), 1, -1):
        text = _joined(style, head, written[:kept], len(content.items) - kept, foot)
        if style.size(text) <= limit:
            return text
    for items in _shorter(content.items[:1]):
        text = _joined(
            style, head, [style.item(item, content) for item in items], len(content.items) - len(items), foot
        )
        if style.size(text) <= limit:
            return text
    return style.join([style.foot(content)])


def _fewer(sections: tuple[Section, ...]) -> Iterator[tuple[Section, ...]]:
    """Yield the sections, each time with less from the end."""
    for kept in range(len(sections), 0, -1):
        yield sections[:kept]
    for first in sections[:1]:
        for kept in range(len(first.facts) - 1, 0, -1):
            left = Fact("and more", str(len(first.facts) - kept))
            yield (replace(first, facts=(*first.facts[:kept], left)),)


def _foot(content: Content, style: Style, limit: int) -> str:
    """Return remarks and foot; where they would take more than half of the limit, only the first remarks."""
    foot = style.foot(content)
    for kept in range(len(content.remarks), 0, -1):
        whole = style.join([style.remarks(content.remarks[:kept]), foot])
        if style.size(whole) <= limit // 2:
            return whole
    return foot


def defanged(text: str) -> str:
    """Return ``text`` with every @ broken, so that no service takes it for a person, a room or everybody."""
    return text.replace("@", f"@{_INVISIBLE}")


def shortened(text: str, limit: int) -> str:
    """Return ``text`` cut at a word, with an ellipsis, when it is longer than ``limit`` characters."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    at_word = cut.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > limit // 2 else cut).rstrip() + "…"


def _joined(style: Style, head: str, items: list[str], left: int, foot: str) -> str:
    parts = [head, *items, style.more(left) if left else "", foot]
    return style.join([part for part in parts if part])


def _shorter(items: tuple[Item, ...]) -> Iterator[tuple[Item, ...]]:
    """Yield the only item again and again, each time with fewer words."""
    yield items
    for item in items:
        for length in (300, 160, 80):
            yield (replace(item, sentence=shortened(item.sentence, length), detail=shortened(item.detail, length)),)
        bare = replace(item, sentence="", outlets=(), detail="")
        for length in (200, 120, 80, _SHORTEST):
            yield (replace(bare, title=shortened(item.title, length)),)
        for length in (80, _SHORTEST):
            yield (replace(bare, url="", title=shortened(item.title, length)),)
        yield (replace(bare, url="", title=shortened(item.title, _SHORTEST), initiative="", reason=""),)


def heading(item: Item) -> str:
    """Return initiative and reason, with a shape and a word for what matters most."""
    loud = "▲ high · " if item.severity.word == "high" else ""
    return ": ".join(part for part in (f"{loud}{clean(item.initiative)}", clean(item.reason)) if part)


def quoted(item: Item, mark: Callable[[str], str], escape: Callable[[str], str]) -> str:
    """Return the sentence in quotation marks, its matched words marked, and below it what a correction changed."""
    before, match, after = marked(item)
    sentence = escape(before) + (mark(escape(match)) if match else "") + escape(after)
    detail = escape(clean(item.detail, DETAIL_LIMIT))
    return "\n".join(part for part in (f"“{sentence}”" if sentence else "", detail) if part)


class Plain:
    """Lines of text without any markup."""

    def head(self, content: Content) -> str:
        """Return the title and the lead; a message on one story needs neither."""
        if len(content.items) == 1 and not content.lead:
            return ""
        return "\n".join(part for part in (defanged(clean(content.title)), defanged(clean(content.lead, 1000))) if part)

    def item(self, item: Item, content: Content) -> str:
        """Return heading, headline, where and when, the sentence, and the link on a line of its own."""
        lines = [
            defanged(heading(item)),
            defanged(clean(item.title)),
            defanged(circumstances(item, content)),
            quoted(item, lambda match: f"*{match}*", defanged),
            safe_url(item.url),
        ]
        return "\n".join(line for line in lines if line)

    def more(self, count: int) -> str:
        """Return that there is more."""
        return f"and {count} more"

    def section(self, section: Section) -> str:
        """Return the title, and one line for each fact: what needs a hand is marked by a shape, too."""
        return "\n".join([defanged(section.title), *(self.fact(one) for one in section.facts)])

    def fact(self, fact: Fact) -> str:
        """Return one fact as a line; what helps stands on a line of its own."""
        value = defanged(f"{clean(fact.label)}: {clean(fact.value, FACT_LIMIT)}")
        note = defanged(clean(fact.note, FACT_LIMIT))
        if fact.severity is not None:
            return f"{SHAPES[fact.severity]} {value}\n  {note}" if note else f"{SHAPES[fact.severity]} {value}"
        return f"- {value} · {note}" if note else f"- {value}"

    def remarks(self, lines: Sequence[str]) -> str:
        """Return sentences of ours, one a line; names in them come from the configuration."""
        return "\n".join(defanged(clean(line, 1000)) for line in lines)

    def foot(self, content: Content) -> str:
        """Return the reference and how to ask why."""
        return content.asking

    def join(self, parts: list[str]) -> str:
        """Put an empty line between the parts."""
        return "\n\n".join(parts)

    def size(self, text: str) -> int:
        """Count bytes, as ntfy, Matrix, MQTT and mail do: never less than characters."""
        return len(text.encode())


class OneLine(Plain):
    """One line, counted in bytes: IRC takes each further line for a command or a message of its own."""

    def head(self, content: Content) -> str:
        """Return the title of messages that tell several things."""
        return "" if len(content.items) == 1 else defanged(clean(content.title))

    def item(self, item: Item, content: Content) -> str:
        """Return the item without its sentence."""
        parts = (defanged(heading(item)), defanged(clean(item.title)), defanged(clean(item.outlet)), safe_url(item.url))
        return " - ".join(part for part in parts if part)

    def section(self, section: Section) -> str:
        """Return the facts side by side."""
        facts = "; ".join(f"{clean(one.label)}: {clean(one.value, FACT_LIMIT)}" for one in section.facts)
        return defanged(f"{section.title}: {facts}")

    def remarks(self, lines: Sequence[str]) -> str:
        """Return the sentences side by side."""
        return " ".join(defanged(clean(line, 1000)) for line in lines)

    def foot(self, content: Content) -> str:
        """Return the reference."""
        return f"ref {content.named}"

    def join(self, parts: list[str]) -> str:
        """Put everything on one line."""
        return " | ".join(parts)
