"""Mission items as the vehicle keeps them, and which it refuses: ArduCopter 4.6's table.

ArduPilot packs an item into fifteen bytes: a waypoint keeps its delay in whole seconds and loses its radius
and yaw; an item without a place loses its frame. What is read back is what was kept.
"""

import math
import struct
from dataclasses import dataclass
from enum import IntEnum

from core.units import deg_to_e7, e7_to_deg
from flight.simulator.limits import HIGHEST_M, within
from flight.simulator.messages import Message


class Kind(IntEnum):
    """MAV_MISSION_TYPE."""

    MISSION = 0
    FENCE = 1
    RALLY = 2


class Result(IntEnum):
    """MAV_MISSION_RESULT."""

    ACCEPTED = 0
    ERROR = 1
    UNSUPPORTED_FRAME = 2
    UNSUPPORTED = 3
    NO_SPACE = 4
    INVALID_PARAM1 = 6
    INVALID_PARAM2 = 7
    INVALID_PARAM3 = 8
    INVALID_PARAM4 = 9
    INVALID_X = 10
    INVALID_Y = 11
    INVALID_ALTITUDE = 12
    INVALID_SEQUENCE = 13
    DENIED = 14
    CANCELLED = 15


@dataclass(frozen=True, slots=True)
class Item:
    """One item: `frame` is a MAV_FRAME, `x` and `y` 1e7 degrees (or params 5 and 6), `z` metres."""

    frame: int
    command: int
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    x: int = 0
    y: int = 0
    z: float = 0.0

    @property
    def lat(self) -> float:
        return e7_to_deg(self.x)

    @property
    def lon(self) -> float:
        return e7_to_deg(self.y)

    @property
    def has_place(self) -> bool:
        return self.x != 0 or self.y != 0

    @property
    def label(self) -> str:
        return SPECS[self.command].label if self.command in SPECS else "?"

    @property
    def is_nav(self) -> bool:
        return self.command in SPECS and SPECS[self.command].nav


@dataclass(frozen=True, slots=True)
class Spec:
    """What ArduCopter keeps of a command: params by digit ("1" kept, "i" whole), and a place or not."""

    label: str
    kept: str = "1234"
    place: bool = False
    nav: bool = False
    keeps_xyz: bool = False


SPECS: dict[int, Spec] = {
    16: Spec("WP", "i", place=True, nav=True),
    17: Spec("LoitUnlim", "", place=True, nav=True),
    18: Spec("LoitTurns", "i3", place=True, nav=True),
    19: Spec("LoitTime", "i", place=True, nav=True),
    20: Spec("RTL", "", nav=True),
    21: Spec("Land", "i", place=True, nav=True),
    22: Spec("Takeoff", "i", place=True, nav=True),
    31: Spec("LoitAltitude", "i", place=True, nav=True),
    82: Spec("SplineWP", "i", place=True, nav=True),
    84: Spec("VTOLTakeoff", "i", place=True, nav=True),
    85: Spec("VTOLLand", "i", place=True, nav=True),
    92: Spec("GuidedEnable", "i", nav=True),
    93: Spec("Delay", "1234", nav=True),
    94: Spec("PayloadPlace", "1", place=True, nav=True),
    112: Spec("CondDelay", "1"),
    114: Spec("CondDist", "1"),
    115: Spec("CondYaw"),
    177: Spec("Jump", "12"),
    178: Spec("ChangeSpeed", "123"),
    179: Spec("SetHome", "1", place=True),
    181: Spec("SetRelay", "12"),
    182: Spec("RepeatRelay", "123"),
    183: Spec("SetServo", "12"),
    184: Spec("RepeatServo"),
    188: Spec("DOReturnPathStart", "", place=True),
    189: Spec("DOLandStart", "", place=True),
    191: Spec("GoAround", "1"),
    193: Spec("PauseContinue", "1"),
    194: Spec("SetReverse", "1"),
    195: Spec("SetROI", "", place=True),
    197: Spec("SetROINone", ""),
    201: Spec("SetROI", "1", place=True),
    202: Spec("DigiCamCfg", keeps_xyz=True),
    203: Spec("DigiCamCtrl", keeps_xyz=True),
    205: Spec("MountControl", "123"),
    206: Spec("SetCamTrigDst", "13"),
    207: Spec("FenceEnable", "1"),
    208: Spec("Parachute", "1"),
    210: Spec("InvertedFlight", "1"),
    211: Spec("Gripper", "12"),
    212: Spec("AutotuneEnable", "1"),
    213: Spec("SetYawSpeed", "123", nav=True),
    215: Spec("SetRepeatDist", "1"),
    216: Spec("Sprayer", "1"),
    217: Spec("SendScriptMessage"),
    218: Spec("AuxFunction", "12"),
    222: Spec("GuidedLimits"),
    223: Spec("EngineControl", "123"),
    531: Spec("SetCameraZoom", "12"),
    532: Spec("SetCameraFocus", "12"),
    534: Spec("SetCameraSource", "123"),
    600: Spec("JumpTag", "1"),
    601: Spec("DoJumpTag", "12"),
    1000: Spec("GimbalPitchYaw", keeps_xyz=True),
    2000: Spec("ImageStartCapture"),
    2001: Spec("ImageStopCapture", "1"),
    2500: Spec("VideoStartCapture", "1"),
    2501: Spec("VideoStopCapture", "1"),
    3000: Spec("VTOLTransition", "1"),
    42600: Spec("Winch"),
    42702: Spec("NavScriptTime", nav=True),
    42703: Spec("NavAttitudeTime", nav=True),
}

