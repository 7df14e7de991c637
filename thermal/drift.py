"""Temperature drift: what each frame is off by, from what overlapping frames disagree on.

Model: seen = scene + offset[frame] + ramp[frame] . place in frame + flat(place in frame). The scene's value
at each sampled ground point is eliminated. Overlaps cannot tell the flat field's linear terms from offsets
that follow the place, nor ramps that follow it from a curved scene (a free polynomial once made a 15 K slope
from nothing, and so does calling the linear terms zero where the camera has them). What tells them apart is
time: drift runs on steadily, whatever way the drone turns, so offsets are held to a constant rate with a
random walk about it, ramps to a slow walk about nothing, and jumps (shutter recalibrations) are let through.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.camera import Camera
from core.geo import FloatArray
from thermal.driftsolve import (
    FLAT_TERMS,
    Solution,
    SolveParams,
    flat_basis,
    jumps_at,
    residual,
    solve,
    steps_in_time,
)
from thermal.frame import CelsiusArray
from thermal.overlaps import (
    SampleParams,
    Samples,
    centred,
    meetings,
    pairwise_rms,
    without_held,
)

_SOON = 2.5  # usual gaps; over a longer one a camera may drift as far as its shutter would take it


@dataclass(frozen=True, slots=True)
class DriftParams:
    """How overlaps are sampled, how drift is solved for, and how large a step counts as a shutter's jump."""

    samples: SampleParams = field(default_factory=SampleParams)
    solve: SolveParams = field(default_factory=SolveParams)
    jump_K: float = 1.0


@dataclass(frozen=True, slots=True)
class Jump:
    """The level changed by `size_K` between frames `before` and `after`, as a shutter event does."""

    before: int
    after: int
    size_K: float


@dataclass(frozen=True, slots=True)
class Drift:
    """What to take off: `offsets_K` (n,), `ramps_K` (n, 2) from the centre to the right and down, over half a
    diagonal, and the flat field's coefficients (7,).

    `rms_before_K` and `rms_after_K`: RMS over pairs of frames of their median difference, for a fifth of the
    pairs that a first solution did not use, None without such pairs; `pairs` their number. `noise_K`: robust
    spread of single samples after correction. `frame_before_K`, `frame_after_K` (n,): each frame's median
    difference from what all frames say of its ground, NaN where it overlaps none, None not known.
    """

    offsets_K: FloatArray
    ramps_K: FloatArray
    flat: FloatArray
    rms_before_K: float | None
    rms_after_K: float | None
    noise_K: float
    pairs: int
    jumps: tuple[Jump, ...] = ()
    frame_before_K: FloatArray | None = None
    frame_after_K: FloatArray | None = None

    @property
    def largest_ramp_K(self) -> float:
        """The steepest ramp, over a whole diagonal."""
        return 2.0 * float(np.hypot(*self.ramps_K.T).max(initial=0.0))


def solve_drift(samples: Samples, times_s: FloatArray, params: DriftParams | None = None) -> Drift:
    """Offsets with mean zero, ramps and the flat field, robustly; figures at pairs of frames held out.

    `times_s` (n,) when each frame was taken, or their order; only their succession and spacing count.
    """
    chosen = params or DriftParams()
    steps = steps_in_time(times_s)
    n, noise = len(times_s), chosen.samples.noise_K
    if len(samples.frame) == 0:
        return Drift(np.zeros(n), np.zeros((n, 2)), np.zeros(FLAT_TERMS), None, None, noise, 0)
    before, after, pairs = held_out(samples, times_s, chosen)
    found = solve(samples, steps, n, chosen.solve, noise)
    rest = residual(found.corrected(samples), samples.point)
    return Drift(
        offsets_K=found.offsets_K, ramps_K=found.ramps_K, flat=found.flat,
        rms_before_K=before, rms_after_K=after, pairs=pairs,
        noise_K=max(1.4826 * float(np.median(np.abs(rest))), 0.02),
        jumps=_jumps(found, times_s, chosen.jump_K),
        frame_before_K=frame_medians(samples, residual(samples.celsius, samples.point), n),
        frame_after_K=frame_medians(samples, rest, n),
    )  # fmt: skip


def frame_medians(samples: Samples, values: FloatArray, frames: int) -> FloatArray:
    """The median of `values` over each frame's samples, NaN for a frame without."""
    order = np.lexsort((values, samples.frame))
    count = np.bincount(samples.frame, minlength=frames)
    first = np.cumsum(count) - count
    out = np.full(frames, np.nan)
    some = count > 0
    low, high = first + (count - 1) // 2, first + count // 2
    out[some] = (values[order[low[some]]] + values[order[high[some]]]) / 2.0
    return out


def held_out(
    samples: Samples, times_s: FloatArray, params: DriftParams
) -> tuple[float | None, float | None, int]:
    """How much held-out pairs differ before and after a solution that never compared them; their number."""
    held = meetings(samples, held_only=True)
    before, pairs = pairwise_rms(samples, samples.celsius, held)
    used = without_held(samples, held)
    if before is None or len(used.frame) == 0:
        return None, None, 0
    found = solve(used, steps_in_time(times_s), len(times_s), params.solve, params.samples.noise_K)
    after, _ = pairwise_rms(samples, found.corrected(samples), held)
    return before, after, pairs


def _jumps(found: Solution, times_s: FloatArray, least_K: float) -> tuple[Jump, ...]:
    steps = steps_in_time(times_s)
    stray = jumps_at(found, steps)
    at = np.flatnonzero((np.abs(stray) >= least_K) & (steps.intervals <= _SOON))
    return tuple(Jump(int(steps.first[k]), int(steps.second[k]), float(stray[k])) for k in at)


def flat_image(flat: FloatArray, camera: Camera) -> CelsiusArray:
    """The flat field as float32 (height, width), K; 0 in the centre."""
    cols, rows = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
    image: CelsiusArray = (flat_basis(centred(np.stack([cols, rows], -1), camera)) @ flat).astype(np.float32)
    return image


def corrected(
    celsius: CelsiusArray, drift: Drift, frame: int, flat: CelsiusArray, camera: Camera, shift_K: float = 0.0
) -> CelsiusArray:
    """A frame (height, width) freed of offset, ramp and flat field, and of the level's `shift_K`."""
    across = centred(np.column_stack([np.arange(camera.width_px), np.zeros(camera.width_px)]), camera)[:, 0]
    down = centred(np.column_stack([np.zeros(camera.height_px), np.arange(camera.height_px)]), camera)[:, 1]
    right, below = drift.ramps_K[frame]
    level = float(drift.offsets_K[frame]) + shift_K
    out: CelsiusArray = celsius - flat
    out -= (right * across).astype(np.float32)
    out -= (below * down + level).astype(np.float32)[:, None]
    return out


def jump_texts(drift: Drift, names: Sequence[str]) -> list[str]:
    """One line a jump, with the frames' names."""
    return [
        f"the camera's level jumped by {j.size_K:+.1f} K between {names[j.before]} and {names[j.after]}"
        " (its shutter); taken out"
        for j in drift.jumps
    ]
