"""What a finished mission will photograph: its items flown on paper, shot by shot.

Only what is uploaded counts here: waypoints, trigger commands and the gimbal's orders. Distances are
horizontal, as ArduPilot measures them for its trigger; the aircraft's nose points along each leg.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.geo import Altitude, Datum, FloatArray, LocalFrame, LonLat
from core.shot import CameraAttitude, Shot
from gis.terrain import Terrain
from missions.model import Command, Mission, MissionItem
from missions.path import up_over_home_m

Ints = NDArray[np.int64]
BEND_DEG = 5.0
LOOKS_AHEAD_DEG = 0.0  # where a gimbal points that nobody has told anything


@dataclass(frozen=True, slots=True)
class Views:
    """Photographs as the proof sees them, n of them, in the order of flight.

    `eyes` (n, 3) east, north, up in metres over home's ground in a frame of their own; `looks` (n, 3) yaw,
    pitch, roll of the camera in degrees as in `CameraAttitude`; `strips` (n,) which run of the trigger each
    belongs to; `pieces` (n,) the same, counted anew at every bend of the course.
    """

    eyes: FloatArray
    looks: FloatArray
    strips: Ints
    pieces: Ints

    def __len__(self) -> int:
        return len(self.eyes)

    def without(self, number: int) -> "Views":
        """All but one of them."""
        return self.some(np.flatnonzero(np.arange(len(self)) != number))

    def some(self, numbers: Ints) -> "Views":
        """Those of some numbers."""
        return Views(self.eyes[numbers], self.looks[numbers], self.strips[numbers], self.pieces[numbers])


def joined(views: Sequence[Views]) -> Views:
    """Several flights' photographs together; their strips stay apart."""
    parts: list[Views] = [
        Views(np.empty((0, 3)), np.empty((0, 3)), np.zeros(0, np.int64), np.zeros(0, np.int64))
    ]
    for view in views:
        strip = 1 + max(int(p.strips.max(initial=-1)) for p in parts)
        piece = 1 + max(int(p.pieces.max(initial=-1)) for p in parts)
        parts.append(Views(view.eyes, view.looks, view.strips + strip, view.pieces + piece))
    return Views(
        *(np.concatenate([getattr(p, n) for p in parts]) for n in ("eyes", "looks", "strips", "pieces"))
    )


@dataclass(slots=True)
class _Rig:
    """The camera while a mission is flown on paper."""

    excess: float
    speed_ms: float
    pitch_deg: float = LOOKS_AHEAD_DEG
    yaw_deg: float = 0.0
    roi: tuple[float, float, float] | None = None
    every_m: float = 0.0
    every_s: float = 0.0
    due_m: float = math.inf
    strip: int = -1
    piece: int = -1
    course_deg: float = math.nan
    piece_deg: float = math.nan
    eyes: list[FloatArray] = field(default_factory=list)
    looks: list[FloatArray] = field(default_factory=list)
    marks: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def spacing_m(self) -> float:
        """Metres between releases now; infinite when the trigger is off."""
        if self.every_m > 0.0:
            return self.every_m + self.excess * max(1.0, self.every_m / 10.0)
        return self.every_s * self.speed_ms if self.every_s > 0.0 else math.inf

    def start(self, *, every_m: float = 0.0, every_s: float = 0.0, at_once: bool) -> None:
        """The trigger begins a strip; the first release is due now or a spacing on."""
        self.every_m, self.every_s = every_m, every_s
        self.strip += 1
        self.piece += 1
        self.due_m = 0.0 if at_once else self.spacing_m

    def stop(self) -> None:
        """No more releases; one that is due at this very place is still taken."""
        self.every_m = self.every_s = 0.0
        self.due_m = math.inf

    def look(self, eyes: FloatArray) -> FloatArray:
        """Where the camera looks from places on a leg flown at `course_deg`."""
        looks = np.empty((len(eyes), 3))
        looks[:] = (self.course_deg + self.yaw_deg) % 360.0, self.pitch_deg, 0.0
        if self.roi is not None:
            east, north, up = (np.asarray(self.roi) - eyes).T
            looks[:, 0] = np.degrees(np.arctan2(east, north)) % 360.0
            looks[:, 1] = np.degrees(np.arctan2(up, np.hypot(east, north)))
        return looks

    def fly(self, a: FloatArray, b: FloatArray) -> None:
        """Fly a leg and take what is due on it."""
        length = float(np.hypot(*(b - a)[:2]))
        if length > 0.01:
            self._turn(math.degrees(math.atan2(b[0] - a[0], b[1] - a[1])) % 360.0)
        if not math.isfinite(self.due_m):
            return
        step = self.spacing_m
        count = math.floor((length - self.due_m) / step + 1e-9) + 1 if math.isfinite(step) else 1
        if self.due_m > length + 1e-6 or count < 1:
            self.due_m -= length
            return
        at = self.due_m + step * np.arange(count) if count > 1 else np.array([self.due_m])
        self.take(a + np.outer(at / length if length > 0 else at * 0.0, b - a))
        self.due_m = float(at[-1]) + step - length

    def take(self, eyes: FloatArray) -> None:
        """Releases at these places."""
        self.eyes.append(eyes)
        self.looks.append(self.look(eyes))
        self.marks.append((self.strip, self.piece, len(eyes)))

    def _turn(self, course_deg: float) -> None:
        """A new piece begins where the course has left the one that the piece began with."""
        bent = abs((course_deg - self.piece_deg + 180.0) % 360.0 - 180.0)
        if not bent <= BEND_DEG:  # also for the first leg of all, which has nothing before it
            self.piece += 1
            self.piece_deg = course_deg
        self.course_deg = course_deg