FENCE_COMMANDS = (5000, 5001, 5002, 5003, 5004)
RALLY_COMMAND = 5100
_YAW_MAY_BE_NAN = {16, 17, 18, 19, 21, 22, 31, 82, 84, 85, 1000}
_STORED_FRAME = {0: 0, 5: 0, 2: 0, 3: 3, 6: 3, 10: 10, 11: 10}
_INT32 = (-(2**31), 2**31 - 1)


def from_message(message: Message) -> Item:
    """A MISSION_ITEM_INT or MISSION_ITEM as it came."""
    params = (message.param1, message.param2, message.param3, message.param4)
    if message.get_type() == "MISSION_ITEM":
        scaled = [_whole(v) for v in (message.x, message.y)]
        return Item(message.frame, message.command, params, scaled[0], scaled[1], message.z)
    return Item(message.frame, message.command, params, message.x, message.y, message.z)


def _whole(degrees: float) -> int:
    """1e7 degrees as an int32 holds them; what is no number becomes a place that is refused."""
    return int(within(deg_to_e7(degrees), _INT32)) if math.isfinite(degrees) else 2**31 - 1


def fault(item: Item, kind: Kind) -> Result:
    """Why the vehicle refuses an item; ACCEPTED if it does not."""
    if kind is Kind.FENCE and item.command not in FENCE_COMMANDS:
        return Result.UNSUPPORTED
    if kind is Kind.RALLY and item.command != RALLY_COMMAND:
        return Result.UNSUPPORTED
    if kind is Kind.MISSION and item.command not in SPECS:
        return Result.UNSUPPORTED
    return _bad_number(item) or _bad_place(item, kind)


def _bad_number(item: Item) -> Result:
    for number, value in enumerate(item.params):
        unset = math.isnan(value) and number == 3 and item.command in _YAW_MAY_BE_NAN
        if not math.isfinite(value) and not unset:
            return Result(Result.INVALID_PARAM1 + number)
    if not math.isfinite(item.z):
        return Result.INVALID_ALTITUDE
    if item.command == 177 and item.params[0] < 1:
        return Result.ERROR
    return Result.ACCEPTED


def _bad_place(item: Item, kind: Kind) -> Result:
    if kind is Kind.MISSION and not SPECS[item.command].place:
        return Result.ACCEPTED
    if item.frame not in _STORED_FRAME:
        return Result.UNSUPPORTED_FRAME
    if abs(item.lat) > 90.0:
        return Result.INVALID_X
    if abs(item.lon) > 180.0:
        return Result.INVALID_Y
    if abs(item.z) >= HIGHEST_M:
        return Result.INVALID_ALTITUDE
    return Result.ACCEPTED


def stored(item: Item, kind: Kind) -> Item:
    """What the vehicle keeps of an item that it accepted."""
    if kind is Kind.FENCE:
        return Item(0, item.command, (float32(item.params[0]), 0.0, 0.0, 0.0), item.x, item.y, 0.0)
    if kind is Kind.RALLY:
        return Item(_STORED_FRAME[item.frame], item.command, x=item.x, y=item.y, z=float(int(item.z)))
    spec = SPECS[item.command]
    params = tuple(_kept(spec.kept, number, value) for number, value in enumerate(item.params, 1))
    if spec.place:
        height = float32(round(item.z * 100.0) / 100.0)
        return Item(_STORED_FRAME[item.frame], item.command, params, item.x, item.y, height)  # type: ignore[arg-type]
    if spec.keeps_xyz:
        return Item(0, item.command, params, item.x, item.y, item.z)  # type: ignore[arg-type]
    return Item(0, item.command, params)  # type: ignore[arg-type]


def _kept(kept: str, number: int, value: float) -> float:
    if number == 1 and "i" in kept:
        return float(max(0, min(65535, int(value)))) if math.isfinite(value) else 0.0
    return float32(value) if str(number) in kept and math.isfinite(value) else 0.0


def float32(value: float) -> float:
    """A number as a float32 holds it."""
    number: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return number
