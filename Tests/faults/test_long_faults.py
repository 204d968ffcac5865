"""All exchanges down for a day, and flapping for hours, over real sockets, with clocks that run
fast."""

from __future__ import annotations

import random
import time
import unittest
from collections import Counter
from collections.abc import Iterator

from faults import FAULTS, OK, STALE, STOPS, TIMEOUT
from host_clock import HostClock
from support import FULL, ConfiguredDaemon, row, wait_until
from test_exchange_faults import BUDGET, FaultTestCase
from world import Judge, Row, batch, config, mismatches, rows

RATE = 480 if FULL else 1440
"""How much faster the clocks run while a day passes: in three minutes here, or one."""

SLOW = 20
"""How much faster where it is watched: the longest back-off, of five minutes, is 15 s."""

FLAPPING = 120
"""How much faster while exchanges come and go. Round trips are longer by that, too: much faster, no
answer would be good enough, and each exchange would be asked as often as its budget allows."""

HOUR = 3600 * 10**9
DAY = 24 * HOUR
STEPS = 4
"""Changes, of 3 minutes each, after which nobody who is down may be called synchronized any more."""
FLAPS = (4 if FULL else 1) * HOUR
OUTAGES = (
    "reset at accept", "reset at headers", "closed at request", "silent at accept",
    "silent at request", "silent at body", "HTTP 301", "HTTP 404", "HTTP 500", "HTTP 503",
    "garbage for HTTP", "no status", "gzip bomb", "binary", "time: null", "cached, Age: 45",
    "a clock that stands", "HTTP 429", "HTTP 429, 30 s", "HTTP 403",
)


