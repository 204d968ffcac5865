"""Clients of the daemon's socket that have no manners, and one that measures what they cost it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

STAMP = b'{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":"binance"}}\n'
OFFSETS = b'{"jsonrpc":"2.0","id":1,"method":"offsets"}\n'
SUBSCRIBE = (
    b'{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"min_change_us":0}}\n')
EXCHANGES = b'{"jsonrpc":"2.0","id":1,"method":"exchanges"}\n'
NOW = b'{"jsonrpc":"2.0","id":1,"method":"now","params":{"exchange":"bybit"}}\n'
OFFSET = b'{"jsonrpc":"2.0","id":1,"method":"offset","params":{"exchange":"okx"}}\n'
RESYNC = b'{"jsonrpc":"2.0","id":1,"method":"resync","params":{"exchange":"binance"}}\n'

Malice = Callable[[Path, threading.Event], None]


def connected(path: Path, timeout: float = 10) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(timeout)
    while True:
        try:
            client.connect(str(path))
            return client
        except BlockingIOError:  # The queue of those that wait to be accepted is full.
            time.sleep(0.01)


def latencies_us(
    path: Path, count: int, seconds: float, request: bytes = STAMP
) -> list[float]:
    """How long requests took, sorted: that many in a row, or for so long."""
    with connected(path, 30) as client:
        return latencies_of(client, count, seconds, request)


def latencies_of(
    client: socket.socket, count: int, seconds: float, request: bytes = STAMP
) -> list[float]:
    """The same over a connection that stands."""
    found: list[float] = []
    deadline = time.monotonic() + seconds
    stream = client.makefile("rb")
    while len(found) < count and time.monotonic() < deadline:
        began = time.perf_counter_ns()
        client.sendall(request)
        line = stream.readline()
        found.append((time.perf_counter_ns() - began) / 1000)
        # A virtual machine that the tests run in may be suspended itself.
        if b'"result"' not in line and b"the host was suspended" not in line:
            raise AssertionError(f"an honest client is answered {line!r}")
    return sorted(found)


def percentile(sorted_values: list[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def processors() -> Path | None:
    """This process's group among those that the processors are shared between, where another may be
    made in it; None where it may not."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, name = line.split(":", 2)
        if controllers.split(",")[0] == "cpu":
            group = Path("/sys/fs/cgroup") / controllers / name.lstrip("/")
        elif controllers == "":
            group = Path("/sys/fs/cgroup") / name.lstrip("/")
            children = group / "cgroup.subtree_control"
            if not children.exists() or "cpu" not in children.read_text().split():
                continue
        else:
            continue
        if os.access(group, os.W_OK):
            return group
    return None


@contextlib.contextmanager
def attacking(
    malice: Malice, path: Path, many: int = 1, is_service: bool = True
) -> Iterator[None]:
    """The malice in so many processes, ended with the block; none may have given up before.

    is_service: together they have the share of the processors that another service has, where that
    can be had; systemd gives each one. Else each process has one like any other."""
    parent = processors() if is_service else None
    group = parent and parent / f"exchange-clock-{os.getpid()}"
    if group:
        group.mkdir()
    children = []
    for _ in range(many):
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                if group:
                    (group / "cgroup.procs").write_text("0")
                malice(path, threading.Event())
            os._exit(0)
        children.append(child)
    try:
        yield
        ended = os.WEXITED | os.WNOHANG | os.WNOWAIT
        if any(os.waitid(os.P_PID, child, ended) for child in children):
            raise AssertionError("the malice has ended by itself")
    finally:
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, 9)
            os.waitpid(child, 0)
        if group:
            group.rmdir()


def again(path: Path, use: Callable[[socket.socket], None], stop: threading.Event) -> None:
    """Connects, misbehaves until it is cut off, and comes back."""
    while not stop.is_set():
        with contextlib.suppress(OSError), connected(path, 2) as client:
            use(client)


def _flood(client: socket.socket) -> None:
    lines = STAMP * 500
    reader = threading.Thread(target=_drain, args=(client,), daemon=True)
    reader.start()
    while True:
        client.sendall(lines)


def _drain(client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while client.recv(1 << 16):
            pass


def flood(path: Path, stop: threading.Event) -> None:
    again(path, _flood, stop)


def never_reads(path: Path, stop: threading.Event) -> None:
    def use(client: socket.socket) -> None:
        while True:
            client.sendall(OFFSETS * 100)

    again(path, use, stop)


def slow_writer(path: Path, stop: threading.Event) -> None:
    """Many connections, each of which never ends its line."""
    clients = [connected(path) for _ in range(200)]
    while not stop.wait(0.001):
        for client in clients:
            client.send(b" ")


def half_lines(path: Path, stop: threading.Event) -> None:
    def use(client: socket.socket) -> None:
        client.sendall(STAMP[:40] + b"\n" + STAMP[:40])
        client.shutdown(socket.SHUT_WR)
        _drain(client)

    again(path, use, stop)


def _sending(data: bytes) -> Malice:
    def use(client: socket.socket) -> None:
        reader = threading.Thread(target=_drain, args=(client,), daemon=True)
        reader.start()
        while True:
            client.sendall(data)

    return lambda path, stop: again(path, use, stop)


def drops(path: Path, stop: threading.Event) -> None:
    """Connects and is gone, as fast as it can."""
    while not stop.is_set():
        client = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError):
            client.setblocking(False)
            client.connect(str(path))
        client.close()


