#!/usr/bin/env python3
"""Runs the Swift tests that `swift build --build-tests` has built: two processes at once.

Those with real programs and sockets mostly wait, and the others mostly calculate; in one process the
threads of the test runner, one for each processor, wait for the first and then calculate the others.

With --sanitizer, every report of it ends this with status 1, of whatever process: the programs that
the tests start are built with it too, and write to the same directory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUPPRESSED = HERE / "sanitizers"
WAITING = r"^EndToEndTests\."
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
        statuses = run(options.build_dir, environment)
        found = sorted(Path(reports).iterdir())
        for report in found:
            print(f"\n{report.name}:\n{report.read_text(errors='replace')[:6000]}")
    if found:
        print(f"FAILED: {options.sanitizer} sanitizer: {len(found)} processes reported")
    sys.exit(1 if found or any(statuses) else 0)


def run(build: Path, environment: dict[str, str]) -> list[int]:
    """The exit statuses of the halves."""
    program = str(build.resolve() / "exchange-clockPackageTests.xctest")
    halves = [
        subprocess.Popen(
            [*command, "--testing-library", "swift-testing", choice, WAITING], env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        for command, choice in (
            ([program], "--filter"),
            # Who waits for a program is not to wait for the calculations too.
            (["nice", "-n", "10", program], "--skip"),
        )
    ]
    readers = [threading.Thread(target=pass_on, args=(half,)) for half in halves]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return [half.wait() for half in halves]


def pass_on(half: subprocess.Popen[str]) -> None:
    """Whole lines, but not those that say that something begins."""
    for line in half.stdout:
        if not line.startswith("◇"):
            print(line, end="", flush=True)


if __name__ == "__main__":
    main()
