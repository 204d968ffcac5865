#!/usr/bin/env python3
"""Six simulated exchanges whose clocks are off, a daemon that measures them, and the same order
sent twice: signed with this host's time, and signed with the daemon's stamp.

Needs the built programs and Python 3.11, nothing else. Leaves nothing behind. Exit status 0: every
order with a stamp was accepted and every other on a clock that is off was refused.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from harness import Daemon, Failure, RPCError, Simulator
from orders import Answer, local_timestamp, place_order

ROOT = Path(__file__).resolve().parent.parent
PATH: dict[str, float] = {
    "forward_ms": 15,
    "forward_jitter_ms": 30,
    "return_ms": 10,
    "return_jitter_ms": 20,
}
"""The way to every exchange and back: 25 to 75 ms."""

# Positive: the exchange is ahead of this host. OKX and Bitget accept 30 s either way, KuCoin 5 s,
# Binance and Bybit 5 s of age and 1 s of earliness: each is off by more than it forgives.
EXCHANGES: dict[str, dict[str, float]] = {
    "binance": PATH | {"offset_ms": -3_000},
    "bitget": PATH | {"offset_ms": 38_000},
    "bybit": PATH | {"offset_ms": 7_000},
    "kraken": PATH | {"offset_ms": -1_500},
    "kucoin": PATH | {"offset_ms": 8_000, "drift_ppm": 400},
    "okx": PATH | {"offset_ms": -42_000},
}
SETTINGS = {"kucoin": "max_drift_ppm = 500"}
CORRECTION_MS = 2_000
"""How far NTP sets the clock back between the two Kraken orders."""

INTRODUCTION = (
    "Starting six simulated exchanges, each 25 to 75 ms away and with a clock of its own (KuCoin's "
    "also runs 400 ppm fast), and exchange-clockd, which is told their URLs and nothing else."
)
NONCES = (
    "Kraken compares no clocks: the nonces of a key must grow. Two bots share a key; bot 1 signs "
    f"while this host's clock is {CORRECTION_MS // 1000} s fast, NTP sets it back, bot 2 signs. "
    "(Your clock was left alone: the demo added those seconds to bot 1's nonce.)"
)


@dataclass(frozen=True)
class Row:
    """The same order with both timestamps."""

    name: str
    clock: str
    codes: tuple[str, ...]
    """With which the exchange refuses a timestamp."""
    naive: Answer
    stamped: Answer
    is_off: bool = True
    """The local time is not fit for this exchange."""


def complaints(rows: list[Row]) -> list[str]:
    """What is not as the demo claims; nothing: all is."""
    found = [] if rows else ["no order was sent"]
    for row in rows:
        if not row.stamped.is_accepted:
            found.append(f"{row.name} refused the daemon's stamp: {describe(row.stamped)}")
        if row.naive.is_accepted and row.is_off:
            found.append(f"{row.name} accepted the local time, although its clock is off")
        elif not row.naive.is_accepted and not row.is_off:
            found.append(f"{row.name} refused the local time: {describe(row.naive)}")
        elif row.is_off and row.naive.code not in row.codes:
            found.append(f"{row.name} refused for another reason: {describe(row.naive)}")
    return found


def describe(answer: Answer) -> str:
    if answer.is_accepted:
        return f"{answer.status} accepted"
    return f"{answer.status} {answer.code} {answer.message}".rstrip()


def send_orders(simulator: Simulator, daemon: Daemon) -> list[Row]:
    """One row for each exchange, two for Kraken."""
    codes = {
        each["id"]: tuple(
            code["code"] for code in each["codes"] if code["verdict"] == "clock" and "code" in code
        )
        for each in daemon.ask("exchanges")
    }
    rows = []
    for exchange, url in simulator.urls.items():
        if exchange == "kraken":
            rows += send_kraken_orders(url, daemon, codes[exchange])
            continue
        naive = place_order(exchange, url, local_timestamp(exchange, local_ms()))
        stamp = daemon.ask("stamp", exchange=exchange)["timestamp"]
        stamped = place_order(exchange, url, str(stamp))
        offset_ms = EXCHANGES[exchange]["offset_ms"]
        clock = f"{abs(offset_ms) / 1000:g} s {'ahead' if offset_ms > 0 else 'behind'}"
        rows.append(Row(exchange, clock, codes[exchange], naive, stamped))
    return rows


def send_kraken_orders(url: str, daemon: Daemon, codes: tuple[str, ...]) -> list[Row]:
    """Two bots share a key, and between their orders this host's clock is corrected backwards."""
    naive, stamped = [], []
    for error_ms in (CORRECTION_MS, 0):
        naive.append(place_order("kraken", url, str(local_ms() + error_ms), "key of naive bots"))
        stamp = daemon.ask("stamp", exchange="kraken")["timestamp"]
        stamped.append(place_order("kraken", url, str(stamp), "key of stamped bots"))
    return [
        Row("kraken, bot 1", "nonce", codes, naive[0], stamped[0], is_off=False),
        Row("kraken, bot 2", "nonce", codes, naive[1], stamped[1]),
    ]


