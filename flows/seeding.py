"""Load a seed corpus: texts that are old news, so that "first mention" means first, and reprints are known.

Seeds are history: nothing here makes a signal that could alert.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from config.load import Configuration, seeds
from extractors import seeds as reader
from extractors.archives import kind_of, pages
from extractors.fingerprints import decode, fingerprint
from extractors.language import language_of
from extractors.seeds import TEXT_SUFFIXES, SeedText
from extractors.urls import canonical
from flows.clock import Clock
from flows.facts import load_facts
from flows.loading import load
from flows.work import Worker
from records.article import Article, Origin
from records.document import Batch, Document
from records.errors import GovwatchError, ParseError
from records.ids import article_id
from records.seed import SeedFacts
from warehouse import articles
from warehouse.articles import LoadReport
from warehouse.database import Warehouse

_BATCH = 200  # texts in one transaction
_SIDECAR = "seeds.yaml"
_LARGEST = 200_000_000  # bytes of one file: a corpus is many small texts, or rows
_PLAIN = (*TEXT_SUFFIXES, ".parquet")
_ARCHIVES = (".warc", ".warc.gz", ".wacz")


@dataclass(frozen=True, slots=True)
class SeedLine:
    """What became of one text: a row of the closing table."""

    name: str
    title: str
    outlet: str
    published: str
    words: int
    mentions: int
    facts: str


@dataclass(slots=True)
class SeedReport:
    """What loading a folder did.

    Attributes:
        lines: one for each text that was read.
        problems: one sentence for each file or row that could not be read; the others are loaded all the same.
        loaded: the sum over all batches.
    """

    lines: list[SeedLine] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    loaded: LoadReport = field(default_factory=LoadReport)

    def sentence(self) -> str:
        """Return what was done in one sentence."""
        one = self.loaded
        return (
            f"{len(self.lines)} texts read: {one.stored} new, {one.filled} known by their facts and now filled in, "
            f"{one.known - one.filled} known already; {one.mentions} mentions with evidence"
        )


def load_folder(configuration: Configuration, warehouse: Warehouse, folder: Path, clock: Clock) -> SeedReport:
    """Load every text of ``folder`` and its subfolders as history; loading it again changes nothing.

    Raises:
        GovwatchError: the folder does not exist or holds no text; its sidecar has mistakes; the warehouse refuses.
    """
    report = SeedReport()
    shipped = configuration.seeds
    facts = _Facts([*_sidecar(folder), *shipped])
    worker = Worker(configuration.initiatives)
    run_id = f"seed-{clock():%Y%m%dT%H%M%S}"
    batch: list[Document] = []
    with warehouse.writing() as con:
        load_facts(con, shipped, clock(), run_id)
    for text in _texts(folder, report):
        known = facts.of(text)
        document = _document(text, known, worker, clock())
        report.lines.append(_line(document, text, known))
        batch.append(document)
        if len(batch) >= _BATCH:
            _load(warehouse, batch, report, run_id, clock)
            batch = []
    if batch:
        _load(warehouse, batch, report, run_id, clock)
    warehouse.publish()
    return report


def _load(warehouse: Warehouse, batch: list[Document], report: SeedReport, run_id: str, clock: Clock) -> None:
    with warehouse.writing() as con:
        done = load(con, Batch(tuple(batch), ()), run_id, clock())
    report.loaded = report.loaded + done


def _texts(folder: Path, report: SeedReport) -> Iterator[SeedText]:
    if not folder.is_dir():
        raise GovwatchError(f"{folder}: there is no such folder; name the one that holds the texts of the seed corpus")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != _SIDECAR)
    readable = [path for path in files if path.suffix.lower() in _PLAIN or kind_of(path) in _ARCHIVES]
    if not readable:
        raise GovwatchError(f"{folder}: no text found; known kinds: {', '.join((*_PLAIN, *_ARCHIVES))}")
    for path in readable:
        name = str(path.relative_to(folder))
        try:
            yield from _texts_of(path, name, report)
        except (GovwatchError, OSError) as error:
            text = str(error)
            report.problems.append(text if text.startswith(name) else f"{name}: {text}")


def _texts_of(path: Path, name: str, report: SeedReport) -> Iterator[SeedText]:
    if kind_of(path) in _ARCHIVES:
        yield from _archived(path, name, report)
    elif path.suffix.lower() == ".parquet":
        yield from _parquet(path)
    elif path.stat().st_size > _LARGEST:
        raise ParseError(f"larger than {_LARGEST // 1_000_000} MB; split it")
    else:
        yield from reader.read(name, path.read_bytes())


def _sidecar(folder: Path) -> tuple[SeedFacts, ...]:
    path = folder / _SIDECAR
    return seeds(path) if path.is_file() else ()


class _Facts:
    """Finds the facts of a text: by its bytes, its file's name, or its words."""

    def __init__(self, facts: Sequence[SeedFacts]) -> None:
        # The first list named wins: the folder's own sidecar before the shipped facts.
        self._by_hash = {one.sha256: one for one in reversed(facts) if one.sha256}
        self._by_file = {one.file: one for one in reversed(facts) if one.file}
        self._by_text = {decode(one.fingerprint).text_hash: one for one in reversed(facts) if one.fingerprint}

    def of(self, text: SeedText) -> SeedFacts | None:
        return (
            self._by_hash.get(text.sha256)
            or self._by_file.get(text.name)
            or self._by_text.get(fingerprint(text.title or "", text.text).text_hash)
        )


