"""The embedded copter as one pure object: messages and time go in, messages come out."""

import math
import random
from dataclasses import dataclass, field

from flight.simulator.actions import feedback
from flight.simulator.airframe import Airframe, Demand
from flight.simulator.arming import PreArm
from flight.simulator.auto import Auto
from flight.simulator.boardlog import BoardLogs
from flight.simulator.boot import HOME_S, Boot, reached
from flight.simulator.commands import Commands
from flight.simulator.failsafes import Failsafes
from flight.simulator.fence import shapes
from flight.simulator.geometry import Ground
from flight.simulator.inbox import Inbox
from flight.simulator.messages import (
    NEVER_ENTERED,
    Message,
    ModeNumber,
    Outgoing,
    Sender,
    Severity,
    mavlink,
)
from flight.simulator.mission import Sequencer
from flight.simulator.missionitems import Item, Kind
from flight.simulator.modes import Brake, Guided, Land, Manual, Rtl
from flight.simulator.params import Params, default_params
from flight.simulator.smartrtl import SmartRtl
from flight.simulator.telemetry import HEARTBEAT_S, Telemetry
from flight.simulator.transfer import Plans
from flight.simulator.vehicle import Mode, Setup, Vehicle

STEP_S = 0.02
_SLOW_STEPS = 5
_ESTIMATE_SIGMA_M, _ESTIMATE_TAU_S = 0.03, 20.0
_LANDED_AFTER_S = 1.75
_STOPPED_AFTER_S = 2.05


