"""An aircraft's power calibrated from a flight's log: what it took at which airspeed and climb."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.geo import FloatArray
from missions.aircraft import Aircraft
from missions.power import power_W

LEAST_SAMPLES = 20
DRAG_M2 = (0.001, 2.0)


@dataclass(frozen=True, slots=True)
class PowerSample:
    """What the battery gave at one moment: airspeed and climb in m/s, watts."""

    airspeed_ms: float
    climb_ms: float
    watts: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The aircraft with its hover power, induced relief and drag area fitted; `rms_W` is what is left over.

    `fast` is False where no sample was fast enough to tell the drag: then only the hover power is fitted.
    """

    aircraft: Aircraft
    rms_W: float
    samples: int
    fast: bool


def calibrate(
    aircraft: Aircraft, samples: Sequence[PowerSample], *, payload_kg: float = 0.0, density: float = 1.225
) -> Calibration:
    """Fit power to samples (soft-L1, so that gusts and glitches pull little).

    Drag and relief are fitted where samples reach 6 m/s and spread over 3 m/s. Raises `ValueError` for too
    few samples, or ones that no such aircraft could have.
    """
    from scipy.optimize import least_squares

    good = [
        s for s in samples if all(map(math.isfinite, (s.airspeed_ms, s.climb_ms, s.watts))) and s.watts > 0
    ]
    if len(good) < LEAST_SAMPLES:
        raise ValueError(f"{len(good)} samples of power in flight; at least {LEAST_SAMPLES} are needed")
    speeds = np.array([s.airspeed_ms for s in good])
    fast = bool(np.quantile(speeds, 0.9) >= 6.0 and np.ptp(speeds) >= 3.0)
    asked = np.array([s.watts for s in good])
    level = float(np.median(asked))

    def made(x: FloatArray) -> Aircraft:
        drag, relief = (
            (math.exp(x[1]), float(x[2])) if fast else (aircraft.drag_area_m2, aircraft.induced_relief)
        )
        return replace(aircraft, hover_power_W=math.exp(x[0]), drag_area_m2=drag, induced_relief=relief)

    def off(x: FloatArray) -> FloatArray:
        craft = made(x)
        told = [
            power_W(craft, s.airspeed_ms, s.climb_ms, payload_kg=payload_kg, density=density) for s in good
        ]
        gaps: FloatArray = (np.array(told) - asked) / level
        return gaps

    least = math.log(aircraft.ideal_hover_W + aircraft.avionics_W) + 1e-6
    start = [max(least + 0.01, math.log(level)), math.log(min(max(aircraft.drag_area_m2, 0.002), 1.9)), 0.4]
    low, high = [least, math.log(DRAG_M2[0]), 0.0], [least + 4.0, math.log(DRAG_M2[1]), 1.0]
    found = least_squares(off, start, bounds=(low, high), loss="soft_l1", f_scale=0.05)
    rms = float(np.sqrt(np.mean(np.square(off(found.x))))) * level
    return Calibration(made(found.x), rms, len(good), fast)
