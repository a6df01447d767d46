"""Who heard of an article: the messages that told it, or are about to, for the corrections that follow.

It only reads, and never decides who is told of a correction: `alerts.route` does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from records import ids
from records.alert import Heard, Occasion
from records.signal import Kind, Signal
from warehouse.database import Connection, rows


def heard(con: Connection, signals: Sequence[Signal]) -> dict[tuple[str, int], list[Heard]]:
    """Return the messages that told of the articles of the corrections among ``signals``, the first one first."""
    articles = sorted({one.mention.article_id for one in signals if one.kind is Kind.CORRECTION})
    if not articles:
        return {}
    found: dict[tuple[str, int], list[Heard]] = defaultdict(list)
    for initiative_id, article_id, subscription, key, occasion, state, _ in rows(
        con,
        """
        select distinct s.initiative_id, s.article_id, n.subscription, coalesce(n.thread, n.group_key), n.occasion,
            n.state, n.created_at
        from signals s join notification_signals ns using (signal_id) join notifications n using (notification_id)
        where s.article_id in (select unnest($1::bigint[])) and s.kind <> 'correction' and ns.left_out is null
            and (n.state = 'open' or n.notification_id in (
                select notification_id from deliveries where state not in ('dead', 'cancelled')))
        order by n.created_at, n.subscription
        """,
        [articles],
    ):
        found[initiative_id, article_id].append(Heard(subscription, key, Occasion(occasion), state == "open"))
    return dict(found)


def corrected(con: Connection, subscription: str, signals: Sequence[Signal]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the references of the messages that told what ``signals`` correct, and the channels that got them."""
    found = rows(
        con,
        """
        select n.notification_id, d.channel, min(d.created_at) as sealed_at
        from signals s join delivery_signals ds using (signal_id) join deliveries d using (delivery_id)
        join notifications n using (notification_id)
        join (select unnest($2::varchar[]) as initiative_id, unnest($3::bigint[]) as article_id) c
            on c.initiative_id = s.initiative_id and c.article_id = s.article_id
        where n.subscription = $1 and s.kind <> 'correction' and d.state not in ('dead', 'cancelled')
        group by all order by sealed_at, n.notification_id
        """,
        [
            subscription,
            [one.mention.initiative_id for one in signals],
            [one.mention.article_id for one in signals],
        ],
    )
    references = dict.fromkeys(ids.reference(row[0]) for row in found)
    return tuple(references), frozenset(row[1] for row in found)
