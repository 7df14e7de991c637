"""Circles and splines of a mission as short straight pieces with the speed flown on each.

A spline is a cubic Hermite curve: it leaves and enters each of its points along the line between the points
before and after (ArduPilot, AC_WPNav spline waypoints).
"""

import math
from collections.abc import Sequence

import numpy as np

from core.geo import FloatArray
from missions.energy import PathPoint

PIECES = 24  # of one spline or half a circle
CIRCLE_DEG_S = 20.0  # ArduPilot's CIRCLE_RATE
CIRCLE_SHARE = 0.5  # of the acceleration that a circle's speed may use


def circle(
    centre: tuple[float, float],
    start: tuple[float, float, float],
    turns: float,
    radius_m: float,
    speed_ms: float,
    accel_ms2: float,
) -> list[PathPoint]:
    """`turns` round `centre` from `start` on the circle (east, north, up); a radius < 0 goes leftwards."""
    radius = abs(radius_m)
    speed = min(speed_ms, math.radians(CIRCLE_DEG_S) * radius, math.sqrt(CIRCLE_SHARE * accel_ms2 * radius))
    begin = math.atan2(start[0] - centre[0], start[1] - centre[1])
    count = max(1, math.ceil(turns * 2 * PIECES))
    angles = begin + math.copysign(2.0 * math.pi * turns, radius_m) * np.arange(1, count + 1) / count
    east, north = centre[0] + radius * np.sin(angles), centre[1] + radius * np.cos(angles)
    return [
        PathPoint(float(e), float(n), start[2], speed, smooth=True) for e, n in zip(east, north, strict=True)
    ]


def spline(
    points: Sequence[tuple[float, float, float]], speed_ms: float, accel_ms2: float, *, through: bool
) -> list[PathPoint]:
    """From the second of four points (before, start, end, after) to the third along a Hermite curve.

    A missing neighbour is given as the point itself. `through`: it is not slowed to rest at its end.
    """
    before, start, end, after = (np.array(p, float) for p in points)
    enter, leave = _slopes(before, start, end, after)
    share = np.linspace(0.0, 1.0, PIECES + 1)[:, None]
    at = _hermite(start, end, enter, leave, share)
    speeds = _speeds(at, speed_ms, accel_ms2, enter_rest=not enter.any(), leave_rest=not through)
    return [
        PathPoint(float(e), float(n), float(u), float(v), smooth=True)
        for (e, n, u), v in zip(at[1:], speeds, strict=True)
    ]


def _slopes(
    before: FloatArray, start: FloatArray, end: FloatArray, after: FloatArray
) -> tuple[FloatArray, FloatArray]:
    enter, leave = end - before, after - start
    if np.array_equal(before, start):
        enter = np.zeros(3)
    if np.array_equal(after, end):
        leave = np.zeros(3)
    length = float(np.linalg.norm(enter) + np.linalg.norm(leave))
    span = 4.0 * float(np.linalg.norm(end - start))
    shrink = span / length if length > span else 1.0
    return enter * shrink, leave * shrink


def _hermite(
    start: FloatArray, end: FloatArray, enter: FloatArray, leave: FloatArray, t: FloatArray
) -> FloatArray:
    t2, t3 = t**2, t**3
    whole: FloatArray = (
        (2 * t3 - 3 * t2 + 1) * start + (3 * t2 - 2 * t3) * end
        + (t3 - 2 * t2 + t) * enter + (t3 - t2) * leave
    )  # fmt: skip
    return whole


def _speeds(
    at: FloatArray, speed_ms: float, accel_ms2: float, *, enter_rest: bool, leave_rest: bool
) -> FloatArray:
    """The mean speed on each piece: what the bend allows, reached and left within the acceleration."""
    step = np.diff(at, axis=0)
    lengths = np.maximum(np.linalg.norm(step, axis=1), 1e-9)
    unit = step / lengths[:, None]
    turn = np.linalg.norm(np.diff(unit, axis=0), axis=1)
    bend = turn / ((lengths[:-1] + lengths[1:]) / 2.0)
    node = np.full(len(at), speed_ms)
    node[1:-1] = np.minimum(speed_ms, np.sqrt(accel_ms2 / np.maximum(bend, 1e-9)))
    node[0], node[-1] = (0.0 if enter_rest else node[0]), (0.0 if leave_rest else node[-1])
    for i, length in enumerate(lengths):
        node[i + 1] = min(node[i + 1], math.sqrt(node[i] ** 2 + 2 * accel_ms2 * length))
    for i in range(len(lengths) - 1, -1, -1):
        node[i] = min(node[i], math.sqrt(node[i + 1] ** 2 + 2 * accel_ms2 * lengths[i]))
    mean: FloatArray = np.maximum((node[:-1] + node[1:]) / 2.0, 0.1)
    return mean
