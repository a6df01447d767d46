"""Handing messages to real servers: what arrives there, and what each answer means."""

from __future__ import annotations

import io
import socket
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest

from alerts import channels, mail
from alerts.send import probe, send
from records import ids
from records.alert import Payload
from records.delivery import Delivery
from records.errors import DeliveryPermanent, DeliveryTransient, DeliveryUnknown
from records.subscription import Channel, Transport
from tests.alerts.desk import policy
from tests.alerts.nasty import TITLES
from tests.clock import MONDAY
from tests.inboxes import MailInbox, Receiver


def channel(url: str = "", kind: str = "") -> Channel:
    written = f"type: {kind}" if kind else ""
    url = f"url: '{url}'" if url else ""
    return policy(f"channels: {{there: {{{', '.join(part for part in (written, url) if part)}}}}}").channels[0]


def delivery(body: str = "Harbour Treaty: first mention", **more: Any) -> Delivery:
    payload = Payload("[Harbour Treaty] first mention", body, "<p>Harbour Treaty</p>", {"reference": "7F3A-09BC"})
    one = Delivery(ids.key("d"), ids.key("n"), "eu-desk", "there", 1, payload, "hash", ids.key("t"), MONDAY)
    return replace(one, **more)


def unused_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_mail_has_both_parts_and_headers_that_make_repeats_and_threads_known(mailbox: MailInbox) -> None:
    assert send(delivery(), channel(mailbox.apprise_url("desk@reader.example"))) == 250
    (got,) = mailbox.of("desk@reader.example")
    assert got["Message-ID"] == f"<{ids.key('d')}@newsroom.example>"
    assert got["References"] == got["In-Reply-To"] == f"<{ids.key('t')}@newsroom.example>"
    assert got["List-Id"] == "<eu-desk.govwatch.newsroom.example>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["X-Alert-Id"] == ids.key("d")
    assert got["Subject"] == "[Harbour Treaty] first mention"
    assert [part.get_content_type() for part in got.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("title", TITLES)
def test_no_headline_makes_a_header_or_a_recipient(title: str) -> None:
    one = delivery()
    built = mail.build(
        replace(one, payload=Payload(f"[Treaty] {title}", title.encode("utf-8", "replace").decode())),
        mail.Address("Govwatch", addr_spec="a@x.example"),
        mail.Address("", addr_spec="b@y.example"),
    )
    raw = built.as_bytes()
    head = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
    names = {line.split(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))}
    assert names == {
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Id", "Auto-Submitted",
        "X-Alert-Id", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    }  # fmt: skip


def test_a_mail_is_the_same_each_time(mailbox: MailInbox) -> None:
    there = channel(mailbox.apprise_url("desk@reader.example"))
    send(delivery(), there)
    send(delivery(repeat=True, attempt=2), there)
    one, two = mailbox.mails
    assert isinstance(one, EmailMessage)
    assert (one["Message-ID"], one["Date"]) == (two["Message-ID"], two["Date"])


@pytest.mark.parametrize("at", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("421 4.3.2 closing", DeliveryTransient),
        ("451 4.7.1 greylisted", DeliveryTransient),
        ("550 5.1.1 nobody", DeliveryPermanent),
    ],
)
def test_a_mail_server_that_says_no_is_understood(
    mailbox: MailInbox, at: str, reply: str, error: type[Exception]
) -> None:
    mailbox.refuses(reply, at=at)
    with pytest.raises(error) as raised:
        send(delivery(), channel(mailbox.apprise_url("desk@reader.example")))
    assert raised.value.code == int(reply[:3])  # type: ignore[attr-defined]


def test_a_mail_whose_confirmation_never_came_may_have_arrived(mailbox: MailInbox) -> None:
    mailbox.closes_after_reading()
    with pytest.raises(DeliveryUnknown):
        send(delivery(), channel(mailbox.apprise_url("desk@reader.example")))
    assert mailbox.mails.has(1)


def test_a_login_that_is_refused_is_permanent_and_names_no_password() -> None:
    with MailInbox(login=("alerts", "right")) as inbox:
        url = inbox.apprise_url("desk@reader.example").replace("right", "wr0ng-secret")
        with pytest.raises(DeliveryPermanent) as raised:
            send(delivery(), channel(url))
        assert "wr0ng-secret" not in str(raised.value)
        assert send(delivery(), channel(inbox.apprise_url("desk@reader.example"))) == 250


