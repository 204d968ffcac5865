"""What time each crypto exchange believes it is, as the daemon exchange-clockd knows it.

    import exchange_clock

    clock = exchange_clock.connect()
    clock.stamp("binance").timestamp      # what a signed request should carry
    clock.now("binance").estimate_us      # the exchange's clock, Unix microseconds

and for asyncio:

    clock = await exchange_clock.connect_async()
    (await clock.stamp("binance")).timestamp

`stamp` and `now` are read from the daemon's shared page where that is possible, in a microsecond or
two and with no request sent; everything else, and whatever the page refuses, is asked over the
daemon's Unix socket. A client outlives restarts of the daemon: the next request connects anew.

Both clients may be shared by threads or tasks as follows: an `ExchangeClock` by any threads (one
request is on its way at a time; reading the page takes no lock), an `AsyncExchangeClock` by any
tasks of the event loop that it was connected in. A forked child may go on using an `ExchangeClock`
that no other thread was just asking: it gets a connection of its own.

Units are last in every name. Unix times are integers, in microseconds where the name ends in `_us`.
Offsets are the exchange's clock minus this host's; positive: the exchange is ahead.

One file, of the standard library alone, for Python 3.9 and later on Linux. docs/protocol.md and
docs/shared-page.md describe what it speaks.
"""

from __future__ import annotations

import asyncio
import json
import math
import mmap
import os
import platform
import socket
import struct
import sys
import threading
import time
from collections import deque
from typing import (
    Any,
    AsyncIterator,
    Callable,
    Deque,
    Dict,
    Iterator,
    List,
    NamedTuple,
    NoReturn,
    Optional,
    Sequence,
    Tuple,
    Type,
    TypeVar,
    Union,
)

__version__ = "0.1.0"
__all__ = [
    "AsyncExchangeClock", "AsyncSubscription", "Converted", "ErrorTooLarge", "Exchange",
    "ExchangeClock", "ExchangeClockError", "Health", "InternalError", "InvalidParams",
    "InvalidRequest", "MethodNotFound", "NotSynchronized", "Now", "Offset", "Overloaded", "Page",
    "PageRefusal", "ParseError", "ProtocolError", "Refused", "Report", "ServerError", "Stamp",
    "Subscription", "TimedOut", "UnknownExchange", "Unreachable", "connect", "connect_async",
    "page_path", "socket_path",
]

SOCKET_VARIABLE = "EXCHANGE_CLOCK_SOCKET"
STANDARD_SOCKET = "/run/exchange-clock/exchange-clock.sock"
PAGE_NAME = "clock.page"

LONGEST_UPLINK_NS = 1_000_000_000
"""What a guarantee covers: the request is judged at most this long after it was stamped."""

LONGEST_ANSWER = 16 << 20
"""Bytes; `exchanges`, the longest, takes some hundred thousand."""


def socket_path() -> str:
    """Where the daemon's socket is: EXCHANGE_CLOCK_SOCKET, or where the service has it."""
    return os.environ.get(SOCKET_VARIABLE) or STANDARD_SOCKET


def page_path(socket: str) -> str:
    """Where the shared page of the daemon with that socket is: in the same directory."""
    return os.path.join(os.path.dirname(socket), PAGE_NAME)


# --- Errors -----------------------------------------------------------------------------------


