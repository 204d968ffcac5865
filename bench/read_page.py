"""The shared page, read from C, Swift and Python, beside a bare reading of the clock.

    python3 bench/read_page.py --build-dir .build/release

Every ratio is of two measurements that one process made one after the other; of several rounds, the
median. Fails where a goal is missed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import timeit
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "demo"))
sys.path.insert(0, str(ROOT / "clients" / "python"))

import exchange_clock  # noqa: E402  (its path is set above)
from harness import Daemon, Simulator  # noqa: E402

FIVE = ["binance", "bitget", "bybit", "kucoin", "okx"]
ROUNDS = 301
READS = 10_000
PYTHON_READS = 500
MOST_RATIO = 2.5
"""Of a read to a bare clock_gettime(CLOCK_MONOTONIC_RAW), from C and from Swift."""
MOST_PYTHON_US = 2.0


def compiled(directory: Path) -> Path:
    program = directory / "read_page"
    subprocess.run(
        ["cc", "-O2", "-std=c11", "-I", ROOT / "clients" / "c", HERE / "read_page.c", "-o", program],
        check=True,
    )
    return program


def rounds(command: list[str | Path]) -> list[dict[str, float]]:
    """What each round of a program prints: names and nanoseconds in turn."""
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    words = [line.split() for line in output.splitlines()]
    return [dict(zip(line[::2], map(float, line[1::2]))) for line in words]


def told(language: str, rows: list[dict[str, float]]) -> float:
    """Prints the figures of one language; returns the ratio that has a goal."""
    ratios = {}
    for what in ("now", "stamp"):
        ratios[what] = statistics.median(row[what] / row["clock"] for row in rows)
        time = statistics.median(row[what] for row in rows)
        clock = statistics.median(row["clock"] for row in rows)
        print(f"{language:8}{what:8}{time:10.1f}{clock:10.1f}{ratios[what]:10.2f}")
    return ratios["now"]


def python_us(socket: Path) -> tuple[float, float]:
    """A `now` and a `stamp` of the Python client, microseconds."""
    clock = exchange_clock.connect(str(socket))
    times = []
    for read in (lambda: clock.now("binance"), lambda: clock.stamp("binance")):
        read()
        assert clock.page_refusal is None, clock.page_refusal
        rows = timeit.repeat(read, number=PYTHON_READS, repeat=ROUNDS)
        times.append(statistics.median(rows) / PYTHON_READS * 1e6)
    return times[0], times[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build-dir", type=Path, default=Path(".build/release"))
    build = parser.parse_args().build_dir.resolve()
    with tempfile.TemporaryDirectory(prefix="exchange-clock-bench-") as name:
        directory = Path(name)
        program = compiled(directory)
        with Simulator(build, directory, {id: {} for id in FIVE}) as simulator:
            with Daemon(build, directory, simulator.urls) as daemon:
                daemon.wait_until_ready()
                page = daemon.socket.with_name("clock.page")
                arguments: list[str | Path] = [page, "binance", str(ROUNDS), str(READS)]
                print(f"a read of the shared page, nanoseconds, median of {ROUNDS} rounds of {READS:,}")
                print(f"{'':16}{'read':>10}{'clock':>10}{'ratio':>10}")
                of_c = told("C", rounds([program, *arguments]))
                of_swift = told("Swift", rounds([build / "page-reader", "time", *arguments]))
                now, stamp = python_us(daemon.socket)
    print(f"{'Python':8}{'now':8}{now * 1000:10.0f}\n{'Python':8}{'stamp':8}{stamp * 1000:10.0f}\n")
    missed = 0
    for what, figure, goal, unit in (
        ("now from C, of a bare clock", of_c, MOST_RATIO, "x"),
        ("now from Swift, of a bare clock", of_swift, MOST_RATIO, "x"),
        ("now from Python", now, MOST_PYTHON_US, "us"),
    ):
        is_met = figure <= goal
        missed += not is_met
        print(f"{what}: {figure:.2f} {unit}, goal {goal} {unit}: {'met' if is_met else 'MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
