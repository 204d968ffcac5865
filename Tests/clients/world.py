"""Simulated exchanges whose clocks are off by so much, a daemon, and many threads that ask it."""

from __future__ import annotations

import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from support import BUILD, Daemon, Simulator

import harness  # isort: skip  (support sets its path)

OFFSETS_S = (-30, -10, -3, 3, 10, 30)
"""How far the clocks of the exchanges are ahead of this host's."""

REQUESTS = int(os.environ.get("EXCHANGE_CLOCK_CLIENT_REQUESTS", "100"))
"""That each client sends to each exchange, over all offsets together, at least."""

PER_OFFSET = -(-REQUESTS // len(OFFSETS_S))
THREADS = 8
PATH = {"forward_jitter_ms": 3, "return_jitter_ms": 3}


@dataclass(frozen=True)
class Count:
    """What an exchange has accepted and refused."""

    accepted: int
    refused: int


class World:
    """For the length of a `with`: the exchanges, each with its clock ahead by so many seconds."""

    def __init__(self, ahead_s: Mapping[str, float]) -> None:
        self._ahead_s = ahead_s
        self._stack = ExitStack()
        self._local = threading.local()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            directory = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
            exchanges = {
                id: PATH | {"offset_ms": 1000 * ahead} for id, ahead in self._ahead_s.items()}
            self.simulator = stack.enter_context(Simulator(BUILD, directory, exchanges))
            self.daemon = stack.enter_context(Daemon(BUILD, directory, self.simulator.urls))
            self.daemon.wait_until_synchronized(60)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def stamp_us(self, id: str, **params: Any) -> int:
        """The daemon's stamp."""
        return int(self.ask("stamp", exchange=id, **params)["unix_us"])

    def ask(self, method: str, **params: Any) -> Any:
        """The daemon's answer, over a connection of the calling thread."""
        if not hasattr(self._local, "stream"):
            self._local.stream = harness.connect(self.daemon.socket)
        return harness.ask(self._local.stream, method, **params)

    def url(self, id: str) -> str:
        return self.simulator.urls[id]

    def urls(self, id: str) -> Callable[[Any], Any]:
        """Makes a table of URLs one of the simulated exchange."""
        return lambda table: pointed_at(self.url(id), table)

    def count(self, id: str) -> Count:
        counters = self.simulator.look(id)["counters"]
        return Count(counters["signed_accepted"], counters["signed_rejected"])


LONGEST_UPLINK_S = 1.0
"""What the daemon's guarantee covers, from stamping to the exchange's judgement."""


def repeat(
    call: Callable[[], Any], number: int, refusal: type[Exception] | tuple[type[Exception], ...]
) -> tuple[list[Exception], int]:
    """Calls so many times; what was raised, and how often a call was repeated.

    A call is repeated where it was refused after so long that no stamp would have done: that is for
    the machine to answer for, not for the clock.
    """
    errors: list[Exception] = []
    stalls = 0
    done = 0
    while done < number:
        began = time.monotonic()
        try:
            call()
        except refusal as error:
            if time.monotonic() - began > LONGEST_UPLINK_S and stalls < number:
                stalls += 1
                continue
            errors.append(error)
        done += 1
    return errors, stalls


def pointed_at(url: str, urls: Any) -> Any:
    """A table of URLs with another scheme and host in each."""
    if isinstance(urls, dict):
        return {key: pointed_at(url, each) for key, each in urls.items()}
    return re.sub(r"^https?://[^/]+", url, urls) if isinstance(urls, str) else urls


def in_threads(work: Callable[[str], None], ids: list[str]) -> None:
    """Does the work for each exchange, some at a time; raises what the first one raised."""
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(work, ids):
            pass
