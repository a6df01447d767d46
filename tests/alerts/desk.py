"""A desk in the domain's words: mentions come in, dispatchers run, readers look at what arrived."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.detect import signals as detect
from alerts.dispatch import DispatchReport, dispatch
from config.alerts import AlertsFile
from config.document import read, shape
from records.article import Origin
from records.errors import ConfigurationError
from records.signal import NewMention, Rhythm, Signal, Stated
from records.subscription import AlertPolicy
from tests.clock import MONDAY, Clock
from warehouse import signals
from warehouse.database import Warehouse, rows
from warehouse.outbox import WarehouseOutbox

SENTENCE = "Ministers said on Monday that the harbour treaty will be signed in spring."


def mention(
    initiative: str = "harbour-treaty",
    story: int = 1,
    *,
    article: int | None = None,
    outlet: str = "gazette.example",
    title: str = "Treaty to be signed in spring",
    language: str | None = "en",
    published: datetime | None = MONDAY - timedelta(hours=1),
    seen_at: datetime = MONDAY,
    **more: Any,
) -> NewMention:
    """A mention in an article of ``outlet`` that belongs to ``story``."""
    number = article if article is not None else story * 1000 + sum(outlet.encode())
    facts: dict[str, Any] = {
        "country": "NO", "tier": 1, "sentence": SENTENCE, "surface": "harbour treaty",
        "url": f"https://{outlet}/{number}",
    } | more  # fmt: skip
    return NewMention(
        initiative_id=initiative,
        article_id=number,
        story_id=story,
        title=title,
        outlet=outlet,
        language=language,
        published=published,
        seen_at=seen_at,
        **facts,
    )


class Memory:
    """History in sets; it learns what it is told."""

    def __init__(self, *mentions: NewMention) -> None:
        self.known: set[tuple[str, str, object]] = set()
        self.figures: dict[tuple[str, str, str], list[Stated]] = {}
        self.rhythms: dict[str, Rhythm] = {}
        self.learn(mentions)

    def learn(self, mentions: Sequence[NewMention]) -> None:
        for one in mentions:
            name = one.initiative_id
            self.known |= {
                ("", name, ""), ("language", name, one.language), ("story", name, one.story_id),
                ("outlet", name, one.outlet),
            }  # fmt: skip
            for figure in one.figures:
                said = Stated(figure.value, figure.comparison, figure.surface, one.outlet, one.seen_at)
                self.figures.setdefault((name, figure.unit, figure.scope), []).append(said)

    def mentioned(self, initiative_id: str) -> bool:
        return ("", initiative_id, "") in self.known

    def in_language(self, initiative_id: str, language: str) -> bool:
        return ("language", initiative_id, language) in self.known

    def in_story(self, initiative_id: str, story_id: int) -> bool:
        return ("story", initiative_id, story_id) in self.known

    def in_outlet(self, initiative_id: str, outlet: str) -> bool:
        return ("outlet", initiative_id, outlet) in self.known

    def stated(self, initiative_id: str, unit: str, scope: str) -> Sequence[Stated]:
        return self.figures.get((initiative_id, unit, scope), ())

    def rhythm(self, initiative_id: str) -> Rhythm | None:
        return self.rhythms.get(initiative_id)


def policy(text: str) -> AlertPolicy:
    """The policy of this alerts.yaml."""
    document = read(Path("alerts.yaml"), {}, text)
    found = shape(document, AlertsFile)
    if found is None:
        raise ConfigurationError(document.problems)
    return found.records()


TERMINAL = """
channels: {terminal: {type: console}}
subscriptions: [{name: everything, channels: [terminal], group: {wait: 0s}}]
"""


class Desk:
    """One warehouse, one clock, one policy, and a terminal."""

    def __init__(self, directory: Path, text: str = TERMINAL, clock: Clock | None = None) -> None:
        self.warehouse = Warehouse(directory / "news.duckdb", lock_timeout=5.0, command="pytest")
        self.clock = clock or Clock()
        self.policy = policy(text)
        self.history = Memory()
        self.terminal = io.StringIO()
        self.outbox = WarehouseOutbox(self.warehouse)

    def knows(self, *mentions: NewMention) -> None:
        """These were history before the test began."""
        self.history.learn(mentions)

    def reads(self, *mentions: NewMention) -> list[Signal]:
        """Articles with these mentions are loaded."""
        raised = detect(mentions, self.history, now=self.clock(), run_id="run-1")
        with self.warehouse.writing() as con:
            signals.store(con, raised, self.clock())
        self.history.learn(mentions)
        return raised

    def dispatches(self, owner: str = "desk", random: float = 0.5) -> DispatchReport:
        """A dispatcher runs once."""
        return dispatch(
            self.outbox, self.policy, clock=self.clock, random=lambda: random, owner=owner, out=self.terminal
        )  # fmt: skip

    def ask(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with self.warehouse.writing() as con:
            return rows(con, sql, parameters)

    def states(self) -> dict[str, str]:
        """The state of each channel's deliveries, joined where there are several."""
        found = self.ask("select channel, string_agg(state, ' ' order by created_at, state) from deliveries group by 1")
        return dict(found)

    def holds_the_invariants(self) -> None:
        """What must hold after every fault."""
        none = {
            "each routed signal has a reason": "select 1 from signals where verdict is not null and verdict_reason = ''",
            "told is what sent deliveries tell": """
                (select n.subscription, d.channel, ds.signal_id from deliveries d join notifications n using (notification_id)
                    join delivery_signals ds using (delivery_id) where d.state = 'sent')
                except select subscription, channel, signal_id from told""",
            "nothing is told without a sent delivery": """
                select 1 from told t join deliveries d using (delivery_id) where d.state <> 'sent'""",
            "all attempts send the same words": """
                select delivery_id from attempts group by 1 having count(distinct payload_hash) > 1""",
            "a delivery belongs to a message": """
                select 1 from deliveries where notification_id not in (select notification_id from notifications)""",
            "a message tells signals that exist": """
                select 1 from notification_signals where signal_id not in (select signal_id from signals)""",
            "attempts are counted without gaps": """
                select delivery_id from attempts group by 1 having max(attempt) <> count(*)""",
        }
        for what, sql in none.items():
            assert self.ask(sql) == [], what


def seed(**more: Any) -> NewMention:
    """A mention in the seed corpus."""
    return mention(origin=Origin.SEED, **more)
