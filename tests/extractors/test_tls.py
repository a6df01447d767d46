"""TLS over connections that we open ourselves: the certificate is checked against the name, not the address."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from extractors.connect import tls_context
from extractors.http import Fetcher, Policy
from records.article import FetchFailed, FetchResult, Outcome, Page
from tests.extractors.badweb import BadWeb, utc_now, well

x509 = pytest.importorskip("cryptography.x509")

POLICY = Policy("govwatch/0.1", per_host_delay=0, allow_private_hosts=("127.0.0.1",), tries=1)


def certificate(directory: Path, name: str) -> Path:
    """Write a self-signed certificate for ``name``, with its key."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


async def everything_is_here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def fetch_over_tls(pem: Path, host: str, tls: ssl.SSLContext | None) -> tuple[FetchResult, list[str | None]]:
    async def scenario() -> tuple[FetchResult, list[str | None]]:
        named: list[str | None] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        context.sni_callback = lambda _, name, __: named.append(name)
        fetching = Fetcher(POLICY, utc_now, resolve=everything_is_here, tls=tls)
        async with BadWeb({"/": well()}, tls=context) as web, fetching as fetcher:
            results = [await fetcher.fetch(web.url("/", host=host), robots=False) for _ in range(2)]
        return results[-1], named

    return asyncio.run(scenario())


def test_the_name_is_sent_and_checked_although_the_address_is_connected_to(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "secure.test")
    result, named = fetch_over_tls(pem, "secure.test", ssl.create_default_context(cafile=str(pem)))
    assert isinstance(result, Page), result
    assert named == ["secure.test"]  # one connection for both requests


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "secure.test")
    result, _ = fetch_over_tls(pem, "other.test", ssl.create_default_context(cafile=str(pem)))
    assert isinstance(result, FetchFailed)
    assert (result.outcome, result.retry) == (Outcome.FAILED, True)
    assert "certificate" in result.reason


def test_a_certificate_of_nobody_known_is_refused(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "secure.test")
    result, _ = fetch_over_tls(pem, "secure.test", None)
    assert isinstance(result, FetchFailed)
    assert "certificate" in result.reason


def test_there_is_one_context_and_it_verifies() -> None:
    assert tls_context() is tls_context()
    assert tls_context().verify_mode is ssl.CERT_REQUIRED
    assert tls_context().check_hostname
