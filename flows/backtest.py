"""What the present rules find in everything that is stored: first to look at, then to write as history.

`look` changes nothing. `apply` writes mentions and figures anew; it makes no signal, so it can alert nobody, and one
summary tells what it gained.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from alerts.content import found_item
from config.load import Configuration
from extractors.mentions import Matcher, NearMiss
from extractors.workers import Failure, Workers
from flows.clock import Clock
from flows.pipeline import tracked
from flows.rereading import Reread, Rereader, StoredText
from records.errors import GovwatchError
from warehouse import mentions as evidence
from warehouse import rescan, runs, sources
from warehouse.database import Connection, Warehouse
from warehouse.outbox import queue_summary

EXAMPLES = 5
"""Examples of each initiative that are kept, of what is new and of what is lost."""

NEAR_MISSES = 5
"""Near misses of each initiative that are kept, the most frequent ones."""

_BATCH = 200
_ALONE = 300  # texts that are read faster here than processes start
_DEADLINE = 60.0  # seconds for one text

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Example:
    """One article that the rules gain or lose.

    Attributes:
        article_id, title, outlet: the article.
        sentence: the evidence: what is found now, or what was stored.
        rule: what finds it now; empty for what is lost.
    """

    article_id: int
    title: str
    outlet: str
    sentence: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Near:
    """What nearly matched, and how often: of one rule and one reason."""

    rule: str
    reason: str
    surface: str
    articles: int


@dataclass(slots=True)
class Difference:
    """The present rules of one initiative against what is stored.

    Attributes:
        initiative_id: whose.
        now: articles that mention it by the present rules.
        stored: articles that mention it by what is stored.
        new, lost: articles by which the two differ.
        gained, gone: examples of these.
        near: what nearly matched, the most frequent first.
    """

    initiative_id: str
    now: int = 0
    stored: int = 0
    new: int = 0
    lost: int = 0
    gained: list[Example] = field(default_factory=list)
    gone: list[Example] = field(default_factory=list)
    near: list[Near] = field(default_factory=list)


@dataclass(slots=True)
class BacktestReport:
    """What a backtest found, and for `apply` what it wrote.

    Attributes:
        rules_version: of the present rules.
        texts: stored articles that were read.
        seconds: how long it took.
        differences: of each initiative, by id.
        failed: texts that could not be read within their time.
        written: mentions written; None when nothing was to be written.
        summaries: messages queued that sum up what was gained.
    """

    rules_version: str
    texts: int = 0
    seconds: float = 0.0
    differences: dict[str, Difference] = field(default_factory=dict)
    failed: int = 0
    written: int | None = None
    summaries: int = 0

    def sentence(self) -> str:
        """Return what was found in one sentence."""
        new = sum(one.new for one in self.differences.values())
        lost = sum(one.lost for one in self.differences.values())
        wrote = "" if self.written is None else f"; {self.written} mentions written, {self.summaries} summaries queued"
        return (
            f"{self.texts} stored articles read in {self.seconds:.1f} s by rules {self.rules_version}: "
            f"{new} mentions of an initiative by an article new, {lost} lost{wrote}"
        )


def look(
    configuration: Configuration, warehouse: Warehouse, initiative: str | None = None, progress: Progress | None = None
) -> BacktestReport:
    """Read every stored text with the present rules and say what would differ; nothing is changed.

    Args:
        configuration: valid as a whole.
        warehouse: its read copy is read.
        initiative: only what concerns this one; None for all.
        progress: told how many texts are done, of how many.

    Raises:
        GovwatchError: no initiative of that id, or nothing was published yet.
    """
    report = _report(configuration, initiative)
    started = time.monotonic()
    near: Counter[tuple[str, str, str]] = Counter()
    shown: dict[tuple[str, str, str], str] = {}
    with warehouse.reading() as con:
        for batch in _reread(configuration, con, report, progress, near_misses=True):
            _compare(con, batch, report)
            for one in batch:
                _count_near(one.near_misses, report, near, shown)
    for (identity, rule, reason), articles in near.most_common():
        kept = report.differences[identity].near
        if len(kept) < NEAR_MISSES:
            kept.append(Near(rule, reason, shown[identity, rule, reason], articles))
    report.seconds = time.monotonic() - started
    return report


def apply(
    configuration: Configuration, warehouse: Warehouse, clock: Clock, progress: Progress | None = None
) -> BacktestReport:
    """Read every stored text with the present rules and write what they find as history.

    Batches are written as they come; a run that was killed is made good by the next one. No signal is made; one
    summary per subscription tells of the articles that now mention something which they did not before.

    Raises:
        WarehouseError: it cannot be written.
    """
    report = _report(configuration, None)
    report.written = 0
    started = time.monotonic()
    run_id = f"rescan-{clock():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    with warehouse.writing() as con:
        runs.start(con, run_id, clock(), kind="rescan")
        sources.sync_initiatives(con, tracked(configuration), clock())
    warehouse.publish()
    with warehouse.reading() as copy:
        for batch in _reread(configuration, copy, report, progress, near_misses=False):
            _compare(copy, batch, report)
            with warehouse.writing() as con:
                report.written += evidence.replace(con, batch, clock(), run_id)[0]
    with warehouse.writing() as con:
        report.summaries = summarise(con, configuration, run_id, clock)
        counts = {"articles": report.texts, "mentions": report.written}
        runs.finish(con, run_id, clock(), "completed", counts)
    warehouse.publish()
    report.seconds = time.monotonic() - started
    return report


def _report(configuration: Configuration, initiative: str | None) -> BacktestReport:
    known = [one.id for one in configuration.initiatives]
    if initiative is not None and initiative not in known:
        raise GovwatchError(f"no initiative '{initiative}' in initiatives.yaml; there are: {', '.join(known)}")
    wanted = [initiative] if initiative else known
    return BacktestReport(
        Matcher(configuration.initiatives).rules_version, differences={i: Difference(i) for i in wanted}
    )


def _reread(
    configuration: Configuration,
    con: Connection,
    report: BacktestReport,
    progress: Progress | None,
    *,
    near_misses: bool,
) -> Iterator[list[Reread]]:
    """Yield what the rules find in every stored text, in batches."""
    total = rescan.count(con)
    found = _results(configuration, (StoredText(*row) for row in rescan.texts(con)), total, near_misses=near_misses)
    while batch := list(islice(found, _BATCH)):
        read = [one for one in batch if isinstance(one, Reread)]
        report.texts += len(read)
        report.failed += len(batch) - len(read)
        yield read
        if progress is not None:
            progress(report.texts + report.failed, total)


def _results(
    configuration: Configuration, stored: Iterable[StoredText], total: int, *, near_misses: bool
) -> Iterator[Reread | Failure]:
    if total <= _ALONE:
        yield from map(Rereader(configuration.initiatives, near_misses=near_misses), stored)
        return
    workers: Workers[StoredText, Reread] = Workers(
        "flows.rereading:explaining" if near_misses else "flows.rereading:Rereader",
        (configuration.initiatives,),
        processes=configuration.settings.limits.workers or None,
        deadline=_DEADLINE,
    )
    # Texts of one chunk share a trip to a process: matching one takes less than a millisecond.
    with workers:
        for _, result in workers.stream(stored, chunk=64):
            yield result


def _compare(con: Connection, batch: list[Reread], report: BacktestReport) -> None:
    """Add to ``report`` by what the batch differs from what is stored."""
    stored = rescan.stored(con, [one.article_id for one in batch])
    wanted: dict[int, tuple[str, str]] = {}
    changes: list[tuple[Difference, bool, int, str, str]] = []
    for one in batch:
        before = stored.get(one.article_id, {})
        # The first in reading order is the evidence.
        now = {mention.initiative_id: mention for mention in reversed(one.mentions)}
        for identity, difference in report.differences.items():
            difference.now += identity in now
            difference.stored += identity in before
            if identity in now and identity not in before:
                difference.new += 1
                if difference.new <= EXAMPLES:
                    changes.append((difference, True, one.article_id, now[identity].sentence, now[identity].rule))
            elif identity in before and identity not in now:
                difference.lost += 1
                if difference.lost <= EXAMPLES:
                    changes.append((difference, False, one.article_id, before[identity], ""))
    if changes:
        wanted = rescan.headings(con, [article_id for _, _, article_id, _, _ in changes])
    for difference, is_new, article_id, sentence, rule in changes:
        example = Example(article_id, *wanted[article_id], sentence, rule)
        (difference.gained if is_new else difference.gone).append(example)


def _count_near(
    misses: Iterable[NearMiss],
    report: BacktestReport,
    near: Counter[tuple[str, str, str]],
    shown: dict[tuple[str, str, str], str],
) -> None:
    """Count each rule and reason once for each text."""
    seen = {(miss.initiative_id, miss.rule, miss.reason): miss.surface for miss in misses}
    for key, surface in seen.items():
        if key[0] in report.differences:
            near[key] += 1
            shown.setdefault(key, surface)


def summarise(
    con: Connection,
    configuration: Configuration,
    run_id: str,
    clock: Clock,
    *,
    why: str = "Changed rules",
    what: str = "stored articles",
) -> int:
    """Queue one summary per subscription of the stories that ``run_id`` gained as history; return how many.

    Args:
        con: the open write window.
        configuration: says who is told.
        run_id: the run whose mentions are told, where no earlier run found any of them.
        clock: gives the time in UTC.
        why: words for its heading: what happened.
        what: likewise: where they were found.
    """
    found = rescan.gained(con, run_id)
    if not found:
        return 0
    count = len({one.mention.initiative_id for one in found})
    return queue_summary(
        con,
        configuration.alerts,
        key=f"rescan/{run_id}",
        heading=f"{why}: {len(found)} stories on {count} initiatives found in the {what}",
        found=[(one.mention, found_item(one.mention, one.initiative, one.outlets)) for one in found],
        now=clock(),
    )
