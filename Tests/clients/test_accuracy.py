"""The accuracy benchmark: its formulas by hand, and a run of a few trials."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

from support import BUILD, ROOT, note_skip

sys.path.insert(0, str(ROOT / "bench"))

try:
    import ccxt  # noqa: F401
except ImportError as error:
    note_skip(f"the tests of the accuracy benchmark, as ccxt cannot be imported: {error}")
    raise unittest.SkipTest(f"ccxt cannot be imported: {error}") from None

import accuracy  # isort: skip
import measure  # isort: skip
import peers  # isort: skip
from svg import Drawing  # isort: skip
from traces import Probe  # isort: skip

MS = 1_000_000
NOON = 1_790_000_000_000 * MS


def probe(t1: float, t4: float, s: float) -> Probe:
    """Milliseconds after noon."""
    return Probe(*(NOON + round(each * MS) for each in (t1, t4, s)))


# The exchange is 2 s behind; 30.4 ms there, 10 ms back; it says whole milliseconds.
SLOW = probe(0, 40.4, -1970)
# 10 ms each way.
FAST = probe(100, 120, -1890)


class PeerTests(unittest.TestCase):
    def test_ccxt_takes_the_stamp_for_the_time_at_the_answer(self) -> None:
        self.assertEqual(peers.Ccxt().offset_ms([FAST, SLOW]), -2010)
        self.assertEqual(peers.last_difference([FAST, SLOW]), -2010)

    def test_siebly_rounds_the_middle_of_the_last_round_trip_up(self) -> None:
        self.assertEqual(peers.siebly([FAST, SLOW]), -1990)
        self.assertEqual(peers.siebly([probe(0, 41, -1970)]), -1990)

    def test_jkorf_takes_a_small_positive_offset_for_none(self) -> None:
        self.assertAlmostEqual(peers.jkorf([SLOW]), -1990.2)
        self.assertEqual(peers.jkorf([probe(0, 20, 310)]), 0)
        self.assertAlmostEqual(peers.jkorf([probe(0, 20, 710)]), 700)
        self.assertAlmostEqual(peers.jkorf_stamp([probe(0, 20, 710)]), -300)

    def test_hummingbot_weighs_the_last_five(self) -> None:
        offsets = [1000, 10, 20, 30, 40, 100]
        probes = [probe(0, 20, 10 + offset) for offset in offsets]
        # Median 30; weighted (10 + 60 + 150 + 280 + 900) / 25 = 56.
        self.assertAlmostEqual(peers.hummingbot_formula(probes), 43)
        self.assertAlmostEqual(peers.hummingbot_formula(probes[:1]), 1000)

    def test_the_filter_takes_the_shortest_round_trip(self) -> None:
        self.assertAlmostEqual(peers.min_rtt_midpoint([FAST, SLOW]), -2000)
        self.assertAlmostEqual(peers.min_rtt_corrected([FAST, SLOW]), -1999.5)
        self.assertAlmostEqual(peers.last_midpoint([FAST, SLOW]), -1990.2)

    def test_quantiles_are_values_that_occurred(self) -> None:
        spread = measure.Spread.of(range(1, 101))
        self.assertEqual((spread.median, spread.p99), (50, 99))


class DrawingTests(unittest.TestCase):
    def test_a_drawing_is_well_formed(self) -> None:
        drawing = Drawing(90, 60, "<&>")
        drawing.begin_clip(0, 0, 10, 10)
        for shape in ("circle", "square", "diamond", "triangle", "cross"):
            drawing.marker((5, 5), shape, "#000000")
        drawing.end_clip()
        drawing.text(1, 2, 'a < b & "c"', turned=True)
        root = ElementTree.fromstring(drawing.document())
        self.assertEqual(root.get("viewBox"), "0 0 90 60")
        self.assertIn('a < b & "c"', [each.text for each in root])


class RunTests(unittest.TestCase):
    lines: list[str]

    @classmethod
    def setUpClass(cls) -> None:
        run = subprocess.run(
            [BUILD / "accuracy-traces", "5"], check=True, capture_output=True, text=True
        )
        cls.lines = run.stdout.splitlines()

    def report(self, lines: list[str], directory: Path) -> tuple[int, str]:
        with contextlib.redirect_stdout(io.StringIO()) as output:
            return accuracy.report(lines, None, directory, []), output.getvalue()

    def test_a_few_trials_are_judged_and_drawn(self) -> None:
        with tempfile.TemporaryDirectory(prefix="exchange-clock-") as name:
            code, text = self.report(self.lines, Path(name))
            self.assertEqual(code, 0, text)
            self.assertIn("the truth was outside a bound 0 times", text)
            figures = sorted(Path(name).glob("*.svg"))
            self.assertEqual(len(figures), 4)
            for figure in figures:
                ElementTree.fromstring(figure.read_text())

    def test_a_truth_outside_a_bound_fails(self) -> None:
        lines = list(self.lines)
        index = next(i for i, line in enumerate(lines) if line.startswith('{"kind":"coverage"'))
        row = json.loads(lines[index])
        row["inside"] -= 1
        lines[index] = json.dumps(row, separators=(",", ":"))
        with tempfile.TemporaryDirectory(prefix="exchange-clock-") as name:
            code, text = self.report(lines, Path(name))
        self.assertEqual(code, 1)
        self.assertIn("the truth was outside a bound 1 times", text)


if __name__ == "__main__":
    unittest.main()
