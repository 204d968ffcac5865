"""The Debian package on a real systemd: installed, started, asked, broken, upgraded, purged.

All in one container, in the order in which an operator would do it.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
import unittest
from pathlib import Path
from typing import Any

import documented
import measure
from container import Unavailable
from support import ROOT, note, note_skip, package
from world import CONFIG, EXCHANGES, PAGE, SOCKET, STATE, World

STACK = contextlib.ExitStack()
MESSAGES = dict(
    re.findall(
        r'case (\w+) = "([0-9a-f]{32})"',
        (ROOT / "Sources/ClockDaemon/MessageKind.swift").read_text(),
    )
)
CONNECT = f"""python3 -c '
import socket, sys
try: socket.socket(socket.AF_UNIX).connect("{SOCKET}")
except OSError as error: sys.exit(error.errno)'"""
UNATTEMPTED = """
AmbientCapabilities=
DeviceAllow=/dev/vmclock0 r
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
"""
"""Directives that cannot be attempted: nobody gives this user a capability, a container makes no
device, and Python has no code of another architecture. The number is in what the others fail by."""
world: World


def load_tests(*_: Any) -> unittest.TestSuite:
    """In the order in which they stand here."""
    classes = (
        Installed, Started, Asked, Sandboxed, Journalled, Reloaded, Broken, Measured, Removed,
        Documented,
    )
    return unittest.TestSuite(
        test(name) for test in classes for name in vars(test) if name.startswith("test")
    )


def setUpModule() -> None:
    global world
    deb = package()
    if deb is None:
        note_skip("the tests under systemd: there is no package; make deb makes it")
        raise unittest.SkipTest("no package")
    begun = time.monotonic()
    try:
        world = World(STACK, deb)
    except Unavailable as reason:
        note_skip(f"the tests under systemd: {reason}")
        raise unittest.SkipTest(str(reason)) from None
    note(f"a container with systemd has booted in {time.monotonic() - begun:.1f} s")


def tearDownModule() -> None:
    STACK.close()


class Installed(unittest.TestCase):
    def test_the_socket_is_open_and_no_exchange_was_asked(self) -> None:
        world.install()
        self.assertEqual(world.show("ActiveState", "exchange-clockd.socket"), "active")
        self.assertEqual(world.show("ActiveState"), "inactive")
        self.assertEqual(world.run("systemctl is-enabled exchange-clockd").strip(), "enabled")
        self.assertIn("srw-rw---- root exchange-clock", world.run(f"stat -c '%A %U %G' {SOCKET}"))
        self.assertIn("drwxr-x---", world.run("stat -c %A /run/exchange-clock"))
        world.run("usermod --append --groups exchange-clock member")

    def test_units_are_sound_and_exposure_is_low(self) -> None:
        units = ("exchange-clockd.service exchange-clockd.socket exchange-clock-wait.service"
                 " exchange-clock-exporter.service")
        problems = world.run(f"systemd-analyze verify {units} exchange-clock-sync.target")
        self.assertEqual([line for line in problems.splitlines() if "exchange-clock" in line], [])
        for unit in ("exchange-clockd", "exchange-clock-exporter"):
            report = world.run(f"systemd-analyze security --no-pager {unit}.service")
            exposure = float(re.findall(r"exposure level for .*: ([0-9.]+)", report)[0])
            note(f"systemd-analyze security {unit}: {exposure}")
            self.assertLessEqual(exposure, 1.2)

    def test_pages_of_the_manual_are_there(self) -> None:
        for page in (ROOT / "docs/man").iterdir():
            name, section = page.name.rsplit(".", 1)
            self.assertIn(f"/man{section}/{name}.", world.run(f"man --where {section} {name}"))


class Started(unittest.TestCase):
    def test_it_is_active_only_once_all_are_synchronized(self) -> None:
        world.start_exchanges()
        world.configure()
        world.set("okx", "fault=timeout")
        world.run("systemctl start --no-block exchange-clockd")
        others = dict.fromkeys(["binance", "bitget", "bybit"], "synchronized")
        world.wait(lambda: world.states() == others | {"okx": "unknown"}, "all but okx are known")
        self.assertEqual(world.show("ActiveState"), "activating")
        self.assertEqual(world.run("systemctl is-active exchange-clockd", check=False).strip(),
                         "activating")
        world.set("okx", "fault=none")
        world.wait(lambda: world.show("ActiveState") == "active", "the service is active")
        self.assertNotIn("unknown", world.states().values())
        self.assertEqual(
            world.entries(f"MESSAGE_ID={MESSAGES['readinessGivenUp']}"), [], "okx was given up"
        )
        world.wait_synchronized()

    def test_status_shows_one_line(self) -> None:
        world.wait(
            lambda: "4/4 exchanges synchronized, worst error ±"
            in world.run("systemctl status --no-pager exchange-clockd"), "the status line is shown",
        )


