"""The XT flight (26 frames, plain GPS) against surveyed points: none used, all used, one location left out.

Frames: ../shared/data/thermal or $SKYSHADE_DATA/thermal. Four of the seven points lie together: one location.
Errors are horizontal, where the rays of a point's marks meet its surveyed height.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from thermal.control import ControlPoint, Mark
from thermal.controlfit import ControlReport
from thermal.frames import find_frames, read_frame
from thermal.mapmaker import Inputs, MapParams, sort_frames
from thermal.placement import place

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SKYSHADE_DATA") or ROOT.parent / "shared" / "data") / "thermal" / "flir_xt_field"
TOGETHER_M = 6.0


def points() -> list[ControlPoint]:
    """The surveyed points with the reference's own marks."""
    truth: dict[str, Any] = json.loads((DATA / "reference.json").read_text(encoding="utf-8"))
    return [
        ControlPoint(
            name, *at, truth["crs"],
            tuple(Mark(o["image"], o["x"] - 0.5, o["y"] - 0.5) for o in truth["obs"] if o["gcp"] == name),
        )
        for name, at in truth["gcps"].items()
    ]  # fmt: skip


def locations(known: Sequence[ControlPoint]) -> list[list[str]]:
    """Names of points that lie together."""
    groups: list[list[ControlPoint]] = []
    for point in known:
        near = [g for g in groups if np.hypot(point.x - g[0].x, point.y - g[0].y) < TOGETHER_M]
        if near:
            near[0].append(point)
        else:
            groups.append([point])
    return [[p.name for p in g] for g in groups]


def main() -> None:
    params = MapParams()
    good = sort_frames(find_frames(DATA), params, read_frame, Inputs(), None)
    known = points()

    def fit(held: Sequence[str]) -> ControlReport:
        given = [replace(p, check=p.name in held) for p in known]
        out = place(
            good.flight, good.seen, params.ties, params.align, None, workers=2, progress=None, control=given
        ).aligned.control
        assert out is not None
        return out

    print("| points | RMSE m |\n|---|---|")
    bare = fit([p.name for p in known])
    off = np.array([(p.east_m, p.north_m) for p in bare.points], float)
    loose = np.sqrt(((off - off.mean(axis=0)) ** 2).sum(axis=1).mean())
    print(f"| none used | {bare.check_rmse_m:.2f} (without the mean {loose:.2f}) |")
    print(f"| all used, on themselves | {fit([]).used_rmse_m:.3f} |")
    left = [(names, fit(names).check_rmse_m or 0.0) for names in locations(known)]
    for names, rmse in left:
        print(f"| left out: {', '.join(names)} | {rmse:.3f} |")
    print(f"| all left-out locations | {np.sqrt(np.mean([r**2 for _, r in left])):.3f} |")


if __name__ == "__main__":
    main()
