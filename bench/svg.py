"""A tiny SVG writer: what a plot needs, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

Point = tuple[float, float]

FONT = "system-ui, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', sans-serif"
INK = "#222222"
GREY = "#888888"
FAINT = "#e3e3e3"


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


class Drawing:
    """Shapes in pixels; the origin is at the top left."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._width, self._height = width, height
        self._parts = [f"<title>{escape(title)}</title>"]
        self._clips = 0
        self.rectangle(0, 0, width, height, fill="#ffffff")

    def _add(self, tag: str, attributes: dict[str, str], text: str | None = None) -> None:
        inner = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        self._parts.append(
            f"<{tag}{inner}/>" if text is None else f"<{tag}{inner}>{escape(text)}</{tag}>"
        )

    def rectangle(
        self, x: float, y: float, width: float, height: float, *, fill: str,
        stroke: str = "none", opacity: float = 1,
    ) -> None:
        self._add(
            "rect",
            {"x": number(x), "y": number(y), "width": number(width), "height": number(height),
             "fill": fill, "stroke": stroke, "opacity": f"{opacity:g}"},
        )

    def line(
        self, points: Sequence[Point], *, stroke: str = INK, width: float = 1, dash: str = "",
    ) -> None:
        attributes = {
            "points": " ".join(f"{number(x)},{number(y)}" for x, y in points), "fill": "none",
            "stroke": stroke, "stroke-width": f"{width:g}", "stroke-linejoin": "round",
        }
        if dash:
            attributes["stroke-dasharray"] = dash
        self._add("polyline", attributes)

    def area(self, points: Sequence[Point], *, fill: str, opacity: float = 1) -> None:
        self._add(
            "polygon",
            {"points": " ".join(f"{number(x)},{number(y)}" for x, y in points), "fill": fill,
             "opacity": f"{opacity:g}"},
        )

    def marker(self, at: Point, shape: str, color: str, size: float = 3.2) -> None:
        """A circle, square, diamond, triangle or cross, so that no one needs the colour."""
        (x, y), r = at, size
        if shape == "circle":
            self._add("circle", {"cx": number(x), "cy": number(y), "r": f"{r:g}", "fill": color})
        elif shape == "square":
            self.rectangle(x - r, y - r, 2 * r, 2 * r, fill=color)
        elif shape == "diamond":
            self.area([(x, y - 1.4 * r), (x + 1.4 * r, y), (x, y + 1.4 * r), (x - 1.4 * r, y)],
                      fill=color)
        elif shape == "triangle":
            self.area([(x, y - 1.2 * r), (x + 1.2 * r, y + r), (x - 1.2 * r, y + r)], fill=color)
        elif shape == "cross":
            self.line([(x - r, y - r), (x + r, y + r)], stroke=color, width=1.6)
            self.line([(x - r, y + r), (x + r, y - r)], stroke=color, width=1.6)
        else:
            raise ValueError(f"no marker is called {shape}")

    def text(
        self, x: float, y: float, text: str, *, size: int = 13, anchor: str = "start",
        fill: str = INK, bold: bool = False, turned: bool = False,
    ) -> None:
        attributes = {
            "x": number(x), "y": number(y), "font-family": FONT, "font-size": str(size),
            "fill": fill, "text-anchor": anchor,
        }
        if bold:
            attributes["font-weight"] = "600"
        if turned:
            attributes["transform"] = f"rotate(-90 {number(x)} {number(y)})"
        self._add("text", attributes, text)

    def begin_clip(self, x: float, y: float, width: float, height: float) -> None:
        """What follows is shown only within; until `end_clip`."""
        self._clips += 1
        name = f"clip{self._clips}"
        self._parts.append(
            f'<clipPath id="{name}"><rect x="{number(x)}" y="{number(y)}"'
            f' width="{number(width)}" height="{number(height)}"/></clipPath>'
            f'<g clip-path="url(#{name})">'
        )

    def end_clip(self) -> None:
        self._parts.append("</g>")

    def document(self) -> str:
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self._width} {self._height}"'
            f' width="{self._width}" height="{self._height}" role="img">'
        )
        return "\n".join([head, *self._parts, "</svg>"]) + "\n"