class Asked(unittest.TestCase):
    def test_the_log_names_the_user_of_a_client(self) -> None:
        """Not nobody, as whom all would come with PrivateUsers=: users have their share each."""
        client = ("import socket; one = socket.socket(socket.AF_UNIX); one.connect('%s');"
                  " one.sendall(b'nonsense\\n'); one.recv(100)" % SOCKET)
        world.run(f'python3 -c "{client}"', user="member")
        user = world.run("id -u member").strip()
        world.wait(
            lambda: [each for each in world.entries("_COMM=exchange-clockd")
                     if f"of user {user} sent what is no request" in each["MESSAGE"]],
            "the log names it")

    def test_a_member_of_the_group_gets_a_stamp_and_a_stranger_does_not(self) -> None:
        stamp = int(world.run("exchange-clock stamp binance", user="member"))
        self.assertLess(abs(stamp / 1000 - time.time()), 60)
        self.assertEqual(world.call(CONNECT, user="member"), 0)
        self.assertEqual(world.call(CONNECT, user="stranger"), 13, "EACCES")
        self.assertEqual(world.call("exchange-clock stamp binance", user="stranger"), 69)
        told = world.run("exchange-clock stamp binance", check=False, user="stranger")
        self.assertIn("Permission denied; who is in the daemon's group may ask: sudo usermod", told)

    def test_a_bot_with_the_drop_in_starts_after_all_are_synchronized(self) -> None:
        world.container.write(
            "/etc/systemd/system/test-bot.service",
            "[Service]\nType=oneshot\nRemainAfterExit=yes\nDynamicUser=yes\nExecStart=/usr/bin/exchange-clock stamp okx\n",
        )
        world.run(
            "mkdir /etc/systemd/system/test-bot.service.d"
            " && cp /usr/share/doc/exchange-clock/examples/bot.conf /etc/systemd/system/test-bot.service.d"
            " && systemctl daemon-reload && systemctl start test-bot"
        )
        waited = int(world.show("ExecMainExitTimestampMonotonic", "exchange-clock-wait.service"))
        began = int(world.show("ExecMainStartTimestampMonotonic", "test-bot.service"))
        self.assertGreater(waited, 0)
        self.assertGreater(began, waited)
        # A restart of the daemon is not one of the bots.
        world.run("systemctl start exchange-clock-sync.target")
        world.run("systemctl restart exchange-clockd")
        self.assertEqual(world.show("ActiveState", "exchange-clock-sync.target"), "active")
        self.assertEqual(began, int(world.show("ExecMainStartTimestampMonotonic", "test-bot.service")))
        # Each of its own starts waits anew: for an exchange that is measured anew, here.
        world.set("okx", "fault=timeout")
        world.configure(more="max_drift_ppm = 77\n")
        world.run("systemctl reload exchange-clockd && systemctl restart --no-block test-bot")
        try:
            world.wait(lambda: world.show("ActiveState", "exchange-clock-wait") == "activating",
                       "the bot waits")
            world.set("okx", "fault=none")
            world.wait(lambda: int(world.show(
                "ExecMainStartTimestampMonotonic", "test-bot.service")) > began, "the bot starts")
            world.wait(lambda: world.show("ActiveState", "test-bot") == "active", "okx has a stamp")
        finally:
            world.set("okx", "fault=none")
            world.configure()
            world.run("systemctl reload exchange-clockd")
        world.wait_synchronized()

    def test_a_bot_waits_for_no_more_than_is_asked_for_and_not_for_ever(self) -> None:
        """With [ready] when = "any" one exchange is enough; with none reached, an end comes."""
        drop_in = "/etc/systemd/system/exchange-clock-wait.service.d/test.conf"
        try:
            world.set("okx", "fault=timeout")
            text = world.configuration(EXCHANGES)
            world.container.write(CONFIG, text + '[ready]\nwhen = "any"\n')
            world.restart_anew()
            world.run("systemctl restart exchange-clock-wait")
            self.assertEqual(world.states()["okx"], "unknown")
            for exchange in EXCHANGES:
                world.set(exchange, "fault=reset")
            world.container.write(drop_in, "[Service]\nExecStart=\n"
                                  "ExecStart=/usr/bin/exchange-clock wait --ready --timeout 3s\n")
            world.run("systemctl daemon-reload; systemctl stop test-bot exchange-clockd;"
                      f" rm -f {STATE}; systemctl start --no-block test-bot")
            world.wait(lambda: world.show("Result", "exchange-clock-wait") == "exit-code",
                       "the waiting has an end")
            self.assertEqual(world.show("ActiveState"), "activating")
            # It runs, and fails by its own doing: there is no stamp.
            world.wait(lambda: world.show("Result", "test-bot") == "exit-code", "the bot has started")
        finally:
            for exchange in EXCHANGES:
                world.set(exchange, "fault=none")
            world.configure()
            world.run(f"rm -rf {Path(drop_in).parent}; systemctl daemon-reload;"
                      " systemctl reset-failed; systemctl stop test-bot")
            world.restart_anew()
        world.wait_synchronized()

    def test_who_connects_starts_it(self) -> None:
        world.run("systemctl stop exchange-clockd")
        self.assertEqual(world.show("ActiveState"), "inactive")
        self.assertEqual(world.call(f"test -S {SOCKET}"), 0)
        world.run("exchange-clock wait --timeout 60s", user="member")
        self.assertEqual(world.show("ActiveState"), "active")
        self.assertTrue(world.entries(f"MESSAGE_ID={MESSAGES['stateRestored']}"))

    def test_the_page_is_read_on_while_the_daemon_is_away_and_comes_back(self) -> None:
        """By one reader that opened it before; no exchange answers meanwhile."""
        world.wait_synchronized()
        reader = f"""
import sys, time
sys.path.insert(0, "/opt")
import exchange_clock
page = exchange_clock.Page.open("{PAGE}")
while True:
    try: words = page.now("binance")[1:]
    except exchange_clock.ExchangeClockError as error: words = [repr(error)]
    print(*words, flush=True)
    time.sleep(0.05)
"""
        client = ROOT / "clients/python/exchange_clock.py"
        world.container.write("/opt/exchange_clock.py", client.read_text())
        world.container.write("/opt/test-page.py", reader)
        for exchange in EXCHANGES:
            world.set(exchange, "fault=reset")
        world.run("systemd-run --quiet --unit test-page -p User=member"
                  " -p StandardOutput=file:/run/test-page python3 /opt/test-page.py")
        page = world.run(f"stat -c %i {PAGE}")

        def readings() -> list[list[str]]:
            return [line.split() for line in world.run("cat /run/test-page").splitlines()[:-1]]

        def read_on() -> None:
            before = len(readings())
            world.wait(lambda: len(readings()) > before + 20, "the page is read on")

        read_on()
        world.run("systemctl stop exchange-clockd")
        read_on()
        world.run("systemctl start exchange-clockd")
        self.assertEqual(world.states(), dict.fromkeys(EXCHANGES, "holdover"), "from the state")
        read_on()
        world.run("systemctl stop test-page")
        for reading in readings():
            self.assertEqual(len(reading), 5, " ".join(reading))
            _, earliest, latest, local = map(int, reading[1:])
            self.assertLessEqual(earliest, local, "the exchange's clock is this host's")
            self.assertLessEqual(local, latest)
        self.assertEqual(world.run(f"stat -c %i {PAGE}"), page, "another file")
        note(f"the page over a stop and a start: {len(readings())} readings, all true")
        for exchange in EXCHANGES:
            world.set(exchange, "fault=none")
        world.resync()
        world.wait_synchronized()

    def test_nobody_is_turned_away_during_a_restart(self) -> None:
        program = f"""
import json, os, socket, time
end, refused, answered = time.monotonic() + 6, [], 0
while time.monotonic() < end and not os.path.exists("/run/test-done"):
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(30)
            client.connect("{SOCKET}")
            request = dict(jsonrpc="2.0", id=1, method="stamp", params=dict(exchange="binance"))
            client.sendall(json.dumps(request).encode() + b"\\n")
            line = client.makefile().readline()
            # Who had connected to the daemon that ended is told so, and comes again.
            answered += "result" in line
    except (BrokenPipeError, ConnectionResetError): pass
    except OSError as error: refused.append(error.errno)
print(len(refused), answered, refused)
"""
        world.container.write("/opt/test-client.py", program.replace("\\\\", "\\"))
        world.run("systemd-run --quiet --unit test-client --uid member -p StandardOutput=file:/run/test-out"
                  " python3 /opt/test-client.py")
        for _ in range(3):
            world.run("systemctl restart exchange-clockd")
        world.run("touch /run/test-done")
        output = world.wait(lambda: world.run("cat /run/test-out").split(), "the client is done")
        self.assertEqual(output[0], "0", f"connections were refused: {' '.join(output)}")
        self.assertGreater(int(output[1]), 3)


