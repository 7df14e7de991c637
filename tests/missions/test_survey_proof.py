"""Surveys drawn by hand, then broken on purpose: the proof finds each break."""

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from core.geo import Altitude, Datum, LocalFrame, LonLat
from core.shot import CameraAttitude, Shot
from missions.aircraft import load_aircraft
from missions.cameras import load_camera
from missions.model import Command, Home, Mission, MissionItem
from missions.route import to_degrees, to_metres
from missions.survey.flownair import study
from missions.survey.lattice import frame_rays, look, make_lattice, outlines, rotations
from missions.survey.overlaps import across_strips
from missions.survey.proof import Asked, prove, prove_coverage, prove_views
from missions.survey.rehearsal import joined, rehearse, shots_of, views_of

FRAME = LocalFrame(LonLat(127.11, 37.37))
HOME = Home(FRAME.origin, 40.0)
M3T = load_camera("M3T")
CRAFT = load_aircraft("quad-4kg")
HEIGHT_M = M3T.height_m(0.12)
ACROSS_M, ALONG_M = M3T.footprint_m(HEIGHT_M)
EAST_M, NORTH_M = 240.0, 6 * 0.3 * ACROSS_M
AREA = to_degrees(box(0, 0, EAST_M, NORTH_M), FRAME)
ALLOWED = to_degrees(box(-30, -30, EAST_M + 30, NORTH_M + 30), FRAME)
ASKED = Asked(front=0.8, side=0.7, gsd_m=0.12, clearance_m=20.0, max_height_m=150.0, pitch_deg=-90.0)
TRIGGER_M = math.floor((0.2 * ALONG_M - 0.15) * 100) / 100


def waypoint(east, north, up=HEIGHT_M, datum=Datum.HOME):
    return MissionItem(Command.NAV_WAYPOINT, position=FRAME.place(east, north), altitude=Altitude(up, datum))


def trigger(metres):
    return MissionItem(Command.DO_SET_CAM_TRIGG_DIST, (metres, 0.0, 1.0 if metres else 0.0, 0.0))


def gimbal(pitch):
    return MissionItem(Command.DO_MOUNT_CONTROL, (pitch, 0.0, 0.0, 0.0))


def mowing(rows=6, *, pitch=-90.0, every_m=TRIGGER_M, norths=None, up=HEIGHT_M, ends=(0.0, EAST_M)):
    """To and fro over the area, half a line's width inside its edge, shots from edge to edge."""
    norths = [(row + 0.5) * NORTH_M / rows for row in range(rows)] if norths is None else norths
    items = [
        MissionItem(Command.NAV_TAKEOFF, position=HOME.position, altitude=Altitude(up, Datum.HOME)),
        gimbal(pitch),
    ]
    for number, north in enumerate(norths):
        start, end = ends if number % 2 == 0 else ends[::-1]
        items += [waypoint(start, north, up), trigger(every_m), waypoint(end, north, up), trigger(0.0)]
    return Mission(HOME, (*items, MissionItem(Command.NAV_RETURN_TO_LAUNCH)))


def proved(mission, asked=ASKED, **more):
    return prove([mission], AREA, more.pop("allowed", ALLOWED), M3T, asked, CRAFT, cell_m=1.0, **more)


def test_a_sound_plan_has_no_fault():
    proof = proved(mowing())
    assert proof.holds, proof.faults
    assert proof.coverage.fraction == 1.0
    assert proof.missed == 0
    assert proof.along.least >= 0.8
    assert proof.across.least == pytest.approx(0.7, abs=1e-3)
    assert proof.gsd_m == pytest.approx((0.12, 0.12), rel=1e-6)
    assert sum(proof.histogram) == proof.cells


def one_leg_outside():
    mission = mowing()
    return replace(mission, items=(*mission.items[:2], waypoint(-50, 10), *mission.items[2:]))


