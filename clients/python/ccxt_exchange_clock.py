"""Lets ccxt sign with the exchange's time, as the daemon exchange-clockd knows it.

    import ccxt
    import ccxt_exchange_clock

    exchange = ccxt.binance({"apiKey": "...", "secret": "..."})
    ccxt_exchange_clock.attach(exchange)

Works for every exchange of ccxt that the daemon follows, blocking (`ccxt`) and for asyncio
(`ccxt.async_support`), with no change to ccxt: `attach` replaces methods of that one instance.

**Time.** ccxt signs in `sign`, and takes the time from `milliseconds`, `seconds`, `microseconds` and
`nonce`. While a request is signed these tell the exchange's time; at all other moments (rate limits,
caches) they tell local time as ever. What they tell depends on how the exchange judges:

- a window around its clock: the stamp of the daemon, which is never ahead;
- an instant of expiry, which ccxt adds a lifetime for: the latest time the exchange may have;
- a nonce that must grow: `nonce` is the daemon's, which grows across all bots of this host;
- anything else: the earliest time the exchange may have.

ccxt's own correction (`adjustForTimeDifference`) is switched off, as it would correct twice. With the
shared page that takes some microseconds; where only the socket can tell (nonces), it takes some
hundred, for which an event loop waits too.

**Refusals.** A request that is refused for its timestamp or nonce is reported to the daemon, which
resyncs where the exchange's clock is to blame; then the request is signed anew and sent once more,
whatever it was: an order too. That is safe. A timestamp is looked at before what it signs is carried
out, and the exchange itself has said that it refused: nothing was executed, so that nothing happens
twice. Refused for its timestamp is what ccxt calls `InvalidNonce`, and what the daemon knows for such
by the exchange's own codes and words, as ccxt has no class of its own for many of them. Nothing else
is ever sent again: after a timeout or a lost connection nobody knows what was executed.

**Without the daemon** requests are signed with local time, and a warning is logged (by the logger
`exchange_clock`), until it is back; with `without_clock="fail"` signing raises `ClockUnavailable`
instead, and nothing is sent.

ccxt.pro logs in to WebSockets outside `sign`: its logins are signed with local time, unless they
take it from `nonce`.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import time
from contextvars import ContextVar
from typing import Any, Callable, Dict, Generator, Iterator, Optional, Tuple, TypeVar, Union

import ccxt
import exchange_clock
from exchange_clock import AsyncExchangeClock, ExchangeClock, ExchangeClockError

__all__ = ["Attachment", "ClockUnavailable", "attach"]

T = TypeVar("T")
logger = logging.getLogger("exchange_clock")

CLOCKS_BY_API: Dict[str, Dict[str, str]] = {
    "binance": {"fapi": "binanceusdm", "dapi": "binancecoinm", "eapi": "binanceoptions"},
    "kucoin": {"futures": "kucoinfutures"},
    "htx": {"contract": "htxlinear"},
    "mexc": {"contract": "mexccontract"},
}
"""Exchanges of ccxt that talk to several hosts, each with a clock of its own: by how the name of the
API begins. Used where the daemon follows that clock too."""

_signing: ContextVar[Optional[str]] = ContextVar("signing", default=None)
"""The exchange for which the running thread or task signs; None: it does not."""

VAGUE = (ccxt.ExchangeError, ccxt.AuthenticationError, ccxt.BadRequest, ccxt.BadSymbol)
"""What ccxt also calls refused timestamps, among much else; none of their subclasses."""


class _Signature:
    """What is remembered of a signature."""

    has_time = False
    timestamp: Union[int, str, None] = None
    """The stamp that was given for it; None: it was signed with another time."""


_signature: ContextVar[Optional[_Signature]] = ContextVar("signature", default=None)
"""The last of the running thread or task."""

_REST_S = 5.0
"""How long a daemon that does not answer in time is left alone, and is told of no refusal."""

Settling = Generator[Tuple[str, Dict[str, Any]], Any, bool]
"""Gives the requests that are to be sent to the daemon, takes their results, and returns whether a
request that is signed anew may be accepted."""


class ClockUnavailable(ExchangeClockError, ccxt.NetworkError):  # type: ignore[misc]
    """Nothing is known of the exchange's time, so that nothing was signed, and nothing sent."""

    kind = "unavailable"


