"""Collecting what a flight leaves behind: track, shots, events; fed by the vehicle's messages."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.geo import Altitude, Datum, LonLat
from core.shot import Shot
from core.units import e7_to_deg
from flight.record import TRACK_COLUMNS, FlightRecord
from flight.state import IN_AIR, LANDING, TAKING_OFF, VehicleState
from flight.vehicle import Vehicle
from flight.watch import FlightEvent, Watch, observe
from flight.wire import Message

AIRBORNE = (IN_AIR, TAKING_OFF, LANDING)

OnEvent = Callable[[FlightEvent, LonLat | None], None]
"""Called at once with each event and where the vehicle was (None = unknown)."""

OnState = Callable[[VehicleState], None]
"""Called with the state at each position the vehicle tells in the air."""


class Recorder:
    """Listens to a vehicle from now on."""

    def __init__(
        self,
        vehicle: Vehicle,
        watch: Watch,
        on_event: OnEvent | None = None,
        on_state: OnState | None = None,
    ) -> None:
        self.watch = watch
        self._on_state = on_state
        self._on_event = on_event
        self.events: list[FlightEvent] = []
        self._vehicle = vehicle
        self._track: list[tuple[float, ...]] = []
        self._shots: dict[tuple[int, int], tuple[Shot, float]] = {}
        self._off_s: float | None = None
        self._down_s: float | None = None
        self._mode: str | None = None
        self._aborted: str | None = None
        vehicle.listeners.append(self.take)

    def tell(self, kind: str, text: str) -> None:
        """Add an event that happens now."""
        at_s = self._vehicle.state.utc_s
        self._add(FlightEvent(self._vehicle.clock.utc_s() if at_s is None else at_s, kind, text))

    def _add(self, event: FlightEvent) -> None:
        self.events.append(event)
        if self._on_event is not None:
            self._on_event(event, self._vehicle.state.position)

    def abort(self, why: str) -> None:
        """Remember the first reason for which the mission was not completed."""
        self._aborted = self._aborted or why

    def take(self, message: Message, state: VehicleState) -> None:
        """One message that the state already holds."""
        self.watch, events = observe(self.watch, message, state, self._vehicle.commanded_modes)
        for event in events:
            self._add(event)
        if message.name == "GLOBAL_POSITION_INT":
            self._position(message, state)
        elif message.name == "CAMERA_FEEDBACK":
            self._shot(message)
        elif message.name in ("EXTENDED_SYS_STATE", "HEARTBEAT"):
            self._air_time(state)

    def _position(self, message: Message, state: VehicleState) -> None:
        if state.position is None or state.velocity_enu_ms is None or not state.armed:
            return
        if self._on_state is not None:
            self._on_state(state)
        time_s = message.utc_s if state.utc_s is None else state.utc_s
        self._track.append((
            time_s, *state.position.xy, _number(state.altitude_home_m), _number(state.altitude_geoid_m),
            _number(state.heading_deg), _number(state.roll_deg), _number(state.pitch_deg),
            *state.velocity_enu_ms,
        ))  # fmt: skip

    def _shot(self, message: Message) -> None:
        f = message.fields
        key = (int(f["cam_idx"]), int(f["img_idx"]))
        if key in self._shots:
            return
        shot = Shot(
            index=len(self._shots),
            lonlat=LonLat(e7_to_deg(f["lng"]), e7_to_deg(f["lat"])),
            altitude=Altitude(float(f["alt_rel"]), Datum.HOME),
            time_s=f["time_usec"] / 1e6,
        )
        self._shots[key] = (shot, float(f["alt_msl"]))

    def _air_time(self, state: VehicleState) -> None:
        if self._off_s is None and state.armed and state.landed_state in AIRBORNE:
            self._off_s = self._vehicle.now_s
            self.tell("flight", "in the air")
        if self._off_s is not None and state.armed:
            self._down_s = self._vehicle.now_s
        if state.mode != self._mode and state.armed and state.mode is not None:
            self._mode = state.mode
            self.tell("mode", state.mode)

    def record(self, items: int, log: Path) -> FlightRecord:
        """The flight as a value."""
        watch, state = self.watch, self._vehicle.state
        landed = state.armed is False
        completed = watch.complete and landed and self._aborted is None
        shots = tuple(self._shots.values())
        track = np.array(self._track, float).reshape(-1, len(TRACK_COLUMNS))
        return FlightRecord(
            completed=completed,
            reached=min(watch.reached, items),
            items=items,
            shots=tuple(shot for shot, _ in shots),
            flown_s=(self._down_s or 0.0) - (self._off_s or 0.0),
            max_deviation_m=watch.max_deviation_m,
            events=tuple(self.events),
            log=log,
            track=track,
            aborted=None if completed else self._why(watch),
            shots_geoid_m=tuple(height for _, height in shots),
        )

    def _why(self, watch: Watch) -> str:
        if self._aborted is not None:
            return self._aborted
        if watch.restarted:
            return "the vehicle restarted in flight"
        if watch.taken_over is not None:
            return f"the pilot took over ({watch.taken_over})"
        if watch.failsafe is not None:
            return f"failsafe: {watch.failsafe}"
        return f"the mission ended at item {watch.seq} of {watch.path.last_seq}"


def _number(value: float | None) -> float:
    return math.nan if value is None else value
