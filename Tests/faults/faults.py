"""What may be wrong with an exchange, and what the daemon says to it."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from fault_server import Act, Exchange
from kinds import MS, S, Answer, Kind, http_date

OK = ""
"""The fault does not matter: the exchange stays synchronized, or becomes so."""

TIMEOUT = "no answer within"
UNUSABLE = "unusable answer"
LARGE = "larger than 64 KiB or has too many headers"
CONFUSED = "contradict the past|contradict each other"
STALE = "every answer was made before it was asked for"


@dataclass(frozen=True)
class Fault:
    """in_body, in_header: what the reason says (a regular expression) where the time is in the
    body, and where it is in a header; OK where the fault does no harm; None where there is no such
    fault.

    truths_ns: how far the clock is ahead of the cell's own, once the fault is on: any of them.
    least_wait_s, most_wait_s: how long the exchange is to be left alone.
    """

    name: str
    act: Act
    in_body: str | None
    in_header: str | None
    truths_ns: tuple[int, ...] = (0,)
    waits_s: tuple[float, float] | None = None

    def expected(self, kind: Kind) -> str | None:
        return self.in_header if kind.is_header else self.in_body


def answering(make: object, status: str = "200 OK", headers: tuple[str, ...] = ()) -> Act:
    """make: the answer, of the exchange."""

    async def act(exchange: Exchange) -> None:
        await exchange.read_request()
        answer = make(exchange) if callable(make) else None
        await exchange.reply(answer, status, headers)

    return act


def refusing(status: str, *headers: str) -> Act:
    return answering(lambda _: Answer({}, b'{"code":-1003,"msg":"no"}'), status, headers)


# MARK: The connection ends, or nothing comes, at each stage of an answer

def ending(stage: str, way: str) -> Act:
    async def act(exchange: Exchange) -> None:
        if stage != "accept":
            await exchange.read_request()
        answer = exchange.answer()
        head = exchange.head(answer)
        whole = head + answer.body
        sent = {
            "accept": 0, "request": 0, "status line": 9, "headers": len(head) - 12,
            "before the body": len(head), "body": len(whole) - 2,
        }[stage]
        if sent:
            await exchange.send(whole[:sent])
        await {
            "reset": _reset, "closed": _close, "silent": Exchange.silence
        }[way](exchange)

    return act


async def _reset(exchange: Exchange) -> None:
    exchange.reset()


async def _close(exchange: Exchange) -> None:
    exchange.close()


STAGES = ("accept", "request", "status line", "headers", "before the body", "body")
ENDS = {
    "reset": "reset by peer|Empty reply|Send failure|end of response|transfer closed|HTTP/0.9"
        "|Couldn't connect",
    "closed": "Empty reply|transfer closed|reset by peer|Send failure|end of response|HTTP/0.9",
    "silent": TIMEOUT,
}


def _endings() -> list[Fault]:
    faults = []
    for way, reason in ENDS.items():
        for stage in STAGES:
            # Headers that are cut off hold the time where they hold it whole, and no body.
            is_cut = (way, stage) == ("closed", "headers")
            faults.append(Fault(
                f"{way} at {stage}", ending(stage, way),
                f"{reason}|it is empty" if is_cut else reason, OK if is_cut else reason))
    return faults


# MARK: Slow

def dripping(pause_s: float, *, headers: bool = True, at_once: int = 1) -> Act:
    async def act(exchange: Exchange) -> None:
        await exchange.read_request()
        answer = exchange.answer()
        head = exchange.head(answer)
        await (exchange.drip(head, pause_s, at_once) if headers else exchange.send(head))
        await exchange.drip(answer.body, pause_s, at_once)

    return act


# MARK: Statuses

STATUSES = (
    "400 Bad Request", "401 Unauthorized", "404 Not Found", "405 Method Not Allowed", "407 Proxy",
    "410 Gone", "500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable",
    "504 Gateway Timeout", "520 Unknown Error", "599 ?", "204 No Content", "206 Partial Content",
)


UNSEEN = '{"code":-1,"msg":"\x1b[2J\u202egnorw\u2028<4>all is well\u009b31m"}'.encode()
"""It clears a screen, turns the order of words around, begins a line and makes the rest red."""


def _statuses() -> list[Fault]:
    faults = []
    for status in STATUSES:
        code = status.split()[0]
        act = refusing(status) if code not in ("204",) else _no_content
        faults.append(Fault(f"HTTP {code}", act, f"HTTP {code}", f"HTTP {code}"))
    faults.append(Fault(
        "HTTP 400, in words that a terminal obeys",
        answering(lambda _: Answer({}, UNSEEN), "400 \x1b[2J\u202e"), "HTTP 400", "HTTP 400"))
    for code in (301, 302, 303, 307, 308):
        act = refusing(f"{code} Moved", "Location: /moved-here")
        reason = f"HTTP {code} redirect, which is not followed"
        faults.append(Fault(f"HTTP {code}", act, reason, reason))
    return faults


async def _no_content(exchange: Exchange) -> None:
    await exchange.read_request()
    await exchange.send(b"HTTP/1.1 204 No Content\r\nDate: "
                        + http_date(exchange.cell.now_ns()).encode() + b"\r\n\r\n")


def _date_in(seconds: int) -> str:
    return formatdate(time.time() + seconds, usegmt=True)


def stopping(status: str, *values: str | None, dated: bool = True, in_s: int | None = None) -> Act:
    """Retry-After with these values; in_s: as a date so far ahead of the answer's own."""

    async def act(exchange: Exchange) -> None:
        await exchange.read_request()
        now = exchange.cell.now_ns()
        lines = [f"Retry-After: {each}" for each in values if each is not None]
        if in_s is not None:
            lines.append(f"Retry-After: {http_date(now + in_s * S)}")
        if dated:
            lines.append(f"Date: {http_date(now)}")
        body = b'{"code":-1003}'
        head = [f"HTTP/1.1 {status}", *lines, f"Content-Length: {len(body)}", "", ""]
        await exchange.send("\r\n".join(head).encode(), body)

    return act


