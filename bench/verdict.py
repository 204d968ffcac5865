"""The targets of the accuracy benchmark, and which of them are met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import peers
from measure import OURS, CoarseErrors, Holdover, LinkErrors, Spread, short

PAIRS = 1_000_000


@dataclass(frozen=True)
class Target:
    what: str
    found: str
    is_met: bool

    def __str__(self) -> str:
        return f"{'met   ' if self.is_met else 'MISSED'}  {self.what}: {self.found}"


def of_link(link: LinkErrors) -> list[Target]:
    ours, sdk = link.at_burst(OURS), link.best_sdk
    midpoint = link.at_burst(peers.MIN_RTT)

    def ratio(what: str, mine: float, other: float, limit: float) -> Target:
        found = mine / other
        return Target(
            f"{link.link}, {what} <= {limit:.2f}", f"{found:.2f}", found <= limit
        )

    return [
        ratio("median / best SDK", ours.median, sdk.median, 1 / 3),
        ratio("p99 / best SDK", ours.p99, sdk.p99, 1 / 2),
        ratio("median / min-RTT midpoint", ours.median, midpoint.median, 1 / 2),
        ratio("p99 / min-RTT midpoint", ours.p99, midpoint.p99, 1),
    ]


def of_holdover(held: Holdover) -> list[Target]:
    ours = held.before_resync[OURS]
    return [
        Target("holdover before the resync, median <= 1 ms", short(ours.median), ours.median <= 1),
        Target("holdover before the resync, p99 <= 4 ms", short(ours.p99), ours.p99 <= 4),
    ]


def of_coarse(errors: CoarseErrors) -> list[Target]:
    median = errors.spreads[OURS].median
    limits = [0.75 * round_trip + 3 for round_trip in errors.round_trips_ms]
    over = sum(
        bound > limit for bound, limit in zip(errors.bounds_ms, limits, strict=True)
    )
    return [
        Target("1 s resolution, 16 probes, median <= 2 ms", short(median), median <= 2),
        Target(
            "1 s resolution, bound <= 1.5 x RTT/2 + 3 ms",
            f"{over} of {len(limits)} above; largest {short(max(errors.bounds_ms))} ms",
            over == 0,
        ),
    ]


def of_asymmetry(error: Spread, coverage: list[dict[str, Any]]) -> list[Target]:
    row = next(each for each in coverage if each["scenario"].startswith("30 ms there"))
    return [
        Target(
            "30/60 ms: error about 15 ms, the truth inside",
            f"{short(error.median)} ms, {row['inside']} of {row['pairs']} inside",
            abs(error.median - 15) < 1 and row["inside"] == row["pairs"],
        )
    ]


def of_coverage(coverage: list[dict[str, Any]]) -> Target:
    pairs = sum(row["pairs"] for row in coverage)
    inside = sum(row["inside"] for row in coverage)
    return Target(
        f"the truth inside the bound, 100 % of at least {PAIRS:,} pairs",
        f"{inside:,} of {pairs:,}",
        inside == pairs and pairs >= PAIRS,
    )


def of_cost(cost: dict[str, Any]) -> Target:
    first, last = cost["day1_bytes"], cost["day7_bytes"]
    return Target(
        "memory after a week as on the first day", f"{first} and {last} bytes",
        last <= 1.1 * first,
    )
