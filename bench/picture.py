"""Where the time goes, by stage, as a picture: docs/where-the-time-goes.svg."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

FILE = Path(__file__).parents[1] / "docs" / "where-the-time-goes.svg"
COLOURS = (
    *("#7a9fd4", "#8fb573", "#d9b54a", "#d9806e", "#9d8bd0", "#5fb0ad", "#aaaaaa"),
    *("#e0a8c8", "#b8cf5a", "#e0a060", "#9fc8e8", "#c9b090"),
)
WIDTH, LEFT, BAR, GAP = 940, 250, 26, 16


def draw(spans: Mapping[str, Mapping[str, float]]) -> None:
    """A bar for each kind, its stages side by side, seconds written into them where there is room."""
    longest = max(sum(stages.values()) for stages in spans.values())
    scale = (WIDTH - LEFT - 70) / longest
    stages = list(dict.fromkeys(stage for some in spans.values() for stage in some))
    colour = {stage: COLOURS[at % len(COLOURS)] for at, stage in enumerate(stages)}
    drawn, y = [], 12
    for kind, some in spans.items():
        drawn.append(_text(LEFT - 8, y + 17, kind, "end"))
        x = float(LEFT)
        for stage, seconds in some.items():
            width = seconds * scale
            drawn.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour[stage]}">'
                f"<title>{escape(stage)}: {seconds:.2f} s</title></rect>"
            )
            if width > 34:
                drawn.append(_text(x + width / 2, y + 17, f"{seconds:.2f}", "middle"))
            x += width
        drawn.append(_text(x + 6, y + 17, f"{sum(some.values()):.2f} s", "start"))
        y += BAR + GAP
    for at, stage in enumerate(stages):
        x, row = LEFT + (at % 3) * 220, y + (at // 3) * 22
        drawn.append(f'<rect x="{x}" y="{row}" width="14" height="14" fill="{colour[stage]}"/>')
        drawn.append(_text(x + 20, row + 12, stage, "start"))
    height = y + (len(stages) + 2) // 3 * 22 + 8
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="13" role="img" '
        'aria-label="Where the time of a deploy goes, by stage">'
    )
    paper = f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    FILE.write_text("\n".join([head, paper, *drawn, "</svg>"]) + "\n")


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="#222222">{escape(words)}</text>'
