"""The ways in which exchanges tell their time, and the daemon's configuration for each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import formatdate

MS, S = 1_000_000, 1_000_000_000

Headers = dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What is particular to a kind of exchange: headers of its own, and the body."""

    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Kind:
    """render: the answer of an exchange whose clock shows that many ns, in the kind's own form.

    broken: how this kind answers with that text instead of the time, quoted or as a bare token.
    """

    name: str
    toml: str
    render: Callable[[int], Answer]
    broken: Callable[[str], Answer]
    unit_ns: int = MS
    is_header: bool = False


def document(**members: object) -> bytes:
    return json.dumps({"code": 0, "result": members}).encode()


def iso(ns: int) -> str:
    moment = datetime.fromtimestamp(ns // S, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{ns % S // MS:03d}Z"


def http_date(ns: int) -> str:
    return formatdate(ns // S, usegmt=True)


def in_body(name: str, toml: str, write: Callable[[int], object], unit_ns: int) -> Kind:
    return Kind(
        name, f'time = "/result/now"\n{toml}', lambda ns: Answer({}, document(now=write(ns))),
        lambda text: Answer({}, b'{"code":0,"result":{"now":' + text.encode() + b"}}"), unit_ns)


def in_header(name: str, header: str, toml: str, write: Callable[[int], str], unit_ns: int) -> Kind:
    return Kind(
        name, f'time = "header:{header}"\n{toml}', lambda ns: Answer({header: write(ns)}, b"{}"),
        lambda text: Answer({header: text}, b"{}"), unit_ns, is_header=True)


KINDS = (
    in_body("ms", 'unit = "ms"', lambda ns: ns // MS, MS),
    in_body("text", 'unit = "ms"', lambda ns: str(ns // MS), MS),
    in_body("us", 'unit = "ms"\nfiner_unit = "us"', lambda ns: ns // 1000, 1000),
    in_body("ns", 'unit = "ns"\nresolution = "1ms"', lambda ns: str(ns), 1),
    in_body("s", 'unit = "s"', lambda ns: ns // S, S),
    in_body("iso", 'unit = "iso8601"', iso, MS),
    in_body("post", "unit = \"ms\"\nbody = '{\"type\":\"time\"}'", lambda ns: ns // MS, MS),
    Kind(
        "bare", 'time = ""\nunit = "ms"', lambda ns: Answer({}, str(ns // MS).encode()),
        lambda text: Answer({}, text.encode()), MS),
    Kind(
        "stamps",
        'time = "/result/now"\nunit = "ms"\nreceive = "/result/in"\ntransmit = "/result/out"',
        lambda ns: Answer(
            {}, document(**{"now": ns // MS, "in": ns // 1000, "out": ns // 1000})),
        lambda text: Answer(
            {}, f'{{"result":{{"now":{text},"in":{text},"out":{text}}}}}'.encode()), MS),
    in_header("header", "X-Out-Time", 'unit = "us"', lambda ns: str(ns // 1000), 1000),
    in_header("date", "Date", "", http_date, S),
)
"""The unit of "ns" is finer than any wrong one."""
