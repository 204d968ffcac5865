"""Everything that an exchange may do wrong over HTTP, for every way of telling the time, at once.

One daemon follows some thousand exchanges. All are well, then each has its fault, then all are well
again, twice. Every answer of the daemon in between is held against the truth.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
import unicodedata
import unittest
from collections.abc import Callable
from pathlib import Path

from fault_server import FaultServer
from faults import FAULTS, OK, SOON, STOPS, WILD, Fault
from kinds import KINDS
from support import (
    BUILD, ConfiguredDaemon, open_files, resident_kib, row, threads, wait_until)
from world import SHORT, Judge, Row, batch, config, mismatches, rows, succeeded

ROUNDS = 2
BUDGET = 60
"""Probes that an exchange may be sent in a minute."""


def is_seen(character: str) -> bool:
    """Neither a control character nor one that is not shown itself."""
    return character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp")


class FaultTestCase(unittest.TestCase):
    maxDiff = None
    server: FaultServer
    judge: Judge
    daemon: ConfiguredDaemon

    def setUp(self) -> None:
        self.succeeded: dict[str, int] = {}
        self.directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        self.server = self.enterContext(FaultServer())

    def start(
        self, table: list[Row], port: int = 0, environment: dict[str, str] | None = None,
        **options: str,
    ) -> None:
        self.table = table
        text = config(table, port or self.server.port, **options)
        self.daemon = self.enterContext(
            ConfiguredDaemon(self.directory, text, environment=environment))
        self.daemon.wait_until(self.daemon.socket.exists, 60, "the daemon listens")
        self.judge = self.enterContext(Judge(self.daemon, table))

    def wait_for(self, question: Callable[[], list[str]], seconds: float, hope: str) -> None:
        """Until nothing is found any more; what is left then is a failure."""
        last: list[str] = []

        def answer() -> bool:
            nonlocal last
            last = question()
            if last:
                time.sleep(0.2)  # The question is a long one.
            return not last

        try:
            self.daemon.wait_until(answer, seconds, hope)
        except Exception as error:
            self.fail(f"{str(error)[:300]}\n{len(last)} are not so:\n" + "\n".join(last[:60]))

    def switch(self, is_faulty: bool) -> None:
        self.server.switch([each.cell for each in self.table], is_faulty)

    def change(self, is_faulty: bool) -> None:
        """`switch`, from where on each has to show what it makes of it."""
        self.judge.settle(self.table, False)
        self.switch(is_faulty)
        self.succeeded = {id: succeeded(each) for id, each in self.daemon.offsets().items()}

    def not_followed(self, offsets: dict[str, dict]) -> list[Row]:
        """Who ought to be well, and has not been resynced since the change, to the clock as it is."""
        return [
            each for each in self.table
            if each.expected == OK or not each.cell.is_faulty
            if succeeded(offset := offsets[each.id]) <= self.succeeded.get(each.id, 0)
            or not Row(each.cell, each.fault, OK, is_settled=True).is_held(offset)]

    def not_synchronized(self, without: tuple[Fault, ...] = ()) -> list[str]:
        offsets = self.daemon.offsets()
        return [
            f"{each.name}: {offsets[each.id]['state']} ({offsets[each.id]['reason']})"
            for each in self.table
            if offsets[each.id]["state"] != "synchronized" and each.fault not in without]

    def first_resyncs_are_over(self) -> None:
        """A fault in the middle of a burst is another matter: what came before it counts."""
        self.wait_for(self.not_synchronized, 90, "all are synchronized")
        self.wait_for(
            lambda: [id for id, each in self.daemon.offsets().items() if each["next_sync_ms"] == 0],
            90, "no resync is under way")

    def faults_show(self, state: str = "holdover") -> None:
        def question() -> list[str]:
            offsets = self.daemon.offsets()
            late = [each for each in self.table if mismatches(offsets, [each], state)]
            harmless = [each for each in self.not_followed(offsets) if each.expected == OK]
            self.demand_again([*late, *harmless], offsets)
            return mismatches(offsets, late, state) + [
                f"{each.name}: not resynced since, to {each.truths_ns()}" for each in harmless]

        self.wait_for(question, 90, f"each fault shows as {state} with its reason")

    def demand_again(self, late: list[Row], offsets: dict[str, dict]) -> None:
        """Of those that look well: what they may be sent in a minute may have been spent when all
        were demanded, or what was under way then had met no fault yet."""
        ids = {each.id for each in late if offsets[each.id]["state"] == "synchronized"}
        if ids:
            self.daemon.demand_resyncs(sorted(ids))

    def check_promises(self, late_s: float = 1) -> None:
        self.judge.check_stamps()
        self.assertEqual(self.judge.wrong[:20], [], f"{len(self.judge.wrong)} broken promises")
        self.assertEqual(self.server.errors, [])
        status = subprocess.run(
            [BUILD / "exchange-clock", "--socket", self.daemon.socket, "status"],
            capture_output=True, text=True, timeout=60).stdout
        reasons = "".join(each["reason"] for each in self.daemon.offsets().values())
        for text in (self.daemon.stderr.read_text(), status, reasons):
            obeyed = {hex(ord(each)) for each in text if not is_seen(each)}
            self.assertEqual(obeyed, set(), "what a terminal obeys")
        # What an exchange would count; a fault that never reads counts by its connections.
        over = [
            f"{each.name}: {count}" for each in self.table
            if (count := each.cell.most_in_a_minute(late_s)) > BUDGET]
        self.assertEqual(over, [], "more probes in a minute than an exchange stands")

    def fail_and_recover_twice(self) -> str:
        """What the daemon used, in words: the second round needs what the first one did."""
        fresh = self.usage()
        used = []
        for _ in range(ROUNDS):
            self.change(True)
            self.daemon.demand_resyncs()
            self.faults_show()
            self.judge.settle(self.table, True)
            stamps = self.judge.check_stamps()
            refused = [each.name for each in self.table if each.id not in stamps]
            self.assertEqual(refused[:20], [], f"{len(refused)} have no guaranteed stamp")
            self.change(False)
            self.wait_for(self.not_synchronized, 90, "all have recovered by themselves")
            self.moved_clocks_are_followed()
            self.judge.settle(self.table, True)
            # Connections of the last bursts are closed by then.
            wait_until(lambda: self.usage()[1] <= fresh[1], 30, "descriptors are as at first")
            used.append(self.usage())
        grown = used[-1][0] - used[0][0]
        # The samples of more resyncs are kept, some KiB of each exchange; a leak is more.
        most = max(8 * 1024, 20 * len(self.table))
        self.assertLess(grown, most, f"{grown} KiB more after the second round")
        return (
            f"a guaranteed stamp of each while they failed, none wrong;"
            f" RSS {fresh[0]} -> {used[0][0]} -> {used[-1][0]} KiB,"
            f" descriptors {fresh[1]} -> {used[-1][1]}, threads {used[-1][2]}")

    def moved_clocks_are_followed(self) -> None:
        """Nobody has told the daemon that the clocks which jumped have jumped back."""

        def question() -> list[str]:
            late = [
                each for each in self.not_followed(self.daemon.offsets())
                if each.fault and each.fault.truths_ns != (0,)]
            if late:
                self.daemon.demand_resyncs([each.id for each in late])
            return [f"{each.name}: not at {each.cell.ahead_ns} again" for each in late]

        self.wait_for(question, 90, "clocks that jumped back are followed")

    def usage(self) -> tuple[int, int, int]:
        pid = self.daemon.process.pid
        return resident_kib(pid), open_files(pid), threads(pid)


class ExchangeFaultTests(FaultTestCase):
    def test_every_fault_of_every_kind_twice(self) -> None:
        self.start(rows(self.server, FAULTS))
        self.first_resyncs_are_over()
        used = self.fail_and_recover_twice()
        self.check_promises()
        row(f"{len(FAULTS)} faults over HTTP x {len(KINDS)} kinds, twice", str(len(self.table)),
            f"{self.judge.answers} answers right; {used}")

    def test_one_of_many_is_down(self) -> None:
        """One after the other, each in another way."""
        names = ("reset at accept", "silent at request", "HTTP 503", "binary", "gzip bomb",
                 "HTTP 404")
        faults = [each for each in FAULTS if each.name in names]
        self.assertEqual(len(faults), len(names))
        well = Fault("", None, OK, OK)
        # Each of so many resyncs is within the budget of a minute.
        self.start(
            rows(self.server, [*faults, *[well] * 20], whole=False), timeout="5s",
            backoff=f"samples = 2\n{SHORT}")
        self.first_resyncs_are_over()
        used = self.usage()
        downs = [each for each in self.table if each.expected != OK]
        for down in downs:
            self.server.switch([down.cell], True)
            self.daemon.demand_resyncs()

            def is_alone(down: Row = down) -> list[str]:
                offsets = self.daemon.offsets()
                touched = [
                    f"{each.name}: {offsets[each.id]['state']} ({offsets[each.id]['reason']})"
                    for each in self.table
                    if each is not down and offsets[each.id]["state"] != "synchronized"]
                self.assertEqual(touched, [], f"while {down.name} is down")
                late = mismatches(offsets, [down])
                if late:
                    self.demand_again([down], offsets)
                return late

            self.wait_for(is_alone, 90, f"{down.name} shows")
            self.server.switch([down.cell], False)
            self.wait_for(self.not_synchronized, 60, "it has recovered by itself")
        wait_until(lambda: self.usage()[1] <= used[1], 30, "descriptors are as at first")
        self.check_promises()
        row("one is down, the others are not", f"{len(downs)} of {len(self.table)}",
            f"all others synchronized at every look; {self.judge.answers} answers right;"
            f" RSS {used[0]} -> {self.usage()[0]} KiB, descriptors {used[1]} before and after")

    def test_nothing_is_made_up_from_the_start_on(self) -> None:
        # Whoever begins with a clock that is wrong knows no other.
        faults = [
            each for each in FAULTS
            if each.truths_ns == (0,) and "jumped" not in (each.in_body or "")
            and each.name != "a clock that stands"]
        table = rows(self.server, faults)
        self.server.switch([each.cell for each in table], True)
        self.start(table)
        self.faults_show("unknown")
        failing = [each.id for each in table if each.expected != OK]
        for method in ("now", "stamp"):
            made_up = [
                id for id, answer in batch(self.daemon, method, failing).items()
                if answer.get("error", {}).get("code") != -32001]
            self.assertEqual(made_up, [])
        self.switch(False)
        self.wait_for(self.not_synchronized, 90, "all are found by themselves")
        self.check_promises()
        row(f"{len(faults)} faults from the start on", str(len(table)),
            "-32001 with the reason for now and stamp, then synchronized by itself")

    def test_who_wants_to_be_left_alone_is_and_wild_clocks_are_not_followed(self) -> None:
        """Together, as both take a minute."""
        self.start(rows(self.server, STOPS + WILD))
        self.first_resyncs_are_over()
        self.switch(True)
        asked = time.monotonic()
        self.daemon.demand_resyncs()
        stopping = [each for each in self.table if each.fault in STOPS]
        self.wait_for(
            lambda: mismatches(self.daemon.offsets(), stopping), 60, "each shows its wish")
        stopped = [each for each in stopping if each.fault.waits_s[0] > 5]
        counts = {each.id: len(each.cell.requests) for each in stopped}
        self.check_waits(stopped, asked)
        self.check_are_asked_soon([each for each in stopping if each.fault.waits_s == SOON])
        for each in self.table:
            if each.fault in WILD:
                self.wait_for(
                    lambda each=each: self.not_confused(each), 60, f"{each.name} is not believed")
        self.switch(False)
        # Others recover once what they asked for is over.
        ends = tuple({each.fault for each in stopped if each.fault.waits_s[0] > 100})
        # The budget of the minute is spent by the wild ones.
        self.wait_for(lambda: self.not_synchronized(ends), 150, "all others recover by themselves")
        late = time.monotonic() - asked
        again = [
            each.name for each in stopped
            if late < each.fault.waits_s[0] and len(each.cell.requests) != counts[each.id]]
        self.assertEqual(again, [], "asked again too soon")
        self.check_promises()
        row(f"{len(STOPS)} ways to say stop, {len(WILD)} wild clocks, x {len(KINDS)} kinds",
            str(len(self.table)),
            f"{len(stopped)} left alone as long as they said, time still given;"
            f" {self.judge.answers} answers right, none of a wild clock")

    def check_waits(self, stopped: list[Row], asked: float) -> None:
        """Whoever demands a resync is told for how long it is in vain."""
        faults = {each.id: each.fault for each in stopped}
        wrong = []
        for id, answer in batch(self.daemon, "resync", list(faults)).items():
            fault = faults[id]
            wait = answer.get("error", {}).get("data", {}).get("retry_after_ms", 0) / 1000
            slack = time.monotonic() - asked + 1
            if not fault.waits_s[0] - slack <= wait <= fault.waits_s[1] + 1:
                wrong.append(f"{id} ({fault.name}): {wait} s, not {fault.waits_s}: {answer}")
        self.assertEqual(wrong, [])

    def check_are_asked_soon(self, others: list[Row]) -> None:
        """Whoever refuses without a wish, or with one that is over, has the back-off alone."""
        offsets = self.daemon.offsets()
        late = [
            f"{each.name}: in {wait_ms} ms" for each in others
            if (wait_ms := offsets[each.id]["next_sync_ms"]) > 1000 * SOON[1]]
        self.assertEqual(late, [], "they did not ask for a wait")

    def not_confused(self, each: Row) -> list[str]:
        offset = self.daemon.ask("offset", exchange=each.id)
        is_so = offset["state"] in ("holdover", "disrupted") and re.search(
            each.expected, offset["reason"])
        return [] if is_so else [f"{offset['state']} ({offset['reason']})"]


if __name__ == "__main__":
    unittest.main()
