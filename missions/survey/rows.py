"""The planned rows (what one run of the trigger photographs), and which row a picture was taken on."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from core.geo import FloatArray, LocalFrame
from core.shot import Shot
from missions.survey.rehearsal import Ints, Views

HEIGHT_M = 6.0
REACH_SPACINGS = 2.0  # a picture farther from all planned ones belongs to none
NEAR_SHARE = 0.55  # of the spacing: a picture taken so near to a place shows what is to be seen from there
ASIDE_M = 3.0  # or so far from its row, where pictures lie close
TURNED_DEG = (
    45.0  # flown on another course, a picture belongs to the row it was nearest to only if to no other
)
CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Taken:
    """Pictures as recorded: `eyes` (n, 3) east, north, up; `times_s` (n,), NaN = unknown; `counts` (n,) the
    camera's own count, negative = unknown; `usual_s` the usual time from one to the next.
    """

    eyes: FloatArray
    times_s: FloatArray
    counts: Ints
    usual_s: float = math.nan

    def __len__(self) -> int:
        return len(self.eyes)

    def counted(self, first: int, last: int) -> int | None:
        """How many releases on the camera counted from one picture to another, those on record between left
        out; None where it does not say.
        """
        a, b = int(self.counts[first]), int(self.counts[last])
        if a < 0 or b <= a:
            return None
        steps = b - a - (last - first - 1)
        return steps if steps > 0 else None


def taken_of(shots: Sequence[Shot], frame: LocalFrame) -> Taken:
    """Shots (heights over home) as pictures taken; heights count from the frame's origin."""
    lonlat = np.array([shot.lonlat.xy for shot in shots]).reshape(-1, 2)
    up = np.array([shot.altitude.value_m for shot in shots])
    times = np.array([math.nan if shot.time_s is None else shot.time_s for shot in shots])
    counts = np.array([-1 if shot.number is None else shot.number for shot in shots], np.int64)
    steps = np.diff(times)
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else math.nan
    return Taken(np.column_stack([frame.to_local(lonlat[:, 0], lonlat[:, 1]), up]), times, counts, usual)


