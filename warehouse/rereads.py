"""Articles whose kept page was read again: what is stored of them, and today's reading put in its place.

An article keeps its identity, its URL, its story and the time at which it was first seen, whatever is read. It never
makes a signal, and never judges whether a reading is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from records.document import Document
from warehouse.articles import count_words
from warehouse.database import Connection, append, constants, rows

FIELDS = (
    "title", "text", "authors", "published", "published_from", "published_raw", "modified", "language", "section",
    "tags", "image", "outlet_name", "canonical_url", "access", "access_reason",
)  # fmt: skip
"""Columns of ``articles`` that a reading decides; the order in which differences are told."""


@dataclass(frozen=True, slots=True)
class Current:
    """What is stored of one article.

    Attributes:
        fields: by name, as in `FIELDS`.
        mentions: each as (initiative, field, start, end, surface, rule, place, rules version).
        url, outlet, extractor: as stored.
    """

    article_id: int
    url: str
    outlet: str
    extractor: str
    text_hash: int | None
    story_id: int | None
    fields: dict[str, Any]
    mentions: frozenset[tuple[Any, ...]]


def current(con: Connection, article_ids: Sequence[int]) -> dict[int, Current]:
    """Return what is stored of these articles."""
    wanted = constants(article_ids)
    mentions: dict[int, set[tuple[Any, ...]]] = {}
    for article_id, *mention in rows(
        con,
        "select article_id, initiative_id, field, span_start, span_end, surface, rule, place, rules_version "
        f"from mentions where article_id in ({wanted})",
    ):
        mentions.setdefault(article_id, set()).add(tuple(mention))
    found = rows(
        con,
        f"""
        select article_id, url, outlet, extractor, text_hash, s.story_id, {", ".join(FIELDS)}
        from articles left join story_members s using (article_id) where article_id in ({wanted})
        """,
    )
    out = {}
    for article_id, url, outlet, extractor, text_hash, story_id, *fields in found:
        named = dict(zip(FIELDS, fields, strict=True))
        evidence = frozenset(mentions.get(article_id, ()))
        out[article_id] = Current(article_id, url, outlet, extractor, text_hash, story_id, named, evidence)
    return out


def fields_of(document: Document) -> dict[str, Any]:
    """Return what a reading says, as the columns of `FIELDS` hold it."""
    article = document.article
    found = {name: getattr(article, name) for name in FIELDS}
    return found | {
        "text": article.text or None,
        "authors": list(article.authors),
        "tags": list(article.tags),
        "access": article.access.value,
    }


def mentions_of(document: Document) -> frozenset[tuple[Any, ...]]:
    """Return the mentions of a reading as `Current` has them."""
    return frozenset(
        (m.initiative_id, m.field, m.start, m.end, m.surface, m.rule, m.place.value, m.rules_version)
        for m in document.mentions
    )


def put(con: Connection, documents: Sequence[Document]) -> None:
    """Put these readings in the place of what is stored; mentions and figures are `warehouse.mentions.replace`'s.

    What copies are recognised by follows the text, so that later copies find it. The story stays, and is renamed when
    its original was.
    """
    if not documents:
        return
    columns = ("article_id", *FIELDS, "word_count", "extractor", "text_hash")
    con.execute(f"create or replace temp table reread as select {', '.join(columns)} from articles limit 0")
    append(con, "reread", columns, (_row(document) for document in documents))
    settings = ", ".join(f"{name} = reread.{name}" for name in columns[1:])
    con.execute(f"update articles set {settings} from reread where articles.article_id = reread.article_id")
    con.execute("drop table reread")
    _recognise(con, documents)
    con.execute(
        f"""
        update stories set title = a.title, original_published = a.published
        from articles a
        where a.article_id = stories.original_article_id
            and a.article_id in ({constants(document.article_id for document in documents)})
        """
    )


def _row(document: Document) -> tuple[object, ...]:
    words = count_words(document.article.text)
    return (
        document.article_id, *fields_of(document).values(), words, document.article.extractor,
        document.fingerprint.text_hash,
    )  # fmt: skip


def _recognise(con: Connection, documents: Sequence[Document]) -> None:
    """Let the fingerprints of members follow their texts."""
    numbers = dict(
        rows(
            con,
            "select article_id, number from story_members "
            f"where article_id in ({constants(document.article_id for document in documents)})",
        )
    )
    members = [(numbers[one.article_id], one) for one in documents if one.article_id in numbers]
    columns = ("number", "text_hash", "cjk", "published", "title", "sketch")
    con.execute(
        f"create or replace temp table recognised as select {', '.join(columns)} from internal.fingerprints limit 0"
    )
    append(con, "recognised", columns, (
        (n, d.fingerprint.text_hash, d.fingerprint.cjk, d.article.published, list(d.fingerprint.title),
         d.fingerprint.sketch)
        for n, d in members
    ))  # fmt: skip
    settings = ", ".join(f"{name} = r.{name}" for name in columns[1:])
    con.execute(f"update internal.fingerprints f set {settings} from recognised r where f.number = r.number")
    con.execute("drop table recognised")
    # Older members keep the few keys that they have: most of the hashes of a text stay when its furniture goes.
    wanted = constants(number for number, _ in members)
    recent = {n for (n,) in rows(con, f"select distinct number from internal.shingles where number in ({wanted})")}
    con.execute(f"delete from internal.shingles where number in ({constants(recent)})")
    keys = ((h, mark, n) for n, d in members if n in recent for h, mark in d.fingerprint.key)
    append(con, "internal.shingles", ("hash", "mark", "number"), keys)


def stored(con: Connection, article_ids: Sequence[int]) -> set[int]:
    """Return which of these articles are stored."""
    found = rows(con, f"select article_id from articles where article_id in ({constants(article_ids)})")
    return {row[0] for row in found}
