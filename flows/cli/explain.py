"""`govwatch explain`: why an alert or a mention exists, why a URL gave none, why an article is in its story."""

from __future__ import annotations

import re
import sys

import click

from extractors.urls import canonical
from flows.cli.common import Place, json_option, place_options, print_json
from flows.comparing import account
from records.errors import GovwatchError
from records.ids import article_id
from warehouse import frontier, messages
from warehouse.database import Connection, Warehouse
from warehouse.explain import ArticleFacts, article
from warehouse.messages import Explanation

_REFERENCE = re.compile(r"[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}[0-9A-Fa-f]*")


@click.command("explain")
@place_options
@json_option
@click.argument("target")
def command(place: Place, as_json: bool, target: str) -> int:
    """Say why TARGET is as it is.

    \b
    TARGET is
      a reference of an alert     7F3A-09BC
      a URL                       the stage where it ended, and the reason
      an article id               as in the table articles
                                  (for both: why it joined its story or no other, and the passages that differ)
      - or a text                 what the rules find in it, what they nearly find, and which guard stopped it
    """  # noqa: D301 - the backslash is click's mark for lines that are not to be wrapped
    if target == "-" or (" " in target.strip() and not target.startswith("http")):
        return _text(place, sys.stdin.read() if target == "-" else target)
    with Warehouse(place.warehouse).reading() as con:
        found = _find(con, target)
        story = account(con, found.article["article_id"]) if isinstance(found, ArticleFacts) else None
    if found is None:
        raise GovwatchError(
            f"nothing is known of '{target}'. A URL is known once a source named it; "
            "for a text, give the text itself or - for standard input"
        )
    if as_json:
        print_json({"facts": found, "story": story} if story else found)
    else:
        click.echo("\n".join(_lines(found) + (story.lines() if story else [])))
    return 0


Found = Explanation | ArticleFacts | frontier.Known


def _find(con: Connection, target: str) -> Found | None:
    if re.match(r"https?://", target):
        key = canonical(target)
        return article(con, article_id(key)) or _of_url(con, target, key)
    if target.isdigit() and (by_id := article(con, int(target))):
        return by_id
    return messages.explain(con, target) if _REFERENCE.fullmatch(target) else None


def _of_url(con: Connection, url: str, key: str) -> Found | None:
    known = frontier.lookup(con, url, key)
    # A URL that led to an article under another address: the article says more.
    return (article(con, known.article_id) if known and known.article_id is not None else None) or known


def _lines(found: Found) -> list[str]:
    if isinstance(found, Explanation):
        return _alert(found)
    return found.lines() if isinstance(found, ArticleFacts) else _url(found)


def _url(known: frontier.Known) -> list[str]:
    lines = [
        f"{known.url}",
        f"  named by the source {known.source} at {known.discovered_at:%Y-%m-%d %H:%M} UTC",
        f"  ended as {known.outcome.value}" + (f": {known.reason}" if known.reason else ""),
        f"  tries: {known.attempts}" + (f", the last at {known.last_try:%Y-%m-%d %H:%M} UTC" if known.last_try else ""),
    ]
    if known.next_try:
        lines.append(f"  next try: {known.next_try:%Y-%m-%d %H:%M} UTC")
    return lines


def _alert(found: Explanation) -> list[str]:
    lines = []
    for one in found.messages:
        to = f" to {one.channel}" if one.channel else ""
        lines.append(f"{one.reference} for {one.subscription}{to}: {one.state}, {one.attempts} attempts. {one.title}")
        if one.reason:
            lines.append(f"  {one.reason}")
    for signal in found.signals:
        when = f"{signal.occurred_at:%Y-%m-%d %H:%M} UTC"
        lines += [
            f"signal {signal.reference}: {signal.kind} of {signal.initiative_id}, at {when}"
            + "".join(f"; {part}" for part in (signal.reason, signal.detail) if part),
            f"  article {signal.article_id}: {signal.title}",
            f"  {signal.url}",
            f"  evidence: '{signal.surface}' in: {signal.sentence}",
            f"  routing: {signal.verdict or 'not yet'}"
            + (f" ({signal.verdict_reason})" if signal.verdict_reason else ""),
        ]
    return lines


def _text(place: Place, text: str) -> int:
    from extractors.mentions import Matcher, explain

    click.echo(explain(Matcher(place.load().initiatives), "", text))
    return 0