DAY = 86_400.0
SOON = (0.0, 5.0)
"""The back-off alone."""
TEN_YEARS_S = 315_360_000
UNREADABLE_S = 60.0
"""What a wish counts as that cannot be read."""


def wishing(*values: str, dated: bool = True, in_s: int | None = None) -> Callable[[str], Act]:
    """`stopping` with any status."""
    return lambda status: stopping(status, *values, dated=dated, in_s=in_s)


WISHES: dict[str, tuple[Callable[[str], Act], float]] = {
    "": (wishing(), 0),
    "30 s": (wishing("30"), 30),
    "1200 s": (wishing("1200"), 1200),
    "0 s": (wishing("0"), 0),
    "1.5 s and 40 s": (wishing("1.5", "40"), 40),
    "-5 s": (wishing("-5"), UNREADABLE_S),
    "soon": (wishing("soon"), UNREADABLE_S),
    "empty": (wishing(""), UNREADABLE_S),
    "1e9": (wishing("1e9"), UNREADABLE_S),
    "ten years": (wishing(str(TEN_YEARS_S)), DAY),
    "30 digits": (wishing("9" * 30), DAY),
    "a date": (wishing(in_s=45), 45),
    "a date in 20 minutes": (wishing(in_s=1200), 1200),
    "a date past": (wishing(in_s=-3600), 0),
    "a date in ten years": (wishing(in_s=TEN_YEARS_S), DAY),
    "a date without a year": (wishing("Sun, 06 Nov 08:49:37 GMT"), UNREADABLE_S),
    "a date beside none": (wishing(dated=False, in_s=45), UNREADABLE_S),
}
"""How an exchange says for how long it wants to be left alone, and what that counts as, in s."""