def test_no_mail_server_at_all_is_transient() -> None:
    with pytest.raises(DeliveryTransient):
        send(delivery(), channel(f"mailto://127.0.0.1:{unused_port()}?from=a@x.example&to=b@y.example&mode=insecure"))


def test_a_webhook_gets_json_with_its_key(receiver: Receiver) -> None:
    send(delivery(), channel(f"{receiver.url}/hook?token=t", "webhook"))
    (post,) = receiver.of("hook")
    assert post.headers.get("Idempotency-Key", post.headers.get("idempotency-key")) == ids.key("d")
    assert post.json["reference"] == "7F3A-09BC"
    assert post.json["message"] == "Harbour Treaty: first mention"
    assert "token=t" in post.path


@pytest.mark.parametrize(
    ("status", "error"),
    [(408, DeliveryTransient), (429, DeliveryTransient), (500, DeliveryTransient), (503, DeliveryTransient),
     (400, DeliveryPermanent), (401, DeliveryPermanent), (403, DeliveryPermanent), (404, DeliveryPermanent),
     (410, DeliveryPermanent), (413, DeliveryPermanent), (302, DeliveryPermanent)],
)  # fmt: skip
def test_each_status_of_a_webhook_has_its_meaning(receiver: Receiver, status: int, error: type[Exception]) -> None:
    receiver.answers(status)
    with pytest.raises(error) as raised:
        send(delivery(), channel(f"{receiver.url}/hook", "webhook"))
    assert raised.value.code == status  # type: ignore[attr-defined]
    assert receiver.posts.has(1), "nothing is followed or repeated behind our back"


def test_a_webhook_that_reads_and_hangs_up_may_have_it(receiver: Receiver) -> None:
    receiver.closes_after_reading()
    with pytest.raises(DeliveryUnknown):
        send(delivery(), channel(f"{receiver.url}/hook", "webhook"))


def test_a_webhook_that_reads_and_never_answers_may_have_it(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "READ_TIMEOUT", 0.3)
    receiver.stalls_after_reading()
    with pytest.raises(DeliveryUnknown):
        send(delivery(), channel(f"{receiver.url}/hook", "webhook"))


def test_no_server_at_all_is_transient() -> None:
    with pytest.raises(DeliveryTransient):
        send(delivery(), channel(f"http://127.0.0.1:{unused_port()}/hook", "webhook"))


def test_any_apprise_service_gets_our_words_as_they_are(receiver: Receiver) -> None:
    there = channel(receiver.apprise_url("chat", "form"))
    assert there.transport is Transport.APPRISE
    send(delivery("one *two* <three> \\n :smile:"), there)
    assert "one+%2Atwo%2A+%3Cthree%3E+%5Cn+%3Asmile%3A" in receiver.posts[0].body.decode()


def test_what_may_be_a_repeat_is_marked_where_only_a_reader_can_tell(receiver: Receiver) -> None:
    send(delivery(repeat=True), channel(receiver.apprise_url("chat", "form")))
    send(delivery(repeat=True), channel(f"{receiver.url}/hook", "webhook"))
    assert "possible+repeat" in receiver.posts[0].body.decode()
    assert "possible repeat" not in receiver.posts[1].json["message"]


def test_a_url_that_apprise_does_not_know_is_permanent_and_not_shown() -> None:
    with pytest.raises(DeliveryPermanent) as raised:
        send(delivery(), channel("nosuch://user:s3cret@host/path"))
    assert "s3cret" not in str(raised.value)


def test_the_console_is_plain_unless_it_is_a_terminal() -> None:
    out = io.StringIO()
    send(delivery(), channel(kind="console"), out)
    assert out.getvalue() == "Harbour Treaty: first mention\n\n"


def test_a_console_without_unicode_shows_what_it_can() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    send(delivery("Vertrag über Häfen"), channel(kind="console"), out)


def test_a_probe_says_what_answers_and_what_does_not(mailbox: MailInbox, receiver: Receiver) -> None:
    assert "terminal" in probe(channel(kind="console"))
    assert str(mailbox.port) in probe(channel(mailbox.apprise_url("desk@reader.example")))
    assert "answers" in probe(channel(f"{receiver.url}/hook", "webhook"))
    assert not mailbox.mails
    assert not receiver.posts
    with pytest.raises(DeliveryTransient):
        probe(channel(f"http://127.0.0.1:{unused_port()}/hook", "webhook"))
