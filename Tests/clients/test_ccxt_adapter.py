"""ccxt with `attach`: real requests of the real library, blocking and for asyncio."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

from fake_daemon import FakeDaemon
from support import BUILD, ROOT, ClockTestCase, Daemon, note
from test_ccxt import METHODS, PATH, pointed_at

import ccxt  # isort: skip
import ccxt.async_support as ccxt_async  # isort: skip

sys.path.insert(0, str(ROOT / "clients" / "python"))
sys.path.insert(0, str(ROOT / "clients" / "conformance"))

import ccxt_exchange_clock  # noqa: E402  (its path is set above)
import exchange_clock  # noqa: E402
import generate  # noqa: E402


class AdapterTestCase(ClockTestCase):
    def client(self, library: Any, id: str) -> Any:
        client = getattr(library, id)(
            {"apiKey": "key", "secret": "c2VjcmV0", "password": "word", "enableRateLimit": False}
        )
        client.urls["api"] = pointed_at(self.simulator.urls[id], client.urls["api"])
        client.options["recvWindow"] = 5000
        return client

    def attached(self, library: Any, id: str, *, page: bool = True, **options: Any) -> Any:
        client = self.client(library, id)
        clock = exchange_clock.ExchangeClock(str(self.daemon.socket), timeout=0.5, page=page)
        self.addCleanup(clock.close)
        attachment = ccxt_exchange_clock.attach(client, clock=clock, **options)
        self.addCleanup(attachment.detach)
        return client

    def counts(self, id: str) -> tuple[int, int]:
        """How many signed requests the simulated exchange has accepted, and refused."""
        counters = self.simulator.look(id)["counters"]
        return counters["signed_accepted"], counters["signed_rejected"]

    def expect(self, id: str, accepted: int, refused: int, since: tuple[int, int]) -> None:
        now = self.counts(id)
        self.assertEqual((now[0] - since[0], now[1] - since[1]), (accepted, refused), id)

    def step(self, id: str, seconds: float) -> None:
        """Sets the exchange's clock; nobody tells the daemon."""
        self.simulator.set(id, offset_ms=1000 * seconds)

    def restart_daemon(self) -> None:
        self.daemon = self.enterContext(
            Daemon(BUILD, self.daemon.socket.parent, self.simulator.urls))
        self.daemon.wait_until_ready()


class RefusalTests(AdapterTestCase):
    exchanges = {"binance": PATH, "bybit": PATH, "okx": PATH}

    def test_a_step_of_the_exchange_costs_one_refusal(self) -> None:
        for id in self.exchanges:
            with self.subTest(id):
                client, methods = self.attached(ccxt, id), METHODS[id]
                before = self.counts(id)
                self.step(id, -40)
                getattr(client, methods.place)(dict(methods.place_params))
                self.expect(id, 1, 1, before)
                getattr(client, methods.place)(dict(methods.place_params))
                self.expect(id, 2, 1, before)

    def test_a_step_with_many_on_their_way(self) -> None:
        id, methods = "binance", METHODS["binance"]

        async def send() -> None:
            client = self.attached(ccxt_async, id)
            try:
                place = getattr(client, methods.place)
                await asyncio.gather(*(place(dict(methods.place_params)) for _ in range(20)))
            finally:
                await client.close()

        before = self.counts(id)
        probes = self.simulator.look(id)["counters"]["time_requests"]
        self.step(id, -40)
        asyncio.run(send())
        accepted, refused = self.counts(id)
        self.assertEqual(accepted - before[0], 20)
        self.assertLessEqual(refused - before[1], 20)
        probes = self.simulator.look(id)["counters"]["time_requests"] - probes
        note(f"20 at once, {refused - before[1]} refused, {probes} probes")
        self.assertLessEqual(probes, 32)

    def test_a_refusal_that_stays_is_raised(self) -> None:
        """A request that the exchange refuses twice is not sent a third time."""
        client = self.attached(ccxt, "binance")
        before = self.counts("binance")
        stamp = client.exchange_clock.clock.stamp("binance")
        client.exchange_clock.clock.stamp = lambda *_, **__: stamp._replace(unix_us=1_000)
        with self.assertRaises(ccxt.InvalidNonce):
            client.private_get_openorders({"symbol": "BTCUSDT"})
        self.expect("binance", 0, 2, before)

    def test_what_was_signed_with_another_time_is_left_alone(self) -> None:
        client = self.attached(ccxt, "binance")
        before = self.counts("binance")
        client.nonce = lambda: 1
        with self.assertRaises(ccxt.InvalidNonce):
            client.private_get_openorders({"symbol": "BTCUSDT"})
        self.expect("binance", 0, 1, before)

    def test_other_refusals_are_left_alone(self) -> None:
        client = self.attached(ccxt, "binance")
        sent = []
        fetch = client.fetch

        def refused(url: str, *given: Any, **named: Any) -> Any:
            sent.append(url)
            # What a request gets that may have been executed.
            raise ccxt.RequestTimeout("binance: no answer")

        client.fetch = refused
        with self.assertRaises(ccxt.RequestTimeout):
            client.private_get_openorders({"symbol": "BTCUSDT"})
        client.fetch = fetch
        self.assertEqual(len(sent), 1)


