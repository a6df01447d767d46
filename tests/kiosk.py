"""A warehouse full of printed stories, made at once: what a briefing is read from, small or in any quantity.

`printed` and `fill` lay out any news; `harbour_week` is a week with everything that a briefing can tell, in five
scripts; `synthetic` is news by the thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from records import ids
from records.article import Article, Origin
from records.document import Batch, Document
from records.mention import Figure, Mention, Place
from records.story import Fingerprint, StoryChoice
from tests.volume import make_articles
from warehouse import articles, sources
from warehouse.database import Warehouse
from warehouse.sources import Tracked

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""A Tuesday: when briefings of tests are written."""


def printed(
    name: str,
    title: str,
    sentence: str,
    surface: str,
    *,
    published: datetime | None,
    initiatives: Sequence[str] = ("harbour-treaty",),
    outlet: str = "wire.example",
    outlet_name: str = "",
    language: str = "en",
    country: str = "GB",
    figures: Sequence[Figure] = (),
    seen: datetime | None = None,
    url: str = "",
    text: str = "",
    field: str = "text",
    place: Place = Place.BODY,
) -> Document:
    """Make one article that names ``initiatives`` by ``surface`` in ``sentence``."""
    text = text or sentence
    key = f"{outlet}/{name}"
    article = Article(
        url=url or f"https://{key}",
        title=title,
        text=text,
        authors=(),
        published=published,
        published_from="json-ld" if published else "",
        language=language,
        outlet=outlet,
        outlet_name=outlet_name or outlet,
        tags=(),
        extractor="test 1",
        raw_hash=ids.content_hash(key.encode()),
    )
    start = max(0, (title if field == "title" else text).find(surface))
    mentions = tuple(
        Mention(one, field, start, start + len(surface), surface, sentence, surface, place, rules_version="r1")
        for one in initiatives
    )
    number = ids.number("text", text)
    shingles = tuple(sorted((number >> shift) & 0xFFFFFFFF for shift in range(24)))
    return Document(
        article_id=ids.article_id(key),
        url_key=key,
        article=article,
        fingerprint=Fingerprint(number, shingles, text.encode("utf-8", "replace")[:64], (1, 2, 3, 4), cjk=False),
        mentions=mentions,
        figures=tuple(figures),
        source="wire",
        origin=Origin.LIVE,
        seen_at=seen or published or NOON,
        url=article.url,
        country=country,
        tier=1,
    )


def fill(
    path: Path,
    documents: Sequence[Document],
    now: datetime,
    names: dict[str, str],
    stories: dict[int, int] | None = None,
) -> Warehouse:
    """Load ``documents`` and publish them; ``stories`` gives article ids the article whose story they belong to."""
    told = stories or {}

    def choose(batch: Sequence[Document], _: object) -> list[StoryChoice]:
        return [
            StoryChoice(
                one.article_id,
                told.get(one.article_id, one.article_id),
                "same_text" if told.get(one.article_id, one.article_id) != one.article_id else "new",
            )
            for one in batch
        ]

    warehouse = Warehouse(path, command="pytest")
    with warehouse.writing() as con:
        sources.sync_initiatives(con, [Tracked(*pair) for pair in names.items()], now)
        articles.load(
            con, Batch(tuple(documents), ()), choose=choose, detect=lambda *_, **__: [], run_id="run-1", now=now
        )
    warehouse.publish()
    return warehouse


def alerted(warehouse: Warehouse, article: Document, at: datetime) -> None:
    """Note that an article was alerted."""
    with warehouse.writing() as con:
        con.execute(
            "insert into signals by name select $1 as signal_id, 'new_story' as kind, $2 as initiative_id, '' as scope, "
            "$3 as story_id, $3 as article_id, 1 as severity, '' as outlet, false as first_in_language, "
            "false as catch_up, '{}' as facts, $4 as occurred_at, 'run-1' as run_id, $4 as created_at",
            [f"{article.article_id:x}", article.mentions[0].initiative_id, article.article_id, at],
        )
    warehouse.publish()


def asked(warehouse: Warehouse, now: datetime, **outcomes: str) -> None:
    """Note that each source was asked an hour ago, and how that ended: ``ok``, ``failed`` or ``forbidden``."""
    with warehouse.writing() as con:
        con.execute(
            "insert into runs by name select 'run-0' as run_id, 'monitor' as kind, 'completed' as state, "
            "$1 as started_at, '1' as version, 'here' as host, 1 as pid",
            [now - timedelta(days=90)],
        )
        for source, outcome in outcomes.items():
            well = outcome == "ok"
            status = {"ok": 200, "forbidden": 403}.get(outcome)
            con.execute(
                "insert into sources by name select $1 as source_id, $2 as name, 'feed' as kind, "
                "'https://x.example' as url, 3600 as every_seconds, true as enabled, $3 as added_at, "
                "$3 as first_looked_at, $3 as last_poll, $4 as last_outcome, '' as last_reason, $5 as last_status, "
                "$6 as last_success, $6 as last_new_item, $7 as consecutive_failures",
                [
                    source,
                    f"The {source.title()}",
                    now,
                    "ok" if well else "failed",
                    status,
                    now if well else None,
                    0 if well else 9,
                ],
            )
            con.execute(
                "insert into fetches(kind, url, source_id, outcome, reason, status, fetched_at) "
                "values ('poll', 'https://x.example', $1, $2, '', $3, $4)",
                [source, "ok" if well else "failed", status, now - timedelta(hours=1)],
            )
    warehouse.publish()