class Sandboxed(unittest.TestCase):
    """Everything that the daemon does works under what the unit forbids it."""

    def setUp(self) -> None:
        self.pid = world.show("MainPID")

    def test_names_are_resolved_and_certificates_verified(self) -> None:
        asked = world.run("journalctl -q -u test-dns", check=False)
        self.assertTrue(all(url.startswith("https://") for url in world.urls.values()))
        # journald drops most of its lines, but not the first.
        self.assertIn("exchange", asked)
        world.run("mv /etc/test-ca.pem /etc/test-ca.away")
        try:
            world.fail("bybit")
            self.assertRegex(world.ask("offset", "bybit")["reason"], "(?i)ca_file|certificate")
        finally:
            world.run("mv /etc/test-ca.away /etc/test-ca.pem")
        world.resync("bybit")
        world.wait_synchronized()

    def test_the_state_is_written_for_the_daemon_alone(self) -> None:
        self.assertEqual(
            world.run(f"stat -c '%a %U' {STATE}").strip(), "600 exchange-clock"
        )

    def test_steps_of_the_clock_are_watched(self) -> None:
        """To set it is left to the tests in a guest, as it is this host's."""
        timers = world.run(f"grep -l 'clockid: 0' /proc/{self.pid}/fdinfo/* 2>/dev/null").split()
        armed = [timer for timer in timers if "settime flags: 03" in world.run(f"cat {timer}")]
        self.assertGreater(len(armed), 0)

    def test_a_hypervisors_word_of_a_disruption_is_heard(self) -> None:
        """A page as Linux 6.13 has it at /dev/vmclock0, which this container has none of."""
        page = "python3 -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("
        page += '"<IIHBBIQQ", 0x4b4c4356, 4096, 1, 0, 0, 0, MARKER, 0).ljust(4096, b"\\0"))\''
        world.run(
            f"{page.replace('MARKER', '1')} > /dev/vmclock0; chgrp exchange-clock /dev/vmclock0;"
            " chmod 640 /dev/vmclock0; systemctl restart exchange-clockd"
        )
        try:
            world.wait_synchronized()
            begun = time.time()
            # Written in place, as the hypervisor does.
            world.run(f"{page.replace('MARKER', '2')} | dd of=/dev/vmclock0 conv=notrunc status=none")
            world.wait(
                lambda: world.entries(f"MESSAGE_ID={MESSAGES['hostInterrupted']}", after=begun),
                "the disruption is noticed",
            )
            world.wait_synchronized()
        finally:
            world.run("rm /dev/vmclock0; systemctl restart exchange-clockd")

    def test_it_has_no_rights(self) -> None:
        status = world.run(f"cat /proc/{self.pid}/status")
        for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1",
                     "Seccomp:\t2"):
            self.assertIn(line, status)
        self.assertEqual(world.entries("_AUDIT_TYPE_NAME=SECCOMP"), [])

    def test_the_processors_are_shared_between_services(self) -> None:
        """Rather than between all their processes: the daemon's cgroup has a weight of its own."""
        self.assertEqual(world.show("CPUWeight"), "100")
        group = world.show("ControlGroup")
        weights = world.run(
            f"cat /sys/fs/cgroup{group}/cpu.weight /sys/fs/cgroup/cpu{group}/cpu.shares"
            f" /sys/fs/cgroup/cpu,cpuacct{group}/cpu.shares 2>/dev/null", check=False).split()
        if not weights:
            note_skip("cpu.weight: this container may not share the processors")
        # Version 2 of cgroups counts from 100, version 1 from 1024.
        self.assertLessEqual(set(weights), {"100", "1024"})

    def test_what_each_directive_forbids_is_forbidden(self) -> None:
        """Attempted by a service with the unit's directives, and by one without any of them; of a
        user who runs nothing else, whose shared memory would be kept for that."""
        unit = (ROOT / "systemd/exchange-clockd.service").read_text()
        hardening = re.findall("^(?!#)(.+)$", unit[unit.index("CapabilityBoundingSet="):
                                                   unit.index("[Install]")], re.MULTILINE)
        world.container.write("/opt/test-attempts.py",
                              (ROOT / "Tests/systemd/attempts.py").read_text())
        world.run("touch /dev/test-device /dev/vmclock0 /tmp/test-file /home/test-file;"
                  " chmod 666 /dev/vmclock0; mkdir -p /usr/lib/modules/test")
        try:
            bare = self.attempts("test-bare", [])
            forbidden = self.attempts("test-sandboxed", hardening)
        finally:
            world.run("rm /dev/test-device /dev/vmclock0 /tmp/test-file /home/test-file;"
                      " rmdir /usr/lib/modules/test")
        for directive in [line for line in hardening if line + "\n" not in UNATTEMPTED]:
            name = directive if directive in bare else directive.split("=")[0]
            with self.subTest(directive):
                self.assertIn(name, bare, "there is no attempt at it")
                self.assertNotEqual(forbidden.pop(name), "allowed")
                if (without := bare.pop(name)) != "allowed":
                    note_skip(f"{directive} makes no difference in this container: {without}")
        # What is left is not of a directive, but what they must leave to the daemon.
        self.assertEqual({name for name in bare if "but for its own" not in name}, set())
        self.assertEqual(forbidden, dict.fromkeys(bare, "allowed"))

    def attempts(self, unit: str, directives: list[str]) -> dict[str, str]:
        """What came of each attempt, of a service with these directives."""
        namespaces = " ".join(world.run("readlink /proc/1/ns/uts /proc/1/ns/mnt").split())
        lines = [
            "[Service]", "Type=oneshot", "User=member", "Group=exchange-clock",
            f"StateDirectory={unit}", "LimitRTPRIO=1", f"StandardOutput=file:/run/{unit}.json",
            f"ExecStart=/usr/bin/python3 /opt/test-attempts.py {namespaces}", *directives,
        ]
        world.container.write(f"/etc/systemd/system/{unit}.service", "\n".join(lines) + "\n")
        world.run(f"systemctl daemon-reload && systemctl start {unit}")
        results: dict[str, str] = json.loads(world.run(f"cat /run/{unit}.json"))
        if "0x00004543" not in world.run("ipcs --shmems"):
            results["RemoveIPC"] = "it was removed"
        world.run("ipcrm --shmem-key 0x4543", check=False)
        world.run(f"rm -r /var/lib/{unit} /etc/systemd/system/{unit}.service /run/{unit}.json")
        return results


