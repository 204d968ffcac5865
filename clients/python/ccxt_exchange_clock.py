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

ccxt's own correction (`adjustForTimeDifference`) is switched off, as it would correct twice.

**Refusals.** On `InvalidNonce` the refusal is reported to the daemon, which resyncs where the
exchange's clock is to blame, and the request is signed anew and sent once more, whatever it was:
an order too. That is safe. A timestamp or a nonce is looked at before what it signs is carried out,
and the exchange has said itself that it refused; it was not executed, so that nothing happens twice.
Nothing else is ever sent again: after a timeout or a lost connection nobody knows what was executed.

**Without the daemon** requests are signed with local time, and a warning is logged (by the logger
`exchange_clock`), until it is back; with `without_clock="fail"` signing raises `ClockUnavailable`
instead, and nothing is sent.

ccxt.pro logs in to WebSockets outside `sign`: its logins are signed with local time, unless they
take it from `nonce`.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import logging
import threading
import time
from contextvars import ContextVar
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, TypeVar

import ccxt
import exchange_clock
from exchange_clock import ExchangeClock, ExchangeClockError

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

_signed_at: ContextVar[float] = ContextVar("signed_at", default=0.0)
"""When the running thread or task last signed, by time.monotonic."""

_REST_S = 5.0
"""How long a daemon that does not answer in time is left alone."""


class ClockUnavailable(ExchangeClockError, ccxt.NetworkError):  # type: ignore[misc]
    """Nothing is known of the exchange's time, so that nothing was signed, and nothing sent."""

    kind = "unavailable"


def attach(
    exchange: Any, *, clock: Optional[ExchangeClock] = None, id: Optional[str] = None,
    recv_window_ms: Optional[int] = None, without_clock: str = "local", retry: bool = True,
) -> Attachment:
    """Makes an instance of ccxt sign with the exchange's time. `detach` of what this returns undoes
    it.

    clock: the client to ask; by default one of its own, of the socket in EXCHANGE_CLOCK_SOCKET.
    id: the exchange's id in the daemon's configuration, where it is not ccxt's (a testnet).
    recv_window_ms: the window that requests ask for, where that is below the exchange's usual one.
    without_clock: "local" signs with local time while the daemon cannot tell, "fail" raises
    ClockUnavailable. retry: whether a request refused for its timestamp is signed and sent again.
    """
    if without_clock not in ("local", "fail"):
        raise ValueError(f'without_clock is "local" or "fail", not {without_clock!r}')
    if isinstance(getattr(exchange, "exchange_clock", None), Attachment):
        raise ValueError(f"{exchange.id} is attached already")
    return Attachment(exchange, clock, id or exchange.id, recv_window_ms, without_clock, retry)


