"""The clients of Python, Node and C, as tests call all of them."""

from __future__ import annotations

import asyncio
import atexit
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from c_programs import compile
from support import ROOT, wait_until

sys.path.insert(0, str(ROOT / "clients" / "python"))

import exchange_clock  # noqa: E402  (its path is set above)


class Blocking:
    """The blocking client, as the tests call both."""

    def __init__(self, socket: Path, **options: Any) -> None:
        self.clock = exchange_clock.connect(str(socket), **options)

    def call(self, name: str, *given: Any, **named: Any) -> Any:
        return getattr(self.clock, name)(*given, **named)

    def start(self, name: str, *given: Any) -> Future[Any]:
        """As `call`, without waiting for the answer."""
        future: Future[Any] = Future()
        threading.Thread(target=self._answer, args=(future, name, given)).start()
        return future

    def _answer(self, future: Future[Any], name: str, given: tuple[Any, ...]) -> None:
        try:
            future.set_result(self.call(name, *given))
        except BaseException as error:
            future.set_exception(error)

    def subscribe(self, *given: Any) -> Any:
        return self.clock.subscribe(*given)

    def call_at_once(self, count: int, name: str, *given: Any) -> list[Any]:
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda _: self.call(name, *given), range(count)))

    def close(self) -> None:
        self.clock.close()


class Asynchronous:
    """The client for asyncio, each call awaited in a loop of its own thread."""

    def __init__(self, socket: Path, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        try:
            self.clock = self._wait(exchange_clock.connect_async(str(socket), **options))
        except BaseException:
            self._stop()
            raise

    def _wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def call(self, name: str, *given: Any, **named: Any) -> Any:
        given = tuple(
            each.subscription if isinstance(each, BlockingIteration) else each for each in given)
        return self._wait(getattr(self.clock, name)(*given, **named))

    def start(self, name: str, *given: Any) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(getattr(self.clock, name)(*given), self._loop)

    def following(self, iterator: Any) -> Any:
        """The next of an asynchronous iterator; None at its end."""
        return asyncio.run_coroutine_threadsafe(anext(iterator, None), self._loop).result(60)

    def subscribe(self, *given: Any) -> Any:
        return BlockingIteration(self, self.call("subscribe", *given))

    def call_at_once(self, count: int, name: str, *given: Any) -> list[Any]:
        async def all_of_them() -> list[Any]:
            calls = [getattr(self.clock, name)(*given) for _ in range(count)]
            return list(await asyncio.gather(*calls))

        return list(self._wait(all_of_them()))

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def close(self) -> None:
        self._wait(self.clock.close())
        self._stop()


class BlockingIteration:
    """Over a subscription of the client for asyncio."""

    def __init__(self, client: Asynchronous, subscription: Any) -> None:
        self.subscription = subscription
        self._client = client

    def __iter__(self) -> Any:
        iterator = aiter(self.subscription)
        while (offset := self._client.following(iterator)) is not None:
            yield offset


KINDS: list[Callable[..., Any]] = [Blocking, Asynchronous]


class Told:
    """What a subscription tells, by exchange, read by a thread of its own."""

    def __init__(self, subscription: Any) -> None:
        self.subscription = subscription
        self.offsets: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        for offset in self.subscription:
            self.offsets[offset.exchange] = offset

    def wait_for(self, is_so: Callable[[dict[str, Any]], bool]) -> None:
        wait_until(lambda: is_so(dict(self.offsets)), 20, "the subscription tells it")

    def end(self, client: Any) -> None:
        client.call("unsubscribe", self.subscription)
        self._thread.join(10)
        if self._thread.is_alive():
            raise AssertionError("the iteration goes on")


class Driven:
    """A client of another language: a program that is told by lines what to ask, and answers each
    by a line of JSON. See node_driver.mjs."""

    def __init__(self, command: list[str | Path]) -> None:
        self._program = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lock = threading.Lock()
        self._answers: dict[int, Future[Any]] = {}
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        try:
            self.call("open")
        except BaseException:
            self.close()
            raise

    def _read(self) -> None:
        assert self._program.stdout is not None
        for line in self._program.stdout:
            answer = json.loads(line)
            future = self._answers.pop(answer["id"])
            if "kind" in answer:
                future.set_exception(typed_error(answer["kind"], answer["message"]))
            else:
                future.set_result(named(answer["result"]))
        for future in self._answers.values():
            future.set_exception(AssertionError("the program has ended"))

    def start(self, name: str, exchange: str = "-") -> Future[Any]:
        assert self._program.stdin is not None
        with self._lock:
            id = len(self._answers) and max(self._answers) + 1
            future = self._answers[id] = Future()
            self._program.stdin.write(f"{id} {name} {exchange}\n")
            self._program.stdin.flush()
        return future

    def call(self, name: str, *given: Any, **_: Any) -> Any:
        return self.start(name, *(each for each in given if isinstance(each, str))).result(60)

    def subscribe(self, *_: Any) -> Any:
        self.call("subscribe")
        return DrivenIteration(self)

    def close(self) -> None:
        assert self._program.stdin is not None and self._program.stdout is not None
        self._program.stdin.close()
        try:
            self._program.wait(10)
        finally:
            self._program.kill()
            self._program.wait()
            self._thread.join(10)
            self._program.stdout.close()


class DrivenIteration:
    def __init__(self, client: Driven) -> None:
        self._client = client

    def __iter__(self) -> Any:
        while (offset := self._client.call("next")) is not None:
            yield offset


def named(result: Any) -> Any:
    return SimpleNamespace(**result) if isinstance(result, dict) else result


def typed_error(kind: str, message: str) -> Exception:
    """As the Python client has it; another kind is none that a client may let out."""
    kinds = [exchange_clock.ExchangeClockError]
    for each in kinds:
        kinds += each.__subclasses__()
        if each.kind == kind:
            return each(message)
    return AssertionError(f"{kind}: {message}")


def node_client(socket: Path, timeout: float = 5, **_: Any) -> Driven:
    return Driven(["node", Path(__file__).parent / "node_driver.mjs", socket, str(timeout * 1000)])


@lru_cache(maxsize=None)
def c_program() -> Path:
    directory = tempfile.mkdtemp(prefix="exchange-clock-")
    atexit.register(shutil.rmtree, directory)
    return compile("ask.c", Path(directory))


def c_client(socket: Path, timeout: float = 5, **_: Any) -> Driven:
    return Driven([c_program(), socket, str(int(timeout * 1000))])
