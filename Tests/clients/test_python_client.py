"""The Python client, blocking and for asyncio, against the real daemon; and what it does when the
daemon answers as it should not."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from fake_daemon import FakeDaemon
from support import BUILD, ROOT, ClockTestCase, Daemon, wait_until

sys.path.insert(0, str(ROOT / "clients" / "python"))
sys.path.insert(0, str(ROOT / "clients" / "conformance"))

import exchange_clock  # noqa: E402  (its path is set above)
import generate  # noqa: E402

EXCHANGES: dict[str, dict[str, float]] = {"binance": {"offset_ms": -3000}, "bybit": {}}


class Blocking:
    """The blocking client, as the tests call both."""

    def __init__(self, socket: Path, **options: Any) -> None:
        self.clock = exchange_clock.connect(str(socket), **options)

    def call(self, name: str, *given: Any, **named: Any) -> Any:
        return getattr(self.clock, name)(*given, **named)

    def subscribe(self, *given: Any) -> Any:
        return self.clock.subscribe(*given)

    def call_at_once(self, count: int, name: str, *given: Any) -> list[Any]:
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda _: self.call(name, *given), range(count)))

    def close(self) -> None:
        self.clock.close()


class Asynchronous:
    """The client for asyncio, each call awaited in a loop of its own thread."""

    def __init__(self, socket: Path, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        try:
            self.clock = self._wait(exchange_clock.connect_async(str(socket), **options))
        except BaseException:
            self._stop()
            raise

    def _wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def call(self, name: str, *given: Any, **named: Any) -> Any:
        given = tuple(
            each.subscription if isinstance(each, BlockingIteration) else each for each in given)
        return self._wait(getattr(self.clock, name)(*given, **named))

    def following(self, iterator: Any) -> Any:
        """The next of an asynchronous iterator; None at its end."""
        return asyncio.run_coroutine_threadsafe(anext(iterator, None), self._loop).result(60)

    def subscribe(self, *given: Any) -> Any:
        return BlockingIteration(self, self.call("subscribe", *given))

    def call_at_once(self, count: int, name: str, *given: Any) -> list[Any]:
        async def all_of_them() -> list[Any]:
            calls = [getattr(self.clock, name)(*given) for _ in range(count)]
            return list(await asyncio.gather(*calls))

        return list(self._wait(all_of_them()))

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def close(self) -> None:
        self._wait(self.clock.close())
        self._stop()


class BlockingIteration:
    """Over a subscription of the client for asyncio."""

    def __init__(self, client: Asynchronous, subscription: Any) -> None:
        self.subscription = subscription
        self._client = client

    def __iter__(self) -> Any:
        iterator = aiter(self.subscription)
        while (offset := self._client.following(iterator)) is not None:
            yield offset


KINDS: list[Callable[..., Any]] = [Blocking, Asynchronous]


class Told:
    """What a subscription tells, by exchange, read by a thread of its own."""

    def __init__(self, subscription: Any) -> None:
        self.subscription = subscription
        self.offsets: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        for offset in self.subscription:
            self.offsets[offset.exchange] = offset

    def wait_for(self, is_so: Callable[[dict[str, Any]], bool]) -> None:
        wait_until(lambda: is_so(dict(self.offsets)), 20, "the subscription tells it")

    def end(self, client: Any) -> None:
        client.call("unsubscribe", self.subscription)
        self._thread.join(10)
        if self._thread.is_alive():
            raise AssertionError("the iteration goes on")


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
        for kind in KINDS:
            with self.subTest(kind.__name__):
                self.simulator.set("binance", offset_ms=-3000)
                self.daemon.ask("resync", exchange="binance")
                client = kind(self.daemon.socket)
                self.addCleanup(client.close)
                told = Told(client.subscribe())
                told.wait_for(lambda offsets: {"binance", "bybit"} <= set(offsets))
                self.simulator.set("binance", offset_ms=-9000)
                self.daemon.ask("resync", exchange="binance")
                told.wait_for(lambda offsets: is_near(offsets.get("binance"), -9))
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


class StrangeDaemonTests(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        self.socket = self.directory / "socket"

    def client(self, kind: Callable[..., Any], **options: Any) -> Any:
        client = kind(self.socket, **options)
        self.addCleanup(client.close)
        return client

    def each_client(
        self, answer: Callable[[dict[str, Any]], list[str] | None],
        check: Callable[[Any, FakeDaemon], None], **options: Any,
    ) -> None:
        for kind in KINDS:
            with self.subTest(kind.__name__), FakeDaemon(self.socket, answer) as fake:
                check(self.client(kind, **options), fake)
            self.socket.unlink()

    def test_nobody_listens(self) -> None:
        for kind in KINDS:
            with self.subTest(kind.__name__):
                with self.assertRaises(exchange_clock.Unreachable) as caught:
                    kind(self.socket)
                self.assertIs(type(caught.exception), exchange_clock.Unreachable)
                self.assertIn(exchange_clock.SOCKET_VARIABLE, str(caught.exception))

    def test_no_answer_comes(self) -> None:
        answers: list[list[str]] = []

        def check(client: Any, fake: FakeDaemon) -> None:
            answers.append([])
            with self.assertRaises(exchange_clock.TimedOut):
                client.call("health")
            # The late answer would be taken for another's: the connection is given up.
            answers.append([self.answer(generate.NOW, 1)])
            connections = fake.connections
            wait_until(lambda: self.now_is_told(client), 10, "a new connection serves")
            self.assertEqual(fake.connections, connections + 1)

        def answer(request: dict[str, Any]) -> list[str]:
            return [
                each.replace('"id": 1', f'"id": {request["id"]}') for each in answers.pop(0)
            ]

        self.each_client(answer, check, timeout=0.2)

    @staticmethod
    def answer(result: Any, id: int) -> str:
        return json.dumps({"jsonrpc": "2.0", "id": id, "result": result})

    @staticmethod
    def now_is_told(client: Any) -> bool:
        return bool(client.call("now", "okx").exchange == "okx")

    def test_garbage_is_no_answer(self) -> None:
        def check(client: Any, fake: FakeDaemon) -> None:
            with self.assertRaises((exchange_clock.ProtocolError, exchange_clock.Unreachable)):
                client.call("health")

        for line in ("certainly", "[]", '{"jsonrpc": "2.0", "id": 99, "result": {}}'):
            with self.subTest(line):
                self.each_client(lambda _: [line], check, timeout=0.5)

    def test_a_connection_closed_meanwhile_is_made_anew(self) -> None:
        count = 0

        def answer(request: dict[str, Any]) -> list[str] | None:
            nonlocal count
            count += 1
            # Every second request of a connection finds it closed.
            return None if request["id"] == 2 else [self.answer(generate.NOW, request["id"])]

        def check(client: Any, fake: FakeDaemon) -> None:
            for _ in range(6):
                self.assertTrue(self.now_is_told(client))

        # The blocking client counts on over its connections: its second is one for all of them.
        self.each_client(answer, check)

    def test_a_daemon_that_always_closes_is_not_asked_forever(self) -> None:
        def check(client: Any, fake: FakeDaemon) -> None:
            with self.assertRaises(exchange_clock.Unreachable):
                client.call("health")
            self.assertLessEqual(fake.connections, 2)

        self.each_client(lambda _: None, check)

    def test_a_large_answer_in_pieces(self) -> None:
        offsets = [generate.OFFSET | {"reason": "x" * 5000}] * 400

        def check(client: Any, fake: FakeDaemon) -> None:
            self.assertEqual(len(client.call("offsets")), 400)

        self.each_client(lambda request: [self.answer(offsets, request["id"])], check)


class InstallTests(unittest.TestCase):
    def test_pip_installs_it_from_its_folder(self) -> None:
        with tempfile.TemporaryDirectory(prefix="exchange-clock-") as name:
            # Setuptools leaves its work beside the sources.
            source = shutil.copytree(ROOT / "clients" / "python", Path(name) / "source")
            target = Path(name) / "target"
            run = subprocess.run(
                [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
                 "--no-build-isolation", "--disable-pip-version-check", "--target", str(target),
                 str(source)],
                capture_output=True, text=True, timeout=120)
            self.assertEqual(run.returncode, 0, run.stderr)
            run = subprocess.run(
                [sys.executable, "-c", "import exchange_clock; print(exchange_clock.__file__)"],
                capture_output=True, text=True, timeout=30, cwd=name,
                env=os.environ | {"PYTHONPATH": str(target)})
            self.assertEqual((run.stdout.strip(), run.stderr), (f"{target}/exchange_clock.py", ""))


if __name__ == "__main__":
    unittest.main()
