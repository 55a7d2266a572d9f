"""From runs to a table and a JSON file: medians, ratios, and whether an aim is met."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from groups import Aim, Claim, Group
from process import Run

# Peak memory that our side may take, whatever the input.
RSS_LIMITS_MIB = {"buffered": 32, "durable": 64}
AT_LEAST = {"times", "floor"}
UNITS = {"wall_s": "s", "cpu_s": "s CPU", "rss_mib": "MiB", "output_mib": "MiB", "volume_mib": "MiB"}


@dataclass(frozen=True)
class Row:
    work: str
    against: str
    ours: list[float]
    peer: list[float] | None
    unit: str
    measured: float
    aim: Aim

    @property
    def met(self) -> bool:
        return self.measured >= self.aim.bound if self.aim.kind in AT_LEAST else self.measured <= self.aim.bound

    def cells(self) -> list[str]:
        return [
            self.work, self.against, _span(self.ours, self.unit), _span(self.peer, self.unit) if self.peer else "–",
            f"{len(self.ours)}/{len(self.peer)}" if self.peer else str(len(self.ours)),
            self._amount(self.measured), ("≥ " if self.aim.kind in AT_LEAST else "≤ ") + self._amount(self.aim.bound),
            "met" if self.met else "MISSED",
        ]

    def as_json(self) -> dict:
        return {
            "work": self.work, "against": self.against, "unit": self.unit, "kind": self.aim.kind,
            "ours": _spread(self.ours), "peer": _spread(self.peer) if self.peer else None,
            "measured": round(self.measured, 4), "aim": self.aim.bound, "met": self.met,
        }

    def _amount(self, value: float) -> str:
        if self.aim.kind == "times":
            return f"{value:.3g}x"
        return f"{value:.2f}" if self.aim.kind == "ratio" else f"{_short(value)} {self.unit}"


def rows_of(group: Group, runs: dict[str, list[Run]]) -> list[Row]:
    return [_row(claim, runs) for claim in group.claims]


def memory_rows(results: list[tuple[Group, dict[str, list[Run]]]]) -> list[Row]:
    """The highest peak of all our runs, by kind of sink."""
    rows = []
    for sink, limit in RSS_LIMITS_MIB.items():
        peaks = [max(run.rss_mib for run in runs[side.name])
                 for group, runs in results for side in group.sides if side.sink == sink]
        if peaks:
            rows.append(Row(f"peak memory, {sink}, any input", "–", peaks, None, "MiB", max(peaks), Aim("limit", limit, "rss_mib")))
    return rows


def table(rows: list[Row]) -> str:
    heads = ["work", "against", "ours: min – median – max", "peer: min – median – max", "n", "ratio", "aim", ""]
    lines = [heads, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    return "\n".join([texts[0], "-" * len(texts[0]), *texts[1:]])


def write_json(path: Path, about: dict, rows: list[Row], results: list[tuple[Group, dict[str, list[Run]]]], services: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    runs = {group.name: {side: [run.as_json() for run in runs] for side, runs in sides.items()} for group, sides in results}
    path.write_text(json.dumps({**about, "rows": [row.as_json() for row in rows], "runs": runs, **services}, indent=1, ensure_ascii=False) + "\n")


def _row(claim: Claim, runs: dict[str, list[Run]]) -> Row:
    metric = claim.aim.metric
    ours = [getattr(run, metric) for run in runs[claim.ours]]
    peer = [getattr(run, metric) for run in runs[claim.peer]] if claim.peer else None
    if peer is None:
        measured = median(ours)
    elif claim.aim.kind == "times":
        measured = median(peer) / median(ours)
    else:
        measured = median(ours) / median(peer)
    return Row(claim.work, claim.peer or "–", ours, peer, UNITS[metric], measured, claim.aim)


def _span(values: list[float], unit: str) -> str:
    low, middle, high = _spread(values).values()
    return f"{_short(low)} – {_short(middle)} – {_short(high)} {unit}"


def _spread(values: list[float]) -> dict[str, float]:
    return {"min": round(min(values), 5), "median": round(median(values), 5), "max": round(max(values), 5)}


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value:.0f}"
    return f"{value:.4f}" if 0 < value < 0.1 else f"{value:.2f}"
