import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from core.errors import SkyshadeError
from core.geo import LocalFrame, LonLat
from core.wind import CALM, Wind
from missions.aircraft import load_aircraft
from missions.cameras import load_camera
from missions.energy import path_cost
from missions.route import Navigator, NoRouteError, way_length
from missions.survey import SurveyParams, plan_survey
from missions.survey.area import make_ground
from missions.survey.decompose import Cell, decomposed, merged
from missions.survey.lines import Pass, Swath, flown
from missions.survey.pace import make_pace
from missions.survey.plan import load_of, survey_site
from missions.survey.scan import sweep_seconds
from missions.survey.shooting import shooting
from missions.survey.sweep import cover, make_sweeper
from missions.survey.tour import best_directions, best_tour, nearest_tour, row_by_row, tour_seconds
from missions.survey.track import timed
from missions.survey.transits import corners_of, transit_seconds

FRAME = LocalFrame(LonLat(127.11, 37.37))
CAMERA = load_camera("Boson640")
CRAFT = load_aircraft("quad-4kg")
PARAMS = SurveyParams(gsd_m=0.1)
HOLED = box(0, 0, 300, 200).difference(box(100, 60, 180, 130))
TWO_ARMS = box(0, 0, 400, 60).union(box(0, 0, 60, 400))


def lonlat(polygon):
    return shapely.transform(polygon, FRAME.to_lonlat)


def sweeper_over(area, params=PARAMS, start=(1.0, 1.0)):
    shots = shooting(CAMERA, params)
    site = survey_site(lonlat(area), FRAME.place(*start), shots, params)
    load = load_of(site, shots, params)
    return make_sweeper(site.ground, shots.swath, site.flyer, load)


def some_runs(count=5, lead_m=0.0):
    swath = Swath(50.0, 40.0, 15.0, 8.0, 8.1, 1.5, lead_m, 2.5)
    lines = [
        Pass(90.0, k, 20.0 * k, 0.0, 150.0 + 10 * k, -lead_m, 160.0 + 10 * k + lead_m) for k in range(count)
    ]
    return [flown(line, swath, forward=f) for line in lines for f in (True, False)]


@pytest.mark.parametrize("wind", [CALM, Wind(6.0, 40.0)], ids=["calm", "wind"])
@pytest.mark.parametrize("area", [HOLED, TWO_ARMS], ids=["hole", "arms"])
def test_time_of_a_tour_is_the_time_of_its_path(area, wind):
    """The tables agree with `path_cost` but for take-off and landing, which all tours share."""
    made = sweeper_over(area, SurveyParams(gsd_m=0.1, wind=wind))
    space = corners_of(made.ground.flight)
    apart = []
    for cell in made.layouts()[:6]:
        tour = made.toured(cell, space)
        apart.append(made.flown_s(tour.runs) - tour.seconds)
    assert np.ptp(apart) < 0.02 * made.flown_s(tour.runs)


def test_transits_are_as_long_as_the_navigators():
    space = box(0, 0, 200, 200).difference(box(60, -5, 100, 150))
    corners, navigator = corners_of(space), Navigator(space, inset_m=0.0)
    runs = some_runs(2)
    pace = make_pace(CRAFT, CALM, 8.0)
    table = transit_seconds(runs, (10.0, 10.0), corners, pace)
    assert np.isfinite(table).all()
    far = way_length(navigator.way((10.0, 10.0), (150.0, 10.0)))
    legs = [corners.lengths[i, k] for i, k in itertools.permutations(range(len(corners.corners)), 2)]
    assert max(legs) < far


