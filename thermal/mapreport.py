"""From a finished map to its result and its quality report."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.camera import Camera
from core.geo import FloatArray
from gis.crs import change_between
from thermal.blend import SEAM_STEP_K
from thermal.drift import Drift
from thermal.mosaic import MosaicJob, MosaicResult, ground_under
from thermal.placement import Placement
from thermal.pose import Rejection, footprint_m
from thermal.quality import ControlRow, FrameReport, Quality, write_report
from thermal.references import Anchor
from thermal.report.pictures import WIDEST_PX
from thermal.sidecars import iso
from thermal.tiles import MapPlace


@dataclass(frozen=True, slots=True)
class MapResult:
    """What came out: paths and the figures a person needs to trust the map; None = not known.

    `size` is (columns, rows). `absolute` is true only where ground references set the level. `tiles_kept`
    stood already, from a stopped run or in the map of before.
    """

    path: Path
    report: Path
    frames_used: int
    frames_rejected: tuple[Rejection, ...]
    gsd_m: float
    size: tuple[int, int]
    crs: str
    reprojection_rmse_px: float | None
    drift_rms_before_K: float | None
    drift_rms_after_K: float | None
    seam_p95_K: float | None
    level: str
    absolute: bool
    notes: tuple[str, ...]
    wall_s: float
    tiles_kept: int = 0
    tiles_drawn: int = 0
    gcp_rmse_m: float | None = None


def result_of(
    out: Path, placed: Placement, drift: Drift, level: Anchor, job: MosaicJob, drawn: MosaicResult,
    rejected: Sequence[Rejection], wall_s: float,
) -> MapResult:  # fmt: skip
    """Write the report and sum the map up."""
    grid = job.place.grid
    result = MapResult(
        path=out, report=out.with_suffix(".quality.html"), frames_used=len(job.frames),
        frames_rejected=tuple(rejected), gsd_m=grid.pixel_m, size=(grid.shape[1], grid.shape[0]),
        gcp_rmse_m=None if placed.aligned.control is None else placed.aligned.control.rmse_m,
        crs=grid.crs, reprojection_rmse_px=placed.aligned.rmse_px, drift_rms_before_K=drift.rms_before_K,
        drift_rms_after_K=drift.rms_after_K, seam_p95_K=drawn.seam_p95_K, level=level.label,
        absolute=level.absolute, notes=placed.notes, wall_s=wall_s,
        tiles_kept=drawn.tiles_kept, tiles_drawn=drawn.tiles_drawn,
    )  # fmt: skip
    numbers = job.plan.numbers if job.plan else range(len(job.frames))
    write_report(out, quality(result, placed, drift, level, drawn, job.place, numbers))
    return result


def quality(
    result: MapResult, placed: Placement, drift: Drift, level: Anchor, drawn: MosaicResult,
    place: MapPlace, numbers: Sequence[int],
) -> Quality:  # fmt: skip
    """What the report shows; `numbers` of the frames count from 0."""
    times = [p.info.time_s for p in placed.flight.priors if p.info.time_s is not None]
    return Quality(
        title=result.path.name,
        frames=_frames(placed, drift, place, numbers),
        rejected=result.frames_rejected,
        notes=(*_brief(result.notes), *_warnings(placed)),
        figures=_figures(result, placed, drift, drawn),
        anchor=level,
        ground=placed.ground.label,
        lens=_lens(placed.aligned.camera),
        crs=result.crs,
        start=iso(min(times, default=None)),
        end=iso(max(times, default=None)),
        control=_control(placed),
        jumps=tuple(j.after for j in drift.jumps),
        seam_counts=drawn.seam_counts,
        seam_step_K=SEAM_STEP_K,
    )


def _control(placed: Placement) -> tuple[ControlRow, ...]:
    found = placed.aligned.control
    if found is None:
        return ()
    return tuple(ControlRow(p.name, p.check, p.marks, p.east_m, p.north_m, p.fault) for p in found.points)


def _warnings(placed: Placement) -> list[str]:
    """What files warn of, each warning once with the number of frames that have it."""
    count = Counter(w for p in placed.flight.priors for w in p.info.warnings)
    alone = {w: p.info.path.name for p in placed.flight.priors for w in p.info.warnings if count[w] == 1}
    return _brief([f"{alone[w]}: {w}" if n == 1 else f"{n} frames: {w}" for w, n in count.most_common()])


def _brief(lines: Sequence[str], most: int = 20) -> list[str]:
    rest = len(lines) - most
    return [*lines[:most], *([f"and {rest} more such lines"] if rest > 0 else [])]


def _figures(
    r: MapResult, placed: Placement, drift: Drift, drawn: MosaicResult
) -> tuple[tuple[str, object], ...]:
    return (
        ("frames_used", r.frames_used),
        ("frames_left_out", len(r.frames_rejected)),
        ("gsd_m", r.gsd_m),
        ("reprojection_rmse_px", r.reprojection_rmse_px),
        ("tie_points", len(placed.aligned.points_m)),
        ("gcp_rmse_m", r.gcp_rmse_m),
        ("drift_rms_before_K", r.drift_rms_before_K),
        ("drift_rms_after_K", r.drift_rms_after_K),
        ("drift_pairs", drift.pairs),
        ("ramp_K", drift.largest_ramp_K),
        ("noise_K", drift.noise_K),
        ("seam_p95_K", r.seam_p95_K),
        ("covered", drawn.covered),
        ("tiles_kept", r.tiles_kept),
        ("tiles_drawn", r.tiles_drawn),
        ("wall_s", r.wall_s),
    )


def _frames(placed: Placement, drift: Drift, place: MapPlace, numbers: Sequence[int]) -> list[FrameReport]:
    a = placed.aligned
    n = len(a.poses)
    before, after = (
        np.full(n, np.nan) if v is None else v for v in (drift.frame_before_K, drift.frame_after_K)
    )
    outlines = _outlines_px(placed, place)
    return [
        FrameReport(
            name=prior.info.path.name, east_m=float(pose.center_m[0]), north_m=float(pose.center_m[1]),
            tie_points=int(a.frame_points[k]), rmse_px=float(a.frame_rmse_px[k]),
            moved_m=float(a.prior_shift_m[k]), offset_K=float(drift.offsets_K[k]),
            before_K=float(before[k]), after_K=float(after[k]), number=numbers[k] + 1,
            outline_px=outlines[k, :4], center_px=outlines[k, 4],
        )
        for k, (prior, pose) in enumerate(zip(placed.flight.priors, a.poses, strict=True))
    ]  # fmt: skip


def _outlines_px(placed: Placement, place: MapPlace) -> FloatArray:
    """Corners and camera of each frame (n, 5, 2) as columns and rows of the map's picture."""
    poses, camera = placed.aligned.poses, placed.aligned.camera
    at = np.array(
        [np.vstack([footprint_m(p, camera, ground_under(placed.ground, p)), p.center_m[:2]]) for p in poses]
    )
    x, y = change_between(place.frame.proj4, place.grid.crs).transform(at[..., 0], at[..., 1])
    cells = place.grid.row_col(np.stack([x, y], axis=-1))[..., ::-1] + 0.5
    return np.asarray(cells / max(1.0, max(place.grid.shape) / WIDEST_PX), float)


def _lens(camera: Camera) -> str:
    values = np.array([camera.k1, camera.k2, camera.k3])
    return (
        f"{camera.name}, focal length {camera.focal_px:.1f} px, centre "
        f"{camera.cx_offset_px:+.1f} {camera.cy_offset_px:+.1f} px, radial "
        f"{' '.join(f'{v:+.4f}' for v in values)}"
    )
