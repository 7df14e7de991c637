"""The step from picture to picture that is usual on a flight, and on each of its rows."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from missions.survey.rows import Row, Taken

Train = list[tuple[int, float]]
"""Pictures taken one after the other in a row's direction: index among those taken, place along the row."""

ALIKE = 0.7, 1.3  # of the planned spacing: single steps
EVEN = 0.1  # of an interval: how well times keep to it, where they are counted by
FEW = 3  # a row of fewer single steps is taken to have the flight's


@dataclass(frozen=True, slots=True)
class Usual:
    """`ratios` of real to planned spacing by row (`first` of the row), where it shows; `whole` the flight's;
    `every_s` the interval where releases keep to one.
    """

    ratios: Mapping[int, float]
    whole: float
    every_s: float | None

    def ratio(self, row: Row) -> float:
        """The ratio on a row."""
        return self.ratios.get(row.first, self.whole)


def usual_steps(
    rows: Sequence[Row], trains: Sequence[Sequence[Train]], taken: Taken, *, timed: bool
) -> Usual:
    """What pictures one after the other show; `timed`: released by seconds."""
    single = [
        [s for train in mine for s in _single(row, train)] for row, mine in zip(rows, trains, strict=True)
    ]
    ratios = {
        row.first: float(np.median(mine)) for row, mine in zip(rows, single, strict=True) if len(mine) >= FEW
    }
    every = [s for mine in single for s in mine]
    whole = float(np.median(every)) if len(every) >= FEW else 1.0
    return Usual(ratios, whole, _every_s(trains, taken) if timed else None)


def _single(row: Row, train: Train) -> Iterator[float]:
    for (_, a), (_, b) in itertools.pairwise(train):
        if ALIKE[0] <= (b - a) / row.spacing_m <= ALIKE[1]:
            yield (b - a) / row.spacing_m


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
