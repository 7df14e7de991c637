"""Flown time against the time estimated beforehand: missions on both simulators, calm and at 8 m/s of wind.

The estimator (missions/energy.py, missions/flightpath.py) knows the plan, the aircraft file sitl-quad, the
wind and how it falls off below 60 m (SITL's own profile), and the vehicle's RTL_ALT and RTL_LOIT_TIME. It
shares no code with either simulator. Time runs from leaving the ground to the motors' stop. The missions
"held out" were drawn at random and took no part in choosing any constant.

Usage: SKYSHADE_ARDUCOPTER=... python benchmarks/flight_time.py [FOLDER [NAME ...]]
FOLDER keeps flights, and is read instead of flying them again. Without ArduPilot only the embedded copter
flies. `--no-demo` leaves out the demo's survey and delivery.
"""

import os
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import embedded_likeness
from embedded_likeness import WIND_FROM_DEG, WINDS_MS, fly, read
from likeness_missions import RETURN, at, do, mission, missions

from core.wind import Wind
from flight.sitl import VehicleKind
from missions.aircraft import load_aircraft
from missions.energy import path_cost
from missions.flightpath import Autopilot, flight_path
from missions.model import Command, Mission
from missions.windprofile import WindProfile

GOAL = 0.05
AUTOPILOT = Autopilot(rtl_alt_m=30.0, rtl_wait_s=2.0)
FULL_WIND_M, EXPONENT = 60.0, 0.5  # SITL: the wind grows with the root of the height up to SIM_WIND_T_ALT
LIFT_OFF_S = 0.9  # from the ground to the metre at which a recording's clock starts
KINDS: tuple[VehicleKind, ...] = ("ardupilot", "embedded")


def held_out(seed: int) -> Mission:
    """Eight places at random, with waits, changes of speed, corners of any angle and legs of any length."""
    chance = random.Random(seed)
    items = []
    for _ in range(8):
        if chance.random() < 0.3:
            items.append(do(Command.DO_CHANGE_SPEED, 1, chance.uniform(3, 10), -1))
        wait = chance.choice((0, 0, 0, round(chance.uniform(1, 9))))
        reach = chance.choice((40, 150, 300))
        place = chance.uniform(-reach, reach), chance.uniform(-reach, reach), chance.uniform(20, 70)
        items.append(at(*place, wait))
    return mission(chance.uniform(20, 40), *items, RETURN)


def estimate_s(made: Mission, wind_ms: float) -> float:
    """What the planner says."""
    craft = load_aircraft("sitl-quad")
    wind = WindProfile(Wind(wind_ms, WIND_FROM_DEG), FULL_WIND_M, EXPONENT)
    path = flight_path(made, craft, None, AUTOPILOT)
    return path_cost(path.points, craft, wind).duration_s


def all_missions() -> dict[str, Mission]:
    """The missions of the likeness benchmark, and three drawn at random."""
    drawn = {f"held out {seed}": held_out(seed) for seed in (1, 2, 3)}
    return {**missions(demo="--no-demo" not in sys.argv), **drawn}


def rows(kept: Path, chosen: list[str]) -> Iterator[tuple[str, float]]:
    """Lines of the table, each with its worst error."""
    kinds = [k for k in KINDS if k != "ardupilot" or os.environ.get("SKYSHADE_ARDUCOPTER")]
    for name, made in all_missions().items():
        if chosen and name not in chosen:
            continue
        for wind_ms in WINDS_MS:
            told = estimate_s(made, wind_ms)
            cells, errors = [name, f"{wind_ms:g}", f"{told:.1f}"], []
            for kind in kinds:
                log = fly(kind, made, wind_ms, kept / kind / f"{name} {wind_ms:g}")
                flown = read(log, made).ended_s + LIFT_OFF_S
                errors.append(told / flown - 1.0)
                mark = "" if abs(errors[-1]) <= GOAL else " MISSED"
                cells += [f"{flown:.1f}", f"{errors[-1]:+.1%}{mark}"]
            yield f"| {' | '.join(cells)} |", max(map(abs, errors))


def main() -> None:
    embedded_likeness.INSTANCE = 61
    embedded_likeness.SPEEDUP = {"ardupilot": 10.0, "embedded": 40.0}
    names = [a for a in sys.argv[1:] if not a.startswith("--")]
    kept = Path(names[0]) if names else Path(tempfile.mkdtemp(prefix="flight-time-"))
    real = bool(os.environ.get("SKYSHADE_ARDUCOPTER"))
    heads = ["ArduPilot s", "error"] * real + ["embedded s", "error"]
    print(f"goal: within {GOAL:.0%}; wind from {WIND_FROM_DEG:g} degrees\n")
    print(f"| mission | wind m/s | estimated s | {' | '.join(heads)} |")
    print(f"|{'---|' * (3 + len(heads))}", flush=True)
    worst = 0.0
    for line, error in rows(kept, names[1:]):
        print(line, flush=True)
        worst = max(worst, error)
    print(f"\nworst {worst:.1%}")


if __name__ == "__main__":
    main()