class Journalled(unittest.TestCase):
    def test_fields_are_as_documented(self) -> None:
        entries = world.entries("EXCHANGE=binance", f"MESSAGE_ID={MESSAGES['synchronized']}")
        entry = entries[-1]
        self.assertEqual(entry["STATE"], "synchronized")
        self.assertIn(entry["PREVIOUS_STATE"], ("unknown", "holdover", "disrupted"))
        self.assertLess(abs(int(entry["OFFSET_NS"])), 50_000_000)
        self.assertLess(int(entry["ERROR_NS"]), 100_000_000)
        self.assertGreater(int(entry["ERROR_NS"]), 0)
        self.assertEqual(entry["PRIORITY"], "6")
        self.assertEqual(entry["_SYSTEMD_UNIT"], "exchange-clockd.service")
        self.assertEqual(entry["SYSLOG_IDENTIFIER"], "exchange-clockd")
        known = set(re.findall("`([A-Z_]+)`", (ROOT / "docs/journal.md").read_text()))
        own = {
            name for entry in world.entries("_COMM=exchange-clockd") for name in entry
            if not name.startswith("_") and not name.startswith("SYSLOG_")
        }
        self.assertEqual(own - known - {"MESSAGE", "PRIORITY", "MESSAGE_ID"}, set())

    def test_every_message_of_the_daemon_has_an_id_that_the_catalog_explains(self) -> None:
        catalog = world.run("journalctl --list-catalog")
        for id in MESSAGES.values():
            self.assertIn(id, catalog)
        for entry in world.entries("_COMM=exchange-clockd"):
            self.assertIn(entry.get("MESSAGE_ID"), MESSAGES.values(), entry["MESSAGE"])
        text = world.run(f"journalctl -q -x -n 1 MESSAGE_ID={MESSAGES['synchronized']}")
        self.assertIn("is synchronized", text)
        self.assertIn("Nothing is to be done.", text)
        self.assertNotIn("@EXCHANGE@", text)

    def test_the_documented_queries_find_something_or_nothing_but_fail_never(self) -> None:
        text = (ROOT / "docs/journal.md").read_text()
        queries = re.findall("^journalctl .*$", text, re.MULTILINE)
        self.assertGreater(len(queries), 6)
        found = [query for query in queries if world.run(f"{query} -q --no-pager")]
        self.assertIn("journalctl EXCHANGE=binance", found)

    def test_nothing_is_said_of_a_probe(self) -> None:
        world.wait_synchronized()
        begun, probes = time.time(), world.probes("binance")
        for _ in range(2):
            world.resync("binance")
        self.assertGreaterEqual(world.probes("binance"), probes + 16)
        self.assertEqual(world.entries("_COMM=exchange-clockd", after=begun), [])

    def test_no_line_is_dropped_for_the_rate(self) -> None:
        begun = time.time()
        world.run("systemd-run --quiet --wait --unit test-flood seq 100")
        flood = len(world.entries("-u test-flood _COMM=seq", after=begun))
        self.assertLess(flood, 50, "journald's own limit is not in force here")
        changes = 0
        for _ in range(6):
            # A reload that changes nothing and one that is refused: lines that need no exchange.
            world.run(f"cp {CONFIG} /tmp/good && echo wrong >> {CONFIG}")
            world.call("systemctl reload exchange-clockd")
            world.run(f"cp /tmp/good {CONFIG} && systemctl reload exchange-clockd")
            changes += 1
        world.set("bybit", "fault=reset")
        world.fail("bybit")
        world.set("bybit", "fault=none")
        world.resync("bybit")
        world.wait_synchronized()
        entries = world.entries("_COMM=exchange-clockd", after=begun)
        kinds = [entry["MESSAGE_ID"] for entry in entries]
        note(f"{flood} of 100 lines passed journald's limit, and all {len(entries)} of the daemon")
        self.assertEqual(kinds.count(MESSAGES["configurationInForce"]), changes)
        self.assertEqual(kinds.count(MESSAGES["configurationRefused"]), 2 * changes)
        self.assertEqual(kinds.count(MESSAGES["holdover"]), 1)
        self.assertEqual(kinds.count(MESSAGES["synchronized"]), 1)
        self.assertGreater(len(entries), flood)


