"""How exact the estimates are, beside those of what bots use today, on the same probes.

    .build/bench-venv/bin/python bench/accuracy.py --build-dir .build/release

Prints tables, says which targets are met, and writes docs/figures. Exit code 1 only where the
truth was outside a bound.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

import end_to_end
import figures
import measure
import packages
import peers
import traces
import verdict
from measure import OURS, LinkErrors

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "docs" / "figures"
PACKAGES = ROOT / ".build" / "bench-venv" / "hummingbot"
SHOWN = (1, 4, 8, 16, 64)
CLIENTS = (
    peers.CCXT, peers.PYTHON_BINANCE, peers.HUMMINGBOT, peers.SIEBLY, peers.JKORF,
    peers.JKORF_STAMP, measure.HTPDATE,
)
"""Whose formula is marked where it is not their code that ran."""


def table(title: str, columns: list[str], rows: dict[str, list[str]], notes: str = "") -> None:
    width = max(map(len, rows)) + 2
    column = max(16, *(len(name) + 2 for name in columns))
    print(f"\n{title}")
    print(" " * width + "".join(f"{name:>{column}}" for name in columns))
    for name, cells in rows.items():
        print(f"{name:{width}}" + "".join(f"{cell:>{column}}" for cell in cells))
    if notes:
        print(notes)


def print_links(links: list[LinkErrors], marks: dict[str, str]) -> None:
    rows = {
        name + marks.get(name, ""): [str(link.at_burst(name)) for link in links]
        for name in links[0].spreads
    }
    ours = [link.at_burst(OURS) for link in links]
    for title, others in (
        ("ours / best SDK", [link.best_sdk for link in links]),
        (f"ours / {peers.MIN_RTT}", [link.at_burst(peers.MIN_RTT) for link in links]),
    ):
        rows[title] = [
            f"{mine.median / other.median:.2f} / {mine.p99 / other.p99:.2f}"
            for mine, other in zip(ours, others, strict=True)
        ]
    table(
        f"One burst of {measure.BURST} probes: error in ms, median / p99"
        f" ({links[0].trials} trials a class; the same probes for all)",
        [link.link for link in links],
        rows,
        "Best SDK: the best median and the best p99 of ccxt, python-binance, hummingbot, siebly and"
        " JKorf.\nccxt, python-binance, siebly, JKorf and single midpoint keep one probe: they are"
        " called for each\nof the eight, the last counts. hummingbot keeps the last five. JKorf"
        " takes offsets from 0 to 500 ms\nfor none, and true offsets are spread over +-2 s: hence"
        " its p99.  * re-implemented formula",
    )
    table(
        "Error by number of probes, ms, median / p99",
        [link.link for link in links],
        {
            f"{name}, {count:2} probes": [str(link.spreads[name][count]) for link in links]
            for name in (OURS, peers.MIN_RTT)
            for count in SHOWN
        }
        | {
            f"our bound, {count:2} probes": [str(link.bounds[count]) for link in links]
            for count in SHOWN
        },
    )


def print_holdover(held: measure.Holdover, marks: dict[str, str]) -> None:
    rows = {
        name + marks.get(name, ""): [str(row)] for name, row in held.before_resync.items()
    }
    rows["our bound"] = [str(held.bounds)]
    table(
        "Holdover: error in ms just before the next hourly resync, from the third resync on\n"
        "(20 ms path; drift within 40 ppm evenly spread, wander 0.3 ppm)",
        ["median / p99"],
        rows,
        "SDKs: an offset taken each hour with the same probes, added to a clock that nobody"
        " corrects.\nWhere NTP disciplines the host, their drift is that of the exchange against"
        " UTC instead.\nhummingbot measures more often than that of its own accord.",
    )


def print_coarse(errors: measure.CoarseErrors, marks: dict[str, str]) -> None:
    table(
        "1 s resolution, RTT 20 ms, 16 probes at chosen phases: error in ms",
        ["median / p99"],
        {name + marks.get(name, ""): [str(row)] for name, row in errors.spreads.items()}
        | {"our bound": [str(measure.Spread.of(errors.bounds_ms))]},
        "htpdate: 10 requests, which is all that its finest setting makes. Midpoints: the same 16"
        " probes;\nthey are timed to fall where the second changes, which flatters a single one.",
    )


def print_end_to_end(outcomes: list[end_to_end.Outcome]) -> None:
    names = list(outcomes[0].spreads)
    rows = {
        name: [str(outcome.spreads[name]) for outcome in outcomes] for name in names
    }
    rows["our bound"] = [str(outcome.bound) for outcome in outcomes]
    rows["the truth inside"] = [f"{outcome.inside} of {outcome.total}" for outcome in outcomes]
    table(
        f"End to end, real HTTP on the loopback, there + back: error in ms, median / largest\n"
        f"(ours {outcomes[0].total} first bursts of {measure.BURST}; ccxt {end_to_end.SYNCS} syncs"
        f" of {measure.BURST}, python-binance {end_to_end.SYNCS} clients)",
        [outcome.setting for outcome in outcomes],
        rows,
        "With 20 + 60 ms no method can know better than to be 20 ms off; the bound says so.",
    )


def print_coverage(rows: list[dict[str, Any]], cost: dict[str, Any]) -> None:
    table(
        "Truth inside the bound: pairs of trial and query",
        ["inside", "pairs"],
        {row["scenario"]: [f"{row['inside']:,}", f"{row['pairs']:,}"] for row in rows},
    )
    table(
        "Cost for one exchange, hourly bursts for a week",
        ["day 1", "day 7"],
        {
            "us for one sample": [f"{cost[f'day{day}_sample_us']:.2f}" for day in (1, 7)],
            "us for one query": [f"{cost[f'day{day}_query_us']:.3f}" for day in (1, 7)],
            "bytes, arrays included": [str(cost[f"day{day}_bytes"]) for day in (1, 7)],
        },
    )


def report(
    lines: list[str],
    hummingbot: Path | None,
    directory: Path,
    outcomes: list[end_to_end.Outcome],
) -> int:
    """Prints everything, draws the figures and returns the exit code."""
    own = {peers.CCXT}
    own |= {peers.PYTHON_BINANCE} if peers.has_python_binance() else set()
    own |= {peers.HUMMINGBOT} if hummingbot else set()
    marks = {name: "" if name in own else " *" for name in CLIENTS}

    links = measure.links(lines, hummingbot)
    held = measure.holdover(lines, hummingbot)
    coarse = measure.coarse(lines)
    error, bound = measure.asymmetry(lines)
    coverage = list(traces.of_kind(lines, "coverage"))
    (cost,) = traces.of_kind(lines, "cost")
    print_links(links, marks)
    print_holdover(held, marks)
    print_coarse(coarse, marks)
    print(f"\nAsymmetry, 30 ms there and 60 back: error {error}, bound {bound} ms (median / p99)")
    print_coverage(coverage, cost)
    if outcomes:
        print_end_to_end(outcomes)
    figures.draw(links, held, directory)

    targets = [target for link in links for target in verdict.of_link(link)]
    targets += [*verdict.of_holdover(held), *verdict.of_coarse(coarse)]
    targets += [*verdict.of_asymmetry(error, coverage), verdict.of_cost(cost)]
    targets.append(verdict.of_coverage(coverage))
    print("\nTargets")
    for target in targets:
        print(target)
    outside = sum(row["pairs"] - row["inside"] for row in coverage)
    outside += sum(outcome.total - outcome.inside for outcome in outcomes)
    met = sum(target.is_met for target in targets)
    print(f"{met} of {len(targets)} targets met; the truth was outside a bound {outside} times")
    # A quantile of a few trials is chance; a bound that misses is wrong at any number.
    is_judged = links[0].trials >= 1000
    return 1 if outside or (is_judged and met < len(targets)) else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build-dir", type=Path, default=Path(".build/release"))
    parser.add_argument("--trials", type=int, default=4000, help="bursts for each class of links")
    parser.add_argument("--figures", type=Path, default=FIGURES)
    parser.add_argument("--no-end-to-end", action="store_true", help="the simulated part only")
    arguments = parser.parse_args()
    build = arguments.build_dir.resolve()

    hummingbot = packages.hummingbot(PACKAGES)
    if isinstance(hummingbot, str):
        print(f"SKIPPED: hummingbot's own code ({hummingbot}); its formula is re-implemented")
    run = subprocess.run(
        [build / "accuracy-traces", str(arguments.trials)], check=True, capture_output=True,
        text=True,
    )
    return report(
        run.stdout.splitlines(),
        hummingbot if isinstance(hummingbot, Path) else None,
        arguments.figures,
        [] if arguments.no_end_to_end else list(end_to_end.run(build)),
    )


if __name__ == "__main__":
    sys.exit(main())
