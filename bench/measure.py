"""Errors of everybody over the simulated links, from the traces."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from multiprocessing import Pool
from pathlib import Path
from statistics import median

import peers
import traces

OURS = "exchange-clock"
HTPDATE = "htpdate -p 9"
PLAIN = "one probe at any phase, midpoint + q/2"
COUNTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]
"""Numbers of probes that are looked at, for the plot."""
BURST = 8
"""Probes that everybody gets in the tables: the daemon's default."""


@dataclass
class Spread:
    """Errors in ms: their middle and their 99th percentile."""

    median: float
    p99: float

    @classmethod
    def of(cls, errors: Iterable[float]) -> Spread:
        ordered = sorted(errors)
        return cls(quantile(ordered, 0.5), quantile(ordered, 0.99))

    def __str__(self) -> str:
        return f"{short(self.median)} / {short(self.p99)}"


def quantile(ordered: Sequence[float], part: float) -> float:
    """The smallest value that at least this part of all does not exceed."""
    return ordered[max(math.ceil(part * len(ordered)) - 1, 0)]


def short(value: float) -> str:
    """Two or three digits that count."""
    for limit, digits in ((0.0995, 3), (9.95, 2), (99.5, 1)):
        if value < limit:
            return f"{value:.{digits}f}"
    return f"{value:.0f}"


@dataclass
class LinkErrors:
    """One link class with its median round trip: for each method, the spread after so many probes."""

    link: str
    trials: int
    round_trip_ms: float
    spreads: dict[str, dict[int, Spread]] = field(default_factory=dict)
    bounds: dict[int, Spread] = field(default_factory=dict)
    sdks: list[str] = field(default_factory=list)
    example: traces.Burst | None = None

    def at_burst(self, method: str) -> Spread:
        return self.spreads[method][BURST]

    @property
    def best_sdk(self) -> Spread:
        """The best median and the best p99, be they of two different SDKs."""
        rows = [self.at_burst(name) for name in self.sdks]
        return Spread(min(row.median for row in rows), min(row.p99 for row in rows))


def _link(argument: tuple[str, list[str], Path | None]) -> LinkErrors:
    link, lines, hummingbot = argument
    bursts = [traces.burst(record) for record in traces.of_kind(lines, "burst", link=link)]
    round_trip = median(probe.round_trip for burst in bursts for probe in burst.probes)
    result = LinkErrors(link, len(bursts), round_trip / 1e6)
    result.example = bursts[0]
    result.spreads[OURS] = {
        count: Spread.of(burst.published[count - 1].error_ms for burst in bursts)
        for count in COUNTS
    }
    result.bounds = {
        count: Spread.of(burst.published[count - 1].bound / 1e6 for burst in bursts)
        for count in COUNTS
    }
    for peer in peers.peers(hummingbot):
        if peer.is_sdk:
            result.sdks.append(peer.name)
        result.spreads[peer.name] = {
            count: Spread.of(
                abs(peer.offset_ms(burst.probes[:count]) - burst.published[count - 1].truth / 1e6)
                for burst in bursts
            )
            for count in COUNTS
        }
    return result


def links(lines: list[str], hummingbot: Path | None) -> list[LinkErrors]:
    """One entry for each link class, in the order of the traces; classes are worked on in parallel."""
    by_link: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith('{"kind":"burst"'):
            by_link.setdefault(line.split('"', 9)[7], []).append(line)
    with Pool(2) as pool:
        work = [(link, own, hummingbot) for link, own in by_link.items()]
        return pool.map(_link, work, chunksize=1)


@dataclass
class Holdover:
    """Errors just before the next resync, and one hour of one trial for the plot."""

    before_resync: dict[str, Spread]
    bounds: Spread
    hour: traces.Hold
    peers_at_hour: dict[str, float]
    """What the peers made of that hour's burst: their offset, ms."""


HOURLY = (
    peers.SIEBLY, peers.JKORF, peers.CCXT, peers.PYTHON_BINANCE, peers.HUMMINGBOT
)


def holdover(lines: list[str], hummingbot: Path | None) -> Holdover:
    """From the third resync on. Peers take their offset at each resync and keep it for the hour."""
    held = [traces.hold(record) for record in traces.of_kind(lines, "holdover")]
    later = [hold for hold in held if hold.resync >= 2]
    ends = [hold.published[-1][1] for hold in later]
    rows = {OURS: Spread.of(end.error_ms for end in ends)}
    everybody = [peer for peer in peers.peers(hummingbot) if peer.name in HOURLY]
    for peer in everybody:
        rows[peer.name] = Spread.of(
            abs(peer.offset_ms(hold.probes) - end.truth / 1e6)
            for hold, end in zip(later, ends, strict=True)
        )
    hour = typical(later)
    return Holdover(
        rows,
        Spread.of(end.bound / 1e6 for end in ends),
        hour,
        {peer.name: peer.offset_ms(hour.probes) for peer in everybody},
    )


def typical(held: Sequence[traces.Hold]) -> traces.Hold:
    """An hour in which the exchange's clock ran away by about as much as the median."""

    def gone(hold: traces.Hold) -> int:
        return abs(hold.published[-1][1].truth - hold.published[0][1].truth)

    return sorted(held, key=gone)[len(held) // 2]


@dataclass
class CoarseErrors:
    """A clock that tells whole seconds."""

    spreads: dict[str, Spread]
    bounds_ms: list[float]
    round_trips_ms: list[float]


def coarse(lines: list[str]) -> CoarseErrors:
    trials = [traces.coarse(record) for record in traces.of_kind(lines, "coarse")]
    rows = {OURS: Spread.of(trial.published.error_ms for trial in trials)}
    rows[HTPDATE] = Spread.of(trial.htpdate_error_ms for trial in trials)
    for name, function in (
        (peers.SINGLE, peers.last_midpoint), (peers.MIN_RTT, peers.min_rtt_midpoint)
    ):
        rows[name] = Spread.of(
            abs(function(trial.probes) - trial.published.truth / 1e6) for trial in trials
        )
    # The first probe of a burst is at no chosen phase yet: this is what a plain request gives.
    rows[PLAIN] = Spread.of(
        abs(peers.midpoint_ms(trial.probes[0]) + 500 - trial.published.truth / 1e6)
        for trial in trials
    )
    return CoarseErrors(
        rows,
        [trial.published.bound / 1e6 for trial in trials],
        [min(probe.round_trip for probe in trial.probes) / 1e6 for trial in trials],
    )


def asymmetry(lines: list[str]) -> tuple[Spread, Spread]:
    """Our error and our bound, ms."""
    ends = [
        traces.burst(record).published[-1] for record in traces.of_kind(lines, "asymmetry")
    ]
    return Spread.of(end.error_ms for end in ends), Spread.of(end.bound / 1e6 for end in ends)