LEAST_WAITS_S = {
    "429 Too Many Requests": 0.0, "418 I'm a teapot": 600.0, "403 Forbidden": 600.0,
    "451 Unavailable For Legal Reasons": 600.0,
}
"""Statuses that say stop, and the shortest wait for each: a ban is lengthened by asking again."""


def _stops() -> list[Fault]:
    rows: list[tuple[str, Act, float]] = [
        (f"{status[:3]}, {name}" if name else status[:3], act(status), max(least_s, wish_s))
        for status, least_s in LEAST_WAITS_S.items()
        for name, (act, wish_s) in WISHES.items()]
    rows += [
        ("503, 20 s", stopping("503 Service Unavailable", "20"), 20),
        ("500, a date", stopping("500 Internal Server Error", in_s=25), 25),
    ]
    return [
        Fault(f"HTTP {name}", act, f"HTTP {name[:3]}", f"HTTP {name[:3]}",
              waits_s=(wait_s, wait_s) if wait_s else SOON)
        for name, act, wait_s in rows]


# MARK: What is no HTTP, or HTTP that is wrong

def raw(make: object) -> Act:
    """make: all bytes, of the exchange and a good answer; the connection is closed then."""

    async def act(exchange: Exchange) -> None:
        await exchange.read_request()
        await exchange.send(make(exchange, exchange.answer()))
        exchange.close()

    return act


async def _endless_body(exchange: Exchange) -> None:
    await exchange.read_request()
    await exchange.send(exchange.head(exchange.answer(), length=None))
    while True:
        await exchange.send(b" " * 65536)


async def _endless_chunks(exchange: Exchange) -> None:
    await exchange.read_request()
    await exchange.send(
        exchange.head(exchange.answer(), length=None, headers=("Transfer-Encoding: chunked",)))
    while True:
        await exchange.send(b"4000\r\n" + b" " * 0x4000 + b"\r\n")


async def _huge_body(exchange: Exchange) -> None:
    await exchange.read_request()
    await exchange.send(exchange.head(exchange.answer(), length=str(50_000_000)))
    for _ in range(1000):
        await exchange.send(b" " * 50_000)


async def _endless_headers(exchange: Exchange) -> None:
    await exchange.read_request()
    await exchange.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await exchange.send(b"X-More: and more\r\n" * 100)


