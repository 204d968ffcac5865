"""The cases of clients/conformance, by the Python client and by the Node client."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support import ROOT, node, note

CASES = ROOT / "clients" / "conformance"
sys.path.insert(0, str(ROOT / "clients" / "python"))
sys.path.insert(0, str(CASES))

import exchange_clock  # noqa: E402  (its path is set above)
import generate  # noqa: E402

JSON = Any


def read(name: str) -> JSON:
    return json.loads((CASES / name).read_text())


def line_of(case: JSON) -> bytes:
    return bytes.fromhex(case["line_hex"]) if "line_hex" in case else case["line"].encode()


def plain(value: Any) -> JSON:
    """A typed result as the JSON that it was made of."""
    if hasattr(value, "_asdict"):
        return {key: plain(each) for key, each in value._asdict().items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


class FileTests(unittest.TestCase):
    def test_the_files_are_what_the_generator_writes(self) -> None:
        for name, content in generate.files().items():
            self.assertEqual(read(name), content, f"{name}: run clients/conformance/generate.py")

    def test_it_writes_nothing_unless_it_is_to(self) -> None:
        """Run in a copy, as a test that fails must not change what it tests."""
        copy = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        program = shutil.copy(CASES / "generate.py", copy)
        for option, code in (("--help", 0), ("--check", 1), ("--chek", 2)):
            run = subprocess.run(
                [sys.executable, program, option], capture_output=True, text=True, timeout=60)
            self.assertEqual(run.returncode, code, run.stderr)
            self.assertEqual([each.name for each in copy.iterdir()], ["generate.py"], option)

    def test_names_are_told_apart(self) -> None:
        for name in generate.files():
            names = [case["name"] for case in read(name)["cases"]]
            self.assertEqual(len(names), len(set(names)), name)


class DocumentTests(unittest.TestCase):
    def test_the_table_of_methods_is_true(self) -> None:
        text = (ROOT / "docs" / "clients.md").read_text()
        rows = [
            [re.findall(r"`(\w+)`", cell) for cell in line.strip("|").split("|")]
            for line in text.split("| method | Python |")[1].split("\n\n")[0].splitlines()[2:]
        ]
        protocol = (ROOT / "docs" / "protocol.md").read_text().split("\n## Methods\n")[1]
        methods = re.findall(r"^\| \[`(\w+)`\]", protocol.split("###")[0], re.M)
        self.assertEqual(sorted(row[0][0] for row in rows), sorted(methods))
        node = (ROOT / "clients" / "node" / "index.d.ts").read_text().split("class ExchangeClock {")[1]
        header = (ROOT / "clients" / "c" / "exchange_clock.h").read_text()
        swift = "".join(
            each.read_text() for each in (ROOT / "Sources" / "ExchangeClock").glob("ExchangeClock*.swift"))
        has: list[Callable[[str], Any]] = [
            lambda name: hasattr(exchange_clock.ExchangeClock, name)
            and hasattr(exchange_clock.AsyncExchangeClock, name),
            lambda name: re.search(rf"^  {name}\(", node.split("\n}")[0], re.M),
            lambda name: re.search(rf"^static inline .* exchange_clock_{name}\(", header, re.M),
            lambda name: re.search(rf"^  public func {name}\(", swift, re.M),
        ]
        for (method,), *cells in rows:
            for number, (names, is_there) in enumerate(zip(cells, has, strict=True)):
                for name in names:
                    self.assertTrue(is_there(name), f"{method}: client {number} has no {name}")
                if not names:
                    self.assertFalse(is_there(method), f"{method}: client {number} has it")


class Canned(exchange_clock.ExchangeClock):
    """Answers every request with one line."""

    def __init__(self, line: bytes) -> None:
        super().__init__("/nowhere", page=False)
        self.line = line

    def ask(self, method: str, **params: Any) -> JSON:
        return exchange_clock.read_answer(self.line, 1)


class PythonTests(unittest.TestCase):
    def test_requests(self) -> None:
        for case in read("requests.json")["cases"]:
            with self.subTest(case["name"]):
                line = exchange_clock.request_line(case["id"], case["method"], **case["params"])
                self.assertEqual(line.decode(), case["line"])

    def test_parameters_are_sent_in_the_order_of_the_cases(self) -> None:
        """Each method called by its own arguments."""
        sent: list[JSON] = []

        class Recording(exchange_clock.ExchangeClock):
            def ask(self, method: str, **params: Any) -> JSON:
                sent.append(exchange_clock.request_line(case["id"], method, **params).decode())
                raise exchange_clock.Unreachable("not asked")

        clock = Recording("/nowhere", page=False)
        for case in read("requests.json")["cases"]:
            if case["method"] in ("subscribe", "unsubscribe"):
                continue
            with self.subTest(case["name"]):
                with self.assertRaises(exchange_clock.Unreachable):
                    getattr(clock, case["method"])(**case["params"])
                self.assertEqual(sent.pop(), case["line"])

    def test_answers(self) -> None:
        for case in read("answers.json")["cases"]:
            with self.subTest(case["name"]):
                if "result" in case:
                    self.assertEqual(plain(self.told(case)), case["result"])
                    continue
                with self.assertRaises(exchange_clock.ExchangeClockError) as caught:
                    self.told(case)
                expected = case["error"]
                self.assertEqual(
                    {key: getattr(caught.exception, key) for key in expected}, expected)
                self.assert_class_is_named_by_its_kind(caught.exception)

    def told(self, case: JSON) -> Any:
        """What the client makes of an answer."""
        clock, method = Canned(line_of(case)), case["method"]
        if method == "subscribe":
            # Over a connection of its own.
            return exchange_clock._read(exchange_clock._Subscribed, clock.ask("subscribe"))
        result = case.get("result")
        exchange = result.get("exchange", "okx") if isinstance(result, dict) else "okx"
        takes: dict[str, list[Any]] = {
            "offsets": [], "health": [], "exchanges": [], "convert": [exchange, 1]}
        return getattr(clock, method)(*takes.get(method, [exchange]))

    def assert_class_is_named_by_its_kind(self, error: exchange_clock.ExchangeClockError) -> None:
        name = re.sub("(?<!^)([A-Z])", r"_\1", type(error).__name__).lower()
        self.assertIn(error.kind, (name, name.removesuffix("_error")))

    def test_notifications(self) -> None:
        for case in read("notifications.json")["cases"]:
            with self.subTest(case["name"]):
                line = case["line"].encode()
                if "error" in case:
                    with self.assertRaises(exchange_clock.ProtocolError):
                        exchange_clock.read_notification(line)
                    continue
                told = exchange_clock.read_notification(line)
                self.assertEqual(told is None, case.get("passed_over", False))
                if told is not None:
                    self.assertEqual(
                        (told[0], plain(told[1])), (case["subscription"], case["offset"]))

    def test_pages(self) -> None:
        content = read("pages.json")
        if sys.byteorder != content["byte_order"]:
            self.skipTest(f"the images are {content['byte_order']}-endian")
        boot_id = bytes.fromhex(content["boot_id"])
        for case in content["cases"]:
            with self.subTest(case["name"]):
                self.check_page(case, boot_id)

    def check_page(self, case: JSON, boot_id: bytes) -> None:
        expect = case["expect"]
        clocks = int(case["raw_ns"]), int(case["realtime_ns"])
        exchange = case["exchange"]
        if "refusal" in expect:
            with self.assertRaises(exchange_clock.PageRefusal) as caught:
                exchange_clock.Page(bytes.fromhex(case["page"]), boot_id).now(exchange, *clocks)
            self.assertEqual(
                (caught.exception.kind, caught.exception.state),
                (expect["refusal"], expect.get("state")))
            return
        page = exchange_clock.Page(bytes.fromhex(case["page"]), boot_id)
        earliest, latest, _, _ = page.read(exchange, *clocks)
        self.assertEqual(
            (str(earliest), str(latest)), (expect["earliest_ns"], expect["latest_ns"]))
        self.assertEqual(page.now(exchange, *clocks)._asdict(), expect["now"])
        for each in expect["stamps"]:
            asked = each.get("recv_window_ms"), each.get("lifetime_ms")
            if "refusal" in each:
                with self.assertRaises(exchange_clock.PageRefusal) as caught:
                    page.stamp(exchange, *asked, *clocks)
                self.assertEqual(caught.exception.kind, each["refusal"])
            else:
                self.assertEqual(page.stamp(exchange, *asked, *clocks)._asdict(), each["stamp"])


class PythonPageTests(unittest.TestCase):
    """What no image can show."""

    def test_a_slot_that_changes_while_it_is_read_is_read_again(self) -> None:
        image = bytearray(generate.page(generate.USUAL))
        page = exchange_clock.Page(image, generate.BOOT)
        slots = [
            generate.USUAL | {
                "sequence": 4, "lower_ns": generate.USUAL["lower_ns"] + shift,
                "upper_ns": generate.USUAL["upper_ns"] + shift,
            }
            for shift in (0, 1_000_000_000)
        ]
        expected = generate.expected(slots[1], generate.RAW, generate.REAL, [])
        reads = 0
        real_read = exchange_clock._read_times

        def read_while_written(buffer: Any, base: int) -> Any:
            nonlocal reads
            times = real_read(buffer, base)
            reads += 1
            if reads == 1:
                image[:] = generate.page(slots[1])
            return times

        exchange_clock._read_times = read_while_written
        self.addCleanup(setattr, exchange_clock, "_read_times", real_read)
        earliest, _, _, sequence = page.read("binance", generate.RAW, generate.REAL)
        self.assertEqual((reads, sequence), (2, 4))
        self.assertEqual(str(earliest), expected["earliest_ns"])

    def test_a_reader_that_was_held_up_between_its_clocks_reads_them_again(self) -> None:
        page = exchange_clock.Page(generate.page(generate.USUAL), generate.BOOT)
        for call in (page.now, page.stamp):
            # A second late, then not; and late again.
            readings = iter([
                generate.RAW, generate.REAL + generate.S, generate.RAW, generate.REAL,
                generate.RAW, generate.REAL + generate.S, generate.RAW, generate.REAL + generate.S])
            before = exchange_clock._read_ns
            self.addCleanup(setattr, exchange_clock, "_read_ns", before)
            exchange_clock._read_ns = lambda _: next(readings)
            self.assertEqual(call("binance").exchange, "binance")
            with self.assertRaises(exchange_clock.PageRefusal) as caught:
                call("binance")
            self.assertEqual(caught.exception.kind, "clock_moved")

    def test_loads_are_ordered_where_the_processor_does_not(self) -> None:
        page = exchange_clock.Page(generate.page(generate.USUAL), generate.BOOT)
        before = exchange_clock._NEEDS_FENCE
        self.addCleanup(setattr, exchange_clock, "_NEEDS_FENCE", before)
        readings = []
        for needs_fence in (False, True):
            exchange_clock._NEEDS_FENCE = needs_fence
            readings.append(page.stamp("binance", None, None, generate.RAW, generate.REAL))
        self.assertEqual(*readings)
        self.assertTrue(math.isfinite(readings[0].unix_us))


class NodeTests(unittest.TestCase):
    def test_requests_answers_and_pages(self) -> None:
        run = subprocess.run(
            [node(self), str(ROOT / "Tests" / "clients" / "conformance.mjs")],
            capture_output=True, text=True, timeout=60, env=os.environ | {"CASES": str(CASES)})
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        note(run.stdout.strip())
        passed = int(re.findall(r"(\d+) cases", run.stdout)[0])
        self.assertEqual(passed, sum(len(read(name)["cases"]) for name in generate.files()))


if __name__ == "__main__":
    unittest.main()
