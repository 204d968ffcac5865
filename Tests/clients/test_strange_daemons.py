"""What the clients do when the daemon answers as it should not, late, or not at all: those of Python,
Node and C in the same way."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from c_programs import compilers
from fake_daemon import Answer, FakeDaemon
from python_clients import KINDS, c_client, exchange_clock, node_client
from support import BUILD, ROOT, Daemon, Simulator, note_skip, wait_until

sys.path.insert(0, str(ROOT / "clients" / "conformance"))

import generate  # noqa: E402  (its path is set above)

AT_ONCE: list[Callable[..., Any]] = [*KINDS]
"""Clients of which several calls can be under way."""
if shutil.which("node"):
    AT_ONCE.append(node_client)
else:
    note_skip("the Node client beside strange daemons, as there is no node in PATH")
ALL: list[Callable[..., Any]] = [*AT_ONCE]
if compilers("c11"):
    ALL.append(c_client)
else:
    note_skip("the C client beside strange daemons, as there is no C compiler")

DEEP = "[" * 30_000 + "]" * 30_000
GARBAGE: list[str | bytes] = [
    "certainly", "", "[]", "7", DEEP, '{"jsonrpc":"2.0","id":1,"result":' + DEEP + "}",
    '{"jsonrpc":"2.0","id":99,"result":{}}', '{"jsonrpc":"2.0","id":[1],"result":{}}',
    '{"jsonrpc":"2.0","id":{},"result":{}}', '{"jsonrpc":"2.0","id":true,"result":{}}',
    '{"jsonrpc":"2.0","method":5}', '{"jsonrpc":"2.0","id":null,"error":7}',
    '{"jsonrpc":"2.0","method":"offset","params":{"subscription":[7]}}', b"\xff\xfe{}",
    b"\x00", '{"jsonrpc":"2.0","id":null,"result":{}}',
]
MOON = '{"jsonrpc":"2.0","method":"moon","params":{"phase":"full"}}'


def result(content: Any, request: dict[str, Any]) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": content})


def told(offset: dict[str, Any], samples: int) -> str:
    params = {"subscription": 1} | offset | {"samples": samples}
    return json.dumps({"jsonrpc": "2.0", "method": "offset", "params": params})


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
        self, answer: Answer, check: Callable[[Any, FakeDaemon], None],
        is_full: Callable[[int], bool] = lambda _: False,
        kinds: list[Callable[..., Any]] = ALL, **options: Any,
    ) -> None:
        for kind in kinds:
            with self.subTest(kind.__name__), FakeDaemon(self.socket, answer, is_full) as fake:
                check(self.client(kind, **options), fake)
            self.socket.unlink()

    def test_nobody_listens(self) -> None:
        for kind in ALL:
            with self.subTest(kind.__name__):
                with self.assertRaises(exchange_clock.Unreachable) as caught:
                    kind(self.socket)
                self.assertIs(type(caught.exception), exchange_clock.Unreachable)
                self.assertIn(exchange_clock.SOCKET_VARIABLE, str(caught.exception))

    def test_no_answer_comes(self) -> None:
        answers: list[list[str | bytes]] = []

        def check(client: Any, fake: FakeDaemon) -> None:
            answers.append([])
            with self.assertRaises(exchange_clock.TimedOut):
                client.call("health")
            # The late answer would be taken for another's: the connection is given up.
            answers.append(["now"])
            connections = fake.connections
            wait_until(lambda: self.now_is_told(client), 10, "a new connection serves")
            self.assertEqual(fake.connections, connections + 1)

        def answer(request: dict[str, Any]) -> list[str | bytes]:
            return [result(generate.NOW, request) for _ in answers.pop(0)]

        self.each_client(answer, check, timeout=0.2)

    @staticmethod
    def now_is_told(client: Any) -> bool:
        return bool(client.call("now", "okx").exchange == "okx")

    def test_garbage_is_no_answer(self) -> None:
        def check(client: Any, fake: FakeDaemon) -> None:
            for line in GARBAGE:
                told.append(line)
                with self.subTest(line[:40]), self.assertRaises(exchange_clock.ProtocolError):
                    client.call("now", "okx")
                told.pop()
            told.append(None)
            self.assertTrue(self.now_is_told(client), "the next answer is taken")
            told.pop()

        told: list[str | bytes | None] = []
        self.each_client(
            lambda request: [
                result(generate.NOW, request) if told[-1] is None else told[-1]], check)

    def test_a_connection_closed_meanwhile_is_made_anew(self) -> None:
        count = 0

        def answer(request: dict[str, Any]) -> list[str | bytes] | None:
            nonlocal count
            count += 1
            # Every second request of a connection finds it closed.
            return None if count % 2 == 0 else [result(generate.NOW, request)]

        def check(client: Any, fake: FakeDaemon) -> None:
            for _ in range(6):
                self.assertTrue(self.now_is_told(client))

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

        self.each_client(lambda request: [result(offsets, request)], check)

    def test_what_waits_keeps_nobody_else_waiting(self) -> None:
        """As the real daemon does, this one answers each connection in order."""
        for method, content in (("resync", generate.OFFSET), ("report", generate.REPORT)):
            may_end = threading.Event()

            def answer(request: dict[str, Any]) -> list[str | bytes]:
                if request["method"] != method:
                    return [result(generate.NOW, request)]
                may_end.wait(60)
                return [result(content, request)]

            def check(client: Any, fake: FakeDaemon) -> None:
                may_end.clear()
                waiting = [client.start(method, "okx") for _ in range(2)]
                try:
                    wait_until(lambda: fake.connections > 2, 10, f"{method} is under way")
                    for _ in range(5):
                        self.assertTrue(self.now_is_told(client))
                    self.assertFalse(any(each.done() for each in waiting))
                finally:
                    may_end.set()
                self.assertEqual({each.result(30).exchange for each in waiting}, {"okx"})

            with self.subTest(method):
                self.each_client(answer, check, kinds=AT_ONCE, timeout=2)

    def test_one_client_too_many_is_told_so(self) -> None:
        def check(client: Any, fake: FakeDaemon) -> None:
            # Whether it is told before or after it has asked is left to chance.
            for _ in range(30):
                for method, given in (("now", ["okx"]), ("resync", ["okx"])):
                    with self.assertRaises(exchange_clock.Overloaded) as caught:
                        client.call(method, *given)
                    self.assertIn("max_clients", str(caught.exception))

        self.each_client(lambda _: [], check, is_full=lambda _: True)

    def test_an_answer_without_an_id_is_for_who_asked(self) -> None:
        line = '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"a long line"}}'

        def check(client: Any, fake: FakeDaemon) -> None:
            for _ in range(3):
                with self.assertRaises(exchange_clock.InvalidRequest):
                    client.call("now", "okx")
            self.assertEqual(fake.connections, 1)

        self.each_client(lambda _: [line], check)

    def test_what_is_not_known_is_passed_over(self) -> None:
        def check(client: Any, fake: FakeDaemon) -> None:
            for _ in range(3):
                self.assertTrue(self.now_is_told(client))
            self.assertEqual(client.call("resync", "okx").exchange, "okx")

        self.each_client(
            lambda request: [
                MOON,
                result(generate.OFFSET if request["method"] == "resync" else generate.NOW, request),
                MOON,
            ], check)

    def test_a_subscription_goes_on_after_it_was_turned_away(self) -> None:
        rounds = 0

        def answer(request: dict[str, Any]) -> list[str | bytes] | None:
            nonlocal rounds
            if request["method"] != "subscribe":
                return [result({}, request)]
            rounds += 1
            content = {"subscription": 1, "offsets": [generate.OFFSET | {"samples": 10 * rounds}]}
            return [MOON, result(content, request), MOON, told(generate.OFFSET, 10 * rounds + 1)]

        def check(client: Any, fake: FakeDaemon) -> None:
            nonlocal rounds
            rounds = 0
            subscription = client.subscribe()
            offsets = iter(subscription)
            self.assertEqual([next(offsets).samples for _ in range(2)], [10, 11])
            before = fake.connections
            fake.is_full = lambda number: number <= before + 1
            fake.cut_off()
            self.assertEqual([next(offsets).samples for _ in range(2)], [20, 21])
            self.assertGreaterEqual(fake.connections, before + 2)
            client.call("unsubscribe", subscription)
            self.assertEqual(list(offsets), [])

        self.each_client(answer, check)

    def test_a_subscription_that_is_told_garbage_says_so(self) -> None:
        def answer(request: dict[str, Any]) -> list[str | bytes] | None:
            content = {"subscription": 1, "offsets": [generate.OFFSET]}
            return [result(content, request), "certainly"]

        def check(client: Any, fake: FakeDaemon) -> None:
            offsets = iter(client.subscribe())
            try:
                self.assertEqual(next(offsets).exchange, "okx")
                with self.assertRaises(exchange_clock.ProtocolError):
                    next(offsets)
            except exchange_clock.ProtocolError:
                # Or at once, where both came together.
                pass

        self.each_client(answer, check)

    def test_a_daemon_that_is_behind_with_taking_connections_is_waited_for(self) -> None:
        for kind in ALL:
            with self.subTest(kind.__name__), socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(self.socket))
                listener.listen(0)
                waiting = self.fill(listener)
                with self.assertRaises(exchange_clock.TimedOut):
                    kind(self.socket, timeout=0.2)
                done = threading.Event()
                clients: list[Any] = []

                def connect() -> None:
                    try:
                        clients.append(kind(self.socket, timeout=30))
                    finally:
                        done.set()

                thread = threading.Thread(target=connect)
                thread.start()
                # Long enough to have failed; a slower machine only shows less.
                is_refused = done.wait(0.3)
                accepted = [listener.accept()[0] for _ in waiting]
                thread.join(30)
                self.assertFalse(is_refused, "it waits")
                self.assertEqual(len(clients), 1)
                clients[0].close()
                for each in [*waiting, *accepted]:
                    each.close()
            self.socket.unlink()

    def fill(self, listener: socket.socket) -> list[socket.socket]:
        """As many connections as may wait to be taken."""
        waiting: list[socket.socket] = []
        while True:
            one = socket.socket(socket.AF_UNIX)
            one.setblocking(False)
            try:
                one.connect(str(self.socket))
            except BlockingIOError:
                one.close()
                return waiting
            waiting.append(one)

    def test_a_pipe_in_place_of_the_page_is_not_waited_for(self) -> None:
        page = self.directory / "clock.page"
        os.mkfifo(page)
        programs: dict[str, list[str]] = {
            "Python": [
                sys.executable, "-c",
                "import sys; sys.path.insert(0, sys.argv[2]); import exchange_clock as e\n"
                "try: e.Page.open(sys.argv[1])\nexcept e.PageRefusal as r: print(r.kind)",
                str(page), str(ROOT / "clients" / "python"),
            ],
            "Node": [
                "node", "-e",
                "const { Page } = require(process.argv[2]);"
                "try { Page.open(process.argv[1]) } catch (error) { console.log(error.kind) }",
                str(page), str(ROOT / "clients" / "node"),
            ],
        }
        for language, command in programs.items():
            if shutil.which(command[0]) is None:
                continue
            with self.subTest(language):
                run = subprocess.run(command, capture_output=True, text=True, timeout=10)
                self.assertEqual((run.stdout, run.stderr), ("foreign_version\n", ""))


class Other(subprocess.Popen[bytes]):
    """A process with one connection: who has more gives up one for a newcomer."""

    PROGRAM = (
        "import socket, sys\n"
        "with socket.socket(socket.AF_UNIX) as connection:\n"
        "    connection.connect(sys.argv[1])\n"
        "    sys.stdin.read()\n")

    def __init__(self, path: Path) -> None:
        super().__init__([sys.executable, "-c", self.PROGRAM, str(path)], stdin=subprocess.PIPE)

    def close(self) -> None:
        self.communicate()


class FullDaemonTests(unittest.TestCase):
    """The real daemon, with as many clients as it may have."""

    MOST = 3

    def setUp(self) -> None:
        directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        simulator = self.enterContext(Simulator(BUILD, directory, {"okx": {}}))
        self.daemon = self.enterContext(Daemon(
            BUILD, directory, simulator.urls,
            first_lines=f"[socket]\nmax_clients = {self.MOST}\n"))
        # Its connection is one of them.
        self.daemon.wait_until_ready()

    def fill(self) -> list[Other]:
        others = [
            self.enterContext(Other(self.daemon.socket)) for _ in range(1, self.MOST)]
        wait_until(
            lambda: self.daemon.ask("health")["counts"]["clients"] == self.MOST, 10, "it is full")
        return others

    def test_who_is_one_too_many_is_told_so_until_there_is_room(self) -> None:
        for kind in ALL:
            with self.subTest(kind.__name__):
                others = self.fill()
                client = kind(self.daemon.socket, page=False)
                try:
                    for method, *given in (["offset", "okx"], ["resync", "okx"], ["health"]):
                        for _ in range(5):
                            with self.assertRaises(exchange_clock.Overloaded):
                                client.call(method, *given)
                    for each in others:
                        each.close()
                    wait_until(lambda: self.is_answered(client), 10, "there is room")
                finally:
                    client.close()
                wait_until(
                    lambda: self.daemon.ask("health")["counts"]["clients"] == 1, 10, "all left")

    @staticmethod
    def is_answered(client: Any) -> bool:
        try:
            return bool(client.call("offset", "okx").exchange == "okx")
        except exchange_clock.Overloaded:
            return False


if __name__ == "__main__":
    unittest.main()
