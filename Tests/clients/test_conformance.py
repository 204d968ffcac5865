"""The cases of clients/conformance, by the Python client and by the Node client."""

from __future__ import annotations

import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

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


def outcome(read: Callable[[], object]) -> object:
    """What is read, or the kind of refusal and its state."""
    try:
        return read()
    except exchange_clock.PageRefusal as refusal:
        return f"{refusal.kind}, {refusal.state}"


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
        real_read = exchange_clock._read_fields

        def read_while_written(buffer: Any, base: int) -> Any:
            nonlocal reads
            times = real_read(buffer, base)
            reads += 1
            if reads == 1:
                image[:] = generate.page(slots[1])
            return times

        exchange_clock._read_fields = read_while_written
        self.addCleanup(setattr, exchange_clock, "_read_fields", real_read)
        earliest, _, _, (_, sequence, *_) = page.read("binance", generate.RAW, generate.REAL)
        self.assertEqual((reads, sequence), (2, 4))
        self.assertEqual(str(earliest), expected["earliest_ns"])

    def test_a_slot_is_copied_once_for_each_time_it_is_written(self) -> None:
        image = bytearray(generate.page(generate.USUAL))
        page = exchange_clock.Page(image, generate.BOOT)
        copies = 0
        real_read = exchange_clock._read_fields

        def counted(buffer: Any, base: int) -> Any:
            nonlocal copies
            copies += 1
            return real_read(buffer, base)

        exchange_clock._read_fields = counted
        self.addCleanup(setattr, exchange_clock, "_read_fields", real_read)
        for sequence, shift in ((2, 0), (4, 1_000_000_000), (6, 3_000_000_000)):
            slot = generate.USUAL | {
                "sequence": sequence, "lower_ns": generate.USUAL["lower_ns"] + shift,
                "upper_ns": generate.USUAL["upper_ns"] + shift,
            }
            image[:] = generate.page(slot)
            for later in (0, 1_000_000):
                clocks = generate.RAW + later, generate.REAL + later
                expected = generate.expected(slot, *clocks, [])
                read = page.read("binance", *clocks)
                self.assertEqual(
                    (str(read[0]), str(read[1])), (expected["earliest_ns"], expected["latest_ns"]))
                self.assertEqual(
                    page.stamp("binance", None, None, *clocks).state, expected["now"]["state"])
            self.assertEqual(copies, sequence // 2)
        # While it is being written, what is kept is not the answer.
        image[:] = generate.page(generate.USUAL | {"sequence": 7})
        with self.assertRaises(exchange_clock.PageRefusal) as caught:
            page.read("binance", generate.RAW, generate.REAL)
        self.assertEqual(caught.exception.kind, "torn")

    def test_the_short_way_tells_what_the_steps_of_the_documentation_tell(self) -> None:
        chance = random.Random(5)
        choose = chance.choice
        near = [-1, 0, 1, generate.S, 3 * generate.S - 1, 3 * generate.S, 3 * generate.S + 1]
        far = [-(2**63), 2**63 - 1, -(2**61), 2**61, 2**62, 2**59, 10**15, *near]
        odd: dict[str, Callable[[], float]] = {
            name: lambda: choose([generate.RAW, 0]) + choose(near) + choose(far)
            for name in (
                "as_of_raw_ns", "checked_raw_ns", "void_after_raw_ns", "holdover_after_raw_ns",
                "lower_ns", "upper_ns")
        }
        odd["state"] = lambda: choose(range(5))
        odd["lower_rate"] = odd["upper_rate"] = lambda: choose(
            [1e-6, -1e-6, 0.9, -1.0, 1.0, 1e300, math.nan, math.inf])
        tells: Counter[str] = Counter()
        for _ in range(30_000):
            slot = generate.USUAL | {"as_of_raw_ns": generate.RAW, "checked_raw_ns": generate.RAW}
            for name in chance.sample(sorted(odd), choose(range(4))):
                value = odd[name]()
                is_rate = isinstance(value, float)
                slot[name] = value if is_rate else max(-(2**63), min(value, 2**63 - 1))
            page = exchange_clock.Page(generate.page(slot), generate.BOOT)
            raw_ns = generate.RAW + choose(near)
            real_ns = generate.REAL + choose([*near, 20_000_000, -20_000_000, 20_000_001])
            seen = page._look("binance")
            short = outcome(lambda: page.read("binance", raw_ns, real_ns))
            long = outcome(lambda: page._read_slot("binance", seen, raw_ns, real_ns))
            self.assertEqual(short, long, (slot, raw_ns, real_ns))
            is_short = seen[3][0] <= raw_ns <= seen[3][1]
            tells[f"{'short' if is_short else 'long'}, {type(short).__name__}"] += 1
        # Each way many times; and by the short one nothing but a clock that moved is refused.
        self.assertGreater(min(tells.values()), 300, tells)
        self.assertEqual(len(tells), 4)

    def test_a_page_that_nobody_refreshes_is_left_when_another_is_in_its_place(self) -> None:
        directory = self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-"))
        path = Path(directory) / "clock.page"
        image = generate.page(
            generate.USUAL | {"checked_raw_ns": generate.RAW}, boot_id=exchange_clock._boot_id())
        path.write_bytes(image)
        page = exchange_clock.Page.open(str(path))
        clocks = [
            (generate.RAW + seconds * generate.S, generate.REAL + seconds * generate.S)
            for seconds in (1, 4)
        ]
        for each in clocks:
            page.now("binance", *each)
        path.rename(path.with_suffix(".old"))
        path.write_bytes(image)
        page.now("binance", *clocks[0])
        # It was looked at within the last second.
        page.now("binance", *clocks[1])
        page._look_after_ns = 0
        with self.assertRaises(exchange_clock.PageRefusal) as caught:
            page.now("binance", *clocks[1])
        self.assertEqual(caught.exception.kind, "replaced")

    def test_a_page_that_was_left_refusing_is_left_too(self) -> None:
        boot = exchange_clock._boot_id()
        for change in (
            {"state": 0}, {"state": 3}, {"sequence": 7}, {"void_after_raw_ns": generate.RAW - 1},
            {"real_minus_raw_ns": 0},
        ):
            directory = self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-"))
            path = Path(directory) / "clock.page"
            path.write_bytes(generate.page(generate.USUAL | change, boot_id=boot))
            page = exchange_clock.Page.open(str(path))
            kinds = []
            for _ in range(2):
                page._look_after_ns = 0
                with self.assertRaises(exchange_clock.PageRefusal) as caught:
                    page.now("binance", generate.RAW, generate.REAL)
                kinds.append(caught.exception.kind)
                path.rename(path.with_suffix(".old"))
                path.write_bytes(generate.page(generate.USUAL, boot_id=boot))
            self.assertNotEqual(kinds[0], "replaced")
            self.assertEqual(kinds[1], "replaced", change)

    def test_a_reader_that_was_held_up_between_its_clocks_reads_them_again(self) -> None:
        page = exchange_clock.Page(generate.page(generate.USUAL), generate.BOOT)
        for call in (page.now, page.stamp):
            # A second late, then not; and late again.
            late = generate.REAL + generate.S
            raw = iter([generate.RAW] * 4)
            real = iter([late, generate.REAL, late, late])
            for name, readings in (("_read_raw_ns", raw), ("_read_real_ns", real)):
                self.addCleanup(setattr, exchange_clock, name, getattr(exchange_clock, name))
                setattr(exchange_clock, name, readings.__next__)
            self.assertEqual(call("binance").exchange, "binance")
            with self.assertRaises(exchange_clock.PageRefusal) as caught:
                call("binance")
            self.assertEqual(caught.exception.kind, "clock_moved")

    def test_loads_are_ordered_where_the_processor_does_not(self) -> None:
        self.addCleanup(
            setattr, exchange_clock, "_NEEDS_FENCE", exchange_clock._NEEDS_FENCE)
        readings = []
        for needs_fence, fences in ((False, 0), (True, 4)):
            exchange_clock._NEEDS_FENCE = needs_fence
            page = exchange_clock.Page(generate.page(generate.USUAL), generate.BOOT)
            with patch.object(exchange_clock.threading, "Lock") as lock:
                readings.append(page.stamp("binance", None, None, generate.RAW, generate.REAL))
            # Twice each, before the fields and after them; no lock that another could hold.
            self.assertEqual(lock.return_value.__enter__.call_count, fences)
            self.assertEqual(lock.call_count, fences // 2)
        self.assertEqual(*readings)


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