@dataclass(slots=True)
class Copter:
    """A vehicle and everything that answers for it.

    `handle` takes a client's message, `step` moves on by 20 ms, `take` empties what is to be sent.
    With the same setup, parameters and messages at the same steps it does the same.
    """

    setup: Setup
    params: Params = field(default_factory=default_params)
    vehicle: Vehicle = field(init=False)
    plans: Plans = field(init=False)
    auto: Auto = field(init=False)
    modes: dict[ModeNumber, Mode] = field(init=False)
    commands: Commands = field(init=False)
    telemetry: Telemetry = field(init=False)
    failsafes: Failsafes = field(init=False)
    inbox: Inbox = field(init=False)
    logs: BoardLogs = field(default_factory=BoardLogs)
    _steps: int = 0
    _boot_words: Boot = field(init=False)
    prearm: PreArm = field(init=False)
    _heartbeat_s: float = 0.0
    rebooting: bool = False  # at the next step

    def __post_init__(self) -> None:
        self.plans = Plans(
            self._post, self._say, self._changed, self._mission_cleared, self._flying_mission, self._home_item
        )
        self._boot()
        self.telemetry = Telemetry(self)
        self.commands = Commands(self)
        self.inbox = Inbox(self)

    def _boot(self) -> None:
        setup = self.setup
        air = Airframe(yaw_rad=math.radians(setup.heading_deg), altitude_m=setup.altitude_m)
        ground = Ground(setup.lat, setup.lon)
        self.vehicle = vehicle = Vehicle(setup, self.params, ground, air, random.Random(setup.seed))
        self.auto = Auto(vehicle, Sequencer(self.plans.mission, vehicle.say))
        numbers = (
            ModeNumber.STABILIZE, ModeNumber.ACRO, ModeNumber.ALT_HOLD, ModeNumber.LOITER, ModeNumber.DRIFT,
            ModeNumber.SPORT, ModeNumber.POSHOLD,
        )  # fmt: skip
        self.modes = {
            **{number: Manual(vehicle, number) for number in numbers},
            ModeNumber.AUTO: self.auto,
            ModeNumber.GUIDED: Guided(vehicle),
            ModeNumber.RTL: Rtl(vehicle),
            ModeNumber.SMART_RTL: SmartRtl(vehicle),
            ModeNumber.LAND: Land(vehicle),
            ModeNumber.BRAKE: Brake(vehicle),
        }
        vehicle.mode = self.modes[ModeNumber.STABILIZE]
        self.failsafes = Failsafes(vehicle, self.change_mode, self.disarm)
        self._boot_words, self.prearm = Boot(vehicle), PreArm(vehicle, self.plans.mission)
        self._heartbeat_s = 0.0
        self._fence_areas()
        self._rally_points()

    # -- the edge

    def join(self, link: int) -> None:
        """A client connected."""
        self.telemetry.join(link)

    def leave(self, link: int) -> None:
        """A client went away."""
        self.telemetry.leave(link)
        self.inbox.leave(link)

    def handle(self, message: Message, link: int = 0) -> None:
        """Take a message from a client; answers wait in the outbox."""
        sender = Sender(link, message.get_srcSystem(), message.get_srcComponent())
        self.inbox.handle(message, sender)

    def take(self) -> list[Outgoing]:
        """What is to be sent, oldest first."""
        out, self.vehicle.outbox = self.vehicle.outbox, []
        return out

    @property
    def waits_for_client(self) -> bool:
        """Whether a time-out runs against a client: an upload, or armed and not yet told to fly."""
        vehicle = self.vehicle
        return bool(self.plans.uploads) or (vehicle.armed and vehicle.landed and not vehicle.auto_armed)

    def step(self, dt: float = STEP_S) -> None:
        """Move on by `dt` simulated seconds."""
        if self.rebooting:
            self._restart()
        vehicle = self.vehicle
        vehicle.time_s = round(vehicle.time_s + dt, 6)
        self._steps += 1
        if self._steps % _SLOW_STEPS == 0:
            self._slowly(_SLOW_STEPS * dt)
        self.prearm.step()
        self._move(dt)
        self._ground()
        vehicle.winch.step(dt)
        shots = vehicle.camera.moved(vehicle.estimated, vehicle.time_s)
        if shots:
            feedback(vehicle, shots)
        self.inbox.step()
        self.telemetry.step()

    def _slowly(self, dt: float) -> None:
        """What needs looking at ten times a second only."""
        vehicle = self.vehicle
        self._announce()
        self.failsafes.step()
        self.plans.tick(vehicle.time_s)
        vehicle.gripper.tick(vehicle.time_s)
        self._trace()
        self.logs.note(vehicle)
        flying = vehicle.armed and not vehicle.air.on_ground
        vehicle.cargo.step(vehicle.gripper, vehicle.winch, vehicle.air.height_m)
        vehicle.battery.step(dt, flying_a=vehicle.flying_a if flying else None)
        noise = complex(vehicle.random.gauss(0.0, 1.0), vehicle.random.gauss(0.0, 1.0))
        spread = _ESTIMATE_SIGMA_M * math.sqrt(2.0 * dt / _ESTIMATE_TAU_S)
        vehicle.estimate_error += spread * noise - vehicle.estimate_error * (dt / _ESTIMATE_TAU_S)

    def _trace(self) -> None:
        """Keep the way back for SMART_RTL."""
        vehicle, p = self.vehicle, self.params
        if vehicle.flying and vehicle.has_position and vehicle.mode.number is not ModeNumber.SMART_RTL:
            vehicle.trail.note(vehicle.here, max(0.1, p["SRTL_ACCURACY"]), p.integer("SRTL_POINTS"))

    def _move(self, dt: float) -> None:
        vehicle, air = self.vehicle, self.vehicle.air
        vehicle.yaw.turn(dt)
        demand = Demand(thrust=False, yaw_rad=air.yaw_rad)
        if vehicle.armed:
            target = vehicle.mode.step(dt)
            if target is not None and not math.isnan(target.climb_ms):
                demand = vehicle.controller.demand(dt, target, air)
        elif vehicle.mode is self.auto:
            self.auto.manage()
        if air.on_ground:
            vehicle.controller.relax()
        air.step(dt, demand, vehicle.wind.step(dt, air.height_m))
        self._report_reached()

    def _report_reached(self) -> None:
        sequence = self.auto.sequence
        if sequence.reached is not None:
            self.vehicle.tell(mavlink.MAVLink_mission_item_reached_message(sequence.reached))
            sequence.reached = None

    def _ground(self) -> None:
        """Touching down, noticing it, stopping the motors."""
        vehicle, air = self.vehicle, self.vehicle.air
        now = vehicle.time_s
        if air.hit_ms is not None:
            vehicle.say(f"SIM Hit ground at {air.hit_ms:.6f} m/s")
            air.hit_ms, vehicle.touched_s = None, now
        if not vehicle.armed:
            return
        if not vehicle.landed and air.on_ground and now - vehicle.touched_s > _LANDED_AFTER_S:
            on_leg = (
                vehicle.mode is self.auto and self.auto.legs
            )  # it flies on into the ground, and waits there
            vehicle.landed = not (vehicle.mode.taking_off or on_leg)
            vehicle.idle_s = now
        down = vehicle.landed and vehicle.mode.landing and now - vehicle.touched_s > _STOPPED_AFTER_S
        rising = vehicle.auto_armed and vehicle.mode.taking_off
        idle = vehicle.landed and not rising and self._idle_for(now)
        ended, self.auto.ended_on_ground = self.auto.ended_on_ground, False
        if down or idle or ended:
            self.disarm()

    def _idle_for(self, now: float) -> bool:
        delay_s = self.params["DISARM_DELAY"]
        return delay_s > 0.0 and now - max(self.vehicle.idle_s, self.vehicle.armed_s) >= delay_s

    def _announce(self) -> None:
        vehicle = self.vehicle
        self._boot_words.step()
        if vehicle.time_s >= self._heartbeat_s:
            self._heartbeat_s += HEARTBEAT_S
            vehicle.tell(self.telemetry.heartbeat())

    # -- what commands may ask for

    def change_mode(self, number: int) -> bool:
        """Change the flight mode; False, with the reason told, if it cannot."""
        vehicle = self.vehicle
        if number in NEVER_ENTERED:
            vehicle.say(f"Mode change to {NEVER_ENTERED[number]} failed: init failed", Severity.WARNING)
            return False
        try:
            mode = self.modes[ModeNumber(number)]
        except (KeyError, ValueError):
            vehicle.say(f"No such mode {number}", Severity.WARNING)
            return False
        if mode is vehicle.mode:
            return True
        if vehicle.armed and mode.needs_position and not vehicle.has_position:
            return self._refuse(mode, "requires position")
        before, vehicle.mode = vehicle.mode, mode
        before.leave()
        if not mode.enter():
            vehicle.mode = before
            return self._refuse(mode, "init failed")
        vehicle.tell(self.telemetry.heartbeat())
        if vehicle.fence.recover(vehicle.time_s):
            vehicle.say("Manual recovery started")
        return True

    def _refuse(self, mode: Mode, why: str) -> bool:
        self.vehicle.say(f"Mode change to {mode.number.name} failed: {why}", Severity.WARNING)
        return False

    def disarm(self) -> None:
        """Stop the motors; the mission goes back to its start."""
        self.vehicle.disarm()
        self.auto.sequence.reset()

    def set_interval(self, message_id: int, interval_us: float, link: int) -> bool:
        """How often a client gets a message."""
        return self.telemetry.set_interval(link, message_id, interval_us)

    def banner(self) -> None:
        """Say what the vehicle is."""
        self.inbox.parameters.banner()

    def interval_us(self, message_id: int, link: int) -> int | None:
        """How often a client gets a message: -1 for never, None where there is no such message."""
        return self.telemetry.interval_us(link, message_id)

    def request(self, message_id: int, link: int) -> bool:
        """Send a client one message; False if there is none."""
        message = self.telemetry.make(message_id, link)
        if message is not None:
            self._post(Outgoing(message, link))
        return message is not None

    def set_current(self, seq: int, *, reset: bool) -> bool:
        """Make a mission item the current one."""
        sequence = self.auto.sequence
        if reset:
            sequence.reset()
        if not sequence.make_current(seq, self.auto):
            return False
        if reset:
            sequence.begin(self.auto, restart=False)
        return True

    def tell_current(self, shown: int | None = None) -> None:
        """Send every client the current item's number, or the one a client asked for."""
        message = self.telemetry.mission_current()
        if shown is not None:
            message.seq = shown
        self.vehicle.tell(message)

    def reboot(self) -> None:
        """Start again at the next step; parameters and plans stay."""
        self.rebooting = True

    def _restart(self) -> None:
        self.rebooting = False
        self.plans.uploads.clear()  # what was under way is forgotten
        left = self.take()
        self._boot()
        self.vehicle.outbox = left
        for link in list(self.telemetry.clients):
            self.telemetry.join(link)

    # -- what plans ask for

    def _post(self, outgoing: Outgoing) -> None:
        self.vehicle.post(outgoing)

    def _say(self, text: str, severity: Severity) -> None:
        self.vehicle.say(text, severity)

    def _home_item(self) -> Item:
        """Nowhere until the place is known."""
        return self.vehicle.home_item() if reached(self.vehicle, HOME_S) else Item(0, 16)

    def _flying_mission(self) -> bool:
        return self.vehicle.armed and self.auto.sequence.running

    def _mission_cleared(self) -> None:
        self.auto.sequence.clear()

    def _changed(self, kind: Kind) -> None:
        if kind is Kind.MISSION:
            self.auto.mission_changed()
        elif kind is Kind.FENCE:
            self._fence_areas()
        else:
            self._rally_points()

    def _rally_points(self) -> None:
        vehicle = self.vehicle
        vehicle.rally = tuple(vehicle.point(item) for item in self.plans.items[Kind.RALLY])

    def _fence_areas(self) -> None:
        self.vehicle.fence.areas = shapes(self.plans.items[Kind.FENCE], self.vehicle.ground)
