"""What a user gives beside the frames, read first: a wrong file must not cost minutes."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.errors import BadFileError
from gis.crs import metric_crs
from gis.raster import Band, read_band
from thermal.align import AlignParams
from thermal.blunders import BlunderParams
from thermal.control import ControlPoint, read_control
from thermal.drawing import ground_under
from thermal.drift import DriftParams
from thermal.ground import RasterGround
from thermal.groundcover import GroundCover, read_cover
from thermal.ortho import BlendParams
from thermal.placement import Placement
from thermal.pose import Flight, footprint_m
from thermal.posefiles import PoseFile, TableOptions, read_poses
from thermal.references import Reference, read_references
from thermal.sessions import SessionParams
from thermal.tiepoints import TieParams
from thermal.work.executors import TileExecutor
from thermal.work.record import KeepParams
from thermal.work.unit import USUAL_BLOCKS


@dataclass(frozen=True, slots=True)
class MapParams:
    """What a user may choose; the defaults work.

    `gsd_m` metres a pixel (None: the frames' own), `crs` of the map (None: EPSG:5186 in Korea, else UTM),
    `gcp` ground control points (those named in `gcp_check` held back), `dem` a terrain or surface model,
    `references` patches of known temperature, `poses` a file of where the
    frames were taken (`pose_table`: what it does not say itself), `cover` a raster of the ground's
    emissivity or land-cover codes (`cover_table` says what those mean), `workers` tiles and frames worked on
    at a time, `executor` who draws tiles (None: threads of this process), `tile_blocks` blocks of 512 pixels
    along a tile's side (1, 2 or 4).
    """

    gsd_m: float | None = None
    crs: str | None = None
    dem: Path | None = None
    references: Path | None = None
    gcp: Path | None = None
    gcp_check: tuple[str, ...] = ()
    poses: Path | None = None
    pose_table: TableOptions = field(default_factory=TableOptions)
    cover: Path | None = None
    cover_table: Path | None = None
    workers: int = 2
    executor: TileExecutor | None = None
    tile_blocks: int = USUAL_BLOCKS
    sessions: SessionParams = field(default_factory=SessionParams)
    blunders: BlunderParams = field(default_factory=BlunderParams)
    ties: TieParams = field(default_factory=TieParams)
    align: AlignParams = field(default_factory=AlignParams)
    drift: DriftParams = field(default_factory=DriftParams)
    blend: BlendParams = field(default_factory=BlendParams)
    keep: KeepParams = field(default_factory=KeepParams)

    def __post_init__(self) -> None:
        if self.gsd_m is not None and not 0.005 <= self.gsd_m <= 50.0:
            raise ValueError(f"gsd_m must be in [0.005, 50], got {self.gsd_m}")
        if self.workers < 1:
            raise ValueError(f"workers must be >= 1, got {self.workers}")
        if self.tile_blocks not in {1, 2, 4}:
            raise ValueError(f"tile_blocks must be 1, 2 or 4, got {self.tile_blocks}")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the user gave beside the frames, read."""

    references: tuple[Reference, ...] = ()
    dem: Band | None = None
    poses: PoseFile | None = None
    cover: GroundCover | None = None
    control: tuple[ControlPoint, ...] = ()


def read_inputs(params: MapParams) -> Inputs:
    """Read every file that `params` names."""
    if params.crs is not None:
        metric_crs(params.crs)
    references = read_references(params.references) if params.references else ()
    dem = read_band(params.dem) if params.dem else None
    poses = read_poses(params.poses, params.pose_table) if params.poses else None
    cover = read_cover(params.cover, params.cover_table) if params.cover else None
    control = read_control(params.gcp, params.gcp_check) if params.gcp else ()
    return Inputs(references, dem, poses, cover, control)


def check_dem(params: MapParams, dem: Band | None, flight: Flight) -> None:
    """Refuse a height model that knows nothing of the ground below the flight."""
    if dem is None or params.dem is None:
        return
    at = np.array([p.pose.center_m[:2] for p in flight.priors])
    if not np.isfinite(RasterGround(dem, flight.frame).heights_m(at)).any():
        raise BadFileError(
            params.dem, "the height model does not cover the flight",
            hint="check its coordinate system, or leave --dem out",
        )  # fmt: skip


def dem_notes(placed: Placement) -> tuple[str, ...]:
    """What must be said of a height model that ends below the frames."""
    if not isinstance(placed.ground, RasterGround):
        return ()
    aligned, ground = placed.aligned, placed.ground
    corners = [footprint_m(p, aligned.camera, ground_under(ground, p)) for p in aligned.poses]
    outside = float(np.mean(~np.isfinite(ground.heights_m(np.concatenate(corners)))))
    if outside == 0.0:
        return ()
    share = f"{outside:.0%} of the frames' corners lie beyond it"
    return (f"The height model ends inside the map ({share}): there are no values where it ends.",)
