"""What others make of the same probes: their own code where it runs, else its formula.

Each peer is fed probes in order and then asked for its offset: the exchange's clock minus the
host's, in ms, as it would add it to the host's time. A peer that keeps nothing but its last probe
is called for each probe, as a program that wants to be exact could: the last call counts.
"""

from __future__ import annotations

import importlib.util
import logging
import math
import sys
import types
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any, Protocol

from traces import Probe

BOOT_NS = 1_790_000_000_000_000_000 - 1_000_000_000_000
"""Where a counter since boot is zero, in Unix time; only its being near matters."""


class Peer(Protocol):
    name: str
    is_sdk: bool
    """Shipped to bots, so that `the best SDK` may be this one."""

    def offset_ms(self, probes: Sequence[Probe]) -> float:
        """After all these probes of one sync."""


def finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("a coroutine that is fed from memory waits for something")


# --- their own code ---


class Ccxt:
    """ccxt's load_time_difference(); what it signs with is milliseconds() - timeDifference."""

    name = "ccxt"
    is_sdk = True

    def __init__(self) -> None:
        import ccxt

        self._probe = Probe(0, 0, 0)
        self._exchange = ccxt.Exchange()
        self._exchange.fetch_time = lambda params={}: self._probe.s // 1_000_000
        self._exchange.milliseconds = lambda: self._probe.t4 // 1_000_000

    def offset_ms(self, probes: Sequence[Probe]) -> float:
        self._probe = probes[-1]
        self._exchange.load_time_difference()
        return -float(self._exchange.options["timeDifference"])


