"""One flight on an embedded copter, as a pure function: it is the same wherever it is worked out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from flight.simulator.copter import STEP_S, Copter
from flight.simulator.messages import mavlink
from flight.simulator.params import default_params, load_params
from flight.simulator.vehicle import Setup
from flight.sitl import AIRFRAME_FILE
from flight.wire import WireItem
from skyshade.day.hook import open_hook
from skyshade.day.tape import Ending, Fix, Stretch, gravest

SLICE_S = 0.5
STRETCH_SLICES = 20
LONGEST_S = 3600.0
SETTLE_S = 2.0
NEVER_S = 20.0
HOVER_A = 28.0  # what the embedded copter draws in a hover
# A weak battery brings it home, a nearly empty one down at once. Without radio or station it goes on: what is
# ahead of it is kept free of others, the straight way home is not.
CAREFUL = {
    "BATT_LOW_VOLT": 10.5,
    "BATT_CRT_VOLT": 9.9,
    "BATT_FS_LOW_ACT": 2,
    "BATT_FS_CRT_ACT": 1,
    "FS_OPTIONS": 16 + 2 + 1,
}
_STATION = mavlink.MAVLink(None, srcSystem=255, srcComponent=190)
_ARM, _START, _MODE = 400, 300, 176


@dataclass(frozen=True, slots=True)
class Fault:
    """Parameters set so many seconds after take-off."""

    after_s: float
    parameters: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Pack:
    """A battery: how long a full one holds the aircraft in a hover, seconds, and its charge (0..1)."""

    hover_s: float
    charge: float = 1.0


@dataclass(frozen=True, slots=True)
class Sortie:
    """A flight to be flown: its mission on the wire (home first), where it stands (degrees, metres over the
    sea), the UTC second it begins, the wind by time (UTC second, m/s, degrees it comes from), its battery
    and its faults.
    """

    items: tuple[WireItem, ...]
    lat: float
    lon: float
    elevation_m: float
    begin_s: float
    wind: tuple[tuple[float, float, float], ...]
    pack: Pack
    seed: int = 0
    faults: tuple[Fault, ...] = ()


def stretches(sortie: Sortie) -> Iterator[Stretch]:
    """Upload, arm, start, and look on until it has landed: the last stretch says how it ended."""
    flown = _Flown(sortie)
    flown.begin()
    while True:
        stretch = flown.stretch()
        yield stretch
        if stretch.ending is not None:
            return


@dataclass(slots=True)
class _Flown:
    """A copter while it flies its sortie; `_slices` of `SLICE_S` have passed."""

    sortie: Sortie
    _copter: Copter = field(init=False)
    _link: mavlink.MAVLink = field(default_factory=lambda: mavlink.MAVLink(None))
    _slices: int = 0
    _airborne_s: float | None = None
    _dropped: bool = False
    _to_the_end: bool = False
    _broken: list[Fault] = field(default_factory=list)
    _said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._copter = self._made()

    @property
    def _now_s(self) -> float:
        return self.sortie.begin_s + self._slices * SLICE_S

    def _made(self) -> Copter:
        sortie = self.sortie
        setup = Setup(
            sortie.lat, sortie.lon, sortie.elevation_m,
            seed=sortie.seed, ready_s=0.0, epoch_s=sortie.begin_s,
        )  # fmt: skip
        params = default_params()
        load_params(Path(str(files("sitl_configs") / AIRFRAME_FILE)), params)
        for name, value in CAREFUL.items():
            params.set(name, value)
        capacity_Ah = HOVER_A * sortie.pack.hover_s / 3600.0
        params.set("SIM_BATT_CAP_AH", capacity_Ah)
        params.set("BATT_CAPACITY", 1000.0 * capacity_Ah)
        copter = Copter(setup, params)
        copter.vehicle.battery.used_mah = 1000.0 * capacity_Ah * (1.0 - sortie.pack.charge)
        return copter

    def begin(self) -> None:
        """Send the mission, arm, and start it."""
        self._copter.join(0)
        self._weather()
        for _ in range(int(SETTLE_S / STEP_S)):
            self._copter.step()
        items = self.sortie.items
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

    def stretch(self) -> Stretch:
        """The next seconds."""
        fixes: list[Fix] = []
        texts: list[tuple[float, str]] = []
        while True:
            drop = self._slice()
            fixes.append(self._fix())
            texts += self._texts()
            over = self._over() or self._slices * SLICE_S >= LONGEST_S
            self._slices += 1
            if over or drop is not None or len(fixes) == STRETCH_SLICES:
                return Stretch(tuple(fixes), drop, tuple(texts), self._ending() if over else None)

    def _slice(self) -> Fix | None:
        """Half a second; where it let go, if it did."""
        copter, vehicle, drop = self._copter, self._copter.vehicle, None
        self._weather()
        open_hook(copter, self.sortie.items)
        for _ in range(round(SLICE_S / STEP_S)):
            before = vehicle.gripper.state
            copter.step()
            if before == "releasing" and vehicle.gripper.state == "released":
                drop = self._fix()
        if self._airborne_s is None and vehicle.flying:
            self._airborne_s = vehicle.time_s
        sequence = copter.auto.sequence
        self._to_the_end |= sequence.complete or sequence.nav_seq == len(self.sortie.items) - 1
        self._dropped |= drop is not None
        self._break()
        return drop

    def _texts(self) -> Iterator[tuple[float, str]]:
        for sent in self._copter.take():
            if sent.message.get_type() == "STATUSTEXT":
                text = str(sent.message.text).rstrip("\0")
                self._said.append(text)
                yield self._now_s, text

    def _break(self) -> None:
        """Faults whose time has come."""
        if self._airborne_s is None:
            return
        since_s = self._copter.vehicle.time_s - self._airborne_s
        for fault in self.sortie.faults:
            if fault.after_s <= since_s and fault not in self._broken:
                self._broken.append(fault)
                for name, value in fault.parameters.items():
                    self._copter.params.set(name, value)

    def _weather(self) -> None:
        """The wind that really blows, unless a fault made another."""
        if any("SIM_WIND_SPD" in fault.parameters for fault in self._broken):
            return
        past = [w for w in self.sortie.wind if w[0] <= self._now_s]
        _, speed_ms, from_deg = past[-1] if past else self.sortie.wind[0]
        params = self._copter.params
        if params["SIM_WIND_SPD"] != speed_ms or params["SIM_WIND_DIR"] != from_deg:
            params.set("SIM_WIND_SPD", speed_ms)
            params.set("SIM_WIND_DIR", from_deg)

    def _over(self) -> bool:
        """Down again and disarmed, or never armed at all."""
        vehicle = self._copter.vehicle
        if self._airborne_s is None:
            return vehicle.time_s > SETTLE_S + NEVER_S and not vehicle.armed
        return not vehicle.armed

    def _ending(self) -> Ending:
        vehicle = self._copter.vehicle  # it begins its mission anew in its mind when it is disarmed
        completed = self._to_the_end and not vehicle.armed
        problem = None if completed and self._dropped else gravest(self._said)
        return Ending(completed, problem, vehicle.gripper.state == "grabbed")

    def _fix(self) -> Fix:
        vehicle = self._copter.vehicle
        lat, lon = vehicle.ground.to_lat_lon(vehicle.air.position)
        altitude_m = vehicle.air.altitude_m + vehicle.air.height_m
        return Fix(self._now_s, lon, lat, altitude_m, vehicle.flying)
