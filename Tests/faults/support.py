"""Where the fault tests find things: the harness of the demo, and what the client tests share."""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# Of the same name as this file, so it is not imported by its name.
_spec = importlib.util.spec_from_file_location(
    "clients_support", ROOT / "Tests/clients/support.py")
assert _spec is not None and _spec.loader is not None
_clients = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_clients)
BUILD, note, note_skip = _clients.BUILD, _clients.note, _clients.note_skip

from harness import (  # noqa: E402  (its path is set above)
    Daemon, Failure, Program, RPCError, Simulator, ask, connect, wait_until)

__all__ = [
    "BUILD", "FULL", "MOUNT", "ROOT", "ConfiguredDaemon", "Daemon", "Failure", "Program",
    "RPCError", "Simulator", "ask", "connect", "forget_peak", "note", "note_skip", "open_files",
    "peak_kib", "resident_kib", "row", "threads", "wait_until",
]

FULL = os.environ.get("FAULTS") == "full"
"""Every fault with every kind of exchange, for longer, rather than a choice of them."""

# Servers and clients of many connections run within the test's own process.
_, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _most))


def _may_mount() -> bool:
    """A mount namespace, and port 53 of the loopback, belong to root."""
    what = "faults of disks, of the journal and of name servers"
    if os.geteuid() != 0:
        note_skip(f"{what}: a mount namespace needs root")
        return False
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
        note_skip(f"{what}: unshare --mount is not allowed here")
        return False
    return True


MOUNT = _may_mount()


class ConfiguredDaemon(Daemon):
    """A daemon with a configuration of the test's own."""

    def __init__(
        self,
        directory: Path,
        config: str,
        arguments: tuple[str, ...] = (),
        wrapper: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
        socket: Path | None = None,
    ) -> None:
        self.socket = socket or directory / "exchange-clock.sock"
        file = directory / "exchange-clock.toml"
        file.write_text(config)
        Program.__init__(
            self, BUILD, "exchange-clockd",
            ["--config", str(file), "--socket", str(self.socket), *arguments], directory,
            wrapper=wrapper, environment=environment or {})
        self._stream = None

    def offsets(self) -> dict[str, dict]:
        return {each["exchange"]: each for each in self.ask("offsets")}

    def demand_resyncs(self, ids: list[str] | None = None) -> None:
        """Of these exchanges or all, without waiting for the slowest."""
        wanted = [{}] if ids is None else [{"exchange": id} for id in ids]
        # Who has gone is not waited for either: the second would wait for the first.
        for first in range(0, len(wanted), 8):
            batch = [
                {"jsonrpc": "2.0", "method": "resync", "params": each}
                for each in wanted[first : first + 8]]
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self.socket))
                connection.sendall(json.dumps(batch).encode() + b"\n")

    def reconnect(self) -> None:
        """Asks over another connection from now on."""
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def kill(self) -> None:
        """As a power cut would; the harness has nothing left to end."""
        self.reconnect()
        self.process.kill()
        self.process.wait()


def resident_kib(pid: int) -> int:
    return _status(pid, "VmRSS")


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_kib(pid: int) -> int:
    """The most that was resident since `forget_peak`."""
    return _status(pid, "VmHWM")


def threads(pid: int) -> int:
    return _status(pid, "Threads")


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise Failure(f"/proc/{pid}/status has no {name}")


def open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def row(fault: str, count: str, seen: str) -> None:
    """A row of docs/reliability.md as this run would write it."""
    print(f"    | {fault} | {count} | {seen} |", file=sys.stderr, flush=True)
