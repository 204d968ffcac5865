"""The blocks of docs/recipes.md, run as they stand, with the real libraries where there are any."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import re
import subprocess
import sys
import types
import unittest
from pathlib import Path
from typing import Any

from support import ROOT, ClockTestCase, note, note_skip
from test_ccxt import pointed_at

PAGE = ROOT / "docs" / "recipes.md"
HERE = Path(__file__).parent
sys.path.insert(0, str(ROOT / "clients" / "python"))

REQUESTS = 50
SKEWS_S = {"binance": -45, "bybit": 45}


def block(heading: str) -> tuple[str, str]:
    """The Python block under a heading, and where it begins."""
    text = PAGE.read_text()
    section = re.search(
        rf"^## {re.escape(heading)}\n.*?^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert section is not None, f"{PAGE} has no block under {heading}"
    line = text.count("\n", 0, section.start(1)) + 1
    # Errors then name the line of the page.
    return "\n" * (line - 1) + section[1], f"{PAGE.name}:{line}"


class RecipeTests(ClockTestCase):
    exchanges = {id: {"offset_ms": 1000.0 * skew} for id, skew in SKEWS_S.items()}

    def setUp(self) -> None:
        super().setUp()
        before = os.environ.get("EXCHANGE_CLOCK_SOCKET")
        os.environ["EXCHANGE_CLOCK_SOCKET"] = str(self.daemon.socket)
        if before is None:
            self.addCleanup(os.environ.pop, "EXCHANGE_CLOCK_SOCKET")
        else:
            self.addCleanup(os.environ.update, {"EXCHANGE_CLOCK_SOCKET": before})

    def run_block(self, heading: str) -> dict[str, Any]:
        text, place = block(heading)
        names: dict[str, Any] = {"__name__": "recipe"}
        exec(compile(text, place, "exec"), names)
        if "clock" in names:
            self.addCleanup(names["clock"].close)
        return names

    def need(self, module: str) -> None:
        if importlib.util.find_spec(module) is None:
            note_skip(f"{self.id()}: {module} is not installed")
            self.skipTest(f"{module} is not installed")

    def counts(self, id: str) -> tuple[int, int]:
        counters = self.simulator.look(id)["counters"]
        return counters["signed_accepted"], counters["signed_rejected"]

    def expect_accepted(self, id: str, count: int, name: str) -> None:
        self.assertEqual(self.counts(id), (count, 0))
        note(f"{name}: {count} signed requests, clock of {id} {SKEWS_S[id]:+} s, 0 refused")

    def test_every_recipe_is_run(self) -> None:
        headings = re.findall(r"^## (.*)$", PAGE.read_text(), re.MULTILINE)
        self.assertEqual(
            headings, ["ccxt", "python-binance", "pybit", "freqtrade", "hummingbot"])
        self.assertEqual(PAGE.read_text().count("```python"), len(headings))

    def test_ccxt(self) -> None:
        self.need("ccxt")
        exchange = self.run_block("ccxt")["exchange"]
        self.addCleanup(exchange.exchange_clock.detach)
        self.addCleanup(exchange.exchange_clock.clock.close)
        exchange.urls["api"] = pointed_at(self.simulator.urls["binance"], exchange.urls["api"])
        exchange.enableRateLimit = False
        for _ in range(REQUESTS):
            exchange.private_get_openorders({"symbol": "BTCUSDT"})
        self.expect_accepted("binance", REQUESTS, "ccxt")

    def test_python_binance(self) -> None:
        self.need("binance")
        client = self.run_block("python-binance")["client"]
        self.addCleanup(client.session.close)
        client.API_URL = f"{self.simulator.urls['binance']}/api"
        client.REQUEST_RECVWINDOW = 5000
        for _ in range(REQUESTS):
            client.get_open_orders(symbol="BTCUSDT")
        client.create_order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")
        self.expect_accepted("binance", REQUESTS + 1, "python-binance")

    def test_pybit(self) -> None:
        self.need("pybit")
        import pybit._helpers

        self.addCleanup(
            setattr, pybit._helpers, "generate_timestamp", pybit._helpers.generate_timestamp)
        logging.getLogger("pybit").setLevel(logging.CRITICAL)
        session = self.run_block("pybit")["session"]
        self.addCleanup(session.client.close)
        session.endpoint = self.simulator.urls["bybit"]
        for _ in range(REQUESTS):
            session.get_open_orders(category="spot", symbol="BTCUSDT")
        session.place_order(
            category="spot", symbol="BTCUSDT", side="Buy", orderType="Market", qty="1")
        self.expect_accepted("bybit", REQUESTS + 1, "pybit")

    def test_freqtrade(self) -> None:
        self.need("freqtrade")
        directory = self.daemon.socket.parent
        strategies = directory / "strategies"
        strategies.mkdir()
        text, _ = block("freqtrade")
        (strategies / "stamped.py").write_text(text.lstrip("\n"))
        run = subprocess.run(
            [sys.executable, str(HERE / "freqtrade_bot.py"), str(directory), str(strategies),
             self.simulator.urls["binance"], str(REQUESTS)],
            capture_output=True, text=True, timeout=120,
            env=os.environ | {"PYTHONPATH": str(ROOT / "clients" / "python")})
        self.assertEqual(run.returncode, 0, run.stderr)
        self.expect_accepted("binance", int(run.stdout.split()[-1]), run.stdout.split(":")[0])

    def test_hummingbot(self) -> None:
        """With a stand-in, as the page says."""
        sys.path.insert(0, str(HERE / "stand_ins"))
        self.addCleanup(sys.path.remove, str(HERE / "stand_ins"))
        connector = self.run_block("hummingbot")["StampedBinance"](
            f"{self.simulator.urls['binance']}/api")
        asyncio.run(connector.update_time())
        for _ in range(REQUESTS):
            self.assertEqual(connector.open_orders(), 200)
        self.expect_accepted("binance", REQUESTS, "hummingbot's interface")
        offset_ms = connector._time_synchronizer.time_offset_ms
        self.assertLess(abs(offset_ms - 1000 * SKEWS_S["binance"]), 1000)

    def test_hummingbot_s_own_time_would_be_refused(self) -> None:
        sys.path.insert(0, str(HERE / "stand_ins"))
        self.addCleanup(sys.path.remove, str(HERE / "stand_ins"))
        module: types.ModuleType = importlib.import_module(
            "hummingbot.connector.exchange.binance.binance_exchange")
        connector = module.BinanceExchange(f"{self.simulator.urls['binance']}/api")
        self.assertNotEqual(connector.open_orders(), 200)


if __name__ == "__main__":
    unittest.main()
