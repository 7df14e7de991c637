"""Which releases of the camera did not come, told from those that did.

No vehicle's spacing is quite the planned one: along a row its pictures drift away from their places, and by
time they lie nearer together where it speeds up. So a row is judged by its own steps: one of twice the usual
lacks a picture, even ones lack none. Where the camera counts its pictures, a hole in the count says how many.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.geo import FloatArray
from missions.survey.rehearsal import Ints
from missions.survey.rows import Row, Taken
from missions.survey.steps import Train, Usual, own_step_m, usual_steps

PAUSE = 4.0  # times as long as a step usually takes, and the vehicle did something else meanwhile
LATE_M = 1.25  # a row's first picture may come so much behind its place, its last one be due so much before
EARLY_SHARE, LATE_SHARE = 0.25, 0.4  # of a step: at most so much is allowed for it
PASSES = 3
MATES = 5  # so many pictures together say where the last of them ought to be: places are not exact
COUNT_SHARE, COUNT_SLACK = 0.1, 0.45  # how far a step may differ from what the camera counted


@dataclass(frozen=True, slots=True)
class Release:
    """A release that did not come: its number in its row as flown (from 0), its place along the row, and the
    metres between the pictures before and behind it (infinite at an end of the row).
    """

    number: int
    along_m: float
    gap_m: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A picture on a row: its index among those taken, its place along the row, its number there (from 0)."""

    taken: int
    along_m: float
    number: int
    train: int


@dataclass(frozen=True, slots=True)
class Flown:
    """What was taken on a row, in order along it, and its usual step in metres."""

    row: Row
    hits: tuple[Hit, ...]
    step_m: float

    @property
    def before(self) -> float:
        """How many steps the row's first picture lies behind its start."""
        return self.hits[0].along_m / self.step_m

    @property
    def behind(self) -> float:
        """How many steps the row goes on behind its last picture."""
        last = self.hits[-1]
        mates = [
            h.along_m + (last.number - h.number) * self.step_m
            for h in self.hits[-MATES:]
            if h.train == last.train
        ]
        return (self.row.length_m - float(np.median(mates))) / self.step_m

    @property
    def room(self) -> int:
        """How many of the row's planned pictures come behind its last one."""
        return max(0, len(self.row) - 1 - self.hits[-1].number)

    def numbered_from(self, number: int) -> "Flown":
        """The same with its first picture's number."""
        more = number - self.hits[0].number
        hits = (Hit(h.taken, h.along_m, h.number + more, h.train) for h in self.hits)
        return Flown(self.row, tuple(hits), self.step_m)


def lost_releases(
    rows: Sequence[Row], on_row: Sequence[Ints], along_m: FloatArray, taken: Taken, *, timed: bool
) -> list[list[Release]]:
    """The releases that each row lacks.

    `on_row` are the indices of the pictures taken on each row, as recorded, and `along_m` (taken,) where on
    it each lies; `timed`: released by seconds, not metres.
    """
    trains = [list(_trains(row, mine, along_m, taken)) for row, mine in zip(rows, on_row, strict=True)]
    usual = usual_steps(rows, trains, taken, timed=timed)
    flown = [_flown(row, mine, usual, taken) for row, mine in zip(rows, trains, strict=True)]
    tails = _counted_ends(rows, flown, taken)
    return [list(_lost(row, flown[n], tails.get(n))) for n, row in enumerate(rows)]


def _trains(row: Row, mine: Ints, along_m: FloatArray, taken: Taken) -> Iterator[Train]:
    train: Train = []
    for index in mine:
        place = row.next_lap(float(along_m[index]), train[-1][1] if train else None)
        if train and not _goes_on(train[-1], (int(index), place), row, taken):
            yield row.on_lap(train)
            train, place = [], float(along_m[index])
        train.append((int(index), place))
    if train:
        yield row.on_lap(train)


def _goes_on(last: tuple[int, float], here: tuple[int, float], row: Row, taken: Taken) -> bool:
    """Whether a picture is the next of the same passage."""
    steps = (here[1] - last[1]) / row.spacing_m
    took = float(taken.times_s[here[0]] - taken.times_s[last[0]])
    if steps < -0.5 or took < 0.0:
        return False
    return not took > PAUSE * max(steps, 1.0) * taken.usual_s  # also where one of them is not known


def _flown(row: Row, trains: Sequence[Train], usual: Usual, taken: Taken) -> Flown | None:
    """The row's pictures numbered, each train from the nearest picture that has a number."""
    if not trains:
        return None
    step = row.spacing_m * usual.ratio
    for _ in range(PASSES):
        numbers = [_numbers(train, step, usual, taken) for train in trains]
        step = own_step_m(list(zip(trains, numbers, strict=True)), row.spacing_m * usual.ratio)
    hits: list[Hit] = []
    for train, mine in zip(trains, numbers, strict=True):
        mates = [place - n * step for (_, place), n in zip(train[:MATES], mine, strict=False)]
        even = usual.every_s is None  # by time the first steps are shorter
        first, own = _number_at(sum(mates) / len(mates) if even else train[0][1], hits, step), len(hits)
        hits += [Hit(index, place, first + n, own) for (index, place), n in zip(train, mine, strict=True)]
    return Flown(row, tuple(sorted(hits, key=lambda h: h.along_m)), step)


