"""A host's clocks as a test wants them: set, and faster."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
import time
from pathlib import Path

S = 1_000_000_000
SOURCE = Path(__file__).parent.parent / "preload" / "host_clock.c"


class HostClock:
    """The clocks of programs that are started with `environment`, and of whoever asks this."""

    def __init__(self, directory: Path) -> None:
        self._library = directory / "host_clock.so"
        compiler = shutil.which("cc") or shutil.which("clang")
        assert compiler is not None, "a Swift toolchain has clang"
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror",
             str(SOURCE), "-o", str(self._library)], check=True)
        self._path = directory / "host_clock"
        self._path.write_bytes(bytes(4096))
        with self._path.open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), 4096)
        self._count = 0
        self._since = self._ahead = self._shift = 0
        self._rate = 1
        # To the nanosecond, whoever sets this host's clock meanwhile.
        self._distance = time.time_ns() - time.monotonic_ns()
        self._write()

    @property
    def environment(self) -> dict[str, str]:
        # The hardware clock goes at its own rate; a machine has none at this path.
        return {
            "LD_PRELOAD": str(self._library), "HOST_CLOCK": str(self._path),
            "EXCHANGE_CLOCK_RTC": str(self._path.parent / "no-hardware-clock")}

    def set(self, seconds: float) -> None:
        """CLOCK_REALTIME, to so much ahead of this host's."""
        self._shift = round(seconds * S)
        self._write()

    def run(self, rate: int) -> None:
        """All clocks, so much faster than this host's from now on."""
        now = time.monotonic_ns()
        self._ahead += (now - self._since) * (self._rate - 1) if self._since else 0
        self._since, self._rate = now, rate
        self._write()

    def monotonic_ns(self) -> int:
        now = time.monotonic_ns()
        return now + self._ahead + (now - self._since) * (self._rate - 1)

    def true_ns(self) -> int:
        """What CLOCK_REALTIME shows where nobody has set it."""
        return self.monotonic_ns() + self._distance

    def _write(self) -> None:
        self._count += 1
        struct.pack_into("@Q", self._page, 0, self._count)
        struct.pack_into("@4q", self._page, 8, self._since, self._ahead, self._rate, self._shift)
        self._count += 1
        struct.pack_into("@Q", self._page, 0, self._count)
