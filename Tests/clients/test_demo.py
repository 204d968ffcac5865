"""The demo: its verdict, and that it leaves nothing behind however it ends."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
from pathlib import Path

from support import BUILD, ROOT, note

import demo  # isort: skip  (support sets its path)
from harness import wait_until  # isort: skip
from orders import Answer  # isort: skip

ACCEPTED = Answer(200, "")
REFUSED = Answer(400, "-1021", "Timestamp for this request is outside of the recvWindow.")


def row(naive: Answer, stamped: Answer, is_off: bool = True) -> demo.Row:
    return demo.Row("binance", "3 s behind", ("-1021",), naive, stamped, is_off)


class VerdictTests(unittest.TestCase):
    def report(self, *rows: demo.Row) -> tuple[int, str]:
        with contextlib.redirect_stdout(io.StringIO()):
            with contextlib.redirect_stderr(io.StringIO()) as errors:
                return demo.report(list(rows)), errors.getvalue()

    def test_all_is_as_claimed(self) -> None:
        fine = row(REFUSED, ACCEPTED), row(ACCEPTED, ACCEPTED, is_off=False)
        self.assertEqual(self.report(*fine), (0, ""))

    def test_refused_stamp(self) -> None:
        status, errors = self.report(row(REFUSED, ACCEPTED), row(REFUSED, REFUSED))
        self.assertEqual(status, 1)
        self.assertIn("binance refused the daemon's stamp: 400 -1021 Timestamp for", errors)

    def test_accepted_local_time(self) -> None:
        status, errors = self.report(row(ACCEPTED, ACCEPTED))
        self.assertEqual(status, 1)
        self.assertIn("binance accepted the local time, although its clock is off", errors)

    def test_refused_for_another_reason(self) -> None:
        status, errors = self.report(row(Answer(404, "-5000", "no such path"), ACCEPTED))
        self.assertEqual(status, 1)
        self.assertIn("binance refused for another reason: 404 -5000 no such path", errors)

    def test_refused_local_time_that_is_fit(self) -> None:
        self.assertEqual(self.report(row(REFUSED, ACCEPTED, is_off=False))[0], 1)

    def test_nothing_was_sent(self) -> None:
        self.assertEqual(self.report()[0], 1)

    def test_table_fits(self) -> None:
        for columns in (80, 100):
            for text in demo.table([row(REFUSED, ACCEPTED)], columns, False).splitlines():
                self.assertLessEqual(len(text), columns)


class DemoTests(unittest.TestCase):
    def setUp(self) -> None:
        self.temporary = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="ec-test-")))
        self.mark = uuid.uuid4().hex

    def start(self, build: Path) -> subprocess.Popen[str]:
        """The demo; all of its processes inherit the mark, and their temporary files go aside."""
        environment = os.environ | {"TMPDIR": str(self.temporary), "DEMO_TEST_MARK": self.mark}
        environment.pop("COLUMNS", None)
        process = subprocess.Popen(
            [sys.executable, ROOT / "demo/demo.py", "--build-dir", build],
            env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.enterContext(process)  # waits, and closes the pipes
        self.addCleanup(process.kill)
        return process

    def processes(self) -> list[str]:
        """The command lines of the demo's processes that are alive."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self.mark.encode() in (process / "environ").read_bytes():
                    line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found.append(line)
        return found

    def assert_nothing_is_left(self) -> None:
        self.assertEqual(self.processes(), [])
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_from_start_to_end(self) -> None:
        began = time.monotonic()
        process = self.start(BUILD)
        output, errors = process.communicate(timeout=60)
        took = time.monotonic() - began
        self.assertEqual((process.returncode, errors), (0, ""), output)
        self.assertLess(took, 30)
        note(f"the demo took {took:.1f} s")
        verdicts = {
            "binance": "400 -1021 ", "bitget": "400 40008 ", "bybit": "200 10002 ",
            "kraken, bot 1": "200 accepted ", "kraken, bot 2": "200 EAPI:Invalid nonce ",
            "kucoin": "400 400002 ", "okx": "401 50102 ",
        }
        for name, naive in verdicts.items():
            pattern = rf"(?m)^{name}  +\S.*?  +{re.escape(naive)}.* 200 accepted$"
            self.assertRegex(output, pattern)
        self.assertIn("With local time 6 of 7 orders were refused, with stamps none.", output)
        self.assertNotIn("\033", output)
        self.assertLessEqual(max(map(len, output.splitlines())), 100)
        self.assert_nothing_is_left()

    def test_ctrl_c(self) -> None:
        process = self.start(BUILD)
        wait_until(
            lambda: any("exchange-clockd" in line for line in self.processes()), 20,
            "the demo has started the daemon")
        self.assertEqual(len(self.processes()), 3, "the demo, the simulator and the daemon")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130)
        self.assert_nothing_is_left()

    def test_daemon_that_does_not_start(self) -> None:
        """The demo fails and shows what the daemon said."""
        build = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="ec-build-")))
        (build / "exchange-clock-sim").symlink_to(BUILD / "exchange-clock-sim")
        daemon = build / "exchange-clockd"
        daemon.write_text("#!/bin/sh\necho no clock today >&2\nexit 3\n")
        daemon.chmod(0o755)
        process = self.start(build)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("exchange-clockd ended with exit code 3", errors)
        self.assertIn("no clock today", errors)
        self.assert_nothing_is_left()

    def test_nothing_is_built(self) -> None:
        process = self.start(Path("/nonexistent"))
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("exchange-clock-sim cannot be started from /nonexistent", errors)
        self.assert_nothing_is_left()


if __name__ == "__main__":
    unittest.main()
