"""What the copter makes of a parameter that nobody should set: the value it uses stays within these bounds.

As in ArduCopter the parameter keeps what a client wrote; only its use is bounded.
"""

_SPEED_CMS = (10.0, 5000.0)
_ACCEL_CMSS = (10.0, 2000.0)

USED: dict[str, tuple[float, float]] = {
    "ANGLE_MAX": (1000.0, 8000.0),
    "CIRCLE_RADIUS": (0.0, 200_000.0),
    "CIRCLE_RATE": (-90.0, 90.0),
    "LAND_ALT_LOW": (100.0, 10_000.0),
    "LAND_SPEED": (20.0, 500.0),
    "LAND_SPEED_HIGH": (0.0, 2000.0),
    "PILOT_SPEED_DN": (0.0, 2000.0),
    "PILOT_SPEED_UP": (20.0, 2000.0),
    "PSC_JERK_XY": (1.0, 20.0),
    "PSC_JERK_Z": (1.0, 50.0),
    "PSC_POSXY_P": (0.1, 4.0),
    "PSC_POSZ_P": (0.1, 4.0),
    "PSC_VELXY_D": (0.0, 1.0),
    "PSC_VELXY_I": (0.0, 4.0),
    "PSC_VELXY_P": (0.1, 8.0),
    "PSC_VELZ_P": (0.5, 10.0),
    "RTL_ALT": (30.0, 300_000.0),
    "RTL_ALT_FINAL": (0.0, 300_000.0),
    "RTL_CLIMB_MIN": (0.0, 300_000.0),
    "RTL_SPEED": (0.0, 5000.0),
    "SIM_BATT_VOLTAGE": (0.0, 60.0),
    "SIM_GPS_NUMSATS": (0.0, 99.0),
    "SIM_SLUP_WEIGHT": (0.0, 15.0),
    "SIM_WIND_DIR": (-360.0, 360.0),
    "SIM_WIND_SPD": (0.0, 100.0),
    "SIM_WIND_TC": (0.1, 3600.0),
    "SIM_WIND_TURB": (0.0, 100.0),
    "WINCH_RATE_MAX": (0.0, 10.0),
    "WPNAV_ACCEL": _ACCEL_CMSS,
    "WPNAV_ACCEL_C": (0.0, 2000.0),
    "WPNAV_ACCEL_Z": _ACCEL_CMSS,
    "WPNAV_JERK": (1.0, 20.0),
    "WPNAV_RADIUS": (5.0, 10_000.0),
    "WPNAV_SPEED": _SPEED_CMS,
    "WPNAV_SPEED_DN": _SPEED_CMS,
    "WPNAV_SPEED_UP": _SPEED_CMS,
}

# MAV_PARAM_TYPE of whole numbers: what they can hold.
INTEGERS: dict[int, tuple[int, int]] = {
    1: (0, 2**8 - 1),
    2: (-(2**7), 2**7 - 1),
    3: (0, 2**16 - 1),
    4: (-(2**15), 2**15 - 1),
    5: (0, 2**32 - 1),
    6: (-(2**31), 2**31 - 1),
}

HIGHEST_M = 83_000.0  # no height, up or down, is taken beyond this
FARTHEST_M = 20_000_000.0  # half round the Earth


def within(value: float, bounds: tuple[float, float]) -> float:
    """The value, or the bound it is beyond."""
    return max(bounds[0], min(bounds[1], value))
