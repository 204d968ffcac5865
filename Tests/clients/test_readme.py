"""The examples for bots in the README run as they stand and print a timestamp that is right."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unittest

from support import ROOT, ClockTestCase, node, note

README = ROOT / "README.md"
OFFSET_S = -3600


def blocks(language: str) -> list[tuple[str, str]]:
    """The fenced blocks of a language, each with where it begins."""
    text = README.read_text()
    found = []
    for block in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, block.start()) + 1
        found.append((f"{README.name}:{line}", block[1]))
    return found


class ReadmeTests(ClockTestCase):
    exchanges = {"binance": {"offset_ms": 1000 * OFFSET_S, "forward_ms": 10, "return_ms": 10}}

    def run_block(self, command: list[str], text: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "EXCHANGE_CLOCK_SOCKET": str(self.daemon.socket),
            "PYTHONPATH": str(ROOT / "clients" / "python"),
        }
        return subprocess.run(
            command, input=text, env=environment, cwd=ROOT, capture_output=True, text=True,
            timeout=30,
        )

    def check(self, language: str, command: list[str]) -> None:
        found = blocks(language)
        self.assertTrue(found, f"no block of {README} is marked {language}")
        for place, text in found:
            with self.subTest(place):
                self.check_stamp(place, text, command)
                self.check_error(place, text, command)

    def check_stamp(self, place: str, text: str, command: list[str]) -> None:
        before = self.simulator.look("binance")["time_us"]
        run = self.run_block(command, text)
        after = self.simulator.look("binance")["time_us"]
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertRegex(run.stdout, r"^\d{13}\n$")
        stamp_us = 1000 * int(run.stdout)
        # A stamp is at most the whole width of the interval behind, rounded down to 1 ms.
        bound_us = 2 * self.daemon.ask("offset", exchange="binance")["error_ns"] // 1000 + 1000
        self.assertLessEqual(before - bound_us, stamp_us)
        self.assertLessEqual(stamp_us, after)
        behind_ms = (after - stamp_us) / 1000
        note(f"{place}: {run.stdout.strip()}, {behind_ms:.1f} ms behind the exchange when it ended")

    def check_error(self, place: str, text: str, command: list[str]) -> None:
        """An exchange that is not followed: the daemon's own words, and no success."""
        self.assertIn("binance", text)
        run = self.run_block(command, text.replace("binance", "mtgox"))
        self.assertNotEqual(run.returncode, 0)
        self.assertEqual(run.stdout, "")
        self.assertIn('unknown exchange "mtgox"', run.stderr)

    def test_python(self) -> None:
        self.check("python", [sys.executable, "-"])

    def test_node(self) -> None:
        self.check("javascript", [node(self), "-"])


if __name__ == "__main__":
    unittest.main()
