"""The socket beside what a socket can do at best: a C echo of the same bytes, and redis-server.

    python3 bench/read_socket.py --build-dir .build/release

Every ratio is of two measurements that were made one after the other; of several, the median. All
are of one client program with one thread (load.c), over Unix sockets, with answers of one size, and
each server answers from one thread. Who asks for the same exchange at the same moment as others is
told the same, which costs less than five exchanges in turn: both are shown. What the program can
drive at most shows in what the C echo gets, which does nothing for an answer. On a host that others
use, the processor's time for a request tells more than how many there are in a second.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "demo"))

from bench import FIVE, STAMP, resident_kib  # noqa: E402
from harness import Daemon, Failure, Simulator, wait_until  # noqa: E402

ROUNDS = 9
SECONDS = 1.0
"""Of one measurement."""
CONNECTIONS = (1, 16, 256)
IDLE = 10_000
LIMIT_BYTES = 8192
"""For one idle subscriber, in the daemon."""
REDIS = Path("/usr/bin/redis-check-rdb")
"""The binary of redis-server, which Debian's redis-tools has under this name; by the name that it
is called with it knows what it is to be. Installing redis-server would also start one."""
STAMPS = [STAMP.replace("binance", id) + "\\n" for id in FIVE]
GETS = [f"*2\\r\\n$3\\r\\nGET\\r\\n${len(id)}\\r\\n{id}\\r\\n" for id in FIVE]
SUBSCRIBE = '{"jsonrpc":"2.0","id":1,"method":"subscribe"}\\n'


def compiled(directory: Path, name: str) -> Path:
    program = directory / name
    subprocess.run(["cc", "-O2", "-o", program, HERE / f"{name}.c"], check=True)
    return program


class Load:
    """Of so many connections: requests per second, p50 and p99 (us), and the processor's time that
    the server takes for a request (us)."""

    def __init__(
        self, program: Path, path: Path, server: int, requests: list[str], newlines: int = 1
    ) -> None:
        self._command = [program, "run", path]
        self._server = server
        self._rest = [str(SECONDS), str(newlines), *requests]

    def measure(self, connections: int) -> tuple[float, float, float, float]:
        command = [*self._command, str(connections), *self._rest]
        before = processor_us(self._server)
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        spent = processor_us(self._server) - before
        rate, p50, p99 = map(float, output.split())
        # A tenth more goes before, to warm up.
        return rate, p50, p99, spent / (rate * SECONDS * 1.1)


def processor_us(pid: int) -> float:
    """What all threads of a process have taken of the processors, in microseconds."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e3


@contextlib.contextmanager
def served(command: list[str | Path], path: Path, executable: Path | None = None) -> Iterator[int]:
    """A server's process id, until the block is left."""
    process = subprocess.Popen(command, executable=executable, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(path), 10, f"{path.name} is served")
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


def rounds(*measures: Callable[[], tuple[float, ...]]) -> list[list[tuple[float, ...]]]:
    """So many measurements of each, by turns."""
    return [list(each) for each in zip(*([m() for m in measures] for _ in range(ROUNDS)))]


def column(rows: list[tuple[float, ...]], index: int) -> float:
    return statistics.median(row[index] for row in rows)


def ratios(
    ours: list[tuple[float, ...]], theirs: list[tuple[float, ...]], index: int
) -> tuple[float, str]:
    """The median, and the text of it."""
    pairs = [our[index] / their[index] for our, their in zip(ours, theirs)]
    median = statistics.median(pairs)
    return median, f"{median:5.2f}   (from {min(pairs):.2f} to {max(pairs):.2f})"


def judged(is_met: bool) -> str:
    missed.append(not is_met)
    return "" if is_met else ", missed"


missed: list[bool] = []
"""Of each goal."""


def one_at_a_time(stamp: Load, echo: Load) -> None:
    ours, theirs = rounds(lambda: stamp.measure(1), lambda: echo.measure(1))
    print(f"one connection, one request at a time; p50 and p99 in us, medians of {ROUNDS}")
    for name, rows in (("stamp", ours), ("C echo of the same bytes", theirs)):
        print(f"  {name:28}{column(rows, 1):8.1f}{column(rows, 2):8.1f}")
    median, text = ratios(ours, theirs, 1)
    print(f"  stamp / echo, p50           {text}   goal: at most 1.3{judged(median <= 1.3)}")


def requests_per_second(
    what: str, stamp: Load, redis: Load | None, echo: Load, is_goal: bool = False
) -> None:
    print(f"\nrequests per second for {what}, no pipelining, medians of {ROUNDS}")
    print(f"  {'connections':14}{'stamp':>9}{'redis GET':>11}{'C echo':>9}   stamp / redis GET")
    spent = []
    for connections in CONNECTIONS:
        measures = [lambda load=load: load.measure(connections) for load in (stamp, redis, echo) if load]
        results = rounds(*measures)
        ours, theirs = results[0], results[-1]
        times = "".join(f"{column(each, 3):10.2f}" for each in results)
        spent.append(f"  {connections:<14}{times}")
        if redis is None:
            print(f"  {connections:<14}{column(ours, 0):9.0f}{'-':>11}{column(theirs, 0):9.0f}")
            continue
        median, text = ratios(ours, results[1], 0)
        goal = f"   goal: at least 1{judged(median >= 1)}" if is_goal else ""
        print(
            f"  {connections:<14}{column(ours, 0):9.0f}{column(results[1], 0):11.0f}"
            f"{column(theirs, 0):9.0f}   {text}{goal}"
        )
    print("\nthe processor's time that the server takes for a request, in us, in the same order")
    print("\n".join(spent))


