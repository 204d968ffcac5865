"""Asks the guest's daemon without end, from a thread, and judges every answer: by its socket, and by
a program in the guest that reads its page."""

from __future__ import annotations

import bisect
import contextlib
import itertools
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from image import DAEMON_PORT, PAGE_PORT
from machine import Machine
from support import Failure
from truth import Truth, raw_us

PAUSE = 0.01
"""Seconds between an answer and the next question: some 50 questions a second."""


PORTS = (DAEMON_PORT, PAGE_PORT)


def request(number: int, method: str, id: str, port: int) -> str:
    """The line that asks at that port."""
    if port == PAGE_PORT:
        return f"{number} {method} {id}"
    params = {"exchange": id}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


@dataclass(frozen=True)
class Answer:
    """sent, received: `raw_us` before the request was sent and after its answer had come."""

    sent: int
    received: int
    fault: str | None
    """How a time that was given is wrong."""
    refusal: str | None
    """Why none was given: the state."""
    is_page: bool = False
    """Read from the page."""


class Watch:
    """Ends with the block. An answer that is neither a time nor a refusal with a reason ends it
    too, and whoever looks next is told."""

    def __init__(self, machine: Machine, truths: Mapping[str, Truth], stamped: set[str]) -> None:
        self._machine = machine
        self.patience = 60.0
        """Seconds until a question is given up and another connection made."""
        self._truths = truths
        questions = [("now", id) for id in truths] + [("stamp", id) for id in sorted(stamped)]
        self._questions = [(*each, port) for each in questions for port in PORTS]
        self.sending = threading.Lock()
        """Whoever holds it sees no question sent."""
        self._answers: list[Answer] = []
        self._broken: Exception | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch")
        self._thread.start()

    def since(self, instant: int) -> list[Answer]:
        """The answers that came at or after a `raw_us`, in order."""
        if self._broken is not None:
            raise self._broken
        first = bisect.bisect_left(self._answers, instant, key=lambda each: each.received)
        return self._answers[first:]

    def _run(self) -> None:
        questions = enumerate(itertools.cycle(self._questions))
        try:
            while not self._is_over.is_set():
                with contextlib.ExitStack() as stack:
                    connections = {
                        port: stack.enter_context(self._machine.connection(port)) for port in PORTS
                    }
                    # A question without an answer tells nobody anything wrong.
                    with contextlib.suppress(TimeoutError):
                        self._ask_all(questions, connections)
        except Exception as error:  # Told to whoever looks at the answers.
            self._broken = error

    def _ask_all(
        self, questions: Iterator[tuple[int, tuple[str, str, int]]],
        connections: Mapping[int, socket.socket],
    ) -> None:
        with contextlib.ExitStack() as stack:
            streams = {
                port: stack.enter_context(connection.makefile("rwb"))
                for port, connection in connections.items()
            }
            for number, (method, id, port) in questions:
                if self._is_over.wait(PAUSE):
                    return
                connections[port].settimeout(self.patience)
                with self.sending:
                    sent = raw_us()
                    streams[port].write(request(number, method, id, port).encode() + b"\n")
                    streams[port].flush()
                line = streams[port].readline()
                if not line:
                    raise Failure(f"port {port} of the guest has closed a connection")
                answer = json.loads(line)
                self._answers.append(self._judged(id, sent, raw_us(), answer))

    def _judged(self, id: str, sent: int, received: int, answer: dict[str, Any]) -> Answer:
        if "result" in answer:
            # What the C program reads of the page, it says.
            is_page = answer.get("page") == "ok"
            result = answer["result"].get("now", answer["result"])
            fault = self._truths[id].fault(result, sent, received)
            by = "the page" if is_page else "the daemon"
            return Answer(sent, received, fault and f"{id} by {by}: {fault}", None, is_page)
        data = answer["error"].get("data", {}) if "error" in answer else answer
        kind = answer["error"]["code"] if "error" in answer else answer["kind"]
        if kind not in (-32001, "not_synchronized") or not data.get("state"):
            raise AssertionError(f"neither a time nor a reason why there is none: {answer}")
        return Answer(sent, received, None, data["state"])

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
