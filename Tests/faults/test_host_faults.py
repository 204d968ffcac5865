"""A host whose disk is full or gone, whose memory is short, whose journal hangs, and kill -9."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from clients import STAMP, connected
from fault_server import FaultServer
from faults import FAULTS, OK, Fault
from host_clock import HostClock
from kinds import KINDS, S
from memory_group import MemoryGroup, memory_group
from support import (
    MOUNT, ConfiguredDaemon, Failure, ask, connect, note_skip, open_files, resident_kib, row,
    wait_until)
from world import Judge, Row, config, mismatches, rows

NONCE = 'window_kind = "nonce"'


def fill(file: Path) -> None:
    """Until the disk has no room left."""
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as out:
        while True:
            out.write(b"x" * 512)


class HostFaultTestCase(unittest.TestCase):
    kinds = KINDS[:1]

    def setUp(self) -> None:
        self.directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        self.server = self.enterContext(FaultServer())
        self.table = rows(self.server, [], self.kinds)

    def daemon(
        self, *arguments: str, wrapper: tuple[str, ...] = (),
        environment: dict[str, str] | None = None, settings: str = "", socket: Path | None = None,
    ) -> ConfiguredDaemon:
        daemon = ConfiguredDaemon(
            self.directory, settings + config(self.table, self.server.port), arguments, wrapper,
            environment, socket)
        try:
            self.wait_for(daemon, "synchronized")
        except BaseException:
            daemon.__exit__(None, None, None)
            raise
        return self.enterContext(daemon)

    def wait_for(self, daemon: ConfiguredDaemon, state: str, seconds: float = 30) -> None:
        left: list[str] = []

        def question() -> bool:
            try:
                left[:] = [
                    f"{id}: {each['state']} ({each['reason']}), next resync in"
                    f" {each['next_sync_ms']} ms"
                    for id, each in daemon.offsets().items()
                    if each["state"] != state or each["next_sync_ms"] <= 0]
            except OSError:
                daemon.reconnect()
                left[:] = ["the daemon does not answer"]
            return not left

        try:
            daemon.wait_until(question, seconds, f"all are {state}")
        except Failure as error:
            self.fail(f"{str(error)[:300]}\n" + "\n".join(left[:60]))

    def assertTruth(self, daemon: ConfiguredDaemon) -> int:
        """Every time that is given holds the exchange's own; how many are given."""
        given = 0
        for each in self.table:
            before = each.cell.now_ns() // 1000
            answer = self.ask_now(daemon, each)
            after = each.cell.now_ns() // 1000
            if answer is None:
                continue
            given += 1
            self.assertLessEqual(answer["earliest_us"], after + 1, each.name)
            self.assertGreaterEqual(answer["latest_us"], before - 1, each.name)
        return given

    def ask_now(self, daemon: ConfiguredDaemon, each: Row) -> dict | None:
        try:
            return daemon.ask("now", exchange=each.id)
        except Exception as error:
            if getattr(error, "code", 0) == -32001:
                return None
            raise


