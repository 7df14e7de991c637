"""Plans that a vehicle accepts and then does not fly as meant: looked at before anything is armed.

Pure: a mission and the vehicle's parameters (None: it does not answer for that one) give sentences, grave
ones stop the flight. Facts: measured on ArduCopter 4.6.2.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import SkyshadeError
from core.geo import Datum
from missions.model import Command, Mission, MissionItem

GRIPPER_FUNCTION = 28
SERVO_GRIPPER = 1
RELEASE = 0.0
LETTING_GO = (Command.DO_GRIPPER, Command.NAV_PAYLOAD_PLACE)
OUTPUTS_LIKELY_FIRST: tuple[int, ...] = (*range(9, 17), *range(1, 9))
PLACE_DELAY_S = 1.0
DO_SET_SERVO = 183

GRIPPER_PARAMETERS = ("GRIP_ENABLE",)
GRIPPER_DETAILS = ("GRIP_TYPE", "GRIP_GRAB", "GRIP_RELEASE")
CAMERA_PARAMETERS = ("CAM1_TYPE",)
WINCH_PARAMETERS = ("WINCH_TYPE",)
TERRAIN_PARAMETERS = ("TERRAIN_ENABLE",)
RESTART = "MIS_RESTART"

_CAMERA = (Command.DO_SET_CAM_TRIGG_DIST, Command.DO_DIGICAM_CONTROL, Command.IMAGE_START_CAPTURE)
_PASSED_BY = (Command.NAV_WAYPOINT, Command.NAV_SPLINE_WAYPOINT)

Parameters = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Trap:
    """Something to know before take-off; a `grave` one stops the flight. `item` counts from 1."""

    text: str
    grave: bool = False
    item: int | None = None

    def __str__(self) -> str:
        return self.text if self.item is None else f"item {self.item}: {self.text}"


class TrapError(SkyshadeError):
    """A flight that would not do what its plan says; `traps` are the grave ones."""

    def __init__(self, traps: Sequence[Trap]) -> None:
        super().__init__("not armed: " + "; ".join(map(str, traps)))
        self.traps = tuple(traps)


def parameters_wanted(mission: Mission) -> tuple[str, ...]:
    """The parameters that `traps` needs for this mission."""
    names = [RESTART]
    if first_with(mission, *LETTING_GO) is not None:
        names += GRIPPER_PARAMETERS
    if _first_picture(mission) is not None:
        names += CAMERA_PARAMETERS
    if first_with(mission, Command.DO_WINCH) is not None:
        names += WINCH_PARAMETERS
    if first_above_ground(mission) is not None:
        names += TERRAIN_PARAMETERS
    return tuple(names)


def traps(mission: Mission, parameters: Parameters) -> tuple[Trap, ...]:
    """Everything there is to say of this mission on a vehicle with these parameters."""
    return (
        *_gripper(mission, parameters),
        *_winch(mission, parameters),
        *_servos(mission),
        *_camera(mission, parameters),
        *_terrain(mission, parameters),
        *_restart(parameters),
    )


def _gripper(mission: Mission, parameters: Parameters) -> Iterator[Trap]:
    item = first_with(mission, Command.DO_GRIPPER)
    enabled = parameters.get("GRIP_ENABLE")
    if item is not None and enabled is None:
        yield Trap("whether the vehicle has a gripper is unknown (no GRIP_ENABLE)", grave=True, item=item)
    elif item is not None and enabled == 0.0:
        text = "no gripper is enabled (GRIP_ENABLE is 0): the vehicle would say it grabbed and hold nothing"
        yield Trap(text, grave=True, item=item)
    placed = first_with(mission, Command.NAV_PAYLOAD_PLACE)
    if placed is not None and not enabled:
        yield Trap("without a gripper nothing tells whether the load came off: unknown", item=placed)


def _winch(mission: Mission, parameters: Parameters) -> Iterator[Trap]:
    item = first_with(mission, Command.DO_WINCH)
    if item is None:
        return
    fitted = parameters.get("WINCH_TYPE")
    if not fitted:
        known = (
            "no winch is fitted (WINCH_TYPE is 0)" if fitted == 0.0 else "whether there is a winch is unknown"
        )
        yield Trap(known, grave=True, item=item)
    else:
        yield Trap("a winch tells its line's length, not whether the load came off: unknown", item=item)


def _servos(mission: Mission) -> Iterator[Trap]:
    item = first_with(mission, DO_SET_SERVO)
    if item is not None:
        yield Trap("a servo tells nothing back: whether it lets a load go is unknown", item=item)


def _camera(mission: Mission, parameters: Parameters) -> Iterator[Trap]:
    item = _first_picture(mission)
    if item is None:
        return
    kind = parameters.get("CAM1_TYPE")
    if kind == 0.0:
        text = "no camera is configured (CAM1_TYPE is 0): no shot will be reported, shots are unknown"
        yield Trap(text, item=item)
    elif kind is None:
        yield Trap(
            "whether a camera is configured is unknown (no CAM1_TYPE): shots may stay unknown", item=item
        )


def _terrain(mission: Mission, parameters: Parameters) -> Iterator[Trap]:
    item = first_above_ground(mission)
    if item is None or parameters.get("TERRAIN_ENABLE") == 1.0:
        return
    off = parameters.get("TERRAIN_ENABLE") == 0.0
    why = "its terrain data are switched off (TERRAIN_ENABLE is 0)" if off else "TERRAIN_ENABLE is unknown"
    yield Trap(f"a height above ground, and {why}: it could fly into the ground", grave=True, item=item)


def _restart(parameters: Parameters) -> Iterator[Trap]:
    if parameters.get(RESTART) == 1.0:
        yield Trap(f"after any other mode AUTO starts again at item 1 ({RESTART} is 1)")


def first_with(mission: Mission, *commands: int) -> int | None:
    """The number (from 1) of the first item with one of these commands."""
    return next((n for n, item in enumerate(mission.items, 1) if item.command in commands), None)


def first_above_ground(mission: Mission) -> int | None:
    """The number of the first item whose height counts from the ground below."""
    return next(
        (n for n, i in enumerate(mission.items, 1) if i.altitude and i.altitude.datum is Datum.GROUND), None
    )


def _first_picture(mission: Mission) -> int | None:
    return next((n for n, i in enumerate(mission.items, 1) if _takes_pictures(i)), None)


def unknown_releases(mission: Mission, parameters: Parameters) -> int:
    """How many items let something go of which nothing will tell: servos, lines let out, places without a
    gripper.
    """
    return sum(_tells_nothing(item, parameters) for item in mission.items)


def _tells_nothing(item: MissionItem, parameters: Parameters) -> bool:
    if item.command == Command.DO_WINCH:
        return item.params[2] > 0
    if item.command == Command.NAV_PAYLOAD_PLACE:
        return parameters.get("GRIP_ENABLE") != 1.0
    return item.command == DO_SET_SERVO


def reports_shots(mission: Mission, parameters: Parameters) -> bool:
    """Whether the vehicle will report the mission's shots; true where it takes none."""
    return _first_picture(mission) is None or bool(parameters.get("CAM1_TYPE"))


