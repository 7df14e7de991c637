"""Which items the vehicle refuses, and what it keeps of the others: ArduCopter 4.6's fifteen bytes an item.

What is read back is what was kept. Numbers are cut as the autopilot's processor cuts them: towards zero, the
low bits only.
"""

import math
import struct
from collections.abc import Callable

from flight.simulator.limits import HIGHEST_M
from flight.simulator.messages import Message
from flight.simulator.missionitems import FENCE_COMMANDS, RALLY_COMMAND, SPECS, Item, Kind, Result, float32

_YAW_MAY_BE_NAN = {16, 17, 21, 22, 84, 85}
_THIRD_MAY_BE_NAN = {85}
_RESERVED = (0, 1)
_JUMP = 177
_MISSION_FRAMES = {0: 0, 5: 0, 2: 0, 3: 3, 6: 3, 10: 10, 11: 10}
_PLACE_FRAMES = {0: 0, 5: 0, 3: 3, 6: 3, 10: 10, 11: 10}
_MOST_VERTICES = 255
_LIKE_WHOLE = 0.001  # circles whose radius is this near a whole metre are kept in whole metres
_TARGETING = 2.0  # MAV_MOUNT_MODE_MAVLINK_TARGETING

Params = tuple[float, float, float, float]


def whole(value: float, bits: int = 32, *, signed: bool = True) -> int:
    """A float cut to a whole number of some bits, as x86 does: out of an int32 it has no low bits left."""
    number = int(value) if math.isfinite(value) and -(2**31) <= value < 2**31 else -(2**31)
    low: int = number & (2**bits - 1)
    return low - 2**bits if signed and low >= 2 ** (bits - 1) else low


def unsigned(value: float) -> int:
    """A float cut to 32 bits without sign, as x86 does it: through 64 bits, of what is beyond nothing."""
    return int(value) & 0xFFFFFFFF if math.isfinite(value) and abs(value) < 2**63 else 0


_WHOLE = {"B": (8, False), "b": (8, True), "H": (16, False), "h": (16, True)}


def _kept(letter: str, value: float) -> float:
    if letter in _WHOLE:
        bits, signed = _WHOLE[letter]
        return float(whole(value, bits, signed=signed))
    return value if letter == "f" else 0.0


# -- reading


def from_message(message: Message) -> Item | Result:
    """A MISSION_ITEM_INT or MISSION_ITEM as it came; a result where a MISSION_ITEM's place cannot be one."""
    params = (message.param1, message.param2, message.param3, message.param4)
    if message.get_type() != "MISSION_ITEM":
        return Item(message.frame, message.command, params, message.x, message.y, message.z)
    x, y = message.x, message.y
    if not has_location(message.command):
        return Item(message.frame, message.command, params, whole(x), whole(y), message.z)
    if not abs(x) <= 90.0:
        return Result.INVALID_X
    if not abs(y) <= 180.0:
        return Result.INVALID_Y
    x, y = whole(float32(x * 1e7)), whole(float32(y * 1e7))
    return Item(message.frame, message.command, params, x, y, message.z)


def has_location(command: int) -> bool:
    """Whether a command's x and y are a place."""
    fenced = command in FENCE_COMMANDS or command == RALLY_COMMAND
    return fenced or (command in SPECS and SPECS[command].place)


# -- refusing


def fault(item: Item, kind: Kind, last: int = 0) -> Result:
    """Why the vehicle refuses an item, ACCEPTED if it does not; a jump may go to item `last` at most."""
    return _FAULTS[kind](item) or _bad_jump(item, kind, last)


def _mission_fault(item: Item) -> Result:
    number = _bad_number(item)
    if number:
        return number
    if item.command in _RESERVED:
        return Result.INVALID
    if item.command not in SPECS:
        return Result.UNSUPPORTED
    if not SPECS[item.command].place:
        return Result.ACCEPTED
    place = _bad_place(item)
    if place or not abs(item.z) < HIGHEST_M:
        return place or Result.INVALID_ALTITUDE
    return Result.ACCEPTED if item.frame in _MISSION_FRAMES else Result.UNSUPPORTED_FRAME


