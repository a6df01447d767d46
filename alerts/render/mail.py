"""The mail's two parts, equally good: plain text, and HTML that any client, screen reader or dark mode shows well.

Nothing is loaded from elsewhere and nobody is tracked. Colours pass WCAG AA (4.5:1) on both backgrounds; severity is
always a word and a shape, because under red-green blindness *notice* and *high* look alike.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from urllib.parse import urlsplit

from alerts.content import Content, circumstances, opens_initiative
from alerts.palette import DARK, LIGHT
from alerts.render.links import safe_url
from alerts.render.plain import FACT_LIMIT, SHAPES, Plain, fit, heading, quoted, shortened
from alerts.report import Fact, Section
from records.alert import Item, Payload
from records.signal import Severity
from records.text import clean

SUBJECT_LIMIT = 120
PLAIN_LIMIT = 60_000
HTML_LIMIT = 90_000
"""Characters: Gmail clips what is longer than about 102 kB."""

STYLE = f"""
:root {{ color-scheme: light dark; supported-color-schemes: light dark; }}
body {{ margin: 0; padding: 0; background: {LIGHT.desk}; color: {LIGHT.text}; }}
.sheet {{ background: {LIGHT.sheet}; color: {LIGHT.text}; }}
.muted {{ color: {LIGHT.muted}; }} a {{ color: {LIGHT.link}; }}
.info {{ color: {LIGHT.info}; }} .notice {{ color: {LIGHT.notice}; }} .high {{ color: {LIGHT.high}; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: {DARK.desk} !important; color: {DARK.text} !important; }}
  .sheet {{ background: {DARK.sheet} !important; color: {DARK.text} !important; }}
  .muted {{ color: {DARK.muted} !important; }} a {{ color: {DARK.link} !important; }}
  .info {{ color: {DARK.info} !important; }} .notice {{ color: {DARK.notice} !important; }}
  .high {{ color: {DARK.high} !important; }}
}}
""".strip()
FONT = "font-family:-apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif;font-size:16px;line-height:1.5"


def render(content: Content) -> Payload:
    """Return subject, plain part and HTML part."""
    subject = shortened(clean(content.title), SUBJECT_LIMIT)
    return Payload(subject, fit(content, PlainMail(), PLAIN_LIMIT), html=fit(content, HtmlMail(), HTML_LIMIT))


CLOSING = "</td></tr></table></td></tr></table></body></html>"
"""What ends the HTML that `opening` begins."""


def opening(title: str, preheader: str) -> str:
    """Return the HTML of a mail up to its first words: one sheet of at most 600 px, on a desk of another shade.

    Args:
        title: of the document.
        preheader: what mail programs show beside the subject in their lists.
    """
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{_text(title)}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<style>{STYLE}</style></head>"
        '<body style="margin:0;padding:0;background:#F5F7FA;color:#1F2933">'
        f'<div style="display:none;max-height:0;overflow:hidden">{_text(preheader)}</div>'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">'
        '<table role="presentation" class="sheet" width="100%" cellpadding="0" cellspacing="0" '
        'style="max-width:600px;background:#FFFFFF;color:#1F2933">'
        f'<tr><td style="{FONT};padding:24px">'
    )


class PlainMail(Plain):
    """As on a terminal; nothing in a mail is taken for a mention of somebody."""

    def remarks(self, lines: Sequence[str]) -> str:
        """Return sentences of ours, one a line."""
        return "\n".join(clean(line, 1000) for line in lines)

    def foot(self, content: Content) -> str:
        """Return the reference, why the reader gets this, and how to change it."""
        return "\n".join(["-- ", content.asking, *content.acting, _because(content)])

    def item(self, item: Item, content: Content) -> str:
        """Return the item with a link that is safe to open."""
        lines = [
            heading(item),
            clean(item.title),
            circumstances(item, content),
            quoted(item, lambda match: f"*{match}*", str),
            safe_url(item.url),
        ]
        return "\n".join(line for line in lines if line)


class HtmlMail(Plain):
    """One column of at most 600 px, tables only for layout, styles inline."""

    def head(self, content: Content) -> str:
        """Return everything up to the first item."""
        preheader = content.items[0].reason if content.items else content.lead
        several = len(content.items) != 1
        title = f'<h1 style="{FONT};font-size:20px;margin:0 0 12px">{_text(content.title)}</h1>' if several else ""
        lead = f'<p style="{FONT};margin:0 0 16px">{_text(content.lead, 1000)}</p>' if content.lead else ""
        return f"{opening(content.title, preheader)}{title}{lead}"

    def item(self, item: Item, content: Content) -> str:
        """Return one story; its headline names its language to screen readers."""
        url = safe_url(item.url)
        language = f' lang="{html.escape(item.language)}"' if item.language else ""
        headline = _text(item.title)
        if url:
            headline = f'<a href="{html.escape(url)}" style="color:#0B5CAD;text-decoration:underline">{headline}</a>'
        host = urlsplit(url).hostname or ""
        where = " · ".join(part for part in (circumstances(item, content), host) if part)
        sentence = quoted(item, lambda match: f"<strong>{match}</strong>", html.escape)
        quote = (
            f'<blockquote{language} dir="auto" style="{FONT};margin:8px 0 0;padding:0 0 0 12px;'
            f'border-left:3px solid #52606D">{sentence}</blockquote>'
            if sentence
            else ""
        )
        severity = (
            f'<span class="{item.severity.word}" style="color:{LIGHT.ink(item.severity)}">'
            f"{SHAPES[item.severity]} {item.severity.word}</span>"
        )
        several = len(content.items) > 1
        group = (
            f'<h2 style="{FONT};font-size:18px;margin:28px 0 0;padding-bottom:4px;border-bottom:2px solid #52606D">'
            f"{_text(item.initiative)}</h2>"
            if several and opens_initiative(item, content)
            else ""
        )
        named = "" if several else f"<strong>{_text(item.initiative)}</strong>: "
        # A message on one story has no other heading; in one on several the stories stand below their initiative.
        level, size = ("h3", 17) if several else ("h1", 20)
        # A briefing gives no reason: there everything is told, not what is worth a message.
        why = f"{severity} · {named}{_text(item.reason)}" if item.reason else ""
        above = f'<p style="{FONT};font-size:14px;margin:16px 0 4px">{why}</p>' if why else ""
        margin = "0 0 4px" if why else "16px 0 4px"
        # Language and direction stand on the heading itself: "auto" does not look into elements that have their own.
        return (
            f"{group}{above}"
            f'<{level}{language} dir="auto" style="{FONT};font-size:{size}px;margin:{margin}">{headline}</{level}>'
            f'<p class="muted" style="{FONT};font-size:14px;color:#52606D;margin:0">{_text(where)}</p>{quote}'
        )

    def more(self, count: int) -> str:
        """Return that there is more."""
        return f'<p style="{FONT}">and {count} more</p>'

    def section(self, section: Section) -> str:
        """Return a heading and a table: what it is about, the figure, what to compare it with."""
        title = f'<h2 style="{FONT};font-size:18px;margin:28px 0 4px">{_text(section.title)}</h2>'
        hands = "".join(_hand(one) for one in section.facts if one.severity is not None)
        facts = "".join(_row(one) for one in section.facts if one.severity is None)
        table = f'<table width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse">{facts}</table>'
        return f"{title}{hands}{table if facts else ''}"

    def remarks(self, lines: Sequence[str]) -> str:
        """Return sentences of ours as a small list, so that a screen reader counts them."""
        style = f"{FONT};font-size:14px;color:#52606D"
        points = "".join(f'<li style="margin:0 0 4px">{_text(line, 1000)}</li>' for line in lines)
        return f'<ul class="muted" style="{style};margin:24px 0 0;padding:0 0 0 20px">{points}</ul>'

    def foot(self, content: Content) -> str:
        """Return the reference, what a reader can do, why it came, and the end of everything."""
        lines = (content.asking, *content.acting, _because(content))
        return (
            f'<hr style="border:0;border-top:1px solid #52606D;margin:24px 0 12px"><p class="muted" style="{FONT};'
            f'font-size:14px;color:#52606D;margin:0">{"<br>".join(map(_text, lines))}</p>'
            f"{CLOSING}"
        )

    def join(self, parts: list[str]) -> str:
        """Put the parts one below the other."""
        return "\n".join(parts)


def _hand(fact: Fact) -> str:
    """Return one thing that needs a hand: severity as word and shape, the matter, what helps."""
    severity = fact.severity or Severity.INFO
    return (
        f'<div style="{FONT};margin:8px 0 16px;padding:0 0 0 12px;border-left:4px solid {LIGHT.ink(severity)}">'
        f'<p style="{FONT};font-size:14px;margin:0"><span class="{severity.word}" '
        f'style="color:{LIGHT.ink(severity)}">{SHAPES[severity]} {severity.word}</span> · '
        f"<strong>{_text(fact.label)}</strong></p>"
        f'<p style="{FONT};margin:0">{_text(fact.value, FACT_LIMIT)}</p>'
        f'<p class="muted" style="{FONT};font-size:14px;color:#52606D;margin:0">'
        f"{_text(fact.note, FACT_LIMIT)}</p></div>"
    )


def _row(fact: Fact) -> str:
    """Return one figure as a row of a table."""
    cell = "padding:5px 12px 5px 0;vertical-align:top;text-align:left;border-top:1px solid #C9D1DB"
    return (
        f'<tr><th scope="row" class="muted" style="{FONT};font-size:14px;font-weight:normal;color:#52606D;{cell};'
        f'width:30%">{_text(fact.label)}</th><td style="{FONT};font-size:14px;{cell};padding-right:0">'
        f'<strong>{_text(fact.value, FACT_LIMIT)}</strong><br><span class="muted" style="color:#52606D">'
        f"{_text(fact.note, FACT_LIMIT)}</span></td></tr>"
    ).replace('<br><span class="muted" style="color:#52606D"></span>', "")


def _because(content: Content) -> str:
    name = content.subscription
    return f"You get this by the subscription “{name}” in alerts.yaml."


def _text(text: str, limit: int = 300) -> str:
    return html.escape(clean(text, limit))
