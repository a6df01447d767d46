"""alerts.yaml: what is understood, and what is refused with a line and a hint."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from config import alerts as module
from config.alerts import AlertsFile
from config.document import read, shape
from records.errors import Problem
from records.mention import Place
from records.signal import Severity
from records.subscription import AlertPolicy, Canary, Format, Transport
from tests.alerts.desk import mention

SHIPPED = Path(module.__file__).with_name("alerts.yaml")
TERMINAL = "channels: {terminal: {type: console}}\n"


def policy(text: str, **environ: str) -> AlertPolicy:
    document = read(Path("alerts.yaml"), environ, text)
    found = shape(document, AlertsFile)
    assert found is not None, document.problems
    return found.records("Europe/Paris")


def problems(text: str, **environ: str) -> list[Problem]:
    document = read(Path("alerts.yaml"), environ, text)
    assert shape(document, AlertsFile) is None
    return document.problems


def test_the_shipped_file_tells_everything_on_the_terminal_at_once() -> None:
    shipped = policy(SHIPPED.read_text(encoding="utf-8"))
    (channel,) = shipped.channels
    (subscription,) = shipped.subscriptions
    assert (channel.name, channel.transport) == ("terminal", Transport.CONSOLE)
    assert subscription.wait == timedelta(0)
    assert subscription.zone == "Europe/Paris", "the reader's zone, where a subscription names none"


def test_the_commented_examples_of_the_shipped_file_are_right() -> None:
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    told, whole = False, []
    for line in lines:
        bare = line.strip()
        example = bare.startswith(("# europe:", "# mail-", "# hook:", "# team-", "# phone:", "# - ", "#   "))
        line = {"silences: []": "silences:", "groups: {}": "groups:"}.get(line, line)
        whole.append(line.replace("# ", "", 1) if example and line.startswith("  ") else line)
        told |= example
    names = ("SMTP_PASSWORD", "HOOK_TOKEN", "SLACK_TOKEN", "TELEGRAM_BOT", "TELEGRAM_CHAT")
    found = policy("\n".join(whole), **dict.fromkeys(names, "abc"))
    assert [one.name for one in found.channels] == ["terminal", "mail-eu-desk", "hook", "team-chat", "phone"]
    assert [one.name for one in found.subscriptions] == ["everything", "eu-desk", "analyst", "manager", "operator"]
    assert [one.silence_id for one in found.silences] == ["summit-week"]
    assert found.subscriptions[1].match.initiatives == ("eu-ai-act", "coe-*")
    assert told


def test_an_empty_file_tells_nobody() -> None:
    assert policy("") == AlertPolicy()


@pytest.mark.parametrize(
    ("url", "transport", "form"),
    [
        ("mailtos://a:b@mail.example?to=c@d.example", Transport.MAIL, Format.MAIL),
        ("jsons://tools.example/in", Transport.WEBHOOK, Format.JSON),
        ("slack://T1/B1/abc/#news", Transport.APPRISE, Format.SLACK),
        ("tgram://123:abc/456", Transport.APPRISE, Format.TELEGRAM),
        ("discord://1/abc", Transport.APPRISE, Format.DISCORD),
        ("irc://bot@irc.example/#news", Transport.APPRISE, Format.IRC),
        ("unheardof://x", Transport.APPRISE, Format.PLAIN),
    ],
)
def test_a_channels_url_tells_how_it_is_written_to(url: str, transport: Transport, form: Format) -> None:
    (channel,) = policy(f"channels: {{there: {{url: '{url}'}}}}").channels
    assert (channel.transport, channel.format) == (transport, form)


def test_a_subscription_says_what_when_and_how() -> None:
    (one,) = policy(
        TERMINAL
        + """
subscriptions:
- name: desk
  match: {initiatives: [eu-*], languages: [fr, no], outlets: [www.Gazette.example], outlet_tiers: [1], min_severity: notice}
  channels: [terminal]
  deliver: {at: "07:30", days: [mon, fri], except_severity: high}
  group: {wait: 5m, interval: 1h}
  quiet: {from: "20:00", to: 07:00, tz: Asia/Kolkata, except_severity: null}
  most_per_hour: 7
