"""The daily canary: a synthetic article that goes the whole way to the operators: then their silence means all is well.

    page made here -> extractor -> rules -> loader -> signal -> routing -> message -> the operators' channels -> receipt

It begins at the extractor: that sources can be reached is told by their health. Its article is taken out again in the
transaction that stores its signal, so that no analyst ever meets it. A receipt that is missing is an alert itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from alerts.alarms import item_of
from alerts.detect import signals
from alerts.standing import canary_sentence
from config.load import Configuration
from extractors.urls import canonical
from flows.jobs import Job
from records import ids
from records.alert import Occasion
from records.article import Origin
from records.canary import initiative_of, is_canary
from records.document import Batch, Document
from records.errors import ExtractionError, WarehouseLocked
from records.mention import Alias, Initiative
from records.operation import Alarm
from records.signal import History, NewMention, Signal
from records.story import Neighbours, StoryChoice
from records.subscription import AlertPolicy, Canary
from records.text import clean
from warehouse import articles, canaries
from warehouse.database import Connection, Warehouse
from warehouse.outbox import queue

OUTLET = "canary.invalid"
"""A name that can never be a host (RFC 2606)."""

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta property="article:published_time" content="{when}"><meta property="og:type" content="article"></head>
<body><article><h1>{title}</h1>
<p>The Govwatch Canary of {day} was let out at the usual hour and flew along every passage of the building, from the
room where pages are opened to the desk from which letters are sent.</p>
<p>Nobody in the news wrote these lines. The program made them itself, so that somebody who hears nothing for a day can
tell a quiet world from a broken wire. Each step on the way had to do its ordinary work: the text was cut out of its
page, the rules that look for names read it from end to end, the loader wrote it down and crossed it out again, and
what was worth saying was handed to those who keep the program running.</p>
<p>When this bird arrives there is nothing to be done. When it stays away for longer than was agreed, the same program
says so on every channel that still works, and its state is shown as ill until the next one has come home. The number
of today's flight is {number}.</p></article></body></html>
"""


def fly(configuration: Configuration, warehouse: Warehouse, now: datetime) -> bool:
    """Launch the canary of the day when its hour has come, and tell operators when the last one is missing.

    Twice is the same as once, and a kill at any instant leaves it either launched or due.

    Args:
        configuration: says when, and to whom; without operators on a channel of their own there is no canary.
        warehouse: remembers which day has flown.
        now: the time.

    Returns:
        whether it was due; what kept it from flying is told to operators.

    Raises:
        WarehouseError: the warehouse cannot be written.
    """
    canary = configuration.alerts.canary
    if canary is None:
        return False
    local = now.astimezone(ZoneInfo(canary.zone))
    day = local.date()
    with warehouse.writing() as con:
        _tell_when_missing(con, configuration.alerts, canary, now)
        due = local.time() >= canary.at and not canaries.launched(con, day)
    if not due:
        return False
    try:
        _launch(configuration, warehouse, day, now)
    except WarehouseLocked:
        raise  # it flies in the next round
    except Exception as error:
        # Whatever is broken on its way is what it flies for; alerts go out all the same.
        with warehouse.writing() as con:
            if not canaries.launched(con, day):
                canaries.note(con, day, "", now)
                sentence = f"It could not be launched: {type(error).__name__}: {clean(str(error), 200)}."
                _tell(con, configuration.alerts, f"{day}", sentence, now)
    return True


def _launch(configuration: Configuration, warehouse: Warehouse, day: date, now: datetime) -> None:
    document = page_of(configuration.initiatives, day, now)
    with warehouse.writing() as con:
        if canaries.launched(con, day):  # another process was faster
            return
        raised = _load(con, document, now)
        canaries.note(con, day, raised[0].signal_id, now)


def page_of(initiatives: Sequence[Initiative], day: date, now: datetime) -> Document:
    """Return the canary's article as the extractor and the configured rules read it.

    Raises:
        ExtractionError: they no longer find it.
    """
    from flows.work import Worker  # the extractor takes half a second to import: once a day

    reserved = Initiative(initiative_of(day), "Govwatch canary", aliases=(Alias("Govwatch Canary", "Govwatch Canary"),))
    url = f"https://{OUTLET}/{day.isoformat()}"
    page = _PAGE.format(
        title=f"The Govwatch Canary of {day.day} {day:%B %Y} has come the whole way",
        when=now.isoformat(),
        day=f"{day.day} {day:%B %Y}",
        number=ids.key("canary", day.isoformat())[:12],
    )
    worked = Worker((*initiatives, reserved))(Job(url, url, page.encode(), "text/html; charset=utf-8"))
    mentions = tuple(one for one in worked.mentions if is_canary(one.initiative_id))
    if worked.fingerprint is None or not mentions:
        raise ExtractionError("the rules or the extractor no longer find the canary")
    key = canonical(url)
    return Document(
        ids.article_id(key), key, worked.article, worked.fingerprint, mentions, (), "canary", Origin.LIVE, now, url
    )


def _load(con: Connection, document: Document, now: datetime) -> list[Signal]:
    """Load the article as any other, keep what it is worth saying, and take the article out again."""
    raised: list[Signal] = []

    def own_story(documents: Sequence[Document], _: Neighbours) -> list[StoryChoice]:
        return [StoryChoice(one.article_id, one.article_id, "new") for one in documents]

    def strongest(mentions: Sequence[NewMention], history: History, *, now: datetime, run_id: str) -> Sequence[Signal]:
        raised.extend(signals(mentions, history, now=now, run_id=run_id)[:1])
        return raised

    articles.load(con, Batch((document,), ()), choose=own_story, detect=strongest, run_id="canary", now=now)
    canaries.take_out(con, document.article_id)
    if not raised:
        raise ExtractionError("the canary is found, but makes no signal")
    return raised


def _tell_when_missing(con: Connection, policy: AlertPolicy, canary: Canary, now: datetime) -> None:
    flight = canaries.last(con)
    if flight is None or flight.arrived is not None or flight.told is not None or now - flight.launched < canary.within:
        return
    _tell(con, policy, flight.day, canary_sentence(flight, canary.zone), now)


def _tell(con: Connection, policy: AlertPolicy, day: str, sentence: str, now: datetime) -> None:
    """Tell operators on all of their channels, once, that the canary is missing."""
    words = f"{sentence} Alerts may be lost in the same way: see govwatch status, govwatch alerts list."
    item = item_of(Alarm.CANARY_MISSING, "Govwatch", words)
    for one in policy.subscriptions:
        if one.operator:
            queue(con, one.name, f"canary/missing/{day}", Occasion.NOTICE, now, "The canary is missing", [item])
    canaries.told(con, day, now)
