"""Delivery's `Flier` on an embedded copter inside this process, its time the day's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from core.clock import Clock
from core.geo import LonLat
from delivery.flier import Confirmation, Outcome
from flight.gripper import RELEASED
from flight.simulator.copter import STEP_S, Copter
from flight.simulator.messages import mavlink
from flight.simulator.params import default_params, load_params
from flight.simulator.vehicle import Setup
from flight.sitl import AIRFRAME_FILE
from flight.wire import mission_to_wire
from missions.model import Mission

SLICE_S = 0.5
# A weak battery brings it home, a nearly empty one down at once.
CAREFUL = {"BATT_LOW_VOLT": 10.5, "BATT_CRT_VOLT": 9.9, "BATT_FS_LOW_ACT": 2, "BATT_FS_CRT_ACT": 1}
LONGEST_S = 3600.0
SETTLE_S = 2.0
NEVER_S = 20.0
_STATION = mavlink.MAVLink(None, srcSystem=255, srcComponent=190)
_ARM, _START, _MODE = 400, 300, 176


@dataclass(frozen=True, slots=True)
class Fix:
    """Where an aircraft was: UTC seconds, place, metres above sea level, and whether it was in the air."""

    time_s: float
    lon: float
    lat: float
    altitude_m: float
    airborne: bool


@dataclass(slots=True)
class Tape:
    """What the copter itself knows of a flight: its true places each second, and each time it let go."""

    flight: str
    aircraft: str
    fixes: list[Fix] = field(default_factory=list)
    drops: list[Fix] = field(default_factory=list)
    texts: list[tuple[float, str]] = field(default_factory=list)


OnFix = Callable[[Fix], None]


@dataclass(slots=True)
class Lockstep:
    """Flies one mission on a copter of its own.

    `air` gives the wind (m/s, degrees it comes from) at a UTC second; `faults` are parameters to set at
    seconds after take-off.
    """

    clock: Clock
    tape: Tape
    air: Callable[[float], tuple[float, float]]
    on_fix: OnFix
    seed: int = 0
    faults: list[tuple[float, Mapping[str, float]]] = field(default_factory=list)
    _copter: Copter = field(init=False)
    _airborne_s: float | None = None
    _link: mavlink.MAVLink = field(default_factory=lambda: mavlink.MAVLink(None))

    def fly(self, mission: Mission, _folder: Path, on_release: Callable[[Confirmation], None]) -> Outcome:
        """Upload, arm, start, and look on until it has landed."""
        begin_s = self.clock.utc_s()
        self._copter = self._made(mission)
        self._begin(mission)
        word: Confirmation | None = None
        while self.clock.utc_s() - begin_s < LONGEST_S:
            self._slice()
            if word is None and self.tape.drops:
                word = self._word(mission)
                on_release(word)
            if self._over():
                break
            self.clock.sleep(SLICE_S)
        return self._outcome(mission, self.clock.utc_s() - begin_s, word)

    def _outcome(self, mission: Mission, flown_s: float, word: Confirmation | None) -> Outcome:
        copter = self._copter
        to_the_end = copter.auto.sequence.complete or copter.auto.sequence.nav_seq == len(mission.items)
        completed = to_the_end and not copter.vehicle.armed
        problem = None if completed and word is not None else self._problem()
        held = copter.vehicle.gripper.state == "grabbed"
        return Outcome(completed, flown_s, word, None, problem, True if word is None and held else None)

    def _problem(self) -> str:
        """What the copter said of it."""
        said = [text for _, text in self.tape.texts]
        grave = [text for text in said if "ailsafe" in text or "rror" in text]
        return grave[0] if grave else said[-1] if said else "it did not take off"

    def _made(self, mission: Mission) -> Copter:
        home = mission.home
        setup = Setup(
            home.position.lat, home.position.lon, home.elevation_m or 0.0,
            seed=self.seed, ready_s=0.0, epoch_s=self.clock.utc_s(),
        )  # fmt: skip
        params = default_params()
        load_params(Path(str(files("sitl_configs") / AIRFRAME_FILE)), params)
        for name, value in CAREFUL.items():
            params.set(name, value)
        copter = Copter(setup, params)
        copter.join(0)
        self._weather(copter)
        for _ in range(int(SETTLE_S / STEP_S)):
            copter.step()
        return copter

    def _begin(self, mission: Mission) -> None:
        items = mission_to_wire(mission)
        self._send(mavlink.MAVLink_mission_count_message(1, 1, len(items), 0))
        for number, item in enumerate(items):
            values = (item.frame, item.command, 0, 1, *item.params, item.x, item.y, item.z, 0)
            self._send(mavlink.MAVLink_mission_item_int_message(1, 1, number, *values))
        for command, *params in ((_MODE, 1, 4), (_ARM, 1), (_MODE, 1, 3), (_START,)):
            full = [*params, *[0.0] * (7 - len(params))]
            self._send(mavlink.MAVLink_command_long_message(1, 1, command, 0, *full))

    def _send(self, message: Any) -> None:
        """Hand over a message as it comes off a wire."""
        for decoded in self._link.parse_buffer(message.pack(_STATION)) or ():
            self._copter.handle(decoded)

    def _slice(self) -> None:
        copter, vehicle = self._copter, self._copter.vehicle
        self._weather(copter)
        for _ in range(round(SLICE_S / STEP_S)):
            before = vehicle.gripper.state
            copter.step()
            if before == "releasing" and vehicle.gripper.state == "released":
                self.tape.drops.append(self._fix())
        self._airborne_s = vehicle.time_s if self._airborne_s is None and vehicle.flying else self._airborne_s
        self._break()
        fix = self._fix()
        self.tape.fixes.append(fix)
        self.on_fix(fix)
        for sent in copter.take():
            if sent.message.get_type() == "STATUSTEXT":
                self.tape.texts.append((fix.time_s, str(sent.message.text).rstrip("\0")))

    def _break(self) -> None:
        """Faults whose time has come."""
        if self._airborne_s is None:
            return
        due = [f for f in self.faults if self._copter.vehicle.time_s - self._airborne_s >= f[0]]
        for fault in due:
            self.faults.remove(fault)
            for name, value in fault[1].items():
                self._copter.params.set(name, value)

    def _weather(self, copter: Copter) -> None:
        speed_ms, from_deg = self.air(self.clock.utc_s())
        if copter.params["SIM_WIND_SPD"] != speed_ms or copter.params["SIM_WIND_DIR"] != from_deg:
            copter.params.set("SIM_WIND_SPD", speed_ms)
            copter.params.set("SIM_WIND_DIR", from_deg)

    def _over(self) -> bool:
        """Down again and disarmed, or never armed at all."""
        vehicle = self._copter.vehicle
        if self._airborne_s is None:
            return vehicle.time_s > SETTLE_S + NEVER_S and not vehicle.armed
        return not vehicle.armed

    def _word(self, mission: Mission) -> Confirmation:
        drop = self.tape.drops[0]
        height_m = drop.altitude_m - (mission.home.elevation_m or 0.0)
        return Confirmation(drop.time_s, LonLat(drop.lon, drop.lat), RELEASED, height_m)

    def _fix(self) -> Fix:
        vehicle = self._copter.vehicle
        lat, lon = vehicle.ground.to_lat_lon(vehicle.air.position)
        altitude_m = vehicle.air.altitude_m + vehicle.air.height_m
        return Fix(self.clock.utc_s(), lon, lat, altitude_m, vehicle.flying)
