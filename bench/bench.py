"""Figures of the real daemon: start, memory, round trips. Prints; judges nothing.

    python3 bench/bench.py --build-dir .build/release

A figure that depends on the machine stands beside one of something else from the same run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "demo"))

from harness import Daemon, Failure, RPCError, Simulator, ask, connect, wait_until  # noqa: E402

FIVE = ["binance", "bitget", "bybit", "kucoin", "okx"]
STAMP = '{"jsonrpc":"2.0","id":1,"method":"stamp","params":{"exchange":"binance"}}'
RESYNCS = 1000
REQUESTS = 20_000
ROUNDS = 5


def resident_kib(pid: int) -> int:
    """Resident set of a process (VmRSS), in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise Failure(f"process {pid} shows no VmRSS")


def first_stamp_ms(build: Path, simulator: Simulator, directory: Path) -> tuple[float, float]:
    """From starting the daemon to its first stamp for Binance, and to readiness; milliseconds."""
    begun = time.monotonic()
    with Daemon(build, directory, {id: simulator.urls[id] for id in FIVE}) as daemon:

        def stamp() -> bool:
            try:
                return bool(daemon.ask("stamp", exchange="binance"))
            except (RPCError, FileNotFoundError, ConnectionRefusedError):
                return False

        daemon.wait_until(stamp, 20, "a stamp is given")
        stamped = time.monotonic()
        daemon.wait_until_ready()
        return (stamped - begun) * 1e3, (time.monotonic() - begun) * 1e3


def start_and_memory(build: Path, directory: Path) -> None:
    with Simulator(build, directory, {id: {} for id in FIVE}) as simulator:
        starts = [first_stamp_ms(build, simulator, directory) for _ in range(ROUNDS)]
        stamp, ready = (statistics.median(column) for column in zip(*starts))
        bare = statistics.median(process_start_ms(build) for _ in range(ROUNDS))
        print(f"start to first usable stamp     {stamp:8.1f} ms   (median of {ROUNDS})")
        print(f"start to ready, five exchanges  {ready:8.1f} ms   (8 probes each, 20-100 ms apart)")
        print(f"exchange-clockd --version       {bare:8.1f} ms   (the process alone, for comparison)")
        memory(build, directory, simulator)


def process_start_ms(build: Path) -> float:
    begun = time.monotonic()
    subprocess.run([build / "exchange-clockd", "--version"], check=True, capture_output=True)
    return (time.monotonic() - begun) * 1e3


def memory(build: Path, directory: Path, simulator: Simulator) -> None:
    """Fifty sources resynced every second, two probes each, until 1,000 resyncs are done."""
    sources = directory / "fifty"
    sources.mkdir()
    settings = 'interval = "1s"\nsamples = 2\nmax_error = "10s"\n'
    urls = {f"source{number}": simulator.urls["binance"] for number in range(50)}
    custom = settings + 'path = "/api/v3/time"\ntime = "/serverTime"\nunit = "ms"\n'

    def resyncs() -> int:
        return (simulator.look("binance")["counters"]["time_requests"] - before) // 2

    before = simulator.look("binance")["counters"]["time_requests"]
    with Daemon(build, sources, urls, {id: custom for id in urls}) as daemon:
        daemon.wait_until_ready()
        wait_until(lambda: resyncs() >= 100, 60, "every source was resynced twice")
        first, first_count = resident_kib(daemon.process.pid), resyncs()
        wait_until(lambda: resyncs() >= 100 + RESYNCS, 120, f"{RESYNCS} resyncs are done")
        last, last_count = resident_kib(daemon.process.pid), resyncs()
    with Daemon(build, directory, {id: simulator.urls[id] for id in FIVE}) as daemon:
        daemon.wait_until_ready()
        five = resident_kib(daemon.process.pid)
    python = resident_python_kib()
    print(f"RSS, five exchanges, ready      {five:8d} KiB")
    print(f"RSS, fifty, {first_count:5d} resyncs       {first:8d} KiB")
    print(f"RSS, fifty, {last_count:5d} resyncs       {last:8d} KiB")
    print(f"RSS, an idle python3            {python:8d} KiB   (for comparison)")


def resident_python_kib() -> int:
    with subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        resident = resident_kib(process.pid)
        process.communicate(b"\n")
    return resident


def round_trips(build: Path, directory: Path) -> None:
    """The same client against the daemon and against an echo of the daemon's answer, in turn."""
    program = directory / "roundtrip"
    subprocess.run(["cc", "-O2", "-o", program, HERE / "roundtrip.c"], check=True)
    with Simulator(build, directory, {"binance": {}}) as simulator:
        with Daemon(build, directory, simulator.urls) as daemon:
            daemon.wait_until_ready()
            with connect(daemon.socket) as stream:
                result = ask(stream, "stamp", exchange="binance")
            reply = json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}, separators=(",", ":"))
            echo_socket = directory / "echo.sock"
            echo = subprocess.Popen([program, "echo", echo_socket, reply])
            try:
                wait_until(echo_socket.exists, 10, "the echo listens")
                stamps, echoes = [], []
                for _ in range(ROUNDS):
                    stamps.append(measure(program, daemon.socket))
                    echoes.append(measure(program, echo_socket))
            finally:
                echo.terminate()
                echo.wait()
    print(f"\n{REQUESTS} requests one at a time, median of {ROUNDS} rounds, microseconds")
    print(f"{'':32}{'p50':>8}{'p99':>8}{'max':>10}")
    for name, rows in (("stamp", stamps), ("C echo of the same bytes", echoes)):
        p50, p99, most = (statistics.median(column) for column in zip(*rows))
        print(f"{name:32}{p50:8.1f}{p99:8.1f}{most:10.1f}")
    for name, column in (("p50", 0), ("p99", 1)):
        ratios = [stamp[column] / echo[column] for stamp, echo in zip(stamps, echoes)]
        print(
            f"stamp / echo, {name}, pair by pair{statistics.median(ratios):9.2f}"
            f"   (from {min(ratios):.2f} to {max(ratios):.2f})"
        )


def measure(program: Path, path: Path) -> list[float]:
    output = subprocess.run(
        [program, "client", path, str(REQUESTS), STAMP], check=True, capture_output=True, text=True
    )
    return [float(word) for word in output.stdout.split()]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build-dir", type=Path, default=Path(".build/release"))
    build = parser.parse_args().build_dir.resolve()
    with tempfile.TemporaryDirectory(prefix="exchange-clock-bench-") as name:
        start_and_memory(build, Path(name))
        round_trips(build, Path(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
