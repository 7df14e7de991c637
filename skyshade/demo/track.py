"""Where the camera really was at each release, and what its tags say about it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geo import Altitude, Datum, LocalFrame, LonLat, destination
from core.shot import CameraAttitude, Shot
from skyshade.demo.render import TruePose
from skyshade.demo.scene import Scene
from skyshade.demo.view import attitude_of, nadir_axes

FIRST_TIME_S = 1_690_866_000.0  # 2023-08-01 14:00 in Seoul, for shots without a time
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TrackParams:
    """One standard deviation each; angles in degrees, lengths in metres, times in seconds.

    The camera really tips by `gimbal_jitter_deg` about either level axis and by a constant `boresight_deg`
    (ahead, aside); its top turns off the flight direction by `heading_jitter_deg`. The tags know nothing of
    that: they say straight down within `pitch_tag_deg` and the heading within `heading_tag_deg`. GPS error
    is `gps_drift_m` with a memory of `gps_memory_s` plus `gps_white_m`, both per level axis (together 1.5 m
    as a distance); heights likewise (2 m). Clocks are off by `clock_offset_s` and `clock_jitter_s`.
    `rtk_std_m` (level, height) is what the tags claim of an RTK fix; None: there is none. The defaults are
    kind in one respect: real GPS errors last minutes, so most of them would survive any averaging.
    """

    gimbal_jitter_deg: float = 0.3
    boresight_deg: tuple[float, float] = (0.15, -0.25)
    heading_jitter_deg: float = 0.6
    pitch_tag_deg: float = 0.4
    heading_tag_deg: float = 1.0
    gps_drift_m: float = 0.45
    gps_white_m: float = 0.96
    gps_memory_s: float = 20.0
    height_drift_m: float = 1.6
    height_white_m: float = 1.2
    clock_offset_s: float = 0.35
    clock_jitter_s: float = 0.02
    rtk_std_m: tuple[float, float] | None = None


RTK = TrackParams(
    gps_drift_m=0.012,
    gps_white_m=0.01,
    height_drift_m=0.02,
    height_white_m=0.015,
    rtk_std_m=(0.015, 0.03),
)
"""An aircraft with a fixed RTK solution: centimetres instead of metres; the gimbal is no better."""


@dataclass(frozen=True, slots=True)
class TaggedPose:
    """What a frame's tags say: place, height above home in metres, gimbal attitude, UTC seconds."""

    lonlat: LonLat
    height_m: float
    gimbal: CameraAttitude
    time_s: float


def times_of(shots: Sequence[Shot]) -> FloatArray:
    """UTC seconds of each shot; shots without a time follow each other by two seconds."""
    return np.array([FIRST_TIME_S + 2.0 * n if s.time_s is None else s.time_s for n, s in enumerate(shots)])


def true_poses(
    scene: Scene, shots: Sequence[Shot], params: TrackParams, rng: np.random.Generator
) -> list[TruePose]:
    """The camera at each shot: the shot's own place, looking down with the gimbal's small errors.

    The image's top points to the shot's `attitude` yaw where it has one, else along the flight. Altitudes
    above home or above mean sea level are taken; others raise `ValueError`.
    """
    headings = headings_deg(shots) + params.heading_jitter_deg * rng.standard_normal(len(shots))
    tips = np.array(params.boresight_deg) + params.gimbal_jitter_deg * rng.standard_normal((len(shots), 2))
    return [
        TruePose(
            shot.lonlat,
            _above_home_m(scene, shot.altitude),
            attitude_of(nadir_axes(float(heading), float(ahead), float(aside)), yaw_hint_deg=float(heading)),
        )
        for shot, heading, (ahead, aside) in zip(shots, headings, tips, strict=True)
    ]


def _above_home_m(scene: Scene, altitude: Altitude) -> float:
    if altitude.datum is Datum.HOME:
        return altitude.value_m
    if altitude.datum is Datum.GEOID:
        return altitude.value_m - scene.home_elevation_m
    raise ValueError(f"shots must have heights above home or mean sea level, got {altitude}")


def headings_deg(shots: Sequence[Shot]) -> FloatArray:
    """Each shot's heading: its attitude's yaw, else the direction of flight in its own line of shots."""
    if not shots:
        return np.zeros(0)
    ground = LocalFrame(shots[0].lonlat)
    places = ground.to_local([s.lonlat.lon for s in shots], [s.lonlat.lat for s in shots])
    legs = np.diff(places, axis=0)
    flown = [_direction_deg(legs, n) for n in range(len(shots))]
    return np.array(
        [f if s.attitude is None else s.attitude.yaw_deg for f, s in zip(flown, shots, strict=True)]
    )


def _direction_deg(legs: FloatArray, n: int) -> float:
    """Direction at shot `n`: that of the leg before or after it, whichever goes on straight."""
    candidates = [k for k in (n - 1, n) if 0 <= k < len(legs)]
    if not candidates:
        return 0.0
    best = max(candidates, key=lambda k: _straightness(legs, k))
    return math.degrees(math.atan2(legs[best, 0], legs[best, 1])) % 360.0


def _straightness(legs: FloatArray, k: int) -> float:
    """How well leg `k` agrees with its better neighbour, as a cosine."""
    others = [legs[m] for m in (k - 1, k + 1) if 0 <= m < len(legs)]
    length = float(np.linalg.norm(legs[k])) + 1e-9
    return max((float(legs[k] @ o) / (length * float(np.linalg.norm(o)) + 1e-9) for o in others), default=1.0)


def tagged_poses(
    poses: Sequence[TruePose],
    shots: Sequence[Shot],
    params: TrackParams,
    rng: np.random.Generator,
) -> list[TaggedPose]:
    """What the tags say of the true `poses`."""
    times = times_of(shots)
    level = [remembered(times, params.gps_memory_s, params.gps_drift_m, rng) for _ in range(2)]
    level = [axis + params.gps_white_m * rng.standard_normal(len(times)) for axis in level]
    height = remembered(times, params.gps_memory_s * 3, params.height_drift_m, rng)
    height += params.height_white_m * rng.standard_normal(len(times))
    headings = headings_deg(shots) + params.heading_tag_deg * rng.standard_normal(len(times))
    pitches = -90.0 + params.pitch_tag_deg * rng.standard_normal(len(times))
    clocks = times + params.clock_offset_s + params.clock_jitter_s * rng.standard_normal(len(times))
    return [
        TaggedPose(
            _moved(pose.lonlat, float(level[0][n]), float(level[1][n])),
            pose.height_m + float(height[n]),
            CameraAttitude(float(headings[n]) % 360.0, float(pitches[n])),
            float(clocks[n]),
        )
        for n, pose in enumerate(poses)
    ]


def _moved(place: LonLat, east_m: float, north_m: float) -> LonLat:
    return destination(place, math.degrees(math.atan2(east_m, north_m)), math.hypot(east_m, north_m))


def remembered(times_s: FloatArray, memory_s: float, sigma: float, rng: np.random.Generator) -> FloatArray:
    """A Gauss-Markov process: standard deviation `sigma`, correlation exp(-dt / memory)."""
    kept = np.exp(-np.diff(times_s, prepend=times_s[:1]) / memory_s)
    fresh = rng.standard_normal(len(times_s)) * sigma
    values = np.empty(len(times_s))
    last = 0.0
    for n, (keep, new) in enumerate(zip(kept, fresh, strict=True)):
        last = new if n == 0 else keep * last + math.sqrt(max(0.0, 1.0 - keep**2)) * new
        values[n] = last
    return values
