import json
import math
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import BadFileError
from core.geo import Altitude, Datum, LonLat
from missions.formats import read_plan, write_plan
from missions.model import Command, Fence, FenceCircle, FencePolygon, Home, Mission, MissionItem, RallyPoint

HOME = Home(LonLat(127.11, 37.37), 41.5)


def at(command, lon, lat, up, datum=Datum.HOME, params=(0.0, 0.0, 0.0, 0.0)):
    return MissionItem(command, params, LonLat(lon, lat), Altitude(up, datum))


ITEMS = (
    at(Command.NAV_TAKEOFF, 127.11, 37.37, 40.0),
    MissionItem(Command.DO_MOUNT_CONTROL, (-90.0, 0.0, 0.0, 0.0), extra=(0.0, 0.0, 2.0)),
    at(Command.NAV_WAYPOINT, 127.111, 37.37, 40.0),
    MissionItem(Command.DO_CHANGE_SPEED, (1.0, 5.0, -1.0, 0.0)),
    MissionItem(Command.DO_SET_CAM_TRIGG_DIST, (9.88, 0.0, 1.0, 0.0)),
    at(Command.NAV_WAYPOINT, 127.112, 37.371, 45.0, params=(3.0, 0.0, 0.0, 0.0)),
    MissionItem(Command.DO_SET_CAM_TRIGG_DIST),
    MissionItem(Command.NAV_RETURN_TO_LAUNCH),
)
FENCE = Fence(
    (
        FencePolygon((LonLat(127.1, 37.36), LonLat(127.12, 37.36), LonLat(127.12, 37.38))),
        FencePolygon(
            (LonLat(127.115, 37.362), LonLat(127.116, 37.362), LonLat(127.116, 37.363)), inclusion=False
        ),
    ),
    (FenceCircle(LonLat(127.113, 37.365), 30.0),),
    LonLat(127.11, 37.37),
)
RALLY = (RallyPoint(LonLat(127.111, 37.369), Altitude(30.0, Datum.HOME)),)
FULL = Mission(HOME, ITEMS, FENCE, RALLY, name="공원 순찰", cruise_ms=8.0, hover_ms=4.0)


@pytest.mark.parametrize("suffix", [".plan", ".geojson", ".kml"])
def test_whole_mission_survives_formats_that_say_everything(tmp_path, suffix):
    path = tmp_path / f"공원 계획{suffix}"
    write_plan(FULL, path)
    assert read_plan(path) == FULL


heights = st.floats(-50, 500).map(lambda v: round(v, 3))
params = st.tuples(*[st.floats(-1000, 1000, width=32)] * 4)
placed = st.builds(
    MissionItem,
    st.sampled_from([16, 19, 21, 22, 82, 94]),
    params,
    st.builds(LonLat, st.floats(126, 128), st.floats(36, 38)),
    st.builds(Altitude, heights.filter(bool), st.sampled_from([Datum.HOME, Datum.GROUND, Datum.GEOID])),
    st.booleans(),
)
placeless = st.builds(MissionItem, st.sampled_from([178, 206, 205, 20, 93, 211, 31000]), params)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(placed | placeless, min_size=1, max_size=8))
def test_any_items_survive_a_plan_file(tmp_path, items):
    mission = Mission(HOME, tuple(items))
    write_plan(mission, tmp_path / "m.plan")
    assert read_plan(tmp_path / "m.plan") == mission


def test_plan_has_the_fields_qgroundcontrol_asks_for(tmp_path):
    write_plan(FULL, tmp_path / "m.plan")
    plan = json.loads((tmp_path / "m.plan").read_text(encoding="utf-8"))
    assert (plan["fileType"], plan["version"], plan["groundStation"]) == ("Plan", 1, "QGroundControl")
    mission = plan["mission"]
    assert (mission["version"], mission["firmwareType"], mission["vehicleType"]) == (2, 3, 2)
    assert mission["plannedHomePosition"] == [37.37, 127.11, 41.5]
    assert {"cruiseSpeed", "hoverSpeed", "items"} <= mission.keys()
    for item in mission["items"]:
        assert item["type"] == "SimpleItem"
        assert len(item["params"]) == 7
        assert {"autoContinue", "command", "doJumpId", "frame"} <= item.keys()
    assert plan["geoFence"]["version"] == plan["rallyPoints"]["version"] == 2


def test_items_inside_a_qgroundcontrol_survey_are_read(tmp_path):
    write_plan(FULL, tmp_path / "m.plan")
    plan = json.loads((tmp_path / "m.plan").read_text(encoding="utf-8"))
    survey = {
        "type": "ComplexItem",
        "complexItemType": "survey",
        "TransectStyleComplexItem": {"Items": plan["mission"]["items"][1:7], "version": 1},
    }
    plan["mission"]["items"][1:7] = [survey]
    (tmp_path / "s.plan").write_text(json.dumps(plan), encoding="utf-8")
    assert read_plan(tmp_path / "s.plan").items == FULL.items


def test_unknown_home_elevation_stays_unknown(tmp_path):
    mission = Mission(Home(HOME.position), ITEMS)
    for suffix in (".plan", ".kml", ".geojson"):
        write_plan(mission, tmp_path / f"m{suffix}")
        assert read_plan(tmp_path / f"m{suffix}").home.elevation_m is None


