"""How fast to fly and how often to release: overlap, shutter, write time, the trigger's delay."""

import math
from dataclasses import dataclass

import numpy as np

from core.camera import Camera
from core.errors import SkyshadeError
from core.geo import FloatArray
from missions.aircraft import Aircraft
from missions.survey.lines import Swath
from missions.survey.params import SurveyParams, TriggerKind

LOWEST_M = 5.0
SLOWEST_MS = 0.5
LATE_S = 0.04  # ArduCopter 4.6 releases 0.02 s later than each interval asks
OUTSIDE_M = 0.3  # so far outside of the ground a row begins
APART_SHARE = 0.3  # of the position error: what two neighbouring courses were seen to be flown apart


@dataclass(frozen=True, slots=True)
class Shooting:
    """How a survey is photographed.

    Height over ground and survey speed; the swath; the trigger asked of the vehicle, in metres or in seconds
    (0 = not that way); `ahead_m` how far ahead of the aircraft the middle of a picture lies.
    """

    height_m: float
    speed_ms: float
    swath: Swath
    pitch_deg: float
    trigger_s: float = 0.0
    ahead_m: float = 0.0


def flying_height_m(camera: Camera, params: SurveyParams) -> float:
    """The height above ground that gives the wanted pixel, at the middle of the picture.

    Raises `SkyshadeError` with the pixel that the limits allow.
    """
    down = math.sin(math.radians(-params.pitch_deg))
    height = camera.height_m(params.gsd_m) * down
    if height > params.max_height_m:
        best = math.floor(camera.gsd_m(params.max_height_m / down) * 1000) / 1000
        raise SkyshadeError(
            f"{params.gsd_m:g} m a pixel with {camera.name} needs {height:.0f} m above ground, more than "
            f"{params.max_height_m:g} m",
            hint=f"ask for {best:.3f} m or finer",
        )
    lowest = max(LOWEST_M, params.clearance_m if params.terrain is not None else 0.0)
    if height < lowest:
        raise SkyshadeError(
            f"{params.gsd_m:g} m a pixel with {camera.name} needs {height:.1f} m above ground, less than "
            f"{lowest:g} m",
            hint=f"ask for {math.ceil(camera.gsd_m(lowest / down) * 1e4) / 1e4:.4f} m or coarser",
        )
    return height


def shooting(camera: Camera, params: SurveyParams, *, tighter: tuple[float, float] = (0.0, 0.0)) -> Shooting:
    """Speed, spacings and trigger that hold the overlaps even when the trigger fires at its latest.

    `tighter` adds to the overlaps asked (front, side): what uneven ground takes away.
    """
    height_m = flying_height_m(camera, params)
    low_m = height_m - (params.height_tolerance_m if params.terrain is not None else 0.0)
    held = held_ground_m(camera, max(low_m, 0.5 * height_m), params.pitch_deg)
    craft, across, along = params.aircraft, held.across_m, held.along_m
    slack = min(params.position_error_m, along / 8, across / 8)
    wanted = _spacing_m(along, held.whole_along_m, params.front + tighter[0], slack)
    late = max(craft.trigger_excess_max_m, craft.trigger_excess_max_m / 10.0 * wanted)
    mean = max(craft.trigger_excess_m, craft.trigger_excess_m / 10.0 * wanted)
    trigger = max(math.floor((wanted - late) * 100) / 100, 0.1)
    speed = min(params.speed_ms or craft.cruise_ms, craft.cruise_ms, fastest_ms(camera, params, trigger))
    timed = params.trigger is TriggerKind.TIME
    interval_s = 0.0
    if timed:
        interval_s, speed = timing(camera, trigger, speed)
    shot = interval_s * speed if timed else trigger + mean
    swath = Swath(
        across_m=across,
        along_m=along,
        line_m=_line_m(held, params, tighter[1], slack),
        trigger_m=interval_s * speed if timed else trigger,
        shot_m=shot,
        slack_m=slack,
        lead_m=_lead_m(shot, speed, craft),
        tail_m=craft.waypoint_radius_m + 0.5,
    )
    return Shooting(height_m, speed, swath, params.pitch_deg, interval_s, held.ahead_m)


def _lead_m(shot_m: float, speed_ms: float, craft: Aircraft) -> float:
    """How far before the first release that is needed a row begins.

    The release at its very beginning is taken while the corner is still being cut: it must lie outside of the
    ground, half a release before the needed one, where nobody counts on it; the next ones lie on the row.
    """
    steady = speed_ms * craft.ramp_s(speed_ms) / 2 + craft.waypoint_radius_m
    return min(max(2.0 * craft.waypoint_radius_m, shot_m / 2.0 + OUTSIDE_M), steady)


def _spacing_m(held_m: float, whole_m: float, overlap: float, slack_m: float) -> float:
    """How far apart pictures may be taken: shares are of the whole picture, ground counts where held."""
    return max(min(held_m - min(overlap, 0.98) * whole_m, held_m - 2 * slack_m), 0.02 * held_m)


