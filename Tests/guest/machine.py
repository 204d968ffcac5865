"""A virtual machine whose clock may be moved as one likes: this host's clock is never touched."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from image import COMMAND_PORT, DAEMON_PORT, PAGE_PORT
from support import Failure, wait_until

ACCELERATOR = os.environ.get("EXCHANGE_CLOCK_GUEST_ACCEL", "tcg")
BOOT_SECONDS = 120


class Machine:
    """One guest under qemu; it ends with the block.

    rtc: what qemu's `-rtc` takes. The default is a hardware clock that follows the host's, also
    while the guest is paused.
    """

    def __init__(
        self, packages: Path, image: Path, directory: Path, rtc: str = "base=utc,clock=host"
    ) -> None:
        self._console = directory / "console.log"
        self._monitor_path = directory / "qmp.sock"
        errors = directory / "qemu.stderr"
        forwards = "".join(
            f",hostfwd=tcp:127.0.0.1:0-10.0.2.15:{port}" for port in (DAEMON_PORT, PAGE_PORT, COMMAND_PORT)
        )
        arguments = [
            # It ends with this process, too, however that is ended.
            "setpriv", "--pdeathsig", "TERM",
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot",
            "-display", "none", "-machine", f"pc,accel={ACCELERATOR}", "-m", "384",
            "-kernel", str(next(packages.glob("boot/vmlinuz-*"))), "-initrd", str(image),
            "-append", "console=ttyS0 panic=-1 quiet",
            "-serial", f"file:{self._console}", "-rtc", rtc,
            "-qmp", f"unix:{self._monitor_path},server=on,wait=off",
            "-netdev", f"user,id=net{forwards}", "-device", "virtio-net-pci,netdev=net,romfile=",
        ]
        with errors.open("w") as stderr:
            self._process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr,
                start_new_session=True,
            )
        try:
            wait_until(self._is_up, 20, f"qemu runs; it said: {errors.read_text().strip()}")
            self._connect_monitor()
            usernet = self.monitor(
                "human-monitor-command", **{"command-line": "info usernet"}
            )
            self._ports = {
                int(inside): int(outside)
                for outside, inside in re.findall(
                    r"HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+(\d+)", usernet
                )
            }
            wait_until(self._answers, BOOT_SECONDS, f"the guest answers; {self._console} says why")
        except BaseException:
            self.__exit__()
            raise

    def _is_up(self) -> bool:
        if self._process.poll() is not None:
            raise Failure(f"qemu ended with exit code {self._process.returncode}")
        return self._monitor_path.exists()

    def _connect_monitor(self) -> None:
        self._monitor_socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._monitor_socket.settimeout(30)

        # The path is there a moment before anybody listens.
        def is_connected() -> bool:
            self._is_up()
            return self._monitor_socket.connect_ex(str(self._monitor_path)) == 0

        wait_until(is_connected, 30, "qemu can be told something")
        self._monitor = self._monitor_socket.makefile("rwb")
        self._monitor.readline()
        self.monitor("qmp_capabilities")

    def monitor(self, command: str, **arguments: Any) -> Any:
        """One command to qemu over QMP; events that come between are passed over."""
        message = {"execute": command, "arguments": arguments}
        self._monitor.write(json.dumps(message).encode() + b"\n")
        self._monitor.flush()
        while True:
            answer = json.loads(self._monitor.readline())
            if "error" in answer:
                raise Failure(f"qemu refuses {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def wait_for_state(self, state: str) -> None:
        wait_until(
            lambda: self.monitor("query-status")["status"] == state, 30, f"the guest is {state}"
        )

    def run(self, script: str, timeout: float = 60) -> str:
        """Runs a shell script in the guest; what it wrote, errors too; a Failure where it fails."""
        with self.connection(COMMAND_PORT, timeout) as stream:
            # Ended by `exit` rather than by closing: socat waits only half a second after that.
            stream.sendall(f"(\n{script}\n) 2>&1\necho \"exit=$?\"\nexit\n".encode())
            output = b"".join(iter(lambda: stream.recv(65536), b"")).decode(errors="replace")
        text, found, code = output.rpartition("exit=")
        if not found or code.strip() != "0":
            raise Failure(f"in the guest: {script!r}: {output.strip() or 'no answer'}")
        return text.strip()

    def connection(self, port: int, timeout: float = 60) -> socket.socket:
        """A connection to a port of the guest."""
        stream = socket.create_connection(("127.0.0.1", self._ports[port]), timeout)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return stream

    def _answers(self) -> bool:
        self._is_up()
        try:
            return self.run("echo up", timeout=2) == "up"
        except (OSError, Failure):
            return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # SIGTERM ends qemu like the command `quit`, whatever state the guest is in.
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for each in ("_monitor", "_monitor_socket"):
            if hasattr(self, each):
                getattr(self, each).close()
