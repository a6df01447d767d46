"""Chat: Markdown, Discord, Slack's mrkdwn and Telegram's HTML, each with its own way to make a text harmless."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from alerts.content import Content, circumstances
from alerts.render.links import safe_url
from alerts.render.plain import FACT_LIMIT, SHAPES, Plain, defanged, heading, quoted
from alerts.report import Fact, Section
from records.alert import Item
from records.text import clean

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_SLACK_MARKUP = re.compile(r"([*_~`])")
_ANY_MARKUP = re.compile(r"([*_~`#>|\[\]()<])")
_INVISIBLE = "\u200b"


class _Markup(Plain):
    """What the chat formats share: bold headings, a quoted sentence with bold words, the link below."""

    def escape(self, text: str) -> str:
        """Return ``text`` so that the service shows it as it is."""
        raise NotImplementedError

    def bold(self, escaped: str) -> str:
        """Return text that is escaped already, in bold."""
        return f"**{escaped}**"

    def link(self, url: str) -> str:
        """Return a link that shows its address."""
        return f"<{url}>"

    def head(self, content: Content) -> str:
        """Return the title in bold, and the lead."""
        if len(content.items) == 1 and not content.lead:
            return ""
        lines = [self.bold(self.escape(clean(content.title))), self.escape(clean(content.lead, 1000))]
        return "\n".join(line for line in lines if line)

    def item(self, item: Item, content: Content) -> str:
        """Return heading, headline, where and when, the sentence, and the link on a line of its own."""
        url = safe_url(item.url)
        lines = [
            self.bold(self.escape(heading(item))),
            self.escape(clean(item.title)),
            self.escape(circumstances(item, content)),
            quoted(item, self.bold, self.escape),
            self.link(url) if url else "",
        ]
        return "\n".join(line for line in lines if line)

    def section(self, section: Section) -> str:
        """Return the title in bold, and one line for each fact."""
        return "\n".join([self.bold(self.escape(section.title)), *(self.fact(one) for one in section.facts)])

    def fact(self, fact: Fact) -> str:
        """Return one fact as a line, its label in bold where it needs a hand."""
        label, value, note = (
            self.escape(clean(text, FACT_LIMIT)) for text in (f"{fact.label}:", fact.value, fact.note)
        )
        if fact.severity is not None:
            lines = [f"{SHAPES[fact.severity]} {self.bold(label)} {value}", note]
            return "\n".join(line for line in lines if line)
        return f"{label} {value} · {note}" if note else f"{label} {value}"

    def remarks(self, lines: Sequence[str]) -> str:
        """Return sentences of ours, escaped, one a line."""
        return "\n".join(self.escape(clean(line, 1000)) for line in lines)

    def foot(self, content: Content) -> str:
        """Return the reference and how to ask why."""
        return self.escape(content.asking)


class Markdown(_Markup):
    """CommonMark: every ASCII punctuation mark may be escaped, so every one is."""

    def escape(self, text: str) -> str:
        """Escape all punctuation; break @ for services that look for names after they unescape."""
        return defanged(_PUNCTUATION.sub(r"\\\1", text))

    def join(self, parts: list[str]) -> str:
        """Put an empty line between the parts; two spaces keep the line breaks inside them."""
        return "\n\n".join(part.replace("\n", "  \n") for part in parts)


class Discord(_Markup):
    """Discord's Markdown: line breaks are kept, and a link in angle brackets makes no preview."""

    def escape(self, text: str) -> str:
        """Escape all punctuation, and break @."""
        return defanged(_PUNCTUATION.sub(r"\\\1", text))


class Slack(_Markup):
    """Slack: three characters are escaped, its marks are broken by an invisible space.

    It is sent as text, not as apprise's "markdown": that would escape a second time, and then bring back to life what
    looks like an escaped ``<!channel>`` (apprise 1.13.1, plugins/slack.py, 2026-11).
    """

    def escape(self, text: str) -> str:
        """Escape what begins links, mentions and commands; break what makes text bold, slanted or code."""
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return defanged(_SLACK_MARKUP.sub(rf"{_INVISIBLE}\1{_INVISIBLE}", escaped))

    def bold(self, escaped: str) -> str:
        """Return bold text."""
        return f"*{escaped}*"

    def link(self, url: str) -> str:
        """Return the address in brackets; a bar would begin a label."""
        return f"<{url.replace('|', '%7C').replace('&', '&amp;')}>"


class Unmarked(_Markup):
    """Teams and Google Chat, which know marks and links with labels but no way to escape them: each mark is broken."""

    def escape(self, text: str) -> str:
        """Put an invisible space behind everything that could begin or end a mark, a link or a mention."""
        return defanged(_ANY_MARKUP.sub(rf"\1{_INVISIBLE}", text))

    def bold(self, escaped: str) -> str:
        """Return the text as it is: the two services write bold differently."""
        return escaped

    def link(self, url: str) -> str:
        """Return the address: both make it a link by themselves."""
        return url

    def join(self, parts: list[str]) -> str:
        """Make each line a paragraph: Teams joins lines that have no empty one between them."""
        return "\n\n".join(part.replace("\n", "\n\n") for part in parts)


class Telegram(_Markup):
    """Telegram's small HTML."""

    def escape(self, text: str) -> str:
        """Escape HTML, and break @."""
        return defanged(html.escape(text))

    def bold(self, escaped: str) -> str:
        """Return bold text."""
        return f"<b>{escaped}</b>"

    def link(self, url: str) -> str:
        """Return the address: Telegram makes it a link by itself."""
        return html.escape(url)