class DiskFaultTests(HostFaultTestCase):
    def on_disk(self, size: str = "size=1m") -> tuple[ConfiguredDaemon, Path, str]:
        """A daemon whose state is on a small file system that nobody else sees; and its place."""
        place = self.directory / "state"
        place.mkdir()
        wrapper = (
            "unshare", "--mount", "sh", "-c",
            f'mount -t tmpfs -o {size} none "{place}" && mkdir -m 700 "{place}/own"'
            ' && exec "$@"', "sh")
        own = place / "own"
        # All resyncs are within the budget of a minute.
        daemon = self.daemon(
            "--state", str(own / "state.json"), wrapper=wrapper, settings="samples = 3\n")
        return daemon, Path(f"/proc/{daemon.process.pid}/root{own}"), str(own)

    def resync(self, daemon: ConfiguredDaemon) -> None:
        """So that there is something to write."""
        time.sleep(1.1)  # One demand a second is what an exchange is asked for.
        for each in self.table:
            daemon.ask("resync", exchange=each.id)

    def within(self, daemon: ConfiguredDaemon, *command: str) -> None:
        """Where the daemon sees its file systems."""
        subprocess.run(
            ["nsenter", "-t", str(daemon.process.pid), "-m", *command], check=True,
            capture_output=True)

    @unittest.skipUnless(MOUNT, "no file system of its own")
    def test_a_disk_that_is_full_read_only_and_gone(self) -> None:
        daemon, place, path = self.on_disk()
        file = place / "state.json"
        wait_until(file.exists, 20, "the state is written")
        seen = []
        for fault in ("full", "read-only", "emptied", "gone"):
            good = file.read_bytes()
            if fault == "full":
                filler = place / "filler"
                fill(filler)
            elif fault == "read-only":
                # Over the other one, which cannot be made so while files are open for writing.
                self.within(daemon, "mount", "-t", "tmpfs", "-o", "ro", "none", path)
            elif fault == "gone":
                shutil.rmtree(place)
            else:
                shutil.rmtree(place / "history", ignore_errors=True)
                for each in place.iterdir():
                    each.unlink() if each.is_file() else shutil.rmtree(each)
            said = len(daemon.stderr.read_text())
            self.resync(daemon)
            if fault != "emptied":
                daemon.wait_until(
                    lambda said=said: "state file" in daemon.stderr.read_text()[said:], 20,
                    "the log says that the state cannot be written")
            if fault == "full":
                self.assertEqual(file.read_bytes(), good, "what was there is whole")
            self.assertEqual(self.assertTruth(daemon), len(self.table))
            self.wait_for(daemon, "synchronized")
            if fault == "full":
                filler.unlink()
            elif fault == "read-only":
                self.within(daemon, "umount", path)
            elif fault == "gone":
                place.mkdir(0o700)
            self.resync(daemon)
            daemon.wait_until(
                lambda: file.exists() and file.read_bytes() != good, 20, "it is written again")
            lines = daemon.stderr.read_text()[said:].count("state file")
            self.assertLessEqual(lines, 4, "not a line for each try")
            seen.append(f"{fault}: {lines} lines")
        row("state directory full, read-only, emptied, gone", "4",
            f"time given all along, written again by itself ({', '.join(seen)})")

    @unittest.skipUnless(MOUNT, "no file system of its own")
    def test_kills_while_the_disk_is_full(self) -> None:
        """Each daemon restores what the last good write held, or measures anew; never a wrong
        time."""
        place = self.directory / "disk"
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", place], check=True)
        self.addCleanup(subprocess.run, ["umount", place], check=True)
        state = place / "state.json"
        restored = 0
        generator = random.Random(1)
        settings = 'interval = "1s"\nsamples = 2\n'
        for number in range(12):
            filler = place / "filler"
            if number % 2:
                fill(filler)
            else:
                filler.unlink(missing_ok=True)
            daemon = ConfiguredDaemon(
                self.directory,
                settings + config(self.table, self.server.port).replace('interval = "1h"\n', ""),
                ("--state", str(state)))
            try:
                daemon.wait_until(daemon.socket.exists, 20, "the daemon listens")
                wait_until(lambda: self.given(daemon), 20, "time is given")
                self.assertTruth(daemon)
                restored += "restored from" in daemon.stderr.read_text()
                time.sleep(generator.uniform(0, 0.7))  # The kill is to hit anything.
            finally:
                daemon.kill()
            self.assertNotIn("is not used", daemon.stderr.read_text())
        self.assertGreater(restored, 6)
        row("kill -9, disk full at every other", "12", f"{restored} restored, no wrong time")

    def given(self, daemon: ConfiguredDaemon) -> bool:
        try:
            return self.assertTruth(daemon) == len(self.table)
        except OSError:
            daemon.reconnect()
            return False


