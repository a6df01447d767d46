"""What a dispatcher has begun to send and how it ended, noted in a file of its own beside the database.

It never replaces a row: receipts go into the warehouse many at a time, and a file is read only when its writer died
before that. So a write window serves many messages, and a kill still leaves at most one of them in doubt.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from records.delivery import Delivery, Receipt, Result
from warehouse.lock import cannot_write

_TIMES = ("started", "ended", "next_try")


@dataclass(slots=True)
class Notes:
    """What a dispatcher that died had noted.

    Attributes:
        owner: as in the leases that it held.
        begun: deliveries and attempts that may have left.
        receipts: attempts whose end is known.
    """

    owner: str = ""
    begun: set[tuple[str, int]] = field(default_factory=set)
    receipts: list[Receipt] = field(default_factory=list)


class Journal:
    """The open journal of one dispatcher; the kernel's lock on it says that its writer lives.

    Args:
        database: whose deliveries are sent; the journal stands beside it.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = database
        self._descriptor = -1

    def open(self, owner: str) -> None:
        """Begin a journal for a number of deliveries.

        Raises:
            WarehouseError: or a child: it cannot be written.
        """
        self.abandon()
        number = 0
        self._database.parent.mkdir(parents=True, exist_ok=True)
        while self._descriptor < 0:
            self._path = self._database.with_name(f"{self._database.name}.sending.{os.getpid()}-{number}")
            try:
                self._descriptor = os.open(
                    self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
                )
            except FileExistsError:
                number += 1
            except OSError as error:
                raise cannot_write(error, self._path) from error
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._write({"owner": owner})

    def begins(self, delivery: Delivery) -> None:
        """Note that ``delivery`` may leave from now on; on the disk when this returns, else a power cut would lose it.

        Raises:
            WarehouseError: or a child: it cannot be written, and the message must not be sent.
        """
        self._write({"begun": delivery.delivery_id, "attempt": delivery.attempt})
        if self._descriptor >= 0:
            os.fdatasync(self._descriptor)

    def ends(self, receipt: Receipt) -> None:
        """Note how an attempt ended. A power cut may lose this line: then the message counts as in doubt.

        Raises:
            WarehouseError: or a child: it cannot be written.
        """
        facts: dict[str, Any] = asdict(receipt)
        self._write(
            {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}
        )

    def remove(self) -> None:
        """End the journal: everything in it is in the warehouse."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                self._path.unlink()
        self.abandon()

    def abandon(self) -> None:
        """Let go of the journal as it is: whoever opens a window next settles what it says."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, line: dict[str, Any]) -> None:
        if self._descriptor < 0:
            return  # claimed without a journal: the lease alone speaks for it
        try:
            os.write(self._descriptor, f"{json.dumps(line)}\n".encode())
        except OSError as error:
            raise cannot_write(error, self._path) from error


def left_behind(database: Path) -> Iterator[tuple[Path, Notes]]:
    """Yield the journals whose writers died, each with what it says; a line that was cut off by the kill is no line.

    Call it inside the write window, and remove each file when the window is committed.
    """
    for path in sorted(database.parent.glob(f"{database.name}.sending.*")):
        with contextlib.suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            yield path, _read(file.read())


def _read(text: bytes) -> Notes:
    notes = Notes()
    for line in text.split(b"\n"):
        with contextlib.suppress(ValueError, KeyError, TypeError):
            facts = json.loads(line)
            if "owner" in facts and "begun" not in facts and "result" not in facts:
                notes.owner = facts["owner"]
            elif "begun" in facts:
                notes.begun.add((facts["begun"], facts["attempt"]))
            else:
                times = {name: datetime.fromisoformat(facts[name]) for name in _TIMES if facts[name]}
                notes.receipts.append(Receipt(**(facts | times | {"result": Result(facts["result"])})))
    return notes
