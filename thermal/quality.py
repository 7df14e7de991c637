"""The quality report: what a person must know before trusting a map, as values, as JSON and as a page."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.files import write_text
from core.geo import FloatArray
from thermal.pose import Rejection
from thermal.references import Anchor


@dataclass(frozen=True, slots=True)
class FrameReport:
    """A drawn frame: place in east-north metres, figures (NaN or 0 without tie points).

    `before_K`, `after_K`: its median difference from the frames that overlap it, NaN where none does.
    `number` stands for it in the map's source band. `outline_px` (n, 2), `center_px` (2,): footprint and
    camera as columns and rows of the map's picture.
    """

    name: str
    east_m: float
    north_m: float
    tie_points: int
    rmse_px: float
    moved_m: float
    offset_K: float
    before_K: float = math.nan
    after_K: float = math.nan
    outline_px: FloatArray = field(default_factory=lambda: np.zeros((0, 2)))
    center_px: FloatArray = field(default_factory=lambda: np.zeros(2))
    number: int = 0


@dataclass(frozen=True, slots=True)
class ControlRow:
    """A surveyed point: held back as a `check` or fitted to, its marks, map less survey; `fault`: why not.

    Errors are None where too few frames show the point.
    """

    name: str
    check: bool
    marks: int
    east_m: float | None
    north_m: float | None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """Everything the report shows; None = not known. `figures` are (name with unit, value).

    `jumps` are the numbers of the frames right after the shutter's; `seam_counts` steps by `seam_step_K`.
    """

    title: str
    frames: Sequence[FrameReport]
    rejected: Sequence[Rejection]
    notes: Sequence[str]
    figures: Sequence[tuple[str, Any]]
    anchor: Anchor
    ground: str
    lens: str
    crs: str
    start: str | None
    end: str | None
    control: Sequence[ControlRow] = ()
    jumps: Sequence[int] = ()
    seam_counts: Sequence[int] = ()
    seam_step_K: float = 0.02


def as_json(q: Quality) -> dict[str, Any]:
    """The report as plain values; figures under their names with units."""
    return {
        "title": q.title,
        **{name: _finite(value) for name, value in q.figures},
        "level": q.anchor.label,
        "absolute": q.anchor.absolute,
        "scale": _finite(q.anchor.gain),
        "references": [
            {
                "name": s.reference.name, "temperature_C": s.reference.temperature_C,
                "seen_C": s.seen_C, "frames": s.frames, "residual_K": s.residual_K,
            }
            for s in q.anchor.seen
        ],
        "control_points": [
            {
                "name": p.name, "check": p.check, "marks": p.marks, "east_m": _finite(p.east_m),
                "north_m": _finite(p.north_m), "fault": p.fault,
            }
            for p in q.control
        ],
        "ground": q.ground, "lens": q.lens, "crs": q.crs, "start": q.start, "end": q.end,
        "notes": list(q.notes),
        "shutter_jumps": [q.frames[k].name for k in q.jumps],
        "frames_rejected": [{"path": str(r.path), "reason": r.reason} for r in q.rejected],
        "frames": [_frame_json(f) for f in q.frames],
    }  # fmt: skip


def _frame_json(f: FrameReport) -> dict[str, Any]:
    return {
        "name": f.name, "number": f.number, "east_m": round(f.east_m, 3), "north_m": round(f.north_m, 3),
        "tie_points": f.tie_points, "rmse_px": _finite(f.rmse_px), "moved_m": _finite(f.moved_m),
        "offset_K": _finite(f.offset_K), "before_K": _finite(f.before_K), "after_K": _finite(f.after_K),
    }  # fmt: skip


def _finite(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return round(float(value), 4) if math.isfinite(value) else None
    return value


def write_report(path: Path, q: Quality) -> Path:
    """Write `<map>.quality.html` and `<map>.quality.json` beside the map; returns the page's path.

    The page shows pictures of the map at `path` when that is there.
    """
    from thermal.report.page import as_html
    from thermal.report.pictures import read_picture

    page = path.with_suffix(".quality.html")
    write_text(page.with_suffix(".json"), json.dumps(as_json(q), ensure_ascii=False, indent=1) + "\n")
    write_text(page, as_html(q, read_picture(path) if path.is_file() else None))
    return page
