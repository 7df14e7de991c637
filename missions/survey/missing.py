"""Which planned photographs were taken, and which were lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from core.geo import FloatArray, LocalFrame
from core.shot import Shot
from missions.model import Mission
from missions.survey.params import SurveyPlan
from missions.survey.proof import Proof
from missions.survey.rehearsal import Views, shots_of

NEAR_SHARE = 0.55  # of the spacing: a picture taken so near to a planned one stands for it
HEIGHT_M = 6.0
JOINED_SHOTS = 2  # gaps with so few pictures between them are flown in one go
FLOWN_SLACK = 0.03  # of overlap: what gusts and GPS take from a flown pair
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lost:
    """A planned photograph that was not taken: its flight, its number there (from 1), where and how."""

    flight: int
    number: int
    shot: Shot


@dataclass(frozen=True, slots=True)
class Resumed:
    """What is left of a survey: `before` the proof of the pictures taken, `lost` those that were not, `plan`
    the flights over the gaps, proved together with what was taken (None when nothing is missing).
    """

    before: Proof
    taken: int
    planned: int
    lost: tuple[Lost, ...]
    plan: SurveyPlan | None


def places_of(taken: Sequence[Shot], frame: LocalFrame) -> FloatArray:
    """East, north, up of the pictures taken, metres over the frame's origin."""
    if not taken:
        return np.empty((0, 3))
    lonlat = np.array([shot.lonlat.xy for shot in taken])
    up = np.array([shot.altitude.value_m for shot in taken])
    return np.column_stack([frame.to_local(lonlat[:, 0], lonlat[:, 1]), up])


def matched_views(wanted: Views, taken: FloatArray, spacing_m: float) -> tuple[Flags, Views]:
    """Which planned pictures some taken one stands for, and the taken ones as they looked."""
    none = np.zeros(len(wanted), np.bool_)
    if not (len(wanted) and len(taken)):
        return none, Views(np.empty((0, 3)), np.empty((0, 3)), np.zeros(0, np.int64), np.zeros(0, np.int64))
    reach = NEAR_SHARE * spacing_m
    nearest: Any
    far, nearest = cKDTree(taken[:, :2]).query(wanted.eyes[:, :2])
    found = (far <= reach) & (np.abs(taken[nearest, 2] - wanted.eyes[:, 2]) <= HEIGHT_M)
    model: Any
    off, model = cKDTree(wanted.eyes[:, :2]).query(taken[:, :2])
    use = (off <= 2 * spacing_m) & (np.abs(taken[:, 2] - wanted.eyes[model, 2]) <= 2 * HEIGHT_M)
    like = model[use]
    return found, Views(taken[use], wanted.looks[like], wanted.strips[like], wanted.pieces[like])


def stretches(missing: Flags) -> list[tuple[int, int]]:
    """First and last index of the stretches, those with few pictures between them joined."""
    found: list[tuple[int, int]] = []
    for index in np.flatnonzero(missing):
        if found and index - found[-1][1] <= JOINED_SHOTS + 1:
            found[-1] = found[-1][0], int(index)
        else:
            found.append((int(index), int(index)))
    return found


def named(
    lost: Flags, each: Sequence[Views], missions: Sequence[Mission], frame: LocalFrame
) -> Iterator[Lost]:
    """The planned photographs (`each` mission's, in order) that are lost."""
    start = 0
    for flight, (views, _) in enumerate(zip(each, missions, strict=True), start=1):
        for number, shot in enumerate(shots_of(views, frame), start=1):
            if lost[start + number - 1]:
                yield Lost(flight, number, shot)
        start += len(views)
