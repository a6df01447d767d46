"""The operators' report: what needs a hand, how govwatch stands, what was missed; one line when all is well."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from alerts.content import compose
from alerts.render import render
from alerts.report import words
from records.alert import Notification, Occasion
from records.coverage import CanaryFlight, Coverage, Precision, Standing
from records.operation import Alarm, Growth, Missed, OperatorReport, StageTime
from records.signal import Severity
from records.subscription import Channel, Format, Transport
from tests.alerts.desk import Desk, mention
from tests.clock import MONDAY, Clock
from tests.inboxes import MailInbox, Receiver

LATER = datetime(2026, 11, 30, 7, tzinfo=UTC)  # a Monday

WELL = OperatorReport(
    coverage=Coverage(LATER - timedelta(days=7), LATER, ok=57, pages=2310),
    standing=Standing(canary=CanaryFlight("2026-11-30", LATER, LATER - timedelta(hours=1))),
    passes=2016,
    stages=(StageTime("discover", 3.2, 2.9), StageTime("collect", 41.0, 20.0), StageTime("publish", 0.09, 0.02)),
    accepted=43,
    canaries=7,
    arrived=7,
    growth=(Growth("warehouse", 412_000_000, 12_000_000, 10_000_000), Growth("read copy", 412_000_000, 12_000_000)),
    free=40_000_000_000,
    backup=LATER - timedelta(days=1),
    audit_week=date(2026, 11, 23),
    ways=3,
    audit=(Missed("EU AI Act", 41, 30, 3, 2, 6, 11.6, 4.2, 38.1), Missed("Harbour Treaty", 3, 3, 0, 0, 0)),
    outlets=(("gazette.example", 4), ("courier.example", 1)),
)
ILL = replace(
    WELL,
    standing=Standing(
        dead=(("mail-desk", 2),),
        failing=(("mail-desk", LATER - timedelta(hours=30)),),
        canary=CanaryFlight("2026-11-30", LATER, None, (("mail-desk", "retry, refused"),), told=LATER),
        precision=(Precision("waico", "World Body", 1, 9),),
        alarms=(("the-disk-fills", "1.2 GB are free, 3.0 GB are needed for the read copy"),),
    ),
    ill=(("The <b>Ruin</b> @everyone", "3 failed polls in a row: no such host"),),
    backup=LATER - timedelta(days=40),
    audit=(Missed("EU AI Act", 41, 30, 6, 4, 1, 90.0, 40.0, 200.0),),
)


def message(report: OperatorReport) -> Notification:
    return Notification(
        "c0d98849" * 5, "ops", "report/2026-11-30", 1, Occasion.REPORT, Severity.INFO, LATER, report=report
    )


def shown(report: OperatorReport, form: Format, limit: int = 60_000) -> str:
    content = compose(message(report), (), zone="UTC", now=LATER)
    return render(content, Channel("there", Transport.APPRISE, "x://", form, limit)).body


def test_when_all_is_well_the_first_line_says_so_and_the_figures_follow() -> None:
    title, lead, *rest = shown(WELL, Format.PLAIN).splitlines()
    assert title == "Govwatch, 30 November 2026: all is well"
    assert lead == (
        "All is well. 23 Nov, 07:00 to 30 Nov 2026, 07:00 (UTC): 57 of 57 sources answered, 2,016 passes ended, "
        "43 messages were accepted, the canary arrived on 7 of 7 days."
    )
    assert "Needs a hand" not in rest
    for line in (
        "- discover: 3.2 s · 2.9 s in the four weeks before",
        "- collect: 41 s · 20 s in the four weeks before: 2.0 times as long",
        "- warehouse: 412.0 MB · +12.0 MB this week, +10.0 MB in a week before",
        "- free: 40.0 GB · for more than ten years at this pace",
        "- last backup: 29 Nov, 07:00",
        "What was missed in the week of 23 November",
        (
            "- EU AI Act: about 12 missed (4 to 38) · 41 found: 30 by feeds only, 3 by GDELT only, 2 by search only, 6 by "
            "several ways"
        ),
        "- Harbour Treaty: no estimate: one way found all · 3 found: 3 by feeds only",
        "- outlets to add: gazette.example (4), courier.example (1) · govwatch sources find https://gazette.example",
    ):
        assert line in rest, line
    assert not any("publish" in line for line in rest), "what takes no time is not worth a line"


def test_what_needs_a_hand_comes_first_the_urgent_before_the_rest_each_with_its_page() -> None:
    said = words(ILL, "UTC")
    assert said.title == "Govwatch, 30 November 2026: 8 things need a hand"
    assert said.sections[0].title == "Needs a hand"
    assert [one.alarm for one in said.troubles] == [
        Alarm.DISK_FILLS, Alarm.CHANNEL_FAILS, Alarm.CANARY_MISSING, Alarm.MESSAGE_DEAD,
        Alarm.SOURCE_ILL, Alarm.BACKUP_OLD, Alarm.MUCH_MISSED, Alarm.RULE_MISFIRES,
    ]  # fmt: skip
    plain = shown(ILL, Format.PLAIN)
    assert (
        "▲ A channel keeps failing: Channel mail-desk keeps failing (last accepted 29 Nov, 01:00); its messages wait.\n"
        "  govwatch alerts test mail-desk · docs/alarms.md#a-channel-keeps-failing\n"
    ) in plain
    assert "Given up within a week: 2 messages (2 to mail-desk)." in plain
    assert "EU AI Act: about 90 missed (40 to 200), 41 found." in plain
    assert "Rule 'World Body' of waico: 1 of 9 relevant" in plain
    assert plain.index("The disk fills") < plain.index("A source is ill") < plain.index("Sources\n")


@pytest.mark.parametrize(
    ("form", "limit"),
    [(Format.IRC, 342), (Format.UNMARKED, 900), (Format.DISCORD, 1800), (Format.TELEGRAM, 3686), (Format.SLACK, 4000)],
)
def test_what_does_not_fit_goes_from_the_end_and_the_verdict_and_the_reference_stay(form: Format, limit: int) -> None:
    for report, verdict in ((WELL, "all is well"), (ILL, "8 things need a hand")):
        content = compose(message(report), (), zone="UTC", now=LATER)
        body = render(content, Channel("there", Transport.APPRISE, "x://", form, limit)).body
        assert len(body.encode()) <= limit * 1.1
        assert verdict in body
        assert "C0D9" in body
    assert "The disk fills" in body, "the most urgent stays the longest"


def test_names_from_elsewhere_are_text_in_every_format() -> None:
    content = compose(message(ILL), (), zone="UTC", now=LATER)
    html = render(content, Channel("mail", Transport.MAIL, format=Format.MAIL)).html
    assert "The &lt;b&gt;Ruin&lt;/b&gt;" in html
    assert "<b>" not in html
    for form in (Format.PLAIN, Format.DISCORD, Format.SLACK, Format.TELEGRAM, Format.MARKDOWN, Format.UNMARKED):
        assert "@everyone" not in shown(ILL, form)
        assert "<b>Ruin" not in shown(ILL, form) or form is Format.PLAIN


class Outline(HTMLParser):
    """Reads a mail as a screen reader does: headings, and rows that have a heading of their own."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.rows: list[str] = []
        self.feed(html)
        assert self.open == [], "every element that begins ends"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "hr"):
            self.open.append(tag)
        if tag == "th":
            assert ("scope", "row") in attributes

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)
        if self.open and self.open[-1] == "th":
            self.rows.append(data)


