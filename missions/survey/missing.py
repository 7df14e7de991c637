"""Which planned photographs were taken, which were lost, and from where they are to be taken again."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from core.geo import FloatArray, LocalFrame
from core.shot import Shot
from missions.model import Mission
from missions.survey.params import SurveyPlan
from missions.survey.proof import Proof
from missions.survey.rehearsal import Ints, Views, joined, shots_of
from missions.survey.releases import Release, lost_releases
from missions.survey.rows import HEIGHT_M, Placed, Row, Taken, placed, rows_of

JOINED_SHOTS = 2  # gaps with so few pictures between them are flown in one go
HELD_SHARE = 0.1  # of the spacing: so near, a picture of another row holds the overlap of one that is lost
FLOWN_SLACK = 0.03  # of overlap: what gusts and GPS take from a flown pair
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lost:
    """A planned photograph that was not taken: its flight, its number there and its row there (from 1), where
    and how; `held`: its neighbours hold the overlap without it, so that it is not flown again.
    """

    flight: int
    number: int
    row: int
    shot: Shot
    held: bool = False


@dataclass(frozen=True, slots=True)
class Resumed:
    """What is left of a survey: `before` the proof of the pictures taken, `lost` those that were not, `plan`
    the flights over the gaps, proved together with what was taken (None when there is nothing to fly).

    `found` pictures stand in the recordings, `taken` of the `planned` ones are among them.
    """

    before: Proof
    found: int
    taken: int
    planned: int
    lost: tuple[Lost, ...]
    plan: SurveyPlan | None


@dataclass(frozen=True, slots=True)
class Missing:
    """A lost photograph: the planned one, by its index; the place (3,) where the vehicle would have taken it;
    its `rank` between the planned ones there; whether its neighbours hold the overlap without it.
    """

    planned: int
    eye: FloatArray
    rank: float
    held: bool


@dataclass(frozen=True, slots=True)
class Matched:
    """The taken pictures that belong to the survey, as they looked; what is lost; the rows planned."""

    flown: Views
    missing: tuple[Missing, ...]
    rows: tuple[Row, ...]

    @property
    def to_fly(self) -> bool:
        """Whether any of what is lost is to be flown again."""
        return any(not m.held for m in self.missing)


def matched(wanted: Views, taken: Taken, spacing_m: float, most_m: float, *, timed: bool) -> Matched:
    """Hold the planned pictures against the taken ones.

    `spacing_m` is the usual one between pictures, `most_m` the widest that holds the overlap; `timed`: they
    are released by seconds.
    """
    rows = tuple(rows_of(wanted, spacing_m))
    if not rows:
        return Matched(wanted, (), rows)
    if not len(taken):
        every = (Missing(n, eye, n, held=False) for n, eye in enumerate(wanted.eyes))
        return Matched(wanted.some(np.empty(0, np.int64)), tuple(every), rows)
    beside = placed(rows, taken, spacing_m)
    releases = lost_releases(rows, beside.on_row, beside.along_m, taken, timed=timed)
    missing = tuple(_missing(rows, releases, beside, taken, most_m))
    use = np.flatnonzero(beside.model >= 0)
    like = beside.model[use]
    flown = Views(taken.eyes[use], wanted.looks[like], wanted.strips[like], wanted.pieces[like])
    return Matched(flown.some(np.lexsort((beside.along_m[use], flown.strips))), missing, rows)


def together(match: Matched, wanted: Views, new: Sequence[Views], spacing_m: float) -> Views:
    """What was taken and what will be, in order along the rows planned: neighbours are neighbours there."""
    both = joined([match.flown, *new])
    if not (len(both) and match.rows):
        return both
    unknown = np.full(len(both), math.nan)
    beside = placed(match.rows, Taken(both.eyes, unknown, np.full(len(both), -1)), spacing_m)
    known, number = beside.model >= 0, np.arange(len(both))
    strips, pieces = (
        np.where(known, of[beside.model], own)
        for of, own in ((wanted.strips, both.strips), (wanted.pieces, both.pieces))
    )
    order = np.lexsort((np.where(known, beside.along_m, number), strips, ~known))
    return Views(both.eyes, both.looks, strips, pieces).some(order)


def _missing(
    rows: Sequence[Row], releases: Sequence[Sequence[Release]], beside: Placed, taken: Taken, most_m: float
) -> Iterator[Missing]:
    """What each release that did not come leaves undone; those beyond the plan count as its row's last."""
    near = _Near(rows, beside, taken)
    for row, mine in zip(rows, releases, strict=True):
        for release in mine:
            yield _lost(row, release, near, most_m)


