"""What goes into a choice of sites, and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gis.heat import FloatGrid, HeatMap
from gis.siting.access import AccessParams
from gis.siting.confidence import ConfidenceParams, RankIntervals
from gis.siting.demand import DemandParams
from gis.siting.exposure import ExposureParams
from gis.siting.reasons import SiteFacts
from gis.siting.rules import RuleSet, RuleVerdict
from gis.siting.solution import Solution
from gis.siting.weights import Weighing, WeightParams

AIMS = ("cover", "capacity", "fewest", "median", "center")


@dataclass(frozen=True, slots=True)
class SitingInputs:
    """The files a choice stands on; None = not given, and what depends on it is unknown.

    `heat` a raster, the others layers (see `read_layer`); `zones` areas whose heat is reported as well;
    `background` layers that are only drawn, below everything;
    `rules` a TOML file, None = the shipped ones; `crs` is for layers whose file names no coordinate system.
    `tables` are joined to the demand layer by name or code; `footfall` places where people wait and walk;
    `dem` a raster of ground heights, for slopes.
    """

    heat: Path
    demand: Path
    candidates: Path
    existing: Path | None = None
    walk: Path | None = None
    rules: Path | None = None
    buildings: Path | None = None
    water: Path | None = None
    crossings: Path | None = None
    zones: Path | None = None
    background: tuple[Path, ...] = ()
    crs: str | None = None
    tables: tuple[Path, ...] = ()
    footfall: Path | None = None
    dem: Path | None = None


@dataclass(frozen=True, slots=True)
class SitingParams:
    """`count` sites, each serving people within `radius_m` of walking.

    With `full_m` below `radius_m`, cover is whole up to `full_m` and falls to nothing at `radius_m`. A demand
    point weighs its people times the kelvins its ground lies over `reference_C` (None = the median of the
    standing surface). `people`, `vulnerable`, `capacity` name columns (None = the usual names are tried).
    `fairness_limit_m` bounds the search for the nearest place. `seconds` bounds the solver.

    `aim`: "cover" the most load; "capacity" the same, but places take only so many people; "fewest" sites
    that cover `share` of the load that can be covered (`count` does not matter); "median" the least load
    times way; "center" the shortest longest way. With `frontier` > 1, so many plans between the most cover
    and the shortest way of the worst-off, which `worst_share` of the people do not exceed.
    """

    count: int = 5
    radius_m: float = 300.0
    full_m: float | None = None
    reference_C: float | None = None
    people: str | None = None
    vulnerable: str | None = None
    capacity: str | None = None
    fairness_limit_m: float = 3000.0
    seconds: float = 30.0
    language: str = "en"
    aim: str = "cover"
    share: float = 1.0
    frontier: int = 0
    worst_share: float = 0.9
    exposure: ExposureParams = field(default_factory=ExposureParams)
    demand: DemandParams = field(default_factory=DemandParams)
    access: AccessParams = field(default_factory=AccessParams)
    confidence: ConfidenceParams = field(default_factory=ConfidenceParams)
    weights: WeightParams = field(default_factory=WeightParams)

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count must be at least 1, got {self.count}")
        object.__setattr__(self, "radius_m", self.access.radius_m(self.radius_m))
        if not self.radius_m > 0:
            raise ValueError(f"radius must be positive, got {self.radius_m}")
        if self.aim not in AIMS:
            raise ValueError(f"aim must be one of {', '.join(AIMS)}, got {self.aim!r}")
        for name in ("share", "worst_share"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in (0, 1], got {getattr(self, name)}")
        if self.frontier < 0:
            raise ValueError(f"frontier must not be negative, got {self.frontier}")
        if self.full_m is not None and not 0 <= self.full_m <= self.radius_m:
            raise ValueError(f"full cover must end within [0, {self.radius_m}] m, got {self.full_m}")


@dataclass(frozen=True, slots=True)
class ChosenSite:
    """One chosen site: `rank` 1 = best; `rank_low`..`rank_high` where it lands when heat and head counts are
    drawn again; equal scores share a rank. `score` is what it adds, in person-kelvins. `again` is the share
    of draws in which it is chosen again; `tied_with` ids whose order to it is not settled; `why` says `facts`
    in the language of the parameters.
    """

    id: str
    name: str
    row: int
    rank: int
    rank_low: int
    rank_high: int
    score: float
    why: str
    again: float
    tied_with: tuple[str, ...]
    unknown: tuple[str, ...]
    facts: SiteFacts


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan of the frontier: it covers the most among those whose worst-off walk `within_m` or less.

    `worst_m` is what they walk in it, `ids` its sites; `equity` its figures as for the result itself.
    """

    within_m: float
    worst_m: float
    ids: tuple[str, ...]
    solution: Solution
    equity: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class SitingResult:
    """What was chosen and everything needed to show and to check it.

    `candidates`, `demand`, `existing`, `zones` GeoDataFrames in the heat map's system with the columns that
    were worked out; `verdicts` one tuple of rules a candidate. `background` holds what stands on the ground
    for the map page: `water`, `walk`, `buildings` and any further layer by its name. `inputs` are the files.
    `intervals` numbers the chosen as `solution` does, `weighings` the candidates that no rule rejects.
    """

    chosen: tuple[ChosenSite, ...]
    solution: Solution
    equity: Mapping[str, float | None]
    candidates: Any
    demand: Any
    existing: Any | None
    zones: Any | None
    background: Mapping[str, Any]
    verdicts: Sequence[tuple[RuleVerdict, ...]]
    rules: RuleSet
    heat: HeatMap
    surface: FloatGrid
    reference_C: float
    distances: str
    notes: tuple[str, ...]
    params: SitingParams
    inputs: SitingInputs
    intervals: RankIntervals | None = None
    weighings: tuple[Weighing, ...] = ()
    frontier: tuple[Plan, ...] = ()