def _takes_pictures(item: MissionItem) -> bool:
    if item.command == Command.DO_SET_CAM_TRIGG_DIST:
        return item.params[0] > 0
    return item.command in _CAMERA


def lets_go(mission: Mission) -> bool:
    """Whether the mission opens a gripper."""
    opens = any(i.command == Command.DO_GRIPPER and i.params[1] == RELEASE for i in mission.items)
    return opens or first_with(mission, Command.NAV_PAYLOAD_PLACE) is not None


def grabs_itself(mission: Mission) -> bool:
    """Whether the mission closes its gripper before it opens it."""
    first = next((i for i in mission.items if i.command in LETTING_GO), None)
    return first is not None and first.command == Command.DO_GRIPPER and first.params[1] != RELEASE


def with_place_delays(mission: Mission) -> tuple[Mission, tuple[Trap, ...]]:
    """The mission with a wait on each waypoint that a payload place at another height follows.

    Passed without stopping, such a waypoint makes ArduCopter hover over the place for ever.
    """
    items, told = list(mission.items), []
    for n, item in enumerate(mission.items):
        before = _place_before(mission.items, n) if item.command == Command.NAV_PAYLOAD_PLACE else None
        if before is not None:
            old = items[before]
            items[before] = replace(old, params=(PLACE_DELAY_S, *old.params[1:]))
            text = f"waits {PLACE_DELAY_S:g} s, or payload place {n + 1} after it would hover for ever"
            told.append(Trap(text, item=before + 1))
    return (replace(mission, items=tuple(items)) if told else mission), tuple(told)


def _place_before(items: Sequence[MissionItem], n: int) -> int | None:
    """The waypoint before item `n` that is passed without a stop at another height than item `n`'s."""
    before = next((m for m in range(n - 1, -1, -1) if items[m].is_nav), None)
    if before is None or items[before].command not in _PASSED_BY or items[before].params[0] > 0:
        return None
    return before if items[before].altitude != items[n].altitude else None