def test_the_mail_has_headings_and_rows_that_a_screen_reader_follows() -> None:
    content = compose(message(ILL), (), zone="UTC", now=LATER)
    mail = render(content, Channel("mail", Transport.MAIL, format=Format.MAIL))
    assert mail.subject == "Govwatch, 30 November 2026: 8 things need a hand"
    outline = Outline(mail.html)
    assert outline.headings[0] == mail.subject
    assert outline.headings[1:4] == ["Needs a hand", "Sources", "Passes"]
    assert {"answered", "discover", "free", "EU AI Act", "outlets to add"} <= set(outline.rows)
    assert "http" not in mail.html.replace("https://gazette.example", ""), "nothing is loaded, nobody is tracked"


OPERATORS = """
channels:
  mail: {{type: mail, url: '{mail}'}}
  chat: {{type: webhook, url: '{chat}'}}
subscriptions:
- {{name: readers, channels: [chat], group: {{wait: 0s}}}}
- {{name: ops, match: {{initiatives: [none]}}, channels: [mail, chat], operator: true, time_zone: Europe/Paris}}
canary: false
report: {report}
"""


@pytest.fixture
def desk(tmp_path: Path, mailbox: MailInbox, receiver: Receiver) -> Desk:
    return opened(tmp_path, mailbox, receiver)


