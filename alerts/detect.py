"""Which new mentions are worth saying: a pure function of mentions and history.

It never looks at subscribers, and never at the clock; the loader calls it inside its transaction, so that a signal
is stored with its mention or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from alerts import bursts, claims
from records import ids
from records.article import Origin
from records.mention import Figure, Place
from records.signal import History, Kind, NewMention, Rhythm, Severity, Signal, Stated

SEVERITY = {
    Kind.FIRST_MENTION: Severity.HIGH,
    Kind.NEW_STORY: Severity.NOTICE,
    Kind.NEW_OUTLET: Severity.INFO,
    Kind.NEW_FIGURE: Severity.NOTICE,
    Kind.SPIKE: Severity.NOTICE,
    Kind.CORRECTION: Severity.INFO,
}
"""How much each kind matters."""

_BEST_PLACE = [Place.HEADLINE, Place.LEAD, Place.BODY, Place.CAPTION, Place.TAIL, Place.FURNITURE]
_NO_EVIDENCE = (Place.TAIL, Place.FURNITURE)


def signals(mentions: Sequence[NewMention], history: History, *, now: datetime, run_id: str) -> list[Signal]:
    """Return what the mentions of newly stored articles are worth saying.

    Seeds, archives and first looks make history and no signal. Articles are taken in order of publication, so that
    the original of a story speaks for its copies when both come in one batch.

    Args:
        mentions: of articles that were not stored before; several of one article and initiative make one signal.
        history: what was known before these articles.
        now: bounds the time of a signal: a page that claims to be from the future is not.
        run_id: the pass.
    """
    known = _Known(history)
    for mention in mentions:
        if mention.origin is not Origin.LIVE and mention.place not in _NO_EVIDENCE:
            known.learn(mention)
    found: list[Signal] = []
    opened: dict[str, NewMention] = {}
    for mention in _best(mentions):
        occurred = min(mention.published or mention.seen_at, now)
        first_in_language = bool(mention.language) and not known.in_language(mention)
        for kind, scope in known.news(mention):
            identity = ids.key("signal", kind.value, mention.initiative_id, scope)
            found.append(Signal(identity, kind, scope, SEVERITY[kind], mention, occurred, run_id, first_in_language))
            if kind is Kind.NEW_STORY and not mention.catch_up:
                opened[mention.initiative_id] = mention
        found += _figures(mention, known, occurred, run_id)
        known.learn(mention)
    return found + _bursts(opened, known, now, run_id)


def _figures(mention: NewMention, known: _Known, occurred: datetime, run_id: str) -> list[Signal]:
    """Return a signal for each number of the article that nothing stored agrees with, each once."""
    news: dict[str, Signal] = {}
    for figure in mention.figures:
        stated = known.stated(mention.initiative_id, figure)
        if not claims.is_news(figure, stated):
            continue
        scope = claims.scope_of(figure)
        evidence = replace(mention, sentence=figure.sentence, surface=figure.surface, figures=())
        news.setdefault(
            scope,
            Signal(
                ids.key("signal", Kind.NEW_FIGURE.value, mention.initiative_id, scope),
                Kind.NEW_FIGURE,
                scope,
                SEVERITY[Kind.NEW_FIGURE],
                evidence,
                occurred,
                run_id,
                reason=claims.reason(figure, stated),
            ),
        )
    return list(news.values())


def _bursts(opened: dict[str, NewMention], known: _Known, now: datetime, run_id: str) -> list[Signal]:
    """Return a signal for each initiative that is far more in the news than usual, told with its latest new story."""
    found = []
    for initiative_id, mention in opened.items():
        rhythm = known.rhythm(initiative_id)
        burst = bursts.burst(rhythm, now) if rhythm is not None else None
        if burst is not None:
            scope = f"{now:%Y-%m-%d}"
            identity = ids.key("signal", Kind.SPIKE.value, initiative_id, scope)
            severity = SEVERITY[Kind.SPIKE]
            found.append(Signal(identity, Kind.SPIKE, scope, severity, mention, now, run_id, reason=burst.reason))
    return found


def _best(mentions: Iterable[NewMention]) -> list[NewMention]:
    """Return the mention of each article and initiative that proves it best, the earliest article first.

    A mention in the headline brings the sentence of the text with it: the headline itself is shown anyway.
    """
    found: dict[tuple[int, str], list[NewMention]] = {}
    for mention in mentions:
        if mention.alerts and mention.origin is Origin.LIVE and mention.place not in _NO_EVIDENCE:
            found.setdefault((mention.article_id, mention.initiative_id), []).append(mention)
    best = []
    for group in found.values():
        first, *_ = ranked = sorted(group, key=_rank)
        inside = next((one for one in ranked if one.place is not Place.HEADLINE), first)
        best.append(replace(first, sentence=inside.sentence, surface=inside.surface))
    return sorted(best, key=lambda one: (one.published or one.seen_at, one.article_id, one.initiative_id))


def _rank(mention: NewMention) -> int:
    return _BEST_PLACE.index(mention.place)


class _Known:
    """History, and what the batch at hand has added to it."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._added: set[tuple[str, str, object]] = set()
        self._stories: dict[str, dict[int, datetime]] = {}
        self._gone: set[int] = set()
        self._stated: dict[tuple[str, str, str], list[Stated]] = {}

    def learn(self, mention: NewMention) -> None:
        """Count ``mention`` as history from here on."""
        one = mention.initiative_id
        self._added |= {
            ("initiative", one, ""), ("story", one, mention.story_id), ("outlet", one, mention.outlet),
            ("language", one, mention.language),
        }  # fmt: skip
        at = min(mention.published or mention.seen_at, mention.seen_at)
        stories = self._stories.setdefault(one, {})
        stories[mention.story_id] = min(at, stories.get(mention.story_id, at))
        self._gone |= set(mention.merged)
        for figure in mention.figures:
            said = Stated(figure.value, figure.comparison, figure.surface, mention.outlet, at)
            self._stated.setdefault((one, figure.unit, figure.scope), []).append(said)

    def stated(self, initiative_id: str, figure: Figure) -> list[Stated]:
        """Return what was stated before in the unit and scope of ``figure``, the latest last."""
        before = self._history.stated(initiative_id, figure.unit, figure.scope)
        return [*before, *self._stated.get((initiative_id, figure.unit, figure.scope), ())]

    def rhythm(self, initiative_id: str) -> Rhythm | None:
        """Return how often it was in the news, the batch at hand included; merged stories are one."""
        rhythm = self._history.rhythm(initiative_id)
        if rhythm is None:
            return None
        stories = dict(rhythm.stories)
        for story_id, at in self._stories.get(initiative_id, {}).items():
            stories[story_id] = min(at, stories.get(story_id, at))
        alive = {story_id: at for story_id, at in stories.items() if story_id not in self._gone}
        return replace(rhythm, stories=alive)

    def in_language(self, mention: NewMention) -> bool:
        """Whether something in the mention's language spoke of the initiative before."""
        one, language = mention.initiative_id, mention.language or ""
        return ("language", one, language) in self._added or self._history.in_language(one, language)

    def news(self, mention: NewMention) -> list[tuple[Kind, str]]:
        """Return what is new in ``mention``, the strongest first, each with its scope."""
        one = mention.initiative_id
        found = []
        if ("initiative", one, "") not in self._added and not self._history.mentioned(one):
            found.append((Kind.FIRST_MENTION, ""))
        stories = (mention.story_id, *mention.merged)
        if not any(("story", one, story) in self._added or self._history.in_story(one, story) for story in stories):
            found.append((Kind.NEW_STORY, str(mention.story_id)))
        outlet = mention.outlet
        if outlet and ("outlet", one, outlet) not in self._added and not self._history.in_outlet(one, outlet):
            found.append((Kind.NEW_OUTLET, outlet))
        return found
