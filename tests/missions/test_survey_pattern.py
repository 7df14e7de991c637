"""A planned survey is a survey in QGroundControl as well, and comes back from its file unchanged."""

import json

import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from core.geo import Datum, LocalFrame, LonLat
from gis.terrain import FlatTerrain
from missions.cameras import load_camera
from missions.formats import read_plan, write_plan
from missions.model import Command
from missions.survey import SurveyParams, plan_survey
from missions.survey.params import TriggerKind

FRAME = LocalFrame(LonLat(127.11, 37.37))
FIELD = box(0, 0, 160, 120)
M3T = load_camera("M3T")
NUMBER, TRUTH, TEXT = (int, float), bool, str
SURVEY_KEYS = {
    "type": TEXT, "complexItemType": TEXT, "entryLocation": NUMBER, "angle": NUMBER, "version": NUMBER,
    "flyAlternateTransects": TRUTH, "splitConcavePolygons": TRUTH, "polygon": list,
}  # fmt: skip
STYLE_KEYS = {
    "version": NUMBER, "TurnAroundDistance": NUMBER, "CameraTriggerInTurnAround": TRUTH,
    "HoverAndCapture": TRUTH, "Refly90Degrees": TRUTH, "FollowTerrain": TRUTH, "CameraCalc": dict,
    "VisualTransectPoints": list, "Items": list, "CameraShots": NUMBER,
}  # fmt: skip
CAMERA_KEYS = {
    "version": NUMBER, "CameraName": TEXT, "AdjustedFootprintSide": NUMBER,
    "AdjustedFootprintFrontal": NUMBER, "DistanceToSurface": NUMBER, "DistanceToSurfaceRelative": TRUTH,
}  # fmt: skip
"""What QGroundControl's loaders ask for, by key and JSON kind."""


def survey(shape=FIELD, **more):
    area = shapely.transform(shape, FRAME.to_lonlat)
    inside = shapely.get_parts(shape)[0].representative_point()
    return plan_survey(area, M3T, FRAME.place(inside.x, inside.y), SurveyParams(gsd_m=0.1, **more))


def entries(mission, folder):
    path = folder / "측량 계획.plan"
    assert write_plan(mission, path) == ()
    assert read_plan(path) == mission
    return json.loads(path.read_text(encoding="utf-8"))["mission"]["items"]


def test_the_passes_are_one_survey_with_all_that_qgroundcontrol_asks_for(tmp_path):
    sortie = survey().sorties[0]
    found = entries(sortie.mission, tmp_path)
    (whole,) = [e for e in found if e["type"] == "ComplexItem"]
    style = whole["TransectStyleComplexItem"]
    for table, keys in ((whole, SURVEY_KEYS), (style, STYLE_KEYS), (style["CameraCalc"], CAMERA_KEYS)):
        assert {key for key, kind in keys.items() if not isinstance(table.get(key), kind)} == set()
    assert (whole["complexItemType"], whole["version"], style["version"]) == ("survey", 5, 1)
    assert style["CameraShots"] == len(sortie.shots)
    assert found[0]["command"] == Command.NAV_TAKEOFF
    assert found[-1]["command"] == Command.NAV_RETURN_TO_LAUNCH
    assert not any(e.get("command") == Command.DO_SET_CAM_TRIGG_DIST for e in found)


def test_its_items_are_the_missions_own_and_its_lines_lead_through_their_places(tmp_path):
    mission = survey().sorties[0].mission
    flat = []
    for entry in entries(mission, tmp_path):
        flat += entry["TransectStyleComplexItem"]["Items"] if entry["type"] == "ComplexItem" else [entry]
    assert [e["command"] for e in flat] == [i.command for i in mission.items]
    assert [e["doJumpId"] for e in flat] == list(range(1, len(flat) + 1))
    inner = json.loads(mission.patterns[0].settings)["TransectStyleComplexItem"]["VisualTransectPoints"]
    stretch = [i.position for i in mission.patterns[0].items if i.is_nav]
    assert inner == [[p.lat, p.lon] for p in stretch]


@pytest.mark.parametrize(
    ("shape", "outline"),
    [
        (FIELD, FIELD),
        (FIELD.difference(box(60, 40, 90, 70)), FIELD),
        (MultiPolygon([box(0, 0, 60, 60), box(90, 0, 160, 60)]), box(0, 0, 160, 60)),
        (shapely.Point(80, 80).buffer(80, quad_segs=200), shapely.Point(80, 80).buffer(80)),
    ],
    ids=["field", "hole", "parts", "round"],
)
def test_its_polygon_is_the_outline_of_the_area(tmp_path, shape, outline):
    (whole,) = [e for e in entries(survey(shape).sorties[0].mission, tmp_path) if e["type"] == "ComplexItem"]
    drawn = Polygon([FRAME.point(LonLat(lon, lat)) for lat, lon in whole["polygon"]])
    assert len(whole["polygon"]) <= 200
    assert drawn.symmetric_difference(outline).area < 0.01 * outline.area


def test_a_trigger_in_seconds_is_a_survey_as_well(tmp_path):
    mission = survey(trigger=TriggerKind.TIME).sorties[0].mission
    assert [e["type"] for e in entries(mission, tmp_path)].count("ComplexItem") == 1


def test_heights_over_ground_stay_items_that_say_so(tmp_path):
    mission = survey(terrain=FlatTerrain(40.0), frame=Datum.GROUND).sorties[0].mission
    assert mission.patterns == ()
    assert {e["type"] for e in entries(mission, tmp_path)} == {"SimpleItem"}
