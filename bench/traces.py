"""What accuracy-traces wrote: probes over simulated links, what was published, and the truth.

Times are whole nanoseconds. Local ones are Unix time of a host whose oscillator nobody corrects;
offsets are the exchange's clock minus the host's. Positive: the exchange is ahead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Probe:
    """One request: left at t1, answered by t4 (ns of the host's clock) with the stamp s (ns)."""

    t1: int
    t4: int
    s: int

    @property
    def round_trip(self) -> int:
        return self.t4 - self.t1


@dataclass(frozen=True, slots=True)
class Published:
    """What a reader was told at one instant, and the truth; ns."""

    truth: int
    estimate: int
    bound: int

    @property
    def error_ms(self) -> float:
        return abs(self.estimate - self.truth) / 1e6


@dataclass(frozen=True, slots=True)
class Burst:
    """Probes in order, and what was published after each."""

    link: str
    probes: list[Probe]
    published: list[Published]


@dataclass(frozen=True, slots=True)
class Hold:
    """One resync, and what was published until the next: (ns after the burst began, then)."""

    trial: int
    resync: int
    base: int
    probes: list[Probe]
    published: list[tuple[int, Published]]


@dataclass(frozen=True, slots=True)
class Coarse:
    """A resync with a clock that tells whole seconds; htpdate's error in ms at the same link."""

    probes: list[Probe]
    published: Published
    htpdate_error_ms: float


def _probes(record: dict[str, Any]) -> list[Probe]:
    base = record["base"]
    return [Probe(base + t1, base + t4, base + s) for t1, t4, s in record["probes"]]


def burst(record: dict[str, Any]) -> Burst:
    return Burst(
        record["link"], _probes(record), [Published(*row) for row in record["published"]]
    )


def hold(record: dict[str, Any]) -> Hold:
    return Hold(
        record["trial"],
        record["resync"],
        record["base"],
        _probes(record),
        [(at, Published(*rest)) for at, *rest in record["published"]],
    )


def coarse(record: dict[str, Any]) -> Coarse:
    estimate, truth = record["htpdate"]
    return Coarse(
        _probes(record), Published(*record["published"]), abs(estimate - truth) / 1e6
    )


def of_kind(lines: Iterable[str], kind: str, *, link: str | None = None) -> Iterator[dict[str, Any]]:
    """The records of one kind, without parsing the others."""
    start = f'{{"kind":"{kind}"' + (f',"link":"{link}"' if link else "")
    return (json.loads(line) for line in lines if line.startswith(start))
