"""Mission items as the vehicle knows them: kinds, results, labels, and how much of each it can hold.

ArduPilot packs an item into fifteen bytes: a waypoint keeps its delay in whole seconds and loses its radius
and yaw; an item without a place loses its frame. `storage.py` does the packing.
"""

import math
import struct
from dataclasses import dataclass
from enum import IntEnum

from core.units import e7_to_deg

_LAST_NAV = 95


def float32(value: float) -> float:
    """A number as a float32 holds it; too large becomes infinite."""
    try:
        number: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return number


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
    INVALID = 5
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
    def on_earth_north(self) -> bool:
        """Whether `x` is a latitude, judged in float32 as the vehicle does: 3 mm over the pole still is."""
        return float32(abs(self.x)) <= 90e7

    @property
    def on_earth_east(self) -> bool:
        """Whether `y` is a longitude."""
        return float32(abs(self.y)) <= 180e7

    @property
    def has_place(self) -> bool:
        return self.x != 0 or self.y != 0

    @property
    def label(self) -> str:
        return SPECS[self.command].label if self.command in SPECS else "?"

    @property
    def is_nav(self) -> bool:
        """Whether it is flown, rather than done beside the flight: by number, as ArduPilot sorts them."""
        return self.command <= _LAST_NAV or self.command in _LATER_NAV


@dataclass(frozen=True, slots=True)
class Spec:
    """What ArduCopter keeps of a command: a letter for each parameter, and whether it has a place.

    Letters: B, b, H, h whole numbers of 8 and 16 bits without and with sign; f float32; - not kept;
    * kept in a way of its own (`storage.py`).
    """

    label: str
    kept: str = "----"
    place: bool = False


SPECS: dict[int, Spec] = {
    16: Spec("WP", "H---", place=True),
    17: Spec("LoitUnlim", "--*-", place=True),
    18: Spec("LoitTurns", "*-**", place=True),
    19: Spec("LoitTime", "H-**", place=True),
    20: Spec("RTL"),
    21: Spec("Land", "H--*", place=True),
    22: Spec("Takeoff", "H---", place=True),
    30: Spec("ContinueAndChangeAlt", "H---", place=True),
    31: Spec("LoitAltitude", "-*-*", place=True),
    82: Spec("SplineWP", "H---", place=True),
    83: Spec("AltitudeWait", "ffB-"),
    84: Spec("VTOLTakeoff", place=True),
    85: Spec("VTOLLand", "H---", place=True),
    92: Spec("GuidedEnable", "H---", place=True),
    93: Spec("Delay", "fbbb"),
    94: Spec("PayloadPlace", "*---", place=True),
    112: Spec("CondDelay", "f---"),
    114: Spec("CondDist", "f---"),
    115: Spec("CondYaw", "ffbB"),
    177: Spec("Jump", "Hh--"),
    178: Spec("ChangeSpeed", "Bff-"),
    179: Spec("SetHome", "H---", place=True),
    181: Spec("SetRelay", "BB--"),
    182: Spec("RepeatRelay", "Bhf-"),
    183: Spec("SetServo", "BH--"),
    184: Spec("RepeatServo", "BHhf"),
    188: Spec("ReturnPathStart", place=True),
    189: Spec("LandStart", place=True),
    191: Spec("Go Around", place=True),
    193: Spec("PauseContinue", "H---"),
    194: Spec("SetReverse", "H---"),
    195: Spec("SetROILocation", "H---", place=True),
    197: Spec("SetROINone", "H---"),
    201: Spec("SetROI", "H---", place=True),
    202: Spec("DigiCamCfg", "BHBH"),
    203: Spec("DigiCamCtrl", "BBbB"),
    205: Spec("MountControl", "fff-"),
    206: Spec("SetCamTrigDst", "f-B-"),
    207: Spec("FenceEnable", "H---"),
    208: Spec("Parachute", "H---"),
    210: Spec("InvertedFlight", "H---"),
    211: Spec("Gripper", "BB--"),
    212: Spec("AutoTuneEnable", "H---"),
    213: Spec("SetYawSpd", "ffB-"),
    215: Spec("SetRepeatDist", "H---"),
    216: Spec("Sprayer", "H---"),
    217: Spec("Scripting", "Hfff"),
    218: Spec("AuxFunction", "HB--"),
    222: Spec("GuidedLimits", "Hfff"),
    223: Spec("EngineControl", "****"),
    531: Spec("SetCameraZoom", "Bf--"),
    532: Spec("SetCameraFocus", "Bf--"),
    534: Spec("SetCameraSource", "BBB-"),
    600: Spec("Tag", "H---"),
    601: Spec("JumpToTag", "Hh--"),
    1000: Spec("GimbalPitchYaw", "bhbb"),
    2000: Spec("ImageStartCapture", "BfHH"),
    2001: Spec("ImageStopCapture", "H---"),
    2500: Spec("VideoStartCapture", "B---"),
    2501: Spec("VideoStopCapture", "B---"),
    3000: Spec("VTOLTransition", "B---"),
    42600: Spec("Winch", "BBff"),
    42702: Spec("NavScriptTime", "BB**"),
    42703: Spec("NavAttitudeTime", "****"),
}

FENCE_COMMANDS = (5000, 5001, 5002, 5003, 5004)
RALLY_COMMAND = 5100
_LATER_NAV = (213, 42702, 42703)

__all__ = ["FENCE_COMMANDS", "RALLY_COMMAND", "SPECS", "Item", "Kind", "Result", "Spec", "float32"]
