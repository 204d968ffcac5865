"""Exchanges that cannot be reached: names, connections and proxies."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
import unittest
from typing import Self

import tls
from fault_server import most_in_a_minute
from faults import ENDS, OK, TIMEOUT, Fault, ending, refusing
from kinds import KINDS, MS, S
from name_server import NOBODY, NameServer
from support import MOUNT, ConfiguredDaemon, note_skip, row
from test_exchange_faults import BUDGET, FaultTestCase
from world import Judge, Row, config, mismatches, rows

RESOLVE = "Could not resolve host|Couldn't resolve host"
NAMES = {
    "nxdomain": RESOLVE, "servfail": RESOLVE, "refused": RESOLVE, "empty": RESOLVE,
    "garbage": f"{RESOLVE}|{TIMEOUT}", "otherid": f"{RESOLVE}|{TIMEOUT}",
    "silent": f"{RESOLVE}|{TIMEOUT}", "late": f"{RESOLVE}|{TIMEOUT}", "slow": OK,
    "elsewhere": "Failed to connect|reset by peer|Empty reply", "brokenv6": OK,
    "onlyv6": f"Failed to connect|{RESOLVE}|{TIMEOUT}",
}
"""What the reason says, by the fault's name in name_server.py."""


class NameFaultTests(FaultTestCase):
    def check_promises(self, late_s: float = 1) -> None:
        super().check_promises(late_s)
        over = {
            id: count for id, times in self.names.asked.items()
            if (count := most_in_a_minute(times, late_s)) > BUDGET}
        self.assertEqual(over, {}, "a name is asked for more often than an exchange is")

    def start_named(self, table: list[Row], options: str, settings: str = "") -> None:
        self.table = table
        self.names = self.enterContext(
            NameServer({each.id: each.cell.address for each in table}))
        text = settings + config(table, self.server.port)
        for each in table:
            name = each.fault.name if each.fault else "none"
            text = text.replace(f"//{each.cell.address}:", f"//{each.id}.{name}.test:")
        self.daemon = self.enterContext(ConfiguredDaemon(
            self.directory, text, wrapper=self.names.wrapper(self.directory, options)))
        self.daemon.wait_until(self.daemon.socket.exists, 60, "the daemon listens")
        self.judge = self.enterContext(Judge(self.daemon, table))

    def switch(self, is_faulty: bool) -> None:
        self.names.is_faulty = is_faulty

    @unittest.skipUnless(MOUNT, "no name server of its own")
    def test_every_fault_of_names_twice(self) -> None:
        faults = [Fault(name, None, reason, reason) for name, reason in NAMES.items()]
        table = rows(self.server, faults)
        self.start_named(table, "timeout:1 attempts:1")
        self.first_resyncs_are_over()
        used = self.fail_and_recover_twice()
        self.check_promises()
        row(f"{len(faults)} faults of names x {len(KINDS)} kinds, twice", str(len(table)),
            f"{self.judge.answers} answers right; {used}")

    @unittest.skipUnless(MOUNT, "no name server of its own")
    def test_a_silent_name_server_holds_up_nobody_else(self) -> None:
        silent = Fault("silent", None, NAMES["silent"], NAMES["silent"])
        # More than the daemon has threads for probes; the resolver is patient, as by default.
        table = [row for kind in KINDS for row in rows(self.server, [silent] * 9, (kind,))]
        self.start_named(table, "timeout:5 attempts:2")
        self.first_resyncs_are_over()
        self.switch(True)
        self.daemon.demand_resyncs()
        self.faults_show()
        slowest = 0.0
        # The kinds of whole seconds wait for a tick between two probes.
        for healthy in [f"{kind.name}-000" for kind in KINDS if kind.unit_ns < S]:
            asked = time.monotonic()
            self.daemon.ask("resync", exchange=healthy)
            slowest = max(slowest, time.monotonic() - asked)
        self.assertLess(slowest, 8, "a healthy exchange waited for the others' names")
        memory, _, most = self.usage()
        self.switch(False)
        self.wait_for(self.not_synchronized, 90, "all have recovered by themselves")
        self.check_promises()
        row("a name server that says nothing", f"{len(table) - len(KINDS)} of {len(table)}",
            f"the slowest resync of a healthy exchange took {slowest:.1f} s; {most} threads,"
            f" RSS {memory} KiB")


    @unittest.skipUnless(MOUNT, "no name server of its own")
    def test_a_name_that_moves_is_followed(self) -> None:
        """To a server with another clock, to an address where nobody is, and back again."""
        moves = Fault("moves", None, OK, OK, (0, 2 * S))
        table = rows(self.server, [moves, Fault("stays", None, OK, OK)], whole=True)
        movers = [each for each in table if each.fault is moves]
        others = {each.id: other for each, other in zip(
            movers, (each for each in table if each.fault and each.fault is not moves))}
        for each in movers:
            others[each.id].cell.ahead_ns = each.cell.ahead_ns + 2 * S
        self.start_named(table, "timeout:1 attempts:1", "samples = 3\n")
        self.first_resyncs_are_over()
        self.assertEqual(self.not_there(movers, 0), [])
        for number in range(2):
            for each in movers:
                self.names.move(each.id, others[each.id].cell.address)
            self.wait_for(
                lambda: self.after_a_demand() or self.not_there(movers, 2 * S), 90,
                "the other clock is told")
            for each in movers:
                self.names.move(each.id, NOBODY)
                each.expected = NAMES["elsewhere"]
            self.wait_for(
                lambda: self.after_a_demand() or mismatches(self.daemon.offsets(), self.table), 60,
                "nobody is there")
            self.assertEqual(self.not_there(movers, 2 * S), [], "what is known still holds")
            for each in movers:
                self.names.move(each.id, each.cell.address)
                each.expected = OK
            self.wait_for(lambda: self.not_there(movers, 0), 90, "the first clock is told again")
            self.wait_for(self.not_synchronized, 90, "all have recovered by themselves")
        self.check_promises()
        row("a name whose address changes, to another clock, to nobody, back",
            f"{len(movers)} of {len(table)}, {number + 1} times",
            f"followed at the next resync; {self.judge.answers} answers right")

    def after_a_demand(self) -> None:
        """Another one, as those beyond the budget are in vain."""
        self.daemon.demand_resyncs()
        time.sleep(1.1)

    def not_there(self, table: list[Row], shift_ns: int) -> list[str]:
        """Whose bounds do not hold the clock that is so far ahead, or hold both."""
        found = []
        for each in table:
            offset = self.daemon.ask("offset", exchange=each.id)
            bounds = [offset["lower_ns"], offset["upper_ns"]]
            held = [
                shift for shift in (0, 2 * S)
                if None not in bounds
                and bounds[0] - MS <= each.cell.ahead_ns + shift <= bounds[1] + MS]
            if held != [shift_ns]:
                found.append(f"{each.name}: {bounds}, {offset['state']} ({offset['reason']})")
        return found


