"""A command from a client, whichever message brought it, as ArduCopter turns the one into the other."""

import math
from dataclasses import dataclass

from core.units import e7_to_deg
from flight.simulator.legs import Point
from flight.simulator.limits import HIGHEST_M
from flight.simulator.messages import Message, Sender
from flight.simulator.missionitems import Item, float32
from flight.simulator.storage import whole
from flight.simulator.vehicle import Vehicle

# Commands with a place, and the frame that COMMAND_LONG means by it; without one it cannot bring them.
PLACED: dict[int, int | None] = {179: 0, 192: None, 195: 3, 201: 3, 43003: None}
FRAMES = (0, 3, 5, 6, 10, 11)
_RELATIVE = 3
_TAKEOFFS = (22, 84)


@dataclass(frozen=True, slots=True)
class Command:
    """`x` and `y` are 1e7 degrees where the command has a place; `frame` is a MAV_FRAME."""

    number: int
    params: tuple[float, float, float, float]
    x: int
    y: int
    z: float
    frame: int | None
    sender: Sender

    @classmethod
    def read(cls, message: Message, sender: Sender) -> "Command":
        """From COMMAND_INT or COMMAND_LONG; a frame of None cannot be carried out."""
        params = (message.param1, message.param2, message.param3, message.param4)
        number = message.command
        if message.get_type() == "COMMAND_INT":
            return cls(number, params, message.x, message.y, message.z, message.frame, sender)
        scale = 1e7 if number in PLACED else 1.0
        x, y = (0 if math.isnan(v) else whole(v * scale) for v in (message.param5, message.param6))
        return cls(number, params, x, y, message.param7, PLACED.get(number, _RELATIVE), sender)

    def byte(self, number: int) -> int:
        """A parameter (counted from 1) as the whole number of eight bits that ArduPilot makes of it."""
        return whole(self.params[number - 1], 8, signed=False)

    @property
    def on_earth(self) -> bool:
        """Whether its place is one."""
        return float32(abs(self.x)) <= 90e7 and float32(abs(self.y)) <= 180e7

    @property
    def placed(self) -> bool:
        """Whether its height and frame can be kept."""
        return not math.isnan(self.z) and abs(self.z) <= HIGHEST_M and self.frame in FRAMES

    @property
    def complete(self) -> bool:
        """Whether nothing in its place stands for "as now"."""
        relative = self.frame in (3, 6, 10, 11)
        return bool(self.x or self.y) and not (relative and int(self.z * 100) == 0)

    def point(self, vehicle: Vehicle) -> Point:
        """Where the command says."""
        lat, lon = e7_to_deg(self.x), e7_to_deg(self.y)
        return Point(vehicle.ground.to_local(lat, lon), vehicle.height_of(self.frame or 0, self.z))

    @property
    def item(self) -> Item:
        """As the mission item that does the same."""
        return Item(3, self.number, self.params, self.x, self.y, self.z)
