"""Real servers that messages are handed to in tests: ngircd, mosquitto, Synapse; each on loopback, each ended by its id.

They say what arrived as somebody else saw it: another nick in the room, another subscriber of the topic, a reader.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import quote

import pytest

from tests.inboxes import wait_until


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def program(name: str) -> str:
    """The path of a program that Debian puts outside of ordinary users' paths; the test skips where it is absent."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@contextlib.contextmanager
def running(command: Sequence[str], port: int, folder: Path, within: float = 10) -> Iterator[None]:
    """Run a server until the block ends; it is ready when its port answers."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        ready = wait_until(lambda: process.poll() is not None or _answers(port), within)
        assert ready, f"{command[0]} is not ready after {within:g} s"
        assert process.poll() is None, (folder / "log").read_text(errors="replace")
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class IRCReader:
    """Somebody in the room: notes every line that the server sends."""

    def __init__(self, port: int, nick: str, rooms: Sequence[str] = (), password: str = "") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.settimeout(None)
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        if password:
            self.says(f"PASS {password}")
        self.says(f"NICK {nick}")
        self.says(f"USER {nick} 0 * :reader")
        assert wait_until(lambda: any(" 376 " in line or " 422 " in line for line in self.lines), 10)
        for room in rooms:
            self.says(f"JOIN {room}")
            assert wait_until(partial(self._was_told, f" 366 {nick} {room} "), 10)

    def _was_told(self, words: str) -> bool:
        return any(words in line for line in self.lines)

    def says(self, line: str) -> None:
        self._socket.sendall(f"{line}\r\n".encode())

    def heard(self, room: str) -> list[tuple[str, str]]:
        """Nick and words of what was said in ``room``."""
        found = []
        for line in list(self.lines):
            prefix, _, rest = line.partition(" ")
            if rest.startswith(f"PRIVMSG {room} :"):
                found.append((prefix[1:].partition("!")[0], rest.partition(" :")[2]))
        return found

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _listen(self) -> None:
        rest = b""
        with contextlib.suppress(OSError):
            while chunk := self._socket.recv(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    text = line.rstrip(b"\r").decode("utf-8", "replace")
                    if text.startswith("PING"):
                        self.says(text.replace("PING", "PONG", 1))
                    self.lines.append(text)


class IRC:
    """ngircd with the rooms #briefing and #secret, and #moderated in which only some may speak."""

    def __init__(self, folder: Path, password: str = "") -> None:
        self.port = free_port()
        self._folder = folder
        self.password = password
        server = [
            "Name = irc.test.local", "Info = test", "Listen = 127.0.0.1", f"Ports = {self.port}",
            *([f"Password = {password}"] if password else []),
            # one test says more in a minute than a person does in a day
            "[Limits]", "MaxConnectionsIP = 0", "MaxNickLength = 30", "MaxPenaltyTime = 0",
            "[Options]", "DNS = no", "Ident = no", "PAM = no",
            "[Channel]", "Name = #briefing", "[Channel]", "Name = #secret",
            "[Channel]", "Name = #moderated", "Modes = mn", "[Channel]", "Name = #locked", "Modes = nk right",
        ]  # fmt: skip
        (folder / "ngircd.conf").write_text("[Global]\n" + "\n".join(server) + "\n")

    @contextlib.contextmanager
    def up(self) -> Iterator[Self]:
        command = [program("ngircd"), "-n", "-f", str(self._folder / "ngircd.conf")]
        with running(command, self.port, self._folder):
            yield self

    def url(self, room: str, nick: str = "govwatch", password: str = "") -> str:
        login = f"{nick}:{password}" if password else nick
        return f"irc://{login}@127.0.0.1:{self.port}/{quote(room, safe='#')}?join=yes"

    def reader(self, *rooms: str, nick: str = "reader") -> IRCReader:
        return IRCReader(self.port, nick, rooms, self.password)


class MQTT:
    """mosquitto, with one user or with everybody let in."""

    def __init__(self, folder: Path, login: tuple[str, str] | None = None) -> None:
        self.port = free_port()
        self._folder = folder
        self.login = login
        lines = [f"listener {self.port} 127.0.0.1", "persistence false", f"allow_anonymous {str(not login).lower()}"]
        if os.geteuid() == 0:
            lines.append("user root")
        if login:
            secrets = folder / "passwords"
            subprocess.run(
                [program("mosquitto_passwd"), "-b", "-c", str(secrets), *login], check=True, capture_output=True
            )
            lines.append(f"password_file {secrets}")
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")

    @contextlib.contextmanager
    def up(self) -> Iterator[Self]:
        command = [program("mosquitto"), "-c", str(self._folder / "mosquitto.conf")]
        with running(command, self.port, self._folder):
            yield self

    def url(self, topic: str, password: str = "") -> str:
        login = f"{self.login[0]}:{password or self.login[1]}@" if self.login else ""
        return f"mqtt://{login}127.0.0.1:{self.port}/{topic}?qos=1"

    @contextlib.contextmanager
    def subscriber(self, topic: str = "#") -> Iterator[queue.Queue[tuple[str, bytes]]]:
        """What is published, as somebody else gets it: topic and payload."""
        import paho.mqtt.client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        arrived: queue.Queue[tuple[str, bytes]] = queue.Queue()
        ready = threading.Event()
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        if self.login:
            client.username_pw_set(*self.login)
        client.on_message = lambda _client, _data, message: arrived.put((message.topic, bytes(message.payload)))
        client.on_connect = lambda one, *_: one.subscribe(topic, 1)
        client.on_subscribe = lambda *_: ready.set()
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        try:
            assert ready.wait(10)
            yield arrived
        finally:
            client.disconnect()
            client.loop_stop()


