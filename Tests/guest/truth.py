"""What an exchange's clock really shows, and whether an answer of the daemon holds it.

The simulated exchanges run outside the guest and are carried by this host's CLOCK_MONOTONIC_RAW,
so the truth is a constant added to that clock, whatever is done to the guest's. An answer was
computed between the instant before its request was sent and the instant after it had come.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from support import Simulator

UPLINK_MS = 1000
"""Of the smallest window that comes with a stamp, this much is for the request's way."""


def raw_us() -> int:
    """This host's CLOCK_MONOTONIC_RAW, microseconds."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) // 1000


@dataclass(frozen=True)
class Truth:
    """An exchange's clock minus `raw_us` is within these, microseconds."""

    lower: int
    upper: int

    @staticmethod
    def of(simulator: Simulator, exchange: str) -> Truth:
        """Looked up ten times; each look says that the reading was made between two of ours."""
        truth = Truth(-(1 << 62), 1 << 62)
        for _ in range(10):
            before = raw_us()
            reading = simulator.look(exchange)["time_us"]
            after = raw_us()
            # Both are truncated to whole microseconds.
            truth = Truth(
                max(truth.lower, reading - after - 1), min(truth.upper, reading + 1 - before)
            )
        return truth

    def fault(self, result: dict[str, Any], before: int, after: int) -> str | None:
        """How an answer to `now` or `stamp` fails to hold the truth; None: it holds it."""
        if "earliest_us" in result:
            earliest, latest = result["earliest_us"], result["latest_us"]
        else:
            # What a stamp for a window of 5 s back and 1 s ahead promises: it is the earliest time,
            # and the smallest window that is enough tells the latest.
            earliest = result["unix_us"]
            latest = earliest + (result["min_recv_window_ms"] - UPLINK_MS) * 1000
        ahead = earliest - (after + self.upper)
        behind = before + self.lower - latest
        if ahead > 0:
            return f"ahead of the truth by {ahead / 1e6:.3f} s"
        if behind > 0:
            return f"behind the truth by {behind / 1e6:.3f} s"
        return None
