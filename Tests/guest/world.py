"""A guest with a daemon in it, exchanges outside it, and a watch over every answer."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import time
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import image
from machine import Machine
from support import BUILD, HOST, PACKAGES, ROOT, Failure, Simulator, note, note_skip, wait_until
from table import Course, Row
from truth import Truth, raw_us
from watch import Watch

SAMPLES = 4
"""Probes of a resync, rather than 8, so that ten disturbances a minute stay within the budget of
60 probes a minute."""
EXCHANGES = {
    "binance": {"offset_ms": -3000, "forward_ms": 5, "return_ms": 2},
    "bybit": {"offset_ms": 7000, "forward_ms": 2, "return_ms": 5},
    "okx": {"offset_ms": 42_000, "forward_ms": 3, "return_ms": 3},
}
STAMPED = {"binance", "bybit"}
"""Where a stamp is the earliest time: a window of 5 s back, 1 s ahead."""
# An error limit that nothing here reaches, so that whatever is probed is probed for a reason. The
# guest's clock is set to an emulated timer, so its oscillator may be off by more than a real one's.
SETTINGS = f"""interval = "24h"
max_error = "10s"
max_drift_ppm = 500
samples = {SAMPLES}
"""
BURST = SAMPLES * len(EXCHANGES)
RECOVERY_SECONDS = 60
"""A deadline for slow machines; the times themselves are in the table."""


class GuestTestCase(unittest.TestCase):
    """One guest for the tests of a class; each begins and ends with all exchanges known."""

    rtc = "base=utc,clock=host"
    scheme = "http"
    rows: list[Row] = []
    """Of all classes."""
    machine: Machine
    watch: Watch
    simulator: Simulator

    @classmethod
    def setUpClass(cls) -> None:
        if not PACKAGES.exists():
            note_skip(f"the tests in a guest: there is no {PACKAGES}; make test-clock unpacks it")
            raise unittest.SkipTest("no kernel for a guest")
        cls.directory = Path(
            cls.enterClassContext(tempfile.TemporaryDirectory(prefix="exchange-clock-"))
        )
        initramfs = cls.directory / "initramfs"
        image.build(PACKAGES, [BUILD / "exchange-clockd", cls.reader()], initramfs)
        cls.machine = cls.enterClassContext(Machine(PACKAGES, initramfs, cls.directory, cls.rtc))
        cls.simulator = cls.enterClassContext(cls.simulated())
        cls.start_daemon()
        truths = {id: Truth.of(cls.simulator, id) for id in EXCHANGES}
        cls.watch = cls.enterClassContext(Watch(cls.machine, truths, STAMPED))

    @classmethod
    def reader(cls) -> Path:
        """The program with the C client."""
        program, sources = cls.directory / image.READER, ROOT / "Tests" / "clients" / "c"
        subprocess.run(
            [shutil.which("gcc") or "clang", "-std=gnu11", "-O2", f"-I{ROOT / 'clients' / 'c'}",
             sources / f"{image.READER}.c", "-o", program], check=True, timeout=120)
        return program

    @classmethod
    def simulated(cls) -> Simulator:
        return Simulator(BUILD, cls.directory, EXCHANGES)

    @classmethod
    def start_daemon(cls, extra: str = "") -> None:
        tables = "".join(
            f'[exchanges.{id}]\nbase_url = "{url.replace("127.0.0.1", HOST)}"\n'
            for id, url in cls.simulator.urls.items()
        )
        cls.machine.run(
            f"cat > /run/exchange-clock.toml <<'END'\n{SETTINGS}{extra}{tables}END\n"
            # A history, but no state of the daemon before.
            "rm -rf /run/state && mkdir -m 700 /run/state && exchange-clockd"
            f" --config /run/exchange-clock.toml --socket {image.SOCKET}"
            " --state /run/state/state.json"
            " </dev/null >/dev/null 2>/run/stderr & echo $! > /run/pid"
        )
        wait_until(
            lambda: cls.machine.run(f"[ -S {image.SOCKET} ] && echo yes || cat /run/stderr")
            == "yes", RECOVERY_SECONDS, "the daemon in the guest has a socket",
        )

    # MARK: Looks

    @classmethod
    def ask(cls, method: str, **params: Any) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}

        def attempt() -> Any:
            # Asked again over another connection, as what a suspended machine was sent is lost.
            with (
                contextlib.suppress(TimeoutError),
                cls.machine.connection(image.DAEMON_PORT, 5) as connection,
            ):
                connection.sendall(json.dumps(request).encode() + b"\n")
                line = connection.makefile().readline()
                return json.loads(line or '{"error": "it has closed the connection"}')

        answer = wait_until(attempt, RECOVERY_SECONDS, "the daemon in the guest answers")
        if "error" in answer:
            raise Failure(f"the daemon in the guest refuses {method}: {answer['error']}")
        return answer["result"]

    def probes(self) -> int:
        """Sent since the simulated exchanges were started."""
        return sum(self.simulator.look(id)["counters"]["time_requests"] for id in EXCHANGES)

    def realtime(self) -> float:
        """The guest's CLOCK_REALTIME minus this host's CLOCK_MONOTONIC_RAW, seconds."""
        before = raw_us()
        local = self.ask("now", exchange="binance")["local_us"]
        return (local - (before + raw_us()) / 2) / 1e6

    def lost(self) -> float:
        """This host's CLOCK_MONOTONIC_RAW minus the guest's CLOCK_MONOTONIC, seconds.

        A clock that stands still makes it grow. (The guest's CLOCK_MONOTONIC_RAW, which counts,
        cannot be read from a shell; it stands still together with the other.)
        """
        before = raw_us()
        found = re.search(r"^now at (\d+)", self.machine.run("head -5 /proc/timer_list"), re.M)
        assert found, "the guest shows no CLOCK_MONOTONIC"
        return (before + raw_us()) / 2e6 - int(found[1]) / 1e9

    # MARK: Disturbances

    def settle(self) -> None:
        """Until every exchange has a time again, and no probe has been sent for a second."""
        wait_until(
            lambda: all(
                each["state"] in ("synchronized", "holdover") for each in self.ask("offsets")
            ), RECOVERY_SECONDS, "every exchange has a time again",
        )
        sent, since = self.probes(), time.monotonic()

        def is_quiet() -> bool:
            nonlocal sent, since
            if (now := self.probes()) != sent:
                sent, since = now, time.monotonic()
            return time.monotonic() > since + 1

        wait_until(is_quiet, RECOVERY_SECONDS, "no more probes are sent")

    def wait_for_answers(self, count: int, since: int | None = None) -> None:
        """Until so many more questions have been answered, some 40 a second."""
        since = since or raw_us()
        wait_until(
            lambda: sum(each.sent >= since for each in self.watch.since(since)) >= count,
            2 * RECOVERY_SECONDS, f"the daemon gives {count} answers",
        )

    @contextlib.contextmanager
    def disturbed(self, name: str, most_probes: int, resyncs: bool = False) -> Iterator[Course]:
        """Disturbs in the block, waits for the recovery, and judges all that was answered.

        resyncs: the daemon is known to resync, though perhaps not at once.
        """
        self.settle()
        begun, sent, lost, course = raw_us(), self.probes(), self.lost(), Course()
        yield course
        course.over = course.over or raw_us()
        course.noticed = max(course.noticed, course.over)
        if resyncs:
            with contextlib.suppress(Failure):  # What was answered meanwhile tells more.
                wait_until(lambda: self.probes() >= sent + BURST, 20, "all are resynced")
        self.wait_for_answers(20, course.noticed)
        self.recover(name, begun, sent, lost, course, most_probes)

    def recover(
        self, name: str, begun: int, sent: int, lost: float, course: Course, most_probes: int
    ) -> Row:
        """Waits until all is well again, and judges what was answered and sent."""
        try:
            self.settle()
        except Failure:
            course.is_recovered = False
        answers, probes = self.watch.since(begun), self.probes() - sent
        row = Row(name, answers, probes, self.lost() - lost, course)
        self.rows.append(row)
        note("  ".join(row.cells))
        if row.outside or not course.is_recovered:
            # So that the next disturbance begins with the truth, and shows its own faults only.
            for id in EXCHANGES:
                with contextlib.suppress(Failure):
                    self.ask("resync", exchange=id)
            self.settle()
        faults = [each.fault for each in row.outside]
        self.assertEqual(faults[:3], [], f"{name}: {len(faults)} wrong answers")
        self.assertTrue(course.is_recovered, f"{name}: no time after {RECOVERY_SECONDS} s")
        said = "" if probes <= most_probes else self.machine.run("tail -5 /run/stderr")
        self.assertLessEqual(probes, most_probes, f"{name}: probes sent; the daemon says:\n{said}")
        return row


def make_certificate(directory: Path) -> None:
    """ca.pem, and server.pem with server.key for the host as the guest sees it; valid from now."""
    (directory / "extensions").write_text(f"subjectAltName=IP:{HOST}\n")
    key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    for command in (
        f"req -x509 {key} -days 2 -subj /CN=test-authority -keyout ca.key -out ca.pem",
        f"req {key} -subj /CN=exchange -keyout server.key -out server.csr",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
        " -extfile extensions -out server.pem",
    ):
        subprocess.run(
            ["openssl", *command.split()], cwd=directory, check=True, capture_output=True
        )
