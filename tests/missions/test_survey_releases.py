"""Which photograph is lost, though all drifted: by the steps of its row, and by the camera's own count."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from shapely.geometry import Polygon

from core.geo import LocalFrame, LonLat
from missions.cameras import load_camera
from missions.route import to_degrees
from missions.survey import SurveyParams, TriggerKind, plan_survey
from missions.survey.missing import matched
from missions.survey.rehearsal import Views, joined, rehearse
from missions.survey.rows import Taken, rows_of

SPACING_M, UP_M = 12.0, 60.0
TAIL_M = 2.0  # the camera is on so far beyond a row's last place
SPEED_MS = 6.0


def straight(count, y, *, back=False, spacing_m=SPACING_M):
    x = spacing_m * np.arange(count)[:: -1 if back else 1]
    eyes = np.column_stack([x, np.full(count, y), np.full(count, UP_M)])
    looks = np.tile([270.0 if back else 90.0, -90.0, 0.0], (count, 1))
    return Views(eyes, looks, np.zeros(count, np.int64), np.zeros(count, np.int64))


def ring(count, radius_m=40.0):
    turn = 2 * math.pi * np.arange(count) / (count - 1)
    eyes = np.column_stack([radius_m * np.sin(turn), radius_m * np.cos(turn), np.full(count, UP_M)])
    return Views(eyes, np.zeros((count, 3)), np.zeros(count, np.int64), np.zeros(count, np.int64))


def bent(count, aside_m):
    """A row that turns by 40 degrees, twice, as a corridor's does."""
    corners = np.array([(0.0, aside_m), (120.0, aside_m), (240.0, aside_m + 100.0), (400.0, aside_m + 100.0)])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    at = np.linspace(0.0, along[-1], count)
    eyes = np.column_stack([*(np.interp(at, along, axis) for axis in corners.T), np.full(count, UP_M)])
    return Views(eyes, np.zeros((count, 3)), np.zeros(count, np.int64), np.zeros(count, np.int64))


def moved(what, east_m=0.0, north_m=0.0, up_m=0.0):
    if isinstance(what, Views):
        return replace(what, eyes=moved(what.eyes, east_m, north_m, up_m))
    return what + np.array([east_m, north_m, up_m])


SURVEY = joined([straight(n, 25.0 * i, back=bool(i % 2)) for i, n in enumerate((10, 13, 13, 12, 7))])
ACROSS = np.column_stack([np.full(9, 66.0), 12.0 * np.arange(9.0) - 24.0, np.full(9, UP_M)])
CROSSED = joined([*(straight(12, 25.0 * i) for i in range(3)), replace(straight(9, 0.0), eyes=ACROSS)])
RING = ring(64)
RINGS = joined([moved(ring(64), up_m=8.0 * i) for i in range(3)])
BENT = joined([bent(40, aside) for aside in (0.0, 20.0)])
KINDS = {"rows": SURVEY, "crossed": CROSSED, "ring": RING, "rings": RINGS, "bent": BENT}
every_kind = pytest.mark.parametrize("wanted", KINDS.values(), ids=KINDS.keys())


@dataclass
class Flight:
    """Releases as a trigger makes them: the first at once, then each step, until the camera is off."""

    eyes: list
    times: list
    own: list  # the planned picture each stands for
    row: list

    def without(self, gone, *, counted=True, first_count=1):
        keep = [n for n in range(len(self.own)) if n not in gone]
        counts = np.array(keep) + first_count if counted else np.full(len(keep), -1)
        times = np.array(self.times)[keep]
        return Taken(np.array(self.eyes)[keep], times, counts, float(np.median(np.diff(times))))

    def names(self, gone):
        return sorted({self.own[n] for n in gone})


def flown(wanted, rng, *, drift=0.03, noise_m=0.5, start_s=0.0, rows=None):
    flight = Flight([], [], [], [])
    for number, row in enumerate(rows_of(wanted, SPACING_M)):
        if rows is not None and number not in rows:
            continue
        step = row.spacing_m * (1.0 + rng.uniform(-drift, drift))
        for n in range(int((row.length_m + TAIL_M) / step) + 1):
            place, beyond = row.at(n * step), max(0.0, n * step - row.length_m)
            flight.eyes.append(moved(place, *(beyond * row.ways[-1] + rng.normal(0, noise_m, 2))))
            flight.times.append(start_s + n * step / SPEED_MS)
            flight.own.append(row.first + min(n, len(row) - 1))
            flight.row.append(number)
        start_s = flight.times[-1] + 15.0
    return flight


