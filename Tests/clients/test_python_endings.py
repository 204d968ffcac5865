"""How requests and subscriptions of the Python clients end: by a close, a cancelled task, another's
answer, or a time limit. Nothing is left at the daemon."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

from fake_daemon import FakeDaemon
from python_clients import KINDS, exchange_clock
from support import wait_until

SILENT = ("resync", "silence")


async def exhaust(subscription: Any) -> None:
    async for _ in subscription:
        pass


class EndingTests(unittest.TestCase):
    def setUp(self) -> None:
        directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        self.path = str(directory / "socket")
        self.asked: list[str] = []
        self.ended: list[int] = []
        self.silent = {*SILENT}
        self.daemon = self.enterContext(FakeDaemon(Path(self.path), self.answer))

    def answer(self, request: dict[str, Any]) -> list[str | bytes]:
        self.asked.append(request["method"])
        if request["method"] in self.silent:
            return []
        result: Any = []
        if request["method"] == "subscribe":
            result = {"subscription": self.asked.count("subscribe"), "offsets": []}
        elif request["method"] == "unsubscribe":
            self.ended.append(request["params"]["subscription"])
        elif request["method"] == "now":
            result = {
                "exchange": "bybit", "state": "synchronized", "estimate_us": 2,
                "earliest_us": 1, "latest_us": 3, "local_us": 2}
        return [json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result})]

    async def until(self, isSo: Any, what: str) -> None:
        deadline = time.monotonic() + 20
        while not isSo():
            self.assertLess(time.monotonic(), deadline, what)
            await asyncio.sleep(0.005)

    def test_an_answer_about_another_exchange_is_none(self) -> None:
        for kind in KINDS:
            with self.subTest(kind.__name__):
                before = self.daemon.connections
                clock = kind(Path(self.path), page=False)
                self.addCleanup(clock.close)
                self.assertEqual(clock.call("now", "bybit").estimate_us, 2)
                with self.assertRaisesRegex(exchange_clock.ProtocolError, "'bybit' where 'okx'"):
                    clock.call("now", "okx")
                self.assertEqual(clock.call("now", "bybit").estimate_us, 2)
                self.assertEqual(self.daemon.connections - before, 2)

    def test_a_close_ends_what_waits(self) -> None:
        async def run() -> None:
            clock = await exchange_clock.connect_async(self.path, timeout=60, page=False)
            subscription = await clock.subscribe()

            tasks = [asyncio.ensure_future(each) for each in (
                clock.ask("silence"), clock.resync("okx"), exhaust(subscription))]
            await self.until(lambda: {*SILENT} <= {*self.asked}, "all have asked")
            connections = self.daemon.connections
            await clock.close()
            done, pending = await asyncio.wait(tasks, timeout=20)
            self.assertEqual(len(pending), 0)
            self.assertEqual(
                [type(each.exception()) for each in tasks], 3 * [exchange_clock.Unreachable])
            self.assertEqual(self.daemon.connections, connections)
            # It may be used again.
            self.assertEqual(await clock.offsets(), [])
            await clock.close()

        asyncio.run(run())

    def test_closed_while_it_subscribes_anew(self) -> None:
        async def run() -> None:
            clock = await exchange_clock.connect_async(self.path, timeout=60, page=False)
            subscription = await clock.subscribe()

            task = asyncio.ensure_future(exhaust(subscription))
            await asyncio.sleep(0)
            self.silent.add("subscribe")
            self.daemon.cut_off()
            await self.until(lambda: self.asked.count("subscribe") == 2, "it subscribes anew")
            await subscription.close()
            answer = {"subscription": 9, "offsets": []}
            connection = clock._connection
            connection._hand_out(json.dumps(
                {"jsonrpc": "2.0", "id": connection._last_id, "result": answer}).encode())
            await asyncio.wait_for(task, 20)
            await self.until(lambda: 9 in self.ended, "the daemon is told")
            await self.until(lambda: not connection._subscribed, "nothing is left")
            await clock.close()

        asyncio.run(run())

    def test_subscribing_is_cancelled(self) -> None:
        async def run() -> None:
            clock = await exchange_clock.connect_async(self.path, timeout=60, page=False)
            for turns in range(20):
                task = asyncio.ensure_future(clock.subscribe(["okx"]))
                for _ in range(turns % 4):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                del task
            await clock.offsets()
            await self.until(
                lambda: sorted(self.ended) == [*range(1, self.asked.count("subscribe") + 1)],
                "each is ended")
            self.assertGreater(len(self.ended), 0)
            await clock.offsets()
            self.assertEqual(clock._connection._subscribed, {})
            await clock.close()

        asyncio.run(run())

    def test_a_subscription_that_nobody_has_any_more_ends(self) -> None:
        async def run() -> None:
            clock = await exchange_clock.connect_async(self.path, timeout=60, page=False)
            subscription = await clock.subscribe(["okx"])
            del subscription
            await self.until(lambda: self.ended == [1], "it is ended")
            await clock.close()

        asyncio.run(run())

    def test_the_next_offset_is_waited_for_no_longer_than_asked(self) -> None:
        clock = exchange_clock.connect(self.path, timeout=30, page=False)
        self.addCleanup(clock.close)
        with clock.subscribe() as subscription:
            self.silent.add("subscribe")
            self.daemon.cut_off()
            wait_until(lambda: subscription.next_offset(0.1) is None, 5, "nothing comes")
            began = time.monotonic()
            self.assertIsNone(subscription.next_offset(0.2))
            self.assertLess(time.monotonic() - began, 15)


if __name__ == "__main__":
    unittest.main()
