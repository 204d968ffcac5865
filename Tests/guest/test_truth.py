"""The judge itself, by hand; needs no guest."""

from __future__ import annotations

import unittest

from truth import Truth

TRUTH = Truth(1000, 1010)


def now(earliest: int, latest: int) -> dict[str, int]:
    return {"earliest_us": earliest, "latest_us": latest}


class TruthTests(unittest.TestCase):
    # Asked at 50, answered at 60: the clock showed something from 1050 to 1070.

    def test_an_interval_that_may_hold_the_truth_is_no_fault(self) -> None:
        for earliest, latest in [(1055, 1065), (1070, 1100), (1000, 1050), (0, 5000)]:
            self.assertIsNone(TRUTH.fault(now(earliest, latest), 50, 60))

    def test_an_interval_that_cannot_hold_it_is_one(self) -> None:
        self.assertIn("ahead", str(TRUTH.fault(now(1071, 1100), 50, 60)))
        self.assertIn("behind", str(TRUTH.fault(now(1000, 1049), 50, 60)))

    def test_a_stamp_is_never_ahead_nor_older_than_its_window_says(self) -> None:
        def stamp(unix_us: int, window_ms: int) -> str | None:
            return TRUTH.fault({"unix_us": unix_us, "min_recv_window_ms": window_ms}, 50, 60)

        self.assertIsNone(stamp(1070, 1000))
        self.assertIn("ahead", str(stamp(1071, 1000)))
        self.assertIsNone(stamp(-950, 1002))
        self.assertIn("behind", str(stamp(-951, 1002)))


if __name__ == "__main__":
    unittest.main()
