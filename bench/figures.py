"""The plots of docs/figures. Colours are Okabe and Ito's; shapes and dashes tell the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import peers
from measure import BURST, COUNTS, OURS, Holdover, LinkErrors, Spread
from svg import FAINT, GREY, INK, Drawing, Point
from traces import Burst

WIDTH = 900


@dataclass(frozen=True)
class Style:
    color: str
    marker: str
    dash: str = ""
    width: float = 1.6


STYLES = {
    OURS: Style("#0072B2", "circle", width=3),
    peers.MIN_RTT: Style("#000000", "square"),
    peers.SINGLE: Style("#888888", "cross", "2 3"),
    peers.HUMMINGBOT: Style("#009E73", "diamond", "6 3"),
    peers.SIEBLY: Style("#E69F00", "triangle", "8 3 2 3"),
    peers.JKORF: Style("#CC79A7", "square", "3 3"),
    "ccxt": Style("#D55E00", "diamond"),
}
LABELS = {"ccxt": "ccxt, python-binance"}
"""Two SDKs with one formula, S - t4 in whole milliseconds, are one line."""


class Axes:
    """A panel: maps values to pixels and draws its frame, grid and labels."""

    def __init__(
        self, drawing: Drawing, x: float, y: float, width: float, height: float,
        horizontal: Callable[[float], float], vertical: Callable[[float], float],
    ) -> None:
        """horizontal, vertical: from a value to a part of the panel, 0 to 1, from left and bottom."""
        self._drawing = drawing
        self.x, self.y, self.width, self.height = x, y, width, height
        self._horizontal, self._vertical = horizontal, vertical

    def at(self, x: float, y: float) -> Point:
        return (
            self.x + self._horizontal(x) * self.width,
            self.y + (1 - self._vertical(y)) * self.height,
        )

    def grid(
        self, columns: dict[float, str], rows: dict[float, str], title: str,
        x_label: str, y_label: str,
    ) -> None:
        drawing = self._drawing
        bottom, right = self.y + self.height, self.x + self.width
        for value, label in columns.items():
            x = self.x + self._horizontal(value) * self.width
            drawing.line([(x, self.y), (x, bottom)], stroke=FAINT)
            drawing.text(x, bottom + 16, label, size=12, anchor="middle")
        for value, label in rows.items():
            y = self.y + (1 - self._vertical(value)) * self.height
            drawing.line([(self.x, y), (right, y)], stroke=FAINT)
            drawing.text(self.x - 6, y + 4, label, size=12, anchor="end")
        drawing.line([(self.x, self.y), (self.x, bottom), (right, bottom)], stroke=GREY)
        drawing.text(self.x, self.y - 10, title, size=14, bold=True)
        drawing.text(self.x + self.width / 2, bottom + 34, x_label, size=12, anchor="middle")
        drawing.text(
            self.x - 44, self.y + self.height / 2, y_label, size=12, anchor="middle", turned=True
        )


def linear(low: float, high: float) -> Callable[[float], float]:
    return lambda value: (value - low) / (high - low)


def logarithmic(low: float, high: float) -> Callable[[float], float]:
    return lambda value: math.log(max(value, low / 10) / low) / math.log(high / low)


def decades(low: float, high: float) -> dict[float, str]:
    exponents = range(round(math.log10(low)), round(math.log10(high)) + 1)
    return {10.0**exponent: f"{10.0**exponent:g}" for exponent in exponents}


def error_by_probes(
    links: list[LinkErrors], what: str, pick: Callable[[Spread], float], path: Path
) -> None:
    """One panel for each link class; the sixth place has the legend."""
    drawing = Drawing(WIDTH, 640, f"{what} against the number of probes")
    drawing.text(24, 28, f"{what} of the offset against the number of probes", size=17, bold=True)
    values = [
        pick(spread) for link in links for method, row in link.spreads.items()
        if method in STYLES for spread in row.values()
    ]
    low = 10.0 ** math.floor(math.log10(max(min(values), 1e-3)))
    high = 10.0 ** math.ceil(math.log10(max(values)))
    for index, link in enumerate(links):
        column, row = index % 3, index // 3
        axes = Axes(
            drawing, 74 + column * 285, 78 + row * 290, 225, 190,
            logarithmic(1, 64), logarithmic(low, high),
        )
        axes.grid(
            {float(count): str(count) for count in (1, 2, 4, 8, 16, 32, 64)}, decades(low, high),
            f"{link.link}, {link.round_trip_ms:.0f} ms", "probes", "ms",
        )
        x = axes.at(BURST, low)[0]
        drawing.line([(x, axes.y), (x, axes.y + axes.height)], stroke=GREY, dash="2 2")
        for method in reversed(STYLES):
            style = STYLES[method]
            points = [axes.at(count, pick(link.spreads[method][count])) for count in COUNTS]
            drawing.line(points, stroke=style.color, width=style.width, dash=style.dash)
            for point in points:
                drawing.marker(point, style.marker, style.color, 2.8)
    legend(drawing, 655, 400, list(STYLES))
    drawing.line([(647, 588), (673, 588)], stroke=GREY, dash="2 2")
    drawing.text(684, 592, "8 probes, the default", size=13)
    path.write_text(drawing.document())


def legend(drawing: Drawing, x: float, y: float, methods: list[str]) -> None:
    for number, method in enumerate(methods):
        style, line = STYLES[method], y + 22 * number
        drawing.line(
            [(x - 8, line), (x + 18, line)], stroke=style.color, width=style.width, dash=style.dash
        )
        drawing.marker((x + 5, line), style.marker, style.color)
        label = LABELS.get(method, method)
        drawing.text(x + 29, line + 4, label, size=13, bold=method == OURS)


def closing_interval(burst: Burst, path: Path) -> None:
    """Each sample's interval as a bar, what they share as a band, the truth as a line."""
    shown = BURST
    truth = burst.published[shown - 1].truth
    probes = burst.probes[:shown]
    # One sample: S - t4 at the least, S + 1 ms - t1 at the most.
    bars = [((p.s - p.t4 - truth) / 1e6, (p.s + 1_000_000 - p.t1 - truth) / 1e6) for p in probes]
    bands = [
        ((p.estimate - p.bound - truth) / 1e6, (p.estimate + p.bound - truth) / 1e6)
        for p in burst.published[:shown]
    ]
    reach = 1.12 * max(abs(end) for bar in bars for end in bar)
    drawing = Drawing(WIDTH, 420, "The interval closing over one burst")
    drawing.text(24, 28, f"The interval closing over one burst of {shown} probes", size=17, bold=True)
    axes = Axes(drawing, 84, 62, 580, 290, linear(0.4, shown + 0.6), linear(-reach, reach))
    step = nice_step(reach)
    ticks = [index * step for index in range(-10, 11) if abs(index * step) <= reach]
    axes.grid(
        {float(n): str(n) for n in range(1, shown + 1)}, {tick: f"{tick:g}" for tick in ticks},
        "", "probe", "offset minus the truth, ms",
    )
    upper = [axes.at(n + d, high) for n, (_, high) in enumerate(bands, 1) for d in (-0.4, 0.4)]
    lower = [axes.at(n + d, low) for n, (low, _) in enumerate(bands, 1) for d in (-0.4, 0.4)]
    drawing.area(upper + lower[::-1], fill="#0072B2", opacity=0.28)
    for number, (low, high) in enumerate(bars, 1):
        x, top = axes.at(number - 0.12, high)
        bottom = axes.at(number, low)[1]
        width = axes.at(number + 0.12, 0)[0] - x
        drawing.rectangle(x, top, width, bottom - top, fill="#E69F00")
    drawing.line(upper, stroke="#0072B2", width=2)
    drawing.line(lower, stroke="#0072B2", width=2)
    drawing.line([axes.at(0.4, 0), axes.at(shown + 0.6, 0)], stroke=INK, width=1.5, dash="6 4")
    for number, published in enumerate(burst.published[:shown], 1):
        drawing.marker(
            axes.at(number, (published.estimate - truth) / 1e6), "circle", "#0072B2", 4
        )
    entries = 692
    drawing.rectangle(entries, 92, 16, 34, fill="#E69F00")
    lines(drawing, entries + 28, 104, "one sample's interval", "(round trip + 1 ms wide)")
    drawing.rectangle(entries, 142, 16, 34, fill="#0072B2", opacity=0.28)
    lines(drawing, entries + 28, 154, "what is published:", "the part that all share")
    drawing.marker((entries + 8, 203), "circle", "#0072B2", 4)
    lines(drawing, entries + 28, 207, "its estimate")
    drawing.line([(entries - 6, 238), (entries + 20, 238)], width=1.5, dash="6 4")
    lines(drawing, entries + 28, 242, "the truth")
    end = burst.published[shown - 1]
    lines(
        drawing, entries, 290, f"after {shown}: error {short_ms(end.error_ms)} ms,",
        f"bound {short_ms(end.bound / 1e6)} ms", f"({burst.link})",
    )
    path.write_text(drawing.document())