class LongFaultTests(FaultTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = HostClock(self.directory)

    def start_fast(self, interval: str = "1h", settings: str = "") -> None:
        faults = [each for each in (*FAULTS, *STOPS) if each.name in OUTAGES]
        self.assertEqual(len(faults), len(OUTAGES))
        table = rows(self.server, faults, whole=False)
        # There are no others: all are down at once.
        self.table = [each for each in table if each.expected != OK]
        for each in self.table:
            each.cell.clock = self.clock
        text = config(
            self.table, self.server.port, timeout="30s", backoff=settings, interval=interval)
        self.daemon = self.enterContext(ConfiguredDaemon(
            self.directory, text, environment=self.clock.environment))
        self.daemon.wait_until(self.daemon.socket.exists, 60, "the daemon listens")
        self.judge = self.enterContext(Judge(self.daemon, self.table))
        self.first_resyncs_are_over()

    def pass_time(self, rate: int, duration_ns: int, step_ns: int) -> Iterator[float]:
        """Hours that have passed, after each step."""
        begin = self.clock.monotonic_ns()
        self.clock.run(rate)
        while (passed := self.clock.monotonic_ns() - begin) < duration_ns:
            time.sleep(step_ns / rate / 1e9)
            yield passed / HOUR
        self.clock.run(SLOW)

    def widths_ns(self) -> dict[str, int]:
        return {
            id: each["upper_ns"] - each["lower_ns"] for id, each in self.daemon.offsets().items()}

    def counts(self) -> dict[str, int]:
        return {each.id: max(len(each.cell.requests), len(each.cell.connections))
                for each in self.table}

    def wrongly_told(self, state: str = "holdover", before: str = "") -> list[str]:
        """So fast, a timeout may come before what is wrong otherwise."""
        table = [
            Row(each.cell, each.fault, f"^{before}.*({each.expected}|{TIMEOUT})")
            for each in self.table]
        return mismatches(self.daemon.offsets(), table, state)

    def test_all_are_down_for_a_day(self) -> None:
        self.start_fast()
        self.clock.run(SLOW)
        fresh = self.usage()
        widths = [self.widths_ns()]
        asked, before = self.clock.monotonic_ns(), self.counts()
        self.switch(True)
        self.daemon.demand_resyncs()
        self.faults_show()
        stamps = len(self.judge.check_stamps())
        self.assertGreater(stamps, 0)
        down = self.usage()
        for hours in self.pass_time(RATE, 22 * HOUR, HOUR):
            self.assertEqual(self.wrongly_told(), [], f"after {hours:.1f} h")
            widths.append(self.widths_ns())
        self.faults_show()
        for _ in self.pass_time(RATE, 3 * HOUR, HOUR):
            pass
        self.assertEqual(self.wrongly_told("unknown", "void: no good resync any more; "), [])
        made_up = [
            id for id, answer in batch(self.daemon, "now", list(before)).items()
            if answer.get("error", {}).get("code") != -32001]
        self.assertEqual(made_up, [])
        used = self.usage()
        self.assertLess(used[0] - down[0], 4 * 1024, "memory grows while nothing is learnt")
        self.assertLessEqual(used[2], down[2] + 8, "threads")
        passed = (self.clock.monotonic_ns() - asked) / DAY
        for earlier, later in zip(widths, widths[1:]):
            shrunk = [id for id, width in later.items() if width <= earlier[id]]
            self.assertEqual(shrunk, [], "bounds grow")
        # What is believed of drift, at most, to both sides.
        most = max(last - widths[0][id] for id, last in widths[-1].items())
        self.assertLess(most, 2 * 100e-6 * passed * DAY)
        probes = {id: count - before[id] for id, count in self.counts().items()}
        # The back-off is 2.5 to 5 minutes, or what they have said themselves; a first answer that
        # is a failure ends the burst.
        most_probes = {
            each.id: 700 * passed * (8 if each.expected == STALE else 1) for each in self.table}
        self.assertEqual(
            {id: count for id, count in probes.items() if count > most_probes[id]}, {})
        least, *_, most_asked = sorted(probes.values())
        self.assertGreater(least, 50 * passed, "nobody is given up")
        began = self.clock.monotonic_ns()
        self.switch(False)
        self.wait_for(self.not_synchronized, 90, "all have recovered by themselves")
        took = (self.clock.monotonic_ns() - began) / 1e9
        # The longest wait is that after a 403, of ten minutes.
        self.assertLess(took, 1200)
        wait_until(lambda: self.usage()[1] <= fresh[1], 30, "descriptors are as at first")
        # By this host's clock, 28 ms where it is fastest.
        self.check_promises(40)
        row("all are down for more than a day", f"{len(self.table)} exchanges, {passed:.2f} days",
            f"{self.judge.answers} answers right, refused (-32001) after 24 h; {stamps} guaranteed"
            f" stamps at its beginning, none wrong; {least} to {most_asked} probes of each; the"
            f" bounds grow by {most / 2e9:.1f} s at most; synchronized {took:.0f} s after the end;"
            f" RSS {fresh[0]} -> {used[0]} KiB, threads {down[2]} -> {used[2]},"
            f" descriptors {fresh[1]} -> {self.usage()[1]}")

    def strangely_told(self) -> list[str]:
        """Neither synchronized nor in holdover for a reason that its own fault gives."""
        offsets = self.daemon.offsets()
        table = [
            Row(each.cell, each.fault, f"({each.expected}|{TIMEOUT})") for each in self.table
            if offsets[each.id]["state"] != "synchronized"]
        return mismatches(offsets, table)

    def test_all_flap_for_hours(self) -> None:
        self.start_fast("2m", "samples = 3\n")
        fresh = self.usage()
        generator = random.Random(3)
        used, changes = [], 0
        since = dict.fromkeys((each.id for each in self.table), 0)
        seen: Counter[str] = Counter()
        """How often each was told to be in holdover, or synchronized again."""
        for hours in self.pass_time(FLAPPING, FLAPS, HOUR // 20):
            self.assertEqual(self.strangely_told(), [], f"after {hours:.1f} h")
            states = {id: each["state"] for id, each in self.daemon.offsets().items()}
            unseen = [
                f"{each.name}: {states[each.id]}" for each in self.table
                if each.cell.is_faulty and changes - since[each.id] >= STEPS
                and states[each.id] == "synchronized"]
            self.assertEqual(unseen, [], f"down for long, after {hours:.1f} h")
            for each in self.table:
                was_down = seen[each.id] % 2 == 1
                seen[each.id] += was_down != (states[each.id] != "synchronized")
            some = [each for each in self.table if generator.random() < 0.5]
            is_faulty = generator.random() < 0.5
            for each in some:
                if each.cell.is_faulty != is_faulty:
                    since[each.id] = changes
            self.server.switch([each.cell for each in some], is_faulty)
            changes += 1
            if 2 * hours * HOUR >= FLAPS and not used:
                used.append(self.usage())
        self.switch(False)
        self.wait_for(self.not_synchronized, 90, "all have recovered by themselves")
        wait_until(lambda: self.usage()[1] <= fresh[1], 30, "descriptors are as at first")
        used.append(self.usage())
        # What is kept of each is of an hour; the second half needs no more.
        self.assertLess(used[-1][0] - used[0][0], 4 * 1024, "memory grows in the second half")
        often = sorted(seen[each.id] // 2 for each in self.table)
        self.assertGreater(often[0], 0, "each was seen down, and well again")
        # By this host's clock, 167 ms.
        self.check_promises(20)
        row(f"half of them go down or come back each 3 minutes, for {FLAPS // HOUR} h",
            f"{len(self.table)} exchanges, {changes} times",
            f"{self.judge.answers} answers right, states and reasons at each change, each seen in"
            f" holdover and synchronized again {often[0]} to {often[-1]} times;"
            f" {BUDGET} probes of each in a minute at most;"
            f" RSS {fresh[0]} -> {used[0][0]} -> {used[1][0]} KiB,"
            f" threads {used[0][2]} -> {used[1][2]}, descriptors {fresh[1]} -> {used[1][1]}")


if __name__ == "__main__":
    unittest.main()