REFUSED = "Failed to connect|Couldn't connect"


class Attempts:
    """When each address was asked for a connection, for the length of a `with`: nobody accepts."""

    def __init__(self, addresses: list[str]) -> None:
        self.seen: dict[str, dict[tuple[int, int], float]] = {each: {} for each in addresses}
        self._stopping = False
        try:
            self._socket: socket.socket | None = socket.socket(
                socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
            self._socket.bind(("lo", 0))
            self._socket.settimeout(0.2)
        except PermissionError:
            self._socket = None
            note_skip("how often connections are asked for: a packet socket needs root")
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping = True
        self._thread.join()
        if self._socket is not None:
            self._socket.close()

    def check(self, test: unittest.TestCase) -> None:
        over = {
            address: count for address, seen in self.seen.items()
            if (count := most_in_a_minute(list(seen.values()), 1)) > BUDGET}
        test.assertEqual(over, {}, "more connections in a minute than an exchange stands")
        test.assertTrue(self._socket is None or all(self.seen.values()), "nothing was seen")

    def _run(self) -> None:
        while self._socket is not None and not self._stopping:
            with contextlib.suppress(TimeoutError):
                self._look(self._socket.recv(128))

    def _look(self, packet: bytes) -> None:
        """The first of a connection, which comes twice on the loopback, and again when it is lost."""
        at = 4 * (packet[0] & 15)
        if packet[9] != socket.IPPROTO_TCP or packet[at + 13] & 0x12 != 0x02:
            return
        seen = self.seen.get(socket.inet_ntoa(packet[16:20]))
        if seen is not None:
            port, number = struct.unpack_from("!HxxI", packet, at)
            seen.setdefault((port, number), time.monotonic())


class ConnectionFaultTests(FaultTestCase):
    """Ports where nobody listens, and ports that never answer."""

    def test_no_connection_twice(self) -> None:
        self.table = rows(self.server, [
            Fault("refused", None, REFUSED, REFUSED), Fault("black hole", None, TIMEOUT, TIMEOUT)])
        self.holes: list[socket.socket] = []
        attempts = self.enterContext(Attempts([each.cell.address for each in self.table]))
        first, *others = self.table
        port = self.server.listen(first.cell.address)
        for each in others:
            self.server.listen(each.cell.address, port)
        self.closed_port = port
        self.start(self.table, port=port)
        self.first_resyncs_are_over()
        used = self.fail_and_recover_twice()
        self.check_promises()
        attempts.check(self)
        row(f"connections refused, and black holes, x {len(KINDS)} kinds, twice",
            str(len(self.table)), f"{self.judge.answers} answers right; {used}")

    def switch(self, is_faulty: bool) -> None:
        for hole in self.holes:
            hole.close()
        self.holes = []
        for each in self.table:
            if each.fault is None:
                continue
            place = (each.cell.address, self.closed_port)
            if not is_faulty:
                self.server.listen(*place)
                continue
            self.server.stop_listening(*place)
            if each.fault.name == "black hole":
                self.dig(place)

    def dig(self, place: tuple[str, int]) -> None:
        """Connections are not accepted, and the queue of those that wait is full."""
        hole = socket.socket()
        hole.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        hole.bind(place)
        hole.listen(0)
        self.holes.append(hole)
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(place)
            self.holes.append(filler)


class ProxyFaultTests(FaultTestCase):
    """The cell's address is that of a proxy; who is asked for the time has a name nobody knows."""

    def proxied(self, table: list[Row], port: int, scheme: str, extra: str = "") -> None:
        self.table = table
        text = config(table, port, scheme=scheme)
        for each in table:
            own = f'url = "{scheme}://{each.cell.address}:{port}/time"'
            address = f"{each.cell.address}:{port}"
            text = text.replace(own, (
                f'url = "{scheme}://{each.id}.exchange.test/time"\n'
                f'proxy = "http://{address}"\n{extra}'))
        self.daemon = self.enterContext(ConfiguredDaemon(self.directory, text))
        self.daemon.wait_until(self.daemon.socket.exists, 60, "the daemon listens")
        self.judge = self.enterContext(Judge(self.daemon, table))

    def test_a_proxy_that_makes_no_tunnel_twice(self) -> None:
        ends = [
            Fault(f"{way} at {stage}", ending(stage, way), f"{reason}|Proxy|CONNECT",
                  f"{reason}|Proxy|CONNECT")
            for way, reason in ENDS.items() for stage in ("accept", "request")]
        refusals = [
            Fault(f"HTTP {code}", refusing(f"{code} No"), f"CONNECT.*{code}", f"CONNECT.*{code}")
            for code in (302, 403, 407, 429, 500, 502, 503)]
        contexts: dict = {}
        own = tls.wrong_context("of an unknown authority", contexts, is_proxy=True)
        table = rows(self.server, [*ends, *refusals, own])
        names = [f"DNS:{each.id}.exchange.test" for each in table]
        authority = tls.Authority(self.directory, "good")
        contexts[own.name] = tls.Authority(self.directory, "other").issue("unknown", names)
        port = self.server.listen(context=authority.issue("server", names), is_proxy=True)
        self.proxied(table, port, "https", f'ca_file = "{authority.certificate}"\n')
        self.first_resyncs_are_over()
        used = self.fail_and_recover_twice()
        self.check_promises()
        row(f"{len(ends + refusals) + 1} faults of proxies x {len(KINDS)} kinds, twice",
            str(len(table)), f"{self.judge.answers} answers right; {used}")


if __name__ == "__main__":
    unittest.main()
