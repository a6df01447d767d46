"""Which hosts and addresses govwatch may connect to: the guard against server-side request forgery (SSRF).

It judges names, addresses and ports, and answers with a reason; it never resolves a name and never opens a
connection (`extractors.connect` does, and asks here about the very address that it connects to).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# IANA special-purpose registries for IPv4 and IPv6 (RFC 6890 and its updates), as a table of our own:
# ipaddress.is_global changed its answers between patch releases of Python (CVE-2024-4032).
_REFUSED_V4: tuple[tuple[ipaddress.IPv4Network, str], ...] = tuple(
    (ipaddress.IPv4Network(network), what)
    for network, what in (
        ("0.0.0.0/8", "an unspecified address"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "a carrier-grade NAT address"),
        ("127.0.0.0/8", "a loopback address"),
        ("168.63.129.16/32", "a cloud metadata address"),  # Azure's is a public one
        ("169.254.0.0/16", "a link-local (cloud metadata) address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "a protocol assignment"),  # holds Oracle's metadata address, 192.0.0.192
        ("192.0.2.0/24", "a documentation address"),
        ("192.31.196.0/24", "an AS112 address"),
        ("192.52.193.0/24", "an AMT address"),
        ("192.88.99.0/24", "a 6to4 relay address"),
        ("192.168.0.0/16", "a private address"),
        ("192.175.48.0/24", "an AS112 address"),
        ("198.18.0.0/15", "a benchmarking address"),
        ("198.51.100.0/24", "a documentation address"),
        ("203.0.113.0/24", "a documentation address"),
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved or broadcast address"),
    )
)
# IPv6 is judged the other way round: only global unicast space (2000::/3) is allowed, but for these parts of it.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_REFUSED_V6: tuple[tuple[ipaddress.IPv6Network, str], ...] = tuple(
    (ipaddress.IPv6Network(network), what)
    for network, what in (
        ("2001::/32", "a Teredo address"),
        ("2001::/23", "a protocol assignment"),
        ("2001:db8::/32", "a documentation address"),
        ("2002::/16", "a 6to4 address"),
        ("2620:4f:8000::/48", "an AS112 address"),
        ("3fff::/20", "a documentation address"),
    )
)
_KINDS_V6: tuple[tuple[ipaddress.IPv6Network, str], ...] = tuple(
    (ipaddress.IPv6Network(network), what)
    for network, what in (
        ("::1/128", "a loopback address"),
        ("::/128", "an unspecified address"),
        ("::ffff:0:0/96", "an IPv4 address written as IPv6"),
        ("::/96", "an IPv4 address written as IPv6"),
        ("fc00::/7", "a private address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a site-local address"),
        ("ff00::/8", "a multicast address"),
    )
)
# RFC 6052: where a machine has IPv6 only, DNS64 gives every IPv4 site an address in here; the embedded one counts.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

# Ports that serve something else than the web: the "bad ports" of the WHATWG Fetch standard, and the usual ports of
# databases, caches and cluster control, which a request can harm.
_REFUSED_PORTS = frozenset({
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
    109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 445, 465, 500, 512, 513,
    514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 593, 601, 623, 636, 873, 989, 990, 992, 993,
    995, 1433, 1521, 1719, 1720, 1723, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 3659, 4045, 4190, 5037,
    5060, 5061, 5432, 5672, 5900, 5984, 6000, 6379, 6443, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 7000,
    7001, 8086, 9042, 9092, 9200, 9300, 10080, 10250, 10255, 11211, 27017, 27018, 28017,
})  # fmt: skip

_WEB_PORTS = (80, 443)

# What WHATWG calls "ends in a number": resolvers read such hosts as addresses in decimal, octal or hexadecimal.
_NUMBER = re.compile(r"(?:\d+|0x[0-9a-f]*)", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*", re.IGNORECASE)
_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "onion")


def parse_address(host: str) -> Address | None:
    """Return the address that ``host`` spells in its one canonical form, or None when it is a name.

    Scoped addresses (``fe80::1%eth0``) are no addresses here: nothing outside the machine has one.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return None if getattr(address, "scope_id", None) else address


