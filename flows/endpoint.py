"""A small HTTP endpoint on loopback: ``/health`` for supervisors, ``/metrics`` for Prometheus.

It reads the read copy for each request and never writes; nothing of what it says is secret, but it listens on loopback
unless it is told otherwise.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from flows.clock import Clock, utc_now
from flows.vitals import Vitals, judge
from records.errors import GovwatchError
from warehouse import health
from warehouse.alarms import free_room
from warehouse.database import Warehouse
from warehouse.health import Health

Look = Callable[[], tuple[Health, Vitals]]


def look(warehouse: Warehouse, clock: Clock = utc_now, *, longest: timedelta | None = None) -> tuple[Health, Vitals]:
    """Read and judge the warehouse at this moment.

    Raises:
        WarehouseError: nothing was published yet, or the read copy cannot be opened.
    """
    now = clock()
    with warehouse.reading() as con:
        found = health.read(con, warehouse, now)
    return found, judge(found, now, room=free_room(warehouse.path), longest=longest)


@contextlib.contextmanager
def serving(look_now: Look, port: int, *, host: str = "127.0.0.1", clock: Clock = utc_now) -> Iterator[int]:
    """Answer on ``host`` and ``port`` (0: any that is free) for as long as the block lasts; gives the port.

    Raises:
        GovwatchError: the port cannot be had.
    """
    handler = type("Handler", (_Handler,), {"look_now": staticmethod(look_now), "clock": staticmethod(clock)})
    try:
        server = ThreadingHTTPServer((host, port), handler)
    except OSError as error:
        raise GovwatchError(f"the health endpoint cannot listen on {host}:{port}: {error.strerror}") from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    look_now: Look
    clock: Clock
    server_version = "govwatch"
    sys_version = ""

    def do_GET(self) -> None:
        answer = {"/health": self._health, "/metrics": self._metrics}.get(self.path.split("?")[0])
        if answer is None:
            self._send(404, "text/plain; charset=utf-8", "There is /health and /metrics.\n")
            return
        try:
            found, vitals = self.look_now()
        except GovwatchError as error:
            self._send(503, "application/json", _document(Vitals((str(error),))))
            return
        answer(found, vitals)

    def _health(self, _found: Health, vitals: Vitals) -> None:
        self._send(200 if vitals.well else 503, "application/json", _document(vitals))

    def _metrics(self, found: Health, vitals: Vitals) -> None:
        # Imported with the first question: `status` uses this module too, and needs no metrics.
        from flows.metrics import CONTENT_TYPE, openmetrics

        self._send(200, CONTENT_TYPE, openmetrics(found, vitals, self.clock(), version("govwatch")))

    def _send(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives
        """Say nothing: a supervisor asks every few seconds."""


def _document(vitals: Vitals) -> str:
    status = "well" if vitals.well else "ill"
    alarms = [one.alarm.value for one in vitals.troubles]
    told = {"status": status, "reasons": vitals.reasons, "alarms": alarms, "warnings": vitals.warnings}
    return json.dumps(told, indent=2) + "\n"