class Reloaded(unittest.TestCase):
    def test_estimates_stay(self) -> None:
        world.wait_synchronized()
        pid, probes = world.show("MainPID"), world.probes("binance")
        before = world.ask("offset", "binance")
        world.configure(["binance", "okx"], 'interval = "2h"\n')
        world.run("systemctl reload exchange-clockd")
        world.wait_synchronized(["binance", "okx"])
        after = world.ask("offset", "binance")
        self.assertEqual(world.show("MainPID"), pid)
        self.assertEqual(world.probes("binance"), probes)
        self.assertLess(abs(after["last_sync_us"] - before["last_sync_us"]), 100_000)
        world.configure()
        world.run("systemctl reload exchange-clockd")
        world.wait_synchronized()
        self.assertEqual(world.show("ActiveState"), "active")
        self.assertEqual(world.probes("binance"), probes)

    def test_a_bad_configuration_is_refused_and_the_old_one_stays(self) -> None:
        self.addCleanup(world.run, "systemctl reload exchange-clockd")
        self.addCleanup(world.configure)
        begun = time.time()
        world.container.write(CONFIG, world.configuration(["okx"]) + "intervall = 3\n")
        self.assertNotEqual(world.call("systemctl reload exchange-clockd"), 0)
        self.assertEqual(world.show("ActiveState"), "active")
        self.assertIn("the new configuration is refused", world.show("StatusText"))
        self.assertEqual(sorted(world.states()), EXCHANGES)
        lines = world.entries(f"MESSAGE_ID={MESSAGES['configurationRefused']}", after=begun)
        self.assertIn("did you mean", lines[0]["MESSAGE"])
        world.configure()
        world.run("systemctl reload exchange-clockd")
        self.assertNotIn("refused", world.show("StatusText"))

    def test_the_file_that_the_daemon_reads_is_the_one_that_counts(self) -> None:
        drop_in = "/etc/systemd/system/exchange-clockd.service.d/config.conf"
        world.container.write(drop_in, "[Service]\nExecStart=\n"
                              "ExecStart=/usr/sbin/exchange-clockd --config /etc/test-other.toml\n")
        world.container.write("/etc/test-other.toml", world.configuration(EXCHANGES))
        try:
            world.container.write(CONFIG, "intervall = 3\n")
            world.run("systemctl daemon-reload && systemctl restart exchange-clockd"
                      " && systemctl reload exchange-clockd")
            world.configure()
            world.container.write("/etc/test-other.toml", "intervall = 3\n")
            self.assertNotEqual(world.call("systemctl reload exchange-clockd"), 0)
        finally:
            world.configure()
            world.run(f"rm -r {Path(drop_in).parent} && systemctl daemon-reload"
                      " && systemctl restart exchange-clockd")
        world.wait_synchronized()


