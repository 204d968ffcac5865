"""The real daemon in a guest whose clock is really stepped, slewed, suspended and paused.

No clock of this host is touched. Every answer given meanwhile must hold the truth, which runs
outside the guest.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import time
import unittest
from collections.abc import Iterator
from concurrent import futures

import table
from image import DAEMON_PORT
from machine import ACCELERATOR
from support import BUILD, Failure, Simulator, note, note_skip, wait_until
from table import Course
from truth import Truth, raw_us
from world import BURST, EXCHANGES, GuestTestCase, make_certificate

LOOK_US = 2_000_000
"""A pause of the machine gives no event: the daemon looks once a second, which is given twice."""


def tearDownModule() -> None:
    if GuestTestCase.rows:
        note(f"a guest under qemu, accelerator {ACCELERATOR}:\n")
        print(table.text(GuestTestCase.rows), flush=True)


class MovingTestCase(GuestTestCase):
    """With what moves the guest's clocks."""

    def step(self, seconds: int) -> None:
        self.machine.run(f"date -s @$(($(date +%s) + {seconds}))")

    def set_right(self) -> None:
        self.machine.run(f"date -s @{int(time.time())}")

    def suspended(self, kind: str, wake: str, seconds: float) -> int:
        """Writes to /sys/power/state, and wakes the guest as often as it takes; when it began to,
        as `raw_us`."""
        if kind == "mem":
            # What is sent to a machine in this state gets lost, so the watch has to try anew if it
            # shall ask as soon as the machine wakes.
            patience, self.watch.patience = self.watch.patience, 0.1
            self.addCleanup(setattr, self.watch, "patience", patience)
            self.wait_for_answers(2)
        with futures.ThreadPoolExecutor(1) as pool:
            writing = pool.submit(self.machine.run, f"echo {kind} > /sys/power/state")
            if kind == "mem":
                self.machine.wait_for_state("suspended")
            time.sleep(seconds)
            woken = raw_us()
            while True:
                self.machine.monitor(wake)
                with contextlib.suppress(futures.TimeoutError):
                    writing.result(1)
                    break
        if kind == "mem":
            self.watch.patience = patience
        return woken

    def paused(self, seconds: float) -> int:
        """No question is sent while it stands still: to the machine such a question would be from
        before. What is sent after the instant returned is answered by one that goes on."""
        with self.watch.sending:
            self.machine.monitor("stop")
            time.sleep(seconds)
            continued = raw_us()
            self.machine.monitor("cont")
        return continued


