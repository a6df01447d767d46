"""`govwatch feedback`: say whether an alert was relevant. It suggests, and never suppresses."""

from __future__ import annotations

import click

from alerts.standing import suggestions
from flows.cli.common import Place, json_option, place_options, print_json
from flows.cli.silencing import login
from flows.clock import utc_now
from records import ids
from records.errors import GovwatchError
from warehouse import feedback, messages
from warehouse.database import Warehouse
from warehouse.messages import Told


@click.command("feedback")
@place_options
@json_option
@click.argument("reference")
@click.argument("verdict", type=click.Choice(["relevant", "not-relevant"]))
@click.option("--note", default="", help="why")
@click.option("--author", default=login, show_default="you", help="who says so")
def command(place: Place, as_json: bool, reference: str, verdict: str, note: str, author: str) -> int:
    """Say whether the alert of REFERENCE was relevant or not-relevant.

    It is stored with who said so and when; saying it again replaces the earlier word. Nothing is suppressed by it:
    `govwatch status` and the operators' report show which rules misfire, and people mend them.
    """
    now = utc_now()
    warehouse = Warehouse(place.warehouse, command="govwatch feedback")
    with warehouse.writing() as con:
        told = _one(reference, messages.explain(con, reference))
        feedback.add(con, told, relevant=verdict == "relevant", author=author, note=note, now=now)
        rules = feedback.precision_of(con, told[0].article_id, told[0].initiative_id)
    warehouse.publish()
    if as_json:
        print_json(
            {
                "reference": reference,
                "verdict": verdict,
                "signals": [one.signal_id for one in told],
                "initiative_id": told[0].initiative_id,
                "article_id": told[0].article_id,
                "author": author,
                "note": note,
                "given_at": now,
                "rules": rules,
            }
        )
        return 0
    click.echo(f"Noted: {verdict}, by {author}. {told[0].initiative_id}: {told[0].title}")
    for one in rules:
        click.echo(f"  rule '{one.rule}': {one.relevant} of {one.judged} relevant")
    for line in suggestions(rules):
        click.echo(line)
    return 0


def _one(reference: str, found: messages.Explanation | None) -> tuple[Told, ...]:
    """Return the signals of the one story that ``reference`` is about."""
    if found is None or not found.signals:
        raise GovwatchError(
            f"'{reference}' names no alert about an article. References stand in the last line of each message, "
            "for example 7F3A-09BC; `govwatch alerts list` shows the latest"
        )
    stories = {(one.article_id, one.initiative_id): one for one in found.signals}
    of_one_story = all(one.occasion == "story" for one in found.messages if one.reference == _shown(reference))
    if len(stories) > 1 and not of_one_story:
        lines = [f"  {one.reference}  {one.initiative_id}: {one.title}" for one in stories.values()]
        raise GovwatchError(
            "\n".join([f"{reference} tells {len(stories)} stories; give the reference of one:", *lines])
        )
    return found.signals


def _shown(reference: str) -> str:
    return ids.reference(reference.strip().replace("-", "").lower())