def drops_in_answers(path: Path, stop: threading.Event) -> None:
    """Asks for much and is gone before the answer."""
    while not stop.is_set():
        with contextlib.suppress(OSError), connected(path) as client:
            client.sendall(OFFSETS * 50)


def unfinished_lines(path: Path, stop: threading.Event) -> None:
    """Nearly all that a line may hold, on each of 1000 connections, and never its end."""
    clients: list[socket.socket | None] = [None] * 1000
    while not stop.wait(0.01):
        for number, client in enumerate(clients):
            try:
                if client is None:
                    clients[number] = client = connected(path)
                    client.sendall(b" " * 65_000)
                    client.setblocking(False)
                if not client.recv(16):
                    raise ConnectionResetError
            except BlockingIOError:
                continue
            except OSError:  # It is cut off.
                if client:
                    client.close()
                clients[number] = None


def deaf_subscribers(path: Path, stop: threading.Event) -> None:
    clients = []
    for _ in range(300):
        client = connected(path)
        client.sendall(SUBSCRIBE)
        clients.append(client)
    stop.wait()


def demands(path: Path, stop: threading.Event) -> None:
    """A resync after the other, whatever the answer."""
    def use(client: socket.socket) -> None:
        reader = client.makefile("rb")
        while True:
            client.sendall(RESYNC)
            if not reader.readline():
                return

    again(path, use, stop)


BATCH = json.dumps([json.loads(OFFSETS)] * 256).encode() + b"\n"

def many_batches(path: Path, stop: threading.Event) -> None:
    """On 100 connections at once, as fast as each is answered."""
    clients = [connected(path) for _ in range(100)]
    for client in clients:
        client.setblocking(False)
    rest = [BATCH] * len(clients)
    while not stop.wait(0.001):
        for number, client in enumerate(clients):
            with contextlib.suppress(BlockingIOError):
                rest[number] = rest[number][client.send(rest[number]):] or BATCH
            with contextlib.suppress(BlockingIOError):
                while client.recv(1 << 20):
                    pass


RESYNCS = json.dumps([json.loads(RESYNC)] * 8).encode() + b"\n"


def many_resyncs(path: Path, stop: threading.Event) -> None:
    """On 500 connections at once, again as soon as they are answered."""
    streams = [connected(path).makefile("rwb", buffering=0) for _ in range(500)]
    while not stop.is_set():
        for stream in streams:
            stream.write(RESYNCS)
        for stream in streams:
            stream.readline()


def slow_readers(path: Path, stop: threading.Event) -> None:
    """Ask for 300 lists on each of 30 connections, which is as much as may wait, read the answers
    16 bytes at a time, and ask on for each that they have read."""
    clients: list[socket.socket | None] = [None] * 30
    while not stop.wait(0.001):
        for number, client in enumerate(clients):
            try:
                if client is None:
                    clients[number] = client = connected(path)
                    client.sendall(OFFSETS * 300)
                    client.setblocking(False)
                part = client.recv(16)
                if not part:
                    raise ConnectionResetError
                client.sendall(OFFSETS * part.count(b"\n"))
            except BlockingIOError:
                continue
            except OSError:  # It is cut off.
                client.close()
                clients[number] = None


def ordinary(path: Path, stop: threading.Event) -> None:
    """As many clients as a busy host has, which want a stamp, the time or an offset, again as soon
    as they are answered."""
    streams = [connected(path).makefile("rwb", buffering=0) for _ in range(300)]
    requests = itertools.cycle((STAMP, NOW, OFFSET))
    while not stop.is_set():
        for stream in streams:
            stream.write(next(requests))
        for stream in streams:
            if b'"id":1' not in stream.readline():
                raise AssertionError("an ordinary request is not answered")


MALICE: dict[str, Malice] = {
    "a flood of requests": flood,
    "asks for much and never reads": never_reads,
    "200 that write a byte at a time": slow_writer,
    "half lines": half_lines,
    "lines of 64 KiB + 1": _sending(b"x" * 65537 + b"\n"),
    "a line without end": _sending(b"x" * 65536),
    "nested 60,000 deep": _sending(b"[" * 60_000 + b"\n"),
    "objects nested deep": _sending(b'{"a":' * 10_000 + b"\n"),
    "UTF-8 that is none": _sending(b'{"jsonrpc":"2.0","id":"\xff\xfe\xc0","method":"\xed\xa0"}\n'),
    "binary": _sending(bytes(range(256)) * 64),
    "empty lines": _sending(b"\n" * 65536),
    "batches of 256 lists": _sending(BATCH),
    "batches of 8 lists": _sending(
        json.dumps([{"jsonrpc": "2.0", "id": 1, "method": "exchanges"}] * 8).encode() + b"\n"),
    "batches of 8 resyncs on 500 connections": many_resyncs,
    "unfinished lines on 1000 connections": unfinished_lines,
    "connect and drop": drops,
    "drop while it is answered": drops_in_answers,
    "300 subscribers that never read": deaf_subscribers,
    "a resync after the other": demands,
    "30 that read 16 bytes at a time": slow_readers,
    "ordinary requests on 300 connections": ordinary,
}
