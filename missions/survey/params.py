"""What a survey asks for, and the plan it gets."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from core.geo import Datum, LonLat
from core.shot import Shot
from core.wind import CALM, Wind
from gis.terrain import Terrain
from missions.aircraft import Aircraft, load_aircraft
from missions.airspace import Zone
from missions.model import Mission

if TYPE_CHECKING:
    from gis.vector import Area
    from missions.survey.proof import Proof

MOST_AIRCRAFT = 20
FLOWN_DATUMS = frozenset({Datum.HOME, Datum.GROUND, Datum.GEOID})


class TriggerKind(Enum):
    """What makes the camera release: metres flown, or seconds."""

    DISTANCE = "distance"
    TIME = "time"


def _default_aircraft() -> Aircraft:
    return load_aircraft("quad-4kg")


@dataclass(frozen=True, slots=True)
class SurveyParams:
    """How to photograph an area.

    `gsd_m` ground sample distance wanted; `front`, `side` overlaps in [0, 0.95]; `margin_m` how far legs may
    go beyond the area; `zone_margin_m` the distance kept from no-fly zones; `fence_m` how far the uploaded
    fence stands outside the flown area. `speed_ms` None = as fast as aircraft and camera allow; `angle_deg`
    None = the course with the shortest flying time. `at_time` (UTC) tells which dated zones are in force.
    `position_error_m` is what coverage must bear. `max_height_m` above ground.

    `launches` are further places to take off from: each flight uses the one that costs it least.
    `cross_hatch` flies everything a second time, square to the first. `pitch_deg` is the gimbal's, -90 =
    straight down. `shutter_s` is how long a picture takes and `blur_px` how far the ground may move
    meanwhile. `clearance_m` is kept over the ground on every leg; `height_tolerance_m` is how far passes may
    be from their height above ground. `frame` is the datum of the altitudes written. `allowed` (lon/lat) is
    the air to stay in, instead of the area and its margin. `aircraft_count` fly at the same time.
    """

    gsd_m: float
    front: float = 0.8
    side: float = 0.7
    margin_m: float = 0.0
    zone_margin_m: float = 10.0
    fence_m: float = 10.0
    aircraft: Aircraft = field(default_factory=_default_aircraft)
    wind: Wind = CALM
    zones: tuple[Zone, ...] = ()
    terrain: Terrain | None = None
    at_time: datetime | None = None
    speed_ms: float | None = None
    angle_deg: float | None = None
    max_height_m: float = 150.0
    position_error_m: float = 1.5
    max_items: int = 650
    name: str = "survey"
    launches: tuple[LonLat, ...] = ()
    cross_hatch: bool = False
    pitch_deg: float = -90.0
    trigger: TriggerKind = TriggerKind.DISTANCE
    shutter_s: float = 0.01
    blur_px: float = 1.0
    clearance_m: float = 10.0
    height_tolerance_m: float = 3.0
    frame: Datum = Datum.HOME
    allowed: "Area | None" = None
    aircraft_count: int = 1

    def __post_init__(self) -> None:
        if not (math.isfinite(self.gsd_m) and self.gsd_m > 0):
            raise ValueError(f"gsd_m must be > 0, got {self.gsd_m}")
        for name in ("front", "side"):
            if not 0 <= getattr(self, name) <= 0.95:
                raise ValueError(f"{name} overlap must be in [0, 0.95], got {getattr(self, name)}")
        for name in ("margin_m", "zone_margin_m", "fence_m", "position_error_m"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be finite and >= 0, got {getattr(self, name)}")
        if self.angle_deg is not None and not math.isfinite(self.angle_deg):
            raise ValueError(f"angle_deg must be finite, got {self.angle_deg}")
        if not self.max_height_m > 0:
            raise ValueError(f"max_height_m must be > 0, got {self.max_height_m}")
        if self.speed_ms is not None and not self.speed_ms > 0:
            raise ValueError(f"speed_ms must be > 0, got {self.speed_ms}")
        if not 1 <= self.aircraft_count <= MOST_AIRCRAFT:
            raise ValueError(f"aircraft_count must be 1 to {MOST_AIRCRAFT}, got {self.aircraft_count}")
        self._check_camera()

    def _check_camera(self) -> None:
        if not -90.0 <= self.pitch_deg <= -30.0:
            raise ValueError(f"pitch_deg must be -90 (straight down) to -30, got {self.pitch_deg}")
        if not 0 <= self.shutter_s < math.inf:
            raise ValueError(f"shutter_s must be finite and >= 0, got {self.shutter_s}")
        for name in ("blur_px", "height_tolerance_m"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be finite and > 0, got {getattr(self, name)}")
        if not 0 <= self.clearance_m < math.inf:
            raise ValueError(f"clearance_m must be finite and >= 0, got {self.clearance_m}")
        if self.frame not in FLOWN_DATUMS:
            raise ValueError(f"frame must be home, ground or geoid, got {self.frame.value}")


@dataclass(frozen=True, slots=True)
class Sortie:
    """One battery's flight: its mission, what it costs, and the shots it should take.

    Where several aircraft fly at once, `aircraft` (from 1) flies it, `start_s` after the first one starts.
    """

    mission: Mission
    distance_m: float
    duration_s: float
    energy_Wh: float
    shots: tuple[Shot, ...]
    aircraft: int = 1
    start_s: float | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a plan's proof found on its grid.

    `fraction` of the area's cells seen at least once, `min_overlap` photographs of the cell seen least,
    `median_overlap` of the middle one, `cell_m` the grid's cell.
    """

    fraction: float
    min_overlap: int
    median_overlap: float
    cell_m: float


@dataclass(frozen=True, slots=True)
class SurveyPlan:
    """A survey: sorties in order, proof of coverage, metres of legs outside the allowed space.

    `target` is the ground to be seen and `allowed` the air for it (lon/lat); `proof` holds the whole proof.
    """

    sorties: tuple[Sortie, ...]
    coverage: Coverage
    legs_outside_m: float
    height_m: float
    speed_ms: float
    angle_deg: float
    trigger_m: float
    facts: Mapping[str, float] = field(default_factory=dict)
    proof: "Proof | None" = None
    target: "Area | None" = None
    allowed: "Area | None" = None

    @property
    def proved(self) -> bool:
        """Whether the proof holds: everything seen as asked, no leg outside, heights and climbs kept."""
        seen = self.coverage.fraction >= 1.0 and self.legs_outside_m <= 0.01
        return seen and (self.proof is None or self.proof.holds)
