#!/usr/bin/env python3
"""Runs the Swift tests that `swift build --build-tests` has built: two processes at once.

Those with real programs and sockets mostly wait, and the others mostly calculate; in one process the
threads of the test runner, one for each processor, wait for the first and then calculate the others.

What failed is told once more at the end. A machine that is shared can be late for a test with real
programs: up to four of those are run again by themselves, and what passes three times is told as FLAKY
and does not fail the suite. No other test, no crash and no sanitizer's report is forgiven.

With --sanitizer, every report of it ends this with status 1, of whatever process: the programs that
the tests start are built with it too, and write to the same directory.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUPPRESSED = HERE / "sanitizers"
WAITING = r"^EndToEndTests\."
# More than so many are no accident of the machine.
FORGIVEN = 4
ATTEMPTS = 3
OPTIONS = {
    # What the second half of a race has seen is kept for longer than by default.
    "thread": "TSAN_OPTIONS=log_path={reports}/thread:history_size=4",
    "address": "ASAN_OPTIONS=log_path={reports}/address:detect_leaks=1:detect_stack_use_after_return=1",
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--build-dir", type=Path, required=True, help="such as .build/debug")
    arguments.add_argument("--sanitizer", choices=OPTIONS)
    options = arguments.parse_args()
    environment = os.environ | {"SWIFT_DETERMINISTIC_HASHING": "1", "NO_COLOR": "1"}
    with tempfile.TemporaryDirectory(prefix="exchange-clock-reports-") as reports:
        if options.sanitizer:
            name, _, value = OPTIONS[options.sanitizer].format(reports=reports).partition("=")
            environment[name] = value
            environment["LSAN_OPTIONS"] = f"suppressions={SUPPRESSED}/leaks.txt:print_suppressions=0"
            # Swift's own tracer hangs where a sanitizer has spoken.
            environment["SWIFT_BACKTRACE"] = "enable=no"
        passed = run(options.build_dir, environment)
        found = sorted(Path(reports).iterdir())
        for report in found:
            print(f"\n{report.name}:\n{report.read_text(errors='replace')[:6000]}")
    if found:
        print(f"FAILED: {options.sanitizer} sanitizer: {len(found)} processes reported")
    sys.exit(1 if found or not passed else 0)


def run(build: Path, environment: dict[str, str]) -> bool:
    """Whether every test passed, at the first attempt or by itself."""
    program = str(build.resolve() / "exchange-clockPackageTests.xctest")
    command = [program, "--testing-library", "swift-testing"]
    halves = [
        Half([*command, "--filter", WAITING], environment),
        # Who waits for a program is not to wait for the calculations too.
        Half(["nice", "-n", "10", *command, "--skip", WAITING], environment),
    ]
    for half in halves:
        half.join()
    broken = [half for half in halves if half.status != 0]
    for half in broken:
        print(f"\nstatus {half.status}:\n" + "".join(half.failures), flush=True)
    tests = sorted(set().union(*(half.failed() for half in broken)))
    if not broken:
        return True
    # What calculates is late for nothing. One that failed without naming a test has crashed.
    if broken == halves[:1] and 0 < len(tests) <= FORGIVEN:
        print(f"again, by itself: {' '.join(tests)}", flush=True)
        chosen = "|".join(rf"[./]{re.escape(test)}\(" for test in tests)
        if all(passes([*command, "--filter", chosen], environment) for _ in range(ATTEMPTS)):
            print(f"FLAKY: failed, and passed {ATTEMPTS} times by itself: {' '.join(tests)}")
            return True
    print(f"FAILED: {' '.join(tests) or 'no test was named'}")
    return False


def passes(command: list[str], environment: dict[str, str]) -> bool:
    again = Half(command, environment)
    again.join()
    return again.status == 0


class Half(threading.Thread):
    """A process of tests; its output is passed on, without the lines that say that a test begins."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        super().__init__()
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace")
        self.failures: list[str] = []
        self.status: int | None = None
        self.start()

    def run(self) -> None:
        told = False
        for line in self.process.stdout:
            # What is expected and what was found follows its failure, in lines of its own.
            told = line.startswith("✘") or (told and line.startswith("↳"))
            if told:
                self.failures.append(line)
            if not line.startswith("◇"):
                print(line, end="", flush=True)
        self.status = self.process.wait()

    def failed(self) -> set[str]:
        """The names of the tests' functions."""
        names = (re.match(r"✘ Test (\w+)\(", line) for line in self.failures)
        return {name[1] for name in names if name}


if __name__ == "__main__":
    main()
