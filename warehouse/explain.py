"""Everything that is known of one stored article: where it came from, its story, its mentions with their reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from warehouse.database import Connection, rows


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """One article, as `govwatch explain` shows it; each part holds column values by name."""

    article: dict[str, Any]
    story: dict[str, Any]
    mentions: tuple[dict[str, Any], ...]
    signals: tuple[dict[str, Any], ...]

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
        ]
        if story:
            joined = (
                "opened it"
                if story["matched_article_id"] is None
                else f"joined as {story['reason']} of article {story['matched_article_id']}, score {story['score']:.2f}"
            )
            lines.append(f"  story {story['story_id']} of {story['articles']} articles: {joined}")
        for mention in self.mentions:
            lines.append(
                f"  mention of {mention['initiative_id']}: '{mention['surface']}' in the {mention['place']}, "
                f"by {mention['rule']}{'' if mention['alerts'] else ' (does not alert)'}"
            )
            lines.append(f"    {mention['sentence']}")
        lines += [
            f"  signal {s['kind']} of {s['initiative_id']}: {s['verdict'] or 'not routed yet'}" for s in self.signals
        ]
        if not self.mentions:
            lines.append("  no mention: `govwatch explain -` with the text shows what nearly matched")
        return lines


def article(con: Connection, article_id: int) -> ArticleFacts | None:
    """Return what is known of the article, or None when it is not stored."""
    found = _named(
        con,
        """
        select article_id, title, url, origin, source_id, outlet, published, published_from, first_seen, language,
            word_count, extractor
        from articles where article_id = $1
        """,
        article_id,
    )
    if not found:
        return None
    story = _named(
        con,
        """
        select m.story_id, m.reason, m.score, m.matched_article_id, s.articles
        from story_members m join stories s using (story_id) where m.article_id = $1
        """,
        article_id,
    )
    mentions = _named(con, "select * from mentions where article_id = $1 order by field desc, span_start", article_id)
    signals = _named(
        con, "select kind, initiative_id, verdict, verdict_reason from signals where article_id = $1", article_id
    )
    return ArticleFacts(found[0], story[0] if story else {}, tuple(mentions), tuple(signals))


def _named(con: Connection, sql: str, article_id: int) -> list[dict[str, Any]]:
    values = rows(con, sql, [article_id])
    names = [str(column[0]) for column in con.description or ()]
    return [dict(zip(names, row, strict=True)) for row in values]