def test_home_behind_a_wall_costs_the_way_round():
    runs, pace = some_runs(1), make_pace(CRAFT, CALM, 8.0)
    plain = transit_seconds(runs, (-50.0, 0.0), corners_of(box(-100, -300, 300, 300)), pace)
    walled = box(-100, -300, 300, 300).difference(box(-30, -200, -20, 299))
    wall = transit_seconds(runs, (-50.0, 0.0), corners_of(walled), pace)
    assert wall[2, 0] > plain[2, 0] + 30.0
    assert wall[0, 1] == pytest.approx(plain[0, 1])


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(0, 10_000))
def test_small_tours_are_the_best_of_all(lines, seed):
    """Against every order and every direction."""
    table = np.random.default_rng(seed).uniform(1.0, 9.0, (2 * lines + 1, 2 * lines + 1))
    found = best_tour(table, [nearest_tour(table), best_directions(table, list(range(lines)))], work=1e7)
    assert sorted(node // 2 for node in found) == list(range(lines))
    if lines > 4:
        return
    every = min(
        tour_seconds(table, np.array([2 * k + f for k, f in zip(order, ways, strict=True)], np.int64))
        for order in itertools.permutations(range(lines))
        for ways in itertools.product((0, 1), repeat=lines)
    )
    assert tour_seconds(table, np.array(found, np.int64)) <= 1.25 * every


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 7), st.integers(0, 10_000))
def test_directions_are_the_best_for_their_order(lines, seed):
    table = np.random.default_rng(seed).uniform(1.0, 9.0, (2 * lines + 1, 2 * lines + 1))
    found = best_directions(table, list(range(lines)))
    every = min(
        tour_seconds(table, np.array([2 * k + f for k, f in enumerate(ways)], np.int64))
        for ways in itertools.product((0, 1), repeat=lines)
    )
    assert tour_seconds(table, np.array(found, np.int64)) == pytest.approx(every)


@pytest.mark.parametrize("angle", [0.0, 37.0, 90.0, 171.0])
@pytest.mark.parametrize("area", [HOLED, TWO_ARMS], ids=["hole", "arms"])
def test_cells_fill_the_area_and_do_not_overlap(area, angle):
    cells = decomposed(area, angle)
    assert sum(c.area for c in cells) == pytest.approx(area.area, rel=1e-6)
    assert shapely.union_all(cells).symmetric_difference(area).area < 0.1
    assert len(cells) > 1 or not area.interiors


def test_putting_cells_together_ends_with_the_whole():
    made = sweeper_over(HOLED)
    stages = list(merged(decomposed(HOLED, 0.0), np.array([0.0, 90.0]), made.swath, made.pace))
    assert [len(s) for s in stages] == list(range(len(stages[0]), 0, -1))
    for stage in stages:
        assert sum(c.ground.area for c in stage) == pytest.approx(HOLED.area, rel=1e-4)


def test_a_long_strip_is_estimated_quickest_along_its_length():
    made = sweeper_over(box(0, 0, 600, 60))
    angles = np.arange(0.0, 180.0, 5.0)
    assert angles[np.argmin(sweep_seconds(made.ground.target, angles, made.swath, made.pace))] == 90.0


@pytest.mark.parametrize("area", [HOLED, TWO_ARMS], ids=["hole", "arms"])
def test_no_single_direction_is_quicker(area):
    made = sweeper_over(area)
    best = made.flown_s(cover(made.ground, made.swath, made.flyer, made.load))
    for angle in range(0, 180, 15):
        runs = cover(made.ground, made.swath, made.flyer, made.load, float(angle))
        assert best <= made.flown_s(runs) + 1.0


@pytest.mark.parametrize("area", [HOLED, TWO_ARMS], ids=["hole", "arms"])
def test_no_likely_direction_flown_row_by_row_or_nearest_next_is_quicker(area):
    """Of the ten that are estimated quickest, lines laid by the planner, tours by these few lines."""
    made = sweeper_over(area)
    best = made.flown_s(cover(made.ground, made.swath, made.flyer, made.load))
    angles, space = np.arange(180.0), corners_of(made.ground.flight)
    seconds = sweep_seconds(made.ground.target, angles, made.judged, made.pace)
    for angle in angles[np.argsort(seconds, kind="stable")[:10]]:
        passes = made.passes([Cell(made.ground.target, float(angle), 0.0)])
        runs = [flown(line, made.swath, forward=f) for line in passes for f in (True, False)]
        near = nearest_tour(transit_seconds(runs, (0.0, 0.0), space, made.pace))
        rows = [
            runs[2 * k + number % 2]
            for number, row in enumerate(sorted({p.row for p in passes}))
            for k in sorted(
                (k for k, p in enumerate(passes) if p.row == row),
                key=lambda k: passes[k].x_from * (-1) ** number,  # sorted at once
            )
        ]
        assert best <= made.flown_s(rows) + 0.5
        assert best <= made.flown_s([runs[k] for k in near]) + 0.5


