"""The Python client, blocking and for asyncio, against the real daemon."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from python_clients import KINDS, Told, exchange_clock
from support import BUILD, ROOT, ClockTestCase, Daemon

EXCHANGES: dict[str, dict[str, float]] = {"binance": {"offset_ms": -3000}, "bybit": {}}


def is_near(offset: Any, seconds: float) -> bool:
    return offset is not None and offset.offset_ns is not None and (
        abs(offset.offset_ns - 1e9 * seconds) < 1e9)


class ClientTestCase(ClockTestCase):
    def restart_daemon(self) -> None:
        self.daemon = self.enterContext(
            Daemon(BUILD, self.daemon.socket.parent, self.simulator.urls))
        self.daemon.wait_until_ready()

    def each_client(self, check: Callable[[Any], None], **options: Any) -> None:
        for kind in KINDS:
            with self.subTest(kind.__name__):
                client = kind(self.daemon.socket, **options)
                try:
                    check(client)
                finally:
                    client.close()


class DaemonTests(ClientTestCase):
    exchanges = EXCHANGES

    def truth_us(self) -> int:
        return int(self.simulator.look("binance")["time_us"])

    def test_times_are_right(self) -> None:
        def check(client: Any) -> None:
            before = self.truth_us()
            now = client.call("now", "binance")
            stamp = client.call("stamp", "binance", recv_window_ms=4000)
            after = self.truth_us()
            self.assertLessEqual(now.earliest_us, after)
            self.assertGreaterEqual(now.latest_us, before)
            self.assertLessEqual(now.earliest_us, now.estimate_us)
            self.assertLessEqual(now.estimate_us, now.latest_us)
            self.assertEqual((now.exchange, now.state), ("binance", "synchronized"))
            self.assertLessEqual(abs(now.local_us - now.estimate_us - 3_000_000), 500_000)
            self.assertEqual(stamp.recv_window_ms, 4000)
            self.assertEqual(stamp.timestamp, stamp.unix_us // 1000)
            self.assertLessEqual(stamp.unix_us, after)
            self.assertTrue(stamp.guaranteed)

        for page in (True, False):
            with self.subTest(page=page):
                self.each_client(check, page=page)

    def test_everything_else_is_what_the_socket_says(self) -> None:
        def check(client: Any) -> None:
            offset = client.call("offset", "binance")
            self.assertLessEqual(abs(offset.offset_ns + 3_000_000_000), 500_000_000)
            self.assertEqual(set(offset._asdict()), set(self.daemon.ask("offset", exchange="binance")))
            offsets = client.call("offsets")
            self.assertEqual([each.exchange for each in offsets], ["binance", "bybit"])
            resynced = client.call("resync", "binance")
            self.assertEqual((resynced.exchange, resynced.state), ("binance", "synchronized"))
            health = client.call("health")
            self.assertTrue(health.ready)
            self.assertEqual(set(health._asdict()), set(self.daemon.ask("health")))
            catalogue = client.call("exchanges")
            said = self.daemon.ask("exchanges")
            self.assertEqual([each.id for each in catalogue], [each["id"] for each in said])
            for member in said[0]:
                self.assertEqual(getattr(catalogue[0], member), said[0][member])
            self.assertEqual([each.id for each in catalogue if each.enabled], ["binance", "bybit"])

        self.each_client(check)

    def test_a_refusal_is_explained(self) -> None:
        def check(client: Any) -> None:
            report = client.call(
                "report", "binance", code=-1021, http_status=400, timestamp=1_790_000_000_000,
                message="Timestamp for this request is outside of the recvWindow.")
            self.assertEqual((report.verdict, report.action), ("clock", "resign"))
            self.assertEqual(report.offset.exchange, "binance")
            self.assertEqual(report.stamp.recv_window_ms, 5000)
            key = client.call("report", "binance", -2015)
            self.assertEqual((key.verdict, key.stamp), ("key", None))

        self.each_client(check)

    def test_each_refusal_has_its_type(self) -> None:
        refusals: list[tuple[type[Exception], str, tuple[Any, ...], dict[str, Any]]] = [
            (exchange_clock.UnknownExchange, "stamp", ("mtgox",), {}),
            (exchange_clock.UnknownExchange, "now", ("okx",), {}),
            (exchange_clock.ErrorTooLarge, "now", ("binance",), {"max_error_ms": 0}),
            (exchange_clock.InvalidParams, "stamp", ("binance",), {"recv_window_ms": 60001}),
            (exchange_clock.InvalidParams, "offset", (5,), {}),
            (exchange_clock.MethodNotFound, "ask", ("dance",), {}),
        ]

        def check(client: Any) -> None:
            for kind, name, given, named in refusals:
                with self.subTest(name, given=given), self.assertRaises(kind) as caught:
                    client.call(name, *given, **named)
                self.assertIs(type(caught.exception), kind)
            # And the connection still serves.
            client.call("stamp", "binance")

        self.each_client(check)

    def test_a_restart_of_the_daemon_is_outlived(self) -> None:
        for kind in KINDS:
            with self.subTest(kind.__name__):
                # The page goes on telling without a daemon; this is about the socket.
                client = kind(self.daemon.socket, page=False)
                self.addCleanup(client.close)
                client.call("stamp", "binance")
                self.daemon.__exit__(None, None, None)
                with self.assertRaises(exchange_clock.Unreachable) as caught:
                    client.call("stamp", "binance")
                self.assertIn(str(self.daemon.socket), str(caught.exception))
                self.restart_daemon()
                self.assertEqual(client.call("stamp", "binance").exchange, "binance")

    def test_the_variable_names_the_socket(self) -> None:
        program = (
            "import exchange_clock as e; c = e.connect(); print(c.path, c.stamp('binance').exchange)"
        )
        run = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=30,
            env=os.environ | {
                "EXCHANGE_CLOCK_SOCKET": str(self.daemon.socket),
                "PYTHONPATH": str(ROOT / "clients" / "python"),
            })
        self.assertEqual(run.stderr, "")
        self.assertEqual(run.stdout, f"{self.daemon.socket} binance\n")


class SubscriptionTests(ClientTestCase):
    exchanges = EXCHANGES

    def test_it_begins_with_all_and_tells_what_changes(self) -> None:
        # Each has a jump confirmed, and demands leave enough of a minute's probes for that.
        for kind, seconds in zip(KINDS, (-9, -3)):
            with self.subTest(kind.__name__):
                client = kind(self.daemon.socket)
                self.addCleanup(client.close)
                told = Told(client.subscribe())
                told.wait_for(lambda offsets: {"binance", "bybit"} <= set(offsets))
                self.simulator.set("binance", offset_ms=1000 * seconds)
                self.daemon.ask("resync", exchange="binance")
                told.wait_for(lambda offsets: is_near(offsets.get("binance"), seconds))
                told.end(client)

    def test_some_only(self) -> None:
        for kind in KINDS:
            with self.subTest(kind.__name__):
                client = kind(self.daemon.socket)
                self.addCleanup(client.close)
                told = Told(client.subscribe(["bybit"], 5_000))
                told.wait_for(lambda offsets: "bybit" in offsets)
                self.daemon.ask("resync")
                told.end(client)
                self.assertEqual(set(told.offsets), {"bybit"})
                with self.assertRaises(exchange_clock.UnknownExchange):
                    client.subscribe(["mtgox"])

    def test_it_goes_on_after_a_restart(self) -> None:
        for kind in KINDS:
            with self.subTest(kind.__name__):
                client = kind(self.daemon.socket)
                self.addCleanup(client.close)
                told = Told(client.subscribe())
                told.wait_for(lambda offsets: len(offsets) == 2)
                self.daemon.__exit__(None, None, None)
                told.offsets.clear()
                self.restart_daemon()
                told.wait_for(lambda offsets: len(offsets) == 2)
                told.end(client)

    def test_past_times_are_converted(self) -> None:
        def check(client: Any) -> None:
            now = client.call("now", "binance")
            past = client.call("convert", "binance", now.local_us)
            self.assertEqual(past.exchange, "binance")
            self.assertLessEqual(past.earliest_us, now.latest_us)
            self.assertGreaterEqual(past.latest_us, now.earliest_us)
            self.assertLessEqual(past.earliest_us, past.estimate_us)
            self.assertLessEqual(past.estimate_us, past.latest_us)
            with self.assertRaises(exchange_clock.ServerError):
                client.call("convert", "binance", now.local_us + 3_600_000_000)

        self.each_client(check)


class SharingTests(ClientTestCase):
    """No two nonces are the same, so that an answer which came to the wrong one would show."""

    exchanges = {"krakenfutures": {}}

    def test_many_at_once(self) -> None:
        def check(client: Any) -> None:
            nonces = [each.timestamp for each in client.call_at_once(400, "stamp", "krakenfutures")]
            self.assertEqual(len(set(nonces)), 400)
            offsets = client.call_at_once(400, "offset", "krakenfutures")
            self.assertEqual({each.exchange for each in offsets}, {"krakenfutures"})

        self.each_client(check)

    def test_a_child_process_asks_by_a_connection_of_its_own(self) -> None:
        with exchange_clock.connect(str(self.daemon.socket), page=False) as clock:
            clock.stamp("krakenfutures")
            reader, writer = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    nonces = [clock.stamp("krakenfutures").timestamp for _ in range(200)]
                    os.write(writer, json.dumps(nonces).encode())
                finally:
                    os._exit(0)
            os.close(writer)
            nonces = [clock.stamp("krakenfutures").timestamp for _ in range(200)]
            with os.fdopen(reader) as pipe:
                nonces += json.load(pipe)
            os.waitpid(child, 0)
        self.assertEqual(len(set(nonces)), 400)


class InstallTests(unittest.TestCase):
    def run_python(self, *arguments: str, python: str = sys.executable) -> str:
        run = subprocess.run(
            [python, *arguments], capture_output=True, text=True, timeout=120,
            cwd=self.directory)
        self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout)
        return run.stdout.strip()

    def test_pip_installs_it_from_its_folder_with_its_types(self) -> None:
        self.directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        # Setuptools leaves its work beside the sources.
        source = shutil.copytree(ROOT / "clients" / "python", self.directory / "source")
        self.run_python("-m", "venv", "--without-pip", "bot")
        python = str(self.directory / "bot" / "bin" / "python")
        target = self.run_python(
            "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", python=python)
        self.run_python(
            "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation",
            "--disable-pip-version-check", "--target", target, str(source))
        where = self.run_python(
            "-c", "import exchange_clock; print(exchange_clock.__file__)", python=python)
        self.assertEqual(where, f"{target}/exchange_clock.py")

        (self.directory / "bot.py").write_text(
            "import exchange_clock\nreveal_type(exchange_clock.connect().stamp('okx').unix_us)\n")
        told = self.run_python(
            "-m", "mypy", "--strict", "--python-executable", python, "bot.py")
        self.assertIn('Revealed type is "int"', told)

    def test_its_types_hold(self) -> None:
        self.directory = ROOT / "clients" / "python"
        self.run_python(
            "-m", "mypy", "--strict", "--ignore-missing-imports", "--cache-dir", os.devnull,
            "exchange_clock.py", "ccxt_exchange_clock.py")


if __name__ == "__main__":
    unittest.main()
