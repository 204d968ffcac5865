#!/usr/bin/env python3
"""Feeds every parser with what nobody would send, by libFuzzer, each for some seconds.

First the inputs that broke something once (crashes/TARGET), then new ones that grow from the kept
corpus (corpus/TARGET.tar.xz) and from the examples that are in this tree. What is found on the way
is kept in the build directory and goes on from there the next time; `--keep` makes it the kept
corpus. An input that breaks something is written to the build directory, and ends the run with
status 1.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import struct
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SWIFT = ["lines", "request", "response", "settings", "state", "history", "page", "report"]
C = {"c-page": "page.c", "c-answer": "answer.c"}
LONGEST = {"page": 4096, "c-page": 4096}
"""Of an input, bytes."""
ENVIRONMENT = os.environ | {
    # It never lets go what it was made with; and Swift's own tracer hangs where ASan's has spoken.
    "ASAN_OPTIONS": "detect_leaks=0", "SWIFT_BACKTRACE": "enable=no",
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--seconds", type=int, default=30, help="for each target")
    arguments.add_argument("--build-dir", type=Path, default=ROOT / ".build/fuzz")
    arguments.add_argument("targets", nargs="*", default=[*SWIFT, *C], help="all by default")
    arguments.add_argument(
        "--keep", action="store_true", help="run nothing: keep what was found in this tree")
    options = arguments.parse_args()
    unknown = set(options.targets) - {*SWIFT, *C}
    if unknown:
        arguments.error(f"no such target: {', '.join(sorted(unknown))}")
    if options.keep:
        for name in options.targets:
            keep(name, options.build_dir)
        return
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        outputs = threads.map(
            lambda name: run(name, options.seconds, options.build_dir), options.targets)
    results = list(zip(options.targets, outputs))
    print(f"\n{'target':12}{'inputs':>12}{'a second':>10}{'branches':>10}{'in corpus':>10}")
    for name, output in results:
        print(f"{name:12}" + row(output))
    broken = [name for name, output in results if "stat::number_of_executed_units" not in output]
    if broken:
        sys.exit(f"FAILED: {', '.join(broken)}")
    print(f"OK: {len(results)} targets")


def run(name: str, seconds: int, build: Path) -> str:
    """libFuzzer's own words."""
    directory = build / "fuzzing" / name
    (grown := directory / "corpus").mkdir(parents=True, exist_ok=True)
    for file, content in kept(name):
        (grown / file).write_bytes(content)
    for number, example in enumerate(examples(name)):
        (grown / f"example-{number}").write_bytes(example)
    program = [str(build / "release/fuzz"), name] if name in SWIFT else [compiled(name, build)]
    broke = sorted(str(path) for path in (HERE / "crashes" / name).glob("*"))
    if broke:
        # Files as arguments are run once each.
        known = subprocess.run(
            [*program, *broke], capture_output=True, text=True, errors="replace", env=ENVIRONMENT)
        if known.returncode != 0:
            print(known.stderr[-3000:])
            return ""
    print(f"{name}: {len(broke)} known inputs, then {seconds} s of new ones", flush=True)
    command = [
        *program, str(grown), f"-artifact_prefix={directory}/",
        f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
        f"-max_len={LONGEST.get(name, 16384)}", "-verbosity=1",
    ]
    # What libFuzzer adds up of a run is in what it writes at the end.
    result = subprocess.run(
        command, capture_output=True, text=True, errors="replace",
        env=ENVIRONMENT,
    )
    if result.returncode != 0:
        print(result.stderr[-3000:])
        print(f"{name}: an input broke it: keep it in {HERE.relative_to(ROOT)}/crashes/{name}")
        return ""
    return result.stderr


def archive(name: str) -> Path:
    return HERE / "corpus" / f"{name}.tar.xz"


