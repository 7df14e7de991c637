"""Ground control points: read, fitted, and blunders among them named."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from pyproj import Transformer

from core.errors import BadFileError
from core.geo import LocalFrame
from thermal.align import AlignParams
from thermal.control import ControlPoint, Mark, read_control
from thermal.loading import load_frames
from thermal.placement import place
from thermal.pose import flight_from
from thermal.tiepoints import TieParams

SPOTS = {"가": (3.0, 3.0), "나": (40.0, 4.0), "다": (42.0, 60.0), "라": (4.0, 62.0), "마": (22.0, 33.0)}
ELEVATION_M = 71.5


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_a_table_gives_points_with_their_marks(tmp_path):
    path = written(
        tmp_path / "기준점.csv",
        "Label;Easting;Northing;Height;CRS;Photo;px;py;check\n"
        "가;200000.5;550000.25;41.2;5186;C:\\비행\\a.jpg;10.5;20.5;no\n"
        "가;200000.5;550000.25;41.2;5186;b.jpg;11;21;no\n"
        "나;200010;550000;;EPSG:5186;a.jpg;300;200;yes\n",
        "cp949",
    )
    first, second = read_control(path)
    assert first == ControlPoint(
        "가", 200000.5, 550000.25, 41.2, "EPSG:5186", (Mark("a.jpg", 10.0, 20.0), Mark("b.jpg", 10.5, 20.5))
    )
    assert (second.z, second.check) == (None, True)


def test_a_gcp_list_in_a_utm_zone_gives_the_same_points(tmp_path):
    path = written(
        tmp_path / "gcp_list.txt",
        "WGS84 UTM 52N\n332000.0 4138000.0 NaN 10.5 20.5 a.jpg P1\n332000.0 4138000.0 NaN 11 21 b.jpg P1\n"
        "332010.0 4138000.0 12.5 300 200 a.jpg\n",
    )
    first, second = read_control(path, check=("P1",))
    assert (first.name, first.crs, first.z, first.check, len(first.marks)) == (
        "P1",
        "EPSG:32652",
        None,
        True,
        2,
    )
    assert (second.name, second.z, second.check) == ("332010.0 4138000.0", 12.5, False)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no column 'name'"),
        ("name,x,y,crs,image,px,py\n", "no ground control points"),
        ("name,x,y,image,px,py\nA,1,2,a.jpg,3,4\n", "line 2: x and y need a coordinate system"),
        ("name,lon,lat,image,px,py\nA,127,37,a.jpg,3,far\n", "line 2: py is no number: 'far'"),
        ("name,lon,lat,image,px,py,check\nA,127,37,a.jpg,3,4,perhaps\n", "check must be yes or no"),
        ("name,lon,lat,image,px,py\nA,127,37,a.jpg,3,4\nA,127,38,b.jpg,3,4\n", "line 3: A lies at another"),
        ("name,image,px,py\nA,a.jpg,3,4\n", "has no place"),
        ("EPSG:5186\n1 2 3 4\n", "line 2 has 4 fields"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_by_its_line(tmp_path, text, word):
    with pytest.raises(BadFileError, match=word):
        read_control(written(tmp_path / "gcp.csv", text))


def test_a_point_to_hold_back_must_be_in_the_file(tmp_path):
    path = written(tmp_path / "gcp.csv", "name,lon,lat,image,px,py\nA,127,37,a.jpg,3,4\n")
    with pytest.raises(BadFileError, match="no point 'B' to hold back; it has A"):
        read_control(path, check=("B",))


@pytest.fixture(scope="module")
def flight(made):
    """A flight whose tags are all 6 m off together; its frames' sigma says 3 m."""
    return made.fly(made.Scene(), noise=made.Noise(position_m=0.3, attitude_deg=0.3), lines=4, per_line=6)


@pytest.fixture(scope="module")
def prepared(flight, made):
    moved = LocalFrame(LocalFrame(made.HOME).place(5.0, -3.0))

    def read(path):
        frame = flight.read(path)
        pose = frame.info.pose
        east, north = LocalFrame(made.HOME).point(pose.lonlat)
        pose = replace(pose, lonlat=moved.place(east, north), sigma_horizontal_m=3.0, sigma_vertical_m=3.0)
        return replace(frame, info=replace(frame.info, pose=pose))

    seen, _, _ = load_frames(flight.paths, read, TieParams(), workers=1)
    return flight_from([s.info for s in seen])[0], seen


