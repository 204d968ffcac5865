"""What a process uses, and whether that grows: samples of /proc, and a line through them."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import fmean


@dataclass
class Usage:
    """One look at a process. Memory in KiB."""

    rss: int
    pss: int
    anonymous: int
    """What is of no file: heap and stacks. A leak of memory is seen here."""
    descriptors: int
    threads: int

    @classmethod
    def of(cls, pid: int) -> Usage:
        rollup = _table(Path(f"/proc/{pid}/smaps_rollup"))
        return cls(
            rollup["Rss"], rollup["Pss"], rollup["Anonymous"],
            len(os.listdir(f"/proc/{pid}/fd")), _table(Path(f"/proc/{pid}/status"))["Threads"])


NAMES = [field.name for field in fields(Usage)]


def _table(path: Path) -> dict[str, int]:
    """The numbers of a file with lines "Name:  number ..."."""
    rows = (line.partition(":") for line in path.read_text().splitlines())
    return {
        name: int(words[0])
        for name, _, rest in rows if (words := rest.split()) and words[0].isdigit()}


def processor_seconds(pid: int) -> float:
    """What all threads have taken of the processors so far, those that have ended too."""
    # clock_getcpuclockid(3), which Python does not have.
    return time.clock_gettime((~pid << 3) | 2)


def switches(pid: int) -> dict[str, int]:
    """How often each thread has gone to sleep by itself: as often as it woke."""
    return {
        task.name: _table(task / "status")["voluntary_ctxt_switches"]
        for task in Path(f"/proc/{pid}/task").iterdir()}


def woken(before: dict[str, int], after: dict[str, int]) -> int:
    """How often threads have woken in between; of one that has ended meanwhile nothing is known."""
    return sum(count - before.get(thread, 0) for thread, count in after.items())


@dataclass
class Slope:
    """Of a straight line by least squares, with the half-width of its 95 % confidence interval."""

    value: float
    error: float

    @property
    def least(self) -> float:
        return self.value - self.error

    @property
    def most(self) -> float:
        return self.value + self.error

    @classmethod
    def through(cls, points: Sequence[tuple[float, float]]) -> Slope:
        """Neighbours resemble one another, so that many tell less than they seem to: the error is
        that of as many points as would be independent, by the correlation of neighbours."""
        if len(points) < 4:
            return cls(math.nan, math.inf)
        x_mean, y_mean = (fmean(column) for column in zip(*points))
        spread = sum((x - x_mean) ** 2 for x, _ in points)
        value = sum((x - x_mean) * (y - y_mean) for x, y in points) / spread
        rest = [y - y_mean - value * (x - x_mean) for x, y in points]
        squares = sum(each * each for each in rest)
        if squares == 0:
            return cls(value, 0)
        likeness = max(sum(a * b for a, b in zip(rest, rest[1:])) / squares, 0)
        free = len(points) * (1 - likeness) / (1 + likeness) - 2
        if free < 1:
            return cls(value, math.inf)
        # Student's t for 95 %, to within 2 % from three degrees of freedom on, 7 % below.
        student = 1.96 + 2.4 / free + 3 / free**2 + 4.5 / free**4
        return cls(value, student * math.sqrt(squares / free / spread))

    def __str__(self) -> str:
        if not math.isfinite(self.error):
            return "too few samples"
        return f"{self.value:+.2f} ± {self.error:.2f}"
