"""Exchanges that go wrong, byte by byte: one HTTP server, one loopback address for each exchange.

An address is one cell of the table kinds x faults. The clock of the exchange there is this host's
and what it is ahead. Everything is counted by address, with the time, so that a test can tell
whether the daemon kept its budget.
"""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import random
import socket
import ssl
import struct
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

from host_clock import HostClock
from kinds import Answer, Kind, http_date

Act = Callable[["Exchange"], Awaitable[None]]


class Done(Exception):
    """The connection is over."""


class ThisHost:
    """The clocks of this host; `HostClock` has others."""

    def true_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


@dataclass
class Cell:
    """One exchange: what kind it is, what is wrong with it, and by how much its clock is ahead."""

    id: str
    kind: Kind
    act: Act | None
    ahead_ns: int
    address: str = ""
    is_faulty: bool = False
    faulty_since_ns: int = 0
    requests: list[float] = field(default_factory=list)
    connections: list[float] = field(default_factory=list)
    clock: ThisHost | HostClock = field(default_factory=ThisHost)
    served: int = 0
    """Requests since the fault was switched on."""

    def now_ns(self) -> int:
        return self.clock.true_ns() + self.ahead_ns

    def most_in_a_minute(self, late_s: float) -> int:
        """Requests, or connections, within the worst minute, as the exchange sees them.

        late_s: how much longer one may take to arrive than another.
        """
        return max(
            most_in_a_minute(each, late_s) for each in (self.requests, self.connections))


def most_in_a_minute(times: list[float], late_s: float) -> int:
    """times: in seconds, in any order."""
    times = sorted(times)
    return max(
        (i + 1 - bisect.bisect_left(times, each - 60 + late_s) for i, each in enumerate(times)),
        default=0)


class Exchange:
    """One connection of the daemon to a cell."""

    def __init__(
        self, cell: Cell, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.cell, self.reader, self.writer = cell, reader, writer

    async def read_request(self) -> None:
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            raise Done from None
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await self.reader.readexactly(int(line.split(b":")[1]))
        self.cell.requests.append(self.cell.clock.monotonic_ns() / 1e9)
        self.cell.served += 1

    async def send(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))
        # Within TLS it may return at once for ever, and nobody gets to tell that the other end has
        # gone.
        await asyncio.sleep(0)
        await self.writer.drain()

    async def drip(self, data: bytes, pause_s: float, at_once: int) -> None:
        for index in range(0, len(data), at_once):
            await self.send(data[index : index + at_once])
            await asyncio.sleep(pause_s)

    async def silence(self) -> None:
        """Until the other end gives up."""
        while await self.reader.read(65536):
            pass
        raise Done

    def close(self) -> None:
        raise Done

    def reset(self) -> None:
        """Ends the connection with RST, whatever is unread."""
        with contextlib.suppress(OSError):
            self.writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise Done

    def answer(self, ns: int | None = None) -> Answer:
        return self.cell.kind.render(self.cell.now_ns() if ns is None else ns)

    def head(
        self, answer: Answer, status: str = "200 OK", length: str | None = "",
        headers: tuple[str, ...] = (),
    ) -> bytes:
        """Status line and headers; length: of the body by default, none for None."""
        own = {"Date": http_date(self.cell.now_ns()), "Content-Type": "application/json"}
        lines = [f"HTTP/1.1 {status}"]
        lines += [f"{name}: {value}" for name, value in (own | answer.headers).items()]
        lines += headers
        if length is not None:
            lines.append(f"Content-Length: {length or len(answer.body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def reply(
        self, answer: Answer | None = None, status: str = "200 OK", headers: tuple[str, ...] = ()
    ) -> None:
        answer = answer or self.answer()
        await self.send(self.head(answer, status, headers=headers), answer.body)

    async def serve(self) -> None:
        while True:
            if self.cell.is_faulty and self.cell.act is not None:
                await self.cell.act(self)
            else:
                await self.read_request()
                await self.reply()


class FaultServer:
    """Serves any number of cells in a thread of its own, for the length of a `with`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        # A part of the loopback's network that nobody else is likely to use.
        self._network = f"127.{random.randrange(16, 240)}"
        self._cells: dict[str, Cell] = {}
        self._servers: dict[tuple[str, int], asyncio.Server] = {}
        self.errors: list[BaseException] = []
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = self.listen()
        return self

    def __exit__(self, *error: object) -> None:
        async def stop() -> None:
            for server in self._servers.values():
                server.close()
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task():
                    task.cancel()
            await asyncio.sleep(0)

        self._run(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def listen(
        self, address: str = "0.0.0.0", port: int = 0, context: ssl.SSLContext | None = None,
        is_proxy: bool = False, is_within: bool = False,
    ) -> int:
        """One more port; the cells are told apart by the address all the same.

        context: who is well speaks TLS there; what is wrong begins before the handshake, or after
        it where it is within.
        is_proxy: it is asked for a way to the exchange before.
        """

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._connected(reader, writer, context, is_proxy, is_within)

        async def start() -> asyncio.Server:
            return await asyncio.start_server(
                connected, address, port, backlog=4096, limit=1 << 20)

        server = self._run(start())
        number = int(server.sockets[0].getsockname()[1])
        self._servers[address, number] = server
        return number

    def stop_listening(self, address: str, port: int) -> None:
        async def stop() -> None:
            self._servers.pop((address, port)).close()

        self._run(stop())

    def cell(self, kind: Kind, name: str, act: Act | None, ahead_ns: int) -> Cell:
        number = len(self._cells) + 1
        cell = Cell(
            f"{kind.name}-{name}", kind, act, ahead_ns,
            f"{self._network}.{number // 250}.{number % 250 + 1}")
        self._cells[cell.address] = cell
        return cell

    def switch(self, cells: list[Cell], is_faulty: bool) -> None:
        """From the next request on; connections that stand are ended by the daemon."""

        async def change() -> None:
            for cell in cells:
                cell.is_faulty, cell.faulty_since_ns = is_faulty, cell.now_ns()
                cell.served = 0

        self._run(change())

    def _run(self, what: Awaitable[object]):  # type: ignore[no-untyped-def]
        async def awaited() -> object:
            return await what

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result(30)

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
        context: ssl.SSLContext | None, is_proxy: bool, is_within: bool,
    ) -> None:
        cell = self._cells.get(writer.get_extra_info("sockname")[0])
        try:
            if cell is not None:
                cell.connections.append(cell.clock.monotonic_ns() / 1e9)
                exchange = Exchange(cell, reader, writer)
                if context is not None and (is_within or not (cell.is_faulty and cell.act)):
                    if is_proxy:
                        await reader.readuntil(b"\r\n\r\n")
                        await exchange.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    await writer.start_tls(context)
                await exchange.serve()
        except (Done, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        except Exception as error:  # A fault that the table did not mean.
            self.errors.append(error)
        finally:
            with contextlib.suppress(Exception):
                writer.close()