class DaemonGoneTests(AdapterTestCase):
    exchanges = {"binance": PATH}

    def send(self, client: Any) -> None:
        client.private_get_openorders({"symbol": "BTCUSDT"})

    def test_local_time_with_a_warning_until_it_is_back(self) -> None:
        client = self.attached(ccxt, "binance", page=False)
        before = self.counts("binance")
        self.send(client)
        self.daemon.__exit__(None, None, None)
        with self.assertLogs("exchange_clock", "WARNING") as logs:
            self.send(client)
            self.send(client)
        self.assertEqual(len(logs.output), 1)
        self.assertIn("binance: signing with local time", logs.output[0])
        self.restart_daemon()
        with self.assertLogs("exchange_clock", "WARNING") as logs:
            self.send(client)
        self.assertIn("signing with the exchange's time again", logs.output[0])
        self.expect("binance", 4, 0, before)

    def test_or_nothing_is_sent(self) -> None:
        client = self.attached(ccxt, "binance", page=False, without_clock="fail")
        self.send(client)
        self.daemon.__exit__(None, None, None)
        before = self.counts("binance")
        with self.assertRaises(ccxt_exchange_clock.ClockUnavailable) as caught:
            self.send(client)
        self.assertIsInstance(caught.exception, ccxt.NetworkError)
        # What is not signed goes on.
        client.public_get_time()
        self.expect("binance", 0, 0, before)
        self.restart_daemon()
        self.send(client)
        self.expect("binance", 1, 0, before)

    def test_attached_before_the_daemon_is_there(self) -> None:
        self.daemon.__exit__(None, None, None)
        client = self.attached(ccxt, "binance", page=False)
        before = self.counts("binance")
        with self.assertLogs("exchange_clock", "WARNING"):
            self.send(client)
        self.restart_daemon()
        self.skew("binance", -45)
        self.send(client)
        self.expect("binance", 2, 0, before)

    def test_the_page_tells_for_a_while_without_the_daemon(self) -> None:
        self.skew("binance", -45)
        client = self.attached(ccxt, "binance")
        before = self.counts("binance")
        self.send(client)
        self.daemon.__exit__(None, None, None)
        with self.assertNoLogs("exchange_clock", "WARNING"):
            for _ in range(20):
                self.send(client)
        self.expect("binance", 21, 0, before)


