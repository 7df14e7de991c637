"""Frames that must not enter the map, told from their tags and their sharpness before any matching."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.geo import Datum, FloatArray
from thermal.frame import CelsiusArray
from thermal.pose import Flight, Prior, Rejection


@dataclass(frozen=True, slots=True)
class BlunderParams:
    """Limits: tilt in degrees from nadir, height and sharpness as shares of the flight's medians."""

    max_tilt_deg: float = 30.0
    min_height_share: float = 0.5
    max_height_share: float = 2.0
    min_height_m: float = 5.0
    min_sharpness_share: float = 0.45


def sharpness(celsius: CelsiusArray) -> float:
    """Fine detail against coarse detail: RMS of two-pixel steps over RMS of eight-pixel steps.

    Scale-free, so a cool night and a hot noon compare; falls when the frame is blurred by motion or focus.
    """
    t = np.asarray(celsius, float)
    t = np.where(np.isfinite(t), t, np.nanmedian(t) if np.isfinite(t).any() else 0.0)
    fine = min(_rms(t[2:] - t[:-2]), _rms(t[:, 2:] - t[:, :-2]))
    coarse = max(_rms(t[8:] - t[:-8]), _rms(t[:, 8:] - t[:, :-8]))
    return fine / coarse if coarse > 0 else 0.0


def _rms(steps: FloatArray) -> float:
    return float(np.sqrt(np.mean(steps**2))) if steps.size else 0.0


def bad_tags(flight: Flight, params: BlunderParams) -> tuple[list[Prior], list[Rejection]]:
    """Split off the frames whose own tags rule them out: another camera, oblique, taking off or landing.

    Heights are judged only where they count from home: nothing else tells the height above the ground yet.
    """
    priors = flight.priors
    above_home = flight.zero is Datum.HOME
    heights = np.array([p.pose.center_m[2] if above_home else np.inf for p in priors])
    typical = float(np.median(heights))
    camera = _usual_camera(priors)
    kept, rejected = [], []
    for prior, height in zip(priors, heights, strict=True):
        reason = _other_camera(prior, camera) or _bad_tag(prior, float(height), typical, params)
        if reason is None:
            kept.append(prior)
        else:
            rejected.append(Rejection(prior.info.path, reason))
    return kept, rejected


def _signature(prior: Prior) -> tuple[int, int, float]:
    camera = prior.info.camera
    return camera.width_px, camera.height_px, round(camera.focal_px, 1)


def _usual_camera(priors: Sequence[Prior]) -> tuple[int, int, float]:
    seen = [_signature(p) for p in priors]
    return max(set(seen), key=seen.count)


def _other_camera(prior: Prior, usual: tuple[int, int, float]) -> str | None:
    mine = _signature(prior)
    if mine == usual:
        return None
    return (
        f"another camera than the flight's ({mine[0]}x{mine[1]}, focal length {mine[2]} px; "
        f"the others {usual[0]}x{usual[1]}, {usual[2]} px)"
    )


def _bad_tag(prior: Prior, height_m: float, typical_m: float, params: BlunderParams) -> str | None:
    if prior.pose.tilt_deg > params.max_tilt_deg:
        return f"oblique: {prior.pose.tilt_deg:.0f} degrees from straight down"
    if not math.isfinite(height_m):
        return None
    if height_m < max(params.min_height_share * typical_m, params.min_height_m):
        return f"taking off or landing: {height_m:.0f} m up, the flight's median is {typical_m:.0f} m"
    if height_m > params.max_height_share * typical_m:
        return f"altitude tag of {height_m:.0f} m against the flight's median of {typical_m:.0f} m"
    return None


def blurred(
    priors: Sequence[Prior], sharpnesses: Sequence[float], params: BlunderParams
) -> tuple[list[int], list[Rejection]]:
    """Indices of the sharp frames, and the blurred ones with their figure against the flight's median."""
    typical = float(np.median(sharpnesses))
    kept, rejected = [], []
    for index, (prior, value) in enumerate(zip(priors, sharpnesses, strict=True)):
        if value >= params.min_sharpness_share * typical:
            kept.append(index)
        else:
            rejected.append(
                Rejection(
                    prior.info.path, f"blurred: sharpness {value:.2f}, the flight's median is {typical:.2f}"
                )
            )
    return kept, rejected