def short_ms(value: float) -> str:
    return f"{value:.2f}"


def lines(drawing: Drawing, x: float, y: float, *texts: str) -> None:
    for number, text in enumerate(texts):
        drawing.text(x, y + 18 * number, text, size=13)


def nice_step(reach: float) -> float:
    """About four steps to the end, of 1, 2 or 5 times a power of ten."""
    rough = reach / 4
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def hour(held: Holdover, path: Path) -> None:
    """Errors of one hour; the truth is zero."""
    rows = [(at / 60e9, published) for at, published in held.hour.published]
    shown = [name for name in STYLES if name in held.peers_at_hour]
    errors = {
        name: [(at, held.peers_at_hour[name] - row.truth / 1e6) for at, row in rows]
        for name in shown
    }
    estimate = [(at, (row.estimate - row.truth) / 1e6) for at, row in rows]
    upper = [(at, (row.estimate + row.bound - row.truth) / 1e6) for at, row in rows]
    lower = [(at, (row.estimate - row.bound - row.truth) / 1e6) for at, row in rows]
    everything = [value for row in errors.values() for _, value in row] + [v for _, v in estimate]
    reach = 1.1 * max(abs(value) for value in everything)
    drawing = Drawing(WIDTH, 420, "An hour of holdover")
    drawing.text(24, 28, "An hour without a probe: error of the offset", size=17, bold=True)
    axes = Axes(drawing, 84, 62, 580, 290, linear(0, 60), linear(-reach, reach))
    step = nice_step(reach)
    ticks = [index * step for index in range(-10, 11) if abs(index * step) <= reach]
    axes.grid(
        {float(at): str(at) for at in range(0, 61, 10)}, {tick: f"{tick:g}" for tick in ticks},
        "", "minutes since the resync", "offset minus the truth, ms",
    )
    drawing.begin_clip(axes.x, axes.y, axes.width, axes.height)
    band = [axes.at(*point) for point in upper] + [axes.at(*point) for point in lower[::-1]]
    drawing.area(band, fill="#0072B2", opacity=0.16)
    for name in reversed(shown):
        style = STYLES[name]
        points = [axes.at(*point) for point in errors[name]]
        drawing.line(points, stroke=style.color, width=style.width, dash=style.dash)
        offset = 2 * shown.index(name)
        for point in points[offset::10]:
            drawing.marker(point, style.marker, style.color)
    style = STYLES[OURS]
    drawing.line([axes.at(*point) for point in estimate], stroke=style.color, width=style.width)
    drawing.end_clip()
    drawing.line([axes.at(0, 0), axes.at(60, 0)], stroke=INK, width=1.5, dash="6 4")
    legend(drawing, 700, 90, [OURS, *shown])
    line = 90 + 22 * (1 + len(shown))
    drawing.rectangle(692, line - 8, 26, 16, fill="#0072B2", opacity=0.16)
    drawing.text(729, line + 4, "our bound", size=13)
    drawing.line([(692, line + 24), (718, line + 24)], width=1.5, dash="6 4")
    drawing.text(729, line + 28, "the truth", size=13)
    drift = (rows[-1][1].truth - rows[0][1].truth) / 1e3 / (60 * (rows[-1][0] - rows[0][0]))
    lines(drawing, 692, line + 70, f"rate of the exchange's clock", f"against ours: {drift:+.0f} ppm")
    path.write_text(drawing.document())


def draw(links: list[LinkErrors], held: Holdover, directory: Path) -> list[Path]:
    """Writes all figures and returns where they are."""
    directory.mkdir(parents=True, exist_ok=True)
    names = ["error-median", "error-p99", "burst", "holdover"]
    paths = [directory / f"{name}.svg" for name in names]
    error_by_probes(links, "Median error", lambda spread: spread.median, paths[0])
    error_by_probes(links, "99th percentile of the error", lambda spread: spread.p99, paths[1])
    example = next(link.example for link in links if link.link == "busy")
    assert example
    closing_interval(example, paths[2])
    hour(held, paths[3])
    return paths
