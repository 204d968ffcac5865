"""A table of exchanges with a fault each, a daemon that follows all of them, and its judge."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from fault_server import Cell, FaultServer
from faults import OK, Fault
from kinds import KINDS, MS, S, Kind
from support import FULL, ConfiguredDaemon, RPCError, ask, connect

SETTINGS = """\
interval = "{interval}"
timeout = "{timeout}"
max_error = "5s"
"""

SHORT = """\
[backoff]
initial = "500ms"
max = "2s"
"""
"""So that a test need not wait for the five minutes of the daemon's own."""

RULE = """\
window_kind = "adjustable"
window_param = "recvWindow"
window = "5s"
future_tolerance = "1s"
"""

WINDOW_NS, TOLERANCE_NS, UPLINK_NS = 5 * S, 1 * S, 1 * S


@dataclass
class Row:
    """One kind of exchange with one fault."""

    cell: Cell
    fault: Fault | None
    expected: str
    """What the reason says while the fault is on; OK where it does no harm."""
    is_settled: bool = False
    """The daemon has had the time to see that the fault is on, or over."""

    @property
    def id(self) -> str:
        return self.cell.id

    @property
    def name(self) -> str:
        return f"{self.cell.kind.name}: {self.fault.name if self.fault else 'no fault'}"

    def truths_ns(self) -> list[int]:
        """Where the clock is ahead of this host's; where it was and is until that is settled."""
        faulty = self.fault.truths_ns if self.fault else (0,)
        shifts = (0, *faulty) if not self.is_settled else faulty if self.cell.is_faulty else (0,)
        return [self.cell.ahead_ns + each for each in shifts]

    def is_held(self, offset: dict) -> bool:
        """The bounds hold the truth."""
        return offset["lower_ns"] is not None and any(
            offset["lower_ns"] <= truth <= offset["upper_ns"] for truth in self.truths_ns())


def rows(
    server: FaultServer, faults: list[Fault], kinds: tuple[Kind, ...] = KINDS, whole: bool = FULL
) -> list[Row]:
    """Every fault for every kind that can have it, and one exchange of each kind without any.

    whole: else every fault for two or three of many kinds only.
    """
    table = []
    for place, kind in enumerate(kinds):
        for number, fault in enumerate([None, *faults]):
            if fault and not whole and len(kinds) > 4 and (place + number) % 4:
                continue
            expected = fault.expected(kind) if fault else OK
            if expected is None and not (fault and fault.in_body is None is fault.in_header):
                continue
            # Each clock is another one, and none is this host's.
            ahead = (number % 11 - 5) * 700 * MS + 123 * MS
            act = fault.act if fault else None
            cell = server.cell(kind, f"{number:03d}", act, ahead)
            table.append(Row(cell, fault, OK if expected is None else expected))
    return table


def config(
    table: list[Row], port: int, timeout: str = "1s", scheme: str = "http", extra: str = "",
    backoff: str = SHORT, interval: str = "1h",
) -> str:
    return SETTINGS.format(timeout=timeout, interval=interval) + backoff + "".join(
        f'[exchanges.{row.id}]\nurl = "{scheme}://{row.cell.address}:{port}/time"\n'
        f"{row.cell.kind.toml}\n{RULE}{extra}\n"
        for row in table)


class Judge:
    """Asks the daemon all the time, and holds each answer against the truth."""

    def __init__(self, daemon: ConfiguredDaemon, table: list[Row]) -> None:
        self._stream = connect(daemon.socket)
        self._rows = {row.id: row for row in table}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.wrong: list[str] = []
        self.answers = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Judge:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        self._stream.close()

    def _run(self) -> None:
        while not self._stop.wait(0.3):
            try:
                self.look()
            except (OSError, ValueError) as error:
                if not self._stop.is_set():
                    self.wrong.append(f"the daemon does not answer: {error!r}")
                return

    def look(self) -> None:
        with self._lock:
            for each in ask(self._stream, "offsets"):
                self.judge(each)

    def judge(self, offset: dict) -> None:
        row = self._rows.get(offset["exchange"])
        if row is None:
            return
        self.answers += 1
        usable = offset["state"] in ("synchronized", "holdover")
        if usable != (offset["lower_ns"] is not None):
            self.wrong.append(f"{row.name}: {offset['state']} with bounds {offset['lower_ns']}")
        elif usable and not row.is_held(offset):
            self.wrong.append(
                f"{row.name}: {offset['state']}, the truth {row.truths_ns()} is outside"
                f" {offset['lower_ns']}..{offset['upper_ns']} ({offset['reason']})")

    def settle(self, table: list[Row], is_settled: bool) -> None:
        """What was asked for before is not held against what is so from now on."""
        with self._lock:
            for row in table:
                row.is_settled = is_settled

    def check_stamps(self) -> list[str]:
        """Whose stamps are guaranteed; each of those is held against the exchange's own rule."""
        guaranteed = []
        with self._lock:
            for row in self._rows.values():
                before = row.cell.clock.true_ns()
                try:
                    stamp = ask(self._stream, "stamp", exchange=row.id)
                except RPCError:
                    continue
                after = row.cell.clock.true_ns()
                if not stamp["guaranteed"]:
                    continue
                guaranteed.append(row.id)
                ns = 1000 * stamp["unix_us"]
                if not any(
                    ns < before + truth + TOLERANCE_NS
                    and after + truth + UPLINK_NS - (after - before) - ns <= WINDOW_NS
                    for truth in row.truths_ns()
                ):
                    self.wrong.append(f"{row.name}: a guaranteed stamp would be refused: {stamp}")
        return guaranteed


def mismatches(offsets: dict[str, dict], table: list[Row], state: str = "holdover") -> list[str]:
    """Rows that are not as their fault should have them."""
    found = []
    for row in table:
        offset = offsets[row.id]
        says = f"{offset['state']} ({offset['reason']})"
        if row.expected == OK:
            if offset["state"] != "synchronized":
                found.append(f"{row.name}: {says}, not synchronized")
        elif offset["state"] != state or not re.search(row.expected, offset["reason"]):
            found.append(f"{row.name}: {says}, not {state} ({row.expected})")
    return found


def succeeded(offset: dict) -> int:
    """Resyncs since the start."""
    return sum(offset["resyncs_by"].values()) - offset["resyncs_failed"]


def written(path: Path) -> str:
    return path.read_text(errors="replace")


def batch(daemon: ConfiguredDaemon, method: str, ids: list[str]) -> dict[str, dict]:
    """The answer or the error of one method for each exchange."""
    answers: dict[str, dict] = {}
    stream = connect(daemon.socket)
    try:
        most = 8 if method == "resync" else 200
        for first in range(0, len(ids), most):
            part = ids[first : first + most]
            lines = [
                {"jsonrpc": "2.0", "id": id, "method": method, "params": {"exchange": id}}
                for id in part]
            stream.write(json.dumps(lines).encode() + b"\n")
            stream.flush()
            answers |= {each["id"]: each for each in json.loads(stream.readline())}
    finally:
        stream.close()
    return answers
