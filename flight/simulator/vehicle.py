"""The vehicle's state, shared by modes, commands, failsafes and telemetry, and the small verbs on it."""

import math
import random
from dataclasses import dataclass, field
from typing import Protocol

from core.units import deg_to_e7, m_to_mm
from flight.simulator.airframe import MASS_KG, YAW_LAG_S, Airframe
from flight.simulator.battery import Battery
from flight.simulator.camera import Trigger
from flight.simulator.cargo import Cargo
from flight.simulator.control import Controller, Target
from flight.simulator.fence import Fence
from flight.simulator.geometry import Ground, heading
from flight.simulator.legs import Point
from flight.simulator.limits import within
from flight.simulator.messages import Message, ModeNumber, Outgoing, Severity, mavlink
from flight.simulator.missionitems import Item
from flight.simulator.navigator import Navigator
from flight.simulator.params import Params
from flight.simulator.payload import Gripper, Winch
from flight.simulator.terrain import Terrain
from flight.simulator.trail import Trail
from flight.simulator.wind import Wind

_TEXT_BYTES = 50
_LATE_SHARE = 1.87 / 41.6  # of starting: how much later it begins where no receiver is heard
_SPOOL_AFTER_ARMING_S = 3.3
_SPOOL_S = 1.0
_NOTED_BESIDE_M = 0.0015


@dataclass(frozen=True, slots=True)
class Setup:
    """Where and how a copter starts.

    `lat`, `lon` in degrees, `altitude_m` above sea level (the ground there, flat all round), `heading_deg`
    clockwise from north, `ready_s` the simulated seconds until the position estimate is good (ArduPilot SITL
    needs 42), `epoch_s` UTC seconds at boot.
    """

    lat: float
    lon: float
    altitude_m: float = 0.0
    heading_deg: float = 0.0
    seed: int = 0
    ready_s: float = 15.0
    epoch_s: float = 1_700_000_000.0

    def __post_init__(self) -> None:
        if not (-90.0 <= self.lat <= 90.0 and -180.0 <= self.lon <= 180.0):
            raise ValueError(f"home must be LAT,LON in degrees, got {self.lat},{self.lon}")
        if not self.ready_s >= 0.0:
            raise ValueError(f"ready_s must be >= 0, got {self.ready_s}")


class Mode(Protocol):
    """A flight mode: entered once, then asked for a target each step."""

    @property
    def number(self) -> ModeNumber:
        """Its number in HEARTBEAT."""
        ...

    @property
    def needs_position(self) -> bool:
        """Whether it cannot fly without a position estimate."""
        ...

    @property
    def armable(self) -> bool:
        """Whether the vehicle may be armed in it."""
        ...

    @property
    def landing(self) -> bool:
        """Whether it is coming down to land."""
        ...

    @property
    def taking_off(self) -> bool:
        """Whether it is taking off."""
        ...

    def enter(self) -> bool:
        """Begin; False refuses the change."""
        ...

    def step(self, dt: float) -> Target | None:
        """The target for the next `dt` seconds; None cuts the thrust."""
        ...

    def leave(self) -> None:
        """End."""
        ...


@dataclass(slots=True)
class Yaw:
    """What yaw follows instead of the course: a fixed heading, or a point to look at.

    A fixed heading is turned to by `left_rad`, with its sign, at `rate_rads`.
    """

    fixed_rad: float | None = None
    left_rad: float = 0.0
    rate_rads: float = 0.0
    roi: complex | None = None

    @property
    def wanted_rad(self) -> float:
        """The fixed heading, while turning ahead by what the airframe lags behind."""
        lead = math.copysign(self.rate_rads * YAW_LAG_S, self.left_rad) if self.left_rad else 0.0
        return (self.fixed_rad or 0.0) + lead

    def turn(self, dt: float) -> None:
        """Move a fixed heading on towards the one that was asked for."""
        if self.fixed_rad is not None and self.left_rad:
            turned = max(-self.rate_rads * dt, min(self.rate_rads * dt, self.left_rad))
            self.fixed_rad += turned
            self.left_rad -= turned