class StrangeDaemonTests(unittest.TestCase):
    """Whatever the daemon answers, ccxt is not let down by it."""

    ANSWERS: dict[str, Any] = {
        "text for a time": {"unix_us": "soon"}, "no number": {"timestamp": "abc"},
        "another digit": {"timestamp": "\u0663"}, "nothing": None, "a list": [1],
        "another state": {"state": "elated"}, "half of it": {"guaranteed": None},
    }

    def attached(self, id: str, answer: Any, **options: Any) -> Any:
        """To a daemon that follows the exchange, and answers the rest with that."""
        directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        kind = "nonce" if id == "kraken" else "adjustable"
        entry = generate.EXCHANGE | {"id": id, "enabled": True, "window_kind": kind}

        def lines(request: dict[str, Any]) -> list[str | bytes]:
            content = [entry] if request["method"] == "exchanges" else answer
            return [json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": content})]

        self.enterContext(FakeDaemon(directory / "socket", lines))
        client = getattr(ccxt, id)({"apiKey": "key", "secret": "c2VjcmV0"})
        clock = exchange_clock.ExchangeClock(str(directory / "socket"), timeout=5)
        self.addCleanup(clock.close)
        self.addCleanup(ccxt_exchange_clock.attach(client, clock=clock, **options).detach)
        return client

    def sign(self, client: Any) -> Any:
        if client.id == "kraken":
            return client.nonce()
        return client.sign("openOrders", ["private"], "GET", {"symbol": "BTCUSDT"})["url"]

    def test_it_signs_with_local_time_or_not_at_all(self) -> None:
        for id in ("binance", "kraken"):
            for name, changes in self.ANSWERS.items():
                if id == "binance" and isinstance(changes, dict) and "timestamp" in changes:
                    # As text it is one, for an exchange that wants it so.
                    continue
                answer = generate.STAMP | {"exchange": id} | changes if isinstance(
                    changes, dict) else changes
                with self.subTest(id, answer=name):
                    client = self.attached(id, answer)
                    with self.assertLogs("exchange_clock", "WARNING") as logs:
                        self.assertTrue(self.sign(client))
                    self.assertIn("signing with local time", logs.output[0])
                    client = self.attached(id, answer, without_clock="fail")
                    with self.assertRaises(ccxt_exchange_clock.ClockUnavailable):
                        self.sign(client)

    def test_attaching_to_one_that_is_too_busy(self) -> None:
        directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        path = directory / "socket"
        self.enterContext(FakeDaemon(path, lambda _: [], is_full=lambda _: True))
        client = ccxt.binance({"apiKey": "key", "secret": "secret"})
        clock = exchange_clock.ExchangeClock(str(path))
        self.addCleanup(clock.close)
        self.addCleanup(ccxt_exchange_clock.attach(client, clock=clock).detach)
        with self.assertLogs("exchange_clock", "WARNING"):
            self.assertTrue(self.sign(client))


class SilentDaemonTests(unittest.TestCase):
    """A daemon that is stopped while a refusal is reported to it."""

    REFUSAL = {"code": -1021, "msg": "Timestamp for this request was 1000ms ahead."}

    def setUp(self) -> None:
        directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        self.path = directory / "socket"
        self.asked: list[str] = []
        entry = generate.EXCHANGE | {
            "id": "binance", "enabled": True, "window_kind": "adjustable"}

        def lines(request: dict[str, Any]) -> list[str | bytes]:
            self.asked.append(request["method"])
            stamp = generate.STAMP | {"exchange": "binance"}
            answers = {"exchanges": [entry], "stamp": stamp}
            if request["method"] not in answers:
                return []
            return [json.dumps(
                {"jsonrpc": "2.0", "id": request["id"], "result": answers[request["method"]]})]

        self.enterContext(FakeDaemon(self.path, lines))

    def attached(self, library: Any) -> Any:
        client = library.binance({"apiKey": "key", "secret": "secret"})
        clock = exchange_clock.ExchangeClock(str(self.path), timeout=0.5)
        self.addCleanup(clock.close)
        self.addCleanup(ccxt_exchange_clock.attach(client, clock=clock, patience_s=1).detach)
        return client

    def refuse(self, client: Any) -> None:
        client.handle_errors(
            400, "Bad Request", "https://binance", "GET", {}, json.dumps(self.REFUSAL),
            self.REFUSAL, {}, None)

    def test_a_request_waits_some_seconds_once(self) -> None:
        client = self.attached(ccxt)
        client.fetch = lambda *_, **__: self.refuse(client)
        began = time.monotonic()
        for _ in range(3):
            with self.assertLogs("exchange_clock", "WARNING") as logs:
                with self.assertRaises(ccxt.InvalidNonce):
                    client.private_get_openorders({"symbol": "BTCUSDT"})
            self.assertIn("a refusal could not be reported", logs.output[-1])
        self.assertLess(time.monotonic() - began, 30)
        self.assertEqual(self.asked.count("report"), 1)
        # What it still answers is asked all along.
        self.assertEqual(self.asked.count("stamp"), 3)

    def test_an_event_loop_keeps_its_threads(self) -> None:
        async def send() -> None:
            client = self.attached(ccxt_async)

            async def fetch(*_: Any, **__: Any) -> None:
                self.refuse(client)

            client.fetch = fetch
            loop = asyncio.get_running_loop()
            orders = [
                asyncio.ensure_future(client.private_get_openorders({"symbol": "BTCUSDT"}))
                for _ in range(40)
            ]
            while "report" not in self.asked:
                await asyncio.sleep(0.01)
            # What looks up names does so there.
            await loop.run_in_executor(None, time.monotonic)
            self.assertFalse(any(order.done() for order in orders))
            refused = await asyncio.wait_for(asyncio.gather(*orders, return_exceptions=True), 30)
            self.assertEqual({type(each) for each in refused}, {ccxt.InvalidNonce})
            await client.close()

        with self.assertLogs("exchange_clock", "WARNING"):
            asyncio.run(send())

    def test_attached_while_it_was_away(self) -> None:
        """The first request to another host is signed with that host's clock."""
        client = ccxt.binance({"apiKey": "key", "secret": "secret"})
        away = self.path.parent / "away"
        clock = exchange_clock.ExchangeClock(str(away), timeout=5)
        self.addCleanup(clock.close)
        self.addCleanup(ccxt_exchange_clock.attach(client, clock=clock).detach)
        asked = []

        def lines(request: dict[str, Any]) -> list[str | bytes]:
            entry = generate.EXCHANGE | {"enabled": True, "window_kind": "adjustable"}
            result: Any = [entry | {"id": id} for id in ("binance", "binanceusdm")]
            if request["method"] == "stamp":
                asked.append(request["params"]["exchange"])
                result = generate.STAMP | {"exchange": asked[-1]}
            return [json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result})]

        self.enterContext(FakeDaemon(away, lines))
        client.sign("openOrders", ["fapiPrivate"], "GET", {"symbol": "BTCUSDT"})
        self.assertEqual(asked, ["binanceusdm"])