class AddressPolicy:
    """Says whether a host, a port and an address may be connected to.

    Args:
        allow: hosts or networks that may be read although they are private: a name (``intranet.example``), an
            address, a network (``10.1.0.0/16``), each with an optional port (``10.1.2.3:8080``, ``[::1]:8080``).

    Raises:
        ValueError: an entry is none of these.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        self._names: list[tuple[str, int | None]] = []
        self._networks: list[tuple[Network, int | None]] = []
        for entry in allow:
            host, port = _split_port(entry)
            try:
                self._networks.append((ipaddress.ip_network(host.strip("[]"), strict=False), port))
            except ValueError:
                if not _NAME.fullmatch(host) or _NUMBER.fullmatch(host.rpartition(".")[2]):
                    raise ValueError(f"'{entry}' is neither a host, an address nor a network") from None
                self._names.append((host.rstrip(".").lower(), port))

    def why_host_refused(self, host: str, port: int) -> str | None:
        """Return why ``host`` (as it stands in a URL, in ASCII, without brackets) may not be asked, or None.

        A None is no permission yet: the addresses of the host must pass `why_address_refused`.
        """
        bare = host[:-1] if host.endswith(".") else host
        address = parse_address(bare)
        if address is not None:
            return self.why_address_refused(bare, address, port)
        if len(bare) > 253 or not _NAME.fullmatch(bare):
            return f"'{host}' is not a valid host name"
        if _NUMBER.fullmatch(bare.rpartition(".")[2]):
            return f"'{host}' is an address in disguise (decimal, octal or hexadecimal)"
        if self._allows_name(bare, port):
            return None
        if not self._networks and _is_local(bare):
            return f"'{host}' is a name of the local network"
        return None if self._networks else _why_port_refused(port)

    def why_address_refused(self, host: str, address: Address, port: int) -> str | None:
        """Return why ``address``, to which ``host`` resolved, may not be connected to at ``port``, or None."""
        bare = host.rstrip(".").lower()
        if self._allows_name(bare, port) or self._allows_address(address, port):
            return None
        kind = _special(address)
        if kind is None:
            return _why_port_refused(port)
        where = f"{address} is {kind}" if bare == str(address) else f"'{host}' resolves to {address}, {kind}"
        return f"{where}; network.allow_private_hosts does not list it"

    def _allows_name(self, name: str, port: int) -> bool:
        return any(name.lower() == allowed and only in (None, port) for allowed, only in self._names)

    def _allows_address(self, address: Address, port: int) -> bool:
        return any(
            only in (None, port) and address.version == network.version and address in network
            for network, only in self._networks
        )


def _special(address: Address) -> str | None:
    """Return what kind of special-purpose address this is, or None for one of the public Internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return next((what for network, what in _REFUSED_V4 if address in network), None)
    if address in _NAT64:
        inner = _special(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        return f"the NAT64 form of {inner}" if inner else None
    if address in _GLOBAL_UNICAST:
        return next((what for network, what in _REFUSED_V6 if address in network), None)
    return next((what for network, what in _KINDS_V6 if address in network), "a reserved address")


def _why_port_refused(port: int) -> str | None:
    if port in _WEB_PORTS or port not in _REFUSED_PORTS:
        return None
    return f"port {port} serves something else than the web"


def _is_local(name: str) -> bool:
    return any(name.lower() == local or name.lower().endswith("." + local) for local in _LOCAL_NAMES)


def _split_port(entry: str) -> tuple[str, int | None]:
    """Split ``host:port``; an IPv6 address or network needs brackets to carry a port."""
    match = re.fullmatch(r"(\[[^\]]+\]|[^:]+):(\d{1,5})", entry)
    return (match[1], int(match[2])) if match else (entry, None)
