"""Flying a mission: preflight, upload and read back, arm, fly, watch, land, record.

A vehicle that the toolkit did not start itself is armed only when its operator confirms it. Once it is in the
air the watch is never dropped silently: Ctrl-C asks what to do, a pilot who takes over is left in command.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from core.clock import Clock, RealClock
from core.errors import SkyshadeError
from core.files import writable_folder
from core.geo import Datum
from flight.exchange import TransferReport, upload
from flight.interrupts import Interrupts
from flight.link import open_link
from flight.params import set_parameter
from flight.ports import LinkError
from flight.preflight import PreflightParams, wait_ready
from flight.record import FlightRecord, write_record
from flight.recorder import OnEvent, Recorder
from flight.sitl import RunningVehicle
from flight.vehicle import CMD_MISSION_START, CommandRefusedError, Vehicle
from flight.watch import WatchParams, start_watch
from flight.wire import Kind, WireItem, fence_to_wire, mission_to_wire, rally_to_wire
from missions.model import Command, Mission

log = logging.getLogger(__name__)

LOG_NAME = "flight.tlog"
POLL_S = 0.05
QUIET_S = 3.0  # wall seconds without a message until it is told
ARM_TRIES = 10
ARM_PAUSE_S = 2.0
LAUNCH_TRIES = 3
RISE_S = 20.0
SETTLE_S = 3.0  # after the motors stop, for the last messages
DEFAULT_HEIGHT_M = 10.0

Progress = Callable[[str, int, int], None]
"""Called with (what is done now, done, total)."""


class OnInterrupt(Enum):
    """What Ctrl-C in the air leads to."""

    RETURN = "return"
    LAND = "land"
    LEAVE = "leave"
    CONTINUE = "continue"


class NotConfirmedError(SkyshadeError):
    """A vehicle that the toolkit did not start, without its operator's confirmation."""


class InterruptedFlightError(SkyshadeError):
    """Stopped by the user before the vehicle flew."""


@dataclass(frozen=True, slots=True)
class FlyParams:
    """How a flight is run; vehicle seconds, except `link_lost_s` of silence on the wall's clock after which
    the watch ends. A stall of `stall_abort_s` brings the vehicle home.
    """

    preflight: PreflightParams = field(default_factory=PreflightParams)
    watch: WatchParams = field(default_factory=WatchParams)
    stall_abort_s: float = 120.0
    link_lost_s: float = 60.0
    connect_s: float = 30.0


def return_home(_vehicle: Vehicle) -> OnInterrupt:
    """The answer where nobody can be asked."""
    return OnInterrupt.RETURN


def fly_mission(
    mission: Mission,
    vehicle: str | RunningVehicle,
    out_dir: Path,
    *,
    own_vehicle: bool | None = None,
    confirm_real: bool = False,
    clock: Clock | None = None,
    params: FlyParams | None = None,
    settings: Mapping[str, float] | None = None,
    on_progress: Progress | None = None,
    on_interrupt: Callable[[Vehicle], OnInterrupt] = return_home,
    on_event: OnEvent | None = None,
) -> FlightRecord:
    """Fly `mission` and write `out_dir`/flight.json, shots.csv, track.geojson and flight.tlog.

    `own_vehicle` says that the toolkit started the vehicle itself (a `RunningVehicle` is always our own); any
    other needs `confirm_real`, and refuses `settings` (parameters set before the flight). Raises
    `SkyshadeError` when the flight does not start; once it flies, troubles are told in the record. `on_event`
    hears each event as it happens, with the vehicle's position: what must survive a crash is stored there.
    """
    running = vehicle if isinstance(vehicle, RunningVehicle) else None
    own = running is not None if own_vehicle is None else own_vehicle
    address = running.address if running is not None else str(vehicle)
    _confirm(address, own=own, confirm_real=confirm_real, settings=settings or {})
    clock, params = clock or RealClock(), params or FlyParams()
    out_dir = writable_folder(out_dir)
    alive = None if running is None else lambda: running.running
    log_path = out_dir / LOG_NAME
    link = open_link(address, clock, log_path=log_path, patience_s=5.0 if own else 0.0, alive=alive)
    told = on_progress or _no_progress
    with Interrupts() as interrupts, Vehicle(link, clock) as copter:
        recorder = Recorder(copter, start_watch(mission, params.watch), on_event)
        flight = _Flight(mission, copter, recorder, params, told, on_interrupt, interrupts)
        flight.prepare(settings or {})
        flight.start()
        flight.watch_it_land()
        record = recorder.record(len(mission.items), out_dir / LOG_NAME)
        write_record(record, out_dir)
    return record


def _nothing() -> None:
    return


def _no_progress(_what: str, _done: int, _total: int) -> None:
    return


