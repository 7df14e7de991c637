"""Where the people are: counts of areas or places, each person once, put on any grid of cells."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.siting.grids import Units

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

AS_GIVEN = "the places themselves"


@dataclass(frozen=True, slots=True)
class DemandParams:
    """What a person counts, and on which units.

    `other`, `senior`, `alone` what one person counts who is under 65, who is 65 or older and lives with
    others, who is 65 or older and lives alone: three groups without a person in two of them. `footfall_share`
    (0..1) of the people are counted where they wait and walk (at the footfall layer's places) instead of
    where they live. `unit_m` is the size of the cells areas are spread on.
    """

    other: float = 1.0
    senior: float = 1.0
    alone: float = 1.0
    footfall_share: float = 0.0
    unit_m: float = 100.0

    def __post_init__(self) -> None:
        for name in ("other", "senior", "alone"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise ValueError(f"weight {name} must not be negative, got {getattr(self, name)}")
        if not 0 <= self.footfall_share <= 1:
            raise ValueError(f"footfall_share must be in [0, 1], got {self.footfall_share}")
        if not self.unit_m > 0:
            raise ValueError(f"unit_m must be positive, got {self.unit_m}")


@dataclass(frozen=True, slots=True)
class Groups:
    """People of n areas or places in groups that do not overlap, float64 (n,) each."""

    other: FloatArray
    senior: FloatArray
    alone: FloatArray

    @property
    def total(self) -> FloatArray:
        """Everybody, once."""
        return self.other + self.senior + self.alone

    @property
    def seniors(self) -> FloatArray:
        """Everybody of 65 and older, living alone or not."""
        return self.senior + self.alone

    def weighted(self, params: DemandParams) -> FloatArray:
        """What they count together."""
        return params.other * self.other + params.senior * self.senior + params.alone * self.alone


def disjoint(
    total: FloatArray, seniors: FloatArray | None, alone: FloatArray | None
) -> tuple[Groups, IntArray]:
    """Groups from counts that contain one another: living alone at 65+ lies within 65+, and that within all.

    Returned with the rows where a part is larger than what holds it (tables of different dates): there the
    part is cut to the whole.
    """
    total = np.asarray(total, float)
    older = np.zeros_like(total) if seniors is None else np.asarray(seniors, float)
    lone = np.zeros_like(total) if alone is None else np.asarray(alone, float)
    wrong = (older > total) | (lone > older)
    older = np.minimum(older, total)
    lone = np.minimum(lone, older)
    return Groups(total - older, older - lone, lone), np.flatnonzero(wrong).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Support:
    """Points that stand for where counts belong: buildings, paths, bare land, or the places themselves.

    `places_m` float64 (k, 2), metres in the heat map's system; `owner` int64 (k,) the row whose people stand
    there; `share` float64 (k,) of them, 1 in sum for each row. `by` names what they were spread by.
    """

    places_m: FloatArray
    owner: IntArray
    share: FloatArray
    by: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GridDemand:
    """Demand on one choice of units: n cells with somebody in them.

    `places_m` float64 (n, 2), metres in the heat map's system: the middle of the people of each cell;
    `people` float64 (n,) what they count together; `counts` float64 (n,) for each further column. Sums are
    those of the rows the cells were made from.
    """

    units: Units
    places_m: FloatArray
    people: FloatArray
    counts: Mapping[str, FloatArray]


def on_grid(
    support: Support, people: FloatArray, units: Units, counts: Mapping[str, FloatArray] | None = None
) -> GridDemand:
    """People (rows,) and further `counts` (rows,) put on the cells of `units` through their support."""
    cells, place = np.unique(units.cells(support.places_m), axis=0, return_inverse=True)
    place = place.reshape(-1)
    size = len(cells)

    def heaped(rows: FloatArray) -> FloatArray:
        mass = np.asarray(rows, float)[support.owner] * support.share
        return np.bincount(place, weights=mass, minlength=size).astype(float)

    heads = heaped(people)
    middle = _middles(support, place, size, np.asarray(people, float))
    kept = heads > 0
    more = {name: heaped(rows) for name, rows in (counts or {}).items()}
    for rows in more.values():
        kept |= rows > 0
    return GridDemand(units, middle[kept], heads[kept], {name: rows[kept] for name, rows in more.items()})


def _middles(support: Support, place: IntArray, size: int, people: FloatArray) -> FloatArray:
    """The middle of each cell's people; of its points where nobody is."""
    mass = people[support.owner] * support.share
    empty = np.bincount(place, weights=mass, minlength=size) <= 0
    mass = np.where(empty[place], support.share, mass)
    total = np.bincount(place, weights=mass, minlength=size)
    from_m = support.places_m.min(axis=0) if len(support.places_m) else np.zeros(2)
    shifted = support.places_m - from_m
    sums = [np.bincount(place, weights=mass * shifted[:, axis], minlength=size) for axis in (0, 1)]
    return np.column_stack(sums) / np.maximum(total, 1e-300)[:, None] + from_m


def of_places(places_m: FloatArray) -> Support:
    """Counts that belong to places as they are: one point a row."""
    count = len(places_m)
    return Support(np.asarray(places_m, float), np.arange(count), np.ones(count), AS_GIVEN)


def with_footfall(
    people: FloatArray, support: Support, footfall_m: FloatArray, footfall: FloatArray, share: float
) -> tuple[FloatArray, Support]:
    """Move `share` (0..1) of all people to footfall places, in proportion to `footfall` (m,): nobody is
    counted at home and in the street. Returns the rows' people and the support of all.

    The footfall places get a row of their own, after the others.
    """
    total = float(np.sum(people))
    weight = np.asarray(footfall, float)
    if share <= 0 or weight.sum() <= 0:
        return np.asarray(people, float), support
    rows = len(people)
    moved = np.append(np.asarray(people, float) * (1.0 - share), total * share)
    return moved, Support(
        np.vstack([support.places_m, footfall_m]),
        np.concatenate([support.owner, np.full(len(weight), rows, np.int64)]),
        np.concatenate([support.share, weight / weight.sum()]),
        support.by,
        (*support.notes, f"{share:.0%} of the people are counted at {len(weight)} places of footfall"),
    )