class RuntimeFaultTests(HostFaultTestCase):
    def test_the_runtime_directory_is_wiped(self) -> None:
        runtime = self.directory / "run"
        runtime.mkdir(mode=0o750)
        mode = runtime.stat().st_mode
        # It looks after its files as often as it tells a watchdog that it lives, or each 10 s.
        daemon = self.daemon(
            "--page", str(runtime / "clock.page"),
            environment={"WATCHDOG_USEC": "1000000", "NOTIFY_SOCKET": str(self.directory / "none")},
            socket=runtime / "exchange-clock.sock")
        kept = connect(daemon.socket)
        self.addCleanup(kept.close)
        files = open_files(daemon.process.pid)
        for number in range(5):
            shutil.rmtree(runtime)
            # Who is connected is served on, resyncs and all.
            time.sleep(1.1)
            for each in self.table:
                self.assertEqual(
                    ask(kept, "resync", exchange=each.id)["state"], "synchronized")
            daemon.wait_until(daemon.socket.exists, 20, "the socket is made anew")
            daemon.reconnect()
            self.assertEqual(self.assertTruth(daemon), len(self.table))
            self.assertEqual(ask(kept, "now", exchange=self.table[0].id)["exchange"],
                             self.table[0].id)
            daemon.wait_until((runtime / "clock.page").exists, 20, "the page is made anew")
            self.assertEqual(runtime.stat().st_mode, mode)
        daemon.reconnect()
        daemon.wait_until(
            lambda: open_files(daemon.process.pid) <= files, 20, "descriptors are as before")
        row("runtime directory wiped", str(number + 1),
            "who is connected is served on; socket and page are made anew by themselves")

    def test_the_notify_socket_is_gone(self) -> None:
        path = self.directory / "notify"
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        receiver.bind(str(path))
        daemon = self.daemon(
            environment={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "1000000"})
        receiver.close()
        path.unlink()
        time.sleep(2.5)  # Some rounds of the watchdog.
        self.assertTruth(daemon)
        self.wait_for(daemon, "synchronized")
        row("notify socket gone", "1", "served on over 2.5 s of watchdog rounds")


class JournalFaultTests(HostFaultTestCase):
    def journal(self) -> tuple[Path, tuple[str, ...], dict[str, str]]:
        """A directory in the place of journald's for one process, and what makes it believe."""
        journal = self.directory / "journal"
        journal.mkdir()
        wrapper = (
            "unshare", "--mount", "sh", "-c",
            f'mount -t tmpfs none /run && mkdir -p /run/systemd/journal'
            f' && mount --bind "{journal}" /run/systemd/journal'
            ' && export JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) && exec "$@"', "sh")
        return journal, wrapper, {}

    @unittest.skipUnless(MOUNT, "no journal of its own")
    def test_a_journal_that_hangs_or_is_gone(self) -> None:
        journal, wrapper, environment = self.journal()
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        receiver.bind(str(journal / "socket"))
        reading = threading.Event()
        reading.set()

        def read() -> None:
            while reading.is_set():
                receiver.recv(65536)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        flaps = Fault("", next(each for each in FAULTS if each.name == "HTTP 500").act, "", "")
        self.table = rows(self.server, [flaps] * 30, KINDS[:1])
        daemon = self.daemon(wrapper=wrapper, environment=environment)
        self.assertNotIn("serves", daemon.stderr.read_text(), "the lines are in the journal")
        reading.clear()
        # Nobody reads it from now on. Each round is a line for each exchange.
        cells = [each.cell for each in self.table]
        for number in range(40):
            self.server.switch(cells, number % 2 == 0)
            daemon.demand_resyncs()
            began = time.monotonic()
            self.assertTruth(daemon)
            self.assertLess(time.monotonic() - began, 5, "a journal that hangs holds up answers")
            time.sleep(0.3)
            if number >= 3 and self.is_full(journal / "socket"):
                break
        self.assertTrue(self.is_full(journal / "socket"), "the test has filled the journal")
        self.server.switch(cells, False)
        self.wait_for(daemon, "synchronized", 90)
        receiver.close()
        (journal / "socket").unlink()
        self.assertTruth(daemon)
        self.wait_for(daemon, "synchronized", 90)
        row("a journal that hangs, then is gone", "1", "answers and resyncs go on")

    def is_full(self, path: Path) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            try:
                sender.sendto(b"MESSAGE=is there room\n", str(path))
            except BlockingIOError:
                return True
        return False


