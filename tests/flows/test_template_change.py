"""A newsroom changes its template in mid-life: operators hear of it once, a rule and a replay mend it, and they hear that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.load import load
from flows.demo import pages
from flows.replay import replay
from tests.clock import Clock
from tests.inboxes import Receiver
from tests.newsroom import Newsroom, Outlet, text_about
from tests.passes import INITIATIVES, NO_SEEDS, Station, alerts_to
from warehouse.database import Warehouse
from warehouse.pages import Wanted

RULE = "rules:\n  - keep: ul.tiles\n"


@pytest.fixture
def tiles() -> Iterator[None]:
    """Add a template in which every paragraph is a link in a list, which no extractor takes for a text."""

    def tiled(parts: pages._Parts) -> str:
        items = "".join(f'<li><a href="/t/{n}">{one}</a></li>' for n, one in enumerate(parts.story.paragraphs))
        body = f'{parts.menus}<h1>{parts.title}</h1><ul class="tiles">{items}</ul>{parts.footer}'
        return pages._document(parts.house, f"<title>{parts.title}</title>", body)

    pages.TEMPLATES["tiles"] = tiled
    yield
    del pages.TEMPLATES["tiles"]


def configured(newsroom: Newsroom, receiver: Receiver, place: Path, site: str = "") -> Path:
    alerts = alerts_to(receiver)
    alerts["channels"]["ops"] = {"type": "webhook", "url": f"{receiver.url}/ops"}
    operator = {"name": "operator", "channels": ["ops"], "match": {"initiatives": ["none"]}, "operator": True}
    alerts["subscriptions"].append(operator)
    config = newsroom.write_config(
        place / "config",
        initiatives=INITIATIVES,
        alerts=alerts,
        seeds=NO_SEEDS,
        settings={"limits": {"workers": 1, "first_look_pages": 40}},
    )
    if site:
        (config / "sites").mkdir()
        (config / "sites" / f"{site}.yaml").write_text(f"site: {site}\n{RULE}")
    return config


def prints(outlet: Outlet, clock: Clock, first: int, count: int, step: float = 0.2) -> None:
    for number in range(first, first + count):
        text = text_about(f"the matter of berth {number}", 5)
        outlet.publishes(f"Berth {number} is empty", text, published=clock.ago(hours=(first + count - number) * step))


def told(receiver: Receiver) -> list[tuple[str, str]]:
    return [
        (item["initiative"], item["reason"])
        for post in receiver.of("ops")
        for item in post.json["items"]
        if "source" in post.json["title"]
    ]


@pytest.mark.usefixtures("tiles")
def test_a_new_template_is_told_once_and_mended_by_a_rule_and_a_replay(
    tmp_path: Path, newsroom: Newsroom, clock: Clock, receiver: Receiver
) -> None:
    ledger = newsroom.outlet("harbour-ledger", feed_size=60)
    prints(ledger, clock, 0, 24)
    config = configured(newsroom, receiver, tmp_path)
    desk = Station(config, Warehouse(tmp_path / "govwatch.duckdb"), clock)
    state = "select state, ill from source_health"
    desk.runs()
    assert desk.asks(state) == [("well", False)]

    ledger.house = replace(ledger.house, template="tiles")
    clock.passes(hours=4)
    prints(ledger, clock, 100, 12)
    desk.runs()
    assert desk.asks(state) == [("hollow", True)]
    (reason,) = desk.asks("select reason from source_health")[0]
    site = ledger.house.base.split("/")[2].split(":")[0]
    assert reason == f"12 of the newest 12 pages of {site} hold no whole article (0 % before): a new template?"
    clock.passes(hours=1)
    desk.runs()
    assert told(receiver) == [("harbour-ledger", "hollow")]

    desk.config = configured(newsroom, receiver, tmp_path / "mended", site)
    report = replay(load(desk.config, {}), desk.warehouse, clock, Wanted(), write=True)
    assert sum(one.what == "new" for one in report.changes) == 12
    clock.passes(hours=1)
    desk.runs()
    assert desk.asks(state) == [("well", False)]
    assert told(receiver) == [("harbour-ledger", "hollow"), ("harbour-ledger", "well again")]
    assert desk.asks("select count(*) from articles") == [(36,)]
