"""The real daemon for an hour over real sockets, every exchange resynced each second: is every
answer right to the last, and does what the daemon uses stay what it was? (BitMEX stands ten requests
a minute, and is asked no more often.)

    python3 bench/soak.py --build-dir .build/release --minutes 60

Prints a line each minute, and slopes at the end. Fails where an answer was wrong, where something
was not answered or not resynced, or where what is used grows: the whole confidence interval of the slope of the
second half is above the limit. Flat is only what is shown to be: the whole interval is below it, or
the last quarter needed no more than the one before at most. The limits are wide; what grows without
end passes them in an hour.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "demo"), str(HERE.parent / "clients/python")]

import exchange_clock  # noqa: E402  (its path is set above)
from harness import Daemon, Failure, Simulator  # noqa: E402
from usage import NAMES, Slope, Usage, processor_seconds  # noqa: E402

CUSTOM = [f"source{number}" for number in range(7)]
"""Besides the exchanges that are built in; all ask the simulated Binance."""
CUSTOM_TABLE = """\
path = "/api/v3/time"
time = "/serverTime"
window_kind = "adjustable"
window_param = "recvWindow"
window = "5s"
future_tolerance = "1s"
"""
FIRST_LINES = 'interval = "1s"\nsamples = 2\nmax_error = "5s"\n'
SUBSCRIBERS = 10
PAGE_READERS = 2
LOOK_SECONDS = 5
PATIENCE = 30
"""Seconds that an answer may take, as the machine may have other work."""
WARM_MINUTES = 5
"""What is kept for each exchange has a limit, which some of it reaches only then."""
LIMITS = {"rss": 4096, "pss": 4096, "anonymous": 2048, "descriptors": 2, "threads": 2}
"""Growth in an hour; memory in KiB."""
MICROSECOND, MILLISECOND = 1_000, 1_000_000


def raw_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)


class Truth:
    """The clock of a simulated exchange: it counts CLOCK_MONOTONIC_RAW, at a rate that is known.

    Where it is comes from looks at it, each of which says that it showed a time between two
    instants; all of them together say where it is to within the shortest way there and back.
    """

    def __init__(self, simulator: Simulator, exchange: str, drift_ppm: float) -> None:
        self._rate = 1 + drift_ppm / 1e6
        self._anchor = raw_ns()
        self._least, self._most = -math.inf, math.inf
        self.look = lambda: self._look(simulator, exchange)
        for _ in range(20):
            self.look()

    def _look(self, simulator: Simulator, exchange: str) -> None:
        before = raw_ns()
        shown = int(simulator.look(exchange)["time_us"]) * MICROSECOND
        after = raw_ns()
        self._least = max(self._least, shown - self._gone(after))
        self._most = min(self._most, shown + MICROSECOND - self._gone(before))

    def _gone(self, raw: int) -> int:
        """Integers: a Unix time in ns has more digits than a float."""
        passed = raw - self._anchor
        return passed + round(passed * (self._rate - 1))

    def least(self, raw: int) -> int:
        return int(self._least) + self._gone(raw)

    def most(self, raw: int) -> int:
        return int(self._most) + self._gone(raw)

    @property
    def width_us(self) -> float:
        return (self._most - self._least) / MICROSECOND


class Judge:
    """Holds every answer against the truth. Any thread."""

    def __init__(
        self, truths: dict[str, Truth], rules: dict[str, exchange_clock.Exchange]
    ) -> None:
        self._truths, self._rules = truths, rules
        self._lock = threading.Lock()
        self._nonces: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def count(self, what: str, complaint: str | None = None) -> None:
        with self._lock:
            self.counts[what] += 1
            if complaint is not None:
                self.wrong.append(complaint)
                print(f"WRONG: {complaint}", flush=True)

    def now(self, what: str, exchange: str, ask: Callable[[], exchange_clock.Now]) -> None:
        before = raw_ns()
        now = ask()
        after = raw_ns()
        truth = self._truths[exchange]
        earliest, latest = now.earliest_us * MICROSECOND, now.latest_us * MICROSECOND
        is_right = earliest <= truth.most(after) and truth.least(before) <= latest
        self.count(
            what, None if is_right else
            f"{what} of {exchange}: {now} where it is {truth.least(before)} to {truth.most(after)}")

    def offset(self, what: str, offset: exchange_clock.Offset) -> None:
        """Told at some instant not long ago: both clocks go on alike but for their rates."""
        if offset.lower_ns is None or offset.upper_ns is None:
            self.count(what, f"{what} of {offset.exchange}: nothing is known ({offset.reason})")
            return
        truth = self._truths[offset.exchange]
        before, local, after = raw_ns(), time.time_ns(), raw_ns()
        slack = MILLISECOND // 2
        is_right = (
            offset.lower_ns - slack <= truth.most(after) - local
            and truth.least(before) - local <= offset.upper_ns + slack)
        self.count(
            what, None if is_right else
            f"{what} of {offset.exchange}: {offset.lower_ns}..{offset.upper_ns} where it is"
            f" {truth.least(before) - local}..{truth.most(after) - local}")

    def stamp(self, what: str, exchange: str, ask: Callable[[], exchange_clock.Stamp]) -> None:
        with self._lock:
            last = self._nonces.get(exchange, 0)
        before = raw_ns()
        stamp = ask()
        after = raw_ns()
        if self._rules[exchange].window_kind == "nonce":
            nonce = int(stamp.timestamp)
            with self._lock:
                self._nonces[exchange] = max(self._nonces.get(exchange, 0), nonce)
            self.count(
                what, None if nonce > last else
                f"a nonce of {exchange}, {nonce}, is not above {last}, given to somebody before")
        else:
            self.count(what, self._complaint(stamp, before, after))

    def _complaint(self, stamp: exchange_clock.Stamp, before: int, after: int) -> str | None:
        truth, rule = self._truths[stamp.exchange], self._rules[stamp.exchange]
        sent = stamp.unix_us * MICROSECOND
        if not stamp.guaranteed:
            self.count(f"not guaranteed: {stamp.exchange}")
            return None
        if rule.window_kind == "expiry":
            is_right = sent > truth.least(before) + exchange_clock.LONGEST_UPLINK_NS
        else:
            # Judged at once at the earliest, a second later at the latest.
            tolerance = (rule.future_tolerance_ms or 0) * MILLISECOND
            late = truth.least(before) + exchange_clock.LONGEST_UPLINK_NS
            window = (stamp.recv_window_ms or 0) * MILLISECOND
            is_right = sent <= truth.most(after) + tolerance and late - sent <= window
        return None if is_right else (
            f"a guaranteed stamp of {stamp.exchange} would be refused: {stamp} where it is"
            f" {truth.least(before)} to {truth.most(after)}")


class Clients:
    """Threads that ask and are told, until the end; what one of them dies of is in `judge.wrong`."""

    def __init__(self, socket: Path, ids: list[str], judge: Judge) -> None:
        self._socket, self._ids, self._judge = str(socket), ids, judge
        self._is_over = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for number in range(SUBSCRIBERS):
            self._run(f"subscriber {number}", self._subscribe)
        for number in range(PAGE_READERS):
            self._run(f"page reader {number}", lambda: self._ask(True))
        self._run("socket client", lambda: self._ask(False))

    def end(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, name: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception as error:
                self._judge.count("ended", f"{name} ended: {error!r}")

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _subscribe(self) -> None:
        subscription = exchange_clock.connect(self._socket, timeout=PATIENCE).subscribe()
        while not self._is_over.is_set():
            offset = subscription.next_offset(1)
            if offset is not None:
                self._judge.offset("told", offset)
        subscription.close()

    def _ask(self, page: bool) -> None:
        """A stamp and the time of each exchange, once a second, each at another moment of it."""
        way = "page" if page else "socket"
        clock = exchange_clock.connect(self._socket, page=page, timeout=PATIENCE)
        asked = 0
        while not self._is_over.wait(1 / len(self._ids)):
            id = self._ids[asked % len(self._ids)]
            asked += 1
            try:
                self._patiently(
                    lambda: self._judge.stamp(f"stamp, {way}", id, lambda: clock.stamp(id)))
                self._judge.now(f"now, {way}", id, lambda: clock.now(id))
            except exchange_clock.ExchangeClockError as error:
                self._judge.count("not answered", f"{id}, {way}: {error}")
        clock.close()

    def _patiently(self, ask: Callable[[], None]) -> None:
        """Asks again where the daemon says when: a nonce waits for a disk, which may be busy."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return ask()
            except exchange_clock.Overloaded as error:
                if error.retry_after_ms is None or time.monotonic() > deadline:
                    raise
                self._judge.count("asked again")
                time.sleep(error.retry_after_ms / 1000)


