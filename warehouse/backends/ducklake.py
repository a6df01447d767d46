"""A warehouse in a DuckLake: a catalogue in SQLite or PostgreSQL, and the rows in Parquet files of a folder or bucket.

It never holds a file open between windows: workers on several machines write, and analysts read, at any moment. Windows
take turns all the same (a file lock beside a SQLite catalogue, an advisory lock in PostgreSQL): DuckLake knows no keys,
so two workers that loaded one article at once would store it twice. What takes time, fetching and reading, is done
outside the windows.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from records.errors import WarehouseError, WarehouseLocked
from warehouse import lock
from warehouse.backends.base import Connect, literal, without_secrets

if TYPE_CHECKING:
    from warehouse.database import Connection

_CATALOGUES = {"sqlite": "sqlite_scanner", "postgres": "postgres_scanner"}
_BUCKET = re.compile(r"(s3|gs|gcs|r2|https?)://", re.IGNORECASE)
_FORMS = "ducklake:sqlite:PATH?data=DIR or ducklake:postgres:DSN?data=DIR (or data=s3://BUCKET/PREFIX)"

# One lake to a database, and so one lock: PostgreSQL keeps advisory locks apart by database.
_LOCK = int.from_bytes(hashlib.sha256(b"govwatch warehouse").digest()[:8], "big") >> 1

_HOLDER = """
select a.application_name, coalesce(host(a.client_addr), 'the same machine'),
    to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC'
