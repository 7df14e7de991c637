"""What a tile was drawn from, so that a later run can tell whether it is good still."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.camera import Camera
from core.geo import FloatArray
from gis.crs import change_between
from gis.grid import GeoGrid
from thermal.drawing import MosaicJob, ground_under, touching
from thermal.pose import CameraPose
from thermal.work.framesource import Correction
from thermal.work.unit import TileTask

_ACROSS = 3  # places looked at along a frame's width and height


@dataclass(frozen=True, slots=True)
class KeepParams:
    """A tile is kept when none of its frames has moved by more than `place_px` map pixels or `correction_K`.

    Both are compared at nine places of each frame with what the tile was drawn with, so small changes do not
    add up from run to run.
    """

    place_px: float = 0.25
    correction_K: float = 0.05


@dataclass(frozen=True, slots=True)
class FrameKey:
    """A frame's file: `name` with its folder, size in bytes, time of change."""

    name: str
    size: int
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> "FrameKey":
        """The key of a file; one that is not there has size -1."""
        name = f"{path.parent.name}/{path.name}"
        try:
            stat = path.stat()
        except OSError:
            return cls(name, -1, 0)
        return cls(name, stat.st_size, stat.st_mtime_ns)

    @property
    def plain(self) -> list[Any]:
        """As JSON takes it."""
        return [self.name, self.size, self.changed_ns]


@dataclass(frozen=True, slots=True, eq=False)
class FrameFacts:
    """How a frame was drawn.

    Its `number` in the source band, where nine of its pixels fell in map metres (9, 2), and what was taken
    off there, K (10,): the last value is what the level's scale does (`Correction.at_all`).
    """

    key: FrameKey
    number: int
    xy: FloatArray
    correction_K: FloatArray

    @property
    def plain(self) -> list[Any]:
        """As JSON takes it."""
        return [
            *self.key.plain,
            self.number,
            np.round(self.xy, 4).tolist(),
            np.round(self.correction_K, 4).tolist(),
        ]

    @classmethod
    def read(cls, plain: Sequence[Any]) -> "FrameFacts":
        """`plain` undone; raises ValueError or TypeError."""
        name, size, changed, number, xy, off = plain
        return cls(FrameKey(name, size, changed), number, np.array(xy, float), np.array(off, float))

    def moved(self, other: "FrameFacts") -> tuple[float, float]:
        """The largest change of place (map metres) and of correction (K)."""
        return (
            float(np.hypot(*(self.xy - other.xy).T).max()),
            float(np.abs(self.correction_K - other.correction_K).max()),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """Everything the tiles of one run are drawn from.

    `settings` stands for all that must be the same for a tile, `wishes` for what the user chose.
    """

    settings: str
    grid: GeoGrid
    frames: tuple[FrameFacts, ...]
    wishes: str = ""

    def of_tile(self, job: MosaicJob, task: TileTask) -> dict[str, Any]:
        """What is written beside a tile."""
        near = self._near(job, task)
        return {
            "settings": self.settings, "origin": origin_of(self.grid),
            "frames": [self.frames[k].plain for k in near],
        }  # fmt: skip

    def still_holds(
        self, job: MosaicJob, task: TileTask, drawn: Mapping[str, Any], params: KeepParams
    ) -> bool:
        """Whether a tile drawn from `drawn` would come out the same within `params`."""
        try:
            before = {f.key: f for f in map(FrameFacts.read, drawn["frames"])}
            same_settings = drawn["settings"] == self.settings
        except (KeyError, ValueError, TypeError):
            return False
        now = [self.frames[k] for k in self._near(job, task)]
        if not same_settings or set(before) != {f.key for f in now}:
            return False
        return all(self._close(f, before[f.key], params) for f in now)

    def _near(self, job: MosaicJob, task: TileTask) -> list[int]:
        """Frames that the tile depends on: those of its surroundings help to choose."""
        return touching(job, task.window(self.grid))

    def _close(self, now: FrameFacts, before: FrameFacts, params: KeepParams) -> bool:
        metres, kelvin = now.moved(before)
        near = metres <= params.place_px * self.grid.pixel_m and kelvin <= params.correction_K
        return near and now.number == before.number


def origin_of(grid: GeoGrid) -> list[float]:
    """Left and top of a grid, to a tenth of a millimetre."""
    return [round(grid.transform.c, 4), round(grid.transform.f, 4)]


def settings_mark(values: Mapping[str, Any]) -> str:
    """A short text that changes when any of the values does."""
    told = json.dumps(values, sort_keys=True, default=repr)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def frame_facts(
    keys: Sequence[FrameKey], numbers: Sequence[int], job: MosaicJob, correction: Correction
) -> tuple[FrameFacts, ...]:
    """The facts of a job's frames."""
    pixels = nine_pixels(job.camera)
    off = correction.at_all(pixels)
    places = [_on_map(f.pose, pixels, job) for f in job.frames]
    return tuple(FrameFacts(k, n, xy, o) for k, n, xy, o in zip(keys, numbers, places, off, strict=True))


def nine_pixels(camera: Camera) -> FloatArray:
    """Pixels (9, 2) in the corners, on the edges and in the middle."""
    cols, rows = np.meshgrid(
        np.linspace(0, camera.width_px - 1, _ACROSS).round(),
        np.linspace(0, camera.height_px - 1, _ACROSS).round(),
    )
    return np.column_stack([cols.ravel(), rows.ravel()])


def _on_map(pose: CameraPose, pixels: FloatArray, job: MosaicJob) -> FloatArray:
    """Where pixels fall on the ground, x and y in the map's CRS."""
    rays = pose.rays(pixels, job.camera)
    height = pose.center_m[2] - ground_under(job.ground, pose)
    at = pose.center_m[:2] + rays[:, :2] * (height / np.maximum(-rays[:, 2], 1e-6))[:, None]
    x, y = change_between(job.place.frame.proj4, job.place.grid.crs).transform(at[:, 0], at[:, 1])
    return np.column_stack([x, y])
