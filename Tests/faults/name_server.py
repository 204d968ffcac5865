"""A name server on one loopback address that fails as names ask for it, and a daemon that uses it.

A name is `CELL.FAULT.test`: the cell's address, unless the fault, while it is on, says otherwise.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

A, AAAA = 1, 28
NXDOMAIN, SERVFAIL, REFUSED = 3, 2, 5
NOBODY = "127.255.255.254"
"""No cell is at this address."""


class NameServer:
    """Answers over UDP, for the length of a `with`."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._addresses = addresses
        self.is_faulty = False
        self.asked: dict[str, list[float]] = {}
        """When the address of each name was asked for, in seconds."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.address = f"127.{random.randrange(240, 254)}.{random.randrange(1, 250)}.53"
        self._socket.bind((self.address, 53))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._stopping = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (self.address, 53))
        self._thread.join()
        self._socket.close()

    def move(self, name: str, address: str) -> None:
        """Where the name is from the next question on."""
        self._addresses[name] = address

    def wrapper(self, directory: Path, options: str) -> tuple[str, ...]:
        """A command that starts a program to which this is the only name server."""
        file = directory / "resolv.conf"
        file.write_text(f"nameserver {self.address}\noptions {options}\n")
        return (
            "unshare", "--mount", "sh", "-c",
            'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(file))

    def _run(self) -> None:
        while True:
            query, client = self._socket.recvfrom(2048)
            if self._stopping:
                return
            try:
                self._answer(query, client)
            except (IndexError, struct.error, OSError):
                continue

    def _answer(self, query: bytes, client: tuple[str, int]) -> None:
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack("!H", query[at + 1 : at + 3])[0]
        question = query[12 : at + 5]
        if kind == A:
            self.asked.setdefault(labels[0], []).append(time.monotonic())
        address = self._addresses.get(labels[0])
        fault = labels[1] if self.is_faulty and len(labels) > 1 else ""

        def reply(*records: bytes, code: int = 0, id: bytes = query[:2], flags: int = 0x8180
                  ) -> None:
            head = id + struct.pack("!HHHHH", flags | code, 1, len(records), 0, 0)
            self._socket.sendto(head + question + b"".join(records), client)

        def record(data: str) -> bytes:
            family, number = (socket.AF_INET6, AAAA) if ":" in data else (socket.AF_INET, A)
            packed = socket.inet_pton(family, data)
            return struct.pack("!HHHIH", 0xC00C, number, 1, 0, len(packed)) + packed

        def good() -> None:
            if address is None:
                reply(code=NXDOMAIN)
            else:
                reply(*([record(address)] if kind == A else []))

        def later(seconds: float) -> None:
            timer = threading.Timer(seconds, good)
            timer.daemon = True
            timer.start()

        faults: dict[str, Callable[[], None]] = {
            "nxdomain": lambda: reply(code=NXDOMAIN),
            "servfail": lambda: reply(code=SERVFAIL),
            "refused": lambda: reply(code=REFUSED),
            "silent": lambda: None,
            "empty": lambda: reply(),
            "slow": lambda: later(0.2),
            "late": lambda: later(4),
            "garbage": lambda: self._socket.sendto(query[:2] + b"\xff" * 40, client) and None,
            "otherid": lambda: reply(
                record(address or "127.0.0.1"), id=bytes([query[0] ^ 1, query[1]])),
            "elsewhere": lambda: reply(*([record(NOBODY)] if kind == A else [])),
            # 100::/64 is discarded wherever it is routed (RFC 6666); here it is unreachable.
            "brokenv6": lambda: reply(record("100::1")) if kind == AAAA else good(),
            "onlyv6": lambda: reply(*([record("100::1")] if kind == AAAA else [])),
        }
        faults.get(fault, good)()
