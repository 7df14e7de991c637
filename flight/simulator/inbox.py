"""Messages from clients: which part of the copter answers which."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from core.units import e7_to_deg
from flight.simulator.commands import Commands
from flight.simulator.failsafes import Failsafes
from flight.simulator.limits import FARTHEST_M, HIGHEST_M
from flight.simulator.messages import Message, ModeNumber, Outgoing, Sender, mavlink
from flight.simulator.modes import Guided
from flight.simulator.navigator import Point
from flight.simulator.params import Param, Params
from flight.simulator.telemetry import Telemetry
from flight.simulator.transfer import Plans
from flight.simulator.vehicle import Vehicle

BANNER = ("ArduCopter V4.6.2 (embedded in Skyshade)", "Frame: QUAD/PLUS")
_NO_POSITION, _NO_VELOCITY = 0x007, 0x038
_MISSION = (
    "MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_ITEM", "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT",
    "MISSION_REQUEST", "MISSION_CLEAR_ALL", "MISSION_WRITE_PARTIAL_LIST",
)  # fmt: skip


class Copter(Protocol):
    """What messages are answered by."""

    vehicle: Vehicle
    params: Params
    plans: Plans
    commands: Commands
    telemetry: Telemetry
    failsafes: Failsafes

    def change_mode(self, number: int) -> bool:
        """Change the mode."""
        ...

    def set_current(self, seq: int, *, reset: bool) -> bool:
        """Make a mission item the current one."""
        ...


@dataclass(slots=True)
class Inbox:
    """The table of messages."""

    copter: Copter
    table: dict[str, Callable[[Message, Sender], None]] = field(init=False)

    def __post_init__(self) -> None:
        self.table = {
            "HEARTBEAT": self._heartbeat, "COMMAND_LONG": self._command, "COMMAND_INT": self._command,
            "SET_MODE": self._set_mode, "REQUEST_DATA_STREAM": self._stream, "TIMESYNC": self._timesync,
            "PARAM_REQUEST_LIST": self._param_list, "PARAM_REQUEST_READ": self._param_read,
            "PARAM_SET": self._param_set, "MISSION_SET_CURRENT": self._set_current,
            "SET_POSITION_TARGET_GLOBAL_INT": self._global_target,
            "SET_POSITION_TARGET_LOCAL_NED": self._local_target,
            **dict.fromkeys(_MISSION, self._mission),
        }  # fmt: skip

    def handle(self, message: Message, sender: Sender) -> None:
        """Answer a message; one for another system is not ours."""
        own = self.copter.params.integer("SYSID_THISMAV") & 0xFF
        if getattr(message, "target_system", 0) not in (0, own):
            return
        handler = self.table.get(message.get_type())
        if handler is not None:
            handler(message, sender)

    def _heartbeat(self, _message: Message, sender: Sender) -> None:
        self.copter.failsafes.heartbeat(sender.system)

    def _command(self, message: Message, sender: Sender) -> None:
        self._post(self.copter.commands.handle(message, sender), sender)

    def _mission(self, message: Message, sender: Sender) -> None:
        self.copter.plans.handle(message, sender, self.copter.vehicle.time_s)

    def _set_mode(self, message: Message, _sender: Sender) -> None:
        self.copter.change_mode(message.custom_mode)

    def _stream(self, message: Message, sender: Sender) -> None:
        rate = float(message.req_message_rate) if message.start_stop else 0.0
        self.copter.telemetry.request_stream(sender.link, message.req_stream_id, rate)

    def _timesync(self, message: Message, sender: Sender) -> None:
        if message.tc1 == 0:
            now_ns = int(self.copter.vehicle.time_s * 1e9)
            self._post(mavlink.MAVLink_timesync_message(now_ns, message.ts1), sender)

    def _set_current(self, message: Message, _sender: Sender) -> None:
        self.copter.set_current(message.seq, reset=False)

    # -- parameters

    def _param_list(self, _message: Message, sender: Sender) -> None:
        for text in BANNER:
            self.copter.vehicle.say(text)
        for index, param in enumerate(self.copter.params):
            self._param(param, index, sender)

    def _param_read(self, message: Message, sender: Sender) -> None:
        params = self.copter.params
        if message.param_index >= 0:
            param = params.at(message.param_index)
        else:
            param = params.table.get(message.param_id)
        if param is not None:
            self._param(param, params.index(param.name), sender)

    def _param_set(self, message: Message, _sender: Sender) -> None:
        params = self.copter.params
        if message.param_id not in params or not math.isfinite(message.param_value):
            return
        param = params.set(message.param_id, message.param_value)
        value = mavlink.MAVLink_param_value_message(
            param.name.encode(), param.value, param.kind, len(params), 65535
        )
        self.copter.vehicle.tell(value)

    def _param(self, param: Param, index: int, sender: Sender) -> None:
        count = len(self.copter.params)
        value = mavlink.MAVLink_param_value_message(
            param.name.encode(), param.value, param.kind, count, index
        )
        self._post(value, sender)

    # -- guided targets

    @property
    def _guided(self) -> Guided | None:
        mode = self.copter.vehicle.mode
        return mode if isinstance(mode, Guided) and mode.number is ModeNumber.GUIDED else None

    def _global_target(self, message: Message, _sender: Sender) -> None:
        guided, vehicle = self._guided, self.copter.vehicle
        if guided is None or not _sane(message, message.alt) or not _on_earth(message):
            return
        if not message.type_mask & _NO_POSITION:
            place = vehicle.ground.to_local(e7_to_deg(message.lat_int), e7_to_deg(message.lon_int))
            guided.go(Point(place, vehicle.height_of(message.coordinate_frame, message.alt)))
        elif not message.type_mask & _NO_VELOCITY:
            guided.drift(complex(message.vx, message.vy), -message.vz)

    def _local_target(self, message: Message, _sender: Sender) -> None:
        guided, vehicle = self._guided, self.copter.vehicle
        if guided is None or not _sane(message, message.z, message.x, message.y):
            return
        if not message.type_mask & _NO_POSITION:
            here = vehicle.here if message.coordinate_frame in (7, 9) else Point(0j, 0.0)
            guided.go(Point(here.place + complex(message.x, message.y), here.height_m - message.z))
        elif not message.type_mask & _NO_VELOCITY:
            guided.drift(complex(message.vx, message.vy), -message.vz)

    def _post(self, message: Message, sender: Sender) -> None:
        self.copter.vehicle.post(Outgoing(message, sender.link))


def _on_earth(message: Message) -> bool:
    return abs(e7_to_deg(message.lat_int)) <= 90.0 and abs(e7_to_deg(message.lon_int)) <= 180.0


def _sane(message: Message, height_m: float, *places_m: float) -> bool:
    """Whether a target's numbers, as far as its mask says that they count, are some that one can fly to."""
    if not message.type_mask & _NO_POSITION:
        return abs(height_m) < HIGHEST_M and all(abs(place) < FARTHEST_M for place in places_m)
    return all(math.isfinite(speed) for speed in (message.vx, message.vy, message.vz))