def lost(wanted, taken, *, timed=False):
    return sorted({m.planned for m in missing(wanted, taken, timed=timed)})


def missing(wanted, taken, *, timed=False, held=1.15):
    spacing_m = next(rows_of(wanted, SPACING_M)).spacing_m
    return matched(wanted, taken, spacing_m, held * spacing_m, timed=timed).missing


def together(*parts):
    return Taken(
        np.concatenate([p.eyes for p in parts]),
        np.concatenate([p.times_s for p in parts]),
        np.concatenate([p.counts for p in parts]),
        parts[0].usual_s,
    )


@every_kind
@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("drift", [0.0, 0.03])
def test_of_a_whole_flight_nothing_is_lost_however_it_drifted(wanted, counted, drift):
    for seed in range(4):
        flight = flown(wanted, np.random.default_rng(seed), drift=drift, noise_m=0.2)
        assert lost(wanted, flight.without((), counted=counted)) == []


@every_kind
def test_any_lost_pictures_are_named_where_the_camera_counts(wanted):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        flight = flown(wanted, rng)
        gone = rng.choice(len(flight.own) - 1, rng.integers(0, 11), replace=False).tolist()
        assert lost(wanted, flight.without(gone)) == flight.names(gone), seed


@every_kind
def test_single_lost_pictures_within_rows_are_named_without_a_count(wanted):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        flight = flown(wanted, rng, noise_m=0.3)
        inner = [n for n in range(1, len(flight.row) - 1) if flight.row[n - 1] == flight.row[n + 1]]
        gone = [n for n in rng.permutation(inner).tolist() if n % 3 == seed % 3][: seed % 7]
        assert lost(wanted, flight.without(gone, counted=False)) == flight.names(gone), seed


@pytest.mark.parametrize("trigger", list(TriggerKind))
def test_any_lost_pictures_of_a_planned_survey_are_named_where_the_camera_counts(trigger):
    frame = LocalFrame(LonLat(127.11, 37.37))
    area = to_degrees(Polygon([(0, 0), (210, 20), (190, 150), (90, 100), (0, 140)]), frame)
    params = SurveyParams(0.15, trigger=trigger)
    plan = plan_survey(area, load_camera("M3T"), frame.place(4, 4), params)
    wanted = joined([rehearse(s.mission, frame=frame) for s in plan.sorties])
    for seed in range(12):
        rng = np.random.default_rng(seed)
        flight = flown(wanted, rng)
        gone = rng.choice(len(flight.own) - 1, rng.integers(0, 9), replace=False).tolist()
        assert lost(wanted, flight.without(gone)) == flight.names(gone), seed


def test_a_lost_picture_is_sought_where_the_vehicle_would_have_taken_it():
    flight = flown(RING, np.random.default_rng(1), drift=0.03, noise_m=0.0)
    (found,) = missing(RING, flight.without([40]))
    assert found.planned == 40
    assert np.hypot(*(found.eye - flight.eyes[40])[:2]) < 0.1
    assert not found.held


def test_a_lost_picture_whose_neighbours_hold_the_overlap_is_named_but_held():
    flight = flown(SURVEY, np.random.default_rng(1), noise_m=0.0)
    (found,) = missing(SURVEY, flight.without([5]), held=2.2)
    assert (found.planned, found.held) == (5, True)


def test_by_time_shorter_steps_where_it_speeds_up_are_no_loss():
    places = [0.9, 7.0, 18.5, 30.3, 42.1, 53.7, 65.4, 77.3, 88.0, 97.0]
    eyes = np.column_stack([places, np.full(10, 0.4), np.full(10, UP_M)])
    times, wanted = 2.02 * np.arange(10.0), straight(9, 0.0)
    for gone in range(1, 8):
        keep = np.array([n for n in range(10) if n != gone])
        taken = Taken(eyes[keep], times[keep], np.full(9, -1), 2.02)
        assert lost(wanted, taken, timed=True) == [gone]
    assert lost(wanted, Taken(eyes, times, np.full(10, -1), 2.02), timed=True) == []


def test_a_flight_cut_in_a_row_lacks_all_that_follows():
    flight = flown(SURVEY, np.random.default_rng(3))
    upto = flight.row.index(1) + 4
    gone = range(upto, len(flight.own))
    assert lost(SURVEY, flight.without(gone)) == list(range(flight.own[upto], len(SURVEY)))