def _bad_number(item: Item) -> Result:
    for number, value in enumerate(item.params):
        unset = (number == 3 and item.command in _YAW_MAY_BE_NAN) or (
            number == 2 and item.command in _THIRD_MAY_BE_NAN
        )
        if math.isinf(value) or (math.isnan(value) and not unset):
            return Result(Result.INVALID_PARAM1 + number)
    return Result.ACCEPTED


def _bad_place(item: Item) -> Result:
    if not item.on_earth_north:
        return Result.INVALID_X
    return Result.ACCEPTED if item.on_earth_east else Result.INVALID_Y


def _bad_jump(item: Item, kind: Kind, last: int) -> Result:
    if kind is not Kind.MISSION or item.command != _JUMP:
        return Result.ACCEPTED
    target = whole(item.params[0], 16, signed=False)
    return Result.ACCEPTED if 0 < target <= last else Result.ERROR


def _fence_fault(item: Item) -> Result:
    if item.frame not in _PLACE_FRAMES:
        return Result.UNSUPPORTED_FRAME
    if item.command not in FENCE_COMMANDS:
        return Result.UNSUPPORTED
    if item.command in (5001, 5002) and item.params[0] > _MOST_VERTICES:
        return Result.INVALID_PARAM1
    return Result.ACCEPTED


def _rally_fault(item: Item) -> Result:
    if item.command != RALLY_COMMAND:
        return Result.UNSUPPORTED
    place = _bad_place(item)
    if place or item.z < -(2**15) or item.z > 2**15 - 1:
        return place or Result.INVALID_ALTITUDE
    return Result.ACCEPTED if item.frame in _PLACE_FRAMES else Result.UNSUPPORTED_FRAME


_FAULTS: dict[Kind, Callable[[Item], Result]] = {
    Kind.MISSION: _mission_fault,
    Kind.FENCE: _fence_fault,
    Kind.RALLY: _rally_fault,
}


# -- keeping


def stored(item: Item, kind: Kind) -> Item:
    """What the vehicle keeps of an item that it accepted."""
    if kind is Kind.FENCE:
        return Item(0, item.command, (_fence_number(item), 0.0, 0.0, 0.0), item.x, item.y, 0.0)
    if kind is Kind.RALLY:
        height = float(whole(item.z, 16))
        return Item(_PLACE_FRAMES[item.frame], RALLY_COMMAND, x=item.x, y=item.y, z=height)
    if item.command in (202, 203):
        return _camera_item(item)
    spec, own = SPECS[item.command], _OWN.get(item.command)
    kept = [_kept(letter, value) for letter, value in zip(spec.kept, item.params, strict=True)]
    params: Params = own(item.params, kept) if own is not None else (kept[0], kept[1], kept[2], kept[3])
    if spec.place:
        return Item(_MISSION_FRAMES[item.frame], item.command, params, item.x, item.y, _metres(item.z))
    beside = _BESIDE.get(item.command)
    return Item(0, item.command, params, *(beside(item) if beside is not None else (0, 0, 0.0)))


def _metres(z_m: float) -> float:
    """A height kept in whole centimetres, cut towards zero."""
    return float32(float32(whole(float32(z_m * float32(100.0)))) * float32(0.01))


def _fence_number(item: Item) -> float:
    first = item.params[0]
    if item.command in (5001, 5002):
        return float(whole(first, 8, signed=False))
    if item.command == 5000:
        return 0.0
    return float(whole(first)) if first - whole(first) < _LIKE_WHOLE else first


def _camera_item(item: Item) -> Item:
    kept = [_kept(letter, value) for letter, value in zip(SPECS[item.command].kept, item.params, strict=True)]
    z = item.z if item.command == 202 else 0.0
    return Item(0, item.command, (kept[0], kept[1], kept[2], kept[3]), item.x & 0xFF, item.y & 0xFF, z)