def rehearse(
    mission: Mission,
    terrain: Terrain | None = None,
    *,
    excess_m: float = 0.0,
    frame: LocalFrame | None = None,
) -> Views:
    """The photographs that `mission` will take.

    `excess_m` is how much further than asked a distance trigger of 10 m fires. Heights are over the ground at
    `frame.origin` (home by default). A waypoint whose height is not known counts as the one before it.
    """
    frame = frame or LocalFrame(mission.home.position)
    rise = _rise_m(mission, frame, terrain)
    rig = _Rig(excess_m, mission.cruise_ms)
    here = np.array([*frame.point(mission.home.position), rise])
    for item in mission.items:
        there = _place(item, here, mission, frame, terrain, rise)
        if there is None:
            _order(rig, item, mission, frame, terrain)
        else:
            rig.fly(here, there)
            here = there
    strips = np.array([s for s, _, n in rig.marks for _ in range(n)], np.int64)
    pieces = np.array([p for _, p, n in rig.marks for _ in range(n)], np.int64)
    empty = np.empty((0, 3))
    return Views(np.concatenate([empty, *rig.eyes]), np.concatenate([empty, *rig.looks]), strips, pieces)


def _rise_m(mission: Mission, frame: LocalFrame, terrain: Terrain | None) -> float:
    """How much higher this mission's home stands than the frame's origin."""
    if terrain is None:
        return 0.0
    here, zero = mission.home.position, frame.origin
    rise = float(terrain.heights_m(*here.xy)) - float(terrain.heights_m(*zero.xy))
    return rise if math.isfinite(rise) else 0.0


def _place(
    item: MissionItem,
    here: FloatArray,
    mission: Mission,
    frame: LocalFrame,
    terrain: Terrain | None,
    rise: float,
) -> FloatArray | None:
    if not item.is_nav or item.command in {Command.NAV_RETURN_TO_LAUNCH, Command.NAV_DELAY}:
        return None
    place = item.position or frame.place(float(here[0]), float(here[1]))
    east, north = here[:2] if item.command == Command.NAV_TAKEOFF else frame.point(place)
    up = None if item.altitude is None else up_over_home_m(place, item.altitude, mission, terrain)
    return np.array([east, north, here[2] if up is None else up + rise])


