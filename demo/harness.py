"""Simulated exchanges and a daemon that follows them, for the demo and for Tests/clients.

Each program is a context manager that ends its process, by its id, however the block is left.
Nothing here sleeps for a fixed time: what takes time is asked for again until it is so or a
deadline passes.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from io import BufferedRWPair
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
JSON = Any
"""What json.loads returns."""


class Failure(Exception):
    """A program did not do its work; the message says which, and shows its stderr."""


class RPCError(Exception):
    """The daemon answered with an error."""

    def __init__(self, error: dict[str, JSON]) -> None:
        super().__init__(f"{error['message']} ({error['code']})")
        self.code: int = error["code"]


def wait_until(question: Callable[[], T], seconds: float, hope: str) -> T:
    """Asks until the answer is true and returns it; a Failure that names the hope after so long."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        if time.monotonic() > deadline:
            raise Failure(f"after {seconds:g} s it is still not so that {hope}")
        time.sleep(0.01)
    return answer


def request(
    method: str, url: str, body: str = "", headers: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """One HTTP request, straight to the host whatever proxy is set; its status and body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body.encode(), dict(headers or {}))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


class Program:
    """A process of the build directory, with its stderr in a file.

    wrapper: a command that starts it; environment: variables besides those of the caller.
    """

    def __init__(
        self,
        build: Path,
        name: str,
        arguments: list[str],
        directory: Path,
        wrapper: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.stderr = directory / f"{name}.stderr"
        # What the service manager or a proxy left in the environment is not meant for this process.
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.lower().endswith("_proxy")
            and key not in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS", "RUNTIME_DIRECTORY")
        }
        try:
            with self.stderr.open("w") as stderr:
                # A session of its own: Ctrl-C reaches the parent alone, which then ends everything.
                self.process = subprocess.Popen(
                    [*wrapper, build / name, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,
                    env=inherited | dict(environment or {}),
                    start_new_session=True,
                )
        except OSError as error:
            raise Failure(
                f"{name} cannot be started from {build}: {error.strerror};"
                " build it with swift build"
            ) from None

    def wait_until(self, question: Callable[[], bool], seconds: float, hope: str) -> None:
        """As the function of that name, but fails at once where the process has ended."""

        def answer() -> bool:
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended with exit code {self.process.returncode}")
            return question()

        try:
            wait_until(answer, seconds, hope)
        except Failure as failure:
            said = self.stderr.read_text().strip() or "(nothing)"
            raise Failure(f"{failure}\nstderr of {self.name}:\n{said}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Simulator(Program):
    """Simulated exchanges, each under conditions that exchange-clock-sim --help explains.

    certificate: PEM files of a chain and its key; with these the exchanges speak HTTPS.
    """

    def __init__(
        self,
        build: Path,
        directory: Path,
        exchanges: Mapping[str, Mapping[str, float]],
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        ports = directory / "simulator.json"
        ports.unlink(missing_ok=True)
        arguments = ["run", "--port-file", str(ports)]
        for id, conditions in exchanges.items():
            settings = ",".join(f"{key}={value:g}" for key, value in conditions.items())
            arguments += ["--exchange", f"{id}:{settings}" if settings else id]
        if certificate is not None:
            arguments += ["--tls-cert", str(certificate[0]), "--tls-key", str(certificate[1])]
        super().__init__(build, "exchange-clock-sim", arguments, directory)
        try:
            self.wait_until(ports.exists, 10, "the simulated exchanges listen")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        description = json.loads(ports.read_text())
        self.control_url: str = description["control_url"]
        self.urls: dict[str, str] = {each["id"]: each["url"] for each in description["exchanges"]}

    def look(self, exchange: str) -> JSON:
        """Conditions, counters, time_us and ahead_us (exchange clock minus this host's)."""
        return self._control("GET", exchange, "")

    def set(self, exchange: str, **conditions: JSON) -> None:
        self._control("PATCH", exchange, json.dumps(conditions))

    def _control(self, method: str, exchange: str, body: str) -> JSON:
        status, answer = request(method, f"{self.control_url}/exchanges/{exchange}", body)
        if status != 200:
            raise Failure(f"the simulator refuses {method} for {exchange}: {answer.strip()}")
        return json.loads(answer)


class Daemon(Program):
    """A daemon that follows simulated exchanges, and a connection to its socket.

    settings: more lines of TOML for an exchange's table; first_lines: of TOML before all tables;
    more: arguments besides the configuration and the socket.
    """

    def __init__(
        self,
        build: Path,
        directory: Path,
        urls: Mapping[str, str],
        settings: Mapping[str, str] | None = None,
        first_lines: str = "",
        more: Sequence[str] = (),
    ) -> None:
        self.socket = directory / "exchange-clock.sock"
        config = directory / "exchange-clock.toml"
        config.write_text(
            first_lines
            + "".join(
                f'[exchanges.{id}]\nbase_url = "{url}"\n{(settings or {}).get(id, "")}\n'
                for id, url in urls.items()
            )
        )
        arguments = ["--config", str(config), "--socket", str(self.socket), *more]
        super().__init__(build, "exchange-clockd", arguments, directory)
        self._stream: BufferedRWPair | None = None

    def ask(self, method: str, **params: JSON) -> JSON:
        """The result of one request; an RPCError where the daemon answers with an error."""
        if self._stream is None:
            self._stream = connect(self.socket)
        return ask(self._stream, method, **params)

    def stamp_ms(self, exchange: str) -> int:
        """The timestamp to sign with, Unix milliseconds of the exchange's clock."""
        return int(self.ask("stamp", exchange=exchange)["unix_us"]) // 1000

    def wait_until_ready(self, seconds: float = 20) -> None:
        """Until every exchange has an estimate."""
        self._wait_for_health(lambda health: health["ready"], seconds, "the daemon is ready")

    def wait_until_synchronized(self, seconds: float = 20) -> None:
        """Until every exchange's error is as small as the configuration wants it."""
        hope = "every exchange is synchronized"
        self._wait_for_health(lambda health: health["status"] == "ok", seconds, hope)

    def _wait_for_health(
        self, is_well: Callable[[JSON], bool], seconds: float, hope: str
    ) -> None:
        def question() -> bool:
            try:
                return bool(is_well(self.ask("health")))
            except (FileNotFoundError, ConnectionRefusedError):
                return False

        self.wait_until(question, seconds, hope)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            self._stream.close()
        super().__exit__(kind, error, traceback)


def connect(path: Path) -> BufferedRWPair:
    """A connection to the daemon's socket, as a stream of bytes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(30)
        connection.connect(str(path))
        return connection.makefile("rwb")


def ask(stream: BufferedRWPair, method: str, **params: JSON) -> JSON:
    """One JSON-RPC request over a connection."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    stream.write(json.dumps(message).encode() + b"\n")
    stream.flush()
    answer = json.loads(stream.readline())
    if "error" in answer:
        raise RPCError(answer["error"])
    return answer["result"]
