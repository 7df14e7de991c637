"""Place, attitude and time out of tags, with the traps that drones lay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.exif import Tags, parse_tags
from thermal.posetags import CameraClock, attitude_of, from_pix4d, placed, utc_time
from thermal.xmp import parse_xmp

GPS = {1: "N", 2: (37.0, 22.0, 12.0), 3: "E", 4: (127.0, 6.0, 36.0)}


def _xmp(**tags):
    return {f"drone-dji:{k}": v for k, v in tags.items()}


def test_southern_and_western_places_are_negative():
    gps = {1: "S\x00", 2: (20.0, 13.0, 58.0667), 3: "W\x00", 4: (43.0, 29.0, 28.954)}
    pose = placed(Tags({}, gps), {}).pose
    assert pose.lonlat.xy == pytest.approx((-43.491376, -20.232796), abs=1e-6)


def test_the_height_over_take_off_wins_over_a_barometric_absolute_one():
    where = placed(Tags({}, GPS), _xmp(RelativeAltitude="40.0", AbsoluteAltitude="346.2"))
    assert where.pose.altitude_home_m == 40.0
    assert where.pose.altitude_geoid_m is None
    assert where.facts == {"absolute_altitude_m": "346.2"}


def test_a_lone_absolute_altitude_is_kept_with_a_wide_sigma():
    pose = placed(Tags({}, {**GPS, 5: (0.0,), 6: (346.2,)}), {}).pose
    assert pose.altitude_geoid_m == pytest.approx(346.2)
    assert pose.sigma_vertical_m >= 30.0


def test_an_altitude_below_the_sea_is_negative():
    pose = placed(Tags({}, {**GPS, 5: (1.0,), 6: (12.5,)}), {}).pose
    assert pose.altitude_geoid_m == pytest.approx(-12.5)


@pytest.mark.parametrize(("flag", "most_m"), [("50", 0.1), ("34", 1.0), ("16", 3.0), ("0", 3.0)])
def test_the_rtk_flag_sets_the_sigma(flag, most_m):
    pose = placed(Tags({}, GPS), _xmp(RtkFlag=flag, AbsoluteAltitude="141.3")).pose
    assert pose.sigma_horizontal_m <= most_m
    assert (pose.altitude_ellipsoid_m is not None) == (flag in {"50", "34"})


def test_a_stated_accuracy_is_the_sigma():
    pose = placed(Tags({}, GPS), {"Camera:GPSXYAccuracy": "1.25", "Camera:GPSZAccuracy": "2.5"}).pose
    assert (pose.sigma_horizontal_m, pose.sigma_vertical_m) == (1.25, 2.5)


def test_a_place_of_zero_and_zero_is_unknown_and_said():
    where = placed(Tags({}, {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}), {})
    assert where.pose is None
    assert "no position in the tags" in where.warnings


def test_roll_180_with_turned_yaw_is_the_same_view():
    one, _, _ = attitude_of(_xmp(GimbalYawDegree="89", GimbalPitchDegree="-90", GimbalRollDegree="0"))
    two, _, _ = attitude_of(_xmp(GimbalYawDegree="-91", GimbalPitchDegree="-90", GimbalRollDegree="180"))
    assert one.camera_to_enu() == pytest.approx(two.camera_to_enu(), abs=1e-12)


def test_the_airframes_attitude_is_not_the_cameras():
    look, sigma_deg, warnings = attitude_of(_xmp(FlightYawDegree="30", FlightPitchDegree="-12"))
    assert (look.yaw_deg, look.pitch_deg, look.roll_deg) == (30.0, -90.0, 0.0)
    assert sigma_deg > 5
    assert any("airframe" in w for w in warnings)


def test_no_attitude_tags_give_no_attitude():
    assert attitude_of({})[0] is None


@given(yaw=st.floats(-180, 180), pitch=st.floats(-80, 80), roll=st.floats(-80, 80))
def test_pix4d_angles_give_pix4ds_rotation(yaw, pitch, roll):
    y, p, r = np.radians([yaw, pitch, roll])
    about_z = np.array([[np.cos(y), -np.sin(y), 0], [np.sin(y), np.cos(y), 0], [0, 0, 1]])
    about_y = np.array([[np.cos(p), 0, np.sin(p)], [0, 1, 0], [-np.sin(p), 0, np.cos(p)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(r), -np.sin(r)], [0, np.sin(r), np.cos(r)]])
    mount = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])  # right, back, down in forward-right-down
    ned_to_enu = np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]])
    expected = ned_to_enu @ about_z @ about_y @ about_x @ mount
    assert from_pix4d(yaw, pitch, roll).camera_to_enu() == pytest.approx(expected, abs=1e-6)


def test_the_exact_exposure_time_wins():
    exif = Tags({0x9003: "2024:08:06 17:35:00"}, {})
    time_s, warnings = utc_time(exif, _xmp(UTCAtExposure="2024-08-06T15:35:16.415900"))
    assert time_s == pytest.approx(1722958516.4159)
    assert not warnings


def test_an_offset_makes_local_time_exact():
    exif = Tags({0x9003: "2024:08:06 17:35:00\x00", 0x9291: "5\x00", 0x9011: "+09:00\x00"}, {})
    time_s, warnings = utc_time(exif, {})
    assert time_s == pytest.approx(1722933300.5)
    assert not warnings


def test_time_without_a_zone_is_taken_as_utc_and_said():
    time_s, warnings = utc_time(Tags({0x9003: "2021:07:01 13:52:15", 0x9291: "803"}, {}), {})
    assert time_s == pytest.approx(1625147535.803)
    assert warnings == ("time without a zone: taken as UTC",)


def test_a_camera_clock_that_knows_its_zone_beats_local_time():
    exif = Tags({0x9003: "2015:12:30 12:37:21"}, {})
    assert placed(exif, {}, CameraClock(1451489841.0, zoned=True)).time_s == 1451489841.0
    assert placed(exif, {}, CameraClock(1.0, zoned=False)).time_s == 1451479041.0


@pytest.mark.parametrize("text", ["", "2024:13:45 99:00:00", "    :  :     :  :  ", "0000:00:00 00:00:00"])
def test_a_senseless_time_is_unknown(text):
    time_s, warnings = utc_time(Tags({0x9003: text}, {}), {})
    assert time_s is None
    assert warnings


def test_xmp_is_read_from_attributes_elements_and_lists():
    packet = (
        '<rdf:Description a:One="1 &amp; 2" xmlns:a="x"><a:Two> 2 </a:Two>'
        "<a:Three><rdf:Seq><rdf:li>3</rdf:li></rdf:Seq></a:Three></rdf:Description>"
    )
    assert parse_xmp(packet) == {"a:One": "1 & 2", "a:Two": "2", "a:Three": "3"}


@given(st.binary(max_size=300))
def test_any_bytes_are_tags_or_no_tags(data):
    for start in (b"", b"II*\x00\x08\x00\x00\x00", b"MM\x00*\x00\x00\x00\x08"):
        parse_tags(start + data)


def test_the_laser_range_finder_is_told_where_it_measured_something():
    tags = _xmp(
        LRFStatus="Normal",
        LRFTargetDistance="74.250",
        LRFTargetLon="127.1101",
        LRFTargetLat="37.3702",
        LRFTargetAlt="-1.5",
    )
    facts = placed(Tags({}, GPS), tags).facts
    assert facts["laser_distance_m"] == "74.25"
    assert facts["laser_target"] == "127.1101, 37.3702, -1.5"


def test_a_laser_range_finder_that_measured_nothing_is_silent():
    nothing = _xmp(LRFStatus="Normal", LRFTargetDistance="0.000", LRFTargetLon="0.0", LRFTargetLat="0.0")
    assert "laser_distance_m" not in placed(Tags({}, GPS), nothing).facts
    failed = _xmp(LRFStatus="OutOfRange", LRFTargetDistance="50.0")
    assert "laser_distance_m" not in placed(Tags({}, GPS), failed).facts