from pg_locks l join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
"""

SNAPSHOTS = timedelta(days=30)
"""How long a lake can be asked for what it was: ``from articles at (timestamp => ...)``."""

_READ = timedelta(days=1)  # readers may hold an older snapshot, whose files must not go under their hands

# What S3-like stores need, under the names that their own tools read.
_S3 = {
    "key_id": "AWS_ACCESS_KEY_ID",
    "secret": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
    "region": "AWS_REGION",
    "endpoint": "AWS_ENDPOINT",
}


@dataclass(frozen=True)
class DuckLake:
    """One lake.

    Attributes:
        catalogue: ``sqlite`` or ``postgres``.
        source: the path of the SQLite file, or the DSN.
        data: folder or bucket of the Parquet files, ending in a slash.
        place: the connection string, without secrets.
        store: settings of the object store, by the names of DuckDB's S3 secrets.
    """

    catalogue: str
    source: str = field(repr=False)
    data: str
    place: str
    store: Mapping[str, str] = field(default_factory=dict, repr=False)

    catalog = "warehouse"
    keyed = False

    @classmethod
    def parse(cls, rest: str, shown: str, environ: Mapping[str, str]) -> DuckLake:
        """Read what stands behind ``ducklake:``.

        Raises:
            WarehouseError: no known catalogue, or no folder for the data.
        """
        catalogue, colon, source = rest.partition(":")
        found = re.fullmatch(r"(.*)[?&]data=([^?&]+)", source)
        source, data = (found[1], found[2]) if found else (source, "")
        if catalogue not in _CATALOGUES or not colon or not source:
            raise WarehouseError(f"{without_secrets(shown)}: a DuckLake is named {_FORMS}")
        if not data and catalogue == "sqlite":
            data = f"{source}.data"
        if not data:
            raise WarehouseError(
                f"{without_secrets(shown)}: say where the data is kept, as ?data=DIR or ?data=s3://...: {_FORMS}"
            )
        if catalogue == "sqlite":
            source = str(Path(source).absolute())
        if not _BUCKET.match(data):
            data = str(Path(data).absolute())
        store = {name: environ[variable] for name, variable in _S3.items() if environ.get(variable)}
        return cls(catalogue, source, data.rstrip("/") + "/", without_secrets(shown), store)

    @property
    def extensions(self) -> tuple[str, ...]:
        """DuckLake, its catalogue's, and the one that speaks to object stores."""
        return (*(("httpfs",) if _BUCKET.match(self.data) else ()), _CATALOGUES[self.catalogue], "ducklake")

    @property
    def path(self) -> Path:
        """The SQLite catalogue; for PostgreSQL, a name in the folder of the data, or here."""
        if self.catalogue == "sqlite":
            return Path(self.source)
        return Path("data/govwatch.lake") if _BUCKET.match(self.data) else Path(self.data) / "govwatch.lake"

    @property
    def read_path(self) -> Path:
        """The same: readers need no copy."""
        return self.path

    @contextlib.contextmanager
    def turn(self, connect: Connect, timeout: float, command: str | None) -> Iterator[None]:
        """Hold the catalogue's lock; both kinds are free at once when their holder dies, however it dies."""
        if self.catalogue == "sqlite":
            with lock.held(self.path.with_name(f"{self.path.name}.lock"), timeout, command):
                yield
            return
        con = connect()
        try:
            con.execute(f"attach if not exists {literal(self.source)} as turn (type postgres, read_only)")
            con.execute("begin")  # the lock lasts as long as this transaction
            _sign(con, command)
            self._wait(con, timeout)
            yield
        finally:
            con.close()

    def attach(self, con: Connection) -> None:
        """Attach the lake for writing; made when it is not there yet."""
        if not _BUCKET.match(self.data):
            try:
                Path(self.data).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise lock.cannot_write(error, Path(self.data)) from error
        if self.catalogue == "sqlite":
            _let_readers_stay(self.path)
        self._secret(con)
        con.execute(f"attach {self._url()} as warehouse ({self._where()})")
        con.execute("use warehouse")
        self._close_off(con, None)

    def attach_to_read(self, con: Connection, writable: Path | None) -> Connection:
        """Attach the lake read-only; what is read in one block is one snapshot."""
        if self.catalogue == "sqlite" and not self.path.exists():
            raise WarehouseError(f"{self.place}: nothing has been stored yet; run `govwatch run` first")
        self._secret(con)
        con.execute(f"attach {self._url()} as warehouse (read_only, {self._where()})")
        con.execute("use warehouse")
        self._close_off(con, writable)
        con.execute("begin")
        return con

    def keep(self, con: Connection, version: int) -> None:
        """Nothing to copy: a lake keeps its snapshots, and a migration is one of them (``at (version => N)``)."""

    def publish(self, settle: Callable[[], None], *, prepared: bool) -> bool:
        """Nothing to publish: readers see each window when it commits."""
        if not prepared:
            settle()
        return False

    def tidy(self, con: Connection, now: datetime) -> str:
        """Merge the small files that windows left, and let go of snapshots older than `SNAPSHOTS`, with their files.

        Rows keep their numbers (rowid), so the index of search stays true.
        """
        con.execute("call ducklake_flush_inlined_data('warehouse')")
        merged = con.execute(
            "select coalesce(sum(files_processed), 0), coalesce(sum(files_created), 0) "
            "from ducklake_merge_adjacent_files('warehouse')"
        ).fetchall()[0]
        con.execute("call ducklake_rewrite_data_files('warehouse')")
        expired = con.execute(
            "select snapshot_id from ducklake_expire_snapshots('warehouse', older_than => $1)", [now - SNAPSHOTS]
        ).fetchall()
        removed = con.execute(
            "select path from ducklake_cleanup_old_files('warehouse', older_than => $1)", [now - _READ]
        ).fetchall()
        return (
            f"{merged[0]} files merged into {merged[1]}, {len(expired)} old snapshots and {len(removed)} files let go"
        )

    def masked(self, text: str) -> str:
        """Return ``text`` without the passwords of the catalogue and the store."""
        passwords = re.findall(r"(?i)password\s*=\s*'?([^\s']+)|://[^:/@\s]+:([^@/\s]+)@", self.source)
        secrets = {one for pair in passwords for one in pair if one}
        secrets |= {self.store[name] for name in ("secret", "session_token") if name in self.store}
        return without_secrets(text, frozenset(secrets))

    def _url(self) -> str:
        return literal(f"ducklake:{self.catalogue}:{self.source}")

    def _where(self) -> str:
        # The catalogue knows where the data was when the lake was made; it may have moved since.
        return f"data_path {literal(self.data)}, override_data_path true"

    def _secret(self, con: Connection) -> None:
        if _BUCKET.match(self.data) and self.store:
            settings = ", ".join(f"{name} {literal(value)}" for name, value in self.store.items())
            con.execute(f"create secret (type s3, {settings})")

    def _close_off(self, con: Connection, writable: Path | None) -> None:
        con.execute(f"set allowed_directories = [{literal(self.data)}]")
        if writable is not None:
            con.execute(f"set allowed_paths = [{literal(str(writable))}]")
        con.execute("set enable_external_access = false")

    def _wait(self, con: Connection, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not _asked(con, f"select pg_try_advisory_xact_lock({_LOCK})")[0][0]:
            left = deadline - time.monotonic()
            if left <= 0:
                raise WarehouseLocked(
                    f"{self.place}: {_holder(con)} is writing, and did not end within {timeout:g} s; wait for it, or "
                    "stop it, and try again"
                )
            # Waiters of several processes must not knock in step; their process ids keep them apart.
            time.sleep(min(left, 0.02 + os.getpid() % 80 / 1000))


def _let_readers_stay(catalogue: Path) -> None:
    """Put the SQLite file into WAL mode, for ever: in its other mode an open reader keeps every writer out."""
    try:
        catalogue.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(catalogue)) as database:
            database.execute("pragma journal_mode = wal")
    except OSError as error:
        raise lock.cannot_write(error, catalogue) from error
    except sqlite3.Error as error:
        raise WarehouseError(f"{catalogue} cannot be used as a catalogue in SQLite: {error}") from error


def _asked(con: Connection, sql: str) -> list[tuple[object, ...]]:
    return con.execute("from postgres_query('turn', $1)", [sql]).fetchall()


def _sign(con: Connection, command: str | None) -> None:
    """Tell the server who this is, for the message that others get; and to leave the transaction of a long window."""
    who = f"{(command or Path(sys.argv[0]).name or 'python')[:24]} (process {os.getpid()}, {socket.gethostname()[:18]})"
    _asked(
        con,
        f"select set_config('application_name', {literal(who)}, false), "
        "set_config('idle_in_transaction_session_timeout', '0', false) as patience",
    )


def _holder(con: Connection) -> str:
    found = _asked(con, _HOLDER)
    return "{} from {} since {}".format(*found[0]) if found else "another process"
