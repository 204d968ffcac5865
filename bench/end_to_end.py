"""The same question once more with nothing simulated but the exchange: the daemon, ccxt and
python-binance as they are, over real HTTP on the loopback, in the same run.

The truth is the simulated exchange's own clock, which its control endpoint shows.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "demo"))

from harness import Daemon, Simulator  # noqa: E402  (its path is set above)
from measure import BURST, OURS, Spread  # noqa: E402

SETTINGS = {
    "10 + 10 ms": {"forward_ms": 10, "return_ms": 10},
    "20 + 60 ms": {"forward_ms": 20, "return_ms": 60},
    "10 + 10 ms, each + 0-40": {
        "forward_ms": 10, "return_ms": 10, "forward_jitter_ms": 40, "return_jitter_ms": 40,
    },
}
SOURCES = 6
"""Followed by one daemon at once, each with a connection and an estimate of its own."""
ROUNDS = 6
SYNCS = 24
SLACK_NS = 100_000
"""The control endpoint and the daemon read CLOCK_REALTIME at instants that are not the same."""


@dataclass
class Outcome:
    """One setting: everybody's spread, our bound, and how often the truth was within it."""

    setting: str
    spreads: dict[str, Spread]
    bound: Spread
    inside: int
    total: int


def truth_ns(simulator: Simulator) -> int:
    return int(simulator.look("binance")["ahead_us"]) * 1000


def ours(build: Path, directory: Path, simulator: Simulator) -> Iterator[tuple[float, float, bool]]:
    """The error and the bound after one burst, ms, and whether the truth is inside; many times."""
    names = [f"source{number}" for number in range(SOURCES)]
    table = 'path = "/api/v3/time"\ntime = "/serverTime"\nunit = "ms"\n'
    urls = {name: simulator.urls["binance"] for name in names}
    for _ in range(ROUNDS):
        simulator.set("binance", offset_ms=random.uniform(-2000, 2000))
        with Daemon(build, directory, urls, {name: table for name in names}) as daemon:
            daemon.wait_until_ready()

            def is_whole(name: str) -> bool:
                offset = daemon.ask("offset", exchange=name)
                return bool(offset["samples"] + offset["rejected"] >= BURST)

            daemon.wait_until(lambda: all(map(is_whole, names)), 30, "the first bursts are done")
            for name in names:
                offset = daemon.ask("offset", exchange=name)
                truth = truth_ns(simulator)
                yield (
                    abs(offset["offset_ns"] - truth) / 1e6,
                    offset["error_ns"] / 1e6,
                    offset["lower_ns"] - SLACK_NS <= truth <= offset["upper_ns"] + SLACK_NS,
                )


def ccxt_errors(simulator: Simulator) -> Iterator[float]:
    """load_time_difference(), eight times on one connection; the last call counts."""
    import ccxt

    client = ccxt.binance({"enableRateLimit": False})
    client.urls["api"]["public"] = simulator.urls["binance"] + "/api/v3"
    for _ in range(SYNCS):
        simulator.set("binance", offset_ms=random.uniform(-2000, 2000))
        for _ in range(BURST):
            client.load_time_difference()
        yield abs(-client.options["timeDifference"] - truth_ns(simulator) / 1e6)


async def python_binance_errors(simulator: Simulator) -> list[float]:
    """AsyncClient.create(): it measures once, on the connection that its ping has warmed."""
    from binance import AsyncClient

    class Pointed(AsyncClient):
        API_URL = simulator.urls["binance"] + "/api"

        async def ping(self) -> Any:
            # The simulated exchange has no ping; this one warms the connection as well.
            return await self.get_server_time()

    errors = []
    for _ in range(SYNCS):
        simulator.set("binance", offset_ms=random.uniform(-2000, 2000))
        client = await Pointed.create()
        errors.append(abs(client.timestamp_offset - truth_ns(simulator) / 1e6))
        await client.close_connection()
    return errors


def run(build: Path) -> Iterator[Outcome]:
    for setting, conditions in SETTINGS.items():
        with tempfile.TemporaryDirectory(prefix="exchange-clock-accuracy-") as name:
            directory = Path(name)
            with Simulator(build, directory, {"binance": conditions}) as simulator:
                rows = list(ours(build, directory, simulator))
                spreads = {
                    OURS: Spread.of(error for error, _, _ in rows),
                    "ccxt": Spread.of(ccxt_errors(simulator)),
                    "python-binance": Spread.of(asyncio.run(python_binance_errors(simulator))),
                }
        yield Outcome(
            setting, spreads, Spread.of(bound for _, bound, _ in rows),
            sum(inside for _, _, inside in rows), len(rows),
        )
