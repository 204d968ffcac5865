"""The C client: it compiles everywhere without a warning, passes the cases that all clients pass,
and goes from the page to the socket and back as a daemon comes and goes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from support import BUILD, ROOT, ClockTestCase, Daemon, note, note_skip

HEADER = ROOT / "clients" / "c"
PROGRAMS = Path(__file__).resolve().parent / "c"
CASES = ROOT / "clients" / "conformance"
JSON = Any
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2", f"-I{HEADER}"]
COMPILERS = {"c11": ["gcc", "clang"], "c++17": ["g++", "clang++"]}


def compilers(standard: str) -> list[str]:
    return [name for name in COMPILERS[standard] if shutil.which(name)]


def compile(source: str, directory: Path, standard: str = "c11", compiler: str = "") -> Path:
    """A program of the sources beside this test."""
    program = directory / source.removesuffix(".c")
    chosen = compiler or compilers(standard)[0]
    language = ["-x", "c++"] if standard == "c++17" else []
    subprocess.run(
        [chosen, *language, f"-std={standard}", *STRICT, PROGRAMS / source, "-o", program],
        check=True, timeout=120,
    )
    return program


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
        lines = []
        for case in cases:
            params = case["params"]
            own = {"exchange", "recv_window_ms", "lifetime_ms", "max_error_ms"}
            if case["method"] in ("stamp", "now", "offset") and params.keys() <= own:
                lines.append([
                    "r", case["id"], case["method"], params["exchange"].encode().hex(),
                    params.get("recv_window_ms", 0), params.get("lifetime_ms", 0),
                    params.get("max_error_ms", -1),
                ])
            else:
                text = json.dumps(params, ensure_ascii=False, separators=(",", ":"))
                lines.append(["g", case["id"], case["method"], text.encode().hex()])
        for case, line in zip(cases, self.run_cases(lines)):
            with self.subTest(case["name"]):
                # What need not be escaped may be.
                self.assertEqual(json.loads(line), json.loads(case["line"]))
                if "escapes" not in case["name"]:
                    self.assertEqual(line, case["line"])

    def test_answers(self) -> None:
        cases = self.cases("answers.json")["cases"]
        lines = [["a", c["id"], c["method"], c["line"].encode().hex()] for c in cases]
        for case, line in zip(cases, self.run_cases(lines)):
            with self.subTest(case["name"]):
                answer = json.loads(line)
                if "error" in case:
                    expected = case["error"]
                    self.assertEqual({key: answer[key] for key in expected}, expected)
                elif case["method"] in ("now", "stamp"):
                    self.check_members(answer, case["result"])
                else:
                    self.assertEqual(answer, json.loads(case["line"])["result"])

    def check_members(self, answer: JSON, expected: JSON) -> None:
        """The C client has no carrier, and -1 for none."""
        for key in answer.keys() & expected.keys():
            none = 0 if key == "margin_ms" else -1
            self.assertEqual(answer[key], none if expected[key] is None else expected[key], key)
        if "margin_ms" in expected:
            self.assertEqual(answer["has_margin"], expected["margin_ms"] is not None)

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

    def ask(self, method: str, exchange: str, *more: int) -> JSON:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(" ".join(map(str, (method, exchange, *more))) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def test_the_page_is_read_and_the_socket_asked(self) -> None:
        told = self.ask("now", "binance")
        self.assertEqual((told["status"], told["page"]), ("ok", "ok"))
        by_socket = self.daemon.ask("now", exchange="binance")
        self.assertLess(abs(by_socket["estimate_us"] - told["estimate_us"]), 1_000_000)

        stamp = self.ask("stamp", "okx", 0, 0)
        self.assertRegex(stamp["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(stamp["guaranteed"], self.daemon.ask("stamp", exchange="okx")["guaranteed"])

        # Nonces, errors and offsets are the daemon's.
        first, second = (int(self.ask("stamp", "kraken", 0, 0)["timestamp"]) for _ in range(2))
        self.assertGreater(second, first)
        refused = self.ask("stamp", "binance", 60_001, 0)
        self.assertEqual(refused["status"], "invalid_params")
        self.assertIn("60000", refused["message"])
        self.assertEqual(self.ask("now", "nowhere")["status"], "unknown_exchange")
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
        self.assertEqual(self.ask("offset", "okx")["status"], "ok")
        self.daemon.process.kill()
        self.daemon.process.wait()
        told = self.ask("now", "binance")
        self.assertEqual((told["status"], told["page"]), ("ok", "ok"), "the page outlives it")
        self.assertEqual(self.ask("offset", "okx")["status"], "unreachable")
        with Daemon(BUILD, self.daemon.socket.parent, self.simulator.urls) as again:
            again.wait_until_ready()
            self.assertEqual(self.ask("offset", "okx")["status"], "ok")
            told = self.ask("now", "binance")
            self.assertEqual((told["status"], told["page"]), ("ok", "ok"))


if __name__ == "__main__":
    unittest.main()
