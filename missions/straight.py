"""Straight returns, many at once: which of them cross nothing closed."""

import numpy as np
import shapely
from numpy.typing import NDArray

from core.geo import Datum, FloatArray
from missions.airspace import Zone, ZoneKind
from missions.case import Case
from missions.closures import Room
from missions.sky import Shapes
from missions.space_checks import fence_sides

PARTS = 16
Bools = NDArray[np.bool_]


def clear_returns(case: Case, shapes: Shapes, starts: FloatArray, goals: FloatArray, room: Room) -> Bools:
    """Which straight ways (n,) from `starts` (n, 3: east, north, height of the return) to `goals` (n, 2) are
    clear of the fence, zones, buildings and ground. Where the ground is not known it counts as level.
    """
    lines = np.asarray(shapely.linestrings(np.stack([starts[:, :2], goals], axis=1)), object)
    good: Bools = np.ones(len(lines), bool)
    keep_in, keep_out = fence_sides(case.mission)
    for area in keep_in:
        good &= np.asarray(shapely.covers(area, lines), bool)
    for area in keep_out:
        good &= ~np.asarray(shapely.intersects(area, lines), bool)
    over = _over_ground(shapes, starts, goals)
    if shapes.sky.terrain is not None:
        good &= over.min(axis=1) >= room.clearance_m
    for zone, area in shapes.zones:
        near = good & np.asarray(shapely.dwithin(area, lines, room.margin_m), bool)
        good[near] &= ~_in_zone(shapes, zone, starts[near, 2:3], over[near], room)
    return good & ~_by_obstacles(shapes, lines, starts[:, 2], room)


def _over_ground(shapes: Shapes, starts: FloatArray, goals: FloatArray) -> FloatArray:
    """Heights over the ground (n, parts) along each way."""
    share = np.linspace(0.0, 1.0, PARTS + 1)[None, :, None]
    at = starts[:, None, :2] + share * (goals - starts[:, :2])[:, None]
    ground = shapes.sky.ground_up(at.reshape(-1, 2)).reshape(at.shape[:2])
    over: FloatArray = starts[:, 2:3] - np.nan_to_num(ground)
    return over


def _in_zone(shapes: Shapes, zone: Zone, up: FloatArray, over: FloatArray, room: Room) -> Bools:
    """Where heights over home and over the ground, both (n, parts), are between a zone's floor and ceiling
    somewhere.
    """
    heights = {Datum.GROUND: over, Datum.GEOID: up + np.nan_to_num(shapes.sky.home_m)}
    if zone.kind is ZoneKind.CEILING and zone.ceiling is not None:
        return np.asarray((heights[zone.ceiling.datum] > zone.ceiling.value_m).any(axis=1), bool)
    inside = np.ones(np.broadcast(up, over).shape, bool)
    if zone.floor is not None:
        inside &= heights[zone.floor.datum] >= zone.floor.value_m - room.vertical_m
    if zone.ceiling is not None:
        inside &= heights[zone.ceiling.datum] <= zone.ceiling.value_m + room.vertical_m
    return np.asarray(inside.any(axis=1), bool)


def _by_obstacles(shapes: Shapes, lines: NDArray[np.object_], up: FloatArray, room: Room) -> Bools:
    """Which ways pass a building too near."""
    barred = np.zeros(len(lines), bool)
    pairs = shapes.tree.query(lines, predicate="dwithin", distance=room.beside_m)
    low = ~(up[pairs[0]] - shapes.tops_up[pairs[1]] >= room.over_m)
    barred[pairs[0][low]] = True
    return barred


def can_land(shapes: Shapes, places: FloatArray, top_m: float, room: Room) -> Bools:
    """Which places (n, 2) can be come down on from `top_m` over home, clear of zones and buildings."""
    points = np.asarray(shapely.points(places), object)
    ground = np.nan_to_num(shapes.sky.ground_up(places))[:, None]
    up = ground + np.linspace(0.0, 1.0, PARTS + 1)[None] * np.maximum(top_m - ground, 0.0)
    good = np.ones(len(places), bool)
    for zone, area in shapes.zones:
        near = np.asarray(shapely.dwithin(area, points, room.margin_m), bool)
        good[near] &= ~_in_zone(shapes, zone, up[near], (up - ground)[near], room)
    good[shapes.tree.query(points, predicate="dwithin", distance=room.beside_m)[0]] = False
    return good