@dataclass(frozen=True, slots=True)
class Row:
    """A planned row: `first` of its pictures, their `eyes` (n, 3), places `along_m` (n,) and unit courses
    `ways` (n, 2); `spacing_m` between them; `lap_m` where it comes round to its start (infinite: never).
    """

    first: int
    eyes: FloatArray
    along_m: FloatArray
    ways: FloatArray
    spacing_m: float
    lap_m: float

    def __len__(self) -> int:
        return len(self.eyes)

    @property
    def length_m(self) -> float:
        """From the first picture to the last."""
        return float(self.along_m[-1])

    def next_lap(self, place_m: float, last_m: float | None) -> float:
        """A place on a ring, told on the lap that is nearest to the place before."""
        if last_m is None or math.isinf(self.lap_m):
            return place_m
        return last_m + math.remainder(place_m - last_m, self.lap_m)

    def on_lap(self, train: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """Pictures one after the other on the lap where most of them are planned."""
        if math.isinf(self.lap_m):
            return train
        middle = (train[0][1] + train[-1][1] - self.length_m) / 2.0
        turn = self.lap_m * round(middle / self.lap_m)
        return [(index, place - turn) for index, place in train]

    def at(self, along_m: float) -> FloatArray:
        """Place (3,) along the row; beyond its ends, the end."""
        place: FloatArray = np.array([np.interp(along_m, self.along_m, axis) for axis in self.eyes.T])
        return place


def rows_of(views: Views, spacing_m: float) -> Iterator[Row]:
    """The rows of planned pictures, in order; of a single picture `spacing_m` counts as spacing."""
    starts = np.flatnonzero(np.diff(views.strips, prepend=-1))
    for first, last in zip(starts, [*starts[1:], len(views)], strict=True):
        eyes = views.eyes[first:last]
        steps = np.hypot(*np.diff(eyes[:, :2], axis=0).T)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        ways = _ways(eyes[:, :2], views.looks[first, 0])
        usual = float(np.median(steps)) if len(steps) else 0.0
        spacing = usual if usual > 0.01 else spacing_m
        yield Row(int(first), eyes, along, ways, spacing, _lap_m(eyes[:, :2], along, ways, spacing))


def _ways(places: FloatArray, yaw_deg: float) -> FloatArray:
    """The unit course at each picture; of a single one, where its top points."""
    if len(places) < 2:
        return np.array([[math.sin(math.radians(yaw_deg)), math.cos(math.radians(yaw_deg))]])
    steps = np.gradient(places, axis=0)
    lengths = np.hypot(*steps.T)[:, None]
    ways: FloatArray = steps / np.where(lengths > 0.0, lengths, 1.0)
    return ways


def _lap_m(places: FloatArray, along_m: FloatArray, ways: FloatArray, spacing_m: float) -> float:
    """The length of a ring, whose last pictures lie on its first ones."""
    late = np.arange(max(3, len(places) // 2), len(places))
    if not len(late):
        return math.inf
    off = places[0] - places[late]
    far = np.hypot(*off.T)
    near = int(np.argmin(far))
    if far[near] > 0.75 * spacing_m:
        return math.inf
    return float(along_m[late[near]] + off[near] @ ways[late[near]])


@dataclass(frozen=True, slots=True)
class Placed:
    """Pictures taken, beside the planned ones: `model` (n,) the planned picture each belongs to, -1 = none;
    `on_row` the indices of those that stand on each row; `along_m` (n,) where along it.
    """

    model: Ints
    on_row: list[Ints]
    along_m: FloatArray


def placed(rows: Sequence[Row], taken: Taken, spacing_m: float) -> Placed:
    """Which planned picture each taken one was nearest to, on the same course if it can be."""
    model = _models(rows, taken, spacing_m)
    eyes, ways = (np.concatenate([getattr(row, n) for row in rows]) for n in ("eyes", "ways"))
    along = np.concatenate([row.along_m for row in rows])
    number = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    off = taken.eyes - eyes[model]
    ahead = np.einsum("nc,nc->n", off[:, :2], ways[model])
    aside = np.abs(off[:, 0] * ways[model, 1] - off[:, 1] * ways[model, 0])
    wide = np.array([max(NEAR_SHARE * row.spacing_m, ASIDE_M) for row in rows])[number[model]]
    stands = (model >= 0) & (aside <= wide) & (np.abs(off[:, 2]) <= HEIGHT_M)
    standing = np.flatnonzero(stands)
    standing = standing[np.argsort(number[model[standing]], kind="stable")]
    ends = np.searchsorted(number[model[standing]], np.arange(1, len(rows)))
    on_row = np.split(standing, ends)
    return Placed(model, on_row, along[model] + ahead)


def _models(rows: Sequence[Row], taken: Taken, spacing_m: float) -> Ints:
    eyes, ways = (np.concatenate([getattr(row, n) for row in rows]) for n in ("eyes", "ways"))
    far: Any
    near: Any
    far, near = cKDTree(eyes[:, :2]).query(
        taken.eyes[:, :2], k=min(CANDIDATES, len(eyes)), distance_upper_bound=REACH_SPACINGS * spacing_m
    )
    far, near = far.reshape(len(taken), -1), near.reshape(len(taken), -1)
    known = np.minimum(near, len(eyes) - 1)
    high = np.abs(taken.eyes[:, None, 2] - eyes[known, 2])
    cosine = np.einsum("nkc,nc->nk", ways[known], _courses(taken, spacing_m))
    turned = cosine < math.cos(math.radians(TURNED_DEG))  # never, where the course is not known
    off = np.hypot(far, high) + 2 * REACH_SPACINGS * spacing_m * turned
    off[(high > 2 * HEIGHT_M) | np.isinf(far)] = math.inf
    best = np.argmin(off, axis=1)
    rank = np.arange(len(taken))
    model: Ints = np.where(np.isfinite(off[rank, best]), known[rank, best], -1)
    return model


def _courses(taken: Taken, spacing_m: float) -> FloatArray:
    """The unit course (n, 2) each was taken on, by those before and behind it; NaN = not known."""
    steps = np.diff(taken.eyes[:, :2], axis=0)
    lengths = np.hypot(*steps.T)[:, None]
    usable = (lengths > 0.01) & (lengths < 2 * REACH_SPACINGS * spacing_m)
    units = np.where(usable, steps / np.where(lengths > 0.0, lengths, 1.0), 0.0)
    both = np.zeros((len(taken), 2))
    both[:-1] += units
    both[1:] += units
    size = np.hypot(*both.T)[:, None]
    return np.where(size > 0.1, both / np.where(size > 0.0, size, 1.0), math.nan)
