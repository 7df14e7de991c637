"""Random missions, fences and rally points, sound ones and broken ones, near home."""

import math
import random
from collections.abc import Callable
from dataclasses import replace

from conformance.wishes import Row, deed, home_row, row

Maker = Callable[[random.Random], Row]


def _spot(rng: random.Random, most_m: float = 70.0) -> tuple[float, float]:
    return round(rng.uniform(-most_m, most_m)), round(rng.uniform(-most_m, most_m))


def waypoint(rng: random.Random, *, delay_s: float | None = None) -> Row:
    """A waypoint within 70 m, 15 to 30 m high."""
    wait = rng.choice((0, 0, 1, 3)) if delay_s is None else delay_s
    return row(16, *_spot(rng), rng.choice((15, 20, 25, 30)), wait)


DEEDS: tuple[Maker, ...] = (
    lambda r: deed(178, r.choice((0, 1)), r.choice((2, 4, 6, 8, 0, -1))),
    lambda r: deed(115, r.choice((0, 45, 180, 270)), 20, r.choice((-1, 0, 1)), r.choice((0, 1))),
    lambda r: deed(206, r.choice((0, 5, 10)), 0, 1),
    lambda r: deed(211, 1, r.choice((0, 1))),
    lambda r: deed(183, r.choice((9, 10, 12)), r.choice((1100, 1500, 1900))),
    lambda r: deed(42600, 1, r.choice((0, 1, 2)), r.choice((1, 3)), 0.5),
    lambda r: deed(203),
    lambda r: deed(2000, 0, 0, 1),
    lambda r: deed(197),
    lambda r: row(201, *_spot(r), 0),
    lambda r: deed(112, r.choice((1, 3, 5))),
    lambda r: deed(114, r.choice((5, 20))),
    lambda r: deed(223, 1),
    lambda r: deed(218, r.choice((9, 300)), r.choice((0, 2))),
    lambda r: deed(181, 0, r.choice((0, 1))),
)

STAYS: tuple[Maker, ...] = (
    lambda r: row(19, *_spot(r), 20, r.choice((2, 5))),
    lambda r: row(18, *_spot(r), 20, r.choice((1, 2)), 0, r.choice((0, 10, -8))),
    lambda r: deed(93, r.choice((2, 5)), -1, -1, -1),
    lambda r: row(82, *_spot(r), 20, r.choice((0, 2))),
    lambda r: row(31, *_spot(r), r.choice((15, 30)), 0),
    lambda r: row(94, *_spot(r, 30.0), 15, r.choice((5, 40))),
)

ENDS: tuple[Maker, ...] = (
    lambda _: deed(20),
    lambda r: row(21, *_spot(r, 40.0), 0),
    lambda _: deed(21),
    waypoint,
)


def mission(rng: random.Random) -> list[Row]:
    """Home, take-off, a few waypoints and stays with deeds between, perhaps a jump, an end."""
    rows = [home_row(), deed(22, z=rng.choice((10.0, 15.0, 20.0)))]
    for _ in range(rng.randint(2, 4)):
        if rng.random() < 0.5:
            rows.append(rng.choice(DEEDS)(rng))
        rows.append(waypoint(rng) if rng.random() < 0.7 else rng.choice(STAYS)(rng))
    if rng.random() < 0.25:
        rows.append(deed(177, rng.randint(2, len(rows) - 1), rng.choice((1, 2))))
    if rng.random() < 0.85:
        rows.append(rng.choice(ENDS)(rng))
    return rows


_SPOILERS: tuple[Callable[[Row], Row], ...] = (
    lambda r: replace(r, command=9999),
    lambda r: replace(r, x=910_000_000),
    lambda r: replace(r, y=1_810_000_000),
    lambda r: replace(r, frame=1),
    lambda r: replace(r, frame=7),
    lambda r: replace(r, params=(math.nan, 0.0, 0.0, 0.0)),
    lambda r: replace(r, params=(0.0, math.nan, 0.0, 0.0)),
    lambda r: replace(r, params=(0.0, 0.0, math.inf, 0.0)),
    lambda r: replace(r, z=math.nan),
    lambda r: replace(r, z=1e6),
    lambda r: replace(r, command=177, params=(0.0, 1.0, 0.0, 0.0)),
    lambda r: replace(r, command=177, params=(99.0, 1.0, 0.0, 0.0)),
    lambda r: replace(r, command=5001, params=(4.0, 0.0, 0.0, 0.0)),
)


def spoilt(rng: random.Random, rows: list[Row]) -> list[Row]:
    """The same with one bad item."""
    worse = list(rows)
    at = rng.randrange(1, len(worse))
    worse[at] = rng.choice(_SPOILERS)(waypoint(rng))
    return worse


def _ring(rng: random.Random, command: int, corners: int, radius_m: float, east_m: float) -> list[Row]:
    turn = rng.uniform(0, math.tau)
    angles = [turn + math.tau * n / corners for n in range(corners)]
    return [
        row(command, radius_m * math.cos(a), east_m + radius_m * math.sin(a), 0, corners, frame=0)
        for a in angles
    ]


def fence(rng: random.Random) -> list[Row]:
    """Inclusion and exclusion zones, polygons or circles; some are no fence at all."""
    made = [
        lambda: _ring(rng, 5001, rng.choice((3, 4, 5)), rng.choice((60, 90, 200)), 0.0),
        lambda: _ring(rng, 5002, 4, 15, rng.choice((40, 60))),
        lambda: [row(5003, 0, 0, 0, rng.choice((50, 120)), frame=0)],
        lambda: [row(5004, *_spot(rng), 0, rng.choice((8, 15)), frame=0)],
        lambda: _ring(rng, 5001, 4, 80, 0.0)[:3],
        lambda: [row(5003, 0, 0, 0, rng.choice((0, -3)), frame=0)],
        lambda: [row(5001, 0, 0, 0, 2, frame=0)] * 2,
        lambda: [row(16, 0, 0, 0)],
    ]
    weights = (4, 3, 3, 3, 1, 1, 1, 1)
    return [r for make in rng.choices(made, weights, k=rng.choice((1, 1, 2))) for r in make()]


def rally(rng: random.Random) -> list[Row]:
    """One to three rally points; now and then something else."""
    rows = [row(5100, *_spot(rng), rng.choice((15, 25)), frame=3) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.25:
        rows[-1] = rng.choice(_SPOILERS)(rows[-1])
    if math.isnan(rows[-1].z):  # ArduPilot SITL itself dies of it: a floating point exception
        rows[-1] = replace(rows[-1], z=1e6)
    return rows
