"""The step from picture to picture that is usual on a flight, and on each of its rows."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from missions.survey.rows import Row, Taken

Train = list[tuple[int, float]]
"""Pictures taken one after the other in a row's direction: index among those taken, place along the row."""

ALIKE = 0.7, 1.3  # of the planned spacing: single steps
EVEN = 0.1  # of an interval: how well times keep to it, where they are counted by
FEW = 3  # of fewer single steps nothing is told
LONG_STEPS = 4  # over a longer hole numbers are no measure of a row's step
SPREAD = 10.0  # squared steps from their middle: fewer pictures than these five do not tell a row's step
DRIFT = 0.1  # of the flight's step: what a row's may differ


@dataclass(frozen=True, slots=True)
class Usual:
    """`ratio` of real to planned spacing; `every_s` the interval where releases keep to one."""

    ratio: float
    every_s: float | None


def usual_steps(
    rows: Sequence[Row], trains: Sequence[Sequence[Train]], taken: Taken, *, timed: bool
) -> Usual:
    """What pictures one after the other show; `timed`: released by seconds."""
    steps = np.array([
        (b - a) / row.spacing_m
        for row, mine in zip(rows, trains, strict=True) for train in mine
        for (_, a), (_, b) in itertools.pairwise(train)
    ])  # fmt: skip
    single = steps[(steps >= ALIKE[0]) & (steps <= ALIKE[1])]
    ratio = float(np.median(single)) if len(single) >= FEW else 1.0
    return Usual(ratio, _every_s(trains, taken) if timed else None)


def _every_s(trains: Sequence[Sequence[Train]], taken: Taken) -> float | None:
    """The interval, where all times are whole numbers of it."""
    steps = np.array([
        taken.times_s[b] - taken.times_s[a]
        for mine in trains for train in mine for (a, _), (b, _) in itertools.pairwise(train)
    ])  # fmt: skip
    if len(steps) < FEW or not (np.isfinite(steps) & (steps > 0)).all():
        return None
    every = float(np.median(steps))
    off = np.abs(steps / every - np.round(steps / every))
    return every if float(np.median(off)) <= EVEN and not math.isclose(every, 0.0) else None


def own_step_m(trains: Sequence[tuple[Train, Sequence[int]]], flight_m: float) -> float:
    """A row's own step by its numbered trains (least squares), or the flight's where they do not tell."""
    products = squares = 0.0
    for train, numbers in trains:
        breaks = np.flatnonzero(np.diff(numbers) > LONG_STEPS) + 1
        for part in np.split(np.column_stack([[place for _, place in train], numbers]), breaks):
            off = part - part.mean(axis=0)
            products += float(off[:, 0] @ off[:, 1])
            squares += float(off[:, 1] @ off[:, 1])
    if squares < SPREAD:
        return flight_m
    return float(np.clip(products / squares, (1.0 - DRIFT) * flight_m, (1.0 + DRIFT) * flight_m))
