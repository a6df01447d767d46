"""What an outlet changed in an article after it was printed: what a reader of an alert should know, and what is trifle.

Pure; it never decides whether anybody is told. Counters, times and furniture are trifles: a page that only says
"updated 11:40" or "14 comments" has not changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from extractors.differences import Differences, Kind, Passage, differences, sentences
from extractors.fingerprints import tokens
from records.follow_up import Change, Changes, Version
from records.mention import Figure, Mention, Place
from records.text import clean

_SHOWN = 300  # characters of a passage that a message shows
_SHORT = 12  # words: what is longer is a sentence, whatever numbers it holds
_NO_EVIDENCE = (Place.TAIL, Place.FURNITURE)
_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*")
_COUNTER = re.compile(
    r"\b(?:updated?|published|posted|last modified|comments?|shares?|views?|likes?|min(?:ute)?s? read|reading time|ago"
    r"|mis à jour|publié|commentaires?|partages?|lecture|il y a|actualizado|publicado|comentarios?|hace|lectura"
    r"|aktualisiert|veröffentlicht|stand|kommentare?|lesezeit|vor|aggiornato|commenti|atualizado|comentários?"
    r"|обновлено|опубликовано|комментари\w+|просмотр\w+)\b"
    r"|更新|发布|發布|评论|評論|阅读|閱讀|浏览|コメント|閲覧|수정|댓글|조회|تحديث|تعليق",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"\b(?:corrections?:|corrected|correction appended|editor[’']?s note|an earlier version|a previous version"
    r"|this (?:article|story) (?:has been|was) (?:corrected|amended)|clarification:|retract(?:ed|ion)"
    r"|rectificatif|erratum|une version précédente|nous avons corrigé|corrección|fe de errores|una versión anterior"
    r"|korrektur|berichtigung|in einer früheren (?:version|fassung)|errata corrige|correzione|correção|errata"
    r"|исправлено|уточнение|в предыдущей версии)"
    r"|更正|勘误|勘誤|訂正|お詫び|정정|바로잡습니다|تصحيح|تصويب",
    re.IGNORECASE,
)


def compare(
    before: Version,
    after: Version,
    mentions: tuple[Sequence[Mention], Sequence[Mention]],
    figures: tuple[Sequence[Figure], Sequence[Figure]],
) -> Changes:
    """Return how ``after`` differs from ``before``.

    Args:
        before: the version that is kept.
        after: what stands there now.
        mentions: in each of them, found by the same rules: rules that changed in between are no change of the article.
        figures: in each of them.
    """
    title = "" if tokens(before.title) == tokens(after.title) else _was(before.title, after.title)
    compared = differences(before.text, after.text)
    passages = [one for one in compared.passages if one.kind not in (Kind.SAME, Kind.MOVED)]
    edits = [one for one in passages if not _is_trifle(one)]
    notice = next((one.second for one in edits if _NOTICE.search(one.second) and not _NOTICE.search(one.first)), "")
    told: dict[str, Change] = {}
    for initiative_id in dict.fromkeys(one.initiative_id for one in mentions[0] if one.place not in _NO_EVIDENCE):
        here = [one for one in mentions[0] if one.initiative_id == initiative_id and one.place not in _NO_EVIDENCE]
        still = any(one.initiative_id == initiative_id and one.place not in _NO_EVIDENCE for one in mentions[1])
        quoted = _edited_sentence(here, after, passages)
        if not still:
            told[initiative_id] = Change("no longer mentions it", quoted or title, lost=True)
            continue
        numbers = _figures(initiative_id, *figures)
        what = [part for part, found in (("headline", title), ("text", quoted), ("by its outlet", notice)) if found]
        if numbers:
            what = [numbers, *(part for part in what if part != "text")]
        if what:
            parts = [title, quoted, clean(notice, _SHOWN)]
            told[initiative_id] = Change(f"corrected: {', '.join(what)}", " · ".join(part for part in parts if part))
    material = bool(title or edits or told)
    lines = ([f"~ headline: {title}"] if title else []) + Differences(tuple(passages), compared.left_out).lines()
    return Changes(material, tuple(lines) if material else (), told)


def _is_trifle(passage: Passage) -> bool:
    """Whether a passage only counts, or tells the time: short, and the same without its numbers, or about a counter."""
    sides = [one for one in (passage.first, passage.second) if one]
    if any(len(tokens(one)) > _SHORT for one in sides):
        return False
    if all(_COUNTER.search(one) and _DIGITS.search(one) for one in sides):
        return True
    masked = {tuple(tokens(_DIGITS.sub(" ", one))) for one in sides}
    return len(sides) == 2 and len(masked) == 1 and not _ends_like_a_sentence(passage.second)


def _ends_like_a_sentence(text: str) -> bool:
    return text.rstrip("\"'»”’)] ").endswith((".", "!", "?", "。", "！", "？", "؟", "।"))


def _edited_sentence(mentions: Iterable[Mention], after: Version, passages: Sequence[Passage]) -> str:
    """Return what became of a sentence that holds a mention; empty while each stands as it was."""
    there = {tuple(tokens(one)) for one in sentences(after.text)}
    for mention in mentions:
        if mention.field != "text":
            continue
        for one in sentences(mention.sentence):
            words = tuple(tokens(one))
            if mention.surface not in one or words in there:
                continue
            edited = next((p for p in passages if p.first and _holds(p.first, words)), None)
            if edited is not None:
                return _was(edited.first, edited.second)
    return ""


def _holds(passage: str, words: tuple[str, ...]) -> bool:
    return any(tuple(tokens(one)) == words for one in sentences(passage))


def _figures(initiative_id: str, before: Sequence[Figure], after: Sequence[Figure]) -> str:
    """Return a number that another one took the place of; empty when there is none."""

    def stated(figures: Sequence[Figure]) -> dict[tuple[str, str, float], Figure]:
        mine = (one for one in figures if one.initiative_id == initiative_id)
        return {(one.unit, one.scope, one.value): one for one in mine}

    old, new = stated(before), stated(after)
    for key, figure in old.items():
        if key in new:
            continue
        instead = next((one for other, one in new.items() if other[:2] == key[:2] and other not in old), None)
        if instead is not None:
            return f"{figure.surface} is now {instead.surface}"
    return ""


def _was(first: str, second: str) -> str:
    first, second = clean(first, _SHOWN), clean(second, _SHOWN)
    if not second:
        return f"taken out: “{first}”"
    return f"was: “{first}” now: “{second}”" if first else f"new: “{second}”"