def local_ms() -> int:
    return time.time_ns() // 1_000_000


def has_colours(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def table(rows: list[Row], columns: int, colours: bool) -> str:
    """As many columns wide as given at most; long texts go on in the next line."""
    heads = ("EXCHANGE", "ITS CLOCK", "SIGNED WITH LOCAL TIME", "WITH STAMP")
    fixed = (max(len(row.name) for row in rows), max(len(row.clock) for row in rows), 12)
    widths = (fixed[0], max(fixed[1], len(heads[1])), columns - sum(fixed) - 6, fixed[2])
    lines = [line(heads, widths, ("1",) * 4 if colours else ("",) * 4)]
    for row in rows:
        texts = [row.name, row.clock, describe(row.naive), describe(row.stamped)]
        styles = ["", "", colour(row.naive), colour(row.stamped)] if colours else [""] * 4
        # Bybit's text has no other place to break it.
        texts = [text.replace("],", "], ") for text in texts]
        cells = [textwrap.wrap(text, width) for text, width in zip(texts, widths, strict=True)]
        for index in range(max(map(len, cells))):
            parts = tuple(cell[index] if index < len(cell) else "" for cell in cells)
            lines.append(line(parts, widths, tuple(styles)))
    return "\n".join(lines)


def colour(answer: Answer) -> str:
    return "32" if answer.is_accepted else "31"


def line(texts: tuple[str, ...], widths: tuple[int, ...], styles: tuple[str, ...]) -> str:
    """Cells side by side; a style is the number of a terminal attribute."""
    cells = [text.ljust(width) for text, width in zip(texts, widths, strict=True)]
    for index, style in enumerate(styles):
        if style and texts[index]:
            cells[index] = f"\033[{style}m{cells[index]}\033[0m"
    return "  ".join(cells).rstrip()


def show_status(build: Path, daemon: Daemon) -> None:
    print("\n$ exchange-clock status", flush=True)
    environment = os.environ | {"EXCHANGE_CLOCK_SOCKET": str(daemon.socket)}
    try:
        status = subprocess.run([build / "exchange-clock", "status"], env=environment, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"exchange-clock status: {error}") from None
    if status.returncode:
        raise Failure(f"exchange-clock status ended with exit code {status.returncode}")


def run(build: Path) -> int:
    columns = min(100, shutil.get_terminal_size((100, 24)).columns)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        print(textwrap.fill(INTRODUCTION, columns), flush=True)
        simulator = stack.enter_context(Simulator(build, directory, EXCHANGES))
        daemon = stack.enter_context(Daemon(build, directory, simulator.urls, SETTINGS))
        # Runs first when the block is left: nothing interrupts the end.
        stack.callback(ignore_signals)
        daemon.wait_until_synchronized()
        show_status(build, daemon)
        print("\nThe same signed order to each, with this host's time and with a stamp:\n")
        rows = send_orders(simulator, daemon)
    print(table(rows, columns, has_colours(sys.stdout)))
    print("\n" + textwrap.fill(NONCES, columns))
    return report(rows)


def report(rows: list[Row]) -> int:
    """Prints the verdict and returns the exit status."""
    found = complaints(rows)
    for complaint in found:
        print(f"FAILED: {complaint}", file=sys.stderr)
    if found:
        return 1
    refused = sum(not row.naive.is_accepted for row in rows)
    print(f"\nWith local time {refused} of {len(rows)} orders were refused, with stamps none.")
    return 0


ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def ignore_signals() -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def end(number: int, _frame: object) -> None:
    """A signal ends the demo as an exception does, so that everything is cleaned up."""
    raise SystemExit(128 + number)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--build-dir",
        type=Path,
        default=ROOT / ".build/release",
        help="where exchange-clockd, exchange-clock and exchange-clock-sim are (%(default)s)",
    )
    build: Path = parser.parse_args().build_dir
    for number in ENDING:
        signal.signal(number, end)
    try:
        return run(build.resolve())
    except (Failure, RPCError, OSError) as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
