"""Messages from clients: which part of the copter answers which."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from flight.simulator.boardlog import BoardLogs
from flight.simulator.commands import Commands
from flight.simulator.failsafes import Failsafes
from flight.simulator.files import Files
from flight.simulator.ftp import Ftp
from flight.simulator.messages import Message, Outgoing, Sender, Severity, mavlink
from flight.simulator.missionitems import Kind
from flight.simulator.parameters import Parameters
from flight.simulator.params import Params
from flight.simulator.signing import Signing
from flight.simulator.targets import Targets
from flight.simulator.telemetry import Telemetry
from flight.simulator.transfer import Plans
from flight.simulator.vehicle import Vehicle

log = logging.getLogger(__name__)
_VERSION_MESSAGE = 148
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
    logs: BoardLogs

    def change_mode(self, number: int) -> bool:
        """Change the mode."""
        ...

    def set_current(self, seq: int, *, reset: bool) -> bool:
        """Make a mission item the current one."""
        ...

    def tell_current(self, shown: int | None = None) -> None:
        """Send every client the current item's number, or another."""
        ...

    def request(self, message_id: int, link: int) -> bool:
        """Send a client one message."""
        ...


@dataclass(slots=True)
class Inbox:
    """The table of messages, and the services that only messages ask for."""

    copter: Copter
    parameters: Parameters = field(init=False)
    targets: Targets = field(init=False)
    ftp: Ftp = field(init=False)
    signing: Signing = field(default_factory=Signing)
    table: dict[str, Callable[[Message, Sender], None]] = field(init=False)
    files_due: deque[tuple[Message, Sender]] = field(default_factory=deque)  # answers that wait their turn
    odd: set[str] = field(default_factory=set)  # messages nobody here listens to, each logged once

    def __post_init__(self) -> None:
        copter = self.copter
        self.parameters, self.targets = Parameters(copter), Targets(copter)
        self.ftp = Ftp(Files(copter.params, copter.plans), self.parameters.banner)
        self.table = {
            "HEARTBEAT": self._heartbeat, "COMMAND_LONG": self._command, "COMMAND_INT": self._command,
            "SET_MODE": self._set_mode, "REQUEST_DATA_STREAM": self._stream, "TIMESYNC": self._timesync,
            "PARAM_REQUEST_LIST": self.parameters.list, "PARAM_REQUEST_READ": self.parameters.read,
            "PARAM_SET": self.parameters.set, "MISSION_SET_CURRENT": self._set_current,
            "SET_POSITION_TARGET_GLOBAL_INT": self.targets.globally,
            "SET_POSITION_TARGET_LOCAL_NED": self.targets.locally, "TERRAIN_DATA": self._terrain_data,
            "TERRAIN_CHECK": self._terrain_check, "FILE_TRANSFER_PROTOCOL": self._file,
            "SETUP_SIGNING": self._set_up_signing, "LOG_REQUEST_LIST": self._logs,
            "LOG_REQUEST_DATA": self._log_data, "LOG_REQUEST_END": self._log_end,
            "AUTOPILOT_VERSION_REQUEST": self._version, **dict.fromkeys(_MISSION, self._mission),
        }  # fmt: skip

    def handle(self, message: Message, sender: Sender) -> None:
        """Answer a message; one for another system is not ours."""
        own = self.copter.params.integer("SYSID_THISMAV") & 0xFF
        if getattr(message, "target_system", 0) not in (0, own):
            return
        handler = self.table.get(message.get_type())
        if handler is None:
            self._pass_over(message.get_type(), sender)
            return
        begun = len(self.copter.vehicle.outbox)
        handler(message, sender)
        self._texts_last(begun)

    def step(self) -> None:
        """Go on with what takes longer than an answer."""
        self.parameters.step()
        self._send_file()
        self.copter.logs.step(self.copter.vehicle)

    def leave(self, link: int) -> None:
        """A client went away."""
        self.files_due = deque(due for due in self.files_due if due[1].link != link)
        self.parameters.leave(link)

    def _pass_over(self, name: str, sender: Sender) -> None:
        if name not in self.odd:
            self.odd.add(name)
            log.info("%s from system %d is of no use to this vehicle", name, sender.system)

    def _texts_last(self, begun: int) -> None:
        """Answers go out at once, texts wait in the vehicle's queue until it sends next."""
        outbox = self.copter.vehicle.outbox
        if len(outbox) > begun + 1:
            outbox[begun:] = sorted(outbox[begun:], key=_is_text)

    def _heartbeat(self, _message: Message, sender: Sender) -> None:
        self.copter.failsafes.heartbeat(sender.system)

    def _command(self, message: Message, sender: Sender) -> None:
        self._post(self.copter.commands.handle(message, sender), sender)

    def _mission(self, message: Message, sender: Sender) -> None:
        plans = self.copter.plans
        result = self.targets.item(message) if message.get_type().startswith("MISSION_ITEM") else None
        if result is None:
            plans.handle(message, sender, self.copter.vehicle.time_s)
        else:
            plans.ack(sender, result, Kind.MISSION)

    def _set_mode(self, message: Message, _sender: Sender) -> None:
        if message.base_mode & mavlink.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED:
            self.copter.change_mode(message.custom_mode & 0xFF)

    def _stream(self, message: Message, sender: Sender) -> None:
        if message.start_stop in (0, 1):
            rate = float(message.req_message_rate) if message.start_stop else 0.0
            self.copter.telemetry.request_stream(sender.link, message.req_stream_id, rate)

    def _timesync(self, message: Message, sender: Sender) -> None:
        if message.tc1 == 0:
            now_ns = int(self.copter.vehicle.time_s * 1e9)
            self._post(mavlink.MAVLink_timesync_message(now_ns, message.ts1), sender)

    def _set_current(self, message: Message, _sender: Sender) -> None:
        if self.copter.set_current(message.seq, reset=False):
            self.copter.tell_current(message.seq)

    def _version(self, _message: Message, sender: Sender) -> None:
        self.copter.request(_VERSION_MESSAGE, sender.link)

    def _logs(self, _message: Message, sender: Sender) -> None:
        for entry in self.copter.logs.entries(self.copter.vehicle):
            self._post(entry, sender)

    def _log_data(self, message: Message, sender: Sender) -> None:
        if not self.copter.vehicle.armed:
            self.copter.logs.ask(message, sender)

    def _log_end(self, _message: Message, _sender: Sender) -> None:
        self.copter.logs.due = None

    def _file(self, message: Message, sender: Sender) -> None:
        """One answer goes out at once; those of a burst follow one a step."""
        payload, idle = bytes(message.payload), not self.files_due
        for answer in self.ftp.handle(payload, sender, self.copter.vehicle.time_s):
            packed = mavlink.MAVLink_file_transfer_protocol_message(
                0, sender.system, sender.component, answer
            )
            self.files_due.append((packed, sender))
        if idle:
            self._send_file()

    def _send_file(self) -> None:
        if self.files_due:
            self._post(*self.files_due.popleft())

    def _terrain_data(self, message: Message, _sender: Sender) -> None:
        self.copter.vehicle.terrain.take(message)

    def _terrain_check(self, message: Message, sender: Sender) -> None:
        self._post(self.copter.vehicle.terrain.report((message.lat, message.lon), None), sender)

    def _set_up_signing(self, message: Message, _sender: Sender) -> None:
        if self.copter.vehicle.armed:
            self.copter.vehicle.say("ERROR: Won't setup signing when armed", Severity.WARNING)
        else:
            self.signing.set_up(message)

    def _post(self, message: Message, sender: Sender) -> None:
        self.copter.vehicle.post(Outgoing(message, sender.link))


def _is_text(entry: Outgoing) -> bool:
    return bool(entry.message.get_type() == "STATUSTEXT")
