"""Every error that govwatch raises on purpose, with its answer to "is it worth trying again?".

Foreign exceptions (httpx, DuckDB, apprise, pydantic, YAML) are mapped to these at the one door where the
library is used, so that nothing above the doors catches a foreign class.

The whole tree, with the retry answer of each::

    GovwatchError
    ├── ConfigurationError        NEVER    one or more Problems, each with file, line, key and what would be right
    ├── PatternError              NEVER    an alias or rule of the matching language that cannot be compiled
    ├── FetchError                         getting bytes from the network
    │   ├── BadURL                NEVER    not http(s), no host, or unparsable
    │   ├── BlockedAddress        NEVER    the host resolves to an address that is not allowed (SSRF guard)
    │   ├── TooLarge              NEVER    body, decompressed body or headers beyond the cap
    │   ├── TooManyRedirects      NEVER    a loop, or more hops than allowed
    │   ├── Timeout               LATER    one of the deadlines passed
    │   └── Unreachable           LATER    DNS, connection, TLS or protocol failure
    ├── ParseError                LATER    a feed, sitemap or listing that is not what it should be
    ├── ExtractionError           NEVER    a page that no article can be made of, though it should hold one
    ├── WarehouseError            UNKNOWN  anything DuckDB refuses that has no better name below
    │   ├── WarehouseLocked       LATER    another process writes; says who
    │   ├── WarehouseCorrupt      NEVER    the file is damaged or no DuckDB file
    │   ├── WarehouseTooNew       NEVER    made by a newer govwatch or a newer DuckDB
    │   └── DiskFull              LATER    no space left, or the directory cannot be written
    └── DeliveryError                      handing a message to a channel
        ├── DeliveryTransient     LATER
        ├── DeliveryPermanent     NEVER
        └── DeliveryUnknown       UNKNOWN  it may or may not have arrived
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Retry(StrEnum):
    """Whether trying the same thing again can help."""

    NEVER = "never"
    LATER = "later"
    UNKNOWN = "unknown"


class GovwatchError(Exception):
    """Base of every error raised on purpose; its text is written for the person who runs govwatch."""

    retry: Retry = Retry.UNKNOWN


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a configuration file.

    Attributes:
        file: the file's path as the user gave it.
        line: the line, counted from 1; 0 when the file as a whole is meant.
        key: the dotted key, for example ``sources[3].every``.
        message: what is wrong.
        hint: what would be right.
    """

    file: str
    line: int
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}:{key} {self.message}{hint}"


class ConfigurationError(GovwatchError):
    """The configuration cannot be used; ``problems`` lists every mistake found, not only the first."""

    retry = Retry.NEVER

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class PatternError(GovwatchError):
    """An alias or rule of the matching language that cannot be compiled.

    Attributes:
        pattern: the text of the alias or rule.
        initiative_id: whose it is; empty when it is not known yet.
    """

    retry = Retry.NEVER

    def __init__(self, message: str, pattern: str = "", initiative_id: str = "") -> None:
        self.pattern = pattern
        self.initiative_id = initiative_id
        super().__init__(message)


class FetchError(GovwatchError):
    """Getting bytes from the network failed; ``url`` is the URL that failed (after redirects)."""

    def __init__(self, message: str, url: str = "") -> None:
        self.url = url
        super().__init__(message)


class BadURL(FetchError):
    """Not an http or https URL with a host."""

    retry = Retry.NEVER


class BlockedAddress(FetchError):
    """The host resolves to an address that is private, loopback, link-local or otherwise not allowed."""

    retry = Retry.NEVER


class TooLarge(FetchError):
    """Body, decompressed body or headers beyond the cap."""

    retry = Retry.NEVER


class TooManyRedirects(FetchError):
    """A redirect loop, or more hops than allowed."""

    retry = Retry.NEVER


class Timeout(FetchError):
    """A connect, read or total deadline passed."""

    retry = Retry.LATER


class Unreachable(FetchError):
    """DNS, connection, TLS or HTTP protocol failure."""

    retry = Retry.LATER


class ParseError(GovwatchError):
    """A feed, sitemap or listing that is not what it should be; the text says what it is instead."""

    retry = Retry.LATER


class ExtractionError(GovwatchError):
    """A page that no article can be made of, though it should hold one."""

    retry = Retry.NEVER


class WarehouseError(GovwatchError):
    """Anything that DuckDB refuses and that has no better name below."""


class WarehouseLocked(WarehouseError):
    """Another process holds the warehouse; the text names it where the system tells."""

    retry = Retry.LATER


class WarehouseCorrupt(WarehouseError):
    """The file is damaged, or is no DuckDB file."""

    retry = Retry.NEVER


class WarehouseTooNew(WarehouseError):
    """The file was made by a newer govwatch or a newer DuckDB."""

    retry = Retry.NEVER


class DiskFull(WarehouseError):
    """No space is left, or the directory cannot be written."""

    retry = Retry.LATER


class DeliveryError(GovwatchError):
    """Handing a message to a channel failed; ``code`` is the HTTP or SMTP status where one was seen."""

    def __init__(self, message: str, code: int | None = None) -> None:
        self.code = code
        super().__init__(message)


class DeliveryTransient(DeliveryError):
    """The next hop asks to come back later."""

    retry = Retry.LATER


class DeliveryPermanent(DeliveryError):
    """The next hop will never take this message."""

    retry = Retry.NEVER


class DeliveryUnknown(DeliveryError):
    """The message may or may not have arrived."""

    retry = Retry.UNKNOWN
