"""Plan files that cannot be: each is refused in one line with the file, the place and the way out."""

import json
import random
import zipfile

import pytest
from planmutations import mutated, mutated_kmz

from core.errors import BadFileError, SkyshadeError
from core.geo import Altitude, Datum, LonLat
from missions.formats import read_plan, write_plan
from missions.formats.qgc import document
from missions.formats.text import LARGEST_BYTES, MOST_ITEMS
from missions.model import Command, Fence, FenceCircle, FencePolygon, Home, Mission, MissionItem, RallyPoint

SUFFIXES = (".plan", ".waypoints", ".kmz", ".kml", ".geojson")


def at(command, lon, up=40.0, params=(0.0, 0.0, 0.0, 0.0)):
    return MissionItem(command, params, LonLat(lon, 37.37), Altitude(up, Datum.HOME))


PATROL = Mission(
    Home(LonLat(127.11, 37.37), 41.5),
    (
        at(Command.NAV_TAKEOFF, 127.11),
        at(Command.NAV_WAYPOINT, 127.111, params=(2.0, 0.0, 0.0, 0.0)),
        MissionItem(Command.DO_SET_CAM_TRIGG_DIST, (9.5, 0.0, 1.0, 0.0)),
        at(Command.NAV_WAYPOINT, 127.112),
        MissionItem(Command.NAV_RETURN_TO_LAUNCH),
    ),
    Fence(
        (FencePolygon((LonLat(127.1, 37.36), LonLat(127.12, 37.36), LonLat(127.12, 37.38))),),
        (FenceCircle(LonLat(127.113, 37.365), 30.0),),
    ),
    (RallyPoint(LonLat(127.111, 37.369), Altitude(30.0, Datum.HOME)),),
    name="공원 순찰",
)


def refusal(path):
    """What is said of a file that must not be read: one line that names it."""
    with pytest.raises(SkyshadeError) as caught:
        read_plan(path)
    said = str(caught.value)
    assert path.name in said
    assert len(said.splitlines()) == 1
    return said


def set_value(tree, way, value):
    *before, last = way
    for step in before:
        tree = tree[step]
    tree[last] = value


ITEM = ("mission", "items", 1)
WRONG = [
    ((*ITEM, "params", 6), float("nan"), None),
    ((*ITEM, "params", 6), 1e9, "item 2 altitude (p7) must be in"),
    ((*ITEM, "params", 6), float("inf"), "item 2 altitude (p7) must be a finite number"),
    ((*ITEM, "params", 4), 91, "item 2 latitude must be in"),
    ((*ITEM, "params", 4), None, "item 2 has only one of latitude and longitude"),
    ((*ITEM, "params", 5), float("nan"), "item 2 has only one of latitude and longitude"),
    ((*ITEM, "params", 0), float("inf"), "item 2 p1 must be a finite number"),
    ((*ITEM, "params", 0), "soon", "item 2 p1 must be a number, got 'soon'"),
    ((*ITEM, "params", 0), 10**400, "item 2 p1 must be a finite number"),
    ((*ITEM, "params"), "1234567", "item 2 params must be a list"),
    ((*ITEM, "params"), [1, 2], "item 2 needs 7 parameters, got 2"),
    ((*ITEM, "command"), True, "item 2 command must be a number, got True"),
    ((*ITEM, "command"), 16.5, "item 2 command must be a whole number"),
    ((*ITEM, "command"), 1e9, "item 2 command must be in"),
    ((*ITEM, "frame"), None, "item 2 frame must be a number, got null"),
    ((*ITEM, "frame"), 2, "item 2 command 16 names a place, but frame 2 has none"),
    ((*ITEM, "autoContinue"), 1, "item 2 autoContinue must be true or false"),
    ((*ITEM, "type"), "Loop", "item 2 has type 'Loop'"),
    ((*ITEM, "type"), "ComplexItem", "item 2 is a 'unknown' whose flight path is not in the file"),
    (ITEM, [], "item 2 the entry must be an object"),
    (("mission", "items"), {}, "mission.items must be a list"),
    (("mission", "items"), None, "mission.items must be a list, got null"),
    (("mission",), 3, "mission must be an object"),
    (("mission", "plannedHomePosition"), [37.0], "needs latitude and longitude"),
    (("mission", "plannedHomePosition"), [37.0, 127.0, 1e9], "altitude must be in"),
    (("mission", "cruiseSpeed"), float("nan"), "cruiseSpeed must be a finite number"),
    (("mission", "cruiseSpeed"), 1e9, "cruiseSpeed must be in"),
    (("geoFence", "polygons", 0, "polygon"), [[37.0, 127.0]], "fence polygon 1 needs 3 corners"),
    (("geoFence", "polygons", 0, "polygon", 1), "here", "fence polygon 1 must be a list"),
    (("geoFence", "circles", 0, "circle", "radius"), 1e9, "fence circle 1: radius must be in"),
    (("geoFence", "circles", 0, "inclusion"), "no", "fence circle 1: inclusion must be true or false"),
    (("rallyPoints", "points", 0), [37.0, 127.0], "rally point 1 needs latitude, longitude and altitude"),
    (("skyshade", "rallyDatums", 0), "moon", "'moon' is not a valid Datum"),
    (("skyshade", "name"), 7, "skyshade.name must be text"),
]