class MovedClockTests(MovingTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        if ACCELERATOR == "tcg":
            note_skip(
                "pauses under KVM: the guest runs by software emulation (tcg);"
                " EXCHANGE_CLOCK_GUEST_ACCEL=kvm tries it where KVM works"
            )
        if cls.machine.run("ls /dev/vmclock0 2>/dev/null || echo none") == "none":
            note_skip("vmclock: this guest has no /dev/vmclock0; pauses are told by its RTC alone")

    def setUp(self) -> None:
        self.settle()

    # MARK: CLOCK_REALTIME

    def noted(self, kind: str) -> float:
        """The size of the last such event in the history, seconds."""
        events = self.ask("history", exchange="binance")["events"]
        return [each["size_ns"] / 1e9 for each in events if each["kind"] == kind][-1]

    def test_realtime_is_stepped(self) -> None:
        self.addCleanup(self.set_right)
        for name, seconds in [
            ("5 s ahead", 5), ("10 min ahead", 600), ("5 years ahead", 5 * 31_556_952),
            ("3 s back", -3), ("1 h back", -3600), ("back to 1971", None), ("right again", 0),
        ]:
            with self.subTest(name):
                before = self.realtime()
                with self.disturbed(f"REALTIME stepped, {name}", most_probes=0):
                    if name == "right again":
                        self.set_right()
                    elif seconds is None:
                        self.machine.run("date -s @31536000")
                    else:
                        self.step(seconds)
                if seconds:
                    self.assertAlmostEqual(self.realtime() - before, seconds, delta=5)
                    self.assertAlmostEqual(self.noted("local_step"), seconds, delta=5)

    def test_realtime_is_stepped_again_and_again(self) -> None:
        self.addCleanup(self.set_right)
        with self.disturbed("REALTIME stepped 10 times in a row", most_probes=0):
            for seconds in (5, -3, 3600, -7200, 60, -1, 86_400, -86_400, 1, 3):
                self.step(seconds)
                self.wait_for_answers(4)

    def test_a_step_is_told_and_past_times_are_converted(self) -> None:
        """To a subscriber, as it happens: a look once a second would take half of one."""
        self.addCleanup(self.set_right)
        delays: list[float] = []
        noted: list[tuple[int, int, int]] = []
        with (
            self.machine.connection(DAEMON_PORT, 60) as connection,
            connection.makefile("rwb") as stream,
            self.disturbed("REALTIME stepped, a subscriber told", most_probes=0),
        ):
            params = {"exchanges": ["okx"], "min_change_us": 1_000_000}
            request = {"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": params}
            stream.write(json.dumps(request).encode() + b"\n")
            stream.flush()
            self.assertIn("result", json.loads(stream.readline()))
            for seconds in (100, -30, 7200, -1000, 3, -3, 60):
                sent = raw_us()
                local = self.ask("now", exchange="okx")["local_us"]
                noted.append((local, sent, raw_us()))
                self.wait_for_answers(80)
                wanted = local // 1_000_000 + seconds
                self.machine.run(f"date -s @{wanted}")
                told = json.loads(stream.readline())["params"]
                # What the guest's clock showed when the offset was computed.
                delays.append(told["last_sync_us"] / 1e6 + told["age_ms"] / 1e3 - wanted)
        answered = 0
        for local, sent, received in noted:
            with contextlib.suppress(Failure):
                past = self.ask("convert", exchange="okx", local_us=local)
                answered += 1
                self.assertIsNone(Truth.of(self.simulator, "okx").fault(past, sent, received))
        note(
            f"steps were told after {statistics.median(delays) * 1e3:.0f} ms (at most"
            f" {max(delays) * 1e3:.0f}); {answered} of {len(noted)} past times were converted"
        )
        self.assertLess(statistics.median(delays), 0.3)
        self.assertGreaterEqual(answered, 3)

    def test_realtime_is_slewed(self) -> None:
        self.addCleanup(self.machine.run, "adjtimex -q -t 10000 -f 0")
        for name, options, sign in [
            ("10 % slower", "-t 9000", -1), ("10 % faster", "-t 11000", 1),
            ("500 ppm faster", "-t 10000 -f 32768000", 0),
        ]:
            with self.subTest(name):
                before = self.realtime()
                with self.disturbed(f"REALTIME slewed, {name}", most_probes=0):
                    self.machine.run(f"adjtimex -q {options}")
                    self.wait_for_answers(80)
                    wait_until(
                        lambda: not sign or sign * (self.realtime() - before) > 0.3, 60,
                        "the guest's clock is slewed",
                    )

    # MARK: Suspends

    def suspends(self) -> int:
        return int(self.machine.run("cat /sys/power/suspend_stats/success"))

    def test_suspended_to_idle(self) -> None:
        for seconds in (0.3, 4):
            with self.subTest(seconds=seconds):
                count, lost = self.suspends(), self.lost()
                with self.disturbed(f"freeze for {seconds} s", most_probes=BURST) as course:
                    course.over = self.suspended("freeze", "system_powerdown", seconds)
                self.assertEqual(self.suspends(), count + 1)
        if self.lost() - lost < 1:
            note_skip(
                "clocks that stand still in `freeze`: those of this guest go on, as its kernel"
                " has no cpuidle driver; they do stand still in `mem`"
            )

    def test_suspended_to_memory(self) -> None:
        for seconds in (2.5, 4.2, 10):
            with self.subTest(seconds=seconds):
                lost = self.lost()
                with self.disturbed(
                    f"suspended to memory for {seconds} s", most_probes=2 * BURST, resyncs=True
                ) as course:
                    course.over = self.suspended("mem", "system_wakeup", seconds)
                self.assertGreater(self.lost() - lost, seconds - 0.1, "its clocks stood still")

    def test_suspended_to_memory_for_a_moment(self) -> None:
        """The kernel knows the length from an RTC of whole seconds, and may take it for none."""
        for number in (1, 2, 3):
            with self.subTest(number=number):
                with self.disturbed(
                    f"suspended to memory for 0.5 s, #{number}", most_probes=2 * BURST,
                    resyncs=True,
                ) as course:
                    course.over = self.suspended("mem", "system_wakeup", 0.5)
                    course.noticed = course.over + LOOK_US

    # MARK: Pauses

    def test_paused(self) -> None:
        for seconds in (3.2, 6, 10):
            with self.subTest(seconds=seconds):
                lost = self.lost()
                with self.disturbed(
                    f"paused for {seconds} s", most_probes=2 * BURST, resyncs=True
                ) as course:
                    course.over = self.paused(seconds)
                    course.noticed = course.over + LOOK_US
                self.assertGreater(self.lost() - lost, seconds - 0.1, "its clocks stood still")

    def test_paused_for_less_than_the_rtc_tells(self) -> None:
        with self.disturbed("paused for 0.7 s", most_probes=3 * BURST) as course:
            course.over = self.paused(0.7)
            looked = course.over + LOOK_US
            self.wait_for_answers(20, looked)
            if any(each.fault and each.sent >= looked for each in self.watch.since(looked)):
                note_skip(
                    "noticing a pause of 0.7 s without /dev/vmclock0: nothing tells it, as the RTC"
                    " has whole seconds; until the next resync, now demanded, the times given are"
                    " late by it"
                )
                for id in EXCHANGES:
                    self.ask("resync", exchange=id)
                looked = raw_us()
            course.noticed = looked

    def test_stopped_process(self) -> None:
        with self.disturbed("daemon stopped for 5 s (SIGSTOP)", most_probes=0):
            self.machine.run("kill -STOP $(cat /run/pid)")
            time.sleep(5)
            self.machine.run("kill -CONT $(cat /run/pid)")


class FailingExchangesTests(MovingTestCase):
    """Whose exchanges all fail meanwhile, each in another way, so that none can be asked anew."""

    FAULTS = {"binance": "reset", "bybit": "unavailable", "okx": "timeout"}
    MOST_PROBES = 6 * BURST
    """One for each attempt in vain, at least a second apart."""

    @classmethod
    def start_daemon(cls, extra: str = "") -> None:
        super().start_daemon(extra + 'timeout = "2s"\n[backoff]\nmax = "8s"\n')

    @contextlib.contextmanager
    def failing(self, name: str) -> Iterator[Course]:
        """Whatever is done to the clocks in the block, the exchanges fail before and after it."""
        with self.disturbed(f"{name}, exchanges failing", self.MOST_PROBES) as course:
            try:
                for id, fault in self.FAULTS.items():
                    self.simulator.set(id, fault=fault)
                for id in self.FAULTS:
                    with contextlib.suppress(Failure):
                        self.ask("resync", exchange=id)
                self.wait_for_failures()
                yield course
                self.wait_for_answers(40, course.noticed or course.over)
                self.wait_for_failures()
            finally:
                for id in self.FAULTS:
                    self.simulator.set(id, fault="none")

    def wait_for_failures(self) -> None:
        wait_until(
            lambda: all(each["failures"] > 0 for each in self.ask("offsets")), 60, "all fail")

    def test_realtime_is_stepped(self) -> None:
        self.addCleanup(self.set_right)
        with self.failing("REALTIME stepped 6 times"):
            for seconds in (5, -3, 3600, -7200, 5 * 31_556_952, -86_400):
                before = self.realtime()
                self.step(seconds)
                self.wait_for_answers(10)
                self.assertAlmostEqual(self.realtime() - before, seconds, delta=5)

    def test_suspended_to_memory(self) -> None:
        with self.failing("suspended to memory for 4 s") as course:
            lost = self.lost()
            course.over = self.suspended("mem", "system_wakeup", 4)
            self.assertGreater(self.lost() - lost, 3.9, "its clocks stood still")

    def test_paused(self) -> None:
        with self.failing("paused for 6 s") as course:
            lost = self.lost()
            course.over = self.paused(6)
            course.noticed = course.over + LOOK_US
            self.assertGreater(self.lost() - lost, 5.9, "its clocks stood still")


class LateTimeServiceTests(GuestTestCase):
    """Boots in 2001, when the exchanges' certificates were not valid yet."""

    rtc = "base=2001-01-01,clock=host"

    @classmethod
    def simulated(cls) -> Simulator:
        make_certificate(cls.directory)
        return Simulator(
            BUILD, cls.directory, EXCHANGES,
            certificate=(cls.directory / "server.pem", cls.directory / "server.key"),
        )

    @classmethod
    def start_daemon(cls, extra: str = "") -> None:
        authority = (cls.directory / "ca.pem").read_text()
        cls.machine.run(f"cat > /run/ca.pem <<'END'\n{authority}END")
        super().start_daemon(extra + 'ca_file = "/run/ca.pem"\n[backoff]\ninitial = "40s"\n')

    def test_the_time_is_set_after_boot(self) -> None:
        self.assertIn("2001", self.machine.run("date"))
        wait_until(
            lambda: all(each["next_sync_ms"] > 10_000 for each in self.ask("offsets")), 60,
            "the daemon waits before it tries again",
        )
        begun, sent, lost = raw_us(), self.probes(), self.lost()
        planned = min(each["next_sync_ms"] for each in self.ask("offsets")) / 1000
        self.assertIn("certificate", self.ask("offset", exchange="okx")["reason"])
        self.machine.run(f"date -s @{int(time.time())}")
        course = Course(raw_us(), raw_us())
        row = self.recover(
            "NTP starts late: from 2001 to now", begun, sent, lost, course, 2 * BURST
        )
        self.assertLess(row.recovery, planned, "sooner than the next attempt would have been")

        with self.disturbed("RTC set, 25 years ahead", most_probes=0):
            self.machine.run("hwclock -w -u")
            self.wait_for_answers(200)


if __name__ == "__main__":
    unittest.main()
