"""The loader: one batch of documents becomes rows, with stories, mentions, figures and signals, in one transaction.

It never overwrites a stored article, and never decides: which story, and what is worth a signal, it is told by the two
pure functions that it is given.

    known already? -> which story? -> articles, stories, mentions, figures -> signals -> outcomes of the URLs

Everything happens in the caller's write window: a kill before its commit leaves the URLs pending, a kill after it
leaves the signals in the outbox. Loading a batch twice changes nothing the second time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from records.article import Article, Outcome, UrlOutcome
from records.document import Batch, Document
from records.signal import Detect
from records.story import Neighbours, StoryChoice
from warehouse import frontier, history, mentions, pages, search, signals, stories
from warehouse.database import Connection, append, rows

Choose = Callable[[Sequence[Document], Neighbours], Sequence[StoryChoice]]
"""Which story does each document belong to? One choice per document, in order."""

# Thai, Lao, Burmese, Khmer, kana and Han are written without spaces: each character counts, as in the fingerprints.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What one batch did.

    Attributes:
        stored: articles that were new.
        known: documents whose article was stored already; ``revised`` of them came with another text, which was kept
            as a revision, and ``filled`` were facts of the seed corpus that got their text.
        stories_new: stories that the new articles opened.
        copies: new articles that joined a story of another article.
        mentions, figures, signals: rows that were written.
    """

    stored: int = 0
    known: int = 0
    revised: int = 0
    filled: int = 0
    stories_new: int = 0
    copies: int = 0
    mentions: int = 0
    figures: int = 0
    signals: int = 0

    def __add__(self, other: LoadReport) -> LoadReport:
        """Return the sum of two batches."""
        return LoadReport(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def load(con: Connection, batch: Batch, *, choose: Choose, detect: Detect, run_id: str, now: datetime) -> LoadReport:
    """Load one batch inside the open write window.

    Args:
        con: of `warehouse.database.Warehouse.writing`.
        batch: documents in order of arrival, the outcome of every URL that was tried for them, the pages read.
        choose: which story each new document belongs to (`extractors.stories`).
        detect: which signals new mentions make, given history (`alerts.detect`).
        run_id: the pass.
        now: noted as the time of the load.

    Raises:
        WarehouseError: DuckDB refused; the window rolls everything back.
    """
    unique = {document.article_id: document for document in reversed(batch.documents)}
    documents = list(reversed(unique.values()))
    stored = _stored(con, list(unique))
    new = [document for document in documents if document.article_id not in stored]
    known = [document for document in documents if document.article_id in stored]
    twins = _twins(con, new)
    new = [document for document in new if document.article_id not in twins]

    filled = [document for document in known if not stored[document.article_id].has_text and document.article.text]
    report = _load_new(con, new, choose, detect, run_id, now) + _fill(con, filled, run_id, now)
    revised = _revise(con, known, stored, run_id, now)
    frontier.settle(con, [_truly(outcome, stored, twins) for outcome in batch.outcomes], run_id)
    search.index(con)
    pages.store(con, batch.pages, {twin: first for twin, (first, _) in twins.items()}, run_id)
    return report + LoadReport(known=len(known) + len(twins), revised=revised)


def count_words(text: str) -> int:
    """Return the words of ``text``; each character counts in scripts that are written without spaces."""
    return len(_WORD.findall(text))


@dataclass(frozen=True, slots=True)
class _Stored:
    """What matters of an article that is stored already."""

    has_text: bool
    text_hash: int | None
    discovered_url: str


_COLUMNS = (
    "article_id", "url", "url_key", "discovered_url", "canonical_url", "source_id", "outlet", "outlet_name", "country",
    "tier", "title", "text", "authors", "published", "published_from", "published_raw", "modified", "first_seen",
    "language", "section", "tags", "image", "word_count", "access", "access_reason", "origin", "catch_up",
    "extractor", "raw_hash", "text_reason", "text_hash", "run_id",
)  # fmt: skip


def _stored(con: Connection, wanted: list[int]) -> dict[int, _Stored]:
    # Two steps: a join that asks for the text scans all texts, even when hardly any article is known.
    known = rows(con, "select article_id from articles where article_id in (select unnest($1::bigint[]))", [wanted])
    if not known:
        return {}
    marks = ", ".join(str(int(article_id)) for (article_id,) in known)
    found = rows(
        con,
        f"select article_id, text is not null, text_hash, coalesce(discovered_url, url) from articles "
        f"where article_id in ({marks})",
    )
    return {row[0]: _Stored(*row[1:]) for row in found}


def _twins(con: Connection, documents: Sequence[Document]) -> dict[int, tuple[int, str]]:
    """Return the documents that are an outlet's own article under another address, with that article's id and URL.

    Some sites name an article anew at each poll; storing it each time would grow without end. Copies at other outlets
    are articles of their own: they tell who printed a story.
    """
    texts = {document.article_id: _text_of(document) for document in documents if document.article.text}
    found = rows(
        con,
        "select outlet, title, text_hash, article_id, url from articles "
        "where text_hash in (select unnest($1::bigint[]))",
        [[text_hash for _, _, text_hash in texts.values()]],
    )
    there = {(outlet, title, text_hash): (article_id, url) for outlet, title, text_hash, article_id, url in found}
    twins: dict[int, tuple[int, str]] = {}
    for document in documents:
        text = texts.get(document.article_id)
        if text is None:
            continue
        first = there.setdefault(text, (document.article_id, document.article.url))
        if first[0] != document.article_id:
            twins[document.article_id] = first
    return twins


def _text_of(document: Document) -> tuple[str, str, int]:
    return document.article.outlet, document.article.title, document.fingerprint.text_hash


def _load_new(
    con: Connection, documents: Sequence[Document], choose: Choose, detect: Detect, run_id: str, now: datetime
) -> LoadReport:
    if not documents:
        return LoadReport()
    neighbours = stories.StoredNeighbours(con, new={document.article_id for document in documents})
    choices = choose(documents, neighbours)
    # Most batches mention nothing that is tracked; those that do ask for history before anything of theirs is written.
    telling = any(document.mentions for document in documents)
    known = history.history(con, documents, choices, now) if telling else None
    append(con, "articles", _COLUMNS, (_row(document, run_id) for document in documents))
    stories.store(con, documents, choices, now, neighbours)
    found, figures = mentions.store(con, documents, now, run_id)
    raised = 0
    if known is not None:
        said = detect(signals.news(documents, choices), known, now=now, run_id=run_id)
        raised = signals.store(con, said, now)
    opened = sum(1 for choice in choices if choice.story_id == choice.article_id)
    return LoadReport(
        stored=len(documents),
        stories_new=opened,
        copies=len(documents) - opened,
        mentions=found,
        figures=figures,
        signals=raised,
    )


def _fill(con: Connection, documents: Sequence[Document], run_id: str, now: datetime) -> LoadReport:
    """Give articles of which only facts are stored their texts, and the mentions that only a text can prove."""
    for document in documents:
        article = document.article
        con.execute(
            """
            update articles set text = $2, word_count = $3, access = $4, extractor = $5, raw_hash = $6, text_hash = $7,
                title = case when title = '' then $8 else title end, published = coalesce(published, $9::timestamptz)
            where article_id = $1
            """,
            [
                document.article_id, article.text, count_words(article.text), article.access.value, article.extractor,
                article.raw_hash, document.fingerprint.text_hash, article.title, article.published,
            ],
        )  # fmt: skip
    found, figures = mentions.replace(con, documents, now, run_id) if documents else (0, 0)
    search.again(con, [document.article_id for document in documents])
    return LoadReport(filled=len(documents), mentions=found, figures=figures)


def _revise(con: Connection, known: Sequence[Document], stored: dict[int, _Stored], run_id: str, now: datetime) -> int:
    """Keep the texts of known articles that differ from the first one, each once."""
    later = [
        document
        for document in known
        if document.article.text
        and stored[document.article_id].has_text
        and document.fingerprint.text_hash != stored[document.article_id].text_hash
    ]
    if not later:
        return 0
    kept = set(
        rows(
            con,
            "select article_id, text_hash from revisions where article_id in (select unnest($1::bigint[]))",
            [[document.article_id for document in later]],
        )
    )
    new = [d for d in later if (d.article_id, d.fingerprint.text_hash) not in kept]
    return append(
        con,
        "revisions",
        ("article_id", "text_hash", "seen_at", "title", "text", "run_id"),
        ((d.article_id, d.fingerprint.text_hash, now, d.article.title, d.article.text, run_id) for d in new),
    )


def _truly(outcome: UrlOutcome, stored: dict[int, _Stored], twins: Mapping[int, tuple[int, str]]) -> UrlOutcome:
    """Return the outcome of a URL, corrected when its article had been stored before through another URL."""
    if outcome.article_id is not None and outcome.article_id in twins:
        twin, url = twins[outcome.article_id]
        reason = f"the outlet's same text as {url}"
        return replace(outcome, outcome=Outcome.DUPLICATE, article_id=twin, reason=reason)
    before = stored.get(outcome.article_id) if outcome.article_id is not None else None
    if before is None or outcome.outcome is not Outcome.FETCHED or before.discovered_url == outcome.url:
        return outcome
    return replace(outcome, outcome=Outcome.DUPLICATE, reason=f"the same article as {before.discovered_url}")


def _row(document: Document, run_id: str) -> tuple[object, ...]:
    article: Article = document.article
    return (
        document.article_id, article.url, document.url_key, document.url if document.url != article.url else None,
        article.canonical_url, document.source,
        article.outlet, article.outlet_name, document.country, document.tier, article.title, article.text or None,
        list(article.authors), article.published, article.published_from, article.published_raw, article.modified,
        document.seen_at, article.language, article.section, list(article.tags), article.image,
        count_words(article.text) if document.word_count is None else document.word_count,
        article.access.value, article.access_reason, document.origin.value, document.catch_up, article.extractor,
        article.raw_hash, article.text_reason, document.fingerprint.text_hash, run_id,
    )  # fmt: skip
