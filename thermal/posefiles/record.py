"""What a file of poses holds: one record a photo, or a track to read between."""

from dataclasses import dataclass
from pathlib import Path

from core.geo import LonLat
from core.shot import CameraAttitude
from thermal.frame import PosePrior


@dataclass(frozen=True, slots=True)
class PoseRecord:
    """Where one photo was taken: `name` of its file, its `number` in the flight, its time in UTC seconds.

    Each of these is None where the file does not say; they are what a record is matched to a frame by.
    `prior.attitude` is None where the file holds places only.
    """

    prior: PosePrior
    name: str | None = None
    number: int | None = None
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class PoseFile:
    """The records of one file in its order; `track` says that they are a path and not photos.

    `notes` are what a user must know about how the file was read.
    """

    path: Path
    records: tuple[PoseRecord, ...]
    track: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heights:
    """A height in metres by datum, None where not known."""

    home_m: float | None = None
    ellipsoid_m: float | None = None
    geoid_m: float | None = None

    @property
    def known(self) -> bool:
        """Whether any of them is."""
        return any(h is not None for h in (self.home_m, self.ellipsoid_m, self.geoid_m))


@dataclass(frozen=True, slots=True)
class Sigmas:
    """One standard deviation of a place, metres, and of an attitude, degrees."""

    horizontal_m: float
    vertical_m: float
    attitude_deg: float = 2.0


def prior_of(
    place: LonLat, heights: Heights, attitude: CameraAttitude | None, sigmas: Sigmas, source: str
) -> PosePrior:
    """The parts as a prior."""
    return PosePrior(
        place,
        altitude_home_m=heights.home_m,
        altitude_ellipsoid_m=heights.ellipsoid_m,
        altitude_geoid_m=heights.geoid_m,
        attitude=attitude,
        sigma_horizontal_m=sigmas.horizontal_m,
        sigma_vertical_m=sigmas.vertical_m,
        sigma_attitude_deg=sigmas.attitude_deg,
        source=source,
    )
