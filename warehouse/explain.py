"""Everything that is known of one stored article: where it came from, its story, its mentions with their reasons.

It never compares texts (`flows.comparing` does); it gives what comparing needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from records.story import Fingerprint
from warehouse import follow_ups, old_keys
from warehouse.database import Connection, rows


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """One article, as `govwatch explain` shows it; each part holds column values by name."""

    article: dict[str, Any]
    story: dict[str, Any]
    mentions: tuple[dict[str, Any], ...]
    signals: tuple[dict[str, Any], ...]
    looks: tuple[dict[str, Any], ...] = ()
    next_look: datetime | None = None

    def lines(self) -> list[str]:
        """Return the facts as lines for people."""
        one, story = self.article, self.story
        dated = f"published {one['published'] or '?'} (from {one['published_from'] or 'nowhere'})"
        lines = [
            f"{one['title'] or '(no title)'}",
            f"  {one['url']}",
            f"  article {one['article_id']}, {one['origin']}, outlet {one['outlet']}, source {one['source_id']}",
            f"  {dated}, first seen {one['first_seen']}, language {one['language'] or '?'}, {one['word_count']} words",
            f"  extracted by {one['extractor'] or '?'}",
            *([f"  text chosen: {one['text_reason']}"] if one["text_reason"] else []),
        ]
        if story:
            joined = (
                "opened it"
                if story["matched_article_id"] is None
                else f"joined as {story['reason']} of article {story['matched_article_id']}, score {story['score']:.2f}"
            )
            lines.append(f"  story {story['story_id']} of {story['articles']} articles: {joined}")
            if story["joined_story_id"] != story["story_id"]:
                lines.append(
                    f"    it joined story {story['joined_story_id']}, which turned out to be this one on "
                    f"{story['merged_at']:%Y-%m-%d %H:%M} UTC by article {story['merged_by']}"
                )
            if story["original_article_id"] != one["article_id"]:
                lines.append(
                    f"    original: article {story['original_article_id']} of {story['original_outlet']} "
                    f"({story['original_by']})"
                )
            if story["agency"]:
                lines.append(f"    agency credited: {story['agency']}")
        for mention in self.mentions:
            lines.append(
                f"  mention of {mention['initiative_id']}: '{mention['surface']}' in the {mention['place']}, "
                f"by {mention['rule']}{'' if mention['alerts'] else ' (does not alert)'}"
            )
            lines.append(f"    {mention['sentence']}")
        lines += [
            f"  signal {s['kind']} of {s['initiative_id']}: {s['verdict'] or 'not routed yet'}" for s in self.signals
        ]
        for look in self.looks:
            reason = f" ({look['reason']})" if look["reason"] else ""
            lines.append(f"  looked at again {look['checked_at']:%Y-%m-%d %H:%M} UTC: {look['finding']}{reason}")
            lines += [f"    {line}" for line in (look["difference"] or "").splitlines()]
        if self.next_look is not None:
            lines.append(f"  next look: {self.next_look:%Y-%m-%d %H:%M} UTC")
        if not self.mentions:
            lines.append("  no mention: `govwatch explain -` with the text shows what nearly matched")
        return lines


def article(con: Connection, article_id: int) -> ArticleFacts | None:
    """Return what is known of the article, or None when it is not stored."""
    found = _named(
        con,
        """
        select article_id, title, url, origin, source_id, outlet, published, published_from, first_seen, language,
            word_count, extractor, text_reason
        from articles where article_id = $1
        """,
        article_id,
    )
    if not found:
        return None
    story = _named(
        con,
        """
        select m.story_id, m.reason, m.score, m.matched_article_id, m.joined_story_id, s.articles,
            s.original_article_id, s.original_outlet, s.original_by, s.agency, l.merged_at, l.merged_by
        from story_members m join stories s using (story_id)
        left join stories l on l.story_id = m.joined_story_id and l.merged_into is not null
        where m.article_id = $1
        """,
        article_id,
    )
    mentions = _named(con, "select * from mentions where article_id = $1 order by field desc, span_start", article_id)
    signals = _named(
        con, "select kind, initiative_id, verdict, verdict_reason from signals where article_id = $1", article_id
    )
    due = rows(con, "select next_check from follow_ups where article_id = $1", [article_id])
    return ArticleFacts(
        found[0],
        story[0] if story else {},
        tuple(mentions),
        tuple(signals),
        tuple(follow_ups.of_article(con, article_id)),
        due[0][0] if due else None,
    )


@dataclass(frozen=True, slots=True)
class Print:
    """One article as a member of its story.

    Attributes:
        story_id: its story now.
        text: None for a seed of which only the fingerprint is known.
        fingerprint: as stored; of its key only what leads to it, and nothing for an old article with a text, which
            gives the whole key again.
        number: its place in the order of arrival.
    """

    article_id: int
    story_id: int
    number: int
    title: str
    url: str
    outlet: str
    text: str | None
    published: datetime | None
    fingerprint: Fingerprint


def printed(con: Connection, article_id: int) -> Print | None:
    """Return the article with its text and what it is recognised by, or None when it is no member of a story."""
    found = rows(
        con,
        """
        select m.article_id, m.story_id, m.number, a.title, a.url, a.outlet, a.text, a.published, f.text_hash, f.sketch,
            f.title, f.cjk
        from story_members m join articles a using (article_id) join internal.fingerprints f using (number)
        where m.article_id = $1
        """,
        [article_id],
    )
    if not found:
        return None
    article_id, story_id, number, heading, url, outlet, text, published, text_hash, sketch, title, cjk = found[0]
    key = rows(con, "select hash, coalesce(mark, 0) from internal.shingles where number = $1 order by hash", [number])
    key = key or (list(old_keys.of_member(con, number)) if text is None else [])
    hashes, marks = tuple(h for h, _ in key), bytes(mark for _, mark in key)
    value = Fingerprint(text_hash, hashes, sketch, tuple(title), cjk, marks)
    return Print(article_id, story_id, number, heading, url, outlet, text, published, value)


def _named(con: Connection, sql: str, article_id: int) -> list[dict[str, Any]]:
    values = rows(con, sql, [article_id])
    names = [str(column[0]) for column in con.description or ()]
    return [dict(zip(names, row, strict=True)) for row in values]
