"""Writes the cases that every client must pass: requests.json, answers.json,
notifications.json, pages.json.

    python3 clients/conformance/generate.py           writes them, and says how many cases there are
    python3 clients/conformance/generate.py --check   writes nothing; fails where a file differs

What is expected is worked out here in exact fractions, from docs/shared-page.md and from
Sources/ClockCore/Stamping, not by any of the clients. README.md tells how the files read.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import struct
import sys
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
JSON = dict[str, Any]

# --- Requests ---------------------------------------------------------------------------------


def requests() -> list[JSON]:
    given: list[tuple[str, str, JSON]] = [
        ("a stamp", "stamp", {"exchange": "binance"}),
        ("a window", "stamp", {"exchange": "binance", "recv_window_ms": 2500}),
        ("a lifetime", "stamp", {"exchange": "bitmex", "lifetime_ms": 5000}),
        ("a time", "now", {"exchange": "okx"}),
        ("a time that is good enough", "now", {"exchange": "okx", "max_error_ms": 0}),
        ("an offset", "offset", {"exchange": "kraken"}),
        ("an id beyond ASCII", "offset", {"exchange": "börse-\u2028\U0001f552"}),
        ("an id that needs escapes", "offset", {"exchange": 'a"b\\c\n\t\u0001/\u007f'}),
        ("all offsets", "offsets", {}),
        ("a past time", "convert", {"exchange": "bybit", "local_us": 1_790_000_000_123_456}),
        ("a subscription to all", "subscribe", {}),
        (
            "a subscription to some",
            "subscribe", {"exchanges": ["binance", "okx"], "min_change_us": 250},
        ),
        ("a subscription to none", "subscribe", {"exchanges": []}),
        ("the end of a subscription", "unsubscribe", {"subscription": 7}),
        ("a resync of all", "resync", {}),
        ("a resync of one", "resync", {"exchange": "gate"}),
        ("a step accepted", "resync", {"exchange": "gate", "accept_step": True}),
        ("a refusal's number", "report", {"exchange": "binance", "code": -1021}),
        (
            "a refusal in full", "report",
            {
                "exchange": "okx", "code": "50102", "http_status": 401,
                "message": 'Timestamp request expired {"code":"50102"}',
                "timestamp": "2026-09-21T14:13:20.000Z", "recv_window_ms": 5000,
            },
        ),
        ("health", "health", {}),
        ("the catalogue", "exchanges", {}),
    ]
    cases = []
    for id, (name, method, params) in enumerate(given, 1):
        message = {"jsonrpc": "2.0", "id": id, "method": method, "params": params}
        line = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        cases.append({"name": name, "id": id, "method": method, "params": params, "line": line})
    return cases


# --- Answers ----------------------------------------------------------------------------------

STAMP = {
    "exchange": "binance", "state": "synchronized", "timestamp": 1790000000123,
    "unix_us": 1790000000123000, "carrier": "query or body parameter 'timestamp'",
    "recv_window_ms": 5000, "min_recv_window_ms": 1033, "margin_ms": 999, "guaranteed": True,
}
UNSURE = STAMP | {
    "exchange": "okx", "timestamp": "2026-09-21T14:13:20.123Z", "recv_window_ms": 30000,
    "min_recv_window_ms": None, "margin_ms": -1, "guaranteed": False,
    "reason": "the window of okx is not documented",
}
NONCE = STAMP | {
    "exchange": "kraken", "timestamp": "1790000000123456789", "recv_window_ms": None,
    "min_recv_window_ms": None, "margin_ms": None, "guaranteed": False, "state": "holdover",
}
NOW = {
    "exchange": "okx", "state": "synchronized", "estimate_us": 1790000000123456,
    "earliest_us": 1790000000113456, "latest_us": 1790000000133457,
    "local_us": 1790000000000001,
}
OFFSET = {
    "exchange": "okx", "state": "synchronized", "reason": "", "offset_ns": -123456789,
    "lower_ns": -133456789, "upper_ns": -113456789, "error_ns": 10000000, "drift_ppm": 1.5,
    "drift_error_ppm": 0.25, "rtt_min_ns": 31000000, "rtt_last_ns": 33000000, "samples": 8,
    "rejected": 0, "rejected_by": {"contradicting": 0, "stale": 0, "unusable": 0},
    "resyncs_by": {"start": 1, "interval": 3, "error": 0, "retry": 0, "confirmation": 0, "demand": 2,
                   "report": 0, "disruption": 0},
    "resyncs_failed": 1,
    "resolution_ns": 1000000, "last_sync_us": 1790000000000000, "age_ms": 1234,
    "next_sync_ms": 3598766, "failures": 0,
}
UNMEASURED = OFFSET | {
    "exchange": "kraken", "state": "unknown", "reason": "no sample has been taken yet",
    "samples": 0,
} | {
    key: None
    for key in (
        "offset_ns", "lower_ns", "upper_ns", "error_ns", "drift_ppm", "drift_error_ppm",
        "rtt_min_ns", "rtt_last_ns", "last_sync_us", "age_ms",
    )
}
CONVERTED = {
    "exchange": "okx", "local_us": 1790000000000001, "estimate_us": 1790000000123456,
    "earliest_us": 1790000000113456, "latest_us": 1790000000133457,
}
REPORT = {
    "exchange": "okx", "verdict": "clock", "action": "resign",
    "explanation": "the exchange's clock had stepped", "resynced": True, "retry_after_ms": None,
    "offset": OFFSET, "stamp": STAMP,
}
SUBSCRIBED = {"subscription": 7, "offsets": [UNMEASURED, OFFSET]}
HEALTH = {
    "status": "degraded", "reasons": ["kraken is unknown"], "ready": True, "uptime_ms": 1234,
    "started_us": 1790000000123456,
    "ready_now": True, "configuration": "/etc/exchange-clock/exchange-clock.toml",
    "version": "0.1.0",
    "system_clock": {"offset_ns": 5, "error_ns": 6, "kernel_synchronized": None},
    "verdicts": [], "counts": {"synchronized": 1, "unknown": 1, "clients": 2},
}
EXCHANGE = {
    "id": "okx", "name": "OKX", "market": "all", "enabled": True,
    "endpoint": "https://www.okx.com/api/v5/public/time", "resolution_ns": 1000000,
    "timestamp_format": "iso8601_ms", "timestamp_carrier": "header OK-ACCESS-TIMESTAMP",
    "window_kind": "fixed", "window_param": None, "window_documented": True,
    "window_ms": 30000, "window_max_ms": None, "future_tolerance_ms": 30000,
    "codes": [{"code": "50102", "verdict": "clock", "meaning": "expired"}],
    "confidence": "high", "sources": ["documentation"],
}


OPTIONAL: dict[str, JSON] = {
    "stamp": {"reason": None},
    "offset": {"rejected_by": {}, "resyncs_by": {}, "resyncs_failed": 0},
    "health": {"verdicts": [], "ready_now": False, "configuration": None, "started_us": None},
    "exchanges": {
        "window_kind": "unknown", "window_param": None, "window_documented": True,
        "confidence": "", "sources": [],
    },
}
"""By method: members that an answer may lack, and what clients say then."""
NULLABLE = {
    "carrier", "recv_window_ms", "min_recv_window_ms", "margin_ms", "reason", "stamp",
    "retry_after_ms", "window_param", "window_ms", "window_max_ms", "future_tolerance_ms",
    "started_us", "configuration",
} | {key for key, value in UNMEASURED.items() if value is None}
"""Members that may be null; `reason` in a stamp alone, and `carrier` by the page alone."""
UNCHECKED = {
    "counts", "codes", "system_clock", "verdicts", "rejected_by", "resyncs_by",
}
"""Members whose content is as the daemon has it: an object, a list of objects, or newer than this."""


def without(result: JSON, member: str) -> JSON:
    return {key: value for key, value in result.items() if key != member}


def unfit(member: str, value: Any) -> Any:
    """Of another type than the value, and no value that the member may have."""
    if isinstance(value, bool):
        return 1
    if member == "timestamp":
        return True
    if isinstance(value, (int, float)):
        return "7"
    if value is None or isinstance(value, str):
        return True
    return "none" if isinstance(value, list) else []


def unfit_results() -> list[tuple[str, str, Any]]:
    """Results of each shape with one member that is missing, or not what it should be."""
    shapes: list[tuple[str, JSON]] = [
        ("stamp", STAMP), ("now", NOW), ("offset", OFFSET), ("convert", CONVERTED),
        ("subscribe", SUBSCRIBED), ("report", REPORT), ("health", HEALTH),
        ("exchanges", EXCHANGE),
    ]
    cases: list[tuple[str, str, Any]] = []
    for method, result in shapes:
        wrap = (lambda each: [each]) if method == "exchanges" else (lambda each: each)
        for member, value in result.items():
            bad = wrap(result | {member: unfit(member, value)})
            cases.append((f"{method}: {member} is of another type", method, bad))
            if member not in OPTIONAL.get(method, {}):
                cases.append((f"{method}: {member} is missing", method, wrap(without(result, member))))
            is_nullable = member in NULLABLE and (member, method) != ("reason", "offset")
            if not is_nullable and member not in UNCHECKED:
                bad = wrap(result | {member: None})
                cases.append((f"{method}: {member} is null", method, bad))
    cases += [
        ("a state that there is not", "now", NOW | {"state": "elated"}),
        ("a fraction for a whole number", "now", NOW | {"local_us": 0.5}),
        ("a number of 65 bits", "now", NOW | {"local_us": 2**63}),
        ("a reason that is no text", "stamp", UNSURE | {"reason": ["none"]}),
        ("a timestamp that is a fraction", "stamp", STAMP | {"timestamp": 1790000000123.5}),
        ("a list with something else in it", "offsets", [OFFSET, 5]),
        ("no list", "offsets", OFFSET),
        ("a list where one was asked for", "offset", [OFFSET]),
        ("resynced: a list with something else in it", "resync", [OFFSET, "okx"]),
        ("resynced: nothing", "resync", None),
        ("a subscription to nothing", "subscribe", SUBSCRIBED | {"offsets": [None]}),
        ("a report of half an offset", "report", REPORT | {"offset": without(OFFSET, "state")}),
        ("a report of half a stamp", "report", REPORT | {"stamp": without(STAMP, "timestamp")}),
        ("reasons that are no text", "health", HEALTH | {"reasons": [1]}),
        ("codes that are no objects", "exchanges", [EXCHANGE | {"codes": ["50102"]}]),
    ]
    return cases


def answers() -> list[JSON]:
    good: list[tuple[str, str, Any]] = [
        ("a stamp in milliseconds", "stamp", STAMP),
        ("a stamp that is not sure, as text", "stamp", UNSURE),
        ("a nonce, as text", "stamp", NONCE),
        ("a time", "now", NOW),
        ("an offset", "offset", OFFSET),
        ("an offset of which nothing is known", "offset", UNMEASURED),
        ("all offsets", "offsets", [UNMEASURED, OFFSET]),
        ("no offsets", "offsets", []),
        ("a past time", "convert", CONVERTED),
        ("a subscription", "subscribe", SUBSCRIBED),
        ("one resync", "resync", OFFSET),
        ("resyncs of all", "resync", [UNMEASURED, OFFSET]),
        ("a verdict with a stamp", "report", REPORT),
        ("health", "health", HEALTH),
        ("the catalogue", "exchanges", [EXCHANGE]),
    ]
    cases = []
    for name, method, result in good:
        line = text({"jsonrpc": "2.0", "id": 1, "result": result})
        cases.append(
            {"name": name, "id": 1, "method": method, "line": line, "result": full(result)})
    # What an answer may lack.
    for method, result in (
        ("offset", OFFSET), ("health", HEALTH), ("exchanges", EXCHANGE),
    ):
        short = {key: each for key, each in result.items() if key not in OPTIONAL[method]}
        told: Any = short | OPTIONAL[method]
        if method == "exchanges":
            short, told = [short], [told]  # type: ignore[assignment]
        line = text({"jsonrpc": "2.0", "id": 1, "result": short})
        cases.append(
            {"name": f"{method} with no more than is sure", "id": 1, "method": method,
             "line": line, "result": told})

    # A newer daemon says more.
    line = text({"jsonrpc": "2.0", "id": 1, "result": NOW | {"moon": {"phase": "full"}}, "more": 1})
    cases.append(
        {"name": "members that are not known yet", "id": 1, "method": "now", "line": line,
         "result": NOW}
    )
    line = text({"result": NOW, "id": 1, "jsonrpc": "2.0"}).replace(",", " ,\t").replace(":", " : ")
    cases.append(
        {"name": "another order, and blanks", "id": 1, "method": "now", "line": line,
         "result": NOW}
    )
    banned = REPORT | {
        "verdict": "rate_limit", "action": "wait", "resynced": False, "retry_after_ms": 60000,
        "stamp": None,
    }
    line = text({"jsonrpc": "2.0", "id": 1, "result": banned})
    cases.append(
        {"name": "a verdict without a stamp", "id": 1, "method": "report", "line": line,
         "result": full(banned)}
    )

    codes = {
        "parse_error": -32700, "invalid_request": -32600, "method_not_found": -32601,
        "invalid_params": -32602, "internal_error": -32603, "not_synchronized": -32001,
        "unknown_exchange": -32002, "error_too_large": -32003, "refused": -32004,
        "overloaded": -32005, "server_error": -32099,
    }
    for kind, code in codes.items():
        error = {"code": code, "message": f"this is {kind}, »in words«"}
        cases.append(refusal(kind, error, f"an error: {kind}"))
    whole = {
        "code": -32001, "message": "okx: no time can be given: banned",
        "data": {
            "exchange": "okx", "state": "disrupted", "reason": "banned", "retry_after_ms": 1500,
        },
    }
    cases.append(refusal("not_synchronized", whole, "an error with all that it may say"))
    partly = {"code": -32004, "message": "wait", "data": {"retry_after_ms": 60000, "new": [1]}}
    cases.append(refusal("refused", partly, "an error with a member that is not known yet"))
    odd = {
        "code": -32004, "message": "wait",
        "data": {"exchange": 5, "state": ["x"], "reason": {}, "retry_after_ms": "soon"},
    }
    cases.append(
        refusal("refused", odd | {"data": {}}, "an error that says what nobody understands"))
    cases[-1]["line"] = text({"jsonrpc": "2.0", "id": 1, "error": odd})
    cases.append(
        refusal("refused", odd | {"data": {}}, "an error whose data is none"))
    cases[-1]["line"] = text({"jsonrpc": "2.0", "id": 1, "error": odd | {"data": [1]}})
    line = text({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "what?"}})
    cases.append(
        {"name": "an error for whom it may concern", "id": 1, "method": "now", "line": line,
         "error": {"kind": "parse_error", "code": -32700, "message": "what?"}}
    )

    broken = {
        "no JSON": "certainly",
        "nothing": "",
        "a number": "12",
        "a list": "[]",
        "no version": text({"id": 1, "result": NOW}),
        "another version": text({"jsonrpc": "1.0", "id": 1, "result": NOW}),
        "another id": text({"jsonrpc": "2.0", "id": 2, "result": NOW}),
        "no id": text({"jsonrpc": "2.0", "result": NOW}),
        "neither result nor error": text({"jsonrpc": "2.0", "id": 1}),
        "an error that is none": text({"jsonrpc": "2.0", "id": 1, "error": "no"}),
        "an error without a code": text({"jsonrpc": "2.0", "id": 1, "error": {"message": "no"}}),
        "an error without a message": text({"jsonrpc": "2.0", "id": 1, "error": {"code": -32001}}),
        "a result that is none": text({"jsonrpc": "2.0", "id": 1, "result": 5}),
        "a result that lacks a member": text(
            {"jsonrpc": "2.0", "id": 1, "result": without(NOW, "earliest_us")}
        ),
        "half an answer": text({"jsonrpc": "2.0", "id": 1, "result": NOW})[:-9],
        "two answers": text({"jsonrpc": "2.0", "id": 1, "result": NOW}) * 2,
        "an id that is text": text({"jsonrpc": "2.0", "id": "1", "result": NOW}),
        "an id that is a truth": text({"jsonrpc": "2.0", "id": True, "result": NOW}),
        "an id that is a list": text({"jsonrpc": "2.0", "id": [1], "result": NOW}),
        "an id that is an object": text({"jsonrpc": "2.0", "id": {"1": 1}, "result": NOW}),
        "an id that is null": text({"jsonrpc": "2.0", "id": None, "result": NOW}),
        "an error with a code that is text": text(
            {"jsonrpc": "2.0", "id": 1, "error": {"code": "-32001", "message": "no"}}),
        "an error with half a code": text(
            {"jsonrpc": "2.0", "id": 1, "error": {"code": -0.5, "message": "no"}}),
        "an error with a message that is none": text(
            {"jsonrpc": "2.0", "id": 1, "error": {"code": -32001, "message": ["no"]}}),
        "an infinite number": '{"jsonrpc":"2.0","id":1,"result":{"drift_ppm":1e999}}',
        "a number that is none": '{"jsonrpc":"2.0","id":1,"result":{"drift_ppm":NaN}}',
        "a number without end": '{"jsonrpc":"2.0","id":1,"result":{"drift_ppm":-Infinity}}',
        "a number of many digits":
            text({"jsonrpc": "2.0", "id": 1, "result": NOW})[:-2] + "0" * 5000 + "}}",
        "lists without end": "[" * DEEP,
        "lists in lists": f'{{"jsonrpc":"2.0","id":1,"result":{"[" * DEEP}{"]" * DEEP}}}',
        "objects in objects":
            f'{{"jsonrpc":"2.0","id":1,"result":{{}},"x":{"[" * DEEP}{"]" * DEEP}}}',
    }
    for name, line in broken.items():
        cases.append(
            {"name": name, "id": 1, "method": "now", "line": line, "error": {"kind": "protocol"}}
        )
    for name, method, result in unfit_results():
        line = text({"jsonrpc": "2.0", "id": 1, "result": result})
        cases.append(
            {"name": name, "id": 1, "method": method, "line": line, "error": {"kind": "protocol"}}
        )
    # What text cannot hold.
    half = text({"jsonrpc": "2.0", "id": 1, "result": NOW | {"exchange": "?"}}).encode()
    for name, bad in (("no UTF-8", b"\xff"), ("half a character", b"\xc3")):
        cases.append(
            {"name": name, "id": 1, "method": "now", "line_hex": half.replace(b"?", bad).hex(),
             "error": {"kind": "protocol"}})
    wide = text({"jsonrpc": "2.0", "id": 1, "result": NOW}).encode("utf-16")
    cases.append({"name": "UTF-16", "id": 1, "method": "now", "line_hex": wide.hex(),
                  "error": {"kind": "protocol"}})
    return cases


DEEP = 30_000


def full(result: Any) -> Any:
    """With the members that an answer may lack."""
    if isinstance(result, list):
        return [full(each) for each in result]
    if "timestamp" in result:
        return OPTIONAL["stamp"] | result
    return {key: full(each) if key == "stamp" and each else each for key, each in result.items()}


def notifications() -> list[JSON]:
    """What comes unasked, after `subscribe`."""
    good = {"jsonrpc": "2.0", "method": "offset", "params": {"subscription": 7} | OFFSET}
    newer = good | {"params": good["params"] | {"moon": "full"}, "more": 1}
    cases: list[JSON] = [
        {"name": name, "line": text(message), "subscription": 7, "offset": offset}
        for name, message, offset in [
            ("a change", good, OFFSET),
            ("nothing known", good | {"params": {"subscription": 7} | UNMEASURED}, UNMEASURED),
            ("members that are not known yet", newer, OFFSET),
        ]
    ]
    cases += [
        {"name": name, "line": text(message), "passed_over": True}
        for name, message in {
            "another method": good | {"method": "moon"},
            "another method with other parameters":
                {"jsonrpc": "2.0", "method": "moon", "params": [1, {"a": None}]},
            "another method without parameters": {"jsonrpc": "2.0", "method": "moon"},
        }.items()
    ]
    told = good["params"]
    broken = {
        "a method that is none": good | {"method": 5},
        "a subscription that is text": good | {"params": told | {"subscription": "7"}},
        "a subscription that is a list": good | {"params": told | {"subscription": [7]}},
        "a subscription that is an object": good | {"params": told | {"subscription": {}}},
        "no subscription": good | {"params": without(told, "subscription")},
        "parameters in a list": good | {"params": [told]},
        "a count that is text": good | {"params": told | {"samples": "8"}},
        "a state that there is not": good | {"params": told | {"state": "elated"}},
        "a bound that is text": good | {"params": told | {"lower_ns": "-1"}},
        "no params": without(good, "params"),
        "no offset": good | {"params": {"subscription": 7}},
        "no version": without(good, "jsonrpc"),
    }
    cases += [
        {"name": name, "line": text(message), "error": {"kind": "protocol"}}
        for name, message in broken.items()
    ]
    return cases


def refusal(kind: str, error: JSON, name: str) -> JSON:
    data = error.get("data", {})
    known = ("exchange", "state", "reason", "retry_after_ms")
    return {
        "name": name, "id": 1, "method": "now",
        "line": text({"jsonrpc": "2.0", "id": 1, "error": error}),
        "error": {"kind": kind, "code": error["code"], "message": error["message"]}
        | {key: data[key] for key in known if key in data},
    }


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# --- Pages ------------------------------------------------------------------------------------

S, MS, US = 1_000_000_000, 1_000_000, 1_000
BOOT = bytes(range(0x10, 0x20))
RAW = 5_000_123_456_789
"""CLOCK_MONOTONIC_RAW of most cases."""
REAL = 1_790_000_000_123_456_789
"""CLOCK_REALTIME of most cases."""
UPLINK = S
STATES = ["unknown", "synchronized", "holdover", "disrupted"]
RULES = ["unknown", "window", "expiry", "nonce", "untimed"]
FORMATS = ["unix_s", "unix_ms", "unix_us", "unix_ns", "iso8601_ms", "iso8601_bare_s"]
STEPS = [S, MS, US, 1, MS, S]

USUAL: JSON = {
    "sequence": 2, "id": "binance", "state": 1, "rule": 1, "format": 1, "flags": 3,
    "as_of_raw_ns": RAW - 7 * S, "lower_ns": REAL - 7 * S - 3 * S - 10 * MS,
    "upper_ns": REAL - 7 * S - 3 * S + 13_000_001, "lower_rate": -2.5e-6, "upper_rate": 3.5e-6,
    "void_after_raw_ns": RAW + 86_400 * S, "holdover_after_raw_ns": RAW + 3_600 * S,
    "checked_raw_ns": RAW - 900 * MS, "real_minus_raw_ns": REAL - RAW,
    "resolution_ns": MS, "window_ns": 5 * S, "longest_window_ns": 60 * S, "tolerance_ns": S,
}
SLOT = struct.Struct("<Q32sIIIIqqqddqqqqqqqq32x")
assert SLOT.size == 192 and list(USUAL)[:2] == ["sequence", "id"]


def header(count: int, **changes: Any) -> bytes:
    fields = {
        "magic": b"XCLOCKPG", "version": 1, "header_bytes": 64, "slot_bytes": 192, "slots": count,
        "boot_id": BOOT, "status": 1, "reserved": 0, "starts": 3, "reserved_too": 0,
    } | changes
    return struct.pack("<8sIIII16sIIQQ", *fields.values())


def page(*slots: JSON, **changes: Any) -> bytes:
    images = [SLOT.pack(*({**slot, "id": slot["id"].encode()}).values()) for slot in slots]
    return header(len(slots), **changes) + b"".join(images)


def expected(slot: JSON, raw: int, real: int, asked: list[JSON]) -> JSON:
    """What a client makes of a slot whose sequence is even."""
    if slot["state"] not in (1, 2):
        name = STATES[slot["state"]] if slot["state"] < len(STATES) else "unknown"
        return {"refusal": "not_synchronized", "state": name}
    if raw > slot["void_after_raw_ns"]:
        return {"refusal": "void"}
    age = raw - slot["checked_raw_ns"]
    slack = 20 * MS + Fraction(600, 1_000_000) * max(age, 0)
    moved = abs(real - raw - slot["real_minus_raw_ns"])
    assert abs(moved - slack) > US, "clients may round differently there"
    if moved > slack:
        return {"refusal": "clock_moved"}
    elapsed = raw - slot["as_of_raw_ns"]
    rates = slot["lower_rate"], slot["upper_rate"]
    if elapsed < 0:
        rates = rates[1], rates[0]
    if not all(map(math.isfinite, rates)):
        return {"refusal": "void"}
    # One multiplication of doubles, which every language rounds alike.
    if any(abs(float(elapsed) * rate) >= 9e18 for rate in rates):
        return {"refusal": "void"}
    earliest = slot["lower_ns"] + elapsed + math.floor(float(elapsed) * rates[0])
    latest = slot["upper_ns"] + elapsed + math.ceil(float(elapsed) * rates[1])
    if not (0 <= latest - earliest <= 2**61 and -(2**62) < earliest < 2**62):
        return {"refusal": "void"}
    state = "holdover" if raw > slot["holdover_after_raw_ns"] else STATES[slot["state"]]
    now = {
        "exchange": slot["id"], "state": state,
        "estimate_us": math.floor(Fraction(earliest + latest, 2 * US)),
        "earliest_us": math.floor(Fraction(earliest, US)),
        "latest_us": math.ceil(Fraction(latest, US)), "local_us": real // US,
    }
    stamps = [
        each | stamped(slot, state, Fraction(earliest), Fraction(latest), **each)
        for each in asked
    ]
    return {
        "earliest_ns": str(earliest), "latest_ns": str(latest), "now": now, "stamps": stamps,
    }


def stamped(
    slot: JSON, state: str, earliest: Fraction, latest: Fraction,
    recv_window_ms: int | None = None, lifetime_ms: int | None = None,
) -> JSON:
    if slot["rule"] >= len(RULES) or slot["format"] >= len(STEPS) or any(
        not 0 <= slot[key] <= 2**53 for key in ("window_ns", "longest_window_ns", "tolerance_ns")
    ):
        return {"refusal": "ask_socket"}
    rule, step = RULES[slot["rule"]], STEPS[slot["format"]]
    wanted, other = recv_window_ms, lifetime_ms
    if rule == "expiry":
        wanted, other = other, wanted
    window, longest = slot["window_ns"], slot["longest_window_ns"]
    if wanted is not None:
        window = wanted * MS
        if not slot["flags"] & 1 or wanted < 1 or window > (longest or 2**53):
            return {"refusal": "ask_socket"}
    if rule not in ("window", "expiry") or other is not None:
        return {"refusal": "ask_socket"}

    first, arrival = floored(earliest, step), latest + UPLINK
    limit: Fraction | None = None
    if rule == "window":
        tolerance = slot["tolerance_ns"]
        most = min((earliest + latest) / 2, first + max(tolerance - 1, 0))

        def left(instant: Fraction) -> Fraction:
            return min(tolerance - (instant - first), window - (arrival - instant))

        # Where the margins ahead and behind are equal: F - (s - first) = W - (hi + d - s).
        balanced = max((arrival + first + tolerance - window) / 2, first)
        instant = floored(min(balanced, most), step)
        if instant + step <= most:
            instant = max(instant, instant + step, key=left)
        margin = left(instant)
        smallest = arrival - instant + 1
        is_sure = window >= smallest
        if not slot["flags"] & 1:
            limit = Fraction(window)
        elif longest:
            limit = Fraction(longest)
    else:
        instant = -floored(-(latest + window), step)
        smallest = Fraction(UPLINK + 1)
        if longest:
            most = floored(first + longest - 1, step)
            instant = min(instant, most)
            limit = Fraction(longest) if most > arrival else Fraction(0)
        margin = instant - arrival
        if window <= UPLINK:
            margin = min(margin, Fraction(window - UPLINK))
        is_sure = margin > 0
        if longest:
            margin = min(margin, first + longest - instant)
    is_documented = bool(slot["flags"] & 2)
    is_told = is_documented and (limit is None or smallest <= limit)
    stamp = {
        "exchange": slot["id"], "state": state, "timestamp": written(instant, slot["format"]),
        "unix_us": math.floor(instant / US), "carrier": None,
        "recv_window_ms": math.floor(Fraction(window, MS)),
        "min_recv_window_ms": math.ceil(smallest / MS) if is_told else None,
        "margin_ms": math.floor(margin / MS), "guaranteed": is_sure and is_documented,
        "reason": None,
    }
    return {"stamp": stamp}


def floored(value: Fraction, step: int) -> Fraction:
    return Fraction(math.floor(value / step) * step)


def written(instant: Fraction, format: int) -> int | str:
    unix_ns = int(instant)
    name = FORMATS[format]
    if name == "unix_ns":
        return str(unix_ns)
    if name.startswith("unix"):
        return unix_ns // STEPS[format]
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=unix_ns // US)
    if name == "iso8601_bare_s":
        return moment.strftime("%Y-%m-%dT%H:%M:%S")
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


class Pages:
    def __init__(self) -> None:
        self.cases: list[JSON] = []

    def case(
        self, name: str, changes: JSON | None = None, raw: int = RAW, real: int | None = None,
        asked: list[JSON] | None = None,
    ) -> None:
        """One exchange, with a slot that differs so from the usual one."""
        slot = USUAL | (changes or {})
        real = REAL + (raw - RAW) if real is None else real
        expect = expected(slot, raw, real, [{}] if asked is None else asked)
        self.add(name, page(slot), expect, raw, real, slot["id"], slot)

    def add(
        self, name: str, image: bytes, expect: JSON, raw: int = RAW, real: int = REAL,
        exchange: str = "binance", slot: JSON | None = None,
    ) -> None:
        case: JSON = {
            "name": name, "exchange": exchange, "raw_ns": str(raw), "realtime_ns": str(real),
            "page": image.hex(), "expect": expect,
        }
        if slot is not None:
            # For people, and for who has no page to read; large numbers are text.
            is_text = lambda key, value: (
                key == "sequence" or key.endswith("_ns")
                or isinstance(value, float) and not math.isfinite(value)
            )
            case["slot"] = {
                key: str(value) if is_text(key, value) else value for key, value in slot.items()
            }
        self.cases.append(case)


def pages() -> list[JSON]:
    it = Pages()
    windows: list[JSON] = [
        {}, {"recv_window_ms": 1}, {"recv_window_ms": 1000}, {"recv_window_ms": 1023},
        {"recv_window_ms": 1024}, {"recv_window_ms": 2000}, {"recv_window_ms": 60000},
        {"recv_window_ms": 60001}, {"recv_window_ms": 0}, {"lifetime_ms": 5000},
        {"recv_window_ms": 5000, "lifetime_ms": 5000},
    ]
    it.case("usual", asked=windows)

    # The growth of the bounds.
    it.case("at once", {"as_of_raw_ns": RAW})
    it.case("a nanosecond later", {"as_of_raw_ns": RAW - 1})
    it.case("a day later", {"as_of_raw_ns": RAW - 4_000 * S})
    it.case("before the slot was written", {"as_of_raw_ns": RAW + 3 * S, "checked_raw_ns": RAW})
    it.case("just before the slot was written", {"as_of_raw_ns": RAW + 1})
    for lower, upper in [(0.0, 0.0), (-1e-4, 1e-4), (4e-5, 5e-5), (-5e-5, -4e-5), (-0.1, 0.1)]:
        for elapsed in (1, 12_345_678_901, -12_345_678_901):
            it.case(
                f"rates {lower:g} to {upper:g} over {elapsed} ns",
                {"lower_rate": lower, "upper_rate": upper, "as_of_raw_ns": RAW - elapsed},
            )
    it.case("no width", {"lower_ns": REAL, "upper_ns": REAL, "as_of_raw_ns": RAW,
                         "lower_rate": 0.0, "upper_rate": 0.0}, asked=windows[:6])
    it.case("a rate that is no number", {"lower_rate": math.nan})
    it.case("a rate without end", {"upper_rate": math.inf})

    # States and limits.
    for state in range(4):
        it.case(f"state {STATES[state]}", {"state": state})
    image = bytearray(page(USUAL))
    image[64 + 40 : 64 + 44] = struct.pack("<I", 9)
    it.add("a state that is not known yet", bytes(image),
           {"refusal": "not_synchronized", "state": "unknown"})
    it.case("held over from now on", {"holdover_after_raw_ns": RAW - 1})
    it.case("not held over yet", {"holdover_after_raw_ns": RAW})
    it.case("void from now on", {"void_after_raw_ns": RAW - 1})
    it.case("not void yet", {"void_after_raw_ns": RAW})
    it.case("void, and disrupted before", {"void_after_raw_ns": RAW - 1, "state": 3})

    # The clock that every reading is checked with: 20 ms, and 0.54 ms for 900 ms.
    for moved in (20_538_000, 20_542_000, 0, -20_538_000, -20_542_000, 3_600 * S):
        it.case(f"CLOCK_REALTIME moved by {moved} ns", real=REAL + moved)
    it.case("not looked at for an hour", {"checked_raw_ns": RAW - 3_600 * S}, real=REAL + 2 * S)
    it.case(
        "moved within an hour", {"checked_raw_ns": RAW - 3_600 * S}, real=REAL + 2_181 * MS)
    it.case("looked at just after", {"checked_raw_ns": RAW + 5 * MS})
    # An age is never below 0: the slack stays 20 ms.
    it.case("looked at long after", {"checked_raw_ns": RAW + 60 * S}, real=REAL + 19 * MS)

    # Rules and formats.
    for format, name in enumerate(FORMATS):
        it.case(f"format {name}", {"format": format}, asked=windows[:6])
        it.case(
            f"expiry in {name}", {"format": format, "rule": 2, "tolerance_ns": 0},
            asked=[{}, {"lifetime_ms": 1}, {"lifetime_ms": 1000}, {"lifetime_ms": 1001},
                   {"lifetime_ms": 1500}, {"lifetime_ms": 60000}])
    it.case("a leap day", {
        "format": 4, "lower_ns": 1_709_251_199_999_999_999, "upper_ns": 1_709_251_200_000_000_001,
        "as_of_raw_ns": RAW, "real_minus_raw_ns": REAL - RAW})
    for rule in (0, 3, 4):
        it.case(f"rule {RULES[rule]}", {"rule": rule, "window_ns": 0, "longest_window_ns": 0})
    it.case("a window that cannot be chosen", {"flags": 2}, asked=windows[:3])
    it.case("a window that is not documented", {"flags": 1}, asked=windows[:3])
    it.case("no longest window", {"longest_window_ns": 0}, asked=[
        {"recv_window_ms": each} for each in (600_000, 9_007_199_254, 9_007_199_255, 2**62)])
    it.case("an expiry with a limit", {"rule": 2, "longest_window_ns": 4 * S, "tolerance_ns": 0},
            asked=[{}, {"lifetime_ms": 4000}, {"lifetime_ms": 4001}, {"lifetime_ms": 3999},
                   {"recv_window_ms": 3000}])
    it.case("an expiry without a limit", {"rule": 2, "longest_window_ns": 0, "tolerance_ns": 0},
            asked=[{}, {"lifetime_ms": 600_000}])
    it.case("an expiry within too wide bounds", {
        "rule": 2, "longest_window_ns": 60 * S, "tolerance_ns": 0, "upper_ns": REAL + 55 * S,
        "lower_ns": REAL - 10 * S}, asked=[{}, {"lifetime_ms": 60_000}])

    # Where the margins meet: tolerance, window and width against each other.
    for tolerance in (0, 1, MS, S, 30 * S):
        for width in (0, 1, 2 * MS + 1, 3 * S, 20 * S):
            it.case(
                f"tolerance {tolerance} ns, width {width} ns",
                {"tolerance_ns": tolerance, "format": 3, "as_of_raw_ns": RAW, "lower_ns": REAL,
                 "upper_ns": REAL + width, "lower_rate": 0.0, "upper_rate": 0.0},
                asked=[{}, {"recv_window_ms": 1000}, {"recv_window_ms": 60000}])
    # Whole seconds, of which the later one may be better: 5 s ahead, 8 s behind.
    for width in (3_800, 5_800, 6_600, 7_600, 9_900):
        it.case(
            f"seconds in {width} ms",
            {"tolerance_ns": 5 * S, "format": 0, "as_of_raw_ns": RAW, "window_ns": 8 * S,
             "lower_ns": REAL // S * S, "upper_ns": REAL // S * S + width * MS,
             "lower_rate": 0.0, "upper_rate": 0.0}, asked=[{}, {"recv_window_ms": 6000}])
    it.case("before 1970", {"as_of_raw_ns": RAW, "lower_ns": -5 * MS - 1, "upper_ns": -1})

    # Ids.
    it.case("an id of 32 bytes", {"id": "x" * 32})
    three = [USUAL | {"id": id, "lower_ns": USUAL["lower_ns"] - n * S}
             for n, id in enumerate(["aa", "binance", "binanceusdm"])]
    it.add("the second of three", page(*three), expected(three[1], RAW, REAL, [{}]),
           slot=three[1])
    it.add("the last of three", page(*three), expected(three[2], RAW, REAL, [{}]),
           exchange="binanceusdm", slot=three[2])
    for exchange in ("binanc", "", "kraken", "x" * 33):
        it.add(f'unknown exchange "{exchange}"', page(*three), {"refusal": "unknown_exchange"},
               exchange=exchange)
    it.add("no slots", page(), {"refusal": "unknown_exchange"})

    # Torn and foreign pages.
    it.add("a writer that never ends", page(USUAL | {"sequence": 7}), {"refusal": "torn"})
    it.case("a large sequence", {"sequence": 2**64 - 2})
    it.add("a slot that was never written",
           header(1) + struct.pack("<Q32s", 0, b"binance").ljust(192, b"\0"),
           {"refusal": "not_synchronized", "state": "unknown"})
    foreign: list[tuple[str, JSON]] = [
        ("another magic", {"magic": b"XCLOCKPH"}), ("version 2", {"version": 2}),
        ("version 0", {"version": 0}), ("a longer header", {"header_bytes": 128}),
        ("longer slots", {"slot_bytes": 256}), ("more slots than there are", {"slots": 2}),
        ("far too many slots", {"slots": 2**32 - 1}),
    ]
    for name, changes in foreign:
        it.add(name, page(USUAL, **changes), {"refusal": "foreign_version"})
    it.add("the other byte order", page(USUAL, version=1 << 24), {"refusal": "foreign_version"})
    it.add("half a slot", page(USUAL)[:-1], {"refusal": "foreign_version"})
    it.add("half a header", page(USUAL)[:63], {"refusal": "foreign_version"})
    it.add("an empty file", b"", {"refusal": "foreign_version"})
    it.add("more than its slots", page(USUAL) + bytes(64), expected(USUAL, RAW, REAL, [{}]),
           slot=USUAL)
    it.add("another boot", page(USUAL, boot_id=bytes(16)), {"refusal": "other_boot"})
    it.add("replaced", page(USUAL, status=2), {"refusal": "replaced"})
    it.add("a status that is not known yet", page(USUAL, status=9), {"refusal": "replaced"})
    # A bound that no clock shows, a rule that no exchange has.
    for name, changes in {
        "bounds in the wrong order": {"lower_ns": USUAL["upper_ns"] + 1},
        "bounds that are 73 years apart": {"upper_ns": USUAL["lower_ns"] + 2**61 + 1},
        "bounds beyond 2116": {"lower_ns": 2**62, "upper_ns": 2**62 + 1},
        "bounds long before 1970": {"lower_ns": -(2**62) - 10 * S, "upper_ns": -(2**62)},
        "a bound at the end of numbers": {"upper_ns": 2**63 - 1},
        "a rate that is too large": {"upper_rate": 1e18},
        "a window below zero": {"window_ns": -1},
        "a window of years": {"window_ns": 2**53 + 1},
        "a longest window of years": {"longest_window_ns": 2**62},
        "a tolerance below zero": {"tolerance_ns": -(2**63)},
        "a rule that is not known yet": {"rule": 17},
        "a format that is not known yet": {"format": 6},
    }.items():
        it.case(name, changes)
    flips = random.Random(20)
    sound = page(USUAL)
    while len(it.cases) % 100 or not it.cases[-1]["name"].startswith("damaged"):
        image, bits = bytearray(sound), flips.sample(range(8 * len(sound)), 2)
        for bit in bits:
            image[bit // 8] ^= 1 << bit % 8
        expect = damaged(bytes(image))
        if expect is not None:
            it.add(f"damaged in bits {bits[0]} and {bits[1]}", bytes(image), expect)
    it.add("replaced, in another boot", page(USUAL, status=2, boot_id=bytes(16)),
           {"refusal": "other_boot"})
    return it.cases


def damaged(image: bytes) -> JSON | None:
    """What a client makes of a page with one slot; None where that depends on how it rounds."""
    magic, version, header_bytes, slot_bytes, slots, boot, status = struct.unpack_from(
        "<8sIIII16sI", image)
    if (magic, version, header_bytes, slot_bytes) != (b"XCLOCKPG", 1, 64, 192) or slots > 1:
        return {"refusal": "foreign_version"}
    if boot != BOOT:
        return {"refusal": "other_boot"}
    if status != 1:
        return {"refusal": "replaced"}
    slot = dict(zip(USUAL, SLOT.unpack_from(image, 64)))
    if slots == 0 or slot["id"] != b"binance".ljust(32, b"\0"):
        return {"refusal": "unknown_exchange"}
    if slot["sequence"] % 2:
        return {"refusal": "torn"}
    try:
        return expected(slot | {"id": "binance"}, RAW, REAL, [{}])
    except AssertionError:
        return None


def written_out(content: JSON) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def files() -> dict[str, JSON]:
    return {
        "requests.json": {"cases": requests()},
        "answers.json": {"cases": answers()},
        "notifications.json": {"cases": notifications()},
        "pages.json": {"boot_id": BOOT.hex(), "byte_order": "little", "cases": pages()},
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Writes the cases that every client must pass, beside this program.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail where a file is another")
    is_check = parser.parse_args().check
    differ = []
    for name, content in files().items():
        path = HERE / name
        if not is_check:
            path.write_text(written_out(content))
        elif not path.exists() or path.read_text() != written_out(content):
            differ.append(name)
        print(f"{name}: {len(content['cases'])} cases")
    for name in differ:
        print(f"{name} is another: run {sys.argv[0]}", file=sys.stderr)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