class Broken(unittest.TestCase):
    def assert_it_comes_back(self, signal: str) -> None:
        world.wait_synchronized()
        before, begun = world.show("MainPID"), time.time()
        restarts = int(world.show("NRestarts"))
        world.run(f"kill -{signal} {before}")

        def is_back() -> bool:
            return world.show("MainPID") not in ("0", before) and world.call(
                "exchange-clock stamp binance", user="member") == 0

        world.wait(is_back, "another daemon gives stamps")
        took = time.time() - begun
        self.assertEqual(int(world.show("NRestarts")), restarts + 1)
        # From its state: before a probe could have come back.
        self.assertTrue(
            world.entries(f"MESSAGE_ID={MESSAGES['stateRestored']}", after=begun)
        )
        note(f"kill -{signal}: stamps again after {took:.1f} s")
        world.wait_synchronized()

    def test_a_killed_daemon_is_restarted(self) -> None:
        self.assert_it_comes_back("KILL")

    def test_a_daemon_that_hangs_is_killed_and_restarted(self) -> None:
        drop_in = "/etc/systemd/system/exchange-clockd.service.d/watchdog.conf"
        world.container.write(drop_in, "[Service]\nWatchdogSec=2\n")
        world.run("systemctl daemon-reload && systemctl restart exchange-clockd")
        try:
            self.assert_it_comes_back("STOP")
        finally:
            world.run(f"rm -r {Path(drop_in).parent} && systemctl daemon-reload"
                      " && systemctl restart exchange-clockd")

    def test_a_bad_configuration_stops_the_start_for_good(self) -> None:
        world.container.write(CONFIG, "intervall = 3\n")
        try:
            self.assertNotEqual(world.call("systemctl restart exchange-clockd"), 0)
            self.assertEqual(world.show("ExecMainStatus"), "78")
            self.assertEqual(world.show("ActiveState"), "failed")
        finally:
            world.configure()
            world.run("systemctl reset-failed exchange-clockd exchange-clockd.socket;"
                      " systemctl start exchange-clockd")
        world.wait_synchronized()


    def test_who_asks_meanwhile_is_told_why_and_a_mended_one_starts_at_once(self) -> None:
        world.run("systemctl stop exchange-clockd")
        world.container.write(CONFIG, "intervall = 3\n")
        try:
            for _ in range(30):
                answer = world.container.call("exchange-clock stamp binance 2>&1", "member")
                self.assertEqual(answer.returncode, 1, answer.stdout)
                self.assertIn('unknown key "intervall"; did you mean "interval"?', answer.stdout)
            self.assertEqual(world.show("ActiveState", "exchange-clockd.socket"), "active")
            lines = world.entries(f"MESSAGE_ID={MESSAGES['configurationRefused']}")
            note(f"30 clients during a bad configuration: {len(lines) // 3} starts")
        finally:
            world.configure()
        world.run("systemctl restart exchange-clockd")
        world.wait_synchronized()

    def test_a_mended_configuration_starts_while_a_bot_polls(self) -> None:
        """`systemctl start` joins the vain start that a bot has caused."""
        world.container.write("/opt/test-polling", "while [ ! -e /run/test-polled ]; do"
                              " exchange-clock stamp binance; sleep 0.05; done\n")
        world.run("rm -f /run/test-polled; systemctl stop exchange-clockd")
        world.container.write(CONFIG, "intervall = 3\n")
        world.run("systemd-run --quiet --unit test-polling --uid member -p StandardError=null"
                  " sh /opt/test-polling")
        try:
            for _ in range(3):
                world.container.write(CONFIG, "intervall = 3\n")
                world.call("systemctl stop exchange-clockd")
                world.wait(lambda: world.show("ActiveState") == "activating", "a start is in vain")
                world.configure()
                self.assertEqual(world.call("systemctl start exchange-clockd"), 0)
        finally:
            world.configure()
            world.run("touch /run/test-polled")
        world.wait_synchronized()

    def test_what_systemd_passes_has_the_access_that_systemd_says(self) -> None:
        try:
            world.container.write(
                CONFIG, world.configuration(EXCHANGES) + '[socket]\ngroup = "no-such-group"\n')
            world.run("systemctl restart exchange-clockd")
            self.assertEqual(world.run(f"stat -c '%a %G' {PAGE}").split(), ["640", "exchange-clock"])
        finally:
            world.configure()
            world.run("systemctl restart exchange-clockd")
        world.wait_synchronized()

    def test_a_lost_socket_is_told_and_comes_back(self) -> None:
        begun = time.time()
        world.run("rm -rf /run/exchange-clock")
        told = world.wait(
            lambda: world.entries(f"MESSAGE_ID={MESSAGES['socketLost']}", after=begun), "it is told")
        self.assertIn("restart exchange-clockd.socket exchange-clockd", told[0]["MESSAGE"])
        world.wait(lambda: "is gone" in world.show("StatusText"), "the status has it")
        # By what it says, and by the socket alone.
        for units in ("exchange-clockd.socket exchange-clockd", "exchange-clockd.socket"):
            world.run(f"systemctl restart {units}")
            self.assertEqual(world.call("exchange-clock wait --timeout 60s", user="member"), 0)
            self.assertNotIn("is gone", world.show("StatusText"))

    def test_a_directory_in_the_pages_place_is_no_hindrance(self) -> None:
        world.run(f"systemctl stop exchange-clockd; rm -f {PAGE}; mkdir {PAGE};"
                  " systemctl start exchange-clockd")
        self.assertEqual(world.call("exchange-clock stamp binance", user="member"), 0)
        world.run(f"rmdir {PAGE}; systemctl restart exchange-clockd; test -f {PAGE}")
        world.wait_synchronized()