@pytest.fixture(scope="module")
def points(flight, made):
    """Points with marks from the scene's own geometry, heights over the sea."""
    to_map = Transformer.from_crs(LocalFrame(made.HOME).proj4, "EPSG:5186", always_xy=True)
    out = []
    for name, (east, north) in SPOTS.items():
        marks = list(_marks(flight, made, np.array([east, north, 0.0])))
        x, y = to_map.transform(east, north)
        out.append(ControlPoint(name, x, y, ELEVATION_M, "EPSG:5186", tuple(marks)))
    return out


def _marks(flight, made, at):
    for path, center in flight.centers.items():
        axes = made.looking(*flight.attitudes[path])
        right, down, forward = axes @ (at - center)
        u = made.CAMERA.focal_px * right / forward + (made.CAMERA.width_px - 1) / 2
        v = made.CAMERA.focal_px * down / forward + (made.CAMERA.height_px - 1) / 2
        if 4 < u < made.CAMERA.width_px - 5 and 4 < v < made.CAMERA.height_px - 5:
            yield Mark(path.name, u, v)


def fitted(prepared, points):
    flight, seen = prepared
    placed = place(flight, seen, TieParams(), AlignParams(), None, workers=1, progress=None, control=points)
    return placed.aligned.control


def test_points_move_the_flight_to_where_the_ground_is(prepared, points):
    held = [replace(p, check=True) for p in points]
    before = fitted(prepared, held)
    assert before.used_rmse_m is None
    assert before.rmse_m > 4.0
    after = fitted(prepared, [replace(p, check=p.name == "마") for p in points])
    assert after.check_rmse_m < 0.4  # less than half a pixel of these coarse frames
    assert after.used_rmse_m < 0.3
    assert after.notes[0].startswith("Ground control points, horizontal RMSE:")


def test_a_point_with_a_wrong_place_is_named_and_not_used(prepared, points):
    wrong = [replace(p, x=p.x + 25.0) if p.name == "다" else p for p in points]
    found = fitted(prepared, wrong)
    faults = {p.name: p.fault for p in found.points if p.fault}
    assert list(faults) == ["다"]
    assert "m from where" in faults["다"]
    assert found.used_rmse_m < 0.3
    assert any(n.startswith("control point 다: not used") for n in found.notes)


def test_a_mark_on_the_wrong_thing_is_left_out_and_its_point_is_kept(prepared, points):
    first, *rest = points
    off = replace(first.marks[1], px=first.marks[1].px + 30.0)
    found = fitted(prepared, [replace(first, marks=(first.marks[0], off, *first.marks[2:])), *rest])
    assert all(p.fault is None for p in found.points)
    assert found.points[0].marks == len(first.marks) - 1
    assert found.used_rmse_m < 0.3


def test_two_points_that_disagree_are_both_left_out(prepared, points):
    a, b = points[0], replace(points[1], y=points[1].y + 40.0)
    found = fitted(prepared, [a, b])
    assert [p.fault is None for p in found.points] == [False, False]
    assert "disagree by" in found.points[0].fault


def test_a_point_that_no_frame_shows_is_said(prepared, points):
    lost = replace(points[0], name="없음", marks=(Mark("other.jpg", 1.0, 1.0),))
    found = fitted(prepared, [*points, lost])
    assert found.points[-1].fault == "no frame of the flight shows it"


def test_what_was_read_from_a_written_table_is_what_was_written(tmp_path, points):
    path = tmp_path / "점.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        write = csv.writer(file)
        write.writerow(["name", "x", "y", "z", "crs", "image", "px", "py"])
        for p in points:
            for m in p.marks:
                write.writerow([p.name, repr(p.x), repr(p.y), p.z, p.crs, m.image, m.px + 0.5, m.py + 0.5])
    for read, point in zip(read_control(path), points, strict=True):
        assert (read.name, read.x, read.y, read.z) == (point.name, point.x, point.y, point.z)
        assert [m.px for m in read.marks] == pytest.approx([m.px for m in point.marks])
