"""From DJI's "iirp" raw values to temperature: black body kelvin, a transmission table, a grey body in air.

    Tb^4 = tau (e T^4 + (1 - e) Tr^4) + (1 - tau) Ta^4,   all in kelvin

tau comes from a table in the file: columns by distance, rows by object temperature in steps of 25 degrees,
row 1 at 0 C. Humidity then scales it: tau * d^(-gain C(vapour pressure) S(temperature)). The law and its
numbers were found by probing the camera maker's own decoder with swept parameters (6,000 answers); they agree
with it to 0.05 K RMSE or better on every camera that was probed.
"""

import functools
from dataclasses import dataclass

import numpy as np

from core.geo import FloatArray
from core.units import CELSIUS_ZERO_K
from thermal.frame import CelsiusArray, Radiometry
from thermal.radiometry import filled, known

LEVELS = 16384  # 14 bit raw values
STEP_K = 1.0 / 16.0
FULL = 16384.0  # the table's 1.0
MEASURED_TO_M = 25.0  # the maker's decoder takes no more; farther columns are read as the table continues
_ROW_STEP_C = 25.0
_SATURATION_HPA = 14.216
_SLOPE = 1.7366
# distance of table columns, metres; linear in between
_COLUMN = (0.0, 19.0, 27.0, 37.0, 45.0, 51.0, 59.0, 63.0, 68.0, 78.0, 82.0, 87.0)
_DISTANCE_M = (0.25, 1.2, 2.0, 4.0, 8.0, 14.0, 30.0, 50.0, 100.0, 300.0, 500.0, 1000.0)
# S over object temperature, degrees Celsius; 0 below 0
_WARMTH_C = (0, 2, 3, 4, 5, 6, 8, 10, 12.5, 15, 20, 25, 30, 35, 40, 50, 60, 75, 90, 150)
_WARMTH = (
    *(0.0, 0.00056, 0.0011, 0.0017, 0.00227, 0.00284, 0.00392, 0.00498, 0.00624, 0.00746),
    *(0.00974, 0.01182, 0.01374, 0.0155, 0.01715, 0.02005, 0.02254, 0.02563, 0.02843, 0.0396),
)
# what cameras without a table of their own come close to: flat beyond 5 m
_USUAL_M = (0.25, 1.0, 2.0, 5.0)
_USUAL_TAU = (1.0, 0.943, 0.896, 0.831)


@dataclass(frozen=True, slots=True)
class Air:
    """What a file says of the air: its transmission table and how strongly humidity acts.

    `table` holds little-endian uint16 rows of `columns` values, 16384 = 1.0; empty = the file has none and
    usual values are used. `gain`, `most` and `far_m` bound the humidity term.
    """

    table: bytes = b""
    columns: int = 0
    gain: float = 1.0
    most: float = 1.292
    far_m: float = float("inf")

    @property
    def rows(self) -> FloatArray:
        """The table as fractions, float64 (rows, columns)."""
        return np.frombuffer(self.table, "<u2").reshape(-1, self.columns) / FULL


def transmission(
    air: Air, *, distance_m: float, humidity: float, ambient_C: float, object_C: FloatArray
) -> FloatArray:
    """Transmission for objects at `object_C` (n,), float64 (n,). `humidity` relative 0..1."""
    if not air.table:
        return np.full(object_C.shape, np.interp(distance_m, _USUAL_M, _USUAL_TAU))
    dry = _from_table(air, distance_m, object_C)
    reach = np.log(np.clip(distance_m, 1.0, air.far_m))
    warmth = np.interp(object_C, _WARMTH_C, _WARMTH)
    return np.asarray(dry * np.exp(-_damp(air, humidity, ambient_C) * warmth * reach), float)


def _damp(air: Air, humidity: float, ambient_C: float) -> float:
    """Strength of the humidity term: logarithmic in vapour pressure (Magnus formula, WMO-No. 8), clipped."""
    pressure_hpa = humidity * 6.112 * np.exp(17.62 * ambient_C / (243.12 + ambient_C))
    strength = _SLOPE * np.log(max(pressure_hpa, 1e-6) / _SATURATION_HPA)
    return air.gain * float(np.clip(strength, -1.0, air.most))


def _from_table(air: Air, distance_m: float, object_C: FloatArray) -> FloatArray:
    rows = air.rows
    column = min(float(np.interp(distance_m, _DISTANCE_M, _COLUMN)), rows.shape[1] - 1.0)
    left = int(column)
    right = min(left + 1, rows.shape[1] - 1)
    line = rows[:, left] + (column - left) * (rows[:, right] - rows[:, left])
    return np.asarray(np.interp(object_C / _ROW_STEP_C + 1.0, np.arange(len(line)), line), float)


def dji_celsius(air: Air, p: Radiometry, raw: FloatArray) -> FloatArray:
    """Object temperature in degrees Celsius of 14 bit raw values (n,), float64; NaN where there is no answer.

    A first guess with the table's coldest row chooses the row and the humidity term.
    """
    p = filled(p)
    distance_m, humidity, ambient_C = known(p.distance_m), known(p.humidity), known(p.ambient_C)
    coldest = np.full(1, -_ROW_STEP_C)
    first = (
        _from_table(air, distance_m, coldest)
        if air.table
        else np.array([np.interp(distance_m, _USUAL_M, _USUAL_TAU)])
    )
    guess = _through(p, raw, first)
    tau = transmission(
        air,
        distance_m=distance_m,
        humidity=humidity,
        ambient_C=ambient_C,
        object_C=np.nan_to_num(guess, nan=-_ROW_STEP_C),
    )
    return _through(p, raw, tau)


def _through(p: Radiometry, raw: FloatArray, tau: FloatArray) -> FloatArray:
    """Solve the grey body law for the object, in degrees Celsius."""
    e = known(p.emissivity)
    if e <= 0 or not np.all(tau > 0):
        raise ValueError("emissivity and transmission must be > 0 to tell a temperature")
    air, surroundings = ((known(t) + CELSIUS_ZERO_K) ** 4 for t in (p.ambient_C, p.reflected_C))
    leaving = ((raw * STEP_K) ** 4 - (1.0 - tau) * air) / tau
    fourth = (leaving - (1.0 - e) * surroundings) / e
    with np.errstate(invalid="ignore"):
        kelvin = np.where(fourth > 0, fourth, np.nan) ** 0.25
    return kelvin - CELSIUS_ZERO_K


@functools.lru_cache(maxsize=16)
def dji_table(air: Air, p: Radiometry) -> CelsiusArray:
    """Temperature of every 14 bit raw value, float32 (16384,); made once per set of parameters."""
    table = dji_celsius(air, p, np.arange(LEVELS, dtype=float)).astype(np.float32)
    table.flags.writeable = False
    return table
