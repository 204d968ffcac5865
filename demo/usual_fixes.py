#!/usr/bin/env python3
"""What bots do against a refused timestamp, each tried on the same orders: docs/why.md.

Needs the built programs and Python 3.11, nothing else. Exit status 0: it came out as that page says.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from harness import Daemon, Failure, Simulator, request, wait_until
from orders import hexadecimal

ROOT = Path(__file__).resolve().parent.parent
ORDERS = 20
COLUMNS = ["local time", "60 s window", "S - t4", "midpoint", "exchange-clock"]


@dataclass
class Sync:
    """One probe of the exchange, as a bot sends it at its start: offsets in ms by two formulas."""

    difference_ms: float
    """What ccxt and python-binance keep."""
    midpoint_ms: float
    """What siebly and JKorf keep: half of the round trip is taken for the way back."""


@dataclass(frozen=True)
class Scene:
    name: str
    accepted: tuple[int, int, int, int, int]
    """Of each column, what this is to come to."""
    offset_ms: float = 0
    slow: dict[str, float] = field(default_factory=dict)
    """How the way of the one probe is: of the bot's, and of the first of a resync's eight."""
    step_ms: float = 0
    """The exchange's clock is set by so much after that."""


ALL = ORDERS
SCENES = [
    Scene("all clocks are right", (ALL, ALL, ALL, ALL, ALL)),
    Scene("this host is 6 s behind", (0, ALL, ALL, ALL, ALL), offset_ms=6000),
    Scene("this host is 1.5 s ahead", (0, 0, ALL, ALL, ALL), offset_ms=-1500),
    Scene("the probe is 4 s on its way", (ALL, ALL, ALL, 0, ALL), slow={"forward_ms": 4000}),
    Scene("the answer is 6 s on its way", (ALL, ALL, 0, ALL, ALL), slow={"return_ms": 6000}),
    # Reported once it is refused, as a bot should: one order is lost.
    Scene("then a clock is set back 3 s", (0, 0, 0, 0, ALL - 1), step_ms=-3000),
]


def order(url: str, timestamp: int, window_ms: int = 5000) -> str:
    """An order to the simulated Binance; its error code, or nothing where it was accepted."""
    fields = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    query = urlencode(
        fields | {"quantity": "0.01", "price": "50000", "recvWindow": window_ms,
                  "timestamp": timestamp})
    target = f"{url}/api/v3/order?{query}&signature={hexadecimal(query)}"
    status, body = request("POST", target, headers={"X-MBX-APIKEY": "no real key"})
    return "" if status == 200 else str(json.loads(body)["code"])


def local_ms() -> int:
    return time.time_ns() // 1_000_000


def sync(url: str) -> Sync:
    left = time.time() * 1e3
    _, body = request("GET", f"{url}/api/v3/time")
    came = time.time() * 1e3
    server = json.loads(body)["serverTime"]
    return Sync(server - came, server - (left + came) / 2)


def sync_and_resync(simulator: Simulator, daemon: Daemon, scene: Scene) -> Sync:
    """The bot's probe, and a resync of the daemon whose first probe goes the same way."""
    def probes() -> int:
        return int(simulator.look("binance")["counters"]["time_requests"])

    before = probes()
    simulator.set("binance", **scene.slow)
    results: list[Sync] = []
    threads = [
        threading.Thread(target=lambda: results.append(sync(simulator.urls["binance"]))),
        threading.Thread(target=lambda: daemon.ask("resync", exchange="binance")),
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: probes() >= before + 2, 10, "both probes are on their way")
    if scene.slow:
        # How long its answer takes is chosen only once a probe was read; the slow ones take longer.
        time.sleep(2)
    simulator.set("binance", forward_ms=5, return_ms=5)
    for thread in threads:
        thread.join()
    return results[0]


def accepted(send: Callable[[], str]) -> int:
    return sum(not send() for _ in range(ORDERS))


def play(scene: Scene, build: Path) -> list[int]:
    """How many of the orders were accepted, by column."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        path = {"forward_ms": 5, "return_ms": 5, "offset_ms": scene.offset_ms}
        simulator = stack.enter_context(Simulator(build, directory, {"binance": path}))
        settings = {"binance": 'timeout = "10s"'}
        daemon = stack.enter_context(Daemon(build, directory, simulator.urls, settings))
        daemon.wait_until_synchronized()
        url = simulator.urls["binance"]
        at_start = sync_and_resync(simulator, daemon, scene)
        if scene.step_ms:
            simulator.set("binance", offset_ms=scene.offset_ms + scene.step_ms)

        def stamped() -> str:
            timestamp = daemon.stamp_ms("binance")
            code = order(url, timestamp)
            if code:
                daemon.ask("report", exchange="binance", code=code, timestamp=timestamp)
            return code

        return [
            accepted(lambda: order(url, local_ms())),
            accepted(lambda: order(url, local_ms(), 60_000)),
            accepted(lambda: order(url, local_ms() + round(at_start.difference_ms))),
            accepted(lambda: order(url, local_ms() + round(at_start.midpoint_ms))),
            accepted(stamped),
        ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build-dir", type=Path, default=ROOT / ".build/release")
    build = parser.parse_args().build_dir.resolve()
    print(f"Orders accepted by a simulated Binance, of {ORDERS} each; 10 ms there and back\n")
    print(" " * 28 + "".join(f"  {column}" for column in COLUMNS))
    is_as_told = True
    for scene in SCENES:
        found = play(scene, build)
        cells = (f"{count:{len(column) + 2}}" for column, count in zip(COLUMNS, found))
        print(f"{scene.name:28}{''.join(cells)}", flush=True)
        is_as_told = is_as_told and tuple(found) == scene.accepted
    if not is_as_told:
        print("not as docs/why.md says", file=sys.stderr)
    return 0 if is_as_told else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"usual_fixes.py: {failure}")