async def _endless_header(exchange: Exchange) -> None:
    await exchange.read_request()
    await exchange.send(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    while True:
        await exchange.send(b"x" * 65536)


async def _endless_interim(exchange: Exchange) -> None:
    await exchange.read_request()
    while True:
        await exchange.send(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" * 10)


async def _interim(exchange: Exchange) -> None:
    await exchange.read_request()
    await exchange.send(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")
    await exchange.reply()


def packed(make: object, coding: str = "gzip") -> Act:
    async def act(exchange: Exchange) -> None:
        await exchange.read_request()
        answer = exchange.answer()
        body = make(answer.body)
        await exchange.reply(
            Answer(answer.headers, body), headers=(f"Content-Encoding: {coding}",))

    return act


BOMB = gzip.compress(b" " * 50_000_000)
BOMB_BOMB = gzip.compress(BOMB)


def sized(make: object, headers: tuple[str, ...] = ()) -> Act:
    """make: what Content-Length says, of the true length; the connection stays open."""

    async def act(exchange: Exchange) -> None:
        await exchange.read_request()
        answer = exchange.answer()
        await exchange.send(
            exchange.head(answer, length=make(len(answer.body)), headers=headers), answer.body)

    return act


async def _two_answers(exchange: Exchange) -> None:
    """Another answer lies in the connection before the next question is asked."""
    await exchange.read_request()
    answer = exchange.answer()
    await exchange.send((exchange.head(answer) + answer.body) * 2)


def _framing() -> list[Fault]:
    chunked = ("Transfer-Encoding: chunked",)
    rows: list[tuple[str, Act, str | None, str | None]] = [
        ("garbage for HTTP", raw(lambda e, a: b"\x00\xff\x16\x03\x01" * 50), ".", "."),
        ("HTTP/0.9", raw(lambda e, a: a.body), "HTTP/0.9", "HTTP/0.9"),
        ("HTTP/2", raw(lambda e, a: e.head(a).replace(b"HTTP/1.1", b"HTTP/2") + a.body), OK, OK),
        ("no status", raw(lambda e, a: e.head(a, "") + a.body), ".", "."),
        ("status 20", raw(lambda e, a: e.head(a, "20 OK") + a.body), ".", "."),
        ("status -200", raw(lambda e, a: e.head(a, "-200 OK") + a.body), ".", "."),
        ("a NUL in a header",
         raw(lambda e, a: e.head(a).replace(b"Content-Type: ", b"Content-Type: \0") + a.body),
         ".", "."),
        ("endless body", _endless_body, LARGE, OK),
        ("endless chunks", _endless_chunks, LARGE, OK),
        ("huge body", _huge_body, LARGE, OK),
        ("endless headers", _endless_headers, LARGE, LARGE),
        ("endless header", _endless_header, ".", "."),
        ("endless interim answers", _endless_interim, LARGE, LARGE),
        ("an interim answer", _interim, OK, OK),
        ("gzip", packed(gzip.compress), OK, OK),
        ("gzip bomb", packed(lambda _: BOMB), LARGE, OK),
        ("gzip bomb in gzip", packed(lambda _: BOMB_BOMB, "gzip, gzip"), LARGE, OK),
        ("gzip cut off", packed(lambda body: gzip.compress(body)[:-12]), ".", None),
        ("gzip that is none", packed(lambda body: body), "packed", "packed"),
        ("packed 50 times", packed(gzip.compress, ", ".join(["gzip"] * 50)), "packed", "packed"),
        ("packed in an unknown way", packed(lambda body: body, "lzma"), "packed", "packed"),
        ("length too long", sized(lambda n: str(n + 9)), TIMEOUT, TIMEOUT),
        ("length too short", sized(lambda n: str(n - 2)), ".", OK),
        ("length 0", sized(lambda n: "0"), UNUSABLE, OK),
        ("length -1", sized(lambda n: "-1"), ".", "."),
        ("length in words", sized(lambda n: "ten"), ".", "."),
        ("length of 30 digits", sized(lambda n: "9" * 30), ".", None),
        ("two lengths", sized(lambda n: str(n), ("Content-Length: 99",)), OK, OK),
        ("chunks of no size", sized(lambda n: "1", chunked), ".", "."),
        ("two answers at once", _two_answers, None, None),
    ]
    return [Fault(name, act, body, header) for name, act, body, header in rows]


# MARK: Answers that are no time

def _contents() -> list[Fault]:
    bodies: dict[str, bytes] = {
        "an empty body": b"", "a page of HTML": b"<html><body>Just a moment...</body></html>",
        "binary": bytes(range(256)), "UTF-8 that is none": b'{"result":{"now":"\xff\xfe\xc0"}}',
        "JSON cut off": b'{"code":0,"result":{"now":17', "nested 60,000 deep": b"[" * 60_000,
        "a key twice": b'{"result":{"now":1},"result":{"now":2}}', "an empty object": b"{}",
        "an empty array": b"[]", "an error with 200":
        b'{"code":-1121,"msg":"maintenance"}', "an error that a terminal obeys": UNSEEN,
    }
    faults = [
        Fault(name, answering(lambda _, body=body: Answer({}, body)), UNUSABLE, None)
        for name, body in bodies.items()]
    values = {
        "null": "null", "zero": "0", "negative": "-1795275021742", "a word": '"soon"',
        "true": "true", "a list": "[1]", "1e400": "1e400", "40 digits": "1" * 40,
        "the year 1970": "86400000", "the year 2200": "7258118400000",
        "the year 1970 in words": '"1970-01-02T00:00:00.000Z"', "empty text": '""',
        "what a terminal obeys": '"\\u001b[2J\\u202egnorw\\u2028<4>all is well\\u009b31m"',
        "control characters": '"\\u0000\\u001b[31m"', "NaN": "NaN",
    }
    faults += [
        Fault(f"time: {name}", answering(lambda e, text=text: e.cell.kind.broken(text)),
              UNUSABLE, UNUSABLE)
        for name, text in values.items()]
    return faults


# MARK: Clocks that are wrong

def _late(seconds: float, *headers: str) -> Act:
    """An answer that was made some time ago."""
    return answering(lambda e: e.answer(e.cell.now_ns() - round(seconds * S)), headers=headers)


def _shifted(shift: object) -> Act:
    """shift: by how many ns the clock is ahead of the cell's own, of the exchange."""
    return answering(lambda e: e.answer(e.cell.now_ns() + shift(e)))


def _wrong_unit(exchange: Exchange) -> Answer:
    """Seconds for milliseconds and microseconds, milliseconds for the others."""
    now = exchange.cell.now_ns()
    kind = exchange.cell.kind
    return kind.broken(str(now // S) if kind.unit_ns in (MS, 1000) else str(now // MS))


YEAR = 365 * 86_400 * S
FLEET = 40 * MS


def _clocks() -> list[Fault]:
    old = lambda e: e.answer(e.cell.faulty_since_ns)  # noqa: E731
    far = "clock jumped by|jumped"
    return [
        Fault("cached, Age: 45", _late(45, "Age: 45"), STALE, STALE),
        Fault("cached, X-Cache: HIT", _late(3, "X-Cache: HIT from edge"), STALE, STALE),
        Fault("cached, CF-Cache-Status", _late(3, "CF-Cache-Status: HIT"), STALE, STALE),
        Fault("a clock that stands", answering(old), STALE, STALE),
        Fault("a wrong unit", answering(_wrong_unit), UNUSABLE, UNUSABLE),
        Fault("a year ahead", _shifted(lambda _: YEAR), far, far),
        Fault("a year behind", _shifted(lambda _: -YEAR), far, far),
        Fault("an hour ahead", _shifted(lambda _: 3600 * S), far, far),
        Fault("2 s ahead", _shifted(lambda _: 2 * S), OK, OK, (2 * S,)),
        Fault("2 s behind", _shifted(lambda _: -2 * S), OK, OK, (-2 * S,)),
        Fault("a fleet 40 ms apart", _shifted(lambda e: FLEET * (e.cell.served % 2)), OK, OK,
              (0, FLEET)),
        Fault("every other answer fails", _every_other, OK, OK),
    ]


async def _every_other(exchange: Exchange) -> None:
    """After two good ones, so that there is a burst."""
    await exchange.read_request()
    if exchange.cell.served % 3:
        await exchange.reply()
    else:
        exchange.reset()


SLOW = [
    Fault("a byte each 50 ms, from the status line on",
          dripping(0.05), TIMEOUT, TIMEOUT),
    Fault("a byte of the body each 200 ms",
          dripping(0.2, headers=False), TIMEOUT, None),
    Fault("16 bytes each ms", dripping(0.001, at_once=16), OK, OK),
]

WILD = [
    # Which bursts agree with each other is a matter of chance; what is within a second of each
    # other would pass for several servers.
    Fault("a clock that runs backwards",
          _shifted(lambda e: -20 * (e.cell.now_ns() - e.cell.faulty_since_ns)),
          CONFUSED, CONFUSED),
    Fault("a clock that is elsewhere at each answer",
          _shifted(lambda e: (e.cell.served % 7 - 3) * 20 * S), CONFUSED, CONFUSED),
]
"""They cost the whole budget of a minute, as each burst is weighed by another one."""

FAULTS: list[Fault] = [
    *_endings(), *SLOW, *_statuses(), *_framing(), *_contents(), *_clocks()]
STOPS: list[Fault] = _stops()
