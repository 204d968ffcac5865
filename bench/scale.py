"""How start, memory, processor time and wake-ups of the daemon grow with the exchanges that it
follows and the clients that it tells.

    python3 bench/scale.py --build-dir .build/release

Every exchange is a source of the configuration's own, with the default settings, on a loopback
address of its own. The subscribers are told of all exchanges, or of five. Prints; judges nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import resource
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Self

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "demo"))

from harness import Daemon, Failure, Program, ask, connect, wait_until  # noqa: E402
from usage import Usage, processor_seconds, switches, woken  # noqa: E402

SUBSCRIBERS = 10_000
MOST_TO_ALL = 100
"""Exchanges of which all are told to each subscriber: of 1,000 that is 4.5 GB of first answers."""
SINGLE = 40
"""Resyncs that are looked at one by one."""
FIVE = '"exchanges":["source0000","source0001","source0002","source0003","source0004"]'


class TimeServer(asyncio.Protocol):
    """Any number of exchanges, which differ by the address that they are asked at."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._read = b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        if self._read.endswith(b"\r\n\r\n"):
            self._read = b""
            body = b'{"serverTime":%d}' % (time.time_ns() // 1_000_000)
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


async def serve() -> None:
    """Tells its port, and serves until its standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(TimeServer, "0.0.0.0", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextlib.contextmanager
def time_server() -> Iterator[int]:
    """Its port. A process of its own, so that it takes no turns with what is measured here."""
    with subprocess.Popen(
        [sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


class NotifiedDaemon(Daemon):
    """A daemon that tells this process what it tells the service manager."""

    def __init__(self, build: Path, directory: Path, count: int, port: int) -> None:
        self.socket = directory / "exchange-clock.sock"
        config = directory / "exchange-clock.toml"
        tables = (
            f'[exchanges.source{number:04}]\n'
            f'url = "http://127.{100 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}'
            f':{port}/time"\ntime = "/serverTime"\n' for number in range(count))
        config.write_text(f"[socket]\nmax_clients = {SUBSCRIBERS + 100}\n" + "".join(tables))
        notify = directory / "notify.sock"
        notify.unlink(missing_ok=True)
        self._notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notices.bind(str(notify))
        self._stream = None
        self.began = time.monotonic()
        Program.__init__(
            self, build, "exchange-clockd",
            ["--config", str(config), "--socket", str(self.socket), "--state",
             str(directory / "state.json")],
            directory, environment={"NOTIFY_SOCKET": str(notify)})

    def seconds_to_ready(self) -> float:
        self._notices.settimeout(300)
        while b"READY=1" not in self._notices.recv(65536):
            pass
        self._notices.setblocking(False)
        return time.monotonic() - self.began

    def take_notices(self) -> None:
        """As a service manager would; what nobody takes is not sent."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._notices.recv(65536)

    def is_idle(self) -> bool:
        self.take_notices()
        return all(each["next_sync_ms"] > 0 for each in self.ask("offsets"))

    def rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            select.select([self._notices], [], [], left)
            self.take_notices()


class Subscribers:
    """Clients that hold one subscription each."""

    def __init__(self, program: Path, daemon: Daemon, params: str) -> None:
        request = f'{{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{{{params}}}}}\\n'
        self._process = subprocess.Popen(
            [program, "hold", daemon.socket, str(SUBSCRIBERS), request],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise Failure("the subscribers cannot subscribe")
        return self

    def told(self) -> int:
        """Lines since the last time."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def __exit__(self, *error: object) -> None:
        self._process.communicate()


@dataclass
class Row:
    """What one daemon came to."""

    exchanges: int
    subscribers: str
    ready_s: float = 0
    start_cpu_s: float = 0
    rss_kib: int = 0
    anonymous_kib: int = 0
    idle_ms_per_s: float = 0
    wakes_per_s: float = 0
    resync_ms: float = 0
    push_ms: float = 0
    push_cpu_ms: float = 0
    told: int = 0
    """Exchanges that each subscriber is told of."""

    @property
    def cpu_s_per_hour(self) -> float:
        """At the default interval: a resync of each exchange, told or not, and the rest of the
        hour."""
        resyncs = self.told * self.push_cpu_ms + (self.exchanges - self.told) * self.resync_ms
        return 3.6 * self.idle_ms_per_s + resyncs / 1e3


COLUMNS: dict[str, tuple[str, Callable[[Row], float]]] = {
    "ready": ("{:.2f} s", lambda row: row.ready_s),
    "start CPU": ("{:.2f} s", lambda row: row.start_cpu_s),
    "RSS": ("{:.1f} MB", lambda row: row.rss_kib / 1024),
    "heap": ("{:.1f} MB", lambda row: row.anonymous_kib / 1024),
    "idle CPU": ("{:.2f} ms/s", lambda row: row.idle_ms_per_s),
    "wakes": ("{:.1f} /s", lambda row: row.wakes_per_s),
    "one resync": ("{:.2f} ms", lambda row: row.resync_ms),
    "CPU": ("{:.0f} s/h", lambda row: row.cpu_s_per_hour),
    "push": ("{:.0f} ms", lambda row: row.push_ms),
    "push CPU": ("{:.0f} ms", lambda row: row.push_cpu_ms),
}


def measure(
    build: Path, directory: Path, program: Path, port: int, count: int, seconds: float,
    params: str | None, resync: float,
) -> Row:
    """resync: the processor time of one that nobody is told of, where it is known, in ms."""
    told = 0 if params is None else 5 if params else count
    words = "none" if params is None else "five each" if params else "all each"
    row = Row(count, words, resync_ms=resync, told=told)
    with NotifiedDaemon(build, directory, count, port) as daemon:
        pid = daemon.process.pid
        row.ready_s = daemon.seconds_to_ready()
        daemon.wait_until(daemon.is_idle, 120, "the first resyncs are over")
        row.start_cpu_s = processor_seconds(pid)
        with contextlib.ExitStack() as stack:
            if params is not None:
                clients = stack.enter_context(Subscribers(program, daemon, params))
            # It gives back what a resync needed once in ten seconds.
            daemon.rest(12)
            used = Usage.of(pid)
            row.rss_kib, row.anonymous_kib = used.rss, used.anonymous
            spent, woke, began = processor_seconds(pid), switches(pid), time.monotonic()
            daemon.rest(seconds)
            passed = time.monotonic() - began
            row.idle_ms_per_s = (processor_seconds(pid) - spent) / passed * 1e3
            row.wakes_per_s = woken(woke, switches(pid)) / passed
            if params is None:
                row.resync_ms = resync_ms(daemon, row)
            else:
                clients.told()
                row.push_ms, row.push_cpu_ms = push(daemon, clients)
    return row


def resync_ms(daemon: NotifiedDaemon, row: Row) -> float:
    """Processor time that one resync takes which comes alone, as they do in an hour."""
    spent, began = processor_seconds(daemon.process.pid), time.monotonic()
    for number in range(SINGLE):
        daemon.ask("resync", exchange=f"source{number * row.exchanges // SINGLE:04}")
        daemon.take_notices()
    idle = row.idle_ms_per_s * (time.monotonic() - began)
    return max((processor_seconds(daemon.process.pid) - spent) * 1e3 - idle, 0) / SINGLE


def push(daemon: NotifiedDaemon, clients: Subscribers) -> tuple[float, float]:
    """From the answer to a demand for a resync until all subscribers have been told, and the
    processor time of both; medians."""
    times, costs = [], []
    for number in range(5):
        wait_until(lambda: clients.told() == 0, 30, "nobody is told any more")
        spent = processor_seconds(daemon.process.pid)
        daemon.ask("resync", exchange=f"source{number:04}")
        began = time.monotonic()
        told = 0
        while told < SUBSCRIBERS:
            told += clients.told()
            if time.monotonic() - began > 30:
                raise Failure(f"{told} of {SUBSCRIBERS} subscribers were told within 30 s")
        times.append(time.monotonic() - began)
        costs.append(processor_seconds(daemon.process.pid) - spent)
    return median(times) * 1e3, median(costs) * 1e3


def show(rows: list[Row]) -> None:
    print(f"{'exchanges':>9}{'told of':>11}" + "".join(f"{name:>13}" for name in COLUMNS))
    for row in rows:
        cells = (form.format(value(row)) if value(row) else "-" for form, value in COLUMNS.values())
        print(f"{row.exchanges:>9}{row.subscribers:>11}" + "".join(f"{cell:>13}" for cell in cells))
    print("\ngrowth with ten times as many exchanges")
    for before, after in zip(rows, rows[1:]):
        if before.subscribers == after.subscribers:
            cells = (
                f"x {value(after) / value(before):.1f}" if value(before) > 0 else "-"
                for _, value in COLUMNS.values())
            print(
                f"{before.exchanges:>5} -> {after.exchanges:<5}{after.subscribers:>8}"
                + "".join(f"{cell:>13}" for cell in cells))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build-dir", type=Path, default=Path(".build/release"))
    parser.add_argument("--seconds", type=float, default=30, help="how long each is looked at idle")
    parser.add_argument("--exchanges", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if given.serve:
        asyncio.run(serve())
        return 0
    rows = []
    with tempfile.TemporaryDirectory(prefix="exchange-clock-scale-") as name, time_server() as port:
        program = Path(name) / "load"
        subprocess.run(["cc", "-O2", "-o", program, HERE / "load.c"], check=True)
        for params in (None, FIVE, ""):
            for count in given.exchanges:
                if params == "" and count > MOST_TO_ALL:
                    print(f"SKIPPED: {count} exchanges, all told to each: it takes too long here")
                    continue
                with tempfile.TemporaryDirectory(dir=name) as directory:
                    alone = [row.resync_ms for row in rows if row.exchanges == count]
                    rows.append(measure(
                        given.build_dir.resolve(), Path(directory), program, port, count,
                        given.seconds, params, alone[0] if alone else 0))
                    print(rows[-1], file=sys.stderr, flush=True)
    print(
        f"{SUBSCRIBERS} subscribers where any are told; idle for {given.seconds:g} s; memory after"
        " what a resync needed was given back")
    show(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