def _confirm(address: str, *, own: bool, confirm_real: bool, settings: Mapping[str, float]) -> None:
    if own:
        return
    if not confirm_real:
        raise NotConfirmedError(
            f"{address} may be a real vehicle and would be armed",
            hint="add --confirm-real when its pilot is ready and the area is clear",
        )
    if settings:
        names = ", ".join(sorted(settings))
        raise NotConfirmedError(f"{address} was not started here: {names} will not be set on it")


@dataclass(slots=True)
class _Flight:
    mission: Mission
    vehicle: Vehicle
    recorder: Recorder
    params: FlyParams
    progress: Progress
    on_interrupt: Callable[[Vehicle], OnInterrupt]
    interrupts: Interrupts
    returning: bool = False
    left: bool = False

    def prepare(self, settings: Mapping[str, float]) -> None:
        """Everything before arming."""
        self.vehicle.before_receiving = self.interrupts.check
        try:
            self._make_ready(settings)
        except KeyboardInterrupt:
            raise InterruptedFlightError("interrupted before take-off; the motors were never on") from None

    def _make_ready(self, settings: Mapping[str, float]) -> None:
        self.progress("connecting", 0, 1)
        self.vehicle.connect(timeout_s=self.params.connect_s)
        self._refuse_flying()
        for name, value in settings.items():
            set_parameter(self.vehicle, name, value)
        self.progress("preflight", 0, 1)
        wait_ready(self.vehicle, self.mission, self.params.preflight)
        self._upload()

    def _refuse_flying(self) -> None:
        if self.vehicle.state.armed:
            raise SkyshadeError(
                f"the vehicle on {self.vehicle.link.name} is armed already", hint="land and disarm it first"
            )

    def _upload(self) -> None:
        if self.vehicle.state.mode == "AUTO":  # an upload there restarts the item it is in
            self.vehicle.set_mode("GUIDED")
        reports = upload_all(self.mission, self.vehicle, self.vehicle.clock, on_progress=self.progress)
        for report in reports:
            text = f"{report.kind.name.lower()} of {report.items} items uploaded and verified"
            self.recorder.tell("mission", text)
            for line in report.adjusted:
                self.recorder.tell("mission", line)
        if not self.mission.fence.empty:
            self.vehicle.enable_fence()
            self.recorder.tell("command", "fence switched on")

    def start(self) -> None:
        """Arm and take off; on failure or Ctrl-C before the take-off the motors are switched off again.

        A vehicle that does not switch them off any more is in the air, and is watched on.
        """
        try:
            self.progress("arming", 0, len(self.mission.items))
            self._launch()
        except KeyboardInterrupt:
            if self._stands_down():
                raise InterruptedFlightError("interrupted before take-off; the motors are off") from None
            self._interrupted()
        except SkyshadeError as error:
            if self._stands_down():
                raise
            self.recorder.abort(error.message)
            self._bring_home_whatever(error.message)

    def _launch(self) -> None:
        """Arm and start; a vehicle that switches its motors off again before it rises is armed anew."""
        for _ in range(LAUNCH_TRIES):
            self._arm()
            self._take_off()
            until_s = self.vehicle.now_s + RISE_S
            while self.vehicle.now_s < until_s and self.vehicle.state.armed:
                self.vehicle.pump(POLL_S)
                if self.vehicle.airborne:
                    return
        raise SkyshadeError("the vehicle does not take off", hint="flight.tlog holds what it said")

    def _arm(self) -> None:
        self.vehicle.set_mode("GUIDED")
        for attempt in range(ARM_TRIES):
            try:
                self.vehicle.arm()
                break
            except CommandRefusedError:
                if attempt == ARM_TRIES - 1:
                    raise
                self._pass(ARM_PAUSE_S)
        here = self.vehicle.state.position
        self.recorder.watch = start_watch(self.mission, self.params.watch, launched=here)
        self.recorder.tell("command", "armed")

    def _take_off(self) -> None:
        if not starts_with_takeoff(self.mission):
            self.vehicle.take_off(first_height_m(self.mission))
        self.vehicle.set_mode("AUTO")
        self.vehicle.command(CMD_MISSION_START, what="start the mission")
        self.recorder.tell("command", "mission started")

    def _stands_down(self) -> bool:
        """Whether it is on the ground and its motors are off now, or cannot be asked any more."""
        if self.vehicle.airborne:
            return False
        self.vehicle.before_receiving = _nothing
        try:
            if self.vehicle.state.armed:
                self.vehicle.disarm()
        except CommandRefusedError as error:
            log.warning("the vehicle could not be disarmed: %s", error)
            return False
        except SkyshadeError as error:
            log.warning("the vehicle could not be disarmed: %s", error)
        finally:
            self.vehicle.before_receiving = self.interrupts.check
        return True

    def _pass(self, seconds: float) -> None:
        until_s = self.vehicle.now_s + seconds
        while self.vehicle.now_s < until_s:
            self.vehicle.pump(POLL_S)

    def watch_it_land(self) -> None:
        """Watch until the motors are off, the link is lost for good, or the user leaves."""
        while not self.left:
            try:
                if self._watch_once():
                    break
            except KeyboardInterrupt:
                self._interrupted()
            except LinkError as error:
                self.recorder.abort(error.message)
                self.recorder.tell("link", error.message)
                return
        self.vehicle.before_receiving = _nothing
        if not self.left:
            self._pass_quietly()

    def _pass_quietly(self) -> None:
        try:
            until_s = self.vehicle.now_s + SETTLE_S
            while self.vehicle.now_s < until_s and not self.recorder.watch.complete:
                self.vehicle.pump(POLL_S)
        except (LinkError, KeyboardInterrupt):
            log.debug("the link ended after landing")

    def _watch_once(self) -> bool:
        """Take in what arrived and act on it; True once the motors are off."""
        vehicle, watch = self.vehicle, self.recorder.watch
        vehicle.pump(POLL_S)
        self._mind_the_link()
        self.progress("flying", watch.reached, len(self.mission.items))
        if vehicle.state.armed is False:
            self.recorder.tell("flight", "motors off")
            return True
        if self.returning or watch.taken_over or watch.failsafe or watch.odd_mode:
            return False
        if watch.complete and vehicle.airborne:
            self._bring_home("the mission ends in the air")
        elif watch.stalled and watch.stalled_for_s(vehicle.state) > self.params.stall_abort_s:
            self.recorder.abort(f"no progress at item {watch.seq}")
            self._bring_home(f"no progress at item {watch.seq}")
        return False

    def _mind_the_link(self) -> None:
        silent_s = self.vehicle.clock.monotonic_s() - self.vehicle.link.heard_s
        if silent_s > self.params.link_lost_s:
            raise LinkError(f"the link is lost: no message from the vehicle for {silent_s:.0f} s")
        self.recorder.link_quiet(silent_s if silent_s > QUIET_S else None)

    def _bring_home(self, why: str, *, mode: str = "RTL") -> None:
        self.returning = True
        self.recorder.tell("command", f"{mode} commanded: {why}")
        try:
            self.vehicle.set_mode(mode)
        except SkyshadeError as error:
            self.recorder.tell("warning", str(error))

    def _bring_home_whatever(self, why: str) -> None:
        try:
            self._bring_home(why)
        except KeyboardInterrupt:
            self._interrupted()

    def _interrupted(self) -> None:
        """Ask what Ctrl-C means, and do it; one more while it is done asks again."""
        while True:
            try:
                self._answer(self._ask())
            except KeyboardInterrupt:
                continue
            return

    def _ask(self) -> OnInterrupt:
        """The user's wish; a second Ctrl-C while asking leaves."""
        with self.interrupts.asking():
            try:
                answer = self.on_interrupt(self.vehicle)
            except KeyboardInterrupt:
                answer = OnInterrupt.LEAVE
        self.interrupts.forget()
        return answer

    def _answer(self, answer: OnInterrupt) -> None:
        if answer is OnInterrupt.CONTINUE:
            return
        self.recorder.abort(f"interrupted by the user ({answer.value})")
        if answer is OnInterrupt.LEAVE:
            self.left = True
            self.recorder.tell("warning", "the watch was left while the vehicle was flying")
        else:
            mode = "RTL" if answer is OnInterrupt.RETURN else "LAND"
            self._bring_home("the user asked for it", mode=mode)


