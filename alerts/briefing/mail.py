"""A briefing as a mail: the digest's looks (`alerts.render.mail`), with a table of the initiatives above the stories.

It never sends, and holds no charts: mail programs show neither SVG nor what lies elsewhere.
"""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from alerts.briefing import words
from alerts.content import Content, opens_initiative
from alerts.render.mail import CLOSING, FONT, HTML_LIMIT, PLAIN_LIMIT, HtmlMail, PlainMail, opening
from alerts.render.plain import fit
from records.alert import Item, Occasion, Payload
from records.briefing import Briefing, ToldStory
from records.signal import Severity
from records.text import clean


def render(briefing: Briefing) -> Payload:
    """Return subject, plain part and HTML part."""
    content = _content(briefing)
    plain, marked_up = _Plain(briefing), _Html(briefing)
    return Payload(
        f"{content.title}: {_news(briefing)}",
        fit(content, plain, PLAIN_LIMIT),
        html=fit(content, marked_up, HTML_LIMIT),
    )


def message(payload: Payload, written_at: datetime) -> bytes:
    """Return the mail as a file that mail programs open as a draft, without sender and recipient."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = payload.subject
    mail["Date"] = format_datetime(written_at)
    mail["X-Unsent"] = "1"
    mail.set_content(payload.body, cte="quoted-printable")
    mail.add_alternative(payload.html, subtype="html", cte="quoted-printable")
    return mail.as_bytes()


class _Plain(PlainMail):
    def __init__(self, briefing: Briefing) -> None:
        self._briefing = briefing

    def head(self, content: Content) -> str:
        """Return title, summary, and a line per initiative."""
        lines = [f"{words.printed(one)}: {clean(one.name)}, {words.usual(one)}" for one in self._briefing.initiatives]
        return "\n\n".join(part for part in (content.title, content.lead, "\n".join(lines)) if part)

    def item(self, item: Item, content: Content) -> str:
        """Return the item; among several, initiatives are headings, as in the HTML part."""
        if len(content.items) == 1:
            return super().item(item, content)
        told = super().item(replace(item, initiative=""), content)
        name = clean(item.initiative)
        return f"{name}\n{'-' * len(name)}\n\n{told}" if opens_initiative(item, content) else told

    def foot(self, content: Content) -> str:
        """Return how the figures are meant."""
        return f"-- \n{_meant(content)}"


class _Html(HtmlMail):
    def __init__(self, briefing: Briefing) -> None:
        self._briefing = briefing

    def head(self, content: Content) -> str:
        """Return title, summary, and a table of the initiatives."""
        return (
            f"{opening(content.title, content.lead)}"
            f'<h1 style="{FONT};font-size:20px;margin:0 0 12px">{html.escape(content.title)}</h1>'
            f'<p style="{FONT};margin:0 0 16px">{html.escape(content.lead)}</p>{self._table()}'
        )

    def _table(self) -> str:
        if not self._briefing.initiatives:
            return ""
        cell = f"{FONT};font-size:14px;text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid #A7B0BE"
        names = ("Initiative", "Stories", "Usual a day", "Outlets")
        head = "".join(f'<th scope="col" style="{cell}">{name}</th>' for name in names)
        lines = "".join(
            f'<tr><th scope="row" style="{cell};font-weight:normal">{html.escape(clean(one.name))}</th>'
            + "".join(f'<td style="{cell}">{value}</td>' for value in (one.stories, level, len(one.outlets)))
            + "</tr>"
            for one in self._briefing.initiatives
            for level in ["–" if one.usual is None else words.amount(one.usual)]
        )
        return (
            f'<table width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse">'
            f"<tr>{head}</tr>{lines}</table>"
        )

    def foot(self, content: Content) -> str:
        """Return how the figures are meant, and the end of everything."""
        return (
            f'<hr style="border:0;border-top:1px solid #52606D;margin:24px 0 12px"><p class="muted" style="{FONT};'
            f'font-size:14px;color:#52606D;margin:0">{html.escape(_meant(content))}</p>{CLOSING}'
        )


def _content(briefing: Briefing) -> Content:
    stories: dict[str, list[ToldStory]] = {one.initiative_id: [] for one in briefing.initiatives}
    for story in briefing.stories:
        for one in story.evidence:
            stories[one.initiative_id].append(story)
    names = words.names(briefing)
    return Content(
        title=words.title(briefing),
        lead=" ".join(words.summary(briefing)),
        items=tuple(_item(story, one, names[one]) for one, together in stories.items() for story in together),
        occasion=Occasion.DIGEST,
        reference="",
        subscription="briefing",
        zone=briefing.zone,
        severity=Severity.INFO,
        written_at=briefing.written_at,
        remarks=tuple(_remarks(briefing)),
        coverage=briefing.coverage,
    )


def _item(story: ToldStory, initiative_id: str, name: str) -> Item:
    evidence = next(one for one in story.evidence if one.initiative_id == initiative_id)
    before, match, after = words.passage(evidence)
    return Item(
        initiative=name,
        reason="",
        severity=Severity.INFO,
        title=clean(story.title) or "(no headline)",
        url=story.url,
        outlet=clean(story.outlet_name),
        country=words.country(story.country),
        language=words.tongue(story.language),
        when=story.when,
        sentence="" if evidence.field == "title" else f"{before}{match}{after}",
        surface=match,
        outlets=tuple(clean(outlet) for _, outlet in story.outlets),
    )


def _remarks(briefing: Briefing) -> list[str]:
    """Return what stands below the stories, a sentence each: coverage first, it is never cut off."""
    names = words.names(briefing)
    lines = list(words.covered(briefing))
    for stated in words.contradictions(briefing):
        told = "; ".join(f"{surface} ({clean(by[0].outlet)})" for surface, by in words.statements(stated))
        about = names.get(stated.initiative_id, stated.initiative_id)
        lines.append(f"Outlets disagree on {about}, {words.counted(stated)}: {told}.")
    lines.extend(
        f"{clean(one.outlet)}, {words.happened(one)}: {clean(one.title)}. {clean(one.reason)}"
        for one in briefing.changes
    )
    return lines


def _news(briefing: Briefing) -> str:
    """Return what the subject says of the news."""
    if not briefing.told:
        return words.summary(briefing)[0].removesuffix(".")
    stories = words.count(briefing.told, "story", "stories")
    return f"{stories} on {words.count(len(briefing.initiatives), 'initiative')}"


def _meant(content: Content) -> str:
    return (
        f"Times are {content.zone}. A story is one text, however many outlets print it; the usual level is the mean of "
        "the 28 days before. Written by govwatch brief."
    )