def _number_at(along_m: float, hits: Sequence[Hit], step_m: float) -> int:
    """The number of a train's first picture."""
    near = min(hits, key=lambda h: abs(h.along_m - along_m), default=None)
    if near is not None and abs(near.along_m - along_m) < abs(along_m):
        return near.number + round((along_m - near.along_m) / step_m)
    late = min(LATE_M / step_m, LATE_SHARE)
    return max(0, math.floor(along_m / step_m + 0.5 - late * (along_m > 0)))


def _numbers(train: Train, step_m: float, usual: Usual, taken: Taken) -> list[int]:
    """Numbers along a train from 0; one taken between two releases counts as the one before it."""
    numbers, counted = [0], [0]
    for here in range(1, len(train)):
        last = counted[-1]
        mates = [train[n][1] + (numbers[last] - numbers[n]) * step_m for n in counted[-MATES:]]
        way_m = train[here][1] - sum(mates) / len(mates)
        steps = _steps(train[last][0], train[here][0], way_m, step_m, usual, taken)
        numbers.append(numbers[last] + steps)
        counted += [here] if steps else []
    return numbers


def _steps(a: int, b: int, way_m: float, step_m: float, usual: Usual, taken: Taken) -> int:
    """How many releases on the second of two pictures is, `way_m` behind where the first ought to be."""
    way, counted = way_m / step_m, taken.counted(a, b)
    if usual.every_s is not None:
        way = float(taken.times_s[b] - taken.times_s[a]) / usual.every_s
    slack = COUNT_SLACK + LATE_M / step_m
    if counted is not None and abs(way - counted) <= slack + COUNT_SHARE * counted:
        return counted
    return max(0, round(way))


def _counted_ends(rows: Sequence[Row], flown: list[Flown | None], taken: Taken) -> dict[int, int]:
    """How many releases rows lack at their ends by the camera's count; starts are numbered anew by it."""
    order = sorted((h.taken, n) for n, one in enumerate(flown) if one is not None for h in one.hits)
    tails: dict[int, int] = {}
    for (last, x), (first, y) in itertools.pairwise(order):
        a, b = flown[x], flown[y]
        if x >= y or a is None or b is None or a.hits[-1].taken != last or b.hits[0].taken != first:
            continue
        counted = taken.counted(last, first)
        if counted is None or any(flown[x + 1 : y]):
            continue
        skipped = sum(len(row) for row in rows[x + 1 : y])  # rows that nobody photographed lack all theirs
        split = _split(counted - 1 - skipped, a, b)
        if split is not None:
            tails[x], flown[y] = split[0], b.numbered_from(split[1])
    return tails


def _split(lost: int, a: Flown, b: Flown) -> tuple[int, int] | None:
    """How many of the lost are at one row's end and how many at the next one's start; None: no telling."""

    def off(end: int) -> tuple[float, float]:
        return abs(end - a.behind), abs(lost - end - b.before)

    def cost(end: int) -> float:
        ends = off(end)
        return ends[0] / (0.1 + 0.04 * len(a.row)) + ends[1] / (0.1 + 0.04 * b.before)

    ends = [end for end in range(min(lost, a.room) + 1) if lost - end < len(b.row)]
    best = min(ends, key=cost, default=None)
    if best is None or max(off(best)) > 1.0 + COUNT_SHARE * lost:
        return None
    return best, lost - best


def _lost(row: Row, flown: Flown | None, tail: int | None) -> Iterator[Release]:
    if flown is None:
        yield from (Release(n, float(m), math.inf) for n, m in enumerate(row.along_m))
        return
    yield from _head(flown)
    for a, b in itertools.pairwise(flown.hits):
        yield from _between(a, b, flown.step_m)
    yield from _tail(flown, tail)


def _head(flown: Flown) -> Iterator[Release]:
    first = flown.hits[0]
    for number in range(first.number):
        yield Release(number, first.along_m * number / first.number, math.inf)


def _between(a: Hit, b: Hit, step_m: float) -> Iterator[Release]:
    """What two neighbouring pictures lack between them."""
    gap = b.along_m - a.along_m
    steps = b.number - a.number if a.train == b.train else round(gap / step_m)
    for n in range(1, steps):
        yield Release(a.number + n, a.along_m + gap * n / steps, gap)


def _tail(flown: Flown, counted: int | None) -> Iterator[Release]:
    last, step = flown.hits[-1], flown.step_m
    early = min(LATE_M / step, EARLY_SHARE)
    lost = math.floor(flown.behind + early) if counted is None else counted
    for n in range(1, lost + 1):
        yield Release(last.number + n, min(last.along_m + n * step, flown.row.length_m), math.inf)
