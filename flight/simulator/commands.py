"""COMMAND_LONG and COMMAND_INT: each command's answer as ArduCopter 4.6 gives it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from flight.simulator.arming import PreArm
from flight.simulator.auto import Auto
from flight.simulator.command import Command
from flight.simulator.flightcommands import FlightCommands
from flight.simulator.gearcommands import GearCommands
from flight.simulator.messages import Ack, Message, Sender, mavlink
from flight.simulator.stationcommands import StationCommands
from flight.simulator.vehicle import Vehicle

Handler = Callable[[Command], Ack]


class Copter(Protocol):
    """What a command may do beyond the vehicle itself."""

    vehicle: Vehicle
    prearm: PreArm

    @property
    def auto(self) -> Auto:
        """The AUTO mode, whether flown or not."""
        ...

    def change_mode(self, number: int) -> bool:
        """Change the mode; False, with the reason told, if it cannot."""
        ...

    def disarm(self) -> None:
        """Stop the motors and put the mission back to its start."""
        ...

    def set_interval(self, message_id: int, interval_us: float, link: int) -> bool:
        """How often a client gets a message."""
        ...

    def interval_us(self, message_id: int, link: int) -> int | None:
        """How often a client gets a message; None for one that does not exist."""
        ...

    def request(self, message_id: int, link: int) -> bool:
        """Send a client one message."""
        ...

    def set_current(self, seq: int, *, reset: bool) -> bool:
        """Make a mission item the current one."""
        ...

    def tell_current(self, shown: int | None = None) -> None:
        """Send every client the current item's number, or another."""
        ...

    def reboot(self) -> None:
        """Start again; parameters stay."""
        ...

    def banner(self) -> None:
        """Say what the vehicle is."""
        ...


@dataclass(slots=True)
class Commands:
    """The table of commands."""

    copter: Copter
    table: dict[int, Handler] = field(init=False)

    def __post_init__(self) -> None:
        self.table = {
            **FlightCommands(self.copter).table,
            **GearCommands(self.copter).table,
            **StationCommands(self.copter).table,
        }

    def handle(self, message: Message, sender: Sender) -> Message:
        """Carry a command out; its COMMAND_ACK."""
        command = Command.read(message, sender)
        handler = self.table.get(command.number)
        known = handler is not None and command.frame is not None
        result = handler(command) if handler is not None and known else Ack.UNSUPPORTED
        return mavlink.MAVLink_command_ack_message(
            command.number, int(result), 0, 0, sender.system, sender.component
        )
