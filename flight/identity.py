"""Who is on the other end: which kind of vehicle, autopilot and firmware; and may it be flown by us."""

from dataclasses import dataclass

from core.errors import SkyshadeError
from flight.commands import Cmd, Order
from flight.paramtable import NEWEST, OLDEST
from flight.state import COPTER_TYPES
from flight.wire import Fields, Message

ARDUPILOT = 3  # MAV_AUTOPILOT_ARDUPILOTMEGA
ANSWER_S = 3.0
TRIES = 3
VERSION_MESSAGE = 148

_TYPES = {
    1: "a plane", 5: "an antenna tracker", 6: "a ground station", 10: "a rover", 11: "a boat",
    12: "a submarine", 16: "a parafoil", **dict.fromkeys(range(19, 26), "a VTOL plane"), 26: "a gimbal",
    30: "a camera",
}  # fmt: skip


class WrongVehicleError(SkyshadeError):
    """A vehicle that this toolkit does not fly."""


@dataclass(frozen=True, slots=True)
class Identity:
    """MAV_TYPE, MAV_AUTOPILOT and the firmware's (major, minor, patch); None = not heard."""

    vehicle_type: int | None = None
    autopilot: int | None = None
    firmware: tuple[int, int, int] | None = None

    @property
    def firmware_text(self) -> str:
        """The version as people write it."""
        return "unknown" if self.firmware is None else ".".join(map(str, self.firmware))


def heard(identity: Identity, message: Message) -> Identity:
    """What is known after one message."""
    f: Fields = message.fields
    if message.name == "HEARTBEAT":
        return Identity(int(f["type"]), int(f.get("autopilot", ARDUPILOT)), identity.firmware)
    if message.name == "AUTOPILOT_VERSION":
        number = int(f["flight_sw_version"])
        version = (number >> 24 & 255, number >> 16 & 255, number >> 8 & 255)
        return Identity(identity.vehicle_type, identity.autopilot, version if any(version) else None)
    return identity


def type_text(vehicle_type: int | None) -> str:
    """A kind of vehicle in words."""
    if vehicle_type in COPTER_TYPES:
        return "a copter"
    return _TYPES.get(vehicle_type or 0, f"of type {vehicle_type}")


def wrong_type(vehicle_type: int | None, name: str) -> WrongVehicleError:
    """The error for a vehicle that is no copter."""
    return WrongVehicleError(
        f"the vehicle on {name} is {type_text(vehicle_type)}", hint="only copters are flown"
    )


def judge(identity: Identity, name: str) -> tuple[str, ...]:
    """What is to be said of a vehicle that may be flown; raises `WrongVehicleError` for any other."""
    if identity.vehicle_type not in COPTER_TYPES:
        raise wrong_type(identity.vehicle_type, name)
    if identity.autopilot != ARDUPILOT:
        raise WrongVehicleError(
            f"the vehicle on {name} does not run ArduPilot (autopilot {identity.autopilot})",
            hint="only ArduPilot's copters are flown",
        )
    if identity.firmware is None:
        return ("the vehicle does not say its firmware version: what its parameters mean is unknown",)
    if identity.firmware[:2] < OLDEST:
        raise WrongVehicleError(
            f"the vehicle on {name} runs ArduCopter {identity.firmware_text}",
            hint=f"{OLDEST[0]}.{OLDEST[1]} or newer is needed: update its firmware",
        )
    if identity.firmware[:2] > NEWEST:
        newest = f"{NEWEST[0]}.{NEWEST[1]}"
        text = f"ArduCopter {identity.firmware_text} is newer than what is known here ({newest})"
        return (f"{text}: parameters that it names otherwise are unknown",)
    return ()


def version_order() -> Order:
    """The command that asks for AUTOPILOT_VERSION."""
    return Order(Cmd.REQUEST_MESSAGE, (VERSION_MESSAGE,))