class Soak:
    def __init__(self, build: Path, directory: Path, minutes: float, table: Path | None) -> None:
        self.build, self.directory, self.minutes, self.table = build, directory, minutes, table
        self.samples: list[tuple[float, Usage]] = []
        """Minutes since the beginning, and what was used."""

    def run(self) -> bool:
        draw = random.Random(8)
        listing = exchange_clock_ids(self.build, self.directory)
        drifts = {id: draw.uniform(-30, 30) for id in listing}
        conditions = {
            id: {
                "offset_ms": draw.uniform(-3000, 3000), "drift_ppm": round(drifts[id], 3),
                "forward_ms": 2, "forward_jitter_ms": 5, "return_ms": 2, "return_jitter_ms": 5}
            for id in listing}
        with ExitStack() as stack:
            simulator = stack.enter_context(Simulator(self.build, self.directory, conditions))
            urls = simulator.urls | {id: simulator.urls["binance"] for id in CUSTOM}
            self.state = self.directory / "state.json"
            daemon = stack.enter_context(Daemon(
                self.build, self.directory, urls, {id: CUSTOM_TABLE for id in CUSTOM},
                FIRST_LINES, ["--state", str(self.state)]))
            daemon.wait_until_ready(60)
            truths = {
                id: Truth(simulator, id, conditions[id]["drift_ppm"]) for id in simulator.urls}
            self.truths = list(truths.values())
            truths |= {id: truths["binance"] for id in CUSTOM}
            with exchange_clock.connect(str(daemon.socket)) as clock:
                rules = {each.id: each for each in clock.exchanges() if each.enabled}
            self.judge = Judge(truths, rules)
            self.exchanges = len(urls)
            print(
                f"{len(urls)} exchanges, each resynced every second; {SUBSCRIBERS} subscribers,"
                f" {PAGE_READERS} page readers, 1 client of the socket; clocks known to within"
                f" {max(each.width_us for each in self.truths):.0f} us", flush=True)
            clients = Clients(daemon.socket, sorted(urls), self.judge)
            clients.start()
            self.watch(simulator, daemon)
            clients.end()
            resyncs = sum(sum(each["resyncs_by"].values()) for each in daemon.ask("offsets"))
            failed = sum(each["resyncs_failed"] for each in daemon.ask("offsets"))
            spent = processor_seconds(daemon.process.pid)
        return self.report(resyncs, failed, spent)

    def watch(self, simulator: Simulator, daemon: Daemon) -> None:
        began = time.monotonic()
        number = 0
        while (passed := time.monotonic() - began) < self.minutes * 60:
            self.samples.append((passed / 60, Usage.of(daemon.process.pid)))
            if number % (60 // LOOK_SECONDS) == 0:
                self.say(passed / 60)
            # They are known ever more closely; where the machine is too busy for a look, no worse.
            with suppress(OSError):
                self.truths[number % len(self.truths)].look()
            number += 1
            # The cadence of the samples.
            time.sleep(max(began + number * LOOK_SECONDS - time.monotonic(), 0))
            if daemon.process.poll() is not None:
                raise Failure(f"the daemon has ended:\n{daemon.stderr.read_text()[-2000:]}")

    def say(self, minute: float) -> None:
        used = self.samples[-1][1]
        print(
            f"minute {minute:5.1f}: "
            + ", ".join(f"{name} {getattr(used, name)}" for name in NAMES)
            + f"; {sum(self.judge.counts.values())} answers, {len(self.judge.wrong)} wrong",
            flush=True)

    def report(self, resyncs: int, failed: int, spent: float) -> bool:
        if self.table is not None:
            with self.table.open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["minute", *NAMES])
                writer.writerows(
                    [f"{minute:.3f}", *(getattr(used, name) for name in NAMES)]
                    for minute, used in self.samples)
        judge = self.judge
        stored = [path.stat().st_size for path in self.state.parent.rglob("*.ring")]
        print(f"\n{resyncs} resyncs, {failed} failed; the daemon used {spent:.0f} s of processor")
        print(f"state {self.state.stat().st_size} bytes, histories {sum(stored)} bytes")
        for what, count in sorted(judge.counts.items()):
            print(f"{what:30}{count:10}")
        warm = min(WARM_MINUTES, self.minutes / 4)
        print(f"\nslopes in an hour, with 95 % confidence; memory in KiB; from minute {warm:g} on")
        print(
            f"{'':14}{'last':>8}{'all of it':>22}{'second half':>22}{'limit':>8}"
            f"{'third quarter':>16}{'last quarter':>14}")
        due = self.minutes * 60 * self.exchanges
        missing = [
            *(f"{what}: nobody was answered" for what in ("stamp, page", "stamp, socket", "told")
              if not judge.counts[what]),
            # A second passes from the end of one to the begin of the next.
            *([f"{resyncs} resyncs of some {due:.0f} that were due"] if resyncs < 0.75 * due else ()),
            *([f"{failed} resyncs failed"] if failed > resyncs / 1000 else ())]
        for each in missing:
            print(f"WRONG: {each}")
        is_well = not judge.wrong and not missing
        is_long = self.minutes >= 2 * WARM_MINUTES
        is_shown = True
        for name in NAMES:
            later = self.slope(name, max(self.minutes / 2, warm))
            last = getattr(self.samples[-1][1], name)
            whole = self.slope(name, warm)
            third, fourth = self.most(name, 0.5, 0.75), self.most(name, 0.75, 1)
            grows = is_long and later.least > LIMITS[name]
            is_flat = later.most <= LIMITS[name] or fourth <= third
            is_well = is_well and not grows
            is_shown = is_shown and (is_flat or not is_long)
            print(
                f"{name:14}{last:8}{str(whole):>22}{str(later):>22}{LIMITS[name]:>8}"
                f"{third:>16}{fourth:>14}"
                + ("  GROWS" if grows else "" if is_flat or not is_long else "  NOT SHOWN"))
        if not is_long:
            print(f"SKIPPED: what grows: less than {2 * WARM_MINUTES} minutes do not tell")
        print("FAILED" if not is_well else "OK" if is_shown else "NOT SHOWN to be flat")
        return is_well and is_shown

    def values(self, name: str) -> list[tuple[float, int]]:
        """Minutes, and what was used. Of descriptors the fewest of each minute: bursts open and
        close some all the time, and what is not closed is among the fewest."""
        values = [(minute, getattr(used, name)) for minute, used in self.samples]
        if name != "descriptors":
            return values
        minutes: dict[int, list[int]] = {}
        for minute, value in values:
            minutes.setdefault(int(minute), []).append(value)
        return [(float(minute), min(found)) for minute, found in minutes.items()]

    def most(self, name: str, begin: float, end: float) -> int:
        """Between these parts of the time."""
        return max(
            (value for minute, value in self.values(name)
             if begin <= minute / self.minutes <= end), default=0)

    def slope(self, name: str, since: float) -> Slope:
        return Slope.through(
            [(minute / 60, value) for minute, value in self.values(name) if minute >= since])


def exchange_clock_ids(build: Path, directory: Path) -> list[str]:
    """Every exchange that can be simulated."""
    with Simulator(build, directory, {}) as simulator:
        return sorted(simulator.urls)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build-dir", type=Path, default=Path(".build/release"))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--csv", type=Path, help="write the samples there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="exchange-clock-soak-") as name:
        soak = Soak(given.build_dir.resolve(), Path(name), given.minutes, given.csv)
        return 0 if soak.run() else 1


if __name__ == "__main__":
    sys.exit(main())
