"""Draws docs/figures/history.svg: what a real daemon has written down of a simulated exchange.

    python3 bench/history_figure.py --build-dir .build/release

takes some four minutes, and prints what it does when, for the text beside the picture.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "demo"))
from harness import Daemon, Simulator, wait_until  # noqa: E402  (its path is set above)

ID = "binance"
CONDITIONS = {"offset_ms": 120, "drift_ppm": 60, "forward_ms": 8, "forward_jitter_ms": 4,
              "return_ms": 8, "return_jitter_ms": 4}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build-dir", type=Path, default=ROOT / ".build" / "release")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "figures" / "history.svg")
    options = parser.parse_args()
    build: Path = options.build_dir.resolve()
    with tempfile.TemporaryDirectory(prefix="exchange-clock-") as name:
        directory = Path(name)
        os.environ["STATE_DIRECTORY"] = name
        with (
            Simulator(build, directory, {ID: CONDITIONS}) as simulator,
            Daemon(build, directory, simulator.urls, {ID: 'interval = "4s"'}) as daemon,
        ):
            def resyncs() -> int:
                return len(daemon.ask("history", exchange=ID)["measurements"])

            def go_on(count: int) -> None:
                enough = resyncs() + count
                wait_until(lambda: resyncs() >= enough, 10 * count + 60, f"{count} more resyncs")

            def change(what: str, **conditions: object) -> None:
                print(f"{time.strftime('%H:%M:%S', time.gmtime())}  {what}", flush=True)
                simulator.set(ID, **conditions)

            daemon.wait_until_synchronized(60)
            go_on(10)
            change("the way there is 36 ms longer", forward_ms=44)
            go_on(7)
            change("the way there is as before", forward_ms=8)
            go_on(6)
            change("the exchange's clock is set 60 ms ahead", offset_ms=180)
            go_on(8)
            change("HTTP 503", fault="unavailable")
            held = time.monotonic() + 45
            wait_until(lambda: time.monotonic() > held, 60, "it has been away for 45 s")
            change("it answers again", fault="none")
            go_on(6)
            change("HTTP 429", fault="rate_limited", retry_after_s=20, fault_count=1)
            go_on(5)
            subprocess.run(
                [build / "exchange-clock", "history", ID, "--socket", daemon.socket, "--plot",
                 options.output], check=True)


if __name__ == "__main__":
    main()