def test_nan_means_leave_to_the_vehicle_in_a_plan(tmp_path):
    mission = Mission(HOME, (at(Command.NAV_WAYPOINT, 127.11, 37.37, 30.0, params=(0, 0, 0, math.nan)),))
    write_plan(mission, tmp_path / "m.plan")
    assert "NaN" not in (tmp_path / "m.plan").read_text()
    assert math.isnan(read_plan(tmp_path / "m.plan").items[0].params[3])


def test_waypoints_file_keeps_items_and_says_what_it_lost(tmp_path):
    lost = write_plan(FULL, tmp_path / "m.waypoints")
    back = read_plan(tmp_path / "m.waypoints")
    assert back.items == FULL.items
    assert back.home == FULL.home
    assert {"the geofence", "1 rally points"} <= set(lost)


def test_dji_wayline_keeps_path_speeds_and_triggers(tmp_path):
    lost = write_plan(FULL, tmp_path / "비행.kmz")
    back = read_plan(tmp_path / "비행.kmz")
    assert back.places == FULL.places
    assert back.home == FULL.home
    keep = (Command.DO_CHANGE_SPEED, Command.DO_SET_CAM_TRIGG_DIST, Command.NAV_RETURN_TO_LAUNCH)
    assert [i for i in back.items if i.command in keep] == [i for i in ITEMS if i.command in keep]
    assert "the geofence" in lost
    with zipfile.ZipFile(tmp_path / "비행.kmz") as archive:
        assert set(archive.namelist()) == {"wpmz/template.kml", "wpmz/waylines.wpml"}


def test_dji_wayline_refuses_mixed_height_datums(tmp_path):
    items = (at(16, 127.11, 37.37, 30.0), at(16, 127.12, 37.37, 30.0, Datum.GROUND))
    with pytest.raises(BadFileError, match="cannot be mixed"):
        write_plan(Mission(HOME, items), tmp_path / "m.kmz")
    assert not (tmp_path / "m.kmz").exists()


BROKEN = {
    "a.plan": ('{"fileType": "Plan", "mission": {"items": []}}', "no mission items"),
    "b.plan": ("{", "not JSON"),
    "deep.plan": ("[" * 200_000, "nested too deeply"),
    "c.plan": ('{"fileType": "Mission"}', "fileType"),
    "d.plan": ("[]", "no JSON object"),
    "a.waypoints": ("QGC WPL 100\n", "QGC WPL 110"),
    "b.waypoints": ("QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t37\t127\t0\t1\n1\t0\t3\t16\n", "line 3"),
    "a.kml": ("<kml>", "not XML"),
    "b.kml": ('<!DOCTYPE x [<!ENTITY y "z">]><kml/>', "document type"),
    "c.kml": ('<kml xmlns="http://www.opengis.net/kml/2.2"/>', "no mission"),
    "a.geojson": ('{"type": "FeatureCollection", "features": []}', "no mission"),
    "a.kmz": ("not a zip", "zip"),
    "a.txt": ("", "not a mission format"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_plan_is_named_with_its_problem(tmp_path, name):
    text, problem = BROKEN[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadFileError, match=problem) as caught:
        read_plan(tmp_path / name)
    assert name in str(caught.value)


@pytest.mark.parametrize("frame", [1, 7])
def test_local_frame_is_refused_with_the_item(tmp_path, frame):
    write_plan(FULL, tmp_path / "m.plan")
    plan = json.loads((tmp_path / "m.plan").read_text(encoding="utf-8"))
    plan["mission"]["items"][2]["frame"] = frame
    (tmp_path / "m.plan").write_text(json.dumps(plan), encoding="utf-8")
    with pytest.raises(BadFileError, match=f"item 3 frame {frame}"):
        read_plan(tmp_path / "m.plan")


@pytest.mark.parametrize("suffix", [".plan", ".waypoints", ".kml", ".kmz", ".geojson"])
def test_missing_plan_is_said_so(tmp_path, suffix):
    with pytest.raises(BadFileError, match="not found"):
        read_plan(tmp_path / f"없음{suffix}")


def test_a_qgroundcontrol_survey_stays_one_and_a_jump_over_it_finds_its_item(tmp_path):
    jump = MissionItem(Command.DO_JUMP, (7.0, 2.0, 0.0, 0.0))
    write_plan(Mission(HOME, (*ITEMS, jump)), tmp_path / "m.plan")
    plan = json.loads((tmp_path / "m.plan").read_text(encoding="utf-8"))
    inner = {"Items": plan["mission"]["items"][2:5], "TurnAroundDistance": 5, "version": 2}
    survey = {"type": "ComplexItem", "complexItemType": "survey", "TransectStyleComplexItem": inner}
    plan["mission"]["items"][2:5] = [survey | {"angle": 30, "polygon": [[37.37, 127.11]]}]
    (tmp_path / "s.plan").write_text(json.dumps(plan), encoding="utf-8")
    read = read_plan(tmp_path / "s.plan")
    assert read.items == (*ITEMS, jump)
    assert write_plan(read, tmp_path / "again.plan") == ()
    again = json.loads((tmp_path / "again.plan").read_text(encoding="utf-8"))["mission"]["items"]
    assert again[2]["angle"] == 30
    assert len(again[2]["TransectStyleComplexItem"]["Items"]) == 3
    assert any("are one survey" in line for line in write_plan(read, tmp_path / "m.waypoints"))