def attach(
    exchange: Any, *, clock: Optional[ExchangeClock] = None, id: Optional[str] = None,
    recv_window_ms: Optional[int] = None, without_clock: str = "local", retry: bool = True,
    patience_s: float = 4.0,
) -> Attachment:
    """Makes an instance of ccxt sign with the exchange's time. `detach` of what this returns undoes
    it.

    clock: the client to ask; by default one of its own, of the socket in EXCHANGE_CLOCK_SOCKET.
    id: the exchange's id in the daemon's configuration, where it is not ccxt's (a testnet).
    recv_window_ms: the window that requests ask for, where that is below the exchange's usual one.
    without_clock: "local" signs with local time while the daemon cannot tell, "fail" raises
    ClockUnavailable. retry: whether a request refused for its timestamp is signed and sent again.
    patience_s: how long a refused request may wait for what the daemon makes of its refusal, seconds.
    """
    if without_clock not in ("local", "fail"):
        raise ValueError(f'without_clock is "local" or "fail", not {without_clock!r}')
    if isinstance(getattr(exchange, "exchange_clock", None), Attachment):
        raise ValueError(f"{exchange.id} is attached already")
    return Attachment(
        exchange, clock, id or exchange.id, recv_window_ms, without_clock, retry, patience_s)


class Attachment:
    """What `attach` has changed in an instance of ccxt; also as its attribute `exchange_clock`."""

    def __init__(
        self, exchange: Any, clock: Optional[ExchangeClock], id: str,
        recv_window_ms: Optional[int], without_clock: str, retry: bool, patience_s: float,
    ) -> None:
        self.exchange = exchange
        self.id = id
        # An event loop waits as well: better local time than an order that is late.
        self.clock = clock or ExchangeClock(timeout=0.5)
        self._is_own_clock = clock is None
        self._recv_window_ms = recv_window_ms
        self._without_clock = without_clock
        self._patience_s = patience_s
        self._kinds: Dict[str, str] = {}
        self._is_lost = False
        self._silent_until = 0.0
        self._unsettling_until = 0.0

        self._sign = exchange.sign
        self._nonce = exchange.nonce
        self._milliseconds = exchange.milliseconds
        self._seconds = exchange.seconds
        self._microseconds = exchange.microseconds
        self._handle_errors = exchange.handle_errors
        self._handle_status = exchange.handle_http_status_code
        self._fetch2 = exchange.fetch2
        self._options = {
            key: exchange.options[key]
            for key in ("adjustForTimeDifference", "timeDifference") if key in exchange.options
        }
        is_async = inspect.iscoroutinefunction(exchange.fetch2)
        self._replaced: Dict[str, Any] = {
            "exchange_clock": self,
            "sign": self._signed,
            "nonce": self._told_nonce,
            "milliseconds": lambda: self._told(1_000, self._milliseconds),
            "seconds": lambda: self._told(1_000_000, self._seconds),
            "microseconds": lambda: self._told(1, self._microseconds),
            "handle_errors": self._handled,
            "handle_http_status_code": self._handled_status,
            "load_time_difference":
                self._no_time_difference_async if is_async else self._no_time_difference,
        }
        if retry:
            self._replaced["fetch2"] = self._fetched_async if is_async else self._fetched
        self._had = {
            name: exchange.__dict__[name] for name in self._replaced if name in exchange.__dict__
        }
        for name, value in self._replaced.items():
            setattr(exchange, name, value)
        for key in self._options:
            exchange.options[key] = 0 if key == "timeDifference" else False
        # So that a wrong id is told now, and not by the first order. What the daemon cannot tell
        # now is another matter: each signature asks again.
        try:
            is_known = self._kind(self.id) is not None
        except ExchangeClockError:
            is_known = True
        if not is_known:
            self.detach()
            raise exchange_clock.UnknownExchange(
                f"the daemon does not follow {self.id}; enabled:"
                f" {', '.join(sorted(self._kinds))}{self._kin()}", exchange=self.id)

    def _kin(self) -> str:
        """What an exchange that is followed has to do with one that is not: okx with myokx."""
        kin = [each.__name__ for each in type(self.exchange).__mro__ if each.__name__ in self._kinds]
        return f'; where it goes by the clock of {kin[0]}: attach(..., id="{kin[0]}")' if kin else ""

    def detach(self) -> None:
        """Gives the instance its own methods and options back."""
        for name, value in self._replaced.items():
            if self.exchange.__dict__.get(name) == value:
                delattr(self.exchange, name)
        for name, value in self._had.items():
            setattr(self.exchange, name, value)
        self.exchange.options.update(self._options)
        if self._is_own_clock:
            self.clock.close()

    # --- Time

    def _signed(self, path: str, api: Any = "public", *given: Any, **named: Any) -> Any:
        with self._signing_for(self._id_of(api)):
            _signature.set(_Signature())
            return self._sign(path, api, *given, **named)

    @contextlib.contextmanager
    def _signing_for(self, id: str) -> Iterator[None]:
        token = _signing.set(id)
        try:
            yield
        finally:
            _signing.reset(token)

    def _told(self, us_per_unit: int, local: Callable[[], int]) -> int:
        id = _signing.get()
        self._note_time()
        time_us = None if id is None else self._asked(lambda: self._time_us(id))
        return local() if time_us is None else time_us // us_per_unit

    def _told_nonce(self) -> Any:
        id = _signing.get() or self.id
        self._note_time()
        if self._kinds.get(id, "nonce") == "nonce":
            nonce = self._asked(lambda: self._nonce_of(id))
            if nonce is not None:
                return nonce
        with self._signing_for(id):
            return self._nonce()

    @staticmethod
    def _note_time() -> None:
        signature = _signature.get()
        if signature is not None:
            signature.has_time = True

    def _nonce_of(self, id: str) -> Optional[int]:
        """None where the exchange's nonce is a time."""
        if self._kind(id) != "nonce":
            return None
        nonce = str(self.clock.stamp(id).timestamp)
        if not (nonce.isascii() and nonce.isdigit()):
            raise exchange_clock.ProtocolError(f"{id}: a nonce is no number: {nonce[:200]!r}")
        return int(nonce)

    def _time_us(self, id: str) -> int:
        kind = self._kind(id)
        if kind in ("adjustable", "fixed"):
            stamp = self.clock.stamp(
                id, recv_window_ms=self._recv_window_ms if kind == "adjustable" else None)
            signature = _signature.get()
            if signature is not None:
                signature.timestamp = stamp.timestamp
            return stamp.unix_us
        now = self.clock.now(id)
        return now.latest_us if kind == "expiry" else now.earliest_us

    def _asked(self, question: Callable[[], T]) -> Optional[T]:
        """The answer; None (or ClockUnavailable) where the daemon has none."""
        try:
            if time.monotonic() < self._silent_until:
                raise exchange_clock.TimedOut("the daemon did not answer in time a moment ago")
            answer = question()
        except ExchangeClockError as error:
            self._note_silence(error)
            if self._without_clock == "fail":
                raise ClockUnavailable(
                    f"{self.id}: nothing is signed, as the exchange's time is not known: {error}",
                    exchange=self.id, state=error.state, reason=error.reason,
                ) from error
            if not self._is_lost:
                logger.warning("%s: signing with local time: %s", self.id, error)
            self._is_lost = True
            return None
        if self._is_lost:
            logger.warning("%s: signing with the exchange's time again", self.id)
        self._is_lost = False
        return answer

    def _note_silence(self, error: ExchangeClockError) -> None:
        if isinstance(error, exchange_clock.TimedOut) and not self._is_silent():
            self._silent_until = time.monotonic() + _REST_S

    def _is_silent(self) -> bool:
        return time.monotonic() < self._silent_until

    def _is_unsettling(self) -> bool:
        return time.monotonic() < self._unsettling_until

    def _kind(self, id: str) -> Optional[str]:
        """How the exchange judges a timestamp; None where the daemon does not follow it."""
        if id not in self._kinds:
            for each in self.clock.exchanges():
                if each.enabled:
                    self._kinds[each.id] = each.window_kind
        return self._kinds.get(id)

    def _id_of(self, api: Any) -> str:
        name = str(api[0] if isinstance(api, (list, tuple)) and api else api)
        for beginning, id in CLOCKS_BY_API.get(self.id, {}).items():
            if name.startswith(beginning) and self._is_followed(id):
                return id
        return self.id

    def _is_followed(self, id: str) -> bool:
        if not self._kinds and not self._is_silent():
            # The daemon was away when this was attached.
            try:
                self._kind(id)
            except ExchangeClockError as error:
                self._note_silence(error)
        return id in self._kinds

    def _no_time_difference(self, params: Any = None) -> int:
        return 0

    async def _no_time_difference_async(self, params: Any = None) -> int:
        return 0

    # --- Refusals

    def _handled(
        self, status: int, reason: str, url: str, method: str, headers: Any, body: str,
        *given: Any, **named: Any,
    ) -> Any:
        with self._remembering(status, body):
            return self._handle_errors(
                status, reason, url, method, headers, body, *given, **named)

    def _handled_status(
        self, status: int, reason: str, url: str, method: str, body: str
    ) -> Any:
        with self._remembering(status, body):
            return self._handle_status(status, reason, url, method, body)

    @contextlib.contextmanager
    def _remembering(self, status: int, body: str) -> Iterator[None]:
        """Has an error of ccxt tell the answer that it was made of."""
        try:
            yield
        except ccxt.BaseError as error:
            error.exchange_clock_refusal = (status, body)
            raise

    def _fetched(self, path: str, api: Any = "public", *given: Any, **named: Any) -> Any:
        try:
            return self._fetch2(path, api, *given, **named)
        except ccxt.BaseError as error:
            if not self._is_suspect(error) or not self._is_settled(error, self._id_of(api)):
                raise
        return self._fetch2(path, api, *given, **named)

    async def _fetched_async(
        self, path: str, api: Any = "public", *given: Any, **named: Any
    ) -> Any:
        try:
            return await self._fetch2(path, api, *given, **named)
        except ccxt.BaseError as error:
            if not self._is_suspect(error) or not await self._is_settled_async(
                error, self._id_of(api)
            ):
                raise
        return await self._fetch2(path, api, *given, **named)

    @staticmethod
    def _is_suspect(error: Exception) -> bool:
        """Whether an exchange has answered, and ccxt's class may mean a refused timestamp."""
        is_class = isinstance(error, ccxt.InvalidNonce) or type(error) in VAGUE
        return is_class and hasattr(error, "exchange_clock_refusal")

    def _is_settled(self, error: Any, id: str) -> bool:
        settling, answer = self._settling(error, id), None
        deadline = time.monotonic() + self._patience_s
        try:
            while True:
                method, params = settling.send(answer)
                answer = self.clock._ask_apart(method, params, deadline - time.monotonic())
        except StopIteration as end:
            return bool(end.value)
        except ExchangeClockError as refused:
            return self._is_unsettled(id, refused)

    async def _is_settled_async(self, error: Any, id: str) -> bool:
        """As above, with nothing that the event loop, or its threads for all else, would wait for.
        """
        clock = AsyncExchangeClock(self.clock.path, timeout=self.clock.timeout, page=False)
        settling, answer = self._settling(error, id), None
        deadline = time.monotonic() + self._patience_s
        try:
            while True:
                method, params = settling.send(answer)
                answer = await clock._ask_apart(method, params, deadline - time.monotonic())
        except StopIteration as end:
            return bool(end.value)
        except ExchangeClockError as refused:
            return self._is_unsettled(id, refused)

    def _is_unsettled(self, id: str, refused: ExchangeClockError) -> bool:
        # It may be the exchange that the daemon waits for: meanwhile it can give stamps.
        if isinstance(refused, exchange_clock.TimedOut) and not self._is_unsettling():
            self._unsettling_until = time.monotonic() + _REST_S
        logger.warning("%s: a refusal could not be reported: %s", id, refused)
        return False

    def _settling(self, error: Any, id: str) -> Settling:
        """Whether it was the timestamp, and a request that is signed anew may be accepted.

        Of many that were refused at once each is reported; the daemon resyncs once for all.
        """
        signature = _signature.get()
        if signature is None or not signature.has_time:
            return False
        if self._is_silent() or self._is_unsettling():
            raise exchange_clock.TimedOut("the daemon did not answer in time a moment ago")
        status, body = error.exchange_clock_refusal
        params = {
            "exchange": id, "http_status": status, "message": body[:4096],
            "timestamp": signature.timestamp,
        }
        report = exchange_clock._read(exchange_clock.Report, (yield "report", params))
        if isinstance(error, ccxt.InvalidNonce) and report.verdict == "unknown":
            # By ccxt's word alone it was the timestamp.
            yield "resync", {"exchange": id}
            return True
        if report.verdict in ("clock", "late"):
            logger.info("%s: %s: %s", id, report.verdict, report.explanation)
        return report.verdict in ("clock", "late") and report.action.startswith("resign")
