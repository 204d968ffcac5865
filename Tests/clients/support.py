"""What the tests of this directory share: where things are, and the harness of the demo."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import unittest
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = (ROOT / os.environ.get("EXCHANGE_CLOCK_BUILD", ".build/release")).resolve()
sys.path.insert(0, str(ROOT / "demo"))
sys.path.append(str(ROOT / "Tests"))

from harness import Daemon, Simulator, wait_until  # noqa: E402  (its path is set above)
from notes import note, note_skip  # noqa: E402


SAMPLES = 8
"""Of one resync; the daemon's default."""


class ClockTestCase(unittest.TestCase):
    """Simulated exchanges and a daemon that follows them, new for each test.

    Not shared by tests: a daemon sends an exchange no more than 60 probes a minute, and each step
    of that exchange's clock costs 16 of them.
    """

    exchanges: Mapping[str, Mapping[str, float]] = {}
    simulator: Simulator
    daemon: Daemon

    def setUp(self) -> None:
        directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-"))
        )
        self.simulator = self.enterContext(Simulator(BUILD, directory, self.exchanges))
        self.daemon = self.enterContext(Daemon(BUILD, directory, self.simulator.urls))
        self.daemon.wait_until_ready()
        # A clock that steps in the middle of a burst is another test's matter.
        wait_until(
            lambda: all(map(self.has_whole_burst, self.exchanges)), 20, "the first resyncs are done"
        )

    def skew(self, exchange: str, seconds: float) -> None:
        """Sets an exchange's clock that far ahead, and waits until the daemon has seen it."""
        self.simulator.set(exchange, offset_ms=1000 * seconds)
        self.daemon.ask("resync", exchange=exchange)
        wait_until(
            lambda: self.is_followed(exchange),
            20,
            f"the daemon follows the step of {exchange} by {seconds:+g} s",
        )

    def has_whole_burst(self, exchange: str) -> bool:
        offset = self.daemon.ask("offset", exchange=exchange)
        return bool(offset["samples"] + offset["rejected"] >= SAMPLES)

    def is_followed(self, exchange: str) -> bool:
        offset = self.daemon.ask("offset", exchange=exchange)
        if offset["state"] != "synchronized":
            return False
        ahead_ns = 1000 * self.simulator.look(exchange)["ahead_us"]
        # The host's own clock is read at two instants that are not quite the same.
        slack_ns = 2_000_000
        return bool(offset["lower_ns"] - slack_ns <= ahead_ns <= offset["upper_ns"] + slack_ns)


def node(test: unittest.TestCase) -> str:
    """Where Node is; without it the test is skipped, and says so."""
    found = shutil.which("node")
    if found is None:
        note_skip(f"{test.id()}, as there is no node in PATH")
        test.skipTest("there is no node in PATH")
    return found