@pytest.mark.parametrize(("way", "value", "said"), WRONG)
def test_a_wrong_value_in_a_plan_is_named_with_its_place(tmp_path, way, value, said):
    plan = document(PATROL)
    set_value(plan, way, value)
    path = tmp_path / "나쁜 계획.plan"
    path.write_text(json.dumps(plan), encoding="utf-8")
    if said is None:  # an altitude left to the vehicle is written as null or NaN
        assert read_plan(path).items[1].altitude.value_m == 0.0
        return
    told = refusal(path)
    assert said in told
    assert "save it again in QGroundControl" in told


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_file_and_a_folder_are_told_apart(tmp_path, suffix):
    empty, folder = tmp_path / f"빈 것{suffix}", tmp_path / f"폴더{suffix}"
    empty.write_bytes(b" \n")
    folder.mkdir()
    assert "is empty" in refusal(empty)
    assert "is a folder" in refusal(folder)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp949"])
@pytest.mark.parametrize("suffix", [".plan", ".waypoints", ".geojson"])
def test_text_from_korean_windows_is_read(tmp_path, suffix, encoding):
    path = tmp_path / f"계획{suffix}"
    write_plan(PATROL, path)
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    back = read_plan(path)
    assert back.items == PATROL.items
    assert back.name == ("계획" if suffix == ".waypoints" else PATROL.name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "euc-kr"])
def test_xml_is_read_in_the_encoding_it_names(tmp_path, encoding):
    path = tmp_path / "m.kml"
    write_plan(PATROL, path)
    text = path.read_text(encoding="utf-8").replace("encoding='utf-8'", f"encoding='{encoding}'", 1)
    path.write_bytes(text.encode(encoding))
    assert read_plan(path).name == PATROL.name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp949"])
def test_entities_are_refused_in_every_encoding(tmp_path, encoding):
    bomb = '<!DOCTYPE k [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><kml>&b;</kml>'
    path = tmp_path / "bomb.kml"
    path.write_bytes(f"<?xml version='1.0' encoding='{encoding}'?>{bomb}".encode(encoding))
    assert "document type" in refusal(path)


@pytest.mark.parametrize("name", ["nonsense", "rot13", "utf-8"])
def test_xml_in_no_known_encoding_says_which(tmp_path, name):
    path = tmp_path / "m.kml"
    path.write_bytes(f"<?xml version='1.0' encoding='{name}'?><kml>".encode() + b"\xff\xfe</kml>")
    assert name in refusal(path)


def test_a_bomb_in_a_kmz_is_refused_unopened(tmp_path):
    path = tmp_path / "b.kmz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("wpmz/waylines.wpml", b" " * (LARGEST_BYTES + 1))
    assert path.stat().st_size < 100_000
    assert "wpmz/waylines.wpml is larger than 50 MB" in refusal(path)


def test_xml_nested_without_end_is_refused(tmp_path):
    path = tmp_path / "d.kml"
    path.write_text("<a>" * 50_000 + "</a>" * 50_000, encoding="utf-8")
    assert "nested too deeply" in refusal(path)


def test_more_items_than_any_vehicle_takes_are_refused(tmp_path):
    plan = document(PATROL)
    plan["mission"]["items"] = [plan["mission"]["items"][1]] * (MOST_ITEMS + 1)
    path = tmp_path / "m.plan"
    path.write_text(json.dumps(plan), encoding="utf-8")
    assert f"holds {MOST_ITEMS + 1} items; no vehicle takes more than {MOST_ITEMS}" in refusal(path)


def test_a_giant_is_refused_by_its_size_alone(tmp_path):
    path = tmp_path / "m.plan"
    with path.open("wb") as out:
        out.write(b"{")
        out.truncate(LARGEST_BYTES + 1)
    assert "is 50 MB; a plan is at most 50 MB" in refusal(path)


def test_a_jump_to_nowhere_is_neither_read_nor_written(tmp_path):
    jump = MissionItem(Command.DO_JUMP, (9.0, 2.0, 0.0, 0.0))
    lost = Mission(PATROL.home, (*PATROL.items, jump))
    with pytest.raises(BadFileError, match="item 6 jumps to doJumpId 9, which no item has"):
        write_plan(lost, tmp_path / "m.plan")
    assert not (tmp_path / "m.plan").exists()


def broken_files_are_read_or_refused(folder, seed, count):
    """Mutants of every format: whatever is read can be written again, anything else is one line."""
    rng, good = random.Random(seed), {}
    for suffix in SUFFIXES:
        write_plan(PATROL, folder / f"m{suffix}")
        good[suffix] = (folder / f"m{suffix}").read_bytes()
    for _ in range(count):
        suffix = rng.choice(SUFFIXES)
        path = folder / f"m{suffix}"
        path.write_bytes((mutated_kmz if suffix == ".kmz" else mutated)(rng, good[suffix]))
        mission, said = read_or_refused(path)
        assert len(said.splitlines()) <= 1
        for target in SUFFIXES if mission else ():
            written_or_refused(mission, folder / f"out{target}")


def read_or_refused(path):
    try:
        return read_plan(path), ""
    except SkyshadeError as error:
        return None, str(error)


def written_or_refused(mission, path):
    try:
        write_plan(mission, path)
    except SkyshadeError:
        return
    read_plan(path)


def test_broken_files_are_read_or_refused_in_one_line(tmp_path):
    broken_files_are_read_or_refused(tmp_path, seed=1, count=400)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 10))
def test_many_broken_files_are_read_or_refused_in_one_line(tmp_path, seed):
    broken_files_are_read_or_refused(tmp_path, seed=seed, count=5000)