def kept(name: str) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the inputs of the corpus."""
    if archive(name).exists():
        with tarfile.open(archive(name)) as file:
            for member in file:
                content = file.extractfile(member)
                assert content is not None
                yield Path(member.name).name, content.read()


def keep(name: str, build: Path) -> None:
    """Of the same inputs the same archive, whoever makes it and when."""
    inputs = sorted((build / "fuzzing" / name / "corpus").iterdir())
    archive(name).parent.mkdir(exist_ok=True)
    with tarfile.open(archive(name), "w:xz") as file:
        for path in inputs:
            content = path.read_bytes()
            entry = tarfile.TarInfo(path.name)
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
    print(f"{name}: {len(inputs)} inputs, {archive(name).stat().st_size} bytes")


def row(output: str) -> str:
    figures = [
        *(re.findall(rf"stat::{stat}: +(\d+)", output) for stat in (
            "number_of_executed_units", "average_exec_per_sec")),
        re.findall(r"cov: (\d+)", output)[-1:], re.findall(r"corp: (\d+)", output)[-1:],
    ]
    widths = (12, 10, 10, 10)
    return "".join(
        f"{figure[0] if figure else '-':>{width}}" for figure, width in zip(figures, widths))


def compiled(name: str, build: Path) -> str:
    program = build / name
    subprocess.run(
        [
            "clang", "-std=gnu11", "-fuse-ld=lld", "-O1", "-g", "-fsanitize=fuzzer,address,undefined",
            "-fno-sanitize-recover=all", f"-I{ROOT}/clients/c", str(HERE / C[name]), "-o",
            str(program),
        ],
        check=True,
    )
    return str(program)


def examples(name: str) -> Iterator[bytes]:
    """What this tree has of the kind."""
    cases = {
        kind: json.loads((ROOT / f"clients/conformance/{kind}.json").read_text())["cases"]
        for kind in ("requests", "answers", "pages")
    }
    if name == "request":
        yield from (case["line"].encode() for case in cases["requests"])
    elif name == "lines":
        yield from (b"\x10" + b"".join(bytes([len(piece)]) + piece for piece in pieces) for pieces in (
            (b"one\r\ntwo\n", b"thr", b"ee\n\n\n"), (b"x" * 40, b"\n", b"four\n"), (b"five",)))
    elif name == "c-answer":
        for case in cases["answers"]:
            yield case["line"].encode() if "line" in case else bytes.fromhex(case["line_hex"])
    elif name in ("page", "c-page"):
        yield from (bytes.fromhex(case["page"]) for case in cases["pages"])
    elif name == "settings":
        text = (ROOT / "config/exchange-clock.toml").read_text()
        yield text.encode()
        yield re.sub("^#(?=[a-z\\[])", "", text, flags=re.MULTILINE).encode()
        yield from (f"[exchanges.{block[1:]}".encode() for block in catalogue())
    elif name == "response":
        answers = re.findall(
            r'"([a-z-]+)", \.\w+,\s*#"(.*)"#,\s*#"(.*)"#',
            (ROOT / "Tests/ExchangeCatalogTests/DocumentedAnswer.swift").read_text(),
        )
        ids = [block[1:].split("]")[0] for block in catalogue()]
        for id, body, time in answers:
            yield bytes([ids.index(id)]) + f"Date: {time}\n\n{body.replace('@', time)}".encode()
    elif name == "history":
        yield from histories()
    elif name == "report":
        texts = re.findall(
            r'"([^"\n]{12,300})"', (ROOT / "Tests/ExchangeCatalogTests/RefusalTable.swift").read_text()
        )
        for number, text in enumerate(texts):
            yield bytes([number % 8]) + text.encode()


def histories() -> Iterator[bytes]:
    """What a day of a history may hold: see Sources/ClockDaemon/History/HistorySlot.swift."""
    begin, minute = 1_790_000_000_000_000, 60_000_000
    measurements = b"".join(
        b"\0" + struct.pack(
            "<QqqqqiIIIHHi", number, begin + number * 60 * minute, 12_000_000 + number * 1_000,
            11_000_000, 14_000_000, -1_250, 300, 19_000, 21_000, 8, number % 3, 40)
        for number in range(1, 8))
    events = b"".join(
        b"\1" + struct.pack(
            "<QqqBB94s", 20 + kind, begin + kind * 45 * minute, kind * 1_000_000, kind, len(text), text)
        for kind in range(1, 12) for text in [b"synchronized -> holdover: HTTP 403"])
    yield from (measurements, events, measurements + events)


def catalogue() -> list[str]:
    """The built-in exchanges' blocks, each beginning with its id in brackets."""
    text = (ROOT / "Sources/ExchangeCatalog/exchanges.toml").read_text()
    return re.split(r"^(?=\[[a-z])", text, flags=re.MULTILINE)[1:]


if __name__ == "__main__":
    main()
