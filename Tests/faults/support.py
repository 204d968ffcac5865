"""Where the fault tests find things: the harness of the demo, and what the client tests share."""

from __future__ import annotations

import importlib.util
import os
import resource
import socket
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
    "BUILD", "ROOT", "ConfiguredDaemon", "Daemon", "Failure", "Program", "RPCError", "Simulator",
    "ask", "connect", "note", "note_skip", "open_files", "resident_kib", "row", "threads",
    "wait_until",
]

# Servers and clients of many connections run within the test's own process.
_, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _most))


class ConfiguredDaemon(Daemon):
    """A daemon with a configuration of the test's own."""

    def __init__(
        self,
        directory: Path,
        config: str,
        arguments: tuple[str, ...] = (),
        wrapper: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
    ) -> None:
        self.socket = directory / "exchange-clock.sock"
        file = directory / "exchange-clock.toml"
        file.write_text(config)
        Program.__init__(
            self, BUILD, "exchange-clockd",
            ["--config", str(file), "--socket", str(self.socket), *arguments], directory,
            wrapper=wrapper, environment=environment or {})
        self._stream = None

    def offsets(self) -> dict[str, dict]:
        return {each["exchange"]: each for each in self.ask("offsets")}

    def demand_resyncs(self) -> None:
        """Of all exchanges, without waiting for the slowest."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            connection.sendall(b'{"jsonrpc":"2.0","method":"resync"}\n')

    def kill(self) -> None:
        """As a power cut would; the harness has nothing left to end."""
        self.process.kill()
        self.process.wait()


def resident_kib(pid: int) -> int:
    return _status(pid, "VmRSS")


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