def test_the_way_home_is_flown_at_cruising_speed():
    """A longer way home costs its length over the cruising speed."""
    runs, pace, space = some_runs(2), make_pace(CRAFT, CALM, 4.0), corners_of(box(-2000, -300, 300, 300))
    near, far = (transit_seconds(runs, (x, 0.0), space, pace)[1, -1] for x in (-500.0, -1500.0))
    assert far - near == pytest.approx(1000.0 / CRAFT.cruise_ms, rel=0.01)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=9), st.booleans())
def test_row_by_row_flies_every_line_once_and_no_row_twice(rows, back):
    begun = [float(7 * k % 5) for k in range(len(rows))]
    tour = row_by_row(rows, begun, back=back)
    order = [rows[node // 2] for node in tour]
    assert sorted(node // 2 for node in tour) == list(range(len(rows)))
    assert order == sorted(order, reverse=back)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 9), st.integers(0, 10_000))
def test_no_tour_is_slower_than_those_it_begins_with(lines, seed):
    table = np.random.default_rng(seed).uniform(1.0, 9.0, (2 * lines + 1, 2 * lines + 1))
    first = [row_by_row(list(range(lines)), [0.0] * lines), nearest_tour(table)]
    found = tour_seconds(table, np.array(best_tour(table, first, work=0.0), np.int64))
    assert found <= min(tour_seconds(table, np.array(t, np.int64)) for t in first) + 1e-9


def test_the_same_area_is_planned_the_same_way_twice():
    first, again = (sweeper_over(HOLED) for _ in range(2))
    runs = [cover(m.ground, m.swath, m.flyer, m.load) for m in (first, again)]
    assert runs[0] == runs[1]


def test_flown_time_is_that_of_the_track():
    made = sweeper_over(HOLED)
    runs = cover(made.ground, made.swath, made.flyer, made.load, 90.0)
    path = timed(made.flyer.track(runs), CRAFT, made.load.survey_ms)
    assert made.flown_s(runs) == pytest.approx(path_cost(path, CRAFT, CALM).duration_s)


def test_a_spike_of_no_width_is_no_area():
    spiked = Polygon([(0, 0), (200, 0), (200, 100), (100.0001, 100), (100, 400), (99.9999, 100), (0, 100)])
    ground = make_ground(lonlat(spiked), FRAME.place(5, 5), (), margin_m=0.0, zone_margin_m=0.0)
    assert ground.target.bounds[3] < 100.0
    plan = plan_survey(lonlat(spiked), CAMERA, FRAME.place(5, 5), PARAMS)
    assert plan.coverage.fraction == 1.0


def test_an_area_of_no_width_is_refused():
    thread = Polygon([(0, 0), (300, 0), (300, 0.004), (0, 0.004)])
    with pytest.raises(SkyshadeError, match=r"nowhere wider than 0\.01 m"):
        make_ground(lonlat(thread), FRAME.place(5, 5), (), margin_m=0.0, zone_margin_m=0.0)


def test_the_allowed_area_is_kept_to_and_nothing_else():
    allowed = box(-20, -20, 340, 210)
    place = FRAME.place(-10, -10)
    ground = make_ground(lonlat(HOLED), place, (), margin_m=0.0, zone_margin_m=0.0, allowed=lonlat(allowed))
    assert ground.flight.area == pytest.approx(allowed.area, rel=1e-3)
    assert ground.target.area == pytest.approx(HOLED.area, rel=1e-3)


def test_home_outside_the_allowed_area_says_how_far():
    with pytest.raises(NoRouteError, match="home lies 50 m outside the allowed area"):
        make_ground(
            lonlat(HOLED), FRAME.place(-50, 50), (), margin_m=0.0, zone_margin_m=0.0, allowed=lonlat(HOLED)
        )


def test_a_row_begins_with_its_run_up_as_far_as_there_is_room():
    for runs, room_m in ((some_runs(2, 30.0), 30.0), (some_runs(2, 0.0), 0.0)):
        for r in runs:
            first = r.line.x_from - r.shots[0] if r.forward else r.shots[0] - r.line.x_to
            assert first == pytest.approx(room_m if r.forward else min(room_m, r.line.high - r.line.x_to))
            shots = sorted(r.shots)
            assert shots[0] <= r.line.x_from + 20.0
            assert shots[-1] >= r.line.x_to - 20.0
            assert r.line.low - 1e-9 <= min(*shots, r.leave)
            assert max(*shots, r.leave) <= r.line.high + 1e-9
    assert math.isfinite(runs[0].course_deg)
