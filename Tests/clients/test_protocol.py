"""The examples of docs/protocol.md, replayed against the real daemon; and that none is missing."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import socket
import tempfile
import time
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from support import BUILD, ROOT, Daemon, Simulator, wait_until  # isort: skip
from harness import ask, connect  # (support sets its path)

DOCUMENT = ROOT / "docs" / "protocol.md"
EXCHANGES = {"binance": {}, "bybit": {}, "kucoin": {}, "okx": {}}
MAX_CLIENTS = 8
REST = "..."
VARYING = re.compile(
    r".*_(ns|us|ms|ppm)$|^(timestamp|samples|rejected|contradicting|stale|unusable|failures|clients"
    r"|resyncs_by|resyncs_failed)$"
)
"""Names of numbers that differ from moment to moment."""


def blocks(text: str) -> list[str]:
    return re.findall(r"^```transcript\n(.*?)^```$", text, re.M | re.S)


def lines(block: str) -> Iterator[tuple[str, str]]:
    """The lines of a transcript: what they are, and what they say."""
    joined: list[str] = []
    for line in block.splitlines():
        if line.startswith(" "):
            joined[-1] += line.strip()
        else:
            joined.append(line)
    for line in joined:
        kind = line[:3] if line[:3] in ("-->", "<--") else "("
        yield kind, line[3:].strip() if kind != "(" else line


def differences(shown: Any, real: Any, name: str = "") -> Iterator[str]:
    """Where a message is not as the document shows it."""
    is_number = isinstance(shown, (int, float)) and not isinstance(shown, bool)
    if isinstance(shown, dict) and isinstance(real, dict):
        names = [key for key in shown if key != REST]
        found = [key for key in real if key in shown] if REST in shown else list(real)
        if names != found:
            yield f"{name}: members {found}, not {names}"
        for key in names:
            if key in real:
                # The counts in there are named by causes.
                inner = name if name == "resyncs_by" else key
                yield from differences(shown[key], real[key], inner)
    elif isinstance(shown, list) and isinstance(real, list):
        yield from elements(shown, real, name)
    elif shown == REST:
        if not isinstance(real, str):
            yield f"{name}: {real!r} is no text"
    elif is_number and VARYING.match(name):
        if type(real) is not type(shown):
            yield f"{name}: {real!r} is not of the kind of {shown!r}"
    elif isinstance(shown, str) and isinstance(real, str):
        if name != "version" and digitless(shown) != digitless(real):
            yield f"{name}: {real!r}, not {shown!r}"
    elif shown != real or type(shown) is not type(real):
        yield f"{name}: {real!r}, not {shown!r}"


def digitless(text: str) -> str:
    """Digits stand for any digits, a span of time for one in any unit."""
    return re.sub(r"\b[\d.]+( (ns|us|ms|s|min|h|d)\b)?", "0", re.sub(r"\d+", "0", text))


def is_answer(message: Any) -> bool:
    return isinstance(message, list) or "id" in message


def elements(shown: list[Any], real: list[Any], name: str) -> Iterator[str]:
    wanted = [each for each in shown if each != REST]
    if len(wanted) == len(shown):
        if len(shown) != len(real):
            yield f"{name}: {len(real)} elements, not {len(shown)}"
        for mine, other in zip(wanted, real):
            yield from differences(mine, other, name)
        return
    rest = iter(real)
    for each in wanted:
        # Somewhere behind the one before it.
        found = [list(differences(each, other, name)) for other in rest]
        if [] not in found:
            yield f"{name}: none like {json.dumps(each)}: {min(found, key=len, default='empty')}"


class ProtocolTests(unittest.TestCase):
    simulator: Simulator
    daemon: Daemon

    @classmethod
    def setUpClass(cls) -> None:
        directory = Path(
            cls.enterClassContext(tempfile.TemporaryDirectory(prefix="exchange-clock-"))
        )
        cls.simulator = cls.enterClassContext(Simulator(BUILD, directory, EXCHANGES))
        cls.simulator.set("bybit", fault="unavailable")
        cls.simulator.set("kucoin", fault="rate_limited")
        settings = {"okx": f"[socket]\nmax_clients = {MAX_CLIENTS}"}
        cls.daemon = cls.enterClassContext(
            Daemon(BUILD, directory, cls.simulator.urls, settings)
        )
        cls.daemon.wait_until_ready()

    def setUp(self) -> None:
        wait_until(self.is_settled, 30, "two exchanges are known, and two have failed")

    def is_settled(self) -> bool:
        offsets = {each["exchange"]: each for each in self.ask("offsets")}
        return (
            all(
                offsets[id]["state"] == "synchronized" and offsets[id]["next_sync_ms"] > 0
                and abs(offsets[id]["offset_ns"]) < 1e9
                for id in ("binance", "okx")
            )
            and all(offsets[id]["failures"] > 0 for id in ("bybit", "kucoin"))
        )

    def ask(self, method: str, **params: Any) -> Any:
        """Over a connection of its own, so that the transcript's is the only one that stays."""
        with connect(self.daemon.socket) as stream:
            return ask(stream, method, **params)

    def replay(self, block: str) -> None:
        with contextlib.ExitStack() as stack:
            connection: socket.socket | None = None
            wait_until(self.is_settled, 30, "the exchanges are as the document has them")
            for kind, group in itertools.groupby(lines(block), key=lambda line: line[0]):
                texts = [text for _, text in group]
                if kind == "(":
                    self.happen(texts[0], stack)
                    continue
                if connection is None:
                    connection = stack.enter_context(self.connected())
                    stream = stack.enter_context(connection.makefile("rb"))
                if kind == "-->":
                    for text in texts:
                        connection.sendall(self.current(text).encode() + b"\n")
                    continue
                shown = [json.loads(text) for text in texts]
                real = [self.received(stream) for _ in shown]
                # A notification may change places with an answer.
                for mine, other in zip(sorted(shown, key=is_answer), sorted(real, key=is_answer)):
                    with self.subTest(json.dumps(mine)[:70]):
                        self.assertEqual(list(differences(mine, other)), [], f"\n{other}")

    def received(self, stream: BinaryIO) -> Any:
        line = stream.readline()
        self.assertTrue(line, "the daemon has closed the connection instead of going on")
        return json.loads(line)

    def connected(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(30)
        connection.connect(str(self.daemon.socket))
        return connection

    def current(self, request: str) -> str:
        local = time.time_ns() // 1000 - 500_000
        return re.sub(r'"local_us":[1-9]\d+', f'"local_us":{local}', request)

    def happen(self, text: str, stack: contextlib.ExitStack) -> None:
        match text:
            case "(okx sets its clock 3 s ahead)":
                self.simulator.set("okx", offset_ms=3000)
                stack.callback(self.set_right, "okx")
            case "(more clients are connected than may be)":
                # They are admitted in turn.
                for _ in range(MAX_CLIENTS):
                    stack.enter_context(self.connected())
            case _:
                self.fail(f"a transcript says what no test can do: {text}")

    def set_right(self, exchange: str) -> None:
        self.simulator.set(exchange, offset_ms=0)
        self.ask("resync", exchange=exchange)

    # MARK: Tests

    def test_every_transcript_is_what_the_daemon_says(self) -> None:
        transcripts = blocks(DOCUMENT.read_text())
        self.assertGreater(len(transcripts), 8)
        for block in transcripts:
            self.replay(block)

    def test_a_wrong_transcript_is_noticed(self) -> None:
        answer = {
            "exchange": "okx", "state": "synchronized", "estimate_us": 1, "earliest_us": 1,
            "latest_us": 1, "local_us": 1,
        }
        self.assertEqual(list(differences(answer, self.ask("now", exchange="okx"))), [])
        for wrong in (
            answer | {"state": "holdover"}, answer | {"more": 1}, answer | {"local_us": 1.5},
            answer | {"local_us": None}, {key: answer[key] for key in reversed(answer)},
            {key: value for key, value in answer.items() if key != "state"},
        ):
            with self.subTest(wrong):
                found = self.ask("now", exchange="okx")
                self.assertNotEqual(list(differences(wrong, found)), [])
        self.assertEqual(list(differences([REST, {"a": 1}, REST], [{"a": 2}, {"a": 1}])), [])
        self.assertNotEqual(list(differences([REST, {"a": 1}, REST], [{"a": 2}])), [])
        self.assertNotEqual(list(differences([{"a": 1}], [{"a": 1}, {"a": 1}])), [])

    def test_all_methods_and_errors_are_documented_and_shown(self) -> None:
        text = DOCUMENT.read_text()
        shown = "".join(blocks(text))
        for method in self.methods():
            self.assertRegex(text, rf"(?m)^\| \[`{method}`\]", f"{method} is not in the table")
            self.assertIn(f'"method":"{method}"', shown, f"{method} is in no transcript")
        codes = re.findall(r"(?m)^\| (-32\d{3}) \|", text)
        self.assertEqual(sorted(codes), sorted(self.codes()))
        for code in set(codes) - {"-32603"}:
            self.assertIn(f'"code":{code}', shown, f"{code} is in no transcript")

    def methods(self) -> list[str]:
        """As the daemon names them when it is asked for one that it does not know."""
        with self.connected() as connection, connection.makefile("rb") as stream:
            connection.sendall(b'{"jsonrpc":"2.0","id":1,"method":"?"}\n')
            message = json.loads(stream.readline())["error"]["message"]
        return message.split("known: ")[1].split(", ")

    def codes(self) -> list[str]:
        source = ROOT / "Sources" / "ClockProtocol" / "RPCError.swift"
        return re.findall(r"= (-\d+)$", source.read_text(), re.M)
