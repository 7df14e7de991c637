"""Poses out of files beside the frames, and which frame each belongs to."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from core.camera import Camera
from core.errors import BadFileError
from core.geo import Datum, LocalFrame, LonLat
from core.shot import CameraAttitude
from thermal.frame import FrameInfo, PosePrior, Radiometry
from thermal.posefiles import TableOptions, UnstatedHeightError, match_poses, parse_poses, read_poses
from thermal.posefiles.angles import attitude_from, attitudes

HERE = LocalFrame(LonLat(127.11, 37.37))
CAMERA = Camera("any", 640, 512, 9.1, 12.0, source="table")
START_S = 1_722_958_500.0
MRK = (
    "1\t206918.415927\t[2326]\t  101,N\t  107,E\t  129,V\t37.3700000{0},Lat\t127.1100000{0},Lon\t"
    "139.231,Ellh\t0.012967, 0.013104, 0.027622\t50,Q\n"
)


def frames(places, times=None, names=None):
    return [
        FrameInfo(
            Path(names[i] if names else f"DJI_20240806_{i + 1:04d}_T.JPG"),
            "dji-iirp",
            "any",
            CAMERA,
            Radiometry(),
            PosePrior(place, altitude_home_m=60.0, attitude=CameraAttitude(90.0, -90.0)),
            None if times is None else float(times[i]),
        )
        for i, place in enumerate(places)
    ]


def row(count=12, spacing_m=20.0):
    return [HERE.place(i * spacing_m, 3.0 * i) for i in range(count)]


def table(places, times):
    lines = [
        f"{i},{t:.3f},{p.lon:.8f},{p.lat:.8f},50.0"
        for i, (p, t) in enumerate(zip(places, times, strict=True))
    ]
    return "index,time_s,lon,lat,alt_home_m\n" + "\n".join(lines)


def test_an_image_log_gives_place_ellipsoid_height_time_and_the_receivers_deviations():
    record = parse_poses(Path("a.MRK"), MRK.format(1)).records[0]
    assert record.number == 1
    assert record.time_s == pytest.approx(dt.datetime(2024, 8, 6, 9, 28, 20, 415927, dt.UTC).timestamp())
    assert record.prior.lonlat.xy == (127.11000001, 37.37000001)
    assert record.prior.altitude_ellipsoid_m == 139.231
    assert record.prior.altitude_home_m is None
    assert record.prior.sigma_horizontal_m == pytest.approx(np.hypot(0.013104, 0.02))


def test_a_photo_without_a_position_is_left_out_and_said():
    log = MRK.format(1) + MRK.format(2).replace("1\t2069", "2\t2070", 1).replace("50,Q", "0,Q")
    file = parse_poses(Path("a.MRK"), log)
    assert len(file.records) == 1
    assert "numbers 2" in file.notes[0]


def test_a_broken_line_of_an_image_log_is_named():
    with pytest.raises(BadFileError, match="line 2"):
        parse_poses(Path("a.MRK"), MRK.format(1) + "2\tgarbage\n")


def test_an_image_log_keeps_the_tags_attitude_and_is_matched_by_number():
    log = "".join(MRK.format(i).replace("1\t", f"{i}\t", 1) for i in (1, 2, 3))
    matched = match_poses(frames(row(3)), parse_poses(Path("a.MRK"), log))
    assert matched.how == "number"
    assert [i.pose.lonlat.lat for i in matched.infos] == pytest.approx(
        [37.37000001, 37.37000002, 37.37000003]
    )
    assert all(i.pose.attitude == CameraAttitude(90.0, -90.0) for i in matched.infos)


POS = """% program   : RTKPOST
% (lat/lon/height=WGS84/{kind},Q=1:fix,2:float)
%  {clock}          latitude(deg) longitude(deg)  height(m)   Q  ns   sdn(m)   sde(m)   sdu(m)
"""


@pytest.mark.parametrize(
    ("clock", "stamp"),
    [
        ("GPST", "2024/08/06 15:35:18.000"),
        ("UTC", "2024/08/06 15:35:00.000"),
        ("GPST", "2326 228918.000"),
    ],
)
def test_a_solutions_clock_is_turned_into_utc(clock, stamp):
    line = f"{stamp}   37.370000000  127.110000000   140.5   1  12   0.0100   0.0110   0.0300\n"
    file = parse_poses(Path("x_events.pos"), POS.format(clock=clock, kind="ellipsoidal") + line)
    assert file.records[0].time_s == 1_722_958_500.0
    assert file.records[0].prior.altitude_ellipsoid_m == 140.5
    assert not file.track


def test_a_solutions_geoid_heights_are_not_taken_for_ellipsoid_heights():
    line = "2024/08/06 15:35:18.000 37.37 127.11 115.5 1 12 0.01 0.01 0.03\n"
    prior = parse_poses(Path("x.pos"), POS.format(clock="GPST", kind="geodetic") + line).records[0].prior
    assert (prior.altitude_geoid_m, prior.altitude_ellipsoid_m) == (115.5, None)


def test_places_along_a_track_are_read_at_the_moment_of_each_frame_whatever_its_clock():
    ahead_s = 7.35
    times = START_S + np.arange(0, 120, 0.2)

    def on_track(t):
        return HERE.place(5.0 * t, 40.0 * np.sin(t / 9.0))

    lines = [
        f"{_clock(t)} {p.lat:.9f} {p.lon:.9f} 140.0 1 12 0.01 0.01 0.02"
        for t in times
        for p in [on_track(t - START_S)]
    ]
    file = parse_poses(Path("flight.pos"), POS.format(clock="UTC", kind="ellipsoidal") + "\n".join(lines))
    moments = START_S + np.arange(20.03, 100, 3.1)
    truth = [on_track(t - START_S) for t in moments]
    rng = np.random.default_rng(3)
    seen = [HERE.place(*(np.array(HERE.point(p)) + rng.normal(0, 1.0, 2) + (4.0, -2.0))) for p in truth]
    matched = match_poses(frames(seen, moments + ahead_s), file)
    assert matched.offset_s == pytest.approx(ahead_s, abs=0.2)
    misses = [
        np.hypot(*np.subtract(HERE.point(i.pose.lonlat), HERE.point(p)))
        for i, p in zip(matched.infos, truth, strict=True)
    ]
    assert max(misses) < 1.5


def _clock(t):
    return np.datetime64(round(t * 1000), "ms").astype(str).replace("-", "/").replace("T", " ")


def test_our_own_flights_shots_are_matched_by_time_with_the_clocks_offset_found():
    places = row(12)
    times = START_S + np.cumsum([4, 4, 4, 9, 4, 4, 4, 9, 4, 4, 4, 4.0])
    file = parse_poses(Path("shots.csv"), table(places, times))
    some = [i for i in range(12) if i not in (2, 7)]
    own = [HERE.place(HERE.point(places[i])[0] + 3.0, HERE.point(places[i])[1] - 2.0) for i in some]
    names = [f"frame{i}.tif" for i in some]
    matched = match_poses(frames(own, times[some] + 32_400.2, names), file)
    assert matched.how == "time"
    assert matched.offset_s == pytest.approx(32_400.2, abs=0.05)
    assert [i.pose.lonlat for i in matched.infos] == [file.records[i].prior.lonlat for i in some]
    assert matched.infos[0].pose.altitude_home_m == 50.0


def test_a_regular_rhythm_alone_is_not_guessed_at():
    places, times = row(12), START_S + 4.0 * np.arange(12)
    file = parse_poses(Path("shots.csv"), table(places, times))
    infos = [
        replace(i, pose=None) for i in frames(places[:8], times[:8] + 500.0, [f"f{i}.tif" for i in range(8)])
    ]
    with pytest.raises(BadFileError, match="12 poses fit none of the 8 frames"):
        match_poses(infos, file)


def test_as_many_frames_as_poses_without_names_or_times_go_by_order():
    places = row(5)
    text = "lon,lat,alt_geoid_m\n" + "\n".join(f"{p.lon:.7f},{p.lat:.7f},90" for p in places)
    matched = match_poses(
        frames(row(5, 1.0), names=[f"f{i}.tif" for i in range(5)]), parse_poses(Path("p.csv"), text)
    )
    assert matched.how == "order"
    assert matched.infos[4].pose.lonlat.lon == pytest.approx(places[4].lon, abs=1e-7)
    assert matched.infos[4].pose.altitude_geoid_m == 90.0


def test_frames_that_a_table_does_not_name_lose_their_pose_and_are_listed():
    text = "image;lat;lon;altitude_ellipsoid_m\nDJI_20240806_0001_T.JPG;37.37;127.11;120\n"
    matched = match_poses(frames(row(3)), parse_poses(Path("포즈 표.csv"), text))
    assert matched.how == "name"
    assert [p.name for p in matched.unmatched] == ["DJI_20240806_0002_T.JPG", "DJI_20240806_0003_T.JPG"]
    assert matched.infos[1].pose is None
    assert "not in 포즈 표.csv" in matched.infos[1].warnings[-1]


def test_opendronemaps_geo_file_is_read_in_its_own_projection():
    east, north = 207_000.0, 530_000.0
    text = f"EPSG:5186\nDJI_0001.JPG {east} {north} 118.6 0 0 0 0.03 0.05\n"
    record = parse_poses(Path("geo.txt"), text, TableOptions(datum=Datum.GEOID)).records[0]
    from pyproj import Transformer

    truth = Transformer.from_crs("EPSG:5186", "EPSG:4326", always_xy=True).transform(east, north)
    assert record.prior.lonlat.xy == pytest.approx(truth, abs=1e-9)
    assert record.prior.altitude_geoid_m == 118.6
    assert (record.prior.sigma_horizontal_m, record.prior.sigma_vertical_m) == (0.03, 0.05)
    assert record.prior.attitude.pitch_deg == pytest.approx(-90.0)


def test_heights_without_a_datum_are_refused():
    with pytest.raises(UnstatedHeightError, match="poses-height"):
        parse_poses(Path("p.csv"), "image,lon,lat,alt\na.jpg,127.1,37.3,100\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("image,lon,lat,alt_home_m\na.jpg,127.1,x,100\n", "line 2: lat 'x' is no number"),
        ("image,lon,lat,alt_home_m\na.jpg,37.3,127.1,100\n", "swapped"),
        ("image,lon,lat,alt_home_m\na.jpg,127.1,37.3,\n", "line 2 holds no height"),
        ("image,x,y,alt_home_m\na.jpg,200000,500000,50\n", "--poses-crs"),
        ("EPSG:99999\na.jpg 1 2 3\n", "unknown coordinate system"),
        ("image,lon,lat,alt_home_m\n", "holds no poses"),
        ("nothing here\n", "no header"),
        ("image,lon,lat,alt_home_m,accuracy_horz\na.jpg,127.1,37.3,50,-1\n", "accuracies must be > 0"),
    ],
)
def test_each_fault_of_a_table_is_named(text, words):
    with pytest.raises(BadFileError, match=words):
        parse_poses(Path("p.csv"), text, TableOptions(datum=Datum.HOME))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadFileError, match="없는 파일"):
        read_poses(tmp_path / "없는 파일.csv")


def test_a_korean_table_in_cp949_is_read(tmp_path):
    path = tmp_path / "자세.csv"
    path.write_bytes("사진 이름,name,lon,lat,alt_home_m\n1,정자동.jpg,127.1,37.3,50\n".encode("cp949"))
    assert read_poses(path).records[0].name == "정자동.jpg"


@given(st.floats(-179, 179), st.floats(-89, 89), st.floats(-179, 179))
def test_an_attitude_comes_back_out_of_its_rotation(yaw, pitch, roll):
    rotation = CameraAttitude(yaw, pitch, roll).camera_to_enu()
    assert attitude_from(rotation).camera_to_enu() == pytest.approx(rotation, abs=1e-9)


@settings(max_examples=50)
@given(st.floats(-60, 60), st.floats(-60, 60), st.floats(-179, 179))
def test_omega_phi_kappa_are_the_rotations_that_photogrammetry_means(omega, phi, kappa):
    looks, _ = attitudes([{"omega": omega, "phi": phi, "kappa": kappa}])
    truth = Rotation.from_euler("XYZ", [omega, phi, kappa], degrees=True).as_matrix() @ np.diag([1, -1, -1])
    straight = np.hypot(*truth[:2, 2]) < 1e-6  # so near to straight down it is taken for that
    assert looks[0].camera_to_enu() == pytest.approx(truth, abs=1e-6 if straight else 1e-9)


def test_yaw_pitch_roll_are_told_apart_by_where_they_point():
    down = CameraAttitude(30.0, -90.0).camera_to_enu()
    gimbal, said = attitudes([{"yaw": 30.0, "pitch": -90.0, "roll": 0.0}] * 3)
    assert gimbal[0].camera_to_enu() == pytest.approx(down, abs=1e-9)
    assert "gimbal" in said
    camera, said = attitudes([{"yaw": 30.0, "pitch": 0.0, "roll": 0.0}] * 3)
    assert camera[0].camera_to_enu() == pytest.approx(down, abs=1e-9)
    assert "camera" in said