def opened(
    folder: Path, mailbox: MailInbox, receiver: Receiver, report: str = "{at: '07:00', time_zone: Europe/Paris}"
) -> Desk:
    text = OPERATORS.format(mail=mailbox.apprise_url("ops@newsroom.example"), chat=f"{receiver.url}/ops", report=report)
    return Desk(folder, text, Clock(MONDAY))


def passes_end(desk: Desk, days: int = 7, seconds: float = 3.0, state: str = "completed") -> None:
    """One pass a day, which takes so long to discover; the files are measured, too."""
    with desk.warehouse.writing() as con:
        for day in range(days):
            at = desk.clock.ago(days=day, hours=1)
            con.execute(
                "insert into runs(run_id, kind, state, started_at, finished_at, counts, version, host, pid) "
                "values ($1, 'monitor', $2, $3, $3, $4::json, '1', 'h', 1)",
                [f"r-{at.isoformat()}", state, at, json.dumps({"ms_discover": round(1000 * seconds)})],
            )
            con.execute("insert or ignore into sizes values ($1, $2, 0, 0, 0)", [at.date(), 1000 * (60 - day)])


def reports(receiver: Receiver) -> list[dict[str, object]]:
    return [post.json for post in receiver.of("ops") if post.json["occasion"] == "report"]


def test_it_comes_on_monday_morning_once_by_mail_and_to_the_chat(
    desk: Desk, mailbox: MailInbox, receiver: Receiver
) -> None:
    desk.dispatches()
    desk.clock.now = datetime(2026, 11, 30, 5, 59, tzinfo=UTC)
    passes_end(desk)
    desk.dispatches()
    assert not mailbox.of("ops")
    desk.clock.passes(minutes=1)  # 07:00 in Paris
    for _ in range(3):
        desk.dispatches()
        desk.clock.passes(minutes=5)
    (mail,) = mailbox.of("ops")
    assert mail["Subject"] == "Govwatch, 30 November 2026: all is well"
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert "All is well. 24 Nov, 05:59 to 30 Nov 2026, 07:00 (Europe/Paris): 0 of 0 sources" in plain.get_content()
    assert "discover</th>" in html.get_content()
    (post,) = reports(receiver)
    assert post["report"]["well"] is True  # type: ignore[index]
    assert {one["title"] for one in post["report"]["sections"]} >= {"Passes", "Room"}  # type: ignore[index]
    assert mail["Message-ID"]
    desk.holds_the_invariants()


def test_after_weeks_of_rest_one_report_comes_and_not_one_for_each_week(
    desk: Desk, mailbox: MailInbox, receiver: Receiver
) -> None:
    desk.dispatches()
    desk.clock.passes(days=24)  # two Mondays later
    for _ in range(3):
        desk.dispatches()
        desk.clock.passes(minutes=5)
    assert len(reports(receiver)) == 1
    assert mailbox.of("ops").has(1)
    desk.clock.passes(days=4)
    desk.dispatches()
    assert len(reports(receiver)) == 2


