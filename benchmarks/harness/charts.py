"""Charts as SVG, written by hand: bars and lines on a logarithmic scale, readable on light and dark pages."""

import math
from collections.abc import Sequence
from html import escape

#: Fixed colours for the sides, so that every chart has the same ones; of middle lightness, for both kinds of page.
COLOURS = {
    "Till": "#d9480f", "DuckDB": "#b08900", "DuckDB on our Parquet": "#7f7a3a", "ClickHouse (chDB)": "#2f7fd6", "PostgreSQL": "#5b6fb0",
    "polars on our Parquet": "#2b9a66"}
SPARE = ("#d9480f", "#2f7fd6", "#2b9a66", "#8e5bc4", "#b08900", "#c2447a", "#4d8a99", "#7f7a3a", "#5b6fb0", "#999999")
STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600;font-size:14px}.grid{stroke:#8c959f;stroke-opacity:.35}"
    ".note{fill:#57606a;font-size:11px}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.note{fill:#9da7b1}}</style>")


def colour(name: str, place: int) -> str:
    return COLOURS.get(name, SPARE[place % len(SPARE)])


def ticks(least: float, greatest: float) -> list[float]:
    """Powers of ten that enclose the range."""
    low, high = math.floor(math.log10(least)), math.ceil(math.log10(greatest))
    return [10.0 ** power for power in range(low, max(high, low + 1) + 1)]


def figure(value: float) -> str:
    """Three digits at most, or none behind the mark."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}" if value < 1 else f"{value:.1f}"


def bars(title: str, unit: str, groups: Sequence[tuple[str, dict[str, float]]], width: int = 860) -> str:
    """Horizontal bars: a group of them for each name, one for each side that has a figure. The scale is logarithmic; bars start at its least tick."""
    values = [value for _, sides in groups for value in sides.values() if value > 0]
    if not values:
        raise ValueError(f"{title}: nothing to draw")
    marks = ticks(min(values) * 0.7, max(values))
    sides = list(dict.fromkeys(side for _, group in groups for side in group))
    left, top, bar, right = 265, 64, 11, 64
    span = width - left - right
    scale = span / (math.log10(marks[-1]) - math.log10(marks[0]))
    height = top + sum(len(group) * bar + 12 for _, group in groups) + 34
    place = lambda value: left + (math.log10(value) - math.log10(marks[0])) * scale
    parts = [_head(title, width, height)]
    parts += _legend(sides, left)
    for mark in marks:
        parts.append(f'<line class="grid" x1="{place(mark):.1f}" x2="{place(mark):.1f}" y1="{top - 8}" y2="{height - 30}"/>')
        parts.append(f'<text class="note" x="{place(mark):.1f}" y="{height - 14}" text-anchor="middle">{mark:,.4g} {escape(unit)}</text>')
    y = top
    for name, group in groups:
        parts.append(f'<text x="{left - 8}" y="{y + len(group) * bar / 2 + 4:.1f}" text-anchor="end">{escape(name)}</text>')
        for side in sides:
            if side not in group:
                continue
            value = group[side]
            end = place(max(value, marks[0]))
            parts.append(f'<rect x="{left}" y="{y}" width="{max(end - left, 1):.1f}" height="{bar - 2}" fill="{colour(side, sides.index(side))}"/>')
            parts.append(f'<text class="note" x="{end + 4:.1f}" y="{y + bar - 3}">{figure(value)}</text>')
            y += bar
        y += 12
    return "\n".join([*parts, "</svg>", ""])


def lines(title: str, across: str, up: str, series: dict[str, Sequence[tuple[float, float]]], width: int = 860, height: int = 420) -> str:
    """Lines with marks on two logarithmic scales."""
    points = [point for each in series.values() for point in each if point[0] > 0 and point[1] > 0]
    if not points:
        raise ValueError(f"{title}: nothing to draw")
    across_marks, up_marks = ticks(min(x for x, _ in points), max(x for x, _ in points)), ticks(min(y for _, y in points), max(y for _, y in points))
    left, right, top, bottom = 70, 190, 44, 48

    def place(value: float, marks: list[float], start: float, end: float) -> float:
        return start + (math.log10(value) - math.log10(marks[0])) / (math.log10(marks[-1]) - math.log10(marks[0])) * (end - start)

    across_of = lambda value: place(value, across_marks, left, width - right)
    up_of = lambda value: place(value, up_marks, height - bottom, top)
    parts = [_head(title, width, height)]
    for mark in across_marks:
        parts.append(f'<line class="grid" x1="{across_of(mark):.1f}" x2="{across_of(mark):.1f}" y1="{top}" y2="{height - bottom}"/>')
        parts.append(f'<text class="note" x="{across_of(mark):.1f}" y="{height - bottom + 16}" text-anchor="middle">{mark:,.4g}</text>')
    for mark in up_marks:
        parts.append(f'<line class="grid" x1="{left}" x2="{width - right}" y1="{up_of(mark):.1f}" y2="{up_of(mark):.1f}"/>')
        parts.append(f'<text class="note" x="{left - 6}" y="{up_of(mark) + 4:.1f}" text-anchor="end">{mark:,.4g}</text>')
    parts.append(f'<text class="note" x="{(left + width - right) / 2:.0f}" y="{height - 10}" text-anchor="middle">{escape(across)}</text>')
    parts.append(f'<text class="note" x="{left}" y="{top - 8}">{escape(up)}</text>')
    ends = _apart([(up_of(each[-1][1]), name) for name, each in series.items()])
    for number, (name, each) in enumerate(series.items()):
        shade = colour(name, number)
        path = " ".join(f"{across_of(x):.1f},{up_of(y):.1f}" for x, y in each if x > 0 and y > 0)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{shade}" stroke-width="2"/>')
        parts += [f'<circle cx="{across_of(x):.1f}" cy="{up_of(y):.1f}" r="3" fill="{shade}"/>' for x, y in each if x > 0 and y > 0]
        parts.append(f'<text x="{across_of(each[-1][0]) + 8:.1f}" y="{ends[name] + 4:.1f}" style="fill:{shade}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _apart(ends: list[tuple[float, str]]) -> dict[str, float]:
    """Heights for labels at line ends, moved down where they would lie on each other."""
    placed: dict[str, float] = {}
    last = -math.inf
    for height, name in sorted(ends):
        last = max(height, last + 14)
        placed[name] = last
    return placed


def _head(title: str, width: int, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{escape(title, quote=True)}">'
        f'{STYLE}<text class="title" x="12" y="22">{escape(title)}</text>')


def _legend(sides: Sequence[str], left: int) -> list[str]:
    parts, x = [], 12.0
    for number, side in enumerate(sides):
        parts.append(f'<rect x="{x:.0f}" y="34" width="10" height="10" fill="{colour(side, number)}"/><text x="{x + 14:.0f}" y="43">{escape(side)}</text>')
        x += 30 + len(side) * 7
    return parts