class PythonBinance:
    """python-binance's AsyncClient.create(), which sets timestamp_offset."""

    name = "python-binance"
    is_sdk = True

    def __init__(self) -> None:
        import asyncio

        import binance.async_client as module

        self._probe = Probe(0, 0, 0)
        self._module = module
        self._clock = types.SimpleNamespace(time=lambda: self._probe.t4 / 1e9)
        self._loop = asyncio.new_event_loop()
        outer = self

        class Fed(module.AsyncClient):
            def _init_session(self) -> None:
                return None

            async def ping(self) -> dict[str, Any]:
                return {}

            async def get_server_time(self) -> dict[str, int]:
                return {"serverTime": outer._probe.s // 1_000_000}

        self._client = Fed

    def offset_ms(self, probes: Sequence[Probe]) -> float:
        self._probe = probes[-1]
        # Only while it runs: the module's `time` is the one that everybody imports.
        time, self._module.time = self._module.time, self._clock
        try:
            client = finished(self._client.create(loop=self._loop))
        finally:
            self._module.time = time
        return float(client.timestamp_offset)

    def close(self) -> None:
        self._loop.close()


class Hummingbot:
    """hummingbot's TimeSynchronizer, from its package; the last five of the probes count."""

    name = "hummingbot"
    is_sdk = True

    def __init__(self, source: Path) -> None:
        self._class = time_synchronizer(source)

    def offset_ms(self, probes: Sequence[Probe]) -> float:
        synchronizer = self._class()
        instants: Iterator[float] = iter(())

        async def answer(probe: Probe) -> float:
            return probe.s / 1e6

        synchronizer._current_seconds_counter = lambda: next(instants)
        for probe in probes[-5:]:
            instants = iter([(probe.t1 - BOOT_NS) / 1e9, (probe.t4 - BOOT_NS) / 1e9])
            update = synchronizer.update_server_time_offset_with_time_provider(answer(probe))
            finished(update)
        return float(synchronizer.time_offset_ms) - BOOT_NS / 1e6


def time_synchronizer(source: Path) -> Any:
    """The class of time_synchronizer.py, which needs nothing else of hummingbot but a logger."""
    logger = types.ModuleType("hummingbot.logger")
    logger.HummingbotLogger = logging.Logger  # type: ignore[attr-defined]
    sys.modules.setdefault("hummingbot", types.ModuleType("hummingbot"))
    sys.modules.setdefault("hummingbot.logger", logger)
    spec = importlib.util.spec_from_file_location("hummingbot_time_synchronizer", source)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.TimeSynchronizer


# --- formulas ---


def midpoint_ms(probe: Probe) -> float:
    """The stamp against the middle of the round trip."""
    return (2 * probe.s - probe.t1 - probe.t4) / 2e6


def last_midpoint(probes: Sequence[Probe]) -> float:
    return midpoint_ms(probes[-1])


def min_rtt_midpoint(probes: Sequence[Probe]) -> float:
    return midpoint_ms(min(probes, key=lambda probe: probe.round_trip))


def min_rtt_corrected(probes: Sequence[Probe]) -> float:
    """With half of the stamp's millisecond added, which nobody does."""
    return min_rtt_midpoint(probes) + 0.5


def last_difference(probes: Sequence[Probe]) -> float:
    """S - t4 in whole milliseconds."""
    return float(probes[-1].s // 1_000_000 - probes[-1].t4 // 1_000_000)


def siebly(probes: Sequence[Probe]) -> float:
    """binance and bybit-api of siebly: Date.now() tells whole milliseconds."""
    t1, t4, s = (each // 1_000_000 for each in (probes[-1].t1, probes[-1].t4, probes[-1].s))
    return float(math.ceil(s - t4 + (t4 - t1) / 2))


def jkorf(probes: Sequence[Probe]) -> float:
    """CryptoExchange.Net; a small positive offset counts as none."""
    offset = midpoint_ms(probes[-1])
    return 0.0 if 0 < offset < 500 else offset


def jkorf_stamp(probes: Sequence[Probe]) -> float:
    """With the second that it takes off each timestamp by default."""
    return jkorf(probes) - 1000


def hummingbot_formula(probes: Sequence[Probe]) -> float:
    """The mean of the median and the average, weighted 1, 3, 5, 7, 9, of the last five."""
    offsets = deque((midpoint_ms(probe) for probe in probes), maxlen=5)
    weights = range(1, 2 * len(offsets), 2)
    average = sum(w * offset for w, offset in zip(weights, offsets)) / sum(weights)
    return fmean([median(offsets), average])


class Formula:
    """A peer that is a function of the probes."""

    def __init__(
        self, name: str, function: Callable[[Sequence[Probe]], float], *, is_sdk: bool = False
    ) -> None:
        self.name = name
        self.offset_ms = function
        self.is_sdk = is_sdk


CCXT = "ccxt"
PYTHON_BINANCE = "python-binance"
SINGLE = "single midpoint"
MIN_RTT = "min-RTT midpoint"
MIN_RTT_CORRECTED = "min-RTT midpoint + q/2"
SIEBLY = "siebly"
JKORF = "JKorf"
JKORF_STAMP = "JKorf, its -1 s"
HUMMINGBOT = "hummingbot"


def has_python_binance() -> bool:
    return importlib.util.find_spec("binance") is not None


def peers(hummingbot: Path | None) -> list[Peer]:
    """All of them; the formula of a package that could not be had.

    hummingbot: where its time_synchronizer.py is.
    """
    return [
        Ccxt(),
        PythonBinance()
        if has_python_binance()
        else Formula(PYTHON_BINANCE, last_difference, is_sdk=True),
        Hummingbot(hummingbot)
        if hummingbot
        else Formula(HUMMINGBOT, hummingbot_formula, is_sdk=True),
        Formula(SIEBLY, siebly, is_sdk=True),
        Formula(JKORF, jkorf, is_sdk=True),
        Formula(JKORF_STAMP, jkorf_stamp),
        Formula(SINGLE, last_midpoint),
        Formula(MIN_RTT, min_rtt_midpoint),
        Formula(MIN_RTT_CORRECTED, min_rtt_corrected),
    ]
