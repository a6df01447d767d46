"""The shape of `settings.yaml`: how govwatch behaves, apart from what it watches and whom it tells."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field

from config.document import Mistake, Shape
from config.values import Duration, Positive, duration


def _host_or_network(value: object) -> object:
    """Accept a host name, an address or a network; a lone ``*`` would switch the guard off and is refused."""
    text = str(value)
    # A port may follow: then one service of the host is meant.
    with_port = re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}", text)
    if with_port:
        text = with_port[1].strip("[]")
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", text):
            raise ValueError(
                f"'{text}' is neither a host nor a network | for example intranet.example or 10.1.0.0/16"
            ) from None
    return text


def _zone(value: object) -> object:
    try:
        ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"'{value}' is not a time zone | an IANA name, for example Europe/Paris") from None
    return value


def _or_none(value: object) -> object:
    """Return a duration, or None for the word `none`, an empty value and 0."""
    if value is None or value is False or str(value).strip().lower() == "none":
        return None
    return duration(value) or None


class Network(Shape):
    """How govwatch behaves towards the sites it reads.

    Attributes:
        user_agent: sent with every request; it names a contact, so that a site's owner can complain.
        per_host_delay: between the starts of two requests to one host.
        per_host_connections: most requests to one host at a time.
        connections: most requests at a time in all.
        timeout: total time of one request, redirects and body included.
        max_page_bytes, max_feed_bytes: most bytes of a page or a feed, after decompression.
        allow_private_hosts: hosts or networks that may be read although they are private.
        shared: whether passes on several machines ask the same hosts, and keep the delay between them all.
    """

    user_agent: Annotated[str, Field(min_length=3, max_length=300, pattern=r"^[\x20-\x7e]+$")] = (
        "govwatch/0.1 (news monitor; please set network.user_agent to your contact)"
    )
    per_host_delay: Duration = timedelta(seconds=1)
    per_host_connections: Positive = 2
    connections: Positive = 40
    timeout: Duration = timedelta(seconds=30)
    max_page_bytes: Annotated[int, Field(ge=10_000, le=100_000_000)] = 10_000_000
    max_feed_bytes: Annotated[int, Field(ge=10_000, le=500_000_000)] = 50_000_000
    allow_private_hosts: tuple[Annotated[str, BeforeValidator(_host_or_network)], ...] = ()
    shared: bool = False


class Limits(Shape):
    """What one pass may do.

    Attributes:
        pages_per_source: most article pages that are fetched for one source in one pass.
        first_look_pages: the same at the first look at a source.
        first_look_age: items older than this are passed over at the first look.
        pass_deadline: a pass that takes longer finishes its batch and leaves the rest to the next one.
        batch: articles that are loaded in one transaction.
        workers: extraction processes; 0 means one per core. With a cluster: how many it has.
        runner: where pages are worked on: processes of this machine, or tasks of Prefect's runner for threads, Dask
            or Ray.
        cluster: address of a Dask or Ray cluster that is there; empty starts one of ``workers`` processes.
        page_deadline: the longest that one page may hold a worker.
        catch_up_age: live articles older than this go to the digest only.
        follow_ups: alerted articles that are looked at again in one pass; 0 switches follow-ups off.
    """

    pages_per_source: Positive = 500
    first_look_pages: Positive = 25
    first_look_age: Duration = timedelta(days=14)
    pass_deadline: Duration = timedelta(minutes=50)
    batch: Annotated[int, Field(ge=1, le=5000)] = 200
    workers: Annotated[int, Field(ge=0, le=256)] = 0
    runner: Literal["local", "threads", "dask", "ray"] = "local"
    cluster: str = ""
    page_deadline: Duration = timedelta(seconds=20)
    catch_up_age: Duration = timedelta(hours=48)
    follow_ups: Annotated[int, Field(ge=0, le=10_000)] = 200


class Retention(Shape):
    """What is thrown away, and when.

    Attributes:
        fetch_log: rows of `fetches` older than this go.
        runs: rows of `runs` older than this go.
        pages: the bytes of pages are kept for so long, for `govwatch replay`; None keeps none.
    """

    fetch_log: Duration = timedelta(days=90)
    runs: Duration = timedelta(days=365)
    pages: Annotated[timedelta | None, BeforeValidator(_or_none)] = timedelta(days=30)


class Settings(Shape):
    """The whole of `settings.yaml`; every key may be left out.

    Attributes:
        time_zone: of the reader, for times in alerts and tables where a subscription names none.
        warehouse: where it is kept: a path, or a connection string (docs/scale.md); an option or GOVWATCH_WAREHOUSE
            come first.
        network: behaviour towards the sites.
        limits: what one pass may do.
        retention: what is thrown away.
    """

    time_zone: Annotated[str, BeforeValidator(_zone)] = "UTC"
    warehouse: str = "data/govwatch.duckdb"
    network: Network = Network()
    limits: Limits = Limits()
    retention: Retention = Retention()

    def mistakes(self) -> Iterable[Mistake]:
        """Yield a cluster that nothing would use."""
        if self.limits.cluster and self.limits.runner not in ("dask", "ray"):
            hint = "runner: dask or runner: ray, or leave cluster out"
            yield ("limits", "cluster"), f"runner: {self.limits.runner} uses no cluster", hint
