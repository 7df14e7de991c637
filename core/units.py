"""Named conversions between values and their form on the wire or in a file, each once."""

import math

CELSIUS_ZERO_K = 273.15
STANDARD_GRAVITY_MS2 = 9.80665


def deg_to_e7(degrees: float) -> int:
    """Degrees to 1e7 degrees, rounded (MAVLink int32 latitude and longitude)."""
    return round(degrees * 1e7)


def e7_to_deg(value: int) -> float:
    """1e7 degrees to degrees."""
    return value / 1e7


def m_to_cm(metres: float) -> int:
    """Metres to centimetres, rounded."""
    return round(metres * 100.0)


def cm_to_m(value: float) -> float:
    """Centimetres to metres."""
    return value / 100.0


def m_to_mm(metres: float) -> int:
    """Metres to millimetres, rounded."""
    return round(metres * 1000.0)


def mm_to_m(value: float) -> float:
    """Millimetres to metres."""
    return value / 1000.0


def mv_to_v(value: float) -> float:
    """Millivolts to volts."""
    return value / 1000.0


def v_to_mv(volts: float) -> int:
    """Volts to millivolts, rounded."""
    return round(volts * 1000.0)


def ca_to_a(value: float) -> float:
    """Centiamperes to amperes."""
    return value / 100.0


def celsius_to_kelvin(celsius: float) -> float:
    """Degrees Celsius to kelvin."""
    return celsius + CELSIUS_ZERO_K


def kelvin_to_celsius(kelvin: float) -> float:
    """Kelvin to degrees Celsius."""
    return kelvin - CELSIUS_ZERO_K


def wrap_deg_360(degrees: float) -> float:
    """An angle in degrees brought into [0, 360)."""
    wrapped = math.fmod(degrees, 360.0)
    wrapped = wrapped + 360.0 if wrapped < 0 else wrapped
    return 0.0 if wrapped >= 360.0 else wrapped


def wrap_deg_180(degrees: float) -> float:
    """An angle in degrees brought into [-180, 180)."""
    return wrap_deg_360(degrees + 180.0) - 180.0
