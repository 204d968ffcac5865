"""The shared page, read from C, Swift and Python, beside a bare reading of the clock.

    python3 bench/read_page.py --build-dir .build/release

Every ratio is of two measurements that one process made one after the other; of many rounds, the
median. The languages take turns, so that a neighbour on the machine disturbs all of them for a
while and none of them for the whole time. Fails where a goal is missed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "demo"))
sys.path.insert(0, str(ROOT / "clients" / "python"))

import exchange_clock  # noqa: E402  (its path is set above)
from harness import Daemon, Simulator  # noqa: E402

FIVE = ["binance", "bitget", "bybit", "kucoin", "okx"]
TURNS = 15
ROUNDS = 25
"""Of each in a turn."""
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


class PythonReader:
    def __init__(self, socket: Path) -> None:
        clock = exchange_clock.connect(str(socket))
        page = clock._page
        assert page is not None

        def read_new() -> None:
            page._seen.clear()
            clock.now("binance")

        self.clock = clock
        self.reads: dict[str, Callable[[], object]] = {
            "now": lambda: clock.now("binance"),
            "written": read_new,
            "stamp": lambda: clock.stamp("binance"),
        }

    def rounds(self) -> list[dict[str, float]]:
        """Nanoseconds."""
        rows = []
        for _ in range(ROUNDS):
            times = {
                what: timeit.timeit(read, number=PYTHON_READS) / PYTHON_READS * 1e9
                for what, read in self.reads.items()
            }
            rows.append(times)
        assert self.clock.page_refusal is None, self.clock.page_refusal
        return rows


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
                python = PythonReader(daemon.socket)
                of_c, of_swift, of_python = [], [], []
                for _ in range(TURNS):
                    of_c += rounds([program, *arguments])
                    of_swift += rounds([build / "page-reader", "time", *arguments])
                    of_python += python.rounds()
    print(f"a read of the shared page, nanoseconds, median of {len(of_c)} rounds of {READS:,}")
    print(f"(Python: of {PYTHON_READS}), in {TURNS} turns")
    print(f"{'':16}{'read':>10}{'clock':>10}{'ratio':>10}")
    c_ratio, swift_ratio = told("C", of_c), told("Swift", of_swift)
    times = {what: statistics.median(row[what] for row in of_python) for what in python.reads}
    for what, time in times.items():
        print(f"{'Python':8}{what:8}{time:10.0f}")
    print("(written: the first `now` after the daemon wrote the slot, about once a second)\n")
    missed = 0
    for what, figure, goal, unit in (
        ("now from C, of a bare clock", c_ratio, MOST_RATIO, "x"),
        ("now from Swift, of a bare clock", swift_ratio, MOST_RATIO, "x"),
        ("now from Python", times["now"] / 1000, MOST_PYTHON_US, "us"),
    ):
        is_met = figure <= goal
        missed += not is_met
        print(f"{what}: {figure:.2f} {unit}, goal {goal} {unit}: {'met' if is_met else 'MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