def test_a_cut_flight_with_short_steps_is_sought_to_the_end_of_the_row():
    wanted = straight(40, 0.0)
    eyes = np.column_stack([0.97 * SPACING_M * np.arange(12.0), np.zeros(12), np.full(12, UP_M)])
    found = missing(wanted, Taken(eyes, 2.0 * np.arange(12.0), np.full(12, -1)))
    assert {m.planned for m in found} == set(range(12, 40))
    assert max(m.eye[0] for m in found) > 39 * SPACING_M - 0.97 * SPACING_M
    steps = np.diff([eyes[-1][0], *(m.eye[0] for m in found)])
    assert steps == pytest.approx(0.97 * SPACING_M)


def test_a_row_that_nobody_flew_is_lost_whole():
    rng = np.random.default_rng(4)
    there, rest = flown(SURVEY, rng, rows=(0, 1)), flown(SURVEY, rng, rows=(3, 4), start_s=900.0)
    taken = together(there.without(()), rest.without(()))
    assert lost(SURVEY, taken) == list(range(23, 36))


def test_a_count_that_begins_again_after_a_battery_change_names_the_same():
    flight = flown(SURVEY, np.random.default_rng(5))
    turn = flight.row.index(2) + 6
    gone = [3, turn - 3, turn + 2, turn + 9]
    before = flight.without([*gone, *range(turn, len(flight.own))])
    after = flight.without([*gone, *range(turn)], first_count=1 - turn)
    assert lost(SURVEY, together(before, after)) == flight.names(gone)


@pytest.mark.parametrize("counted", [False, True])
def test_a_gap_that_was_flown_later_is_lost_no_more(counted):
    flight, rng = flown(SURVEY, np.random.default_rng(6)), np.random.default_rng(7)
    gone = [5, 15, 16, 17, 30]
    again = np.array([moved(flight.eyes[n], *rng.normal(0, 0.5, 2)) for n in gone])
    later = Taken(again, 5000.0 + 2.0 * np.arange(5), np.arange(1, 6) if counted else np.full(5, -1))
    assert lost(SURVEY, together(flight.without(gone, counted=counted), later)) == []


def test_two_recordings_of_one_flight_are_as_good_as_one():
    flight = flown(SURVEY, np.random.default_rng(8))
    gone = [4, 20]
    once = flight.without(gone)
    board = replace(once, times_s=once.times_s - 50.0)
    assert lost(SURVEY, together(once, board)) == flight.names(gone)


def test_what_one_flight_lost_another_one_may_have_taken():
    rng = np.random.default_rng(9)
    one, two = flown(SURVEY, rng, drift=0.0), flown(SURVEY, rng, drift=0.0, start_s=4000.0)
    assert lost(SURVEY, together(one.without([4, 20]), two.without([4, 31]))) == [4]


def test_pictures_taken_by_hand_between_rows_and_on_them_count_for_none():
    flight = flown(SURVEY, np.random.default_rng(10))
    eyes, times = list(flight.eyes), list(flight.times)
    for place, aside in (
        (26, 0.0),
        (14, 0.0),
        (10, 400.0),
    ):  # from the end: the earlier ones keep their place
        eyes.insert(place, moved(flight.eyes[place - 1] * 0.7 + flight.eyes[place] * 0.3, north_m=aside))
        times.insert(place, flight.times[place - 1] * 0.7 + flight.times[place] * 0.3)
    more = Flight(eyes, times, flight.own, flight.row)
    keep = [n for n in range(len(eyes)) if n != 6]
    taken = Taken(np.array(eyes)[keep], np.array(times)[keep], np.array(keep) + 1, 2.0)
    assert len(more.eyes) == len(flight.own) + 3
    assert lost(SURVEY, taken) == flight.names([6])


def test_pictures_in_the_wrong_air_stand_for_none():
    flight = flown(SURVEY, np.random.default_rng(11))
    taken = flight.without(())
    low = replace(taken, eyes=moved(taken.eyes, up_m=-40.0))
    aside = replace(taken, eyes=moved(taken.eyes, north_m=9.0))
    every = list(range(len(SURVEY)))
    assert lost(SURVEY, low) == lost(SURVEY, aside) == every
    assert lost(SURVEY, taken.__class__(np.empty((0, 3)), np.empty(0), np.empty(0, np.int64))) == every


def test_a_row_of_a_single_picture_is_lost_or_not():
    wanted = joined([straight(8, 0.0), straight(1, 40.0)])
    there = moved(wanted.eyes, 1.0, 0.5)
    for keep, gone in ((slice(0, 9), []), (slice(0, 8), [8]), (slice(8, 9), list(range(8)))):
        eyes = there[keep]
        assert lost(wanted, Taken(eyes, 2.0 * np.arange(len(eyes)), np.full(len(eyes), -1))) == gone