@dataclass(slots=True)
class Vehicle:
    """Everything a copter is, except its mode's behaviour and the protocol that talks of it."""

    setup: Setup
    params: Params
    ground: Ground
    air: Airframe
    random: random.Random
    nav: Navigator = field(init=False)
    controller: Controller = field(init=False)
    battery: Battery = field(init=False)
    fence: Fence = field(init=False)
    camera: Trigger = field(init=False)
    gripper: Gripper = field(init=False)
    winch: Winch = field(init=False)
    cargo: Cargo = field(init=False)
    terrain: Terrain = field(init=False)
    wind: Wind = field(init=False)
    mode: Mode = field(init=False)
    home: Point = field(default_factory=lambda: Point(0j, 0.0))
    home_locked: bool = False  # set by a command: arming leaves it where it is
    rally: tuple[Point, ...] = ()
    yaw: Yaw = field(default_factory=Yaw)
    trail: Trail = field(default_factory=Trail)
    outbox: list[Outgoing] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # since the log on board last took it
    time_s: float = 0.0
    armed: bool = False
    armed_s: float = 0.0
    auto_armed: bool = False
    landed: bool = True
    touched_s: float = 0.0
    idle_s: float = 0.0
    failsafes: set[str] = field(default_factory=set)
    estimate_error: complex = 0j
    alike_since_s: dict[str, float] = field(default_factory=dict)  # when checks first found sensors alike
    receiver: bool = False  # whether the radio control's receiver was ever heard
    receiver_at_boot: bool = True
    aided: bool = False  # whether the estimate ever had a GPS
    located: bool = False  # whether the estimate has had an origin
    descends_s: float = 0.0  # until then a LAND that a failsafe began stays where it is
    gps_lost_s: float | None = None
    position_lost: bool = False
    text_id: int = 0
    servos: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        p = self.params
        self.controller = Controller(p)
        self.nav = Navigator(p, self.controller, under=self.ground_m)
        self.battery, self.fence = Battery(p), Fence(p)
        self.receiver_at_boot = p.integer("SIM_RC_FAIL") != 1
        self.terrain, self.wind = Terrain(p), Wind(p, self.random)
        self.camera = Trigger(fitted=p.flag("CAM1_TYPE"))
        self.gripper = Gripper(p, self.say, fitted=p.flag("GRIP_ENABLE"))
        self.cargo = Cargo(p)
        self.winch = Winch(p, self.say, fitted=p.flag("WINCH_TYPE"))

    # -- telling

    def post(self, outgoing: Outgoing) -> None:
        self.outbox.append(outgoing)

    def tell(self, message: Message) -> None:
        """Send a message to every client."""
        self.outbox.append(Outgoing(message))

    def say(self, text: str, severity: Severity = Severity.INFO) -> None:
        """Send a STATUSTEXT to every client, in pieces where it is long."""
        self.said.append(text)
        raw = text.encode("ascii", "replace")
        if len(raw) <= _TEXT_BYTES:
            self.tell(mavlink.MAVLink_statustext_message(int(severity), raw))
            return
        self.text_id = self.text_id % 65535 + 1
        for number, start in enumerate(range(0, len(raw), _TEXT_BYTES)):
            piece = raw[start : start + _TEXT_BYTES]
            self.tell(mavlink.MAVLink_statustext_message(int(severity), piece, self.text_id, number))

    # -- knowing

    @property
    def here(self) -> Point:
        """Where the vehicle is."""
        return Point(self.air.position, self.air.height_m)

    @property
    def estimated(self) -> complex:
        """Where the vehicle believes itself to be: a few centimetres from the truth."""
        return self.air.position + self.estimate_error

    @property
    def above_home_m(self) -> float:
        return self.air.height_m - self.home.height_m

    @property
    def noted_height_m(self) -> float:
        """Its height as the autopilot notes it, in whole units of its own: a little beside the truth."""
        return self.air.height_m - _NOTED_BESIDE_M

    @property
    def boot_share(self) -> float:
        """How far the start-up is: 1 when the estimate is good; without a receiver it begins late."""
        ready_s = self.setup.ready_s
        if ready_s <= 0.0:
            return 1.0
        late = 0.0 if self.receiver_at_boot else _LATE_SHARE
        return max(0.0, min(1.0, self.time_s / ready_s - late))

    @property
    def ekf_flags(self) -> int:
        if self.position_lost and self.aided:
            still = self.gps_lost_s is not None and self.time_s - self.gps_lost_s < 16.0
            return (37 if self.flying else 39) if still else 167
        if self.aided:
            return 831
        if self.boot_share < 0.132:
            return 1024
        return 0 if self.boot_share < 0.144 else 167

    @property
    def has_position(self) -> bool:
        return self.ekf_flags == 831

    @property
    def flying(self) -> bool:
        return self.armed and not self.landed

    def point(self, item: Item) -> Point:
        """Where an item is; without a place or a height it is where the vehicle is."""
        place = self.ground.to_local(item.lat, item.lon) if item.has_place else self.air.position
        height = self.height_of(item.frame, item.z, (item.x, item.y)) if item.z != 0.0 else self.air.height_m
        return Point(place, height)

    def height_of(self, frame: int, z_m: float, at_e7: tuple[int, int] | None = None) -> float:
        """Metres in the local plane of a height in a MAVLink frame, at a place.

        As with ArduCopter ground that is enabled and not known there is at the last height known, or at sea
        level: an item above such ground may be flown to below the true one.
        """
        if frame in (3, 6):
            return z_m + self.home.height_m
        if frame not in (10, 11):
            return z_m - self.setup.altitude_m
        if at_e7 is None or not self.terrain.enabled:
            return z_m
        return z_m + self.terrain.corrected_m(*at_e7) - self.setup.altitude_m

    def ground_m(self, place: complex) -> float:
        """Metres in the local plane of the ground, of which something may be known there."""
        found = self.terrain.corrected_m(*self.lat_lon_e7(place))
        return found - self.setup.altitude_m

    def lat_lon_e7(self, place: complex) -> tuple[int, int]:
        lat, lon = self.ground.to_lat_lon(place)
        return deg_to_e7(within(lat, (-90.0, 90.0))), deg_to_e7((lon + 180.0) % 360.0 - 180.0)

    def altitude_mm(self, height_m: float) -> int:
        """Above sea level."""
        return int(within(m_to_mm(self.setup.altitude_m + height_m), (-(2**31), 2**31 - 1)))

    def look(self, yaw_rad: float) -> float:
        """The yaw to fly: the point of interest, a fixed heading, or the one given."""
        if self.yaw.roi is not None and abs(self.yaw.roi - self.air.position) > 0.5:
            return heading(self.yaw.roi - self.air.position)
        return self.yaw.wanted_rad if self.yaw.fixed_rad is not None else yaw_rad

    def stand(self) -> Target:
        """The target on the ground, pressed down a little."""
        return Target(self.air.position, climb_ms=-0.1, yaw_rad=self.air.yaw_rad)

    @property
    def flying_a(self) -> float:
        """What flying draws with the load there is."""
        return self.air.current_a * self.cargo.power_share(MASS_KG)

    # -- doing

    def arm(self) -> None:
        self.armed, self.armed_s, self.idle_s = True, self.time_s, 0.0
        self.landed = self.air.on_ground
        if not self.home_locked:
            self.home = self.here
        self.controller.relax()
        self.trail.begin(self.here)
        self.terrain.stand(self.lat_lon_e7(self.air.position), self.setup.altitude_m + self.air.height_m)
        self.say("Arming motors")
        self.tell(self.home_message())

    def disarm(self) -> None:
        self.armed = self.auto_armed = False
        self.landed = True
        self.nav.speed_ms = self.nav.up_ms = self.nav.down_ms = None
        self.say("Disarming motors")

    def liftoff_s(self) -> float:
        """When the motors will have spooled up for a take-off commanded now."""
        return max(self.armed_s + _SPOOL_AFTER_ARMING_S, self.time_s + _SPOOL_S)

    def home_message(self) -> Message:
        lat, lon = self.lat_lon_e7(self.home.place)
        nan = float("nan")
        return mavlink.MAVLink_home_position_message(
            lat, lon, self.altitude_mm(self.home.height_m), self.home.place.real, self.home.place.imag,
            -self.home.height_m, [nan] * 4, 0.0, 0.0, 0.0, int(self.time_s * 1e6),
        )  # fmt: skip

    def home_item(self) -> Item:
        """Item 0 of every mission."""
        lat, lon = self.lat_lon_e7(self.home.place)
        return Item(0, 16, x=lat, y=lon, z=self.setup.altitude_m + self.home.height_m)