def _lost(row: Row, release: Release, near: "_Near", most_m: float) -> Missing:
    eye = row.at(release.along_m)
    rank = float(np.interp(release.along_m, row.along_m, np.arange(len(row))))
    reach = max(most_m - row.spacing_m, HELD_SHARE * row.spacing_m)
    held = release.gap_m <= most_m or near.stands(eye, row.ways[round(rank)], reach)
    return Missing(row.first + min(release.number, len(row) - 1), eye, row.first + rank, held)


class _Near:
    """Pictures that stand on any row, by place."""

    def __init__(self, rows: Sequence[Row], beside: Placed, taken: Taken) -> None:
        ways = np.concatenate([row.ways for row in rows])
        use = np.concatenate([np.empty(0, np.int64), *beside.on_row])
        self._eyes, self._ways = taken.eyes[use], ways[beside.model[use]]
        self._tree = cKDTree(self._eyes[:, :2]) if len(use) else None

    def stands(self, eye: FloatArray, way: FloatArray, reach_m: float) -> bool:
        """Whether a picture taken along or against a course stands for one at a place."""
        near = [] if self._tree is None else self._tree.query_ball_point(eye[:2], reach_m)
        return any(
            abs(float(self._ways[n] @ way)) > math.sqrt(0.5) and abs(self._eyes[n, 2] - eye[2]) <= HEIGHT_M
            for n in near
        )


def sought(wanted: Views, missing: Sequence[Missing], blind: Flags) -> tuple[Views, FloatArray]:
    """From where to photograph again, in the order planned, and the rank of each among the planned ones:
    where a lost picture would have been, and the planned places of those that see what nobody saw.
    """
    again = [m for m in missing if not m.held]
    seeing = np.flatnonzero(blind)
    like = np.array([*(round(m.rank) for m in again), *seeing], np.int64)
    ranks = np.array([*(m.rank for m in again), *seeing], float)
    eyes = np.concatenate([np.array([m.eye for m in again]).reshape(-1, 3), wanted.eyes[seeing]])
    order = np.argsort(ranks, kind="stable")
    found = Views(eyes, wanted.looks[like], wanted.strips[like], wanted.pieces[like]).some(order)
    return found, ranks[order]


def stretches(ranks: FloatArray, members: Ints) -> list[tuple[int, int]]:
    """First and last of `members` of each stretch, those with few pictures between them joined."""
    found: list[tuple[int, int]] = []
    for member in members.tolist():
        if found and ranks[member] - ranks[found[-1][1]] < JOINED_SHOTS + 1.5:
            found[-1] = found[-1][0], member
        else:
            found.append((member, member))
    return found


def named(
    matches: Matched, each: Sequence[Views], missions: Sequence[Mission], frame: LocalFrame
) -> Iterator[Lost]:
    """The planned photographs (`each` mission's, in order) that are lost."""
    lost = {m.planned for m in matches.missing}
    again = {m.planned for m in matches.missing if not m.held}
    start = 0
    for flight, (views, _) in enumerate(zip(each, missions, strict=True), start=1):
        rows = [r for r in matches.rows if start <= r.first < start + len(views)]
        row_of = np.repeat(np.arange(1, len(rows) + 1), [len(r) for r in rows])
        for number, shot in enumerate(shots_of(views, frame)):
            if start + number in lost:
                held = start + number not in again
                yield Lost(flight, number + 1, int(row_of[number]), shot, held)
        start += len(views)