def upload_all(
    mission: Mission, vehicle: Vehicle, clock: Clock, *, on_progress: Progress | None = None
) -> tuple[TransferReport, ...]:
    """Upload mission, and fence and rally points where the plan has them; each verified."""
    sets: list[tuple[Kind, tuple[WireItem, ...]]] = [(Kind.MISSION, mission_to_wire(mission))]
    if not mission.fence.empty:
        sets.append((Kind.FENCE, fence_to_wire(mission.fence)))
    if mission.rally:
        sets.append((Kind.RALLY, rally_to_wire(mission.rally)))
    told = on_progress or _no_progress
    return tuple(
        upload(vehicle, kind, items, clock, on_progress=lambda done, total: told("uploading", done, total))
        for kind, items in sets
    )


def starts_with_takeoff(mission: Mission) -> bool:
    """Whether the first place to go to is a take-off."""
    first = next((item for item in mission.items if item.is_nav), None)
    return first is not None and first.command == Command.NAV_TAKEOFF


def first_height_m(mission: Mission) -> float:
    """How high to climb before a mission that brings no take-off of its own."""
    heights = (i.altitude.value_m for i in mission.items if i.altitude and i.altitude.datum is Datum.HOME)
    return max(DEFAULT_HEIGHT_M, next(heights, DEFAULT_HEIGHT_M))