class ExchangeClockError(Exception):
    """Why there is no answer. `kind` is a word for programs, the same in all clients."""

    kind = "error"

    def __init__(
        self, message: str, *, code: Optional[int] = None, exchange: Optional[str] = None,
        state: Optional[str] = None, reason: Optional[str] = None,
        retry_after_ms: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        """Of JSON-RPC; None where it was not the daemon that refused."""
        self.exchange = exchange
        self.state = state
        """The exchange's: unknown, disrupted, holdover or synchronized."""
        self.reason = reason
        self.retry_after_ms = retry_after_ms


class Unreachable(ExchangeClockError):
    """No daemon answers at the socket, or it went away in the middle of an answer."""

    kind = "unreachable"


class TimedOut(Unreachable):
    """The daemon accepted the request and did not answer in time."""

    kind = "timed_out"


class ProtocolError(ExchangeClockError):
    """The answer is none of this protocol's."""

    kind = "protocol"


class ServerError(ExchangeClockError):
    """The daemon refused, with a code that has no class of its own."""

    kind = "server_error"


class NotSynchronized(ServerError):
    """Nothing is known of the exchange's clock now; `state` and `reason` say why."""

    kind = "not_synchronized"


class UnknownExchange(ServerError):
    """No such exchange, or it is not enabled in the daemon's configuration."""

    kind = "unknown_exchange"


class ErrorTooLarge(ServerError):
    """The time is known, but not as closely as `max_error_ms` demands."""

    kind = "error_too_large"


class Refused(ServerError):
    """The exchange has told the daemon to stay away; `retry_after_ms` says for how long."""

    kind = "refused"


class Overloaded(ServerError):
    """The daemon cannot do that now; `retry_after_ms` says when to try again."""

    kind = "overloaded"


class InvalidParams(ServerError):
    """A parameter is wrong; the message names it."""

    kind = "invalid_params"


class MethodNotFound(ServerError):
    """The daemon is older than this client."""

    kind = "method_not_found"


class InvalidRequest(ServerError):
    kind = "invalid_request"


class ParseError(ServerError):
    kind = "parse_error"


class InternalError(ServerError):
    kind = "internal_error"


_ERRORS: Dict[int, Type[ServerError]] = {
    -32700: ParseError,
    -32600: InvalidRequest,
    -32601: MethodNotFound,
    -32602: InvalidParams,
    -32603: InternalError,
    -32001: NotSynchronized,
    -32002: UnknownExchange,
    -32003: ErrorTooLarge,
    -32004: Refused,
    -32005: Overloaded,
}


class PageRefusal(ExchangeClockError):
    """Why the page does not tell: `kind` is not_found, foreign_version, other_boot, replaced,
    unknown_exchange, torn, not_synchronized (with the state), void, clock_moved or ask_socket
    (nothing is wrong, but only the daemon can answer). The clients then ask the socket by
    themselves, so that this is seen by those alone who read a `Page` of their own."""

    def __init__(
        self, kind: str, exchange: Optional[str] = None, state: Optional[str] = None
    ) -> None:
        text = f"the shared page does not tell: {kind}"
        super().__init__(f"{text} ({state})" if state else text, exchange=exchange, state=state)
        self.kind = kind


# --- Answers ----------------------------------------------------------------------------------


class Stamp(NamedTuple):
    """The timestamp that a request signed now should carry."""

    exchange: str
    state: str
    timestamp: Union[int, str]
    """Exactly as the exchange wants it."""
    unix_us: int
    """The same instant, by the exchange's clock."""
    carrier: Optional[str]
    """Where the request carries it, in words; None where the page was read."""
    recv_window_ms: Optional[int]
    """What the margin was computed with, the lifetime of an expiry; None where the exchange
    compares no clocks."""
    min_recv_window_ms: Optional[int]
    """The smallest with which acceptance is sure; None as above, and where none that the exchange
    allows would do."""
    margin_ms: Optional[int]
    """What is left on the tighter side; negative: not sure to be accepted; None where the exchange
    compares no clocks."""
    guaranteed: bool


class Now(NamedTuple):
    """What time the exchange believes it is, and what this host's clock says meanwhile."""

    exchange: str
    state: str
    estimate_us: int
    earliest_us: int
    latest_us: int
    local_us: int


class Offset(NamedTuple):
    """All that is known of an exchange's clock; None is what no good sample has told yet."""

    exchange: str
    state: str
    reason: str
    """Why the state is what it is; empty when synchronized."""
    offset_ns: Optional[int]
    lower_ns: Optional[int]
    upper_ns: Optional[int]
    error_ns: Optional[int]
    """The offset is off by at most this."""
    drift_ppm: Optional[float]
    drift_error_ppm: Optional[float]
    rtt_min_ns: Optional[int]
    rtt_last_ns: Optional[int]
    samples: int
    rejected: int
    resolution_ns: int
    last_sync_us: Optional[int]
    age_ms: Optional[int]
    next_sync_ms: int
    failures: int
    rejected_by: Dict[str, int] = {}
    resyncs_by: Dict[str, int] = {}
    resyncs_failed: int = 0


class Converted(NamedTuple):
    """The exchange's clock at a past time of this host's."""

    exchange: str
    local_us: int
    estimate_us: int
    earliest_us: int
    latest_us: int


class Report(NamedTuple):
    """What a refusal means, and what to do; docs/report.md has all verdicts and actions."""

    exchange: str
    verdict: str
    """clock, late, signature, key, rate_limit, format or unknown."""
    action: str
    """resign, resign_wider_window, wait, check_key, check_signature, check_format or none."""
    explanation: str
    resynced: bool
    """The exchange's clock was read after the refusal."""
    retry_after_ms: Optional[int]
    offset: Offset
    stamp: Optional[Stamp]
    """What to sign with now, for the verdicts clock and late."""


class Health(NamedTuple):
    status: str
    """ok, degraded or failing."""
    reasons: List[str]
    ready: bool
    uptime_ms: int
    version: str
    system_clock: Dict[str, Any]
    counts: Dict[str, Any]
    verdicts: List[Dict[str, Any]] = []


class Exchange(NamedTuple):
    """One entry of the daemon's catalogue."""

    id: str
    name: str
    market: str
    enabled: bool
    endpoint: str
    resolution_ns: int
    timestamp_format: str
    timestamp_carrier: str
    window_ms: Optional[int]
    window_max_ms: Optional[int]
    future_tolerance_ms: Optional[int]
    codes: List[Dict[str, Any]]
    window_kind: str = "unknown"
    window_param: Optional[str] = None
    window_documented: bool = True
    confidence: str = ""
    sources: List[str] = []


JSON = Any
"""What json.loads returns."""
T = TypeVar("T", bound=Tuple[Any, ...])


def _read(shape: Type[T], result: JSON) -> T:
    """A result as its type; members that this client does not know are passed over."""
    fields: Tuple[str, ...] = shape._fields  # type: ignore[attr-defined]
    defaults: Dict[str, Any] = shape._field_defaults  # type: ignore[attr-defined]
    if not isinstance(result, dict):
        raise ProtocolError(f"a result is no object: {str(result)[:200]}")
    values = []
    for field in fields:
        if field in result:
            values.append(result[field])
        elif field in defaults:
            values.append(defaults[field])
        else:
            raise ProtocolError(f"a result lacks {field}: {str(result)[:200]}")
    return shape._make(values)  # type: ignore[attr-defined, no-any-return]


def _offset(result: JSON) -> Offset:
    return _read(Offset, result)


def _offsets(result: JSON) -> List[Offset]:
    if not isinstance(result, list):
        raise ProtocolError(f"a list of offsets is none: {str(result)[:200]}")
    return [_offset(each) for each in result]


def _offset_or_offsets(result: JSON) -> Union[Offset, List[Offset]]:
    return _offsets(result) if isinstance(result, list) else _offset(result)


def _subscribed(result: JSON) -> Tuple[Any, List[Offset]]:
    if not isinstance(result, dict) or result.get("subscription") is None:
        raise ProtocolError(f"no subscription: {str(result)[:200]}")
    return result["subscription"], _offsets(result.get("offsets"))


def _report(result: JSON) -> Report:
    report = _read(Report, result)
    return report._replace(
        offset=_offset(report.offset),
        stamp=None if report.stamp is None else _read(Stamp, report.stamp),
    )


def _exchanges(result: JSON) -> List[Exchange]:
    if not isinstance(result, list):
        raise ProtocolError(f"a list of exchanges is none: {str(result)[:200]}")
    return [_read(Exchange, each) for each in result]


# --- Lines ------------------------------------------------------------------------------------


def request_line(id: int, method: str, **params: Any) -> bytes:
    """One request, without the newline; parameters that are None are left out."""
    given = {key: value for key, value in params.items() if value is not None}
    message = {"jsonrpc": "2.0", "id": id, "method": method, "params": given}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def read_answer(line: bytes, id: int) -> JSON:
    """The result that the answer to that request carries, or its error, raised."""
    answer = _parsed(line)
    if answer.get("id") != id and not (answer.get("id") is None and "error" in answer):
        raise ProtocolError(f"an answer to another request: {line[:200]!r}")
    if "result" in answer:
        return answer["result"]
    error = answer.get("error")
    if not isinstance(error, dict) or type(error.get("code")) is not int \
            or not isinstance(error.get("message"), str):
        raise ProtocolError(f"neither a result nor an error: {line[:200]!r}")
    data = error.get("data")
    if not isinstance(data, dict):
        data = {}
    raise _ERRORS.get(error["code"], ServerError)(
        error["message"], code=error["code"], exchange=data.get("exchange"),
        state=data.get("state"), reason=data.get("reason"),
        retry_after_ms=data.get("retry_after_ms"),
    )


def _parsed(line: bytes) -> Dict[str, JSON]:
    try:
        message = json.loads(line)
    except ValueError:
        raise ProtocolError(f"no JSON: {line[:200]!r}") from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise ProtocolError(f"no JSON-RPC 2.0: {line[:200]!r}")
    return message


def read_notification(line: bytes) -> Tuple[Any, Offset]:
    """The subscription that a line is for which came unasked, and the offset that it tells."""
    message = _parsed(line)
    params = message.get("params")
    if message.get("method") != "offset" or not isinstance(params, dict):
        raise ProtocolError(f"no notification of an offset: {line[:200]!r}")
    return params.get("subscription"), _offset(params)


# --- The shared page --------------------------------------------------------------------------

_MAGIC = b"XCLOCKPG"
_VERSION = 1
_HEADER = struct.Struct("@8sIIII16sII")
_HEADER_BYTES = 64
_STATUS_WORD = 10
"""Of 4 bytes each, from the beginning of the page."""
_IN_USE = 1
_SLOT_BYTES = 192
_ID = slice(8, 40)
_read_times = struct.Struct("@Q 32x I 12x qqq dd qq qq").unpack_from
"""The sequence, the state, and from as_of to real_minus_raw; in the machine's own order."""
_read_rule = struct.Struct("@44x III 80x qqq").unpack_from
"""Rule, format, flags; window, longest window, tolerance."""
_STATES = ("unknown", "synchronized", "holdover", "disrupted")
_SYNCHRONIZED, _HOLDOVER = 1, 2
_WINDOW, _EXPIRY = 1, 2
_MAY_CHOOSE, _DOCUMENTED = 1, 2
_TRIES = 100
_SLACK_NS = 20_000_000
_SLACK_RATE = 600e-6
_ABANDONED_NS = 3_000_000_000
"""A daemon that lives looks at the host's clocks three times within that."""

_RAW = getattr(time, "CLOCK_MONOTONIC_RAW", 4)
_REALTIME = time.CLOCK_REALTIME
_read_ns = time.clock_gettime_ns

_NEEDS_FENCE = platform.machine() not in ("x86_64", "AMD64", "i686")

_floor, _ceil = math.floor, math.ceil
_new_tuple: Any = tuple.__new__

Reading = Tuple[int, int, str, int]
"""The exchange's earliest and latest Unix time in ns, its state, and the slot's sequence."""


def _boot_id() -> bytes:
    with open("/proc/sys/kernel/random/boot_id") as file:
        return bytes.fromhex(file.read().strip().replace("-", ""))


class Page:
    """The shared page, over any buffer that holds one: docs/shared-page.md has it byte by byte.

    The daemon writes a slot under a sequence that is odd meanwhile; who reads the same even
    sequence before and after the fields has read them all of one writing. That rests on two things
    which Python does not promise, and which hold in CPython:

    - The eight aligned bytes of the sequence are read at once. What has format "Q" is fetched by a
      memcpy of a constant eight bytes, which compilers make one load of. (A format with an explicit
      byte order, such as "<Q", is put together of single bytes.) On machines of 32 bits no load is
      that wide: the page is not used there.
    - The sequence, the fields and the sequence again are read in that order. Each is fetched by a
      call through a pointer, so that no compiler moves it. Nor does an x86 processor, where loads stay in order. Others may: there a lock
      of our own is taken and released twice between them. What precedes a release is done before
      it, what follows an acquisition is done after it, and the second acquisition cannot pass the
      first release.

    Threads may share a page.
    """

    def __init__(self, buffer: Union[bytes, mmap.mmap], boot_id: bytes) -> None:
        if sys.maxsize < 2**32 or len(buffer) < _HEADER_BYTES:
            raise PageRefusal("foreign_version")
        magic, version, header_bytes, slot_bytes, slots, boot, status, _ = _HEADER.unpack_from(
            buffer
        )
        if (magic, version, header_bytes, slot_bytes) != (
            _MAGIC, _VERSION, _HEADER_BYTES, _SLOT_BYTES
        ) or len(buffer) < _HEADER_BYTES + slots * _SLOT_BYTES:
            raise PageRefusal("foreign_version")
        if boot != boot_id:
            raise PageRefusal("other_boot")
        if status != _IN_USE:
            raise PageRefusal("replaced")
        self._buffer = buffer
        size = _HEADER_BYTES + slots * _SLOT_BYTES
        view = memoryview(buffer)[:size]
        self._words = view.cast("Q")
        self._halves = view.cast("I")
        self._offsets: Dict[str, int] = {}
        for base in range(_HEADER_BYTES, size, _SLOT_BYTES):
            id = bytes(buffer[base + _ID.start : base + _ID.stop]).split(b"\0")[0]
            self._offsets[id.decode("utf-8", "replace")] = base
        self._fence = threading.Lock()
        self._path: Optional[str] = None
        self._inode = (0, 0)
        self._looked_ns = 0

    @classmethod
    def open(cls, path: str) -> Page:
        """Maps the page at a path; it must have been written since this host was booted."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            refusal = PageRefusal("not_found")
            refusal.reason = f"{path}: {error.strerror}"
            raise refusal from None
        try:
            about = os.fstat(descriptor)
            buffer = mmap.mmap(descriptor, about.st_size, prot=mmap.PROT_READ)
        except (ValueError, OSError):
            raise PageRefusal("foreign_version") from None
        finally:
            os.close(descriptor)
        try:
            boot_id = _boot_id()
        except (OSError, ValueError):
            raise PageRefusal("other_boot") from None
        page = cls(buffer, boot_id)
        page._path, page._inode = path, (about.st_dev, about.st_ino)
        return page

    def read(self, exchange: str, raw_ns: int, real_ns: int) -> Reading:
        """The exchange's clock when CLOCK_MONOTONIC_RAW and CLOCK_REALTIME were these."""
        base = self._offsets.get(exchange)
        if base is None:
            raise self._refusal("unknown_exchange", exchange)
        for _ in range(_TRIES):
            (
                sequence, state, as_of, lower, upper, lower_rate, upper_rate, void_after,
                holdover_after, checked, real_minus_raw,
            ) = _read_times(self._buffer, base)
            if _NEEDS_FENCE:
                self._order()
            if self._words[base >> 3] == sequence and not sequence & 1:
                break
        else:
            raise self._refusal("torn", exchange)
        if state != _SYNCHRONIZED and state != _HOLDOVER:
            name = _STATES[state] if state < len(_STATES) else "unknown"
            raise self._refusal("not_synchronized", exchange, name)
        if raw_ns > void_after:
            raise self._refusal("void", exchange)
        since = raw_ns - checked
        moved = real_ns - raw_ns - real_minus_raw
        slack = _SLACK_NS + since * _SLACK_RATE
        if moved > slack or -moved > slack:
            raise self._refusal("clock_moved", exchange)
        if since > _ABANDONED_NS and self._is_abandoned(raw_ns):
            raise PageRefusal("replaced", exchange)
        elapsed = raw_ns - as_of
        if elapsed < 0:
            lower_rate, upper_rate = upper_rate, lower_rate
        try:
            return (
                lower + elapsed + _floor(elapsed * lower_rate),
                upper + elapsed + _ceil(elapsed * upper_rate),
                "holdover" if raw_ns > holdover_after or state == _HOLDOVER else "synchronized",
                sequence,
            )
        except (ValueError, OverflowError):
            # A rate that is no number: the page is damaged.
            raise self._refusal("void", exchange) from None

    def now(
        self, exchange: str, raw_ns: Optional[int] = None, real_ns: Optional[int] = None
    ) -> Now:
        """What time the exchange believes it is; or was, when this host's clocks were these."""
        if raw_ns is None or real_ns is None:
            raw_ns, real_ns = _read_ns(_RAW), _read_ns(_REALTIME)
        earliest, latest, state, _ = self.read(exchange, raw_ns, real_ns)
        # What Now(...) does, without the call in between.
        result: Now = _new_tuple(
            Now,
            (
                exchange, state, (earliest + latest) // 2000, earliest // 1000,
                -(-latest // 1000), real_ns // 1000,
            ),
        )
        return result

    def stamp(
        self, exchange: str, recv_window_ms: Optional[int] = None,
        lifetime_ms: Optional[int] = None, raw_ns: Optional[int] = None,
        real_ns: Optional[int] = None,
    ) -> Stamp:
        """The timestamp for a request that is signed now; or when this host's clocks were these."""
        if raw_ns is None or real_ns is None:
            raw_ns, real_ns = _read_ns(_RAW), _read_ns(_REALTIME)
        for _ in range(_TRIES):
            earliest, latest, state, sequence = self.read(exchange, raw_ns, real_ns)
            base = self._offsets[exchange]
            rule, format, flags, window, longest, tolerance = _read_rule(self._buffer, base)
            if _NEEDS_FENCE:
                self._order()
            if self._words[base >> 3] == sequence:
                break
        else:
            raise self._refusal("torn", exchange)
        wanted, other = recv_window_ms, lifetime_ms
        if rule == _EXPIRY:
            wanted, other = other, wanted
        elif rule != _WINDOW:
            # Nonces are counted by the daemon.
            raise PageRefusal("ask_socket", exchange)
        if wanted is not None:
            window = wanted * 1_000_000
        if other is not None or format >= len(_STEPS_NS) or (
            wanted is not None
            and (not flags & _MAY_CHOOSE or wanted < 1 or (longest and window > longest))
        ):
            # The daemon words what is wrong with a parameter.
            raise PageRefusal("ask_socket", exchange)
        step = _STEPS_NS[format]
        make = _window_stamp if rule == _WINDOW else _expiry_stamp
        limit = longest if rule == _EXPIRY or flags & _MAY_CHOOSE else window
        instant, smallest, margin, is_sure = make(
            earliest, latest, window, limit, tolerance, step
        )
        is_documented = bool(flags & _DOCUMENTED)
        return Stamp(
            exchange, state, _written(instant, format), instant // 1000, None,
            window // 1_000_000,
            None if smallest is None or not is_documented else -(-smallest // 1_000_000),
            margin // 1_000_000, is_sure and is_documented,
        )

    def _refusal(
        self, kind: str, exchange: str, state: Optional[str] = None
    ) -> PageRefusal:
        """The slots of a page that was replaced are void, so that this is soon enough to look."""
        if self._halves[_STATUS_WORD] != _IN_USE:
            return PageRefusal("replaced", exchange)
        return PageRefusal(kind, exchange, state)

    def _order(self) -> None:
        fence = self._fence
        with fence:
            pass
        with fence:
            pass

    def _is_abandoned(self, raw_ns: int) -> bool:
        """Nobody refreshes this page: was it removed, and another put in its place?"""
        if self._path is None or raw_ns - self._looked_ns < 1_000_000_000:
            return False
        self._looked_ns = raw_ns
        try:
            about = os.stat(self._path)
        except OSError:
            return False
        return (about.st_dev, about.st_ino) != self._inode


_STEPS_NS = (1_000_000_000, 1_000_000, 1_000, 1, 1_000_000, 1_000_000_000)
"""By the slot's format: unix_s, unix_ms, unix_us, unix_ns, iso8601_ms, iso8601_bare_s."""


def _written(instant_ns: int, format: int) -> Union[int, str]:
    if format < 3:
        return instant_ns // _STEPS_NS[format]
    if format == 3:
        return str(instant_ns)
    date = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(instant_ns // 1_000_000_000))
    return f"{date}.{instant_ns // 1_000_000 % 1000:03}Z" if format == 4 else date


def _window_stamp(
    earliest: int, latest: int, window: int, limit: int, tolerance: int, step: int
) -> Tuple[int, Optional[int], int, bool]:
    """The instant that makes the smaller margin largest, from the earliest to the middle; the
    smallest window that would do, the smaller margin, and whether acceptance is sure."""
    first = earliest - earliest % step
    arrival = latest + LONGEST_UPLINK_NS
    most = min((earliest + latest) // 2, first + max(tolerance - 1, 0))
    balanced = first + max((arrival - first + tolerance - window) // 2, 0)
    instant = min(balanced, most)
    instant -= instant % step
    margin = min(tolerance - (instant - first), window - (arrival - instant))
    if instant + step <= most:
        other = min(tolerance - step - (instant - first), window + step - (arrival - instant))
        if other > margin:
            instant, margin = instant + step, other
    smallest = arrival - instant + 1
    return instant, None if limit and smallest > limit else smallest, margin, smallest <= window


def _expiry_stamp(
    earliest: int, latest: int, lifetime: int, limit: int, tolerance: int, step: int
) -> Tuple[int, Optional[int], int, bool]:
    """As above, where the request is refused once the clock has passed the stamp."""
    arrival = latest + LONGEST_UPLINK_NS
    smallest: Optional[int] = LONGEST_UPLINK_NS + 1
    instant = latest + lifetime + step - 1
    instant -= instant % step
    if limit:
        farthest = earliest - earliest % step + limit
        most = (farthest - 1) // step * step
        if most <= arrival:
            smallest = None
        instant = min(instant, most)
    margin = instant - arrival
    # A lifetime that is enough only by being rounded up now is not enough.
    if lifetime <= LONGEST_UPLINK_NS:
        margin = min(margin, lifetime - LONGEST_UPLINK_NS)
    is_sure = margin > 0
    return instant, smallest, min(margin, farthest - instant) if limit else margin, is_sure


class _PageReader:
    """The page of a path while there is one; looked for again at most once a second."""

    def __init__(self, path: str, timeout: float, page: Union[bool, str]) -> None:
        self.path = path
        self.timeout = timeout
        self.page_refusal: Optional[PageRefusal] = None
        """Why the page did not tell the last time; None if it always did, or is not to be read."""
        self._page: Optional[Page] = None
        self._page_path = page if isinstance(page, str) else page_path(path) if page else None
        self._tried_ns = 0
        self._open_page()

    def _open_page(self) -> Optional[Page]:
        if self._page_path is None:
            return None
        self._tried_ns = time.monotonic_ns()
        try:
            self._page = Page.open(self._page_path)
        except PageRefusal as refusal:
            self._page, self.page_refusal = None, refusal
        return self._page

    def _read_page(self, read: Callable[[Page], T]) -> Optional[T]:
        """What is read from the page, or from its successor; None: the socket has to be asked."""
        page = self._page
        if page is None and time.monotonic_ns() - self._tried_ns > 1_000_000_000:
            page = self._open_page()
        for is_last in (False, True):
            if page is None:
                break
            try:
                return read(page)
            except PageRefusal as refusal:
                self.page_refusal = refusal
                if refusal.kind != "replaced" or is_last:
                    break
                page = self._open_page()
        return None

    def _stamp_of_page(
        self, exchange: str, recv_window_ms: Optional[int], lifetime_ms: Optional[int]
    ) -> Optional[Stamp]:
        return self._read_page(lambda page: page.stamp(exchange, recv_window_ms, lifetime_ms))

    def _now_of_page(self, exchange: str, max_error_ms: Optional[int]) -> Optional[Now]:
        now = self._read_page(lambda page: page.now(exchange))
        if now is None or max_error_ms is None:
            return now
        is_close = now.latest_us - now.earliest_us <= 2000 * max_error_ms
        return now if is_close else None


# --- Blocking client --------------------------------------------------------------------------


def connect(
    path: Optional[str] = None, *, timeout: float = 5.0, page: Union[bool, str] = True
) -> ExchangeClock:
    """A client of the daemon at a socket; by default that of EXCHANGE_CLOCK_SOCKET, or the
    service's. Raises Unreachable where no daemon listens.

    timeout: seconds that an answer may take. page: False never reads the shared page, a path
    names another than the one beside the socket.
    """
    clock = ExchangeClock(path, timeout=timeout, page=page)
    clock.open()
    return clock


class ExchangeClock(_PageReader):
    """A client that waits for its answers. It connects at its first request, or by `open`."""

    def __init__(
        self, path: Optional[str] = None, *, timeout: float = 5.0, page: Union[bool, str] = True
    ) -> None:
        super().__init__(path or socket_path(), timeout, page)
        self._lock = threading.Lock()
        self._connection: Optional[_Connection] = None
        self._last_id = 0

    def stamp(
        self, exchange: str, recv_window_ms: Optional[int] = None,
        lifetime_ms: Optional[int] = None,
    ) -> Stamp:
        """The timestamp for a request that is signed now.

        recv_window_ms: how old the exchange shall let it be; lifetime_ms: how far ahead it is put,
        for exchanges whose requests carry an expiry. Each by default as the exchange has it.
        """
        stamp = self._stamp_of_page(exchange, recv_window_ms, lifetime_ms)
        if stamp is not None:
            return stamp
        return _read(
            Stamp,
            self.ask(
                "stamp", exchange=exchange, recv_window_ms=recv_window_ms,
                lifetime_ms=lifetime_ms,
            ),
        )

    def now(self, exchange: str, max_error_ms: Optional[int] = None) -> Now:
        """What time the exchange believes it is; ErrorTooLarge if not known that closely."""
        if max_error_ms is None and self._page is not None:
            # The usual case, by the shortest way.
            try:
                return self._page.now(exchange)
            except PageRefusal:
                pass
        now = self._now_of_page(exchange, max_error_ms)
        if now is not None:
            return now
        return _read(Now, self.ask("now", exchange=exchange, max_error_ms=max_error_ms))

    def offset(self, exchange: str) -> Offset:
        return _offset(self.ask("offset", exchange=exchange))

    def offsets(self) -> List[Offset]:
        """Of every exchange that the daemon follows, sorted by id."""
        return _offsets(self.ask("offsets"))

    def convert(self, exchange: str, local_us: int) -> Converted:
        """The exchange's clock when this host's CLOCK_REALTIME was that, in the past."""
        return _read(Converted, self.ask("convert", exchange=exchange, local_us=local_us))

    def subscribe(
        self, exchanges: Optional[Sequence[str]] = None, min_change_us: Optional[int] = None
    ) -> Subscription:
        """The offsets as they change: to be iterated over; closed by `unsubscribe`.

        It begins with the offset of every exchange, and does so again after the daemon was
        restarted. exchanges: None for all. min_change_us: smaller changes are not told.
        """
        return Subscription(self, exchanges, min_change_us)

    def unsubscribe(self, subscription: Subscription) -> None:
        subscription.close()

    def resync(
        self, exchange: Optional[str] = None, accept_step: Optional[bool] = None
    ) -> Union[Offset, List[Offset]]:
        """Has the daemon ask the exchange now, and waits; the offset, or all for None."""
        return _offset_or_offsets(
            self.ask("resync", _PATIENCE, exchange=exchange, accept_step=accept_step)
        )

    def report(
        self, exchange: str, code: Union[int, str, None] = None,
        http_status: Optional[int] = None, message: Optional[str] = None,
        timestamp: Union[int, str, None] = None, recv_window_ms: Optional[int] = None,
    ) -> Report:
        """What a refusal means; the daemon resyncs first where the exchange's clock is to blame."""
        return _report(
            self.ask(
                "report", _PATIENCE, exchange=exchange, code=code, http_status=http_status,
                message=message, timestamp=timestamp, recv_window_ms=recv_window_ms,
            )
        )

    def health(self) -> Health:
        return _read(Health, self.ask("health"))

    def exchanges(self) -> List[Exchange]:
        """The daemon's catalogue."""
        return _exchanges(self.ask("exchanges"))

    def ask(self, method: str, at_least: float = 0, **params: Any) -> JSON:
        """The result of any request over the socket.

        A request that met a connection which the daemon has closed is sent once more over a new
        one: none of them does harm twice. at_least: seconds to wait, if `timeout` is less.
        """
        with self._lock:
            while True:
                connection = self._connection
                is_new = connection is None or connection.process != os.getpid()
                if connection is None or is_new:
                    self._drop()
                    connection = self._connection = _Connection(self.path, self.timeout)
                self._last_id += 1
                line = request_line(self._last_id, method, **params)
                try:
                    answer = connection.ask(line, max(self.timeout, at_least))
                    return read_answer(answer, self._last_id)
                except (Unreachable, ProtocolError) as error:
                    self._drop()
                    if is_new or isinstance(error, (TimedOut, ProtocolError)):
                        raise
                except ServerError:
                    raise
                except BaseException:
                    # Interrupted: an answer that is still to come would be taken for another's.
                    self._drop()
                    raise

    def open(self) -> None:
        """Connects if there is no connection; Unreachable where no daemon listens."""
        with self._lock:
            if self._connection is None:
                self._connection = _Connection(self.path, self.timeout)

    def close(self) -> None:
        """Ends the connection; the next request makes a new one."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def __enter__(self) -> ExchangeClock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_PATIENCE = 60.0
"""Seconds, for what waits for a resync."""


def _unreachable(path: str, error: OSError) -> NoReturn:
    what = error.strerror or str(error)
    raise Unreachable(
        f"no exchange-clockd answers at {path}: {what}; is the service running, and"
        f" {SOCKET_VARIABLE} right?",
        reason=what,
    ) from None


class _Connection:
    """A connection to the socket, in lines."""

    def __init__(self, path: str, timeout: Optional[float]) -> None:
        self.path = path
        self.process = os.getpid()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._received = bytearray()
        self._searched = 0
        try:
            self._socket.connect(path)
        except OSError as error:
            self.close()
            _unreachable(path, error)

    def ask(self, line: bytes, timeout: Optional[float]) -> bytes:
        self.send(line, timeout)
        return self.receive(timeout)

    def send(self, line: bytes, timeout: Optional[float]) -> None:
        self._socket.settimeout(timeout)
        try:
            self._socket.sendall(line + b"\n")
        except socket.timeout:
            raise TimedOut(f"the daemon at {self.path} takes no requests") from None
        except OSError as error:
            _unreachable(self.path, error)

    def receive(self, timeout: Optional[float]) -> bytes:
        """The next line; TimedOut after so many seconds altogether, None: never."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            end = self._received.find(b"\n", self._searched)
            if end >= 0:
                line = bytes(self._received[:end])
                del self._received[: end + 1]
                self._searched = 0
                return line
            self._searched = len(self._received)
            if self._searched > LONGEST_ANSWER:
                raise ProtocolError(f"an answer of more than {LONGEST_ANSWER} bytes")
            try:
                if deadline is not None:
                    left = deadline - time.monotonic()
                    if left <= 0:
                        raise socket.timeout
                    self._socket.settimeout(left)
                else:
                    self._socket.settimeout(None)
                piece = self._socket.recv(65536)
            except socket.timeout:
                raise TimedOut(f"the daemon at {self.path} did not answer in time") from None
            except OSError as error:
                _unreachable(self.path, error)
            if not piece:
                raise Unreachable(f"the daemon at {self.path} closed the connection")
            self._received += piece

    def interrupt(self) -> None:
        """Ends a `receive` that another thread is in."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self) -> None:
        self._socket.close()


class Subscription:
    """Offsets as they change, over a connection of its own. For one thread, but `close` is for any.

    `for offset in subscription` never ends by itself: where the daemon goes away, the iteration
    waits until it is back, trying once a second. `next_offset` bounds the wait.
    """

    def __init__(
        self, clock: ExchangeClock, exchanges: Optional[Sequence[str]],
        min_change_us: Optional[int],
    ) -> None:
        self._path, self._timeout = clock.path, clock.timeout
        self._params: Dict[str, Any] = {
            "exchanges": None if exchanges is None else list(exchanges),
            "min_change_us": min_change_us,
        }
        self._waiting: Deque[Offset] = deque()
        self._is_closed = threading.Event()
        self._connection: Optional[_Connection] = None
        self._subscribe()

    def _subscribe(self) -> None:
        connection = _Connection(self._path, self._timeout)
        try:
            answer = connection.ask(request_line(1, "subscribe", **self._params), self._timeout)
            self._waiting.extend(_subscribed(read_answer(answer, 1))[1])
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def next_offset(self, timeout: Optional[float] = None) -> Optional[Offset]:
        """The next that changed; None after so many seconds without one, or when closed."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._is_closed.is_set():
            if self._waiting:
                return self._waiting.popleft()
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return None
            try:
                if self._connection is None:
                    self._subscribe()
                else:
                    self._waiting.append(read_notification(self._connection.receive(left))[1])
            except TimedOut:
                if self._connection is None:
                    self._pause(left)
            except (Unreachable, Overloaded):
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None
                else:
                    self._pause(left)
        return None

    def _pause(self, left: Optional[float]) -> None:
        self._is_closed.wait(1.0 if left is None else min(1.0, left))

    def __iter__(self) -> Iterator[Offset]:
        while (offset := self.next_offset()) is not None:
            yield offset
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Ends the iteration, also from another thread."""
        self._is_closed.set()
        connection = self._connection
        if connection is not None:
            connection.interrupt()

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        if self._connection is not None:
            self._connection.close()


# --- Client for asyncio -----------------------------------------------------------------------


async def connect_async(
    path: Optional[str] = None, *, timeout: float = 5.0, page: Union[bool, str] = True
) -> AsyncExchangeClock:
    """As `connect`, for the event loop that this is awaited in."""
    clock = AsyncExchangeClock(path, timeout=timeout, page=page)
    await clock.open()
    return clock


class AsyncExchangeClock(_PageReader):
    """A client for asyncio, with the methods of `ExchangeClock`. Requests of several tasks share a
    connection, and none waits for another's answer."""

    def __init__(
        self, path: Optional[str] = None, *, timeout: float = 5.0, page: Union[bool, str] = True
    ) -> None:
        super().__init__(path or socket_path(), timeout, page)
        self._connection: Optional[_AsyncConnection] = None
        self._opening: Optional[asyncio.Lock] = None

    async def stamp(
        self, exchange: str, recv_window_ms: Optional[int] = None,
        lifetime_ms: Optional[int] = None,
    ) -> Stamp:
        stamp = self._stamp_of_page(exchange, recv_window_ms, lifetime_ms)
        if stamp is not None:
            return stamp
        return _read(
            Stamp,
            await self.ask(
                "stamp", exchange=exchange, recv_window_ms=recv_window_ms,
                lifetime_ms=lifetime_ms,
            ),
        )

    async def now(self, exchange: str, max_error_ms: Optional[int] = None) -> Now:
        if max_error_ms is None and self._page is not None:
            # The usual case, by the shortest way.
            try:
                return self._page.now(exchange)
            except PageRefusal:
                pass
        now = self._now_of_page(exchange, max_error_ms)
        if now is not None:
            return now
        return _read(Now, await self.ask("now", exchange=exchange, max_error_ms=max_error_ms))

    async def offset(self, exchange: str) -> Offset:
        return _offset(await self.ask("offset", exchange=exchange))

    async def offsets(self) -> List[Offset]:
        return _offsets(await self.ask("offsets"))

    async def convert(self, exchange: str, local_us: int) -> Converted:
        return _read(
            Converted, await self.ask("convert", exchange=exchange, local_us=local_us))

    async def subscribe(
        self, exchanges: Optional[Sequence[str]] = None, min_change_us: Optional[int] = None
    ) -> AsyncSubscription:
        """To be iterated over with `async for`."""
        subscription = AsyncSubscription(self, exchanges, min_change_us)
        await subscription._subscribe()
        return subscription

    async def unsubscribe(self, subscription: AsyncSubscription) -> None:
        await subscription.close()

    async def resync(
        self, exchange: Optional[str] = None, accept_step: Optional[bool] = None
    ) -> Union[Offset, List[Offset]]:
        return _offset_or_offsets(
            await self.ask("resync", _PATIENCE, exchange=exchange, accept_step=accept_step)
        )

    async def report(
        self, exchange: str, code: Union[int, str, None] = None,
        http_status: Optional[int] = None, message: Optional[str] = None,
        timestamp: Union[int, str, None] = None, recv_window_ms: Optional[int] = None,
    ) -> Report:
        return _report(
            await self.ask(
                "report", _PATIENCE, exchange=exchange, code=code, http_status=http_status,
                message=message, timestamp=timestamp, recv_window_ms=recv_window_ms,
            )
        )

    async def health(self) -> Health:
        return _read(Health, await self.ask("health"))

    async def exchanges(self) -> List[Exchange]:
        return _exchanges(await self.ask("exchanges"))

    async def ask(self, method: str, at_least: float = 0, **params: Any) -> JSON:
        """As that of `ExchangeClock`."""
        while True:
            kept = self._connection
            connection = await self._connected()
            try:
                return await connection.ask(method, max(self.timeout, at_least), params)
            except TimedOut:
                raise
            except Unreachable:
                if connection is not kept:
                    raise

    async def open(self) -> None:
        await self._connected()

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.closed()

    async def _connected(self) -> _AsyncConnection:
        if self._opening is None:
            # Made here: Python 3.9 ties a lock to the event loop in which it is made.
            self._opening = asyncio.Lock()
        async with self._opening:
            if self._connection is None or self._connection.is_over:
                self._connection = await _AsyncConnection.open(self.path, self.timeout)
            return self._connection

    async def __aenter__(self) -> AsyncExchangeClock:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _AsyncConnection:
    """A connection whose answers are handed to whom they are for."""

    def __init__(
        self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.path = path
        self.is_over = False
        self._reader, self._writer = reader, writer
        self._last_id = 0
        self._asked: Dict[int, asyncio.Future[bytes]] = {}
        self._subscribed: Dict[Any, asyncio.Queue[Optional[Offset]]] = {}
        self._task = asyncio.ensure_future(self._receive())
        self._task.add_done_callback(self._ended)

    @classmethod
    async def open(cls, path: str, timeout: float) -> _AsyncConnection:
        try:
            reader, writer = await asyncio.wait_for(
                asyncio.open_unix_connection(path, limit=LONGEST_ANSWER), timeout
            )
        except asyncio.TimeoutError:
            raise TimedOut(f"the daemon at {path} takes no connection") from None
        except OSError as error:
            _unreachable(path, error)
        return cls(path, reader, writer)

    async def ask(self, method: str, timeout: float, params: Dict[str, Any]) -> JSON:
        if self.is_over:
            raise Unreachable(f"the daemon at {self.path} closed the connection")
        self._last_id += 1
        id = self._last_id
        future = self._asked[id] = asyncio.get_running_loop().create_future()
        try:
            self._writer.write(request_line(id, method, **params) + b"\n")
            return read_answer(await asyncio.wait_for(future, timeout), id)
        except asyncio.TimeoutError:
            self.close()
            raise TimedOut(f"the daemon at {self.path} did not answer in time") from None
        finally:
            self._asked.pop(id, None)

    async def subscribe(
        self, timeout: float, params: Dict[str, Any]
    ) -> Tuple[Any, asyncio.Queue[Optional[Offset]]]:
        subscription, offsets = _subscribed(await self.ask("subscribe", timeout, params))
        queue = self._subscribed.setdefault(subscription, asyncio.Queue())
        early = [queue.get_nowait() for _ in range(queue.qsize())]
        for offset in [*offsets, *early]:
            queue.put_nowait(offset)
        return subscription, queue

    def forget(self, subscription: Any) -> None:
        self._subscribed.pop(subscription, None)

    async def _receive(self) -> None:
        """Until the connection ends, or an answer is none of this protocol's."""
        try:
            while line := await self._reader.readline():
                self._hand_out(line)
        except (OSError, ValueError, ExchangeClockError):
            pass

    def _ended(self, _: asyncio.Future[None]) -> None:
        """Tells everybody who waits."""
        self.is_over = True
        self._writer.close()
        error = Unreachable(f"the daemon at {self.path} closed the connection")
        for future in self._asked.values():
            if not future.done():
                future.set_exception(error)
        for queue in self._subscribed.values():
            queue.put_nowait(None)

    def _hand_out(self, line: bytes) -> None:
        message = _parsed(line)
        if "method" in message:
            subscription, offset = read_notification(line)
            # Its first may come before the answer that names the subscription is looked at.
            self._subscribed.setdefault(subscription, asyncio.Queue()).put_nowait(offset)
            return
        future = self._asked.get(message.get("id", 0))
        if future is not None and not future.done():
            future.set_result(line)

    def close(self) -> None:
        self.is_over = True
        self._task.cancel()

    async def closed(self) -> None:
        """Closes, and waits until that is done."""
        self.close()
        await asyncio.wait([self._task])
        try:
            await self._writer.wait_closed()
        except OSError:
            pass


class AsyncSubscription:
    """Offsets as they change: `async for offset in subscription`. Never ends before it is closed."""

    def __init__(
        self, clock: AsyncExchangeClock, exchanges: Optional[Sequence[str]],
        min_change_us: Optional[int],
    ) -> None:
        self._clock = clock
        self._params: Dict[str, Any] = {
            "exchanges": None if exchanges is None else list(exchanges),
            "min_change_us": min_change_us,
        }
        self._connection: Optional[_AsyncConnection] = None
        self._id: Any = None
        self._queue: asyncio.Queue[Optional[Offset]]
        self._is_closed = False

    async def _subscribe(self) -> None:
        while True:
            kept = self._clock._connection
            connection = await self._clock._connected()
            try:
                self._id, self._queue = await connection.subscribe(
                    self._clock.timeout, self._params
                )
                self._connection = connection
                return
            except TimedOut:
                raise
            except Unreachable:
                if connection is not kept:
                    raise

    async def __aiter__(self) -> AsyncIterator[Offset]:
        while not self._is_closed:
            if self._connection is None:
                try:
                    await self._subscribe()
                except (Unreachable, Overloaded):
                    await asyncio.sleep(1)
                continue
            offset = await self._queue.get()
            if offset is not None:
                yield offset
            else:
                self._connection = None

    async def close(self) -> None:
        """Ends the iteration, and tells the daemon."""
        self._is_closed = True
        connection, self._connection = self._connection, None
        if connection is None:
            return
        self._queue.put_nowait(None)
        try:
            await connection.ask("unsubscribe", self._clock.timeout, {"subscription": self._id})
        except ExchangeClockError:
            pass
        finally:
            # Not before: a notification that is still to come would seem a new subscription's.
            connection.forget(self._id)
