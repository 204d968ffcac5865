"""What came of each disturbance, as a table at the end of the run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from watch import Answer

HEADINGS = (
    "disturbance", "stood", "answers", "by page", "refused", "early", "outside", "probes", "recovered"
)
LEGEND = """\
stood      by how much the guest's CLOCK_MONOTONIC fell behind, seconds; a slew does that too
by page    of them read from the shared page by a program in the guest, the others by the socket
refused    no time was given, with a reason: by state
early      wrong, but asked before the daemon could notice: nothing tells it, it looks each second
outside    any other answer without the truth in its interval: must be 0
probes     sent to all three exchanges together
recovered  seconds from the disturbance's end to the last refusal or wrong time"""


@dataclass
class Course:
    """Of a disturbance, as `truth.raw_us`."""

    over: int = 0
    """Nothing is moved any more; when the block is left, unless the block says otherwise."""
    noticed: int = 0
    """From here on no answer may be wrong; when it is over, unless the block says otherwise."""
    is_recovered: bool = True


@dataclass
class Row:
    disturbance: str
    answers: list[Answer]
    probes: int
    stood: float
    course: Course

    def __post_init__(self) -> None:
        wrong = [each for each in self.answers if each.fault]
        self.early = [
            each for each in wrong if self.course.over <= each.sent < self.course.noticed
        ]
        self.outside = [each for each in wrong if each not in self.early]

    @property
    def recovery(self) -> float:
        bad = [each.received for each in self.answers if each.fault or each.refusal]
        return max(0, (max(bad, default=0) - self.course.over) / 1e6)

    @property
    def cells(self) -> list[str]:
        states = Counter(each.refusal for each in self.answers if each.refusal)
        refused = ", ".join(f"{count} {state}" for state, count in states.most_common()) or "0"
        return [
            self.disturbance, f"{round(self.stood, 1) + 0.0:.1f}", str(len(self.answers)),
            str(sum(each.is_page for each in self.answers)), refused,
            str(len(self.early)), str(len(self.outside)), str(self.probes),
            f"{self.recovery:.1f}" if self.course.is_recovered else "never",
        ]


def text(rows: list[Row]) -> str:
    lines = [list(HEADINGS), *(row.cells for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        for line in lines
    ) + f"\n\n{LEGEND}"
