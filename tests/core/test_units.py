import math

from hypothesis import given
from hypothesis import strategies as st

from core import units


@given(st.floats(-180, 180))
def test_degrees_survive_the_wire_to_half_a_unit(degrees):
    assert abs(units.e7_to_deg(units.deg_to_e7(degrees)) - degrees) <= 0.5e-7 + 1e-12


@given(st.floats(-1e6, 1e6))
def test_wrapped_angles_are_the_same_direction(degrees):
    a, b = units.wrap_deg_180(degrees), units.wrap_deg_360(degrees)
    assert -180 <= a < 180
    assert 0 <= b < 360
    assert math.isclose(math.cos(math.radians(a)), math.cos(math.radians(degrees)), abs_tol=1e-8)
    assert math.isclose(math.sin(math.radians(b)), math.sin(math.radians(degrees)), abs_tol=1e-8)


def test_each_conversion_has_its_inverse():
    assert units.cm_to_m(units.m_to_cm(12.34)) == 12.34
    assert units.mm_to_m(units.m_to_mm(1.234)) == 1.234
    assert units.mv_to_v(units.v_to_mv(12.6)) == 12.6
    assert units.kelvin_to_celsius(units.celsius_to_kelvin(36.5)) == 36.5
    assert units.ca_to_a(250) == 2.5