def test_on_other_days_it_comes_only_while_something_urgent_needs_a_hand(desk: Desk, receiver: Receiver) -> None:
    desk.dispatches()
    desk.clock.passes(days=1)
    desk.dispatches()
    assert reports(receiver) == []
    with desk.warehouse.writing() as con:
        con.execute("insert into alarms values ('the-disk-fills', $1, $1, $1, 'no room')", [desk.clock()])
    desk.dispatches()
    desk.clock.passes(days=1)
    desk.dispatches()
    (post,) = reports(receiver)
    assert post["title"] == "Govwatch, 25 November 2026: 1 thing needs a hand"
    assert post["report"] == {
        "well": False,
        "needs_a_hand": [{"alarm": "the-disk-fills", "sentence": "no room"}],
        "sections": [],  # the figures wait for Monday
    }
    with desk.warehouse.writing() as con:
        con.execute("delete from alarms")
    for _ in range(2):  # the one that was promised says nothing any more
        desk.clock.passes(days=1)
        desk.dispatches()
    assert len(reports(receiver)) == 1


def test_dead_messages_and_channels_that_fail_are_told_with_their_commands(
    desk: Desk, mailbox: MailInbox, receiver: Receiver
) -> None:
    desk.reads(mention(published=None, seen_at=desk.clock()))
    receiver.answers(*[404] * 6)  # the alert, and the notice of it
    desk.dispatches()
    desk.clock.passes(days=1)
    desk.dispatches()
    (told,) = [mail for mail in mailbox.of("ops") if mail["Subject"].startswith("Govwatch, 24 November 2026")]
    body = told.get_body(("plain",))
    assert body is not None
    assert "Given up within a week: 2 messages (2 to chat)." in body.get_content()
    assert "govwatch alerts requeue · docs/alarms.md#a-message-could-not-be-delivered" in body.get_content()
    desk.holds_the_invariants()


def test_a_report_that_is_refused_is_sent_again_with_the_words_that_it_had(
    desk: Desk, mailbox: MailInbox, receiver: Receiver
) -> None:
    desk.dispatches()
    desk.clock.now = datetime(2026, 11, 30, 6, tzinfo=UTC)
    mailbox.refuses()
    desk.dispatches()
    assert not mailbox.of("ops")
    passes_end(desk)  # the world goes on; the words are frozen
    desk.clock.passes(minutes=10)
    desk.dispatches()
    (mail,) = mailbox.of("ops")
    body = mail.get_body(("plain",))
    assert body is not None
    assert "0 passes ended" in body.get_content()
    assert desk.ask("select count(*), count(distinct payload_hash) from attempts where delivery_id in "
        "(select delivery_id from deliveries where channel = 'mail')") == [(2, 1)]  # fmt: skip


def test_readers_never_get_it_and_it_can_be_switched_off(
    tmp_path: Path, mailbox: MailInbox, receiver: Receiver
) -> None:
    desk = opened(tmp_path, mailbox, receiver, report="false")
    desk.dispatches()
    desk.clock.passes(days=8)
    desk.dispatches()
    assert not receiver.posts
    assert not mailbox.of("ops")


def test_its_figures_are_those_of_the_week_against_the_four_before(desk: Desk, receiver: Receiver) -> None:
    desk.dispatches()
    desk.clock.now = datetime(2026, 11, 23, 6, tzinfo=UTC)
    passes_end(desk, days=28, seconds=2.0)
    desk.clock.now = datetime(2026, 11, 30, 6, tzinfo=UTC)
    passes_end(desk, seconds=4.0)
    passes_end(replace_clock(desk, hours=2), days=2, seconds=4.0, state="failed")
    desk.clock.now = datetime(2026, 11, 30, 6, tzinfo=UTC)
    desk.dispatches()
    (post,) = reports(receiver)
    facts = {
        fact["label"]: (fact["value"], fact["note"])
        for section in post["report"]["sections"]  # type: ignore[index]
        for fact in section["facts"]
    }
    assert facts["ended"] == ("9", "2 of them badly")
    assert facts["discover"] == ("4.0 s", "2.0 s in the four weeks before: 2.0 times as long")
    assert "in a week before" in facts["warehouse"][1]


def replace_clock(desk: Desk, **ago: float) -> Desk:
    desk.clock.now = desk.clock.ago(**ago)
    return desk