def _document(text: SeedText, facts: SeedFacts | None, worker: Worker, now: datetime) -> Document:
    """Return what is loaded for a text: what it shows, and before that what its facts say."""
    url = (facts.url if facts else None) or text.url
    key = canonical(url) if url else f"seed:{facts.id}" if facts else f"seed:{_name_of(text)}"
    published = (facts.published if facts else None) or text.published
    article = Article(
        url=url or key,
        title=(facts.title if facts else None) or text.title or "",
        text=text.text,
        published=published,
        published_from="facts" if facts and facts.published else "text" if published else None,
        published_raw=(facts.published_raw if facts else None) or text.published_raw,
        language=(facts.language if facts else None) or language_of(text.text, text.language),
        outlet=(facts.outlet if facts else None) or text.outlet or "",
        outlet_name=facts.outlet_name if facts else None,
        extractor="seed",
        raw_hash=text.sha256,
    )
    worked = worker.read(article.url, article)
    assert worked.fingerprint is not None  # noqa: S101 - an article that is cut out always has one
    return Document(
        article_id=article_id(key),
        url_key=key,
        article=worked.article,
        fingerprint=worked.fingerprint,
        mentions=worked.mentions,
        figures=worked.figures,
        source="seed",
        origin=Origin.SEED,
        seen_at=now,
        url=article.url,
        country=facts.country if facts else None,
    )


def _name_of(text: SeedText) -> str:
    """Return a name that depends on the words only: the same text in two files is one seed."""
    return f"{fingerprint(text.title or '', text.text).text_hash:x}"


def _line(document: Document, text: SeedText, facts: SeedFacts | None) -> SeedLine:
    article = document.article
    return SeedLine(
        name=text.name,
        title=article.title,
        outlet=article.outlet_name or article.outlet,
        published=(article.published_raw or "")[:10],
        words=articles.count_words(article.text),
        mentions=len(document.mentions),
        facts=facts.id if facts else "",
    )


def _parquet(path: Path) -> Iterator[SeedText]:
    from warehouse.database import read_parquet

    for number, row in enumerate(read_parquet(path), start=1):
        yield reader.from_row(f"{path.name}:{number}", row)


def _archived(path: Path, name: str, report: SeedReport) -> Iterator[SeedText]:
    """Yield the articles of an archive; what it holds besides is told once for each reason."""
    skipped: Counter[str] = Counter()
    for page in pages(path, skipped):
        try:
            yield reader.from_page(f"{path.name}:{page.url}", page.body, page.url, page.content_type)
        except ParseError:
            skipped["no article in the page"] += 1
    for reason, count in skipped.most_common():
        report.problems.append(f"{name}: passed over {count}: {reason}")