"""
    ).subscriptions
    assert one.match.languages == ("fr", "no")
    assert one.match.outlets == ("gazette.example",)
    assert one.match.min_severity is Severity.NOTICE
    assert (one.immediate, one.at_once, one.digest_at, one.digest_days) == (False, Severity.HIGH, time(7, 30), (0, 4))
    assert one.quiet is not None
    assert (one.quiet.begins, one.quiet.ends, one.quiet.zone) == (time(20), time(7), "Asia/Kolkata")
    assert one.quiet.except_severity is None


def test_those_who_hear_at_once_may_choose_when_the_rest_comes() -> None:
    (one,) = policy(
        TERMINAL + 'subscriptions: [{name: desk, channels: [terminal], digest: {at: "18:00"}}]'
    ).subscriptions
    assert (one.immediate, one.digest_at) == (True, time(18))


def test_a_silence_is_kept_in_utc() -> None:
    text = "silences: [{id: away, match: {}, starts: 2026-02-16T00:00+05:30, ends: 2026-02-17T00:00, author: A, comment: C}]"
    (one,) = policy(text).silences
    assert one.starts == datetime(2026, 2, 15, 18, 30, tzinfo=UTC)
    assert one.ends == datetime(2026, 2, 17, tzinfo=UTC)


SUBSCRIBED = TERMINAL + "subscriptions:\n- name: desk\n  channels: [terminal]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("channels: {there: {url: 'slack://a/b/c?optional=yes'}}", "optional=yes is refused"),
        ("channels: {there: {url: 'mailto://m.example?to=a@x.example,b@x.example'}}", "several targets"),
        ("channels: {there: {url: 'mailto://m.example?to=a@x.example&cc=b@x.example'}}", "several targets"),
        ("channels: {there: {url: 'https://x.example/hook'}}", "needs a type"),
        ("channels: {there: {type: webhook, url: 'mailto://x.example'}}", "cannot have a mailto"),
        ("channels: {there: {type: console, url: 'slack://a'}}", "has no url"),
        ("channels: {there: {}}", "no usable url"),
        ("channels: {There: {type: console}}", "not a valid id"),
        (TERMINAL + "subscriptions: [{name: desk, channels: [phone]}]", "there is no channel 'phone'"),
        (TERMINAL + "subscriptions: [{name: desk, channels: [terminal, terminal]}]", "stands twice"),
        (TERMINAL + "subscriptions: [{name: d, channels: [terminal]}, {name: d, channels: [terminal]}]", "used twice"),
        (SUBSCRIBED + "  time_zone: Europe/Pariss\n", "not a time zone"),
        (SUBSCRIBED + '  quiet: {from: "25:00", to: "07:00"}\n', "not a time of day"),
        (SUBSCRIBED + '  quiet: {from: "07:00", to: "07:00"}\n', "begin when they end"),
        (SUBSCRIBED + "  match: {min_severity: urgent}\n", "not a severity"),
        (SUBSCRIBED + "  match: {kinds: [new_storey]}\n", "should be"),
        (SUBSCRIBED + "  group: {wait: soon}\n", "not a duration"),
        (SUBSCRIBED + "  chanels: []\n", "unknown key 'chanels'"),
        ("silences: [{id: a, match: {}, starts: 2026-02-16, ends: 2026-02-15, author: A, comment: C}]", "ends before"),
        ("silences: [{id: a, match: {}, starts: soon, ends: 2026-02-15, author: A, comment: C}]", "not a time"),
    ],
)
def test_mistakes_are_refused_with_their_line(text: str, message: str) -> None:
    found = problems(text)
    assert any(message in one.message for one in found), found
    assert all(one.line for one in found)


def test_a_secret_is_taken_from_the_environment_and_never_shown() -> None:
    text = "channels: {there: {url: 'slack://${TOKEN}/b/c'}}"
    assert policy(text, TOKEN="abc").channels[0].url == "slack://abc/b/c"
    assert "abc" not in repr(policy(text, TOKEN="abc"))
    assert "TOKEN is not set" in problems(text)[0].message
    refused = problems("channels: {there: {url: 'https://${TOKEN}/hook'}}", TOKEN="s3cret-host")
    assert "s3cret-host" not in "".join(map(str, refused))


def test_a_group_stands_for_its_initiatives_in_subscriptions_and_silences() -> None:
    found = policy(
        TERMINAL
        + """
groups: {europe: [eu-*, coe-ai-convention]}
subscriptions: [{name: desk, match: {groups: [europe], initiatives: [waico, eu-*]}, channels: [terminal]}]
silences:
- {id: leave, match: {groups: [europe]}, starts: 2026-11-23, ends: 2026-11-24, author: Ada, comment: away}
"""
    )
    assert found.subscriptions[0].match.initiatives == ("waico", "eu-*", "coe-ai-convention")
    assert found.silences[0].match.initiatives == ("eu-*", "coe-ai-convention")


def test_a_group_that_does_not_exist_is_refused_with_its_line() -> None:
    text = (
        TERMINAL
        + "groups: {europe: [eu-*]}\nsubscriptions:\n- name: desk\n  match: {groups: [europa]}\n  channels: [terminal]\n"
    )
    (problem,) = problems(text)
    assert (problem.line, problem.message, problem.hint) == (
        5,
        "there is no group 'europa'",
        "groups of this file: europe",
    )


@pytest.mark.parametrize(
    ("evidence", "places"),
    [("headline", {"headline"}), ("lead", {"headline", "lead"}), ("text", {"headline", "lead", "body", "caption"})],
)
def test_evidence_says_where_the_initiative_must_be_named_at_least(evidence: str, places: set[str]) -> None:
    found = policy(
        TERMINAL + f"subscriptions: [{{name: desk, match: {{evidence: {evidence}}}, channels: [terminal]}}]"
    ).subscriptions[0]
    alerting = (Place.HEADLINE, Place.LEAD, Place.BODY, Place.CAPTION)
    assert {one.value for one in alerting if found.match.covers_mention(mention(place=one))} == places


def test_the_canary_flies_to_operators_who_listen_elsewhere_than_on_the_terminal() -> None:
    mail = (
        "channels: {terminal: {type: console}, ops: {url: 'mailto://mail.example?from=a@b.example&to=c@d.example'}}\n"
    )
    operator = "subscriptions: [{name: ops, channels: [%s], operator: true}]\n"
    assert policy(mail + operator % "terminal").canary is None
    assert policy(mail + operator % "ops" + "canary: false").canary is None
    assert policy(mail + operator % "ops").canary == Canary(time(6), "Europe/Paris", timedelta(hours=6))
    told = policy(mail + operator % "ops" + 'canary: {at: "9:30", time_zone: Asia/Kolkata, within: 90m}').canary
    assert told == Canary(time(9, 30), "Asia/Kolkata", timedelta(minutes=90))


def test_digests_without_news_can_be_switched_off() -> None:
    digest = "subscriptions: [{name: desk, channels: [terminal], deliver: %s}]"
    assert policy(TERMINAL + digest % "digest").subscriptions[0].empty_digest
    assert not policy(TERMINAL + digest % "{empty: false}").subscriptions[0].empty_digest