class Matrix:
    """Synapse, in an environment of its own: its packages and Prefect's do not fit into one."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._python = _environment_of_synapse()
        config = f"""
server_name: test.local
report_stats: false
pid_file: {folder}/pid
signing_key_path: {folder}/signing.key
media_store_path: {folder}/media
log_config: null
listeners: [{{port: {self.port}, type: http, tls: false, bind_addresses: [127.0.0.1], resources: [{{names: [client]}}]}}]
database: {{name: sqlite3, args: {{database: '{folder}/homeserver.db'}}}}
trusted_key_servers: []
federation_domain_whitelist: []
registration_shared_secret: shared
suppress_key_server_warning: true
rc_message: {{per_second: 1000, burst_count: 1000}}
rc_joins: {{local: {{per_second: 1000, burst_count: 1000}}}}
rc_login:
  address: {{per_second: 1000, burst_count: 1000}}
  account: {{per_second: 1000, burst_count: 1000}}
  failed_attempts: {{per_second: 1000, burst_count: 1000}}
"""
        (folder / "homeserver.yaml").write_text(config.replace("log_config: null\n", ""))
        self._token = ""
        self.token = ""
        self.room_id = ""

    @contextlib.contextmanager
    def up(self) -> Iterator[Self]:
        home = [self._python, "-m", "synapse.app.homeserver", "--config-path", "homeserver.yaml"]
        subprocess.run([*home, "--generate-keys"], cwd=self._folder, check=True, capture_output=True)
        with running(home, self.port, self._folder, within=60):
            for name in ("govwatch", "reader"):
                self._register(name)
            self.token = self._login("govwatch")
            self._token = self._login("reader")
            made = self.asks("POST", "/createRoom", {"preset": "public_chat", "room_alias_name": "briefing"})
            self.room_id = made["room_id"]
            yield self

    def url(self, room: str, password: str = "pw-govwatch", token: str = "") -> str:
        if token:
            return f"matrix://{token}@127.0.0.1:{self.port}/{quote(room, safe='#!')}"
        return f"matrix://govwatch:{password}@127.0.0.1:{self.port}/{room}"

    def messages(self) -> list[dict[str, Any]]:
        """What was said in the room, the oldest first, as the reader gets it."""
        found = self.asks("GET", f"/rooms/{quote(self.room_id)}/messages?dir=b&limit=1000")["chunk"]
        return [one["content"] for one in reversed(found) if one["type"] == "m.room.message"]

    def aliases(self) -> list[str]:
        """Every room that the server lists."""
        return [one.get("canonical_alias", one["room_id"]) for one in self.asks("GET", "/publicRooms")["chunk"]]

    def asks(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/_matrix/client/v3{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return dict(json.load(answer))
        except HTTPError as error:
            raise AssertionError(error.read().decode()) from error

    def _register(self, name: str) -> None:
        tool = str(Path(self._python).with_name("register_new_matrix_user"))
        command = [tool, "-c", "homeserver.yaml", "-u", name, "-p", f"pw-{name}", "--no-admin"]
        subprocess.run([*command, f"http://127.0.0.1:{self.port}"], cwd=self._folder, check=True, capture_output=True)

    def _login(self, name: str) -> str:
        who = {"type": "m.id.user", "user": name}
        body = {"type": "m.login.password", "identifier": who, "password": f"pw-{name}"}
        return str(self.asks("POST", "/login", body)["access_token"])


def _environment_of_synapse() -> str:
    return environment("synapse", "matrix-synapse>=1.163,<2", "synapse")


def environment(name: str, *requirements: str) -> str:
    """The Python of an environment that is made once and kept in the user's cache; made by pip, from its index.

    The last of ``requirements`` is the module that proves it whole.
    """
    *packages, module = requirements
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "govwatch-tests" / name
    python = folder / "bin" / "python"
    if python.exists() and subprocess.run([str(python), "-c", f"import {module}"], check=False).returncode == 0:
        return str(python)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", *packages]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"{name} cannot be installed here: {done.stderr.strip().splitlines()[-1:]}")
    return str(python)


class Certificate:
    """A certificate for 127.0.0.1 that signs itself, and whoever is to believe it."""

    def __init__(self, folder: Path) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        self.file = folder / "certificate.pem"
        self.key = folder / "key.pem"
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.key.write_bytes(key.private_bytes(*form))

    def of_server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context
