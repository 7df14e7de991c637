"""Where a client tells GUIDED to go: positions, velocities and single items."""

import math
from dataclasses import dataclass
from typing import Protocol

from core.units import e7_to_deg
from flight.simulator.legs import Point
from flight.simulator.limits import FARTHEST_M, HIGHEST_M
from flight.simulator.messages import Message, ModeNumber, Sender
from flight.simulator.missionitems import Item, Kind, Result
from flight.simulator.modes import Guided
from flight.simulator.storage import fault, from_message
from flight.simulator.vehicle import Vehicle

_NO_POSITION, _NO_VELOCITY = 0x007, 0x038
_GO_THERE, _CLIMB_TO, _WAYPOINT, _ANY_JUMP = 2, 3, 16, 65535


class Copter(Protocol):
    """Who is told."""

    vehicle: Vehicle


@dataclass(slots=True)
class Targets:
    """Takes targets while the vehicle is in GUIDED, and nothing else."""

    copter: Copter

    @property
    def _guided(self) -> Guided | None:
        mode = self.copter.vehicle.mode
        return mode if isinstance(mode, Guided) and mode.number is ModeNumber.GUIDED else None

    def item(self, message: Message) -> Result | None:
        """A mission item that is none: current 2 is a place to fly to now, 3 a height. None for others."""
        if message.mission_type or message.current not in (_GO_THERE, _CLIMB_TO):
            return None
        item = from_message(message)
        if isinstance(item, Result):
            return item
        found = fault(item, Kind.MISSION, _ANY_JUMP)
        if found is Result.ACCEPTED and message.current == _GO_THERE and not self._go(item):
            return Result.ERROR
        return found

    def _go(self, item: Item) -> bool:
        guided = self._guided
        if guided is None or item.command != _WAYPOINT:
            return False
        return guided.go(self.copter.vehicle.point(item))

    def globally(self, message: Message, _sender: Sender) -> None:
        """SET_POSITION_TARGET_GLOBAL_INT."""
        guided, vehicle = self._guided, self.copter.vehicle
        if guided is None or not _sane(message, message.alt) or not _on_earth(message):
            return
        if not message.type_mask & _NO_POSITION:
            place = vehicle.ground.to_local(e7_to_deg(message.lat_int), e7_to_deg(message.lon_int))
            guided.go(Point(place, vehicle.height_of(message.coordinate_frame, message.alt)))
        elif not message.type_mask & _NO_VELOCITY:
            guided.drift(complex(message.vx, message.vy), -message.vz)

    def locally(self, message: Message, _sender: Sender) -> None:
        """SET_POSITION_TARGET_LOCAL_NED."""
        guided, vehicle = self._guided, self.copter.vehicle
        if guided is None or not _sane(message, message.z, message.x, message.y):
            return
        if not message.type_mask & _NO_POSITION:
            here = vehicle.here if message.coordinate_frame in (7, 9) else Point(0j, 0.0)
            guided.go(Point(here.place + complex(message.x, message.y), here.height_m - message.z))
        elif not message.type_mask & _NO_VELOCITY:
            guided.drift(complex(message.vx, message.vy), -message.vz)


def _on_earth(message: Message) -> bool:
    return abs(e7_to_deg(message.lat_int)) <= 90.0 and abs(e7_to_deg(message.lon_int)) <= 180.0


def _sane(message: Message, height_m: float, *places_m: float) -> bool:
    """Whether a target's numbers, as far as its mask says that they count, are some that one can fly to."""
    if not message.type_mask & _NO_POSITION:
        return abs(height_m) < HIGHEST_M and all(abs(place) < FARTHEST_M for place in places_m)
    return all(math.isfinite(speed) for speed in (message.vx, message.vy, message.vz))
