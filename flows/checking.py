"""What `govwatch check` looks at beyond the shapes: the analyst's own examples, risky aliases, sources, channels."""

from __future__ import annotations

import asyncio
import difflib
import fnmatch
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from alerts.send import probe
from config.load import Configuration
from extractors import kinds
from extractors.http import Fetcher
from extractors.mentions import Matcher, lint
from extractors.mentions import examples as examples_of
from flows.clock import utc_now
from flows.policy import policy_of
from records.article import FetchFailed, Page
from records.errors import GovwatchError, PatternError, Problem
from records.mention import Initiative
from records.source import Source


@dataclass(frozen=True, slots=True)
class Probe:
    """How a source or channel answered."""

    name: str
    ok: bool
    answer: str
    items: int = 0
    newest: str = ""
    note: str = ""


def patterns(configuration: Configuration) -> list[Problem]:
    """Return the aliases and rules that cannot be compiled, each with its line."""
    try:
        Matcher(configuration.initiatives)
    except PatternError:
        return [problem for one in configuration.initiatives for problem in _of_initiative(configuration, one)]
    return []


def _of_initiative(configuration: Configuration, initiative: Initiative) -> Iterator[Problem]:
    path = configuration.files["initiatives.yaml"]
    try:
        Matcher((initiative,))
    except PatternError as error:
        yield Problem(str(path), _line_of(path, error.pattern), initiative.id, str(error), "see docs/configuration.md")


def _line_of(path: Path, pattern: str) -> int:
    """Return the line of ``path`` that holds ``pattern`` as the analyst wrote it; 0 when a word set made it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if pattern and pattern in line), 0)


def examples(configuration: Configuration) -> list[Problem]:
    """Run each initiative's own ``tests:`` and return those that fail."""
    file = str(configuration.files["initiatives.yaml"])
    return [
        Problem(file, 0, found.initiative_id, found.message, found.hint)
        for found in examples_of(configuration.initiatives)
    ]


def warnings(configuration: Configuration) -> list[Problem]:
    """Return what is allowed and probably not meant: risky aliases, and subscriptions that cover no initiative."""
    file = str(configuration.files["initiatives.yaml"])
    risky = [
        Problem(file, 0, found.initiative_id, found.message, found.hint) for found in lint(configuration.initiatives)
    ]
    return risky + list(_covering_nothing(configuration))


def _covering_nothing(configuration: Configuration) -> Iterator[Problem]:
    known = [one.id for one in configuration.initiatives]
    file = str(configuration.files["alerts.yaml"])
    for subscription in configuration.alerts.subscriptions:
        for wanted in subscription.match.initiatives:
            # "none" is how an operator subscribes to no news at all.
            if wanted != "none" and not any(fnmatch.fnmatchcase(one, wanted) for one in known):
                close = difflib.get_close_matches(wanted, known, n=1)
                hint = f"did you mean '{close[0]}'?" if close else "the ids stand in initiatives.yaml"
                yield Problem(file, 0, subscription.name, f"no initiative is called '{wanted}'", hint)


async def probe_sources(configuration: Configuration) -> AsyncIterator[Probe]:
    """Poll every enabled source once, politely, and yield how each answered, as the answers come."""
    async with Fetcher(policy_of(configuration), now=utc_now) as fetcher:
        tasks = [asyncio.create_task(_probe(fetcher, one)) for one in configuration.sources if one.enabled]
        for task in asyncio.as_completed(tasks):
            yield await task


async def _probe(fetcher: Fetcher, source: Source) -> Probe:
    result = await fetcher.fetch(source.url, robots=source.robots)
    if isinstance(result, FetchFailed):
        return Probe(source.id, ok=False, answer=str(result.status or result.outcome.value), note=result.reason)
    if not isinstance(result, Page):
        return Probe(source.id, ok=False, answer="304", note="not modified, though nothing was asked conditionally")
    try:
        reading = await asyncio.to_thread(kinds.read, source, result, utc_now())
    except GovwatchError as error:
        return Probe(source.id, ok=False, answer=str(result.status), note=str(error))
    newest = max((item.published for item in reading.items if item.published), default=None)
    moved = f"moved to {result.redirects[-1][1]}" if result.redirects else ""
    return Probe(
        source.id,
        ok=bool(reading.items or reading.follow),
        answer=str(result.status),
        items=len(reading.items),
        newest=f"{newest:%Y-%m-%d}" if newest else "",
        note=moved or ("" if reading.items or reading.follow else "nothing in it"),
    )


def probe_channels(configuration: Configuration) -> Iterator[Probe]:
    """Greet the server of every channel, without sending anything, and yield how each answered."""
    for channel in configuration.alerts.channels:
        try:
            note = probe(channel)
        except GovwatchError as error:
            yield Probe(channel.name, ok=False, answer="fails:", note=str(error))
        else:
            yield Probe(channel.name, ok=True, answer="answers", note=note)
