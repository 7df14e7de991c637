"""How alike the embedded copter and real ArduPilot fly: the same missions on both, calm and in wind.

Tracks are horizontal, in metres, and aligned at take-off (the moment 1 m above home). "across" compares
places: the root mean square distance from each place of the embedded copter's track to ArduPilot's line.
"at equal time" compares the two at the same second after take-off, so that a difference of a second at 10 m/s
counts as 10 m; the goal is for the first, the second is told beside it. Flown time runs from take-off to the
motors' stop. Shots are compared line by line.

Usage: python benchmarks/embedded_likeness.py [FOLDER [NAME ...]]
FOLDER keeps ArduPilot's flights, and is read instead of flying them again.
"""

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from likeness_missions import missions

from core.geo import FloatArray, LocalFrame
from core.units import e7_to_deg
from flight.fly import fly_mission
from flight.locations import Start
from flight.sitl import VehicleKind, start_vehicle
from flight.tlog import messages
from missions.model import Mission

WINDS_MS = (0.0, 8.0)
WIND_FROM_DEG = 225.0
SPEEDUP: dict[VehicleKind, float] = {"ardupilot": 12.0, "embedded": 40.0}
INSTANCE = 75
TIME_GOAL, TRACK_GOAL_M, SHOTS_GOAL = 0.05, 2.0, 1
OFF_GROUND_M = 1.0


@dataclass(frozen=True, slots=True)
class Flight:
    """`track` rows: seconds after take-off, east, north, up in metres; `shots` seconds; `ended_s` too."""

    track: FloatArray
    shots: FloatArray
    ended_s: float


def fly(kind: VehicleKind, mission: Mission, wind_ms: float, folder: Path) -> Path:
    """Fly and record; the recording."""
    log = folder / "flight.tlog"
    if log.exists():
        return log
    with tempfile.TemporaryDirectory() as name:
        wind = Path(name) / "wind.parm"
        wind.write_text(f"SIM_WIND_SPD {wind_ms}\nSIM_WIND_DIR {WIND_FROM_DEG}\n", encoding="ascii")
        home = Start(mission.home.position, mission.home.elevation_m or 0.0)
        speedup = SPEEDUP[kind]
        with start_vehicle(
            kind, home=home, speedup=speedup, params=[wind], instance=INSTANCE, work_dir=folder / "vehicle"
        ) as vehicle:
            part = folder / "under way"
            record = fly_mission(mission, vehicle, part)
    if not record.completed:
        raise SystemExit(f"{part}: {kind} did not complete the mission: {record.aborted}")
    (part / log.name).rename(log)
    return log


def read(log: Path, mission: Mission) -> Flight:
    """The flight in a recording."""
    frame, rows, shots, stopped_ms = LocalFrame(mission.home.position), [], [], 0.0
    for message in messages(log, ("GLOBAL_POSITION_INT", "CAMERA_FEEDBACK", "HEARTBEAT"), system=1):
        f = message.fields
        if message.name == "GLOBAL_POSITION_INT":
            east, north = frame.to_local(e7_to_deg(f["lon"]), e7_to_deg(f["lat"]))
            rows.append((f["time_boot_ms"] / 1000.0, east, north, f["relative_alt"] / 1000.0))
        elif message.name == "CAMERA_FEEDBACK":
            shots.append(rows[-1][0])
        elif rows and f["base_mode"] & 128:
            stopped_ms = rows[-1][0]
    track = np.array(rows)
    first = int(np.argmax(track[:, 3] > OFF_GROUND_M))
    took_off_s = float(
        np.interp(OFF_GROUND_M, track[first - 1 : first + 1, 3], track[first - 1 : first + 1, 0])
    )
    track[:, 0] -= took_off_s
    kept = track[(track[:, 0] >= 0.0) & (track[:, 0] <= stopped_ms - took_off_s)]
    return Flight(kept, np.array(shots) - took_off_s, stopped_ms - took_off_s)


def across_m(real: Flight, ours: Flight) -> float:
    """RMS distance from our places to the real line."""
    line = shapely.LineString(real.track[:, 1:3])
    return rms(shapely.distance(shapely.points(ours.track[:, 1:3]), line))


def at_equal_time_m(real: Flight, ours: Flight) -> float:
    """RMS distance at the same second after take-off."""
    times = np.arange(0.0, min(real.track[-1, 0], ours.track[-1, 0]), 0.2)
    east, north = (
        np.interp(times, real.track[:, 0], real.track[:, axis])
        - np.interp(times, ours.track[:, 0], ours.track[:, axis])
        for axis in (1, 2)
    )
    return rms(np.hypot(east, north))


def rms(values: FloatArray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(values))))


def lines(shots: FloatArray) -> list[int]:
    """Shots a line: a new line begins where the camera paused."""
    if len(shots) < 2:
        return [len(shots)] if len(shots) else []
    gaps = np.diff(shots)
    ends = np.flatnonzero(gaps > 2.5 * np.median(gaps)) + 1
    return [len(part) for part in np.split(shots, ends)]


def shots_apart(real: Flight, ours: Flight) -> str:
    """The largest difference on a line, and all of them."""
    theirs, mine = lines(real.shots), lines(ours.shots)
    if not theirs and not mine:
        return "none"
    if len(theirs) != len(mine):
        return f"{len(mine)} lines, not {len(theirs)}"
    most = max(abs(a - b) for a, b in zip(theirs, mine, strict=True))
    mark = "" if most <= SHOTS_GOAL else " MISSED"
    return f"{most} of {len(theirs)} lines ({len(ours.shots)} / {len(real.shots)} in all){mark}"


def row(name: str, wind_ms: float, real: Flight, ours: Flight) -> str:
    """One line of the table."""
    time = ours.ended_s / real.ended_s - 1.0
    apart, timed = across_m(real, ours), at_equal_time_m(real, ours)
    cells = (
        name, f"{wind_ms:g}", f"{real.ended_s:.1f}", f"{ours.ended_s:.1f}",
        f"{time:+.1%}{'' if abs(time) <= TIME_GOAL else ' MISSED'}",
        f"{apart:.2f}{'' if apart <= TRACK_GOAL_M else ' MISSED'}",
        f"{timed:.2f}", shots_apart(real, ours),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    if not os.environ.get("SKYSHADE_ARDUCOPTER"):
        print("SKYSHADE_ARDUCOPTER names no ArduPilot SITL: nothing to compare with")
        return
    kept = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="likeness-"))
    chosen = sys.argv[2:]
    print(
        f"goals: flown time within {TIME_GOAL:.0%}, track within {TRACK_GOAL_M:g} m RMS, a line's shots "
        f"within {SHOTS_GOAL};\nwind from {WIND_FROM_DEG:g} degrees, less near the ground, as in SITL\n"
    )
    print("| mission | wind m/s | ArduPilot s | embedded s | time | across m | at equal time m | shots |")
    print(f"|{'---|' * 8}", flush=True)
    for name, mission in missions().items():
        if chosen and name not in chosen:
            continue
        for wind_ms in WINDS_MS:
            folder = kept / f"{name} {wind_ms:g}"
            real = read(fly("ardupilot", mission, wind_ms, folder), mission)
            with tempfile.TemporaryDirectory() as own:
                ours = read(fly("embedded", mission, wind_ms, Path(own)), mission)
            print(row(name, wind_ms, real, ours), flush=True)


if __name__ == "__main__":
    main()
