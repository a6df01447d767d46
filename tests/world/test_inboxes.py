"""The inboxes are real servers: they keep what they read, and fail as real ones do."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import httpx
import pytest

from tests.inboxes import MailInbox, Receiver


def _mail(inbox: MailInbox, to: str = "eu-desk@newsroom.example", timeout: float = 5) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Grüße", "govwatch@newsroom.example", to
    message.set_content("One story, two outlets.")
    with smtplib.SMTP(inbox.host, inbox.port, timeout=timeout) as server:
        server.send_message(message)


def test_a_mail_arrives_with_its_subject_for_the_one_it_names(mailbox: MailInbox) -> None:
    _mail(mailbox)
    assert mailbox.of("eu-desk").has(1)
    assert mailbox.of("eu-desk@newsroom.example")[0]["Subject"] == "Grüße"
    assert mailbox.of("asia-desk").has(0)


@pytest.mark.parametrize("at", ["rcpt", "data"])
def test_a_refused_mail_is_not_kept_and_the_next_one_is(mailbox: MailInbox, at: str) -> None:
    mailbox.refuses("451 4.3.0 later", at=at)
    with pytest.raises((smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused)):
        _mail(mailbox)
    assert mailbox.mails.has(0)
    _mail(mailbox)
    assert mailbox.mails.has(1)


def test_a_mail_server_can_keep_a_mail_and_break_before_it_says_so(mailbox: MailInbox) -> None:
    mailbox.closes_after_reading()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        _mail(mailbox)
    assert mailbox.mails.has(1)


def test_a_mail_server_can_keep_a_mail_and_never_say_so(mailbox: MailInbox) -> None:
    mailbox.stalls_after_reading()
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        _mail(mailbox, timeout=0.3)
    assert mailbox.mails.has(1)


def test_a_mail_server_with_a_login_knows_the_right_one() -> None:
    with MailInbox(login=("desk", "sesame")) as inbox, smtplib.SMTP(inbox.host, inbox.port) as server:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            server.login("desk", "wrong")
        server.login("desk", "sesame")
        assert inbox.refused_logins >= 1


def test_a_receiver_keeps_what_is_posted_and_answers_as_told(receiver: Receiver) -> None:
    receiver.answers(503, 429, retry_after=7)
    answers = [httpx.post(receiver.url + "/desk", json={"n": n}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [503, 429, 200]
    assert answers[1].headers["retry-after"] == "7"
    assert [post.json["n"] for post in receiver.of("desk")] == [0, 1, 2]


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_receiver_can_read_and_hang_up(receiver: Receiver, how: str) -> None:
    receiver.closes_after_reading(how=how)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        httpx.post(receiver.url + "/desk", json={})
    assert receiver.posts.has(1)


def test_a_receiver_can_read_and_stall(receiver: Receiver) -> None:
    receiver.stalls_after_reading()
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(receiver.url + "/desk", json={}, timeout=0.2)
    assert receiver.posts.has(1)
    assert httpx.post(receiver.url + "/desk", json={}).status_code == 200
