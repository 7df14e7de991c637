import pytest
from shapely.geometry import Polygon

from core.geo import LocalFrame, LonLat
from missions.cameras import load_camera
from missions.formats import read_plan, write_plan
from missions.survey import SurveyParams, plan_survey

FRAME = LocalFrame(LonLat(127.11, 37.37))


def lonlat(corners, holes=()):
    rings = [[FRAME.place(*p).xy for p in ring] for ring in (corners, *holes)]
    return Polygon(rings[0], rings[1:])


U_SHAPE = lonlat([(0, 0), (400, 0), (400, 300), (300, 300), (300, 100), (100, 100), (100, 300), (0, 300)])


@pytest.mark.parametrize("name", ["M3T", "XT2-13"])
def test_concave_area_is_seen_whole_and_never_left(name):
    plan = plan_survey(U_SHAPE, load_camera(name), FRAME.place(5, 5), SurveyParams(gsd_m=0.12))
    assert plan.coverage.fraction == 1.0
    assert plan.legs_outside_m == 0.0
    assert plan.proved


def test_plan_survives_a_plan_file(tmp_path):
    plan = plan_survey(U_SHAPE, load_camera("M30T"), FRAME.place(5, 5), SurveyParams(gsd_m=0.12))
    path = tmp_path / "탄천 계획.plan"
    assert write_plan(plan.sorties[0].mission, path) == ()
    assert read_plan(path) == plan.sorties[0].mission
