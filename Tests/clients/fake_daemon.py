"""A socket that answers as a test wants it: what the real daemon never does."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Answer = Callable[[dict[str, Any]], list[str | bytes] | None]
"""The lines to send for a request, text or bytes; None: close the connection."""

TURNED_AWAY = (
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32005,'
    '"message":"8 clients are connected, which is socket.max_clients"}}'
)


class FakeDaemon:
    """is_full: by the number of a connection, from 1 on, whether it is one too many: it is told so
    and closed, with nothing read."""

    def __init__(
        self, path: Path, answer: Answer, is_full: Callable[[int], bool] = lambda _: False
    ) -> None:
        self.connections = 0
        self._answer = answer
        self.is_full = is_full
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.is_full(self.connections):
                with connection:
                    connection.sendall(TURNED_AWAY.encode() + b"\n")
                continue
            self._open.append(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            try:
                for line in lines:
                    answers = self._answer(json.loads(line))
                    if answers is None:
                        connection.shutdown(socket.SHUT_RDWR)
                        return
                    for each in answers:
                        data = each.encode() if isinstance(each, str) else each
                        connection.sendall(data + b"\n")
            except OSError:
                return

    def cut_off(self) -> None:
        """Ends all connections."""
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join(10)
        self.cut_off()
        for thread in self._threads[1:]:
            thread.join(10)
