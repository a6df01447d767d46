"""Mail: our own MIME, handed to the server that apprise's URL describes, so that its reply codes are seen.

It never chooses words: the parts come frozen. Headers go through `email.policy.SMTP`, which refuses line breaks.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from alerts.channels import CONNECT_TIMEOUT, READ_TIMEOUT, service
from records.delivery import Delivery
from records.errors import DeliveryPermanent, DeliveryTransient, DeliveryUnknown
from records.subscription import Channel
from records.text import clean

_PERMANENT = 500


def send(delivery: Delivery, channel: Channel) -> int:
    """Hand one mail to its server, and return the server's reply code (250).

    Raises:
        DeliveryTransient: the server asks to come back (4xx), or cannot be reached.
        DeliveryPermanent: the server refuses for good (5xx), or the configuration does not fit it.
        DeliveryUnknown: the connection ended after the mail was handed over and before the server said so.
    """
    made = service(channel)
    sender, recipient = _addresses(made, channel)
    mail = build(delivery, sender, recipient)
    with _connected(made) as smtp:
        _accepted(*smtp.mail(sender.addr_spec))
        _accepted(*smtp.rcpt(recipient.addr_spec))
        try:
            code, reply = smtp.data(mail.as_bytes())
        except smtplib.SMTPDataError as error:
            _accepted(error.smtp_code, error.smtp_error)
            raise DeliveryUnknown(f"the mail server said {error.smtp_code} in place of an answer") from error
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            raise DeliveryUnknown(f"the mail server went away before it confirmed: {_said(error)}") from error
        _accepted(code, reply)
        return code


def probe(channel: Channel) -> str:
    """Connect and log in without sending, and return what the server is.

    Raises:
        DeliveryTransient: or DeliveryPermanent, as for `send`.
    """
    made = service(channel)
    _addresses(made, channel)
    with _connected(made) as smtp:
        _accepted(*smtp.noop())
    return f"mail server {made.smtp_host}:{made.port} takes the login" if made.user else f"{made.smtp_host}:{made.port}"


def build(delivery: Delivery, sender: Address, recipient: Address) -> EmailMessage:
    """Return the mail: the same for every attempt, so that a repeat is recognised by its Message-ID."""
    mail = EmailMessage(policy=SMTP)
    domain = sender.domain or "govwatch.invalid"
    root = f"<{delivery.thread}@{domain}>"
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = _literal(clean(delivery.payload.subject))
    mail["Date"] = format_datetime(delivery.created_at)
    mail["Message-ID"] = f"<{delivery.delivery_id}@{domain}>"
    mail["In-Reply-To"] = root
    mail["References"] = root
    mail["List-Id"] = f"<{delivery.subscription}.govwatch.{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Alert-Id"] = delivery.delivery_id
    mail.set_content(delivery.payload.body, cte="quoted-printable")
    if delivery.payload.html:
        mail.add_alternative(delivery.payload.html, subtype="html", cte="quoted-printable")
    return mail


def _literal(text: str) -> str:
    """Return ``text`` so that nothing in it is taken for an encoded word (RFC 2047).

    ``=?utf-8?Q?=0D=0ABcc:_x?=`` has no line break, but `email` decodes it when the header is set and writes the line
    break out when the mail is built: a header of the headline's making (Python 3.11.7, seen 2026-11).
    """
    return text.replace("=?", "=\u200b?")


def _addresses(made: Any, channel: Channel) -> tuple[Address, Address]:
    try:
        name, target = made.targets[0]
        sender_name, sender = made.from_addr
        return (
            Address(clean(str(sender_name or "Govwatch")), addr_spec=sender),
            Address(clean(str(name or "")), addr_spec=target),
        )
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise DeliveryPermanent(
            f"channel {channel.name}: its URL names no usable sender and recipient; add ?from=...&to=..."
        ) from error


@contextlib.contextmanager
def _connected(made: Any) -> Iterator[smtplib.SMTP]:
    """Open the connection, encrypted and logged in as the URL says; failures before a mail is handed over are known."""
    smtp: smtplib.SMTP | None = None
    try:
        try:
            smtp = _greeted(made)
        except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as error:
            raise DeliveryPermanent(f"the mail server does not offer what the URL asks for: {_said(error)}") from error
        except smtplib.SMTPResponseException as error:
            _accepted(error.smtp_code, error.smtp_error)
            raise DeliveryTransient(f"the mail server said {error.smtp_code}", error.smtp_code) from error
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryTransient(f"the mail server cannot be reached: {_said(error)}") from error
        try:
            yield smtp
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            raise DeliveryTransient(f"the mail server hung up before it took the mail: {_said(error)}") from error
    finally:
        if smtp is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()


def _greeted(made: Any) -> smtplib.SMTP:
    mode = str(getattr(made.secure_mode, "value", made.secure_mode))
    smtp: smtplib.SMTP
    if mode == "ssl":
        smtp = smtplib.SMTP_SSL(made.smtp_host, made.port, timeout=CONNECT_TIMEOUT, context=_trust(made))
    else:
        smtp = smtplib.SMTP(made.smtp_host, made.port, timeout=CONNECT_TIMEOUT)
    try:
        if mode == "starttls":
            smtp.starttls(context=_trust(made))
        smtp.ehlo_or_helo_if_needed()
        if made.user and made.password:
            smtp.login(made.user, made.password)
        if smtp.sock is not None:
            smtp.sock.settimeout(READ_TIMEOUT)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _trust(made: Any) -> ssl.SSLContext:
    """Return whom to believe; made only where it is needed, as reading the system's certificates takes 20 ms."""
    context = ssl.create_default_context()
    if not made.verify_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _accepted(code: int, reply: bytes | str) -> None:
    """Return when the server said yes; else raise what its code means."""
    if 200 <= code < 400:
        return
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    error = DeliveryPermanent if code >= _PERMANENT else DeliveryTransient
    raise error(f"the mail server said {code} {clean(text, 200)}", code)


def _said(error: BaseException) -> str:
    return clean(str(error), 200) or type(error).__name__
