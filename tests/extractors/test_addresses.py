"""The SSRF guard: every form in which the web can name a place that is none of its business is refused."""

import asyncio
import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.addresses import AddressPolicy, parse_address
from extractors.http import Fetcher, Policy
from records.article import FetchFailed, Outcome, Page
from tests.extractors.badweb import BadWeb, redirect, utc_now, well

# Names that an attacker's name server answers as it likes.
HOSTILE_NAMES = {
    "private.test": ["10.1.2.3"],
    "loopback.test": ["127.0.0.1"],
    "loopback6.test": ["::1"],
    "metadata.test": ["169.254.169.254"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "all-bad.test": ["192.168.0.1", "fe80::1", "100.64.0.1"],
    "localhost.": ["127.0.0.1"],
    "127.0.0.1.nip.test": ["127.0.0.1"],
    "zoned.test": ["fe80::1%eth0"],
}

BYPASSES = """
http://127.0.0.1/                            the plain form
http://127.0.0.1:8080/                       with a port
http://127.1/                                two parts
http://127.0.1/                              three parts
http://2130706433/                           decimal
http://0x7f000001/                           hexadecimal
http://0x7f.0.0.1/                           hexadecimal part
http://0x7f.1/                               hexadecimal and short
http://017700000001/                         octal
http://0177.0.0.1/                           octal part
http://0177.0.0.01/                          octal parts
http://00000177.0.0.1/                       octal with zeros
http://127.0.0.1./                           trailing dot
http://2130706433./                          decimal with a trailing dot
http://0/                                    zero
http://0.0.0.0/                              unspecified
http://0.1.2.3/                              "this network"
http://localhost/                            by name
http://LOCALHOST/                            in capitals
http://localhost./                           by name, with a dot
http://foo.localhost/                        below localhost
http://printer.local/                        multicast DNS
http://metadata.google.internal/             a cloud's metadata name
http://169.254.169.254/latest/meta-data/     a cloud's metadata address
http://2852039166/                           the same in decimal
http://0xa9fea9fe/                           the same in hexadecimal
http://0251.0376.0251.0376/                  the same in octal
http://[::ffff:169.254.169.254]/             the same, mapped
http://168.63.129.16/                        Azure's, a public address
http://100.100.100.200/                      Alibaba's
http://192.0.0.192/                          Oracle's
http://[fd00:ec2::254]/                      Amazon's, in IPv6
http://10.0.0.1/                             private
http://172.16.0.1/                           private
http://172.31.255.255/                       private, its end
http://192.168.1.1/                          private
http://100.64.0.1/                           carrier-grade NAT
http://198.18.0.1/                           benchmarking
http://192.0.2.1/                            documentation
http://224.0.0.1/                            multicast
http://255.255.255.255/                      broadcast
http://[::1]/                                loopback
http://[::]/                                 unspecified
http://[0:0:0:0:0:0:0:1]/                    loopback, long
http://[::ffff:127.0.0.1]/                   mapped
http://[::ffff:7f00:1]/                      mapped, in hexadecimal
http://[::127.0.0.1]/                        compatible (obsolete)
http://[64:ff9b::7f00:1]/                    NAT64
http://[64:ff9b::10.0.0.1]/                  NAT64 of a private address
http://[64:ff9b:1::a00:1]/                   NAT64 for local use
http://[2002:7f00:1::]/                      6to4
http://[2001:0:7f00:1::1]/                   Teredo
http://[fe80::1]/                            link-local
http://[fe80::1%25eth0]/                     link-local with a zone
http://[fec0::1]/                            site-local
http://[fc00::1]/                            unique local
http://[ff02::1]/                            multicast
http://[2001:db8::1]/                        documentation
http://good.example@127.0.0.1/               user name before the host
http://user:secret@good.example/             user name and password
http://127.0.0.1#@good.example/              fragment before the at sign
http://127.0.0.1\\@good.example/             backslash
http://good.example\\@127.0.0.1/             backslash, the other way
http://%31%32%37.0.0.1/                      percent-encoded host
http://127.0.0.1%00.good.example/            encoded NUL
http://127.0.0.1%2f.good.example/            encoded slash
http://①②⑦.⓪.⓪.①/                            circled digits
http://１２７.０.０.１/                         full-width digits
http://127。0。0。1/                            ideographic full stops
http://good.example:22/                      SSH
http://good.example:25/                      mail
http://good.example:6379/                    a cache
http://good.example:11211/                   another cache
http://good.example:0/                       no port at all
http://good.example:99999/                   beyond all ports
file:///etc/passwd                           a file
file://localhost/etc/passwd                  a file, by host
gopher://127.0.0.1:6379/_INFO                gopher
dict://127.0.0.1:11211/stat                  dict
ftp://good.example/                          FTP
javascript:alert(1)                          a script
data:text/html,hello                         data
//127.0.0.1/                                 no scheme
http:127.0.0.1                               no slashes
http:///127.0.0.1/                           three slashes
http://                                      nothing
"""
CASES = [(line.split()[0], " ".join(line.split()[1:])) for line in BYPASSES.strip().splitlines()]
CASES += [(f"http://{name}/", f"a name that resolves to {answer[0]}") for name, answer in HOSTILE_NAMES.items()]


async def resolve(host: str, port: int) -> list[str]:
    if host in HOSTILE_NAMES:
        return HOSTILE_NAMES[host]
    raise AssertionError(f"{host} was resolved, though its form alone forbids it")


@pytest.mark.parametrize(("url", "what"), CASES, ids=[f"{url} {what}" for url, what in CASES])
def test_no_form_of_a_forbidden_address_is_fetched(url: str, what: str) -> None:
    async def scenario() -> None:
        async with Fetcher(Policy("govwatch/0.1", per_host_delay=0), utc_now, resolve=resolve) as fetcher:
            result = await fetcher.fetch(url, robots=False)
        assert isinstance(result, FetchFailed), what
        assert result.outcome is Outcome.BLOCKED, result
        assert not result.retry
        assert result.reason

    asyncio.run(scenario())


# Without a host, a Location is relative to the page that sends it.
ABSOLUTE = [url for url, _ in CASES if "://" in url and url not in ("http://", "http:///127.0.0.1/")]


@pytest.mark.parametrize("url", ABSOLUTE)
def test_a_redirect_to_a_forbidden_address_is_refused_as_well(url: str) -> None:
    async def scenario() -> None:
        async with BadWeb({"/hop": redirect(url), "front.test/": redirect("http://front.test/hop")}) as web:
            names = HOSTILE_NAMES | {"front.test": ["127.0.0.1"]}

            async def answer(host: str, port: int) -> list[str]:
                return names.get(host, ["10.0.0.1"])

            front = web.url("/hop", host="front.test")
            policy = Policy("govwatch/0.1", per_host_delay=0, allow_private_hosts=("front.test",), tries=1)
            async with Fetcher(policy, utc_now, resolve=answer) as fetcher:
                result = await fetcher.fetch(front, robots=False)
        assert isinstance(result, FetchFailed)
        assert result.outcome is Outcome.BLOCKED, result
        assert len(web.log) == 1

    asyncio.run(scenario())


def test_a_name_that_answers_twice_differently_is_connected_to_the_address_that_was_judged() -> None:
    """DNS rebinding: the first answer is allowed, every later one would be the victim."""
    asked = []

    async def rebind(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    async def scenario() -> None:
        async with BadWeb({"/": well()}) as web:
            policy = Policy("govwatch/0.1", per_host_delay=0, allow_private_hosts=("127.0.0.1",))
            async with Fetcher(policy, utc_now, resolve=rebind) as fetcher:
                result = await fetcher.fetch(web.url("/", host="rebind.test"), robots=False)
        assert isinstance(result, Page)
        assert web.log[0].headers["host"] == f"rebind.test:{web.port}"
        assert asked == ["rebind.test"]

    asyncio.run(scenario())


def test_of_several_addresses_only_the_allowed_ones_are_connected_to() -> None:
    async def mixed(host: str, port: int) -> list[str]:
        return ["10.9.9.9", "::1", "127.0.0.1"]

    async def scenario() -> None:
        async with BadWeb({"/": well()}) as web:
            policy = Policy("govwatch/0.1", per_host_delay=0, allow_private_hosts=("127.0.0.0/8",))
            async with Fetcher(policy, utc_now, resolve=mixed) as fetcher:
                assert isinstance(await fetcher.fetch(web.url("/", host="mixed.test"), robots=False), Page)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("allow", "host", "port", "allowed"),
    [
        (("127.0.0.1",), "127.0.0.1", 8080, True),
        (("127.0.0.1",), "127.0.0.2", 8080, False),
        (("127.0.0.0/8",), "127.0.0.2", 8080, True),
        (("10.1.0.0/16",), "10.1.255.1", 80, True),
        (("10.1.0.0/16",), "10.2.0.1", 80, False),
        (("::1",), "::1", 80, True),
        (("127.0.0.1:8080",), "127.0.0.1", 8080, True),
        (("127.0.0.1:8080",), "127.0.0.1", 8081, False),
        (("[::1]:8080",), "::1", 8080, True),
        (("[::1]:8080",), "::1", 8081, False),
        (("10.0.0.5:6379",), "10.0.0.5", 6379, True),
        ((), "8.8.8.8", 80, True),
        ((), "8.8.8.8", 8443, True),
        ((), "2606:4700::6810:84e5", 443, True),
        ((), "64:ff9b::808:808", 443, True),
        (("127.0.0.1",), "::ffff:127.0.0.1", 80, False),
    ],
)
def test_an_address_is_allowed_by_being_public_or_by_being_listed(
    allow: tuple[str, ...], host: str, port: int, allowed: bool
) -> None:
    policy = AddressPolicy(allow)
    address = parse_address(host)
    assert address is not None
    assert (policy.why_address_refused(host, address, port) is None) is allowed
    assert (policy.why_host_refused(host, port) is None) is allowed


def test_a_listed_name_is_allowed_wherever_it_resolves_to_and_no_other_name_is() -> None:
    policy = AddressPolicy(("Intranet.example",))
    private = ipaddress.ip_address("10.0.0.1")
    assert policy.why_address_refused("intranet.example", private, 80) is None
    assert policy.why_address_refused("intranet.example.", private, 80) is None
    for other in ("www.intranet.example", "intranet.example.evil.test", "evil-intranet.example"):
        refusal = policy.why_address_refused(other, private, 80)
        assert refusal is not None
        assert "10.0.0.1" in refusal
        assert "network.allow_private_hosts" in refusal


@pytest.mark.parametrize("entry", ["", "*", "10.0.0.0/40", "http://x.example", "a b", "0x7f000001", "300.1.1.1"])
def test_an_entry_that_is_no_host_and_no_network_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        AddressPolicy((entry,))


@given(st.ip_addresses(v=4))
@settings(max_examples=300, deadline=None)
def test_no_ipv4_address_that_python_calls_private_is_allowed(address: ipaddress.IPv4Address) -> None:
    refusal = AddressPolicy().why_address_refused(str(address), address, 443)
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert refusal is not None


@given(st.ip_addresses(v=6))
@settings(max_examples=300, deadline=None)
def test_no_ipv6_address_that_python_calls_private_is_allowed(address: ipaddress.IPv6Address) -> None:
    refusal = AddressPolicy().why_address_refused(str(address), address, 443)
    if not address.is_global or address.is_multicast or address.ipv4_mapped or address.sixtofour or address.teredo:
        assert refusal is not None


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_judged_without_an_exception(host: str) -> None:
    AddressPolicy().why_host_refused(host, 80)
