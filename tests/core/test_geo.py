import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from core.geo import Altitude, Datum, LocalFrame, LonLat, bearing_deg, destination, distance_m, path_length_m

TANCHEON = LonLat(127.11, 37.37)
near = st.floats(-3000, 3000)


@given(near, near)
def test_local_metres_and_degrees_are_inverse(east, north):
    frame = LocalFrame(TANCHEON)
    back = frame.point(frame.place(east, north))
    assert np.allclose(back, (east, north), atol=1e-3)  # PROJ snaps places within 0.7 mm to the origin


@given(near, near)
def test_the_frame_is_exact_from_its_origin(east, north):
    place = LocalFrame(TANCHEON).place(east, north)
    assert math.isclose(distance_m(TANCHEON, place), math.hypot(east, north), abs_tol=1e-3)


@given(st.floats(0, 359.9), st.floats(1, 20_000))
def test_destination_lies_at_its_bearing_and_distance(bearing, metres):
    there = destination(TANCHEON, bearing, metres)
    assert math.isclose(distance_m(TANCHEON, there), metres, rel_tol=1e-9, abs_tol=1e-7)
    assert math.isclose(math.cos(math.radians(bearing_deg(TANCHEON, there) - bearing)), 1.0, abs_tol=1e-9)


def test_a_path_is_as_long_as_pyproj_says():
    path = [TANCHEON, LonLat(127.12, 37.37), LonLat(127.12, 37.38)]
    expected = Geod(ellps="WGS84").line_length([p.lon for p in path], [p.lat for p in path])
    assert math.isclose(path_length_m(path), expected, rel_tol=1e-12)
    assert path_length_m([TANCHEON]) == 0.0


@pytest.mark.parametrize(("lon", "lat"), [(181, 0), (0, 91), (math.nan, 0), (0, -90.1)])
def test_a_place_off_the_earth_is_refused_with_its_value(lon, lat):
    with pytest.raises(ValueError, match=r"must be in"):
        LonLat(lon, lat)


def test_an_altitude_must_be_finite():
    with pytest.raises(ValueError, match="finite"):
        Altitude(math.inf, Datum.HOME)