def _line_m(held: "HeldGround", params: SurveyParams, tighter: float, slack_m: float) -> float:
    """How far apart courses may be: a little nearer than overlap asks, for two that are flown apart.

    An aircraft cuts the corners where its first and last pictures are taken.
    """
    spacing = _spacing_m(held.across_m, held.whole_across_m, params.side + tighter, slack_m)
    return spacing - min(APART_SHARE * slack_m, spacing / 8)


def fastest_ms(camera: Camera, params: SurveyParams, trigger_m: float) -> float:
    """The greatest speed that the camera's interval and its shutter allow."""
    by_interval = trigger_m / camera.min_interval_s if camera.min_interval_s > 0 else math.inf
    by_shutter = params.blur_px * params.gsd_m / params.shutter_s if params.shutter_s > 0 else math.inf
    return max(min(by_interval, by_shutter), SLOWEST_MS)


def timing(camera: Camera, trigger_m: float, speed_ms: float) -> tuple[float, float]:
    """Seconds between releases, to the tenth, and the speed at which even late ones are near enough."""
    wanted = math.floor((trigger_m / speed_ms - LATE_S) * 10 + 1e-9) / 10
    interval = max(wanted, math.ceil(camera.min_interval_s * 10 - 1e-9) / 10, 0.1)
    return interval, min(speed_ms, trigger_m / (interval + LATE_S))


def check_speed(camera: Camera, params: SurveyParams) -> None:
    """Refuse a speed that was asked for and that the camera cannot follow, saying which one it can."""
    made = shooting(camera, params)
    wanted = params.speed_ms
    if wanted is None or made.speed_ms >= min(wanted, params.aircraft.cruise_ms) - 1e-9:
        return
    trigger = made.swath.trigger_m
    interval = trigger / wanted
    best = math.floor(made.speed_ms * 100) / 100
    if camera.min_interval_s > 0 and interval < camera.min_interval_s:
        front = 1.0 - camera.min_interval_s * wanted * 1.02 / made.swath.along_m
        less = f", or --front {math.floor(front * 100) / 100:.2f} or less" if front > 0 else ""
        raise SkyshadeError(
            f"at {wanted:g} m/s a picture each {trigger:.1f} m comes every {interval:.2f} s; "
            f"{camera.name} needs {camera.min_interval_s:g} s",
            hint=f"give --speed-ms {best:.2f} or less{less}",
        )
    moved = wanted * params.shutter_s / params.gsd_m
    raise SkyshadeError(
        f"at {wanted:g} m/s the ground moves {moved:.1f} pixels in the {params.shutter_s:g} s of the shutter",
        hint=f"give --speed-ms {best:.2f} or less, or a larger --blur-px",
    )


def true_footprint_m(camera: Camera, height_m: float) -> tuple[float, float]:
    """The nadir rectangle (across, along) that an image surely holds, lens distortion and offset counted."""
    held = held_ground_m(camera, height_m, -90.0)
    return held.across_m, held.along_m


@dataclass(frozen=True, slots=True)
class HeldGround:
    """The ground rectangle that an image surely holds, symmetric to the course line; metres.

    `ahead_m` is how far its middle lies ahead of the camera; `whole_across_m` and `whole_along_m` are the
    picture's own size through its middle, which an offset or bent lens makes larger than what is held.
    """

    across_m: float
    along_m: float
    ahead_m: float
    whole_across_m: float
    whole_along_m: float


def held_ground_m(camera: Camera, height_m: float, pitch_deg: float) -> HeldGround:
    """The ground held at a gimbal pitch; raises `SkyshadeError` where the picture reaches the horizon."""
    share = np.linspace(-0.5, camera.width_px - 0.5, 33), np.linspace(-0.5, camera.height_px - 0.5, 33)
    tilt = math.radians(90.0 + pitch_deg)
    sides = [[(x, y) for y in share[1]] for x in share[0][[0, -1]]]
    ends = [[(x, y) for x in share[0]] for y in share[1][[0, -1]]]
    left, right = (_ground(camera, edge, tilt, height_m)[:, 0] for edge in sides)
    far, near = (_ground(camera, edge, tilt, height_m)[:, 1] for edge in ends)
    across = 2.0 * min(float(np.abs(edge).min()) for edge in (left, right))
    whole = float(right[16] - left[16]), float(far[16] - near[16])
    top, bottom = float(far.min()), float(near.max())
    if tilt < 1e-9:  # straight down, passes both ways must fit: what both hold
        return HeldGround(across, 2.0 * min(top, -bottom), 0.0, *whole)
    return HeldGround(across, top - bottom, (top + bottom) / 2.0, *whole)


def _ground(camera: Camera, pixels: list[tuple[float, float]], tilt: float, height_m: float) -> FloatArray:
    """Where pixels meet flat ground: (n, 2) right of and ahead of the camera, metres."""
    rays = camera.rays(pixels)
    right, up = rays[:, 0], -rays[:, 1]
    ahead = math.cos(tilt) * up + math.sin(tilt)
    down = math.cos(tilt) - math.sin(tilt) * up
    if (down < 0.1).any():
        raise SkyshadeError(
            f"at a gimbal pitch of {math.degrees(tilt) - 90.0:g} degrees the pictures of "
            f"{camera.name} reach the horizon",
            hint="point the camera further down",
        )
    found: FloatArray = np.stack([right, ahead], axis=1) / down[:, None] * height_m
    return found