def idle_subscribers(program: Path, daemon: Daemon, stamp: Load) -> None:
    """Two daemons would not share a moment, so one is measured before, with, and after them."""
    pid = daemon.process.pid
    alone = [stamp.measure(1) for _ in range(ROUNDS)]
    before = resident_kib(pid)
    command = [program, "hold", daemon.socket, str(IDLE), SUBSCRIBE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as idle:
        assert idle.stdin is not None and idle.stdout is not None
        if idle.stdout.readline() != "ready\n":
            raise Failure(f"{IDLE} subscribers could not be connected")
        crowded = [stamp.measure(1) for _ in range(ROUNDS)]
        each = (resident_kib(pid) - before) * 1024 / IDLE
        clients = daemon.ask("health")["counts"]["clients"]
        idle.stdin.close()
    wait_until(lambda: daemon.ask("health")["counts"]["clients"] == 1, 30, "they are gone")
    after = [stamp.measure(1) for _ in range(ROUNDS)]
    exchanges = daemon.ask("health")["counts"]["exchanges"]
    print(f"\n{clients - 1} idle subscribers of {exchanges} exchanges; one more client asks for stamps")
    print(f"  {'':28}{'p50':>8}{'p99':>8}   us, medians of {ROUNDS}")
    for name, rows in (("before", alone), ("with them", crowded), ("after", after)):
        print(f"  {name:28}{column(rows, 1):8.1f}{column(rows, 2):8.1f}")
    quiet = (column(alone, 2) + column(after, 2)) / 2
    slower = column(crowded, 2) / quiet
    print(f"  p99 with them / without     {slower:5.2f}   goal: at most 2{judged(slower <= 2)}")
    print(
        f"  memory of the daemon        {each:5.0f} bytes each   goal: at most {LIMIT_BYTES}"
        f"{judged(each <= LIMIT_BYTES)}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build-dir", type=Path, default=Path(".build/release"))
    build = parser.parse_args().build_dir.resolve()
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        load, roundtrip = compiled(directory, "load"), compiled(directory, "roundtrip")
        simulator = stack.enter_context(Simulator(build, directory, {id: {} for id in FIVE}))
        settings = {FIVE[-1]: f"[socket]\nmax_clients = {IDLE + 100}"}
        daemon = stack.enter_context(Daemon(build, directory, simulator.urls, settings))
        daemon.wait_until_ready()
        replies = [
            json.dumps(
                {"jsonrpc": "2.0", "id": 1, "result": daemon.ask("stamp", exchange=id)},
                separators=(",", ":"),
            )
            for id in FIVE
        ]
        reply = replies[0]
        echo_socket = directory / "echo.sock"
        echoing = stack.enter_context(served([roundtrip, "echo", echo_socket, reply], echo_socket))
        bulk = f"${len(reply)}\r\n{reply}\r\n"
        print(f"bytes of a request and its answer: stamp {len(STAMP) + 1} and {len(reply) + 1},")
        print(f"redis GET {len(GETS[0].encode().decode('unicode_escape'))} and {len(bulk)}\n")

        def stamps(requests: list[str]) -> Load:
            return Load(load, daemon.socket, daemon.process.pid, requests)

        stamp = stamps(STAMPS[:1])
        echo = Load(load, echo_socket, echoing, STAMPS[:1])
        one_at_a_time(stamp, echo)
        redis, redis_of_five = None, None
        if REDIS.exists():
            redis_socket = directory / "redis.sock"
            command = ["redis-server", "--port", "0", "--unixsocket", str(redis_socket), "--save", ""]
            command += ["--io-threads", "1"]
            serving = stack.enter_context(served(command, redis_socket, REDIS))
            for key, value in zip(FIVE, replies):
                fill(redis_socket, key, value)
            redis = Load(load, redis_socket, serving, GETS[:1], 2)
            redis_of_five = Load(load, redis_socket, serving, GETS, 2)
        else:
            print("SKIPPED: redis-server: not installed (make bench-deps)")
        requests_per_second("one exchange, or one key", stamp, redis, echo, is_goal=True)
        requests_per_second("five in turn", stamps(STAMPS), redis_of_five, echo)
        idle_subscribers(load, daemon, stamp)
    return 1 if any(missed) else 0


def fill(path: Path, key: str, value: str) -> None:
    """Sets one of the keys that are asked for to the bytes of a stamp's answer."""
    parts = ["SET", key, value]
    command = f"*{len(parts)}\r\n" + "".join(f"${len(part)}\r\n{part}\r\n" for part in parts)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(command.encode())
        if connection.recv(64) != b"+OK\r\n":
            raise Failure("redis-server does not take the value")


if __name__ == "__main__":
    sys.exit(main())
