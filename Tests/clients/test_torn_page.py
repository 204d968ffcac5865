"""The Python client reads a page that another process writes: never half of one write."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import ROOT, note, note_skip

sys.path.insert(0, str(ROOT / "clients" / "python"))
sys.path.insert(0, str(ROOT / "clients" / "conformance"))

import exchange_clock  # noqa: E402  (its path is set above)
import generate  # noqa: E402

READS = 200_000


class TornPageTests(unittest.TestCase):
    def test_every_read_is_of_one_write(self) -> None:
        compiler = shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            note_skip(f"{self.id()}: there is no C compiler")
            self.skipTest("there is no C compiler")
        directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        program = directory / "write_page"
        source = Path(__file__).parent / "write_page.c"
        subprocess.run(
            [compiler, "-std=c11", "-O2", "-Wall", "-Werror", str(source), "-o", str(program)],
            check=True)
        path = directory / "clock.page"
        boot_id = exchange_clock._boot_id()
        path.write_bytes(generate.page(
            generate.USUAL | {"sequence": 0, "state": 1, "as_of_raw_ns": generate.RAW,
                              "lower_ns": 0, "upper_ns": 0, "lower_rate": 0.0, "upper_rate": 0.0,
                              "checked_raw_ns": generate.RAW},
            boot_id=boot_id))
        page = exchange_clock.Page.open(str(path))
        writer = subprocess.Popen(
            [program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(writer.kill)
        seen, torn = set(), 0
        for _ in range(READS):
            try:
                earliest, latest, state, (_, sequence, *_) = page.read(
                    "binance", generate.RAW + 1, generate.REAL + 1)
            except exchange_clock.PageRefusal as refusal:
                self.assertEqual(refusal.kind, "torn")
                torn += 1
                continue
            number = sequence // 2
            if number > 0:
                # One nanosecond later: the bound, that nanosecond, and the rate once.
                self.assertEqual((earliest, latest), (3 * number + 1 + number, 7 * number + 1))
                self.assertEqual(state, "synchronized" if number % 2 else "holdover")
            seen.add(number)
        said, _ = writer.communicate("\n", timeout=30)
        self.assertEqual(writer.returncode, 0)
        note(f"Python: {READS - torn} reads of {len(seen)} different writes ({said.strip()} in all)"
             f" were whole, {torn} given up")
        self.assertGreater(len(seen), 1)


if __name__ == "__main__":
    unittest.main()