class Attachment:
    """What `attach` has changed in an instance of ccxt; also as its attribute `exchange_clock`."""

    def __init__(
        self, exchange: Any, clock: Optional[ExchangeClock], id: str,
        recv_window_ms: Optional[int], without_clock: str, retry: bool,
    ) -> None:
        self.exchange = exchange
        self.id = id
        # An event loop waits as well: better local time than an order that is late.
        self.clock = clock or ExchangeClock(timeout=0.5)
        # A report waits for a resync; stamps of other requests must not wait with it.
        self._reports = ExchangeClock(self.clock.path, page=False)
        self._recv_window_ms = recv_window_ms
        self._without_clock = without_clock
        self._kinds: Dict[str, str] = {}
        self._codes: Dict[str, List[str]] = {}
        self._is_lost = False
        self._silent_until = 0.0
        self._settling = threading.Lock()
        self._settled_at: Dict[str, float] = {}
        """When the daemon had last seen to a refusal, by exchange and time.monotonic."""

        self._sign = exchange.sign
        self._nonce = exchange.nonce
        self._milliseconds = exchange.milliseconds
        self._seconds = exchange.seconds
        self._microseconds = exchange.microseconds
        self._handle_errors = exchange.handle_errors
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
        # So that a wrong id is told now, and not by the first order.
        with contextlib.suppress(exchange_clock.Unreachable):
            if self._kind(self.id) is None:
                self.detach()
                raise exchange_clock.UnknownExchange(
                    f"the daemon does not follow {self.id}; enabled:"
                    f" {', '.join(sorted(self._kinds))}", exchange=self.id)

    def detach(self) -> None:
        """Gives the instance its own methods and options back."""
        for name, value in self._replaced.items():
            if self.exchange.__dict__.get(name) == value:
                delattr(self.exchange, name)
        for name, value in self._had.items():
            setattr(self.exchange, name, value)
        self.exchange.options.update(self._options)
        self._reports.close()

    # --- Time

    def _signed(self, path: str, api: Any = "public", *given: Any, **named: Any) -> Any:
        with self._signing_for(self._id_of(api)):
            _signed_at.set(time.monotonic())
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
        time_us = None if id is None else self._asked(lambda: self._time_us(id))
        return local() if time_us is None else time_us // us_per_unit

    def _told_nonce(self) -> Any:
        id = _signing.get() or self.id
        if self._kinds.get(id, "nonce") == "nonce":
            nonce = self._asked(lambda: self._nonce_of(id))
            if nonce is not None:
                return nonce
        with self._signing_for(id):
            return self._nonce()

    def _nonce_of(self, id: str) -> Optional[int]:
        """None where the exchange's nonce is a time."""
        return int(self.clock.stamp(id).timestamp) if self._kind(id) == "nonce" else None

    def _time_us(self, id: str) -> int:
        kind = self._kind(id)
        if kind == "adjustable":
            return self.clock.stamp(id, recv_window_ms=self._recv_window_ms).unix_us
        if kind == "fixed":
            return self.clock.stamp(id).unix_us
        now = self.clock.now(id)
        return now.latest_us if kind == "expiry" else now.earliest_us

    def _asked(self, question: Callable[[], T]) -> Optional[T]:
        """The answer; None (or ClockUnavailable) where the daemon has none."""
        try:
            if time.monotonic() < self._silent_until:
                raise exchange_clock.TimedOut("the daemon did not answer in time a moment ago")
            answer = question()
        except ExchangeClockError as error:
            if isinstance(error, exchange_clock.TimedOut) and not self._is_silent():
                self._silent_until = time.monotonic() + _REST_S
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

    def _is_silent(self) -> bool:
        return time.monotonic() < self._silent_until

    def _kind(self, id: str) -> Optional[str]:
        """How the exchange judges a timestamp; None where the daemon does not follow it."""
        if id not in self._kinds:
            for each in self.clock.exchanges():
                if each.enabled:
                    self._kinds[each.id] = each.window_kind
                    self._codes[each.id] = [str(code.get("code")) for code in each.codes]
        return self._kinds.get(id)

    def _id_of(self, api: Any) -> str:
        name = str(api[0] if isinstance(api, (list, tuple)) and api else api)
        for beginning, id in CLOCKS_BY_API.get(self.id, {}).items():
            if name.startswith(beginning) and id in self._kinds:
                return id
        return self.id

    def _no_time_difference(self, params: Any = None) -> int:
        return 0

    async def _no_time_difference_async(self, params: Any = None) -> int:
        return 0

    # --- Refusals

    def _handled(self, status: int, *given: Any, **named: Any) -> Any:
        try:
            return self._handle_errors(status, *given, **named)
        except ccxt.InvalidNonce as error:
            # As the exchange said it; given: reason, url, method, headers, body ...
            error.exchange_clock_refusal = (status, given[4] if len(given) > 4 else str(error))
            raise

    def _fetched(self, path: str, api: Any = "public", *given: Any, **named: Any) -> Any:
        try:
            return self._fetch2(path, api, *given, **named)
        except ccxt.InvalidNonce as error:
            if not self._is_settled(error, self._id_of(api), _signed_at.get()):
                raise
        return self._fetch2(path, api, *given, **named)

    async def _fetched_async(
        self, path: str, api: Any = "public", *given: Any, **named: Any
    ) -> Any:
        try:
            return await self._fetch2(path, api, *given, **named)
        except ccxt.InvalidNonce as error:
            loop = asyncio.get_running_loop()
            if not await loop.run_in_executor(
                None, self._is_settled, error, self._id_of(api), _signed_at.get()
            ):
                raise
        return await self._fetch2(path, api, *given, **named)

    def _is_settled(self, error: Exception, id: str, signed_at: float) -> bool:
        """Whether a request that is signed anew may be accepted, once the daemon has seen to it."""
        refusal: Optional[Tuple[int, str]] = getattr(error, "exchange_clock_refusal", None)
        if refusal is None:
            # Not what an exchange answered.
            return False
        with self._settling:
            # Of many that were refused at once, the first is reported for all.
            if signed_at < self._settled_at.get(id, 0.0):
                return True
            is_settled = self._report(id, *refusal)
            if is_settled:
                self._settled_at[id] = time.monotonic()
            return is_settled

    def _report(self, id: str, status: int, body: str) -> bool:
        try:
            try:
                report = self._reports.report(
                    id, code=self._code_in(body, id), http_status=status, message=body[:4096])
            except exchange_clock.MethodNotFound:
                self._reports.resync(id)
                return True
            if report.verdict == "unknown":
                # Of ccxt's words alone it is known that the timestamp was refused.
                self._reports.resync(id)
        except ExchangeClockError as refused:
            logger.warning("%s: a refused timestamp could not be reported: %s", id, refused)
            return False
        logger.info("%s: %s: %s", id, report.verdict, report.explanation)
        return report.verdict in ("clock", "late", "unknown")

    def _code_in(self, body: str, id: str) -> Optional[str]:
        """The exchange's own code in the body of a refusal."""
        try:
            said = {str(each) for each in _values(json.loads(body))}
        except ValueError:
            return None
        return next((code for code in self._codes.get(id, []) if code in said), None)


def _values(document: Any) -> Iterator[Any]:
    """The numbers and texts of a JSON document."""
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        for each in document:
            yield from _values(each)
    else:
        yield document
