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
request is on its way at a time, but nobody waits for a `resync` or a `report` of another; reading
the page takes no lock that another could hold), an `AsyncExchangeClock` by any tasks of the event
loop that it was connected in. A forked child may go on using an `ExchangeClock` that no other thread
was just asking: it gets a connection of its own.

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
import stat
import struct
import sys
import threading
import time
from collections import deque
from functools import lru_cache, partial
from typing import (
    Any,
    AsyncIterator,
    Callable,
    Deque,
    Dict,
    Iterator,
    List,
    Literal,
    NamedTuple,
    NoReturn,
    Optional,
    Sequence,
    Set,
    Tuple,
    Type,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
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


State = Literal["unknown", "synchronized", "holdover", "disrupted"]
"""How far an exchange's time can be used; docs/protocol.md tells what each means."""


class Stamp(NamedTuple):
    """The timestamp that a request signed now should carry."""

    exchange: str
    state: State
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
    reason: Optional[str] = None
    """Why it is not, in words; None where it is, or where the page was read."""


class Now(NamedTuple):
    """What time the exchange believes it is, and what this host's clock says meanwhile."""

    exchange: str
    state: State
    estimate_us: int
    earliest_us: int
    latest_us: int
    local_us: int


class Offset(NamedTuple):
    """All that is known of an exchange's clock; None is what no good sample has told yet."""

    exchange: str
    state: State
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
    ready_now: bool = False
    configuration: Optional[str] = None
    started_us: Optional[int] = None
    """This host's Unix time when the daemon was started."""


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
Reader = Callable[[JSON], Any]
"""Makes of a value what it should be; a ValueError says what it is not."""


def _read(shape: Type[T], result: JSON) -> T:
    """A result as its type; members that this client does not know are passed over."""
    try:
        return _readers(shape)(result)  # type: ignore[no-any-return]
    except ValueError as error:
        raise ProtocolError(f"a result is none of this protocol's: {error}") from None


def _about(exchange: str, answer: T) -> T:
    """What was asked of one exchange tells of no other: the answer was another's."""
    told = getattr(answer, "exchange")
    if told != exchange:
        raise ProtocolError(f"an answer about {told[:200]!r} where {exchange!r} was asked for")
    return answer


def _read_all(shape: Type[T], result: JSON) -> List[T]:
    if not isinstance(result, list):
        raise ProtocolError("a result is none of this protocol's: it is no list")
    return [_read(shape, each) for each in result]


@lru_cache(maxsize=None)
def _readers(shape: Any) -> Reader:
    """Of a NamedTuple: an object with its members; those with a default may be missing."""
    defaults: Dict[str, Any] = shape._field_defaults
    members = [
        (name, _reader(hint), name in defaults) for name, hint in get_type_hints(shape).items()
    ]

    def read(value: JSON) -> Any:
        if type(value) is not dict:
            raise ValueError("it is no object")
        values = []
        for name, reader, may_be_missing in members:
            if name in value:
                try:
                    values.append(reader(value[name]))
                except ValueError as error:
                    raise ValueError(f"{name}: {error}") from None
            elif may_be_missing:
                values.append(defaults[name])
            else:
                raise ValueError(f"it lacks {name}")
        return shape._make(values)

    return read


def _reader(hint: Any) -> Reader:
    """Of the types that the answers above have."""
    kind, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: value
    if kind is Union:
        readers = [_reader(each) for each in inner]

        def read_one(value: JSON) -> Any:
            for reader in readers:
                try:
                    return reader(value)
                except ValueError as error:
                    why = error
            raise why

        return read_one
    if kind is list:
        element = _reader(inner[0])
        return lambda value: [element(each) for each in _typed(value, list)]
    if kind is dict:
        member = _reader(inner[1])
        return lambda value: {key: member(each) for key, each in _typed(value, dict).items()}
    if kind is Literal:
        return lambda value: value if value in inner else _fail("it is none of " + ", ".join(inner))
    if hint is float:
        return lambda value: value if type(value) is float else _whole(value)
    if hint is int:
        return _whole
    if issubclass(hint, tuple):
        return _readers(hint)
    return lambda value: _typed(value, hint)


def _typed(value: JSON, kind: Any) -> Any:
    # Not isinstance: to Python true is a number.
    return value if type(value) is kind else _fail(f"it is no {kind.__name__}")


def _whole(value: JSON) -> Any:
    is_one = type(value) is int and -(2**63) <= value < 2**63
    return value if is_one else _fail("it is no whole number of 64 bits")


def _fail(why: str) -> NoReturn:
    raise ValueError(why)


def _offset_or_offsets(result: JSON) -> Union[Offset, List[Offset]]:
    return _read_all(Offset, result) if isinstance(result, list) else _read(Offset, result)


class _Subscribed(NamedTuple):
    subscription: int
    offsets: List[Offset]


# --- Lines ------------------------------------------------------------------------------------


def request_line(id: int, method: str, **params: Any) -> bytes:
    """One request, without the newline; parameters that are None are left out."""
    given = {key: value for key, value in params.items() if value is not None}
    message = {"jsonrpc": "2.0", "id": id, "method": method, "params": given}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def read_answer(line: bytes, id: int) -> JSON:
    """The result that the answer to that request carries, or its error, raised."""
    return _result(_parsed(line), id, line)


def _result(answer: Dict[str, JSON], id: int, line: bytes) -> JSON:
    # What cannot be read is answered with no id, and so is a client that is one too many.
    is_ours = type(answer.get("id")) is int and answer["id"] == id
    if not is_ours and not (answer.get("id") is None and "error" in answer):
        raise ProtocolError(f"an answer to another request: {line[:200]!r}")
    if "result" in answer:
        return answer["result"]
    raise _refusal(answer.get("error"), line)


def _refusal(error: JSON, line: bytes) -> ExchangeClockError:
    if not isinstance(error, dict) or type(error.get("code")) is not int \
            or not isinstance(error.get("message"), str):
        return ProtocolError(f"neither a result nor an error: {line[:200]!r}")
    data = error.get("data")
    # What is not as it should be is not worth losing the refusal for.
    told = {
        key: data[key]
        for key, kind in (
            ("exchange", str), ("state", str), ("reason", str), ("retry_after_ms", int))
        if isinstance(data, dict) and type(data.get(key)) is kind
    }
    kind = _ERRORS.get(error["code"], ServerError)
    return kind(error["message"], code=error["code"], **told)


def _parsed(line: bytes) -> Dict[str, JSON]:
    try:
        # Decoded here: json.loads would take UTF-16 as well.
        message = json.loads(line.decode(), parse_constant=_fail, parse_float=_finite)
    except (ValueError, RecursionError):
        raise ProtocolError(f"no JSON: {line[:200]!r}") from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise ProtocolError(f"no JSON-RPC 2.0: {line[:200]!r}")
    return message


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _fail("a number that is too large")


def read_notification(line: bytes) -> Optional[Tuple[int, Offset]]:
    """The subscription that a line is for which came unasked, and the offset that it tells; None
    for what this client does not know, which is to be passed over."""
    return _notified(_parsed(line), line)


def _notified(message: Dict[str, JSON], line: bytes) -> Optional[Tuple[int, Offset]]:
    method, params = message.get("method"), message.get("params")
    if isinstance(method, str) and method != "offset":
        return None
    if not isinstance(method, str) or not isinstance(params, dict) \
            or type(params.get("subscription")) is not int:
        raise ProtocolError(f"no notification of an offset: {line[:200]!r}")
    return params["subscription"], _read(Offset, params)


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
_read_fields = struct.Struct("@40x IIII qqq dd qq qq 8x qqq").unpack_from
"""State, rule, format, flags; from as_of to real_minus_raw; window, longest window, tolerance; in
the machine's own order."""
_STATES: Tuple[State, ...] = ("unknown", "synchronized", "holdover", "disrupted")
_SYNCHRONIZED, _HOLDOVER = 1, 2
_WINDOW, _EXPIRY = 1, 2
_MAY_CHOOSE, _DOCUMENTED = 1, 2
_TRIES = 1000
_SLACK_NS, _LEAST_SLACK_NS = 20_000_000, -20_000_000
_SLACK_PPM = 600
_ABANDONED_NS = 3_000_000_000
"""A daemon that lives looks at the host's clocks three times within that."""
_FIRST_NS, _LAST_NS = -(2**62), 2**62
_WIDEST_NS = 2**61
"""Beyond 2116, or bounds that are 73 years apart: the page is damaged."""
_LONGEST_RULE_NS = 2**53
"""No window and no tolerance is longer, which is 104 days."""

_RAW = getattr(time, "CLOCK_MONOTONIC_RAW", 4)
_read_raw_ns: Callable[[], int] = partial(time.clock_gettime_ns, _RAW)
_read_real_ns: Callable[[], int] = partial(time.clock_gettime_ns, time.CLOCK_REALTIME)

_NEEDS_FENCE = platform.machine() not in ("x86_64", "AMD64", "i686")

_floor, _ceil = math.floor, math.ceil
_new_tuple: Any = tuple.__new__

_Slot = Tuple[int, int, Tuple[Any, ...], Tuple[Any, ...]]
"""Where its sequence is, counted in words; the sequence; the fields read under it; and what `read`
needs of them where nothing is unusual."""

Reading = Tuple[int, int, State, _Slot]
"""The exchange's earliest and latest Unix time in ns, its state, and what that was read from."""


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
      call through a pointer, so that no compiler moves it. Nor does an x86 processor, where loads
      stay in order. Others may: there a lock, a new one that nobody waits for, is taken and
      released twice between them.
      What precedes a release is done before it, what follows an acquisition is done after it, and
      the second acquisition cannot pass the first release.

    What was read is kept: while the sequence is the same nothing was written since, as it only
    grows, and one look at it is enough.

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
            id = bytes(buffer[base + _ID.start : base + _ID.stop]).rstrip(b"\0")
            self._offsets[id.decode("utf-8", "replace")] = base
        self._seen: Dict[str, _Slot] = {}
        self._path: Optional[str] = None
        self._inode = (0, 0)
        self._look_after_ns = 0

    @classmethod
    def open(cls, path: str) -> Page:
        """Maps the page at a path; it must have been written since this host was booted."""
        try:
            # What is no file, such as a pipe that nobody writes to, is not waited for.
            descriptor = os.open(
                path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            refusal = PageRefusal("not_found")
            refusal.reason = f"{path}: {error.strerror}"
            raise refusal from None
        try:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                raise ValueError("no file")
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
        slot = self._seen.get(exchange)
        if slot is None or self._words[slot[0]] != slot[1]:
            slot = self._look(exchange)
        first, last, state, as_of, lower, upper, lower_rate, upper_rate, real_minus_raw = slot[3]
        if first <= raw_ns <= last and (
            _LEAST_SLACK_NS <= real_ns - raw_ns - real_minus_raw <= _SLACK_NS
        ):
            elapsed = raw_ns - as_of
            return (
                lower + elapsed + _floor(elapsed * lower_rate),
                upper + elapsed + _ceil(elapsed * upper_rate), state, slot,
            )
        return self._read_slot(exchange, slot, raw_ns, real_ns)

    def _read_slot(self, exchange: str, slot: _Slot, raw_ns: int, real_ns: int) -> Reading:
        """As docs/shared-page.md has it, step by step."""
        (
            state, _, _, _, as_of, lower, upper, lower_rate, upper_rate, void_after,
            holdover_after, checked, real_minus_raw, _, _, _,
        ) = slot[2]
        if state != _SYNCHRONIZED and state != _HOLDOVER:
            name: State = _STATES[state] if state < len(_STATES) else "unknown"
            raise self._refusal("not_synchronized", exchange, name)
        if raw_ns > void_after:
            raise self._refusal("void", exchange)
        since = raw_ns - checked
        moved = real_ns - raw_ns - real_minus_raw
        slack = _SLACK_NS + max(since, 0) // 1_000_000 * _SLACK_PPM
        if moved > slack or -moved > slack:
            raise self._refusal("clock_moved", exchange)
        if since > _ABANDONED_NS and self._is_abandoned():
            raise PageRefusal("replaced", exchange)
        elapsed = raw_ns - as_of
        if elapsed < 0:
            lower_rate, upper_rate = upper_rate, lower_rate
        least, most = elapsed * lower_rate, elapsed * upper_rate
        # Written so that what is no number is refused too: the page is damaged.
        if not (-9e18 < least < 9e18 and -9e18 < most < 9e18):
            raise self._refusal("void", exchange)
        earliest, latest = lower + elapsed + _floor(least), upper + elapsed + _ceil(most)
        if not (
            0 <= latest - earliest <= _WIDEST_NS and _FIRST_NS < earliest < _LAST_NS
        ):
            raise self._refusal("void", exchange)
        is_held_over = raw_ns > holdover_after or state == _HOLDOVER
        return earliest, latest, "holdover" if is_held_over else "synchronized", slot

    def _look(self, exchange: str) -> _Slot:
        """A slot, all of one writing."""
        base = self._offsets.get(exchange)
        if base is None:
            raise self._refusal("unknown_exchange", exchange)
        word = base >> 3
        for _ in range(_TRIES):
            sequence = self._words[word]
            if sequence & 1:
                continue
            if _NEEDS_FENCE:
                self._order()
            fields = _read_fields(self._buffer, base)
            if _NEEDS_FENCE:
                self._order()
            if self._words[word] == sequence:
                slot = self._seen[exchange] = word, sequence, fields, _usual(fields)
                return slot
        raise self._refusal("torn", exchange)

    def now(
        self, exchange: str, raw_ns: Optional[int] = None, real_ns: Optional[int] = None
    ) -> Now:
        """What time the exchange believes it is; or was, when this host's clocks were these."""
        is_now = raw_ns is None or real_ns is None
        if raw_ns is None or real_ns is None:
            raw_ns, real_ns = _read_raw_ns(), _read_real_ns()
        try:
            earliest, latest, state, _ = self.read(exchange, raw_ns, real_ns)
        except PageRefusal as refusal:
            if not is_now or refusal.kind != "clock_moved":
                raise
            # Or this thread was held up between the two clocks.
            raw_ns, real_ns = _read_raw_ns(), _read_real_ns()
            earliest, latest, state, _ = self.read(exchange, raw_ns, real_ns)
        # What Now(...) does, without the call in between.
        result: Now = _new_tuple(
            Now,
            (
                exchange, state, (earliest + latest) // 2000, earliest // 1000,
                (latest + 999) // 1000, real_ns // 1000,
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
            try:
                return self.stamp(
                    exchange, recv_window_ms, lifetime_ms, _read_raw_ns(), _read_real_ns())
            except PageRefusal as refusal:
                if refusal.kind != "clock_moved":
                    raise
            # Or this thread was held up between the two clocks.
            raw_ns, real_ns = _read_raw_ns(), _read_real_ns()
        earliest, latest, state, slot = self.read(exchange, raw_ns, real_ns)
        _, rule, format, flags, *_, window, longest, tolerance = slot[2]
        wanted, other = recv_window_ms, lifetime_ms
        if rule == _EXPIRY:
            wanted, other = other, wanted
        elif rule != _WINDOW:
            # Nonces are counted by the daemon.
            raise PageRefusal("ask_socket", exchange)
        if wanted is not None:
            window = wanted * 1_000_000
        if other is not None or format >= len(_STEPS_NS) or not (
            0 <= window <= _LONGEST_RULE_NS and 0 <= longest <= _LONGEST_RULE_NS
            and 0 <= tolerance <= _LONGEST_RULE_NS
        ) or (
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
        self, kind: str, exchange: str, state: Optional[State] = None
    ) -> PageRefusal:
        """The slots of a page that was replaced are void, so that this is soon enough to look; and
        what refuses may have been left by a daemon that is gone."""
        if self._halves[_STATUS_WORD] != _IN_USE or self._is_abandoned():
            return PageRefusal("replaced", exchange)
        return PageRefusal(kind, exchange, state)

    def _order(self) -> None:
        fence = threading.Lock()
        with fence:
            pass
        with fence:
            pass

    def _is_abandoned(self) -> bool:
        """Was this page removed, and another put in its place? Looked for once a second at most."""
        now_ns = time.monotonic_ns()
        if self._path is None or now_ns < self._look_after_ns:
            return False
        self._look_after_ns = now_ns + 1_000_000_000
        try:
            about = os.stat(self._path)
        except OSError:
            return False
        return (about.st_dev, about.st_ino) != self._inode


def _usual(fields: Tuple[Any, ...]) -> Tuple[Any, ...]:
    """Between which readings of CLOCK_MONOTONIC_RAW nothing of a slot is out of the ordinary (none
    where it is damaged), the state meanwhile, and what the time is computed from."""
    (
        state, _, _, _, as_of, lower, upper, lower_rate, upper_rate, void_after,
        holdover_after, checked, real_minus_raw, _, _, _,
    ) = fields
    last = min(void_after, checked + _ABANDONED_NS)
    if state == _SYNCHRONIZED:
        last = min(last, holdover_after)
    is_usual = (
        state in (_SYNCHRONIZED, _HOLDOVER) and last - as_of < 2**59
        and -(2**61) < lower <= upper < 2**61 and upper - lower < 2**59
        and -1 < lower_rate <= upper_rate < 1
    )
    return (
        as_of if is_usual else last + 1, last, _STATES[state % len(_STATES)], as_of,
        lower, upper, lower_rate, upper_rate, real_minus_raw,
    )


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
        return self._asked(
            Stamp, "stamp", exchange, recv_window_ms=recv_window_ms, lifetime_ms=lifetime_ms)

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
        return self._asked(Now, "now", exchange, max_error_ms=max_error_ms)

    def offset(self, exchange: str) -> Offset:
        return self._asked(Offset, "offset", exchange)

    def offsets(self) -> List[Offset]:
        """Of every exchange that the daemon follows, sorted by id."""
        return _read_all(Offset, self.ask("offsets"))

    def convert(self, exchange: str, local_us: int) -> Converted:
        """The exchange's clock when this host's CLOCK_REALTIME was that, in the past."""
        return self._asked(Converted, "convert", exchange, local_us=local_us)

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
        """Has the daemon ask the exchange now, and waits; the offset, or all for None.

        `accept_step`: a jump of its clock is believed however far; of root and the daemon's own
        user only, others get `Refused`.
        """
        return _offset_or_offsets(
            self.ask("resync", exchange=exchange, accept_step=accept_step)
        )

    def report(
        self, exchange: str, code: Union[int, str, None] = None,
        http_status: Optional[int] = None, message: Optional[str] = None,
        timestamp: Union[int, str, None] = None, recv_window_ms: Optional[int] = None,
    ) -> Report:
        """What a refusal means; the daemon resyncs first where the exchange's clock is to blame."""
        return self._asked(
            Report, "report", exchange, code=code, http_status=http_status, message=message,
            timestamp=timestamp, recv_window_ms=recv_window_ms,
        )

    def health(self) -> Health:
        return _read(Health, self.ask("health"))

    def exchanges(self) -> List[Exchange]:
        """The daemon's catalogue."""
        return _read_all(Exchange, self.ask("exchanges"))

    def _asked(self, shape: Type[T], method: str, exchange: str, **params: Any) -> T:
        answer = _read(shape, self.ask(method, exchange=exchange, **params))
        try:
            return _about(exchange, answer)
        except ProtocolError:
            self.close()
            raise

    def ask(self, method: str, **params: Any) -> JSON:
        """The result of any request over the socket.

        A request that met a connection which the daemon has closed is sent once more over a new
        one: none of them does harm twice. What waits for an exchange or for the disk has a
        connection of its own, as the daemon answers each in order, and a minute of time.
        """
        if method in _WAITING:
            return self._ask_apart(method, params, max(self.timeout, _PATIENCE))
        with self._lock:
            while True:
                connection = self._connection
                is_new = connection is None or connection.process != os.getpid()
                if connection is None or is_new:
                    self._drop()
                    connection = self._connection = _Connection(self.path, self.timeout)
                self._last_id += 1
                try:
                    return connection.ask(self._last_id, method, params, self.timeout)
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

    def _ask_apart(self, method: str, params: Dict[str, Any], patience: float) -> JSON:
        """Over a connection of its own, and within so many seconds altogether."""
        deadline = time.monotonic() + patience
        own = _Connection(self.path, max(0.001, min(self.timeout, patience)))
        try:
            return own.ask(1, method, params, max(0.001, deadline - time.monotonic()))
        finally:
            own.close()

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


_WAITING = frozenset(("resync", "report", "history"))
"""Methods that wait for an exchange, or for the disk."""
_PATIENCE = 60.0
"""Seconds, for these."""
_PAUSE = 0.005
"""Seconds between two attempts where the daemon is behind with taking connections."""


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
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            while not self._is_connected():
                if deadline is not None and time.monotonic() >= deadline:
                    raise TimedOut(f"the daemon at {path} takes no connection")
                time.sleep(_PAUSE)
        except OSError as error:
            self.close()
            _unreachable(path, error)
        except BaseException:
            self.close()
            raise

    def _is_connected(self) -> bool:
        """False where as many as may be are waiting to be taken already."""
        try:
            self._socket.connect(self.path)
        except BlockingIOError:
            return False
        return True

    def ask(self, id: int, method: str, params: Dict[str, Any], timeout: float) -> JSON:
        """The result of a request; what else comes meanwhile is passed over."""
        deadline = time.monotonic() + timeout
        self.send(request_line(id, method, **params), timeout)
        while True:
            line = self.receive(deadline - time.monotonic())
            message = _parsed(line)
            if "method" not in message:
                return _result(message, id, line)
            _notified(message, line)

    def send(self, line: bytes, timeout: Optional[float]) -> None:
        self._socket.settimeout(timeout)
        try:
            self._socket.sendall(line + b"\n")
        except socket.timeout:
            raise TimedOut(f"the daemon at {self.path} takes no requests") from None
        except (BrokenPipeError, ConnectionResetError):
            # Who is turned away is told why before the connection is closed: see `receive`.
            pass
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
    waits until it is back, trying once a second; so it does where the daemon has too many clients
    when it is back. `next_offset` bounds the wait.
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
        self._subscribe(self._timeout)

    def _subscribe(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        connection = _Connection(self._path, timeout)
        try:
            left = max(0.001, deadline - time.monotonic())
            answer = connection.ask(1, "subscribe", self._params, left)
            self._waiting.extend(_read(_Subscribed, answer).offsets)
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
                    self._subscribe(self._timeout if left is None else min(self._timeout, left))
                else:
                    told = read_notification(self._connection.receive(left))
                    if told is not None:
                        self._waiting.append(told[1])
            except TimedOut:
                if self._connection is None:
                    self._pause(deadline)
            except (Unreachable, Overloaded):
                if self._connection is not None:
                    self._drop()
                else:
                    self._pause(deadline)
            except ProtocolError:
                self._drop()
                raise
        return None

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _pause(self, deadline: Optional[float]) -> None:
        left = 1.0 if deadline is None else deadline - time.monotonic()
        self._is_closed.wait(max(0.0, min(1.0, left)))

    def __iter__(self) -> Iterator[Offset]:
        while (offset := self.next_offset()) is not None:
            yield offset
        self._drop()

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
        self._drop()


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
        self._waiting: Set[_AsyncConnection] = set()
        self._opening: Optional[asyncio.Lock] = None
        self._closings = 0
        """How often this was closed; what began before is over."""

    async def stamp(
        self, exchange: str, recv_window_ms: Optional[int] = None,
        lifetime_ms: Optional[int] = None,
    ) -> Stamp:
        stamp = self._stamp_of_page(exchange, recv_window_ms, lifetime_ms)
        if stamp is not None:
            return stamp
        return await self._asked(
            Stamp, "stamp", exchange, recv_window_ms=recv_window_ms, lifetime_ms=lifetime_ms)

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
        return await self._asked(Now, "now", exchange, max_error_ms=max_error_ms)

    async def offset(self, exchange: str) -> Offset:
        return await self._asked(Offset, "offset", exchange)

    async def offsets(self) -> List[Offset]:
        return _read_all(Offset, await self.ask("offsets"))

    async def convert(self, exchange: str, local_us: int) -> Converted:
        return await self._asked(Converted, "convert", exchange, local_us=local_us)

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
            await self.ask("resync", exchange=exchange, accept_step=accept_step)
        )

    async def report(
        self, exchange: str, code: Union[int, str, None] = None,
        http_status: Optional[int] = None, message: Optional[str] = None,
        timestamp: Union[int, str, None] = None, recv_window_ms: Optional[int] = None,
    ) -> Report:
        return await self._asked(
            Report, "report", exchange, code=code, http_status=http_status, message=message,
            timestamp=timestamp, recv_window_ms=recv_window_ms,
        )

    async def health(self) -> Health:
        return _read(Health, await self.ask("health"))

    async def exchanges(self) -> List[Exchange]:
        return _read_all(Exchange, await self.ask("exchanges"))

    async def _asked(self, shape: Type[T], method: str, exchange: str, **params: Any) -> T:
        answer = _read(shape, await self.ask(method, exchange=exchange, **params))
        try:
            return _about(exchange, answer)
        except ProtocolError as error:
            if self._connection is not None:
                self._connection.end(error)
            raise

    async def ask(self, method: str, **params: Any) -> JSON:
        """As that of `ExchangeClock`."""
        if method in _WAITING:
            return await self._ask_apart(method, params, max(self.timeout, _PATIENCE))
        closings = self._closings
        while True:
            kept = self._connection
            connection = await self._connected()
            try:
                return await connection.ask(method, self.timeout, params)
            except TimedOut:
                raise
            except Unreachable:
                if connection is not kept or closings != self._closings:
                    raise

    async def _ask_apart(self, method: str, params: Dict[str, Any], patience: float) -> JSON:
        """As that of `ExchangeClock`."""
        deadline, closings = time.monotonic() + patience, self._closings
        own = await _AsyncConnection.open(self.path, min(self.timeout, patience))
        self._waiting.add(own)
        try:
            self._go_on_since(closings)
            return await own.ask(method, deadline - time.monotonic(), params)
        finally:
            self._waiting.discard(own)
            await own.closed()

    async def open(self) -> None:
        await self._connected()

    async def close(self) -> None:
        """Ends the connection; the next request makes a new one. What waits for an answer, and what
        iterates over a subscription, is told so: Unreachable."""
        self._closings += 1
        open, self._connection = [*self._waiting, self._connection], None
        for connection in open:
            if connection is not None:
                await connection.closed()

    def _go_on_since(self, closings: int) -> None:
        if closings != self._closings:
            raise Unreachable("this client was closed meanwhile")

    async def _connected(self) -> _AsyncConnection:
        if self._opening is None:
            # Made here: Python 3.9 ties a lock to the event loop in which it is made.
            self._opening = asyncio.Lock()
        closings = self._closings
        async with self._opening:
            if self._connection is None or self._connection.is_over:
                fresh = await _AsyncConnection.open(self.path, self.timeout)
                if closings != self._closings:
                    await fresh.closed()
                self._go_on_since(closings)
                self._connection = fresh
            return self._connection

    async def __aenter__(self) -> AsyncExchangeClock:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _AsyncConnection:
    """A connection whose answers are handed to whom they are for.

    Reads and writes its socket by itself, as a stream of asyncio that could not write forgets what
    was still to be read: who is turned away is told why in there.
    """

    def __init__(self, path: str, connected: socket.socket) -> None:
        self.path = path
        self.is_over = False
        self._socket = connected
        self._loop = asyncio.get_running_loop()
        self._unsent = bytearray()
        self._last_id = 0
        self._asked: Dict[int, asyncio.Future[JSON]] = {}
        self._subscribed: Dict[int, asyncio.Queue[Union[Offset, ExchangeClockError, None]]] = {}
        self._forgotten: Dict[int, int] = {}
        """Subscriptions to be forgotten, by the request that ends each."""
        self._subscribing: Set[int] = set()
        """Requests to subscribe that are not answered, be they cancelled."""
        self._why: Optional[ExchangeClockError] = None
        """That it has ended, once everybody who waited was told."""
        self._task = asyncio.ensure_future(self._receive())
        self._task.add_done_callback(self._ended)

    @classmethod
    async def open(cls, path: str, timeout: float) -> _AsyncConnection:
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connected.setblocking(False)
        deadline = time.monotonic() + timeout
        try:
            while True:
                try:
                    connected.connect(path)
                    return cls(path, connected)
                except BlockingIOError:
                    # As many as may be are waiting to be taken already.
                    if time.monotonic() >= deadline:
                        raise TimedOut(f"the daemon at {path} takes no connection") from None
                    await asyncio.sleep(_PAUSE)
        except OSError as error:
            connected.close()
            _unreachable(path, error)
        except BaseException:
            connected.close()
            raise

    async def ask(self, method: str, timeout: float, params: Dict[str, Any]) -> JSON:
        if self.is_over:
            raise self._gone()
        self._last_id += 1
        id = self._last_id
        line = request_line(id, method, **params) + b"\n"
        future = self._asked[id] = self._loop.create_future()
        if method == "subscribe":
            self._subscribing.add(id)
        self._write(line)
        try:
            return await asyncio.wait_for(future, timeout)
        except asyncio.TimeoutError:
            self.close()
            raise TimedOut(f"the daemon at {self.path} did not answer in time") from None
        except asyncio.CancelledError:
            # Nobody will ever read a subscription; the daemon has it already, or soon.
            is_answered = future.done() and not future.cancelled() and not future.exception()
            if method == "subscribe" and is_answered:
                self.abandon(_read(_Subscribed, future.result()).subscription)
            raise
        finally:
            self._asked.pop(id, None)

    async def subscribe(
        self, timeout: float, params: Dict[str, Any]
    ) -> Tuple[int, asyncio.Queue[Union[Offset, ExchangeClockError, None]]]:
        subscription, offsets = _read(_Subscribed, await self.ask("subscribe", timeout, params))
        queue = self._subscribed.setdefault(subscription, asyncio.Queue())
        early = [queue.get_nowait() for _ in range(queue.qsize())]
        for told in [*offsets, *early]:
            queue.put_nowait(told)
        if self._why is not None:
            # It ended just after it had answered.
            queue.put_nowait(self._why)
        return subscription, queue

    def forget(self, subscription: int) -> None:
        self._subscribed.pop(subscription, None)

    def abandon(self, subscription: int) -> None:
        """Unsubscribes, and waits for nothing."""
        if self.is_over:
            return
        self._last_id += 1
        id = self._last_id
        # Notifications that still come are put into a queue, until it is answered.
        self._forgotten[id] = subscription
        self._write(request_line(id, "unsubscribe", subscription=subscription) + b"\n")

    def _write(self, data: bytes) -> None:
        is_first = not self._unsent
        self._unsent += data
        if is_first:
            self._flush()

    def _flush(self) -> None:
        try:
            del self._unsent[: self._socket.send(self._unsent)]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            # It has closed the connection; why, and that it has, is for `_receive` to find.
            self._unsent.clear()
        if self._unsent:
            self._loop.add_writer(self._socket, self._flush)
        else:
            self._loop.remove_writer(self._socket)

    async def _receive(self) -> ExchangeClockError:
        """Until the connection ends, or an answer is none of this protocol's; why it is over."""
        rest = bytearray()
        try:
            while piece := await self._loop.sock_recv(self._socket, 65536):
                rest += piece
                if b"\n" in piece:
                    *lines, rest = rest.split(b"\n")
                    for line in lines:
                        self._hand_out(bytes(line))
                elif len(rest) > LONGEST_ANSWER:
                    return ProtocolError(f"an answer of more than {LONGEST_ANSWER} bytes")
        except OSError:
            pass
        except ExchangeClockError as error:
            return error
        return self._gone()

    def _gone(self) -> Unreachable:
        return Unreachable(f"the daemon at {self.path} closed the connection")

    def _ended(self, task: asyncio.Future[ExchangeClockError]) -> None:
        """Tells everybody who waits."""
        self.is_over = True
        self._loop.remove_writer(self._socket)
        self._socket.close()
        error = self._why = self._gone() if task.cancelled() else task.result()
        for future in self._asked.values():
            if not future.done():
                future.set_exception(error)
        for queue in self._subscribed.values():
            queue.put_nowait(error)

    def _hand_out(self, line: bytes) -> None:
        message = _parsed(line)
        if "method" in message:
            told = _notified(message, line)
            if told is not None:
                # Its first may come before the answer that names the subscription is looked at.
                self._subscribed.setdefault(told[0], asyncio.Queue()).put_nowait(told[1])
            return
        id = message.get("id")
        if id is None and "error" in message:
            refusal = _refusal(message["error"], line)
            if isinstance(refusal, Overloaded):
                # One client too many: the connection ends.
                raise refusal
            # Answers come in order: it is for who has waited longest.
            id = next(iter(self._asked), 0)
        if type(id) is not int or not 0 <= id <= self._last_id:
            raise ProtocolError(f"an answer that nobody waits for: {line[:200]!r}")
        future = self._asked.get(id)
        if id in self._forgotten:
            self.forget(self._forgotten.pop(id))
            return
        is_subscription = id in self._subscribing
        self._subscribing.discard(id)
        if future is None or future.done():
            if is_subscription and "result" in message:
                self.abandon(_read(_Subscribed, message["result"]).subscription)
            return
        try:
            future.set_result(_result(message, id, line))
        except ServerError as error:
            future.set_exception(error)

    def close(self) -> None:
        self.is_over = True
        self._task.cancel()

    def end(self, why: ExchangeClockError) -> None:
        """Closes, as its answers cannot be trusted."""
        for future in self._asked.values():
            if not future.done():
                future.set_exception(why)
        self.close()

    async def closed(self) -> None:
        """Closes, and waits until that is done."""
        self.close()
        await asyncio.wait([self._task])


class AsyncSubscription:
    """Offsets as they change: `async for offset in subscription`. Never ends before it is closed.

    All of a client share its connection, for which the daemon allows 16. One that is referred to no
    more ends by itself; `close` ends it at once.
    """

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
        self._queue: asyncio.Queue[Union[Offset, ExchangeClockError, None]]
        self._is_closed = False
        self._closings = clock._closings

    def __del__(self) -> None:
        """Whoever leaves the iteration, and the subscription, need not close it."""
        connection: Optional[_AsyncConnection] = getattr(self, "_connection", None)
        if connection is None or connection.is_over or connection._loop.is_closed():
            return
        try:
            connection._loop.call_soon_threadsafe(connection.abandon, self._id)
        except RuntimeError:
            # The loop ended just now.
            pass

    async def _subscribe(self) -> None:
        while True:
            self._clock._go_on_since(self._closings)
            kept = self._clock._connection
            connection = await self._clock._connected()
            try:
                id, queue = await connection.subscribe(self._clock.timeout, self._params)
            except TimedOut:
                raise
            except Unreachable:
                if connection is not kept or self._closings != self._clock._closings:
                    raise
                continue
            if self._is_closed:
                # Meanwhile.
                connection.abandon(id)
                return
            self._connection, self._id, self._queue = connection, id, queue
            return

    async def __aiter__(self) -> AsyncIterator[Offset]:
        while not self._is_closed:
            if self._connection is None:
                try:
                    await self._subscribe()
                except (Unreachable, Overloaded):
                    if not self._is_closed:
                        self._clock._go_on_since(self._closings)
                        await asyncio.sleep(1)
                continue
            told = await self._queue.get()
            if isinstance(told, Offset):
                yield told
                continue
            self._connection = None
            if isinstance(told, ProtocolError):
                raise told
            if not self._is_closed:
                self._clock._go_on_since(self._closings)

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
