"""Mail over encrypted connections, with logins, to a real SMTP server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.send import probe, send
from records.errors import DeliveryPermanent
from records.subscription import Channel
from tests.inboxes import MailInbox
from tests.real.messages import channel, message
from tests.real.services import Certificate

LOGIN = ("alerts", "right")


class EncryptedInbox(MailInbox):
    """A mail server that speaks TLS from the start, or after STARTTLS, and takes a login only then."""

    def __init__(self, certificate: Certificate, *, from_the_start: bool) -> None:
        super().__init__(LOGIN)
        context = certificate.of_server()
        if from_the_start:
            self._controller.ssl_context = context
        else:
            self._controller.SMTP_kwargs |= {"tls_context": context, "require_starttls": True}
        self._controller.SMTP_kwargs["auth_require_tls"] = not from_the_start
        self.mode = "ssl" if from_the_start else "starttls"

    def url(self, password: str = "right", verify: str = "yes") -> str:
        return (
            f"mailtos://alerts:{password}@{self.host}:{self.port}?mode={self.mode}"
            f"&from=alerts@newsroom.example&to=desk@reader.example&verify={verify}"
        )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine believes the certificate, as it believes those of its system."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))


@pytest.fixture(params=[True, False], ids=["TLS", "STARTTLS"])
def inbox(request: pytest.FixtureRequest, certificate: Certificate) -> Iterator[EncryptedInbox]:
    with EncryptedInbox(certificate, from_the_start=request.param) as inbox:
        yield inbox


@pytest.mark.usefixtures("trusted")
def test_a_mail_arrives_encrypted_and_logged_in_with_both_parts(inbox: EncryptedInbox) -> None:
    there = channel(inbox.url())
    assert send(message(there), there) == 250
    (mail,) = inbox.of("desk@reader.example")
    plain, page = (part.get_content() for part in mail.iter_parts())
    for part in (plain, page):
        assert "Treaty to be signed in spring" in part
        assert "https://gazette.example/1" in part
        assert "7F3A-09BC" in part


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_a_permanent_failure_that_does_not_show_it(inbox: EncryptedInbox) -> None:
    there = channel(inbox.url(password="wr0ng-secret"))
    for attempt in (send, _probe):
        with pytest.raises(DeliveryPermanent) as raised:
            attempt(message(there), there)
        assert raised.value.code == 535
        assert "wr0ng-secret" not in str(raised.value)
    assert inbox.refused_logins >= 2
    assert not inbox.mails


@pytest.mark.usefixtures("trusted")
def test_a_probe_logs_in_and_sends_nothing(inbox: EncryptedInbox) -> None:
    assert "takes the login" in probe(channel(inbox.url()))
    assert not inbox.mails


def test_a_certificate_that_nobody_vouches_for_gets_no_password_and_no_mail(inbox: EncryptedInbox) -> None:
    there = channel(inbox.url())
    with pytest.raises(DeliveryPermanent, match="certificate"):
        send(message(there), there)
    assert inbox.refused_logins == 0
    assert not inbox.mails
    there = channel(inbox.url(verify="no"))
    assert send(message(there), there) == 250, "verify=no is the reader's own decision"


def test_a_server_without_encryption_gets_no_password(tmp_path: Path) -> None:
    with MailInbox(LOGIN) as inbox:
        url = f"mailtos://alerts:right@{inbox.host}:{inbox.port}?mode=starttls&from=a@x.example&to=b@y.example"
        with pytest.raises(DeliveryPermanent, match="does not offer"):
            send(message(channel(url)), channel(url))
        assert not inbox.mails


def _probe(_message: object, there: Channel) -> None:
    probe(there)