def _short(value: int) -> int:
    return (value & 0xFFFF) - (0x10000 if value & 0x8000 else 0)


_BESIDE: dict[int, Callable[[Item], tuple[int, int, float]]] = {
    205: lambda _: (0, 0, _TARGETING),
    1000: lambda item: (item.x & 0xFF, 0, float(whole(item.z, 8, signed=False))),
    42702: lambda item: (_short(item.x), _short(item.y), 0.0),
    42703: lambda item: (_short(item.x), 0, 0.0),
}


def _unlimited(given: Params, _kept: list[float]) -> Params:
    radius = float(whole(abs(given[2]), 16, signed=False))
    return (0.0, 0.0, -radius if given[2] < 0.0 else radius, 0.0)


def _turns(given: Params, _kept: list[float]) -> Params:
    """Turns in a byte (parts of one in 256ths), the radius in another (beyond 255 m in tens of metres)."""
    part = 0.0 < given[0] < 1.0
    turns = whole(min(255.0, given[0] * 256.0 if part else given[0]), 16, signed=False)
    radius, wide = abs(given[2]), abs(given[2]) > 255.0
    byte = whole(min(255.0, float32(radius * float32(0.1))) if wide else radius, 8, signed=False)
    packed = (turns | byte << 8) & 0xFFFF
    kept_m = float(packed >> 8) * (10.0 if wide else 1.0)
    count = float(packed & 0xFF)
    out = 1.0 if given[3] > 0.0 else 0.0
    return (count / 256.0 if part else count, 0.0, -kept_m if given[2] < 0.0 else kept_m, out)


def _time(given: Params, kept: list[float]) -> Params:
    return (kept[0], 0.0, -1.0 if given[2] < 0.0 else 1.0, 1.0 if given[3] > 0.0 else 0.0)


def _land(given: Params, kept: list[float]) -> Params:
    return (kept[0], 0.0, 0.0, -1.0 if given[3] < 0.0 else 1.0)


def _to_altitude(given: Params, _kept: list[float]) -> Params:
    radius = float(whole(abs(given[1]), 16, signed=False))
    return (0.0, -radius if given[1] < 0.0 else radius, 0.0, 1.0 if given[3] > 0.0 else 0.0)


def _centimetres(value: float) -> float:
    cm = whole(float32(value * 100.0), 16, signed=False)
    return float32(cm * float32(0.01))


def _place(given: Params, _kept: list[float]) -> Params:
    return (_centimetres(given[0]), 0.0, 0.0, 0.0)


def _engine(given: Params, _kept: list[float]) -> Params:
    disarmed = math.isfinite(given[3]) and abs(given[3]) < 2**63 and int(given[3]) & 1
    return (float(given[0] > 0.0), float(given[1] > 0.0), _centimetres(given[2]), 1.0 if disarmed else 0.0)


def _half(value: float) -> float:
    """A float16, cut."""
    try:
        number: float = struct.unpack("<e", struct.pack("<e", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return number


def _script(given: Params, kept: list[float]) -> Params:
    return (kept[0], kept[1], _half(given[2]), _half(given[3]))


def _attitude(given: Params, _kept: list[float]) -> Params:
    roll = given[1] if abs(given[1]) <= 180.0 else 0.0
    pitch = given[2] if abs(given[2]) <= 90.0 else 0.0
    yaw = given[3] if -180.0 <= given[3] <= 360.0 else 0.0
    seconds = min(max(given[0], 0.0), 65535.0)
    return (float(int(seconds)), float(int(roll)), float(int(pitch)), float(int(yaw)))


_OWN: dict[int, Callable[[Params, list[float]], Params]] = {
    17: _unlimited, 18: _turns, 19: _time, 21: _land, 31: _to_altitude, 94: _place, 223: _engine,
    42702: _script, 42703: _attitude,
}  # fmt: skip
