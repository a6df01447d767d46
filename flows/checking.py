"""What `govwatch check` looks at beyond the shapes: the analyst's own examples, risky aliases, sources, channels."""

from __future__ import annotations

import asyncio
import difflib
import fnmatch
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from alerts.send import probe
from config.load import Configuration
from extractors import kinds
from extractors.http import Fetcher
from extractors.mentions import Finding, Matcher, conflicts, lint
from extractors.mentions import examples as examples_of
from flows.clock import utc_now
from flows.policy import policy_of
from records.article import FetchFailed, Page
from records.errors import GovwatchError, PatternError, Problem
from records.mention import Initiative
from records.source import Source
from records.subscription import Channel


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
    """Return the rules that cannot be compiled, and the forms that denote two initiatives, each with its line."""
    try:
        Matcher(configuration.initiatives)
    except PatternError:
        broken = [problem for one in configuration.initiatives for problem in _of_initiative(configuration, one)]
        return broken or _problems(configuration, conflicts(configuration.initiatives))
    return []


def _problems(configuration: Configuration, findings: Iterable[Finding]) -> list[Problem]:
    path = configuration.files["initiatives.yaml"]
    return [
        Problem(
            str(path), _line_of(path, found.rule, found.initiative_id), found.initiative_id, found.message, found.hint
        )
        for found in findings
    ]


def _of_initiative(configuration: Configuration, initiative: Initiative) -> Iterator[Problem]:
    path = configuration.files["initiatives.yaml"]
    try:
        Matcher((initiative,))
    except PatternError as error:
        line = _line_of(path, error.pattern, initiative.id)
        yield Problem(str(path), line, initiative.id, str(error), "see docs/configuration.md")


def _line_of(path: Path, rule: str, initiative_id: str) -> int:
    """Return the line of ``path`` that holds ``rule`` of that initiative; its first line when a word set made it.

    YAML may write one text in several ways (quotes doubled, escaped, over two lines): the beginning of it is enough.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    of_id = re.compile(rf"""[\s{{-]*id:\s*["']?{re.escape(initiative_id)}["']?\s*(?:[,#}}]|$)""")
    start = next((number for number, line in enumerate(lines) if of_id.match(line)), 0)
    for wanted in (rule, rule[:30]):
        for number in range(start, len(lines)) if wanted else ():
            if number > start and re.match(r"\s*-\s*\{?\s*id:", lines[number]):
                break
            if wanted in lines[number] or wanted.replace("'", "''") in lines[number]:
                return number + 1
    return start + 1


def examples(configuration: Configuration) -> list[Problem]:
    """Run each initiative's own ``tests:`` and return those that fail."""
    return _problems(configuration, examples_of(configuration.initiatives))


def warnings(configuration: Configuration) -> list[Problem]:
    """Return what is allowed and probably not meant: risky aliases, and subscriptions that cover no initiative."""
    risky = _problems(configuration, lint(configuration.initiatives))
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


def channels_that_fail(configuration: Configuration) -> list[str]:
    """Greet the server of every channel, all at once, and return a line for each that would take no message now."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = pool.map(_probe_channel, configuration.alerts.channels)
        return [f"Channel {one.name} fails: {one.note}" for one in answers if not one.ok]


def probe_channels(configuration: Configuration) -> Iterator[Probe]:
    """Greet the server of every channel, without sending anything, and yield how each answered."""
    yield from map(_probe_channel, configuration.alerts.channels)


def _probe_channel(channel: Channel) -> Probe:
    try:
        note = probe(channel)
    except GovwatchError as error:
        return Probe(channel.name, ok=False, answer="fails:", note=str(error))
    return Probe(channel.name, ok=True, answer="answers", note=note)