def changed(
    warehouse: Warehouse,
    article: Document,
    finding: str,
    reason: str,
    *,
    at: datetime,
    difference: str = "",
    title: str = "",
) -> None:
    """Note that a look at an alerted article found that its outlet changed it."""
    named = [one.initiative_id for one in article.mentions]
    with warehouse.writing() as con:
        con.execute(
            "insert into follow_ups by name select $1 as article_id, $2 as url, $3 as initiatives, $4 as alerted_at, "
            "1 as checks, '' as reason",
            [article.article_id, article.url, named, article.seen_at],
        )
        con.execute(
            "insert into follow_up_checks by name select $1 as article_id, 1 as number, $2 as checked_at, "
            "$3 as finding, $4 as reason, $5 as difference, $6 as title",
            [article.article_id, at, finding, reason, difference, title or article.article.title],
        )
    warehouse.publish()


NAMES = {
    "harbour-treaty": "Harbour Treaty",
    "lantern-accord": "Lantern Accord",
    "ferry-panel": "Ferry Panel on Machines",
    "tide-charter": "Tide Charter",
}
"""Invented initiatives; nobody writes of the last."""


def harbour_week(path: Path, now: datetime = NOON) -> Warehouse:
    """Fill a warehouse with a week that has everything, after five quiet weeks.

    Stories in English, French, Arabic, Persian and Chinese, copies, numbers that disagree, an article that was changed
    and one that is gone, one without a date, one that was found late, sources that failed.
    """
    day, hour = timedelta(days=1), timedelta(hours=1)
    quiet = [
        printed(
            f"quiet/{number}", f"Lamps along the quay, part {number}",
            f"Part {number} of the Lantern Accord was read to the harbour council.", "Lantern Accord",
            published=now - number * day, initiatives=("lantern-accord",), outlet="ledger.example", outlet_name="The Harbour Ledger",
        )
        for number in range(8, 40, 4)
    ]  # fmt: skip
    signed = "Delegates of 31 states signed the Harbour Treaty on the old pier, and three more promised to follow."
    counted = "By our count, 29 states have signed the Harbour Treaty so far, two fewer than the ministry says."
    first = printed(
        "signed", "Thirty-one states sign the Harbour Treaty on the old pier", signed, "Harbour Treaty",
        published=now - 4 * hour, outlet="ledger.example", outlet_name="The Harbour Ledger",
        figures=[Figure("harbour-treaty", 31, "=", "state", "", 13, 22, "31 states", signed)],
    )  # fmt: skip
    copies = [
        printed(
            f"copy/{number}", first.article.title, signed, "Harbour Treaty", published=now - (3 - number / 5) * hour,
            outlet=f"courier-{number}.example", outlet_name=f"Courier of the {place}", country=country,
        )
        for number, (place, country) in enumerate([("North", "NO"), ("South", "ZA"), ("East", "IN"), ("Isles", "FJ")])
    ]  # fmt: skip
    other = printed(
        "counted", "How many have signed? We counted", counted, "Harbour Treaty", published=now - 20 * hour,
        outlet="gazette.example", outlet_name="Old Mill Gazette", country="IE",
        figures=[Figure("harbour-treaty", 29, "=", "state", "", 14, 23, "29 states", counted)],
    )  # fmt: skip
    headline = printed(
        "question", "What the Ferry Panel on Machines still has to answer", "", "Ferry Panel", field="title",
        published=now - 26 * hour, initiatives=("ferry-panel",), outlet="ledger.example", outlet_name="The Harbour Ledger",
        text="The boats run on time.",
    )  # fmt: skip
    arabic = printed(
        "mina", "وفود الميناء تناقش معاهدة المرفأ حتى منتصف الليل",
        "قال رئيس اللجنة إن معاهدة المرفأ ستُقرأ سطرًا سطرًا أمام مجلس المدينة، وإن النسخة الأخيرة (المادة 12) لم تُنشر بعد.",
        "معاهدة المرفأ", published=now - 30 * hour, language="ar", country="EG", outlet="mina.example", outlet_name="الميناء اليوم",
    )  # fmt: skip
    persian = printed(
        "bandar", "پیمان فانوس در اسکلهٔ قدیمی دوباره خوانده شد",
        "شورای بندر می‌گوید پیمان فانوس تا پایان زمستان به رأی گذاشته می‌شود.",
        "پیمان فانوس", published=now - 50 * hour, initiatives=("lantern-accord",), language="fa", country="IR",
        outlet="bandar.example", outlet_name="روزنامهٔ بندر",
    )  # fmt: skip
    chinese = [
        printed(
            f"gangwan/{number}", title, sentence, "港湾条约", published=now - (31 + 19 * number) * hour, language="zh-Hans",
            country="CN", outlet="gangwan.example", outlet_name="港湾晚报",
        )
        for number, (title, sentence) in enumerate(
            [
                ("港湾条约逐行宣读，码头灯火通明至深夜", "代表们在旧码头逐行宣读港湾条约，直到深夜才离开。"),
                ("渔民问：港湾条约管不管渡船上的机器？", "渔民代表在会上问，港湾条约第十二条是否也管渡船上的机器。"),
            ]
        )
    ]  # fmt: skip
    french = printed(
        "rive", "Le Traité du port, lu à voix haute devant les pêcheurs",
        "« Le Traité du port ne parle pas des machines de nos bacs », a répondu la doyenne du quai, « et c’est bien dommage ».",
        "Traité du port", published=now - 72 * hour, initiatives=("harbour-treaty", "ferry-panel"), language="fr", country="FR",
        outlet="rive.example", outlet_name="La Rive",
    )  # fmt: skip
    withdrawn = printed(
        "leak", "Draft of the Ferry Panel leaked, harbour master says",
        "A draft of the Ferry Panel lay on the counter of the ticket office for two days.", "Ferry Panel",
        published=now - 90 * hour, initiatives=("ferry-panel",), outlet="gazette.example", outlet_name="Old Mill Gazette", country="IE",
    )  # fmt: skip
    undated = printed(
        "board", "Notice board: reading of the Lantern Accord", "The Lantern Accord is read aloud on Friday.",
        "Lantern Accord", published=None, seen=now - 100 * hour, initiatives=("lantern-accord",), outlet="board.example", language="",
        country="",
    )  # fmt: skip
    late = printed(
        "archive", "From the archive: who first drew the Harbour Treaty", "The Harbour Treaty began as a sketch on a napkin.",
        "Harbour Treaty", published=now - 12 * day, seen=now - 5 * hour, outlet="board.example", outlet_name="The Notice Board",
    )  # fmt: skip
    week = [first, *copies, other, headline, arabic, persian, *chinese, french, withdrawn, undated, late]
    warehouse = fill(path, [*quiet, *week], now, NAMES, {one.article_id: first.article_id for one in copies})
    alerted(warehouse, late, now - 4 * hour)
    changed(
        warehouse, other, "changed", "31 states is now 29 states.", at=now - 2 * hour,
        difference="was: “31 states have signed the Harbour Treaty so far.”\nnow: “29 states have signed the Harbour Treaty so far.”",
        title="How many have signed? We counted again",
    )  # fmt: skip
    changed(warehouse, withdrawn, "withdrawn", "The page answers 410 (gone), twice within a day.", at=now - 30 * hour)
    asked(warehouse, now, ledger="ok", gazette="ok", mina="ok", rive="ok", courier="failed", board="forbidden")
    return warehouse


