"""Gaps of a flown survey: lost photographs are named, and only they are planned again."""

import json
from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely.geometry import box

from core.errors import BadFileError
from core.geo import Altitude, Datum, LocalFrame, LonLat
from core.shot import Shot
from core.wind import Wind
from missions.airspace import Zone, ZoneKind
from missions.cameras import load_camera
from missions.route import to_degrees
from missions.survey import SurveyParams, plan_survey
from missions.survey.record import SurveyRecord, find_record, read_record, write_record
from missions.survey.resume import resume_survey

FRAME = LocalFrame(LonLat(127.11, 37.37))
AREA = to_degrees(box(0, 0, 200, 140), FRAME)
HOME = FRAME.place(4, 4)
M3T = load_camera("M3T")
PARAMS = SurveyParams(0.15)


@pytest.fixture(scope="module")
def plan():
    return plan_survey(AREA, M3T, HOME, PARAMS)


RECORD = SurveyRecord(AREA, M3T, HOME, PARAMS, ("a.plan",))


def flown(shots, seed=1, sigma_m=0.4):
    """Shots as a vehicle reports them: a little off, without an attitude."""
    rng = np.random.default_rng(seed)
    return [
        replace(
            s,
            lonlat=FRAME.place(*(np.array(FRAME.point(s.lonlat)) + rng.normal(0, sigma_m, 2))),
            attitude=None,
        )
        for s in shots
    ]


def resumed(plan, taken):
    return resume_survey(RECORD, [s.mission for s in plan.sorties], taken)


def test_a_whole_flight_leaves_nothing(plan):
    rest = resumed(plan, flown(plan.sorties[0].shots))
    assert rest.plan is None
    assert not rest.lost
    assert rest.taken == rest.planned == len(plan.sorties[0].shots)


def test_a_flight_cut_at_a_third_is_completed(plan):
    shots = plan.sorties[0].shots
    third = len(shots) // 3
    rest = resumed(plan, flown(shots[:third]))
    assert rest.before.coverage.fraction < 0.9
    assert [lost.number for lost in rest.lost] == list(range(third + 1, len(shots) + 1))
    assert rest.plan.proved
    assert rest.plan.coverage.fraction == 1.0
    assert sum(len(s.shots) for s in rest.plan.sorties) <= len(shots) - third + 3


def test_single_lost_photographs_are_named_and_only_they_are_flown(plan):
    shots = plan.sorties[0].shots
    gone = {10, 11, 30}
    rest = resumed(plan, flown([s for i, s in enumerate(shots) if i not in gone]))
    assert {lost.number - 1 for lost in rest.lost} == gone
    again = [s for sortie in rest.plan.sorties for s in sortie.shots]
    assert len(again) <= 6
    assert rest.plan.sorties[0].duration_s < 0.7 * plan.sorties[0].duration_s


def test_photographs_taken_elsewhere_stand_for_none(plan):
    far = [replace(s, lonlat=LonLat(s.lonlat.lon + 0.01, s.lonlat.lat)) for s in plan.sorties[0].shots]
    rest = resumed(plan, flown(far))
    assert rest.taken == 0
    assert rest.plan.coverage.fraction == 1.0


def test_photographs_taken_on_the_ground_stand_for_none(plan):
    low = [replace(s, altitude=Altitude(1.0, Datum.HOME)) for s in plan.sorties[0].shots]
    assert resumed(plan, flown(low)).taken == 0


def test_gaps_are_flown_inside_the_allowed_air(plan):
    rest = resumed(plan, flown(plan.sorties[0].shots[:20]))
    space = box(0, 0, 200, 140).buffer(0.05)
    for sortie in rest.plan.sorties:
        assert space.covers(shapely.LineString([FRAME.point(p) for p in sortie.mission.places]))


def test_a_record_comes_back_as_it_was(tmp_path):
    zone = Zone(
        "학교", ZoneKind.NO_FLY, to_degrees(box(5, 5, 9, 9), FRAME), ceiling=Altitude(90.0, Datum.GROUND)
    )
    params = replace(
        PARAMS, zones=(zone,), wind=Wind(3.0, 200.0), launches=(FRAME.place(90, 4),), cross_hatch=True
    )
    record = SurveyRecord(
        AREA, replace(M3T, k1=-0.1), HOME, params, ("공원-1.plan", "공원-2.plan"), "dem.tif"
    )
    shots = tuple(
        Shot(n, FRAME.place(n, 3), Altitude(90.0, Datum.HOME), t, number=c)
        for n, t, c in ((0, 7.5, 4), (1, None, None))
    )
    record = replace(record, wanted=("../전체.plan",), taken=shots)
    path = tmp_path / "공원-1.survey.json"
    write_record(record, path)
    again = read_record(path)
    assert again.area.equals(AREA)
    assert again.params.zones[0].polygon.equals(zone.polygon)
    same = {"area": record.area, "params": replace(again.params, zones=params.zones)}
    assert replace(again, **same) == record
    assert find_record(tmp_path / "공원-2.plan") == path


def test_a_plan_without_record_says_what_is_missing(tmp_path):
    with pytest.raises(BadFileError, match=r"no \.survey\.json file beside it"):
        find_record(tmp_path / "lost.plan")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 7}', "\x00"])
def test_a_broken_record_is_named(tmp_path, text):
    path = tmp_path / "a.survey.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFileError, match="no record of a survey"):
        read_record(path)


def test_a_record_with_a_wish_that_cannot_be_is_named(tmp_path):
    path = tmp_path / "a.survey.json"
    write_record(RECORD, path)
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, "front": 1.0}), encoding="utf-8")
    with pytest.raises(BadFileError, match=r"front overlap must be in \[0, 0.95\], got 1.0"):
        read_record(path)