class AttachingTests(AdapterTestCase):
    exchanges = {"binance": PATH | {"offset_ms": -45_000}}

    def test_only_signing_is_told_the_exchange_s_time(self) -> None:
        client = self.attached(ccxt, "binance")
        plain = ccxt.binance()
        self.assertLess(abs(client.milliseconds() - plain.milliseconds()), 5_000)
        self.assertLess(abs(client.nonce() + 45_000 - plain.milliseconds()), 5_000)
        signed = client.sign("openOrders", ["private"], "GET", {"symbol": "BTCUSDT"})
        timestamp = int(signed["url"].split("timestamp=")[1].split("&")[0])
        self.assertLess(abs(timestamp + 45_000 - plain.milliseconds()), 5_000)

    def test_its_own_correction_does_not_correct_twice(self) -> None:
        client = self.client(ccxt, "binance")
        client.options |= {"adjustForTimeDifference": True, "timeDifference": 45_000}
        clock = exchange_clock.ExchangeClock(str(self.daemon.socket))
        self.addCleanup(clock.close)
        attachment = ccxt_exchange_clock.attach(client, clock=clock)
        before = self.counts("binance")
        client.load_time_difference()
        client.private_get_openorders({"symbol": "BTCUSDT"})
        self.expect("binance", 1, 0, before)
        attachment.detach()
        self.assertEqual(client.options["timeDifference"], 45_000)
        self.assertIs(client.options["adjustForTimeDifference"], True)
        client.private_get_openorders({"symbol": "BTCUSDT"})
        self.expect("binance", 2, 0, before)

    def test_wrong_use_is_told_at_once(self) -> None:
        clock = exchange_clock.ExchangeClock(str(self.daemon.socket))
        self.addCleanup(clock.close)
        with self.assertRaisesRegex(exchange_clock.UnknownExchange, "follow okx; enabled: binance"):
            ccxt_exchange_clock.attach(ccxt.okx(), clock=clock)
        # A class of its own for the same exchange, which may have the same clock.
        elsewhere = type("binanceelsewhere", (ccxt.binance,), {"id": "binanceelsewhere"})()
        elsewhere.id = "binanceelsewhere"
        with self.assertRaisesRegex(
            exchange_clock.UnknownExchange, r'clock of binance: attach\(..., id="binance"\)'
        ):
            ccxt_exchange_clock.attach(elsewhere, clock=clock)
        with self.assertRaisesRegex(ValueError, "without_clock"):
            ccxt_exchange_clock.attach(ccxt.binance(), clock=clock, without_clock="pray")
        client = self.attached(ccxt, "binance")
        with self.assertRaisesRegex(ValueError, "attached already"):
            ccxt_exchange_clock.attach(client, clock=clock)

    def test_the_name_of_another_clock(self) -> None:
        """A test environment of an exchange is another exchange to the daemon."""
        client = ccxt.binanceus()
        clock = exchange_clock.ExchangeClock(str(self.daemon.socket))
        self.addCleanup(clock.close)
        ccxt_exchange_clock.attach(client, clock=clock, id="binance")
        self.assertLess(abs(client.nonce() + 45_000 - ccxt.binance().milliseconds()), 5_000)


if __name__ == "__main__":
    unittest.main()