def synthetic(path: Path, stories: int, now: datetime, span: timedelta = timedelta(days=7)) -> Warehouse:
    """Fill a warehouse with that many distinct stories of `tests.volume`, every fourth article a copy of one."""
    planted = [one for one in make_articles(round(stories * 1.45), copies=0.25, mentioning=1.0) if one.mentions]
    originals = [one.number for one in planted if one.original is None][:stories]
    kept = set(originals)
    chosen = [one for one in planted if one.story_number in kept]
    documents, told, first = [], {}, {}
    for place, one in enumerate(chosen):
        surface = one.mentions[0][1]
        sentence = next(part for part in _sentences(one.story.text) if surface in part)
        number = place % 20
        document = printed(
            f"news/2026/11/{one.number}",
            one.story.title,
            sentence,
            surface,
            published=now - span * (1 - (place + 0.5) / len(chosen)),
            initiatives=[initiative for initiative, _ in one.mentions],
            outlet=f"outlet-{number:02}.example",
            outlet_name=f"The {number:02} Courier",
            language="zh-Hans" if one.language == "zh" else "en",
            country="CN" if one.language == "zh" else ("GB", "FR", "IN")[number % 3],
            text=one.story.text,
        )
        documents.append(document)
        first.setdefault(one.story_number, document.article_id)
        told[document.article_id] = first[one.story_number]
    names = {initiative: initiative.replace("-", " ").title() for one in chosen for initiative, _ in one.mentions}
    return fill(path, documents, now, names, told)


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in text.replace("。", "。\n").replace(". ", ".\n").splitlines() if part.strip()]