class MemoryFaultTests(HostFaultTestCase):
    FAULTS = [each for each in FAULTS if each.in_body != OK]

    def limited(self, limit_bytes: int, *arguments: str) -> tuple[ConfiguredDaemon, MemoryGroup]:
        """A daemon with so much memory, and the page cache in it."""
        try:
            group = self.enterContext(memory_group(limit_bytes))
        except OSError as error:
            note_skip(f"a memory limit: no cgroup of its own can be made: {error}")
            self.skipTest("no cgroup of its own")
        self.table = rows(self.server, self.FAULTS, KINDS[:1])
        wrapper = ("sh", "-c", f'echo $$ > "{group.processes}" && exec "$@"', "sh")
        return self.daemon(*arguments, wrapper=wrapper), group

    def test_out_of_memory(self) -> None:
        """The kernel ends it, while all exchanges fail; the next one tells what was known."""
        arguments = ("--state", str(self.directory / "state.json"))
        daemon, group = self.limited(64 << 20, *arguments)
        state = Path(arguments[1])
        wait_until(
            lambda: state.exists() and all(each.id in state.read_text() for each in self.table), 20,
            "the state of all is written")
        self.server.switch([each.cell for each in self.table], True)
        limit = 0

        def is_ended() -> bool:
            nonlocal limit
            with contextlib.suppress(OSError):
                # What can be found by giving up the page cache is taken away again.
                limit = group.limit_to_what_is_used()
                daemon.demand_resyncs()
                time.sleep(0.5)
            return daemon.process.poll() is not None

        wait_until(is_ended, 240, "it is ended")
        self.assertEqual(daemon.process.returncode, -signal.SIGKILL)
        self.assertGreater(group.times_full(), 0)
        # What it left would be taken for the next one's.
        daemon.socket.unlink()
        text = config(self.table, self.server.port)
        after = self.enterContext(ConfiguredDaemon(self.directory, text, arguments))
        after.wait_until(after.socket.exists, 20, "the daemon listens")
        given = self.assertTruth(after)
        self.assertEqual(given, len(self.table))
        self.server.switch([each.cell for each in self.table], False)
        self.wait_for(after, "synchronized", 90)
        self.assertEqual(self.assertTruth(after), len(self.table))
        row(f"out of memory in a cgroup of {limit >> 20} MiB, {len(self.FAULTS)} faults over HTTP",
            str(len(self.table)),
            f"killed; the next one tells {given} times at once while they fail, all right, and"
            " recovers by itself")

    def test_a_memory_limit(self) -> None:
        daemon, group = self.limited(32 << 20)
        self.assertEqual(group.processes.read_text().split(), [str(daemon.process.pid)])
        judge = self.enterContext(Judge(daemon, self.table))
        self.server.switch([each.cell for each in self.table], True)
        daemon.demand_resyncs()
        left: list[str] = []

        def show() -> bool:
            left[:] = mismatches(daemon.offsets(), self.table)
            return not left

        try:
            daemon.wait_until(show, 60, "the faults show")
        except Failure:
            self.fail("\n".join(left))
        self.server.switch([each.cell for each in self.table], False)
        self.wait_for(daemon, "synchronized", 90)
        self.assertEqual(judge.wrong, [])
        row(f"a cgroup of 32 MiB, {len(self.FAULTS)} faults over HTTP", str(len(self.table)),
            f"survived; {group.used()} with the page cache, RSS"
            f" {resident_kib(daemon.process.pid)} KiB")