BREAKS = {
    "a pass dropped": (lambda: mowing(norths=[(r + 0.5) * NORTH_M / 6 for r in (0, 1, 3, 4, 5)]), "across"),
    "the last strip dropped": (
        lambda: mowing(norths=[(r + 0.5) * NORTH_M / 6 for r in range(4)]),
        "no photograph",
    ),
    "a line shifted": (
        lambda: mowing(norths=[(r + 0.5 + 0.3 * (r == 2)) * NORTH_M / 6 for r in range(6)]),
        "across the course",
    ),
    "a wider trigger": (lambda: mowing(every_m=TRIGGER_M + 1.0), "along the course"),
    "the gimbal level": (lambda: mowing(pitch=0.0), "no photograph"),
    "the gimbal tilted": (lambda: mowing(pitch=-70.0), "gimbal pitch such as -70"),
    "the gimbal never told": (
        lambda: replace(mowing(), items=tuple(i for i in mowing().items if i.command != 205)),
        "no photograph",
    ),
    "flown too high": (lambda: mowing(up=HEIGHT_M + 10.0), "pixel covers"),
    "flown too low": (lambda: mowing(up=HEIGHT_M - 10.0), "along the course"),
    "flown far too high": (lambda: mowing(up=180.0), "150 m are allowed"),
    "a leg outside": (one_leg_outside, "legs are outside"),
    "camera never started": (
        lambda: replace(mowing(), items=tuple(i for i in mowing().items if i.command != 206)),
        "no photograph",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_each_break_is_found(name):
    broken, words = BREAKS[name]
    proof = proved(broken())
    assert not proof.holds
    assert any(words in fault for fault in proof.faults), proof.faults


def test_a_dropped_shot_is_found_by_the_pair_it_leaves():
    views = rehearse(mowing(), excess_m=0.12)
    whole = prove_views(views, AREA, FRAME, M3T, ASKED, cell_m=1.0)
    assert whole.holds
    for number in (25, 66):
        less = prove_views(views.without(number), AREA, FRAME, M3T, ASKED, cell_m=1.0)
        assert any("along the course" in fault for fault in less.faults)
        assert less.along.least == pytest.approx(2 * whole.along.least - 1, abs=1e-3)


class Raised:
    """Flat ground with a mound of 30 m in the middle of the area."""

    def heights_m(self, lon, lat):
        xy = FRAME.to_local(lon, lat)
        return 40.0 + 30.0 * np.exp(-((xy[..., 0] - 120.0) ** 2 + (xy[..., 1] - 60.0) ** 2) / 40.0**2)


def test_raised_terrain_is_found_by_overlap_and_by_clearance():
    proof = proved(mowing(), replace(ASKED, clearance_m=70.0), terrain=Raised())
    assert any("passes 6" in fault for fault in proof.faults), proof.faults
    assert any("along the course" in fault for fault in proof.faults)
    assert proof.air.lowest_m == pytest.approx(HEIGHT_M - 30.0, abs=0.5)


class Stops:
    """A height model that ends before the flight does."""

    def heights_m(self, lon, lat):
        return np.where(FRAME.to_local(lon, lat)[..., 0] < -10.0, np.nan, 40.0)


def test_clearance_over_unknown_ground_is_unknown_and_no_pass():
    mission = one_leg_outside()
    proof = proved(mission, terrain=Stops(), allowed=to_degrees(box(-80, -80, 400, 400), FRAME))
    assert proof.air.lowest_m is None
    assert any("unknown" in fault for fault in proof.faults)


def test_a_rounded_turn_that_cuts_a_corner_of_the_zone_is_found():
    zone = box(40, 40, 80, 80)
    allowed = to_degrees(box(-100, -100, 200, 200).difference(zone), FRAME)
    corner = Mission(
        HOME,
        (
            MissionItem(Command.NAV_TAKEOFF, position=HOME.position, altitude=Altitude(50, Datum.HOME)),
            waypoint(0, 39.99, 50),
            waypoint(80.01, 39.99, 50),
            waypoint(80.01, 100, 50),
        ),
    )
    air = study([corner], allowed, None, CRAFT)
    assert air.legs_outside_m == 0.0
    assert air.turns_outside_m > 0.5


def test_a_steep_leg_is_found():
    mission = mowing()
    items = (*mission.items[:2], waypoint(0, 0, 40.0), *mission.items[2:])
    proof = proved(replace(mission, items=items, cruise_ms=10.0))
    assert any("climbs at" in fault for fault in proof.faults)


def test_cells_counted_agree_with_polygons_of_corner_rays():
    views = rehearse(mowing(), excess_m=0.1)
    bent = replace(M3T, k1=-0.2, k2=0.05, cx_offset_px=30.0)
    lattice = make_lattice(to_metres(AREA, FRAME), FRAME, None, 4.0)
    seen = look(lattice, views, bent)
    rim = np.linspace(0, 1, 60)
    w, h = bent.width_px, bent.height_px
    edge = np.concatenate(
        [
            np.stack(p, 1)
            for p in (
                (rim * w, 0 * rim),
                (0 * rim + w, rim * h),
                (w - rim * w, 0 * rim + h),
                (0 * rim, h - rim * h),
            )
        ]
    )
    rays = bent.rays(edge - 0.5)
    count = np.zeros(seen.count.shape, int)
    xs, ys = np.meshgrid(lattice.xs, lattice.ys)
    for eye, turn in zip(views.eyes, rotations(views), strict=True):
        ground = rays @ turn.T
        ring = Polygon(eye[:2] - ground[:, :2] / ground[:, 2:] * eye[2])
        count += shapely.contains_xy(ring, xs, ys)
    assert np.mean(count == seen.count) > 0.998
    assert np.abs(count - seen.count).max() <= 1


@given(st.floats(0, 359), st.floats(-90, -50), st.floats(-20, 20))
def test_frames_on_the_ground_project_back_to_the_images_rim(yaw, pitch, roll):
    shot = Shot(0, FRAME.place(50, 50), Altitude(80.0, Datum.HOME), attitude=CameraAttitude(yaw, pitch, roll))
    lattice = make_lattice(box(0, 0, 100, 100), FRAME, None, 2.0)
    views = views_of([shot], FRAME)
    found = outlines(lattice, views, M3T)[0]
    turn = rotations(views)[0]
    into = np.concatenate([found - views.eyes[0, :2], np.full((len(found), 1), -80.0)], axis=1) @ turn
    wanted = M3T.project(frame_rays(M3T))
    downward = (frame_rays(M3T) @ turn.T)[:, 2] < -0.2
    assert M3T.project(into)[downward] == pytest.approx(wanted[downward], abs=0.01)


def test_the_edge_of_the_area_counts_as_well_as_its_inside():
    narrow = mowing(
        norths=[(r + 0.5) * NORTH_M / 6 for r in range(6)], ends=(0.55 * ALONG_M, EAST_M - 0.55 * ALONG_M)
    )
    views = rehearse(narrow, excess_m=0.12)
    assert not prove_views(views, AREA, FRAME, M3T, ASKED, cell_m=30.0).holds


def test_flown_shots_are_told_apart_into_strips():
    views = rehearse(mowing(), excess_m=0.1)
    again = views_of(tuple(shots_of(views, FRAME)), FRAME)
    assert again.eyes == pytest.approx(views.eyes, abs=1e-3)
    assert len(np.unique(again.strips)) == len(np.unique(views.strips)) == 6


def test_time_trigger_is_rehearsed_at_the_speed_commanded():
    items = (
        MissionItem(Command.NAV_TAKEOFF, position=HOME.position, altitude=Altitude(50, Datum.HOME)),
        gimbal(-90.0),
        waypoint(0, 0, 50),
        MissionItem(Command.DO_CHANGE_SPEED, (1.0, 5.0, -1.0, 0.0)),
        MissionItem(Command.IMAGE_START_CAPTURE, (0.0, 2.0, 0.0, 0.0)),
        waypoint(100, 0, 50),
        MissionItem(Command.IMAGE_STOP_CAPTURE),
        waypoint(100, 100, 50),
    )
    views = rehearse(Mission(HOME, items))
    assert views.eyes[:, 0] == pytest.approx(np.arange(0, 101, 10), abs=1e-6)


def test_terrain_and_sea_level_frames_fly_at_the_same_heights():
    def flight(datum, up):
        items = (gimbal(-90.0), waypoint(0, 0, up[0], datum), trigger(20.0), waypoint(120, 60, up[1], datum))
        return rehearse(Mission(HOME, items), Raised()).eyes[[0, -1], 2]

    over_home = flight(Datum.HOME, (90.0, 120.0))
    sea = [
        90.0 + float(Raised().heights_m(*HOME.position.xy)),
        120.0 + float(Raised().heights_m(*HOME.position.xy)),
    ]
    assert flight(Datum.GEOID, sea) == pytest.approx(over_home, abs=1e-6)


def test_two_flights_keep_their_strips_apart():
    one = rehearse(mowing())
    both = joined([one, one])
    assert len(np.unique(both.strips)) == 2 * len(np.unique(one.strips))


def test_lines_on_both_sides_of_a_hole_are_no_neighbours():
    wall = box(-10, 60, 300, 80)
    norths = [12.0, 24.0, 36.0, 48.0, 92.0, 104.0, 116.0, 128.0]
    views = rehearse(mowing(norths=norths))
    lattice = make_lattice(box(0, 0, 240, 140).difference(wall), FRAME, None, 2.0)
    shares = across_strips(views, outlines(lattice, views, M3T), box(0, 0, 240, 140).difference(wall))
    assert shares.min() == pytest.approx(1 - 12.0 / ACROSS_M, abs=1e-6)


def test_coverage_of_a_list_of_shots_is_counted():
    shot = Shot(0, FRAME.place(0, 0), Altitude(HEIGHT_M, Datum.GROUND), attitude=CameraAttitude(0, -90))
    seen = prove_coverage(to_degrees(box(-10, -10, 10, 10), FRAME), [shot], M3T, FRAME.origin)
    assert (seen.fraction, seen.min_overlap, seen.median_overlap) == (1.0, 1, 1.0)


def test_a_shot_without_attitude_is_refused():
    with pytest.raises(ValueError, match="shot 7 has no attitude"):
        views_of([Shot(7, FRAME.origin, Altitude(50, Datum.HOME))], FRAME)


def test_memory_stays_bounded_over_ten_square_kilometres():
    lattice = make_lattice(box(0, 0, 4000, 2500), FRAME, None)
    assert lattice.inside.size < 1_500_000
    assert lattice.cell_m <= 3.0


@given(st.floats(0, 359), st.floats(-90, 30), st.floats(-60, 60))
def test_the_proofs_own_rotation_is_the_gimbals(yaw, pitch, roll):
    shot = Shot(0, FRAME.origin, Altitude(80.0, Datum.HOME), attitude=CameraAttitude(yaw, pitch, roll))
    assert rotations(views_of([shot], FRAME))[0] == pytest.approx(shot.attitude.camera_to_enu(), abs=1e-12)