class Measured(unittest.TestCase):
    def test_start_and_memory(self) -> None:
        measure.report(world)


class Removed(unittest.TestCase):
    def test_an_upgrade_restarts_the_daemon_and_keeps_what_is_known(self) -> None:
        world.wait_synchronized()
        pid, begun = world.show("MainPID"), time.time()
        world.run(
            f"dpkg-deb -R {world.package} /tmp/next"
            " && sed -i 's/^Version: .*/&+next/' /tmp/next/DEBIAN/control"
            " && dpkg-deb -b /tmp/next /tmp/next.deb && dpkg -i --force-confold /tmp/next.deb",
            timeout=300,
        )
        self.assertEqual(world.show("ActiveState"), "active")
        self.assertNotEqual(world.show("MainPID"), pid)
        self.assertTrue(world.entries(f"MESSAGE_ID={MESSAGES['stateRestored']}", after=begun))
        self.assertIn("ca_file", world.run(f"head -1 {CONFIG}"), "the operator's configuration")
        world.wait_synchronized()

    def test_a_removal_keeps_the_configuration_alone(self) -> None:
        self.assertEqual(world.show("ActiveState"), "active")
        world.run("dpkg -r exchange-clock", timeout=300)
        self.assertEqual(world.call(f"test -e {SOCKET}"), 1)
        self.assertEqual(world.run("pgrep -x exchange-clockd", check=False), "")
        self.assertEqual(world.call(f"test -e {CONFIG}"), 0)
        self.assertEqual(world.call("test -e /usr/sbin/exchange-clockd"), 1)
        self.assertNotIn(MESSAGES["ready"], world.run("journalctl --list-catalog"))

    def test_a_purge_leaves_nothing(self) -> None:
        world.run("dpkg -P exchange-clock", timeout=300)
        self.assertEqual(world.container.changed("exchange-clock"), set())
        self.assertEqual(world.run("ls -d /run/exchange-clock* 2>/dev/null", check=False), "")
        for database in ("passwd", "group"):
            self.assertNotEqual(world.call(f"getent {database} exchange-clock"), 0)
        self.assertEqual(
            world.run("systemctl list-unit-files 'exchange-clock*' --no-legend", check=False), ""
        )

    def test_make_install_does_the_same(self) -> None:
        world.run(f"make -C {ROOT} install", timeout=300)
        world.configure()
        # The simulator is where the package had it no more, but runs on.
        world.run("systemctl enable --now exchange-clockd", timeout=300)
        self.assertEqual(world.show("ActiveState"), "active")
        self.assertEqual(world.show("ActiveState", "exchange-clockd.socket"), "active")
        self.assertIn("/usr/local/sbin", world.show("ExecStart"))
        world.run("exchange-clock wait --timeout 60s")
        self.assertIn(MESSAGES["ready"], world.run("journalctl --list-catalog"))
        world.run("systemctl start exchange-clock-sync.target && systemctl reload exchange-clockd")
        world.run(f"make -C {ROOT} uninstall", timeout=300)
        left = world.container.changed("exchange-clock")
        self.assertEqual(
            left, {"/etc/exchange-clock", CONFIG, "/var/lib/exchange-clock"}, "the operator's alone"
        )


class Documented(unittest.TestCase):
    """What the pages tell an operator to type, from the installation on, page by page."""

    def test_every_block_does_what_it_says(self) -> None:
        self.assertNotEqual(world.call("test -e /usr/sbin/exchange-clockd"), 0, "it is gone so far")
        world.run("rm -rf /etc/exchange-clock /var/lib/exchange-clock")
        reader = documented.Reader(world)
        found = documented.blocks()
        self.assertEqual(found[0].page, "README.md", "the installation comes first")
        for block in found:
            begun = time.monotonic()
            reader.run(block)
            note(f"{block.place} run in {time.monotonic() - begun:.1f} s")
            if block is found[0]:
                self.assertEqual(world.show("ActiveState"), "active")
                stamp = int(world.run("exchange-clock stamp binance", user="member"))
                self.assertLess(abs(stamp / 1000 - time.time()), 60)
        metrics = world.run("curl -s http://127.0.0.1:9847/metrics")
        self.assertIn('exchange_clock_state{exchange="binance",state="synchronized"} 1', metrics)
        for block in documented.blocks(last=True):
            reader.run(block)
        self.assertNotEqual(world.call("test -e /etc/exchange-clock"), 0)


if __name__ == "__main__":
    unittest.main()