class DescriptorFaultTests(HostFaultTestCase):
    def test_clients_leave_descriptors_for_exchanges(self) -> None:
        self.table = rows(self.server, [Fault("", None, OK, OK)] * 149, KINDS[:1])
        daemon = self.daemon(
            "--state", str(self.directory / "state.json"),
            wrapper=("prlimit", "--nofile=700:700"))
        clients: list[socket.socket] = []
        while len(clients) < 700:
            client = connected(daemon.socket)
            self.addCleanup(client.close)
            with contextlib.suppress(OSError):
                client.sendall(STAMP)
            try:
                # This exchange is not followed; whoever is let in is told so.
                if b"-32002" not in client.recv(4096):
                    break
            except ConnectionResetError:
                break
            clients.append(client)
        self.assertLess(len(clients), 700)
        daemon.ask("resync")
        self.assertEqual(
            {each["reason"] for each in daemon.offsets().values()}, {""}, "all could be asked")
        row("RLIMIT_NOFILE 700, 150 exchanges", "as many clients as are let in",
            f"{len(clients)} clients, and all exchanges are resynced at once")


class CombinedFaultTests(HostFaultTestCase):
    kinds = KINDS

    def ahead_ns(self, id: str) -> int:
        return next(each.cell.ahead_ns for each in self.table if each.id == id)

    def test_kill_in_a_loop_while_exchanges_fail(self) -> None:
        names = ("HTTP 500", "silent at request", "garbage for HTTP", "reset at body")
        faults = [each for each in FAULTS if each.name in names]
        self.table = rows(self.server, faults, KINDS[:4])
        state = self.directory / "state.json"
        generator = random.Random(2)
        given = 0
        for number in range(15):
            self.server.switch([each.cell for each in self.table], number % 3 == 1)
            daemon = ConfiguredDaemon(
                self.directory, config(self.table, self.server.port), ("--state", str(state)))
            try:
                def is_up() -> bool:
                    try:
                        return bool(daemon.offsets())
                    except OSError:
                        daemon.reconnect()
                        return False

                daemon.wait_until(is_up, 20, "the daemon answers")
                deadline = time.monotonic() + generator.uniform(0.1, 1.5)
                while time.monotonic() < deadline:
                    given += self.assertTruth(daemon)
            finally:
                daemon.kill()
        self.assertGreater(given, 100)
        row("kill -9 in a loop, a third of the time with failing exchanges", "15",
            f"{given} times given, all right")

    def test_the_clock_is_set_and_stopped_while_exchanges_fail(self) -> None:
        clock = HostClock(self.directory)
        names = ("HTTP 503", "silent at request", "a byte each 50 ms, from the status line on",
                 "reset at headers", "binary", "cached, Age: 45", "every other answer fails")
        faults = [each for each in FAULTS if each.name in names]
        self.table = rows(self.server, faults)
        daemon = self.daemon(environment=clock.environment)
        self.server.switch([each.cell for each in self.table], True)
        daemon.demand_resyncs()
        given = 0
        for step in (3600, -3600, 400 * 86_400, 3, -7, 0):
            clock.set(step)
            given += self.assertTruth(daemon)
            for offset in daemon.offsets().values():
                ahead = self.ahead_ns(offset["exchange"]) - step * S
                self.assertAlmostEqual(offset["offset_ns"], ahead, delta=2 * S, msg="it is set")
            daemon.process.send_signal(signal.SIGSTOP)
            time.sleep(0.4)
            daemon.process.send_signal(signal.SIGCONT)
            given += self.assertTruth(daemon)
        self.assertGreaterEqual(given, 12 * len(self.table))
        self.server.switch([each.cell for each in self.table], False)
        self.wait_for(daemon, "synchronized", 90)
        self.assertTruth(daemon)
        row("CLOCK_REALTIME set 6 times, SIGSTOP 6 times, while exchanges fail",
            str(len(self.table)), f"{given} times given, all right")


if __name__ == "__main__":
    unittest.main()