def _order(
    rig: _Rig, item: MissionItem, mission: Mission, frame: LocalFrame, terrain: Terrain | None
) -> None:
    p1, p2, p3, _ = item.params
    if item.command == Command.DO_SET_CAM_TRIGG_DIST:
        rig.start(every_m=p1, at_once=p3 == 1.0) if p1 > 0 else rig.stop()
    elif item.command == Command.IMAGE_START_CAPTURE:
        rig.start(every_s=p2 if p3 != 1.0 else 0.0, at_once=True)
    elif item.command == Command.IMAGE_STOP_CAPTURE:
        rig.stop()
    elif item.command == Command.DO_DIGICAM_CONTROL:
        rig.start(at_once=True)
    elif item.command == Command.DO_MOUNT_CONTROL:
        rig.pitch_deg, rig.yaw_deg, rig.roi = p1, p3, None
    elif item.command == Command.DO_CHANGE_SPEED and p2 > 0:
        rig.speed_ms = p2
    elif (
        item.command in {Command.DO_SET_ROI_LOCATION, Command.DO_SET_ROI} and item.position and item.altitude
    ):
        up = up_over_home_m(item.position, item.altitude, mission, terrain)
        rig.roi = (*frame.point(item.position), _rise_m(mission, frame, terrain) + (up or 0.0))
    elif item.command == Command.DO_SET_ROI_NONE:
        rig.roi = None


def views_of(shots: Sequence[Shot], frame: LocalFrame, terrain: Terrain | None = None) -> Views:
    """Shots from elsewhere (a recording, a list) as views; a strip ends where the course or spacing breaks.

    Heights over home count from the frame's origin. Raises `ValueError` for a shot without attitude or with
    another datum than home or ground.
    """
    eyes = np.array([_eye(shot, frame, terrain) for shot in shots]).reshape(-1, 3)
    looks = np.array([_attitude(shot) for shot in shots]).reshape(-1, 3)
    strips = _breaks(eyes)
    return Views(eyes, looks, strips, strips)


def _eye(shot: Shot, frame: LocalFrame, terrain: Terrain | None) -> tuple[float, float, float]:
    if shot.altitude.datum not in {Datum.HOME, Datum.GROUND}:
        raise ValueError(f"shot altitude must be above home or ground, got {shot.altitude.datum.value}")
    below = 0.0
    if shot.altitude.datum is Datum.GROUND and terrain is not None:
        below = float(terrain.heights_m(*shot.lonlat.xy)) - float(terrain.heights_m(*frame.origin.xy))
    return (*frame.point(shot.lonlat), shot.altitude.value_m + below)


def _attitude(shot: Shot) -> tuple[float, float, float]:
    if shot.attitude is None:
        raise ValueError(f"shot {shot.index} has no attitude")
    return shot.attitude.yaw_deg, shot.attitude.pitch_deg, shot.attitude.roll_deg


def _breaks(eyes: FloatArray) -> Ints:
    """Strip numbers: a new one where a step turns by more than 20 degrees or is twice the usual one."""
    if len(eyes) < 2:
        return np.zeros(len(eyes), np.int64)
    steps = np.diff(eyes[:, :2], axis=0)
    lengths = np.hypot(*steps.T)
    usual = float(np.median(lengths))
    strip, numbers, course = 0, [0], math.nan
    for (east, north), length in zip(steps, lengths, strict=True):
        heading = math.atan2(east, north)
        turned = abs(math.remainder(heading - course, 2 * math.pi)) if math.isfinite(course) else 0.0
        broken = length > 2.0 * usual or turned > math.radians(20.0)
        strip += broken
        course = math.nan if broken else heading
        numbers.append(strip)
    return np.array(numbers, np.int64)


def shots_of(views: Views, frame: LocalFrame, first: int = 0) -> Iterator[Shot]:
    """Views as shots with heights over home."""
    lonlat = frame.to_lonlat(views.eyes[:, :2])
    for number in range(len(views)):
        yaw, pitch, roll = (float(v) for v in views.looks[number])
        yield Shot(
            first + number,
            LonLat(float(lonlat[number, 0]), float(lonlat[number, 1])),
            Altitude(float(views.eyes[number, 2]), Datum.HOME),
            attitude=CameraAttitude(yaw, pitch, roll),
        )
