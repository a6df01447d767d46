"""What the operators' report tells, read in one go: of a window, and of the weeks before it.

It never judges and never words anything: `alerts.report` does.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from records.operation import Growth, Missed, OperatorReport, StageTime
from warehouse import alarms, coverage, standing
from warehouse.database import Connection, Warehouse, rows

WEEK = timedelta(days=7)
BEFORE = timedelta(days=28)
"""The weeks that a week is compared with: four."""

_LISTED = 12  # initiatives and outlets; the views have all


def read(con: Connection, warehouse: Warehouse, until: datetime, since: datetime | None = None) -> OperatorReport:
    """Return how govwatch stands at ``until``, and what it did since ``since`` (a week before, when not given)."""
    since = since or until - WEEK
    passes, badly = rows(
        con,
        """
        select count(*), count(*) filter (state in ('failed', 'nothing', 'interrupted')) from runs
        where kind = 'monitor' and finished_at > $1::timestamptz and finished_at <= $2::timestamptz
        """,
        [since, until],
    )[0]
    accepted, waiting = rows(
        con,
        """
        select count(*) filter (state = 'sent' and finished_at > $1::timestamptz and finished_at <= $2::timestamptz),
            count(*) filter (state in ('pending', 'retry', 'unknown', 'held', 'sending')) from deliveries
        """,
        [since, until],
    )[0]
    flown, arrived = _canaries(con, since, until)
    week = _last_week(until)
    ways, audit = _audit(con, week)
    return OperatorReport(
        coverage=coverage.read(con, since, until),
        standing=standing.read(con, until),
        ill=tuple(
            (name or source_id, reason)
            for source_id, name, reason in rows(
                con, "select source_id, name, reason from source_health where ill and state <> 'off' order by source_id"
            )
        ),
        passes=passes,
        badly=badly,
        stages=_stages(con, since, until),
        accepted=accepted,
        waiting=waiting,
        canaries=flown,
        arrived=arrived,
        growth=_growth(con, warehouse, since),
        free=alarms.free_room(warehouse.path),
        backup=_backup(con),
        audit_week=week,
        ways=ways,
        audit=audit,
        outlets=_outlets(con, week),
    )


def _last_week(until: datetime) -> date:
    """Return the Monday of the last week (UTC) that is over."""
    today = until.date()
    return today - timedelta(days=today.weekday() + 7)


def _stages(con: Connection, since: datetime, until: datetime) -> tuple[StageTime, ...]:
    found = rows(
        con,
        """
        with spent as (
            select finished_at > $1::timestamptz as late, substr(key, 4) as stage,
                (counts ->> key)::double / 1000 as seconds
            from (
                select finished_at, counts, unnest(json_keys(counts)) as key from runs
                where kind = 'monitor' and counts is not null
                    and finished_at > $3::timestamptz and finished_at <= $2::timestamptz)
            where starts_with(key, 'ms_')
        )
        select stage, median(seconds) filter (late), median(seconds) filter (not late) from spent
        group by stage having count(*) filter (late) > 0 order by 2 desc, stage
        """,
        [since, until, since - BEFORE],
    )
    return tuple(StageTime(*row) for row in found)


def _canaries(con: Connection, since: datetime, until: datetime) -> tuple[int, int]:
    flown, arrived = rows(
        con,
        """
        with flights as (
            select c.day, bool_and(d.state = 'sent') as arrived
            from canaries c
            left join notification_signals ns using (signal_id)
            left join deliveries d on d.notification_id = ns.notification_id and d.state <> 'cancelled'
            where c.launched_at > $1::timestamptz and c.launched_at <= $2::timestamptz group by c.day
        )
        select count(*), count(*) filter (arrived) from flights
        """,
        [since, until],
    )[0]
    return flown, arrived


def _growth(con: Connection, warehouse: Warehouse, since: datetime) -> tuple[Growth, ...]:
    """Return the present sizes, how much they grew since ``since``, and by how much in a week of those before."""
    measured = rows(
        con,
        "select day, warehouse_bytes, read_bytes, page_bytes from sizes where day >= $1::date order by day",
        [(since - BEFORE).date()],
    )
    then = next((row for row in reversed(measured) if row[0] <= since.date()), None)
    first = measured[0] if measured else None
    found = []
    for number, (what, size) in enumerate(alarms.sizes(warehouse).items(), start=1):
        week = before = None
        if then is not None and number < len(then):
            week = size - then[number]
            days = (then[0] - first[0]).days if first is not None else 0
            if first is not None and days >= WEEK.days:
                before = round((then[number] - first[number]) * WEEK.days / days)
        found.append(Growth(what, size, week, before))
    return tuple(found)


def _backup(con: Connection) -> datetime | None:
    found = rows(con, "select max(finished_at) from runs where kind = 'backup' and state = 'completed'")
    last: datetime | None = found[0][0]
    return last


def _audit(con: Connection, week: date) -> tuple[int, tuple[Missed, ...]]:
    ways = rows(con, "select count(distinct internal.way(kind)) from sources where configured and enabled")[0][0]
    found = rows(
        con,
        """
        select coalesce(i.name, a.initiative_id), articles, feeds_only, gdelt_only, search_only, several_ways,
            missed, missed_low, missed_high
        from miss_audit a left join initiatives i using (initiative_id)
        where week = $1::date order by missed desc nulls last, articles desc, a.initiative_id limit $2
        """,
        [week, _LISTED],
    )
    return ways, tuple(Missed(*row) for row in found)


def _outlets(con: Connection, week: date) -> tuple[tuple[str, int], ...]:
    """Return the outlets to add that printed something in the week or after it."""
    found = rows(
        con,
        "select outlet, articles from outlets_to_add where last_seen >= $1::date "
        "order by articles desc, last_seen desc, outlet limit $2",
        [week, _LISTED],
    )
    return tuple((outlet, articles) for outlet, articles in found)
