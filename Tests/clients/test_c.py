"""The C client: it compiles everywhere without a warning, passes the cases that all clients pass,
and goes from the page to the socket and back as a daemon comes and goes."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from c_programs import COMPILERS, PROGRAMS, STRICT, compile, compilers
from support import BUILD, ROOT, ClockTestCase, Daemon, note, note_skip

sys.path.insert(0, str(ROOT / "clients" / "conformance"))

import generate  # noqa: E402  (its path is set above)

DAMAGED = 20_000
EXTREMES = [
    (number % 2**64).to_bytes(8, "little")
    for number in (0, 1, -1, 2**63 - 1, -(2**63), 2**62, -(2**62), 2**53, 2**53 + 1)
]
CASES = ROOT / "clients" / "conformance"
JSON = Any


class CompilerTests(unittest.TestCase):
    def test_no_compiler_warns(self) -> None:
        tried = []
        for standard in COMPILERS:
            for compiler in compilers(standard):
                with tempfile.TemporaryDirectory() as directory:
                    for source in sorted(PROGRAMS.glob("*.c")):
                        compile(source.name, Path(directory), standard, compiler)
                tried.append(f"{compiler} -std={standard}")
        if not tried:
            note_skip("the C client is not compiled: there is no compiler")
        note(f"compiled by {', '.join(tried)}")


class ArmTests(unittest.TestCase):
    """What is made of the copy of a slot for a processor that reorders loads: the sequence, the 23
    words behind it, a barrier for loads, the sequence."""

    READ = r"ldar(?:ldr){23}dmb ishldldr"
    COPIES = {
        "the C client": (
            "clients/c", "exchange_clock.h",
            "int copy(const struct exchange_clock_page *page, struct exchange_clock_slot *slot) {"
            " return exchange_clock_page_slot(page, 3, slot); }"),
        "Swift and the daemon": (
            "Sources/CLinux/include", "CLinux.h",
            "int copy(const void *slot, uint64_t *words) {"
            " return ec_sequence_read(slot, words, 24); }"),
    }

    def test_loads_are_in_their_order(self) -> None:
        for name, (directory, header, function) in self.COPIES.items():
            with self.subTest(name):
                # The headers of this machine's C library, which ask what it is.
                headers = ["-D__x86_64__", "-isystem", "/usr/include/x86_64-linux-gnu"]
                command = [
                    "clang", "--target=aarch64-linux-gnu",
                    *(headers if platform.machine() == "x86_64" else []),
                    "-O2", "-std=gnu11", "-I", ROOT / directory, "-S", "-x", "c", "-", "-o", "-"]
                try:
                    made = subprocess.run(
                        command, input=f'#include "{header}"\n{function}\n', text=True,
                        capture_output=True, timeout=60)
                except FileNotFoundError:
                    note_skip(f"{self.id()}: there is no clang")
                    self.skipTest("there is no clang")
                if "No available targets" in made.stderr or "unknown target" in made.stderr:
                    note_skip(f"{self.id()}: clang makes nothing for Arm here")
                    self.skipTest("clang makes nothing for Arm")
                self.assertEqual(made.returncode, 0, made.stderr)
                body = made.stdout.split("\ncopy:")[1].split(".cfi_endproc")[0]
                steps = "".join(re.findall(r"^\t(ldar|dmb\t\w+|ldr)\b", body, re.M))
                self.assertRegex(steps.replace("\t", " "), self.READ)
                note(f"{name}, for Arm: ldar, 23 ldr, dmb ishld, ldr")


@unittest.skipUnless(compilers("c11"), "no C compiler")
class ConformanceTests(unittest.TestCase):
    program: Path

    @classmethod
    def setUpClass(cls) -> None:
        directory = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.program = compile("conformance.c", Path(directory))

    def run_cases(self, lines: list[list[Any]]) -> list[JSON]:
        text = "".join("\t".join(map(str, line)) + "\n" for line in lines)
        result = subprocess.run(
            [self.program], input=text, capture_output=True, text=True, timeout=60
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        answers = result.stdout.split("\n")[:-1]
        self.assertEqual(len(answers), len(lines))
        return answers

    def cases(self, name: str) -> JSON:
        if not (CASES / name).exists():
            note_skip(f"conformance: there is no {CASES / name}")
            self.skipTest(f"no {name}")
        return json.loads((CASES / name).read_text())

    def test_requests(self) -> None:
        cases = self.cases("requests.json")["cases"]
        lines = [self.request_line(case) for case in cases]
        for case, line in zip(cases, self.run_cases(lines)):
            with self.subTest(case["name"]):
                # What need not be escaped may be.
                self.assertEqual(json.loads(line), json.loads(case["line"]))
                if "escapes" not in case["name"]:
                    self.assertEqual(line, case["line"])

    def request_line(self, case: JSON) -> list[Any]:
        """What makes the program send that, by the method's own arguments where it has some."""
        method, params = case["method"], case["params"]
        values: list[Any]
        if method in ("stamp", "now", "offset"):
            values = [
                params["exchange"], params.get("recv_window_ms", 0), params.get("lifetime_ms", 0),
                params.get("max_error_ms", -1),
            ]
        elif method == "resync":
            values = [params.get("exchange", ""), int(params.get("accept_step", False))]
        elif method == "report":
            code, timestamp = params["code"], params.get("timestamp", "")
            values = [
                params["exchange"], code, int(isinstance(code, str)), params.get("http_status", 0),
                params.get("message", ""), timestamp, int(isinstance(timestamp, str)),
                params.get("recv_window_ms", 0),
            ]
        elif method == "subscribe":
            values = [
                params.get("min_change_us", ""), int("exchanges" not in params),
                *params.get("exchanges", []),
            ]
        else:
            text = json.dumps(params, ensure_ascii=False, separators=(",", ":"))
            return ["g", case["id"], method, text.encode().hex()]
        return ["r", case["id"], method, *(str(value).encode().hex() for value in values)]

    def test_answers(self) -> None:
        cases = self.cases("answers.json")["cases"]
        lines = [
            ["a", c["id"], c["method"], c.get("line_hex", c.get("line", "").encode().hex())]
            for c in cases
        ]
        for case, line in zip(cases, self.run_cases(lines)):
            with self.subTest(case["name"]):
                answer = json.loads(line)
                if "error" in case:
                    expected = case["error"]
                    self.assertEqual({key: answer.get(key) for key in expected}, expected)
                else:
                    self.check_members(answer, case["result"])

    def test_notifications(self) -> None:
        cases = self.cases("notifications.json")["cases"]
        lines = [["t", case["line"].encode().hex()] for case in cases]
        for case, line in zip(cases, self.run_cases(lines)):
            with self.subTest(case["name"]):
                answer = json.loads(line)
                if "error" in case or "passed_over" in case:
                    self.assertEqual(answer, case.get("error") or {"passed_over": True})
                else:
                    self.assertEqual(answer["subscription"], case["subscription"])
                    self.check_members(answer["offset"], case["offset"])

    def check_members(self, answer: JSON, expected: JSON) -> None:
        """Whoever asks the C client knows the exchange; two members it does not read."""
        if isinstance(expected, list):
            self.assertEqual(len(answer), len(expected))
            for one, other in zip(answer, expected):
                self.check_members(one, other)
        elif isinstance(expected, dict):
            missing = expected.keys() - answer.keys()
            self.assertLessEqual(missing, {"exchange", "confidence", "resyncs_by"})
            for key in expected.keys() & answer.keys():
                with self.subTest(key):
                    self.check_members(answer[key], expected[key])
        else:
            self.assertEqual(answer, expected)

    def test_pages(self) -> None:
        content = self.cases("pages.json")
        if sys.byteorder != content["byte_order"]:
            self.skipTest(f"the images are {content['byte_order']}-endian")
        lines: list[list[Any]] = []
        checks: list[tuple[str, JSON, bool]] = []
        for case in content["cases"]:
            common = [
                case["page"], content["boot_id"], case["exchange"], case["raw_ns"],
                case["realtime_ns"],
            ]
            lines.append(["n", *common])
            checks.append((case["name"], case["expect"], False))
            for asked in case["expect"].get("stamps", []):
                # 0 is how a C program says "the usual".
                window, lifetime = asked.get("recv_window_ms"), asked.get("lifetime_ms")
                if 0 in (window, lifetime):
                    continue
                lines.append(["s", *common, window or 0, lifetime or 0])
                checks.append((f"{case['name']}, {window} {lifetime}", asked, True))
        for (name, expected, is_stamp), line in zip(checks, self.run_cases(lines)):
            with self.subTest(name):
                self.check_page(json.loads(line), expected, is_stamp)

    def check_page(self, answer: JSON, expected: JSON, is_stamp: bool) -> None:
        if "refusal" in expected:
            wanted = {key: expected[key] for key in ("refusal", "state") if key in expected}
            self.assertEqual(answer, wanted)
        elif is_stamp:
            self.assertIn("timestamp", answer)
            self.check_members(answer, expected["stamp"])
        else:
            self.assertEqual(str(answer["earliest_ns"]), expected["earliest_ns"])
            self.assertEqual(str(answer["latest_ns"]), expected["latest_ns"])
            self.assertEqual(answer["estimate_ns"] // 1000, expected["now"]["estimate_us"])
            self.assertEqual(answer["state"], expected["now"]["state"])

    def test_damaged_pages_and_answers_do_no_harm(self) -> None:
        """All cases and many more images, each of them damaged, under the compiler's sanitizers: a
        read beyond an end, an overflow, or a shift too far ends the program."""
        sanitizers = "-fsanitize=address,undefined"
        directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for compiler in compilers("c11"):
            try:
                self.program = compile(
                    "conformance.c", directory, "c11", compiler, sanitizers,
                    "-fno-sanitize-recover=all")
            except subprocess.CalledProcessError:
                continue
            break
        else:
            note_skip("the C client is not sanitized: no compiler has the libraries for it")
            self.skipTest("no sanitizers")
        self.test_requests()
        self.test_answers()
        self.test_notifications()
        self.test_pages()
        random = Random(6)
        usual = [{}, {"rule": 2}, {"format": 4}, {"format": 3, "rule": 2}]
        lines: list[list[Any]] = []
        for number in range(DAMAGED):
            slot = generate.USUAL | usual[number % len(usual)]
            image = bytearray(generate.page(slot))
            for _ in range(random.choice((1, 2, 3, 8))):
                # The header's magic and boot alone would keep all else from being read.
                bit = random.randrange(8 * (64 if random.random() < 0.9 else 12), 8 * len(image))
                image[bit // 8] ^= 1 << bit % 8
            if random.random() < 0.2:
                # Whole numbers at the ends of what they can be.
                at = 64 + 8 * random.randrange(7, 20)
                image[at : at + 8] = random.choice(EXTREMES)
            lines.append([
                "s", image.hex(), generate.BOOT.hex(), "binance", generate.RAW, generate.REAL,
                random.choice((0, 0, 5000, 2**62)), random.choice((0, 0, 1000, -(2**62)))])
        told = [json.loads(line) for line in self.run_cases(lines)]
        kinds = Counter(each.get("refusal", "a stamp") for each in told)
        note(f"{len(lines)} damaged pages, sanitized: {dict(kinds)}")
        self.assertGreater(kinds["a stamp"], 0)
        self.assertGreater(kinds["void"], 0)


@unittest.skipUnless(compilers("c11"), "no C compiler")
class ClientTests(ClockTestCase):
    exchanges = {"binance": {"offset_ms": 1500}, "kraken": {}, "okx": {}}

    def setUp(self) -> None:
        super().setUp()
        directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        program = compile("ask.c", directory)
        self.process = subprocess.Popen(
            [program, self.daemon.socket], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(self.end)

    def end(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def ask(self, method: str, exchange: str = "-", *more: int) -> JSON:
        """The result, with `page` and `kind` ("ok") in it; a list as it is."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(" ".join(map(str, (1, method, exchange, *more))) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        result = answer.pop("result", None)
        return result if isinstance(result, list) else {"kind": "ok"} | answer | (result or {})

    def test_every_method(self) -> None:
        by_socket = self.daemon.ask("offset", exchange="okx")
        offset = self.ask("offset", "okx")
        self.assertEqual(by_socket.keys() - offset.keys(), {"resyncs_by"})
        self.assertLess(abs(offset["offset_ns"] - by_socket["offset_ns"]), 10**9)
        self.assertAlmostEqual(
            offset["drift_error_ppm"], by_socket["drift_error_ppm"], delta=1)
        names = ["binance", "kraken", "okx"]
        self.assertEqual([each["exchange"] for each in self.ask("offsets")], names)
        self.assertEqual(self.ask("resync", "okx")["state"], "synchronized")
        self.assertEqual([each["exchange"] for each in self.ask("resync")], names)
        report = self.ask("report", "binance")
        self.assertEqual((report["verdict"], report["action"]), ("clock", "resign"))
        self.assertEqual(report["offset"]["exchange"], "binance")
        self.assertEqual(report["stamp"]["recv_window_ms"], 5000)
        health = self.ask("health")
        self.assertIs(health["ready"], True)
        self.assertEqual(health["counts"]["synchronized"], 3)
        self.assertEqual(health["version"], self.daemon.ask("health")["version"])
        catalogue = self.daemon.ask("exchanges")
        told = self.ask("exchanges")
        self.assertEqual([each["id"] for each in told], [each["id"] for each in catalogue])
        for one, other in zip(told, catalogue):
            self.assertEqual(one, {key: other[key] for key in one})
        now = self.daemon.ask("now", exchange="binance")
        past = self.ask("convert", "binance", now["local_us"])
        self.assertLessEqual(past["earliest_us"], now["latest_us"])
        self.assertGreaterEqual(past["latest_us"], now["earliest_us"])
        self.assertEqual(self.ask("convert", "binance", 0)["kind"], "not_synchronized")
        self.assertEqual(self.ask("now_within", "binance", 60_000)["kind"], "ok")
        self.assertEqual(self.ask("now_within", "binance", 0)["kind"], "error_too_large")

    def test_a_subscription(self) -> None:
        self.assertEqual(self.ask("subscribe", "nowhere")["kind"], "unknown_exchange")
        self.assertEqual(self.ask("subscribe")["kind"], "ok")
        self.assertEqual(
            [self.ask("next")["exchange"] for _ in self.exchanges], ["binance", "kraken", "okx"])
        self.skew("okx", -9)
        self.wait_for_offset("okx", -9)
        self.daemon.process.kill()
        self.daemon.process.wait()
        with Daemon(BUILD, self.daemon.socket.parent, self.simulator.urls) as again:
            again.wait_until_ready()
            self.wait_for_offset("okx", -9)
        self.assertEqual(self.ask("subscribe")["kind"], "unreachable")
        self.ask("unsubscribe")

    def wait_for_offset(self, exchange: str, seconds: float) -> None:
        for _ in range(100):
            told = self.ask("next")
            self.assertEqual(told["kind"], "ok")
            if told["exchange"] == exchange and told["offset_ns"] is not None:
                if abs(told["offset_ns"] - 1e9 * seconds) < 1e9:
                    return
        self.fail("it is not told")

    def test_the_page_is_read_and_the_socket_asked(self) -> None:
        told = self.ask("now", "binance")
        self.assertEqual((told["kind"], told["page"]), ("ok", "ok"))
        by_socket = self.daemon.ask("now", exchange="binance")
        self.assertLess(abs(by_socket["estimate_us"] - told["now"]["estimate_us"]), 1_000_000)

        stamp = self.ask("stamp", "okx", 0, 0)
        self.assertRegex(stamp["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(stamp["guaranteed"], self.daemon.ask("stamp", exchange="okx")["guaranteed"])

        # Nonces, errors and offsets are the daemon's.
        first, second = (int(self.ask("stamp", "kraken", 0, 0)["timestamp"]) for _ in range(2))
        self.assertGreater(second, first)
        refused = self.ask("stamp", "binance", 60_001, 0)
        self.assertEqual(refused["kind"], "invalid_params")
        self.assertIn("60000", refused["message"])
        self.assertEqual(self.ask("now", "nowhere")["kind"], "unknown_exchange")
        self.assertEqual(self.ask("offset", "okx")["state"], "synchronized")

    def test_the_example_of_the_readme(self) -> None:
        readme = (ROOT / "README.md").read_text()
        source = readme.split("```c\n")[1].split("```")[0]
        with tempfile.TemporaryDirectory() as directory:
            program = Path(directory) / "example"
            subprocess.run(
                [compilers("c11")[0], "-std=c11", *STRICT, "-x", "c", "-", "-o", program],
                input=source, text=True, check=True, timeout=60,
            )
            environment = {"EXCHANGE_CLOCK_SOCKET": str(self.daemon.socket)}
            result = subprocess.run(
                [program], env=environment, capture_output=True, text=True, timeout=10)
        self.assertEqual(result.returncode, 0, result.stdout)
        by_socket = self.daemon.ask("stamp", exchange="binance")["timestamp"]
        self.assertLess(abs(by_socket - int(result.stdout)), 10_000)

    def test_the_daemon_restarts(self) -> None:
        self.assertEqual(self.ask("offset", "okx")["kind"], "ok")
        self.daemon.process.kill()
        self.daemon.process.wait()
        told = self.ask("now", "binance")
        self.assertEqual((told["kind"], told["page"]), ("ok", "ok"), "the page outlives it")
        self.assertEqual(self.ask("offset", "okx")["kind"], "unreachable")
        with Daemon(BUILD, self.daemon.socket.parent, self.simulator.urls) as again:
            again.wait_until_ready()
            self.assertEqual(self.ask("offset", "okx")["kind"], "ok")
            told = self.ask("now", "binance")
            self.assertEqual((told["kind"], told["page"]), ("ok", "ok"))


if __name__ == "__main__":
    unittest.main()
