"""The C client when its process forks, when an answer is another's, and how long it waits."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

from c_programs import compilers
from fake_daemon import FakeDaemon
from python_clients import c_program
from support import note_skip

NOW = {
    "exchange": "bybit", "state": "synchronized", "estimate_us": 2, "earliest_us": 1,
    "latest_us": 3, "local_us": 2,
}


class EndingTests(unittest.TestCase):
    def setUp(self) -> None:
        if not compilers("c11"):
            note_skip(f"{self.id()}, as there is no C compiler")
            self.skipTest("there is no C compiler")
        directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        self.requests: list[dict[str, Any]] = []
        self.silent: set[str] = set()
        self.daemon = self.enterContext(FakeDaemon(directory / "socket", self.answer))
        self.program = subprocess.Popen(
            [str(c_program()), str(directory / "socket"), "30000"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1)
        self.addCleanup(self.end)

    def end(self) -> None:
        self.program.kill()
        self.program.wait(10)
        for stream in (self.program.stdin, self.program.stdout):
            assert stream is not None
            stream.close()

    def answer(self, request: dict[str, Any]) -> list[str | bytes]:
        self.requests.append(request)
        if request["method"] in self.silent:
            return []
        result: Any = NOW
        if request["method"] == "subscribe":
            result = {"subscription": 1, "offsets": []}
        return [json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result})]

    def ask(self, line: str) -> Any:
        assert self.program.stdin is not None and self.program.stdout is not None
        self.program.stdin.write(f"1 {line}\n")
        return json.loads(self.program.stdout.readline())

    def test_a_forked_child_has_a_connection_of_its_own(self) -> None:
        self.assertIn("result", self.ask("now bybit"))
        self.assertIn("result", self.ask("now_in_child bybit"))
        self.assertIn("result", self.ask("now bybit"))
        self.assertEqual(self.daemon.connections, 2)

    def test_an_answer_about_another_exchange_is_none(self) -> None:
        self.assertIn("result", self.ask("now bybit"))
        self.assertEqual(self.ask("now okx")["kind"], "protocol")
        self.assertIn("result", self.ask("now bybit"))
        self.assertEqual(self.daemon.connections, 2)

    def test_the_next_offset_is_waited_for_no_longer_than_asked(self) -> None:
        self.ask("subscribe -")
        self.silent.add("subscribe")
        self.daemon.cut_off()
        began = time.monotonic()
        self.assertEqual(self.ask("next - 200")["kind"], "timed_out")
        self.assertLess(time.monotonic() - began, 15)

    def test_a_negative_window_is_for_the_daemon_to_refuse(self) -> None:
        self.ask("stamp bybit -5 0")
        self.ask("stamp bybit 0 -7")
        told = [each["params"] for each in self.requests if each["method"] == "stamp"]
        self.assertEqual(
            told, [{"exchange": "bybit", "recv_window_ms": -5},
                   {"exchange": "bybit", "lifetime_ms": -7}])

    def test_an_id_that_is_too_long_is_for_the_daemon_to_refuse(self) -> None:
        for request in ("now", "convert", "resync"):
            self.ask(f"{request} {'x' * 900} 1 0")
            self.assertEqual(self.requests[-1]["params"]["exchange"], "(an id that is too long)")

    def test_a_request_of_several_lines_is_one(self) -> None:
        self.assertEqual(self.ask("moon -")["result"], None)
        self.assertEqual(self.requests[-1]["method"], "moon")


if __name__ == "__main__":
    unittest.main()
