"""Ground references: patches of known temperature that give a map its absolute level."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.camera import Camera
from core.errors import BadFileError
from core.geo import FloatArray, LocalFrame, LonLat
from thermal.frame import CelsiusArray
from thermal.ground import Ground
from thermal.ortho import BlendParams, half_diagonal
from thermal.pose import CameraPose

COLUMNS = ("name", "lon", "lat", "radius_m", "temperature_C")


@dataclass(frozen=True, slots=True)
class Reference:
    """A round patch whose surface temperature was measured during the flight."""

    name: str
    lonlat: LonLat
    radius_m: float
    temperature_C: float

    def __post_init__(self) -> None:
        if not 0.0 < self.radius_m <= 100.0:
            raise ValueError(f"radius_m must be in (0, 100], got {self.radius_m}")
        if not -90.0 <= self.temperature_C <= 200.0:
            raise ValueError(f"temperature_C must be in [-90, 200], got {self.temperature_C}")


@dataclass(frozen=True, slots=True)
class SeenReference:
    """A reference in the map: `seen_C` before anchoring, None where no frame saw it; `frames` that did.

    `residual_K` is map less reference after anchoring.
    """

    reference: Reference
    seen_C: float | None
    frames: int
    residual_K: float | None = None


@dataclass(frozen=True, slots=True)
class AnchorParams:
    """When references also set the scale: their temperatures span `least_span_K` or more.

    `gain_sigma` how far a camera's scale may be off (air, emissivity and lens change it), `sigma_K` what a
    reference is unsure by; a scale further off than `most` is not believed.
    """

    least_span_K: float = 8.0
    gain_sigma: float = 0.06
    sigma_K: float = 0.2
    most: float = 0.2


@dataclass(frozen=True, slots=True)
class Anchor:
    """What sets the level: temperatures become (T - `pivot_C`) * `gain` + `pivot_C` - `shift_K`.

    `absolute` only where references were seen; `gain` other than 1 only where they span a range of
    temperatures; `notes` what a reader must know of it.
    """

    shift_K: float
    absolute: bool
    seen: tuple[SeenReference, ...] = ()
    gain: float = 1.0
    pivot_C: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """How the map says it."""
        if self.absolute:
            used = sum(s.seen_C is not None for s in self.seen)
            scaled = f", scale {self.gain:.3f}" if self.gain != 1.0 else ""
            return f"{used} ground reference{'s' if used > 1 else ''}{scaled}"
        return "mean of all frames: differences within the map hold, the absolute level is the camera's"

    def anchored(self, seen_C: float) -> float:
        """A temperature as the map shows it."""
        return (seen_C - self.pivot_C) * self.gain + self.pivot_C - self.shift_K


def read_references(path: Path) -> tuple[Reference, ...]:
    """References from CSV (name, lon, lat, radius_m, temperature_C) or GeoJSON points."""
    text = _text(path)
    rows = (
        _geojson_rows(path, text) if path.suffix.lower() in {".geojson", ".json"} else _csv_rows(path, text)
    )
    found = tuple(_reference(path, number, row) for number, row in enumerate(rows, start=1))
    if not found:
        raise BadFileError(path, "holds no references", hint=f"columns: {', '.join(COLUMNS)}")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return path.read_text(encoding="cp949", errors="replace")
    except OSError as error:
        raise BadFileError(path, f"cannot be read ({error.strerror})", hint="check the name") from error


def _csv_rows(path: Path, text: str) -> list[Mapping[str, Any]]:
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    missing = [c for c in COLUMNS if c not in (reader.fieldnames or [])]
    if missing:
        raise BadFileError(path, f"lacks the column {missing[0]!r}", hint=f"columns: {', '.join(COLUMNS)}")
    return list(reader)


def _geojson_rows(path: Path, text: str) -> list[Mapping[str, Any]]:
    try:
        features = json.loads(text)["features"]
        return [_point_row(f) for f in features]
    except (ValueError, KeyError, TypeError) as error:
        raise BadFileError(path, "is no GeoJSON of points", hint="use points in EPSG:4326") from error


def _point_row(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    lon, lat = feature["geometry"]["coordinates"][:2]
    return {**feature["properties"], "lon": lon, "lat": lat}


def _reference(path: Path, number: int, row: Mapping[str, Any]) -> Reference:
    try:
        lon, lat, radius, celsius = (float(row[c]) for c in COLUMNS[1:])
        return Reference(str(row.get("name") or number), LonLat(lon, lat), radius, celsius)
    except (KeyError, TypeError, ValueError) as error:
        raise BadFileError(path, f"reference {number} cannot be used ({error})") from error


def disc_points(reference: Reference, frame: LocalFrame, ground: Ground) -> FloatArray:
    """Points (n, 3) that fill the inner nine tenths of the patch's radius."""
    ring = np.linspace(-0.9, 0.9, 15) * reference.radius_m
    east, north = (a.ravel() for a in np.meshgrid(ring, ring))
    inside = np.hypot(east, north) <= 0.9 * reference.radius_m
    at = np.column_stack([east, north])[inside] + np.array(frame.point(reference.lonlat))
    return np.column_stack([at, ground.heights_m(at)])


@dataclass(frozen=True, slots=True)
class View:
    """A frame that may see a reference: its pose and corrected temperatures."""

    pose: CameraPose
    celsius: CelsiusArray


def seen_temperature(
    points: FloatArray, views: Sequence[View], camera: Camera, blend: BlendParams
) -> tuple[float | None, int]:
    """The patch's temperature as the map would show it, and how many frames saw it whole."""
    scale = blend.nadir_share * half_diagonal(camera)
    values, weights = [], []
    for view in views:
        value = _whole_patch(points, view, camera)
        if value is not None:
            d = points.mean(axis=0) - view.pose.center_m
            values.append(value)
            weights.append(math.exp(-0.5 * ((d[0] ** 2 + d[1] ** 2) / d[2] ** 2) / scale**2))
    if not values:
        return None, 0
    return float(np.average(values, weights=np.array(weights) + 1e-12)), len(values)


def _whole_patch(points: FloatArray, view: View, camera: Camera) -> float | None:
    pixels = view.pose.pixels(points, camera)
    size = np.array([camera.width_px, camera.height_px])
    if not ((pixels >= 1.0) & (pixels <= size - 2.0)).all():
        return None
    at = np.rint(pixels).astype(int)
    value = float(np.median(view.celsius[at[:, 1], at[:, 0]]))
    return value if math.isfinite(value) else None


def anchor(seen: Sequence[tuple[Reference, float | None, int]], params: AnchorParams | None = None) -> Anchor:
    """The level and scale that bring the references seen to their temperatures.

    The shift is the median of their differences. Where they span a range of temperatures the scale is the
    median slope between pairs of them, drawn to 1 by what it is unsure of; one that no camera has is refused.
    """
    pairs = [(value, ref.temperature_C) for ref, value, _ in seen if value is not None]
    if not pairs:
        return Anchor(0.0, False, tuple(SeenReference(ref, None, n) for ref, _, n in seen))
    values, told = np.array(pairs).T
    gain, notes = _gain(values, told, params or AnchorParams())
    pivot = float(np.median(values))
    shift = float(np.median((values - pivot) * gain + pivot - told))
    level = Anchor(shift, True, (), gain, pivot, notes)
    rows = tuple(
        SeenReference(ref, value, n, None if value is None else level.anchored(value) - ref.temperature_C)
        for ref, value, n in seen
    )
    return replace(level, seen=rows)


def _gain(values: FloatArray, told: FloatArray, params: AnchorParams) -> tuple[float, tuple[str, ...]]:
    """The camera's scale from references far enough apart, and what to say of it."""
    one, other = np.triu_indices(len(told), 1)
    apart = told[other] - told[one]
    far = np.abs(apart) >= params.least_span_K
    if not far.any():
        return 1.0, ()
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = float(np.median(apart[far] / (values[other] - values[one])[far]))
    if not abs(slope - 1.0) <= params.most:
        problem = f"By the ground references 1 K was seen as {1.0 / slope:.2f} K: one of them is wrong."
        return 1.0, (f"{problem} Only their median level is used.",)
    unsure = params.sigma_K * math.sqrt(2.0) / float(np.abs(apart).max())
    return 1.0 + (slope - 1.0) / (1.0 + (unsure / params.gain_sigma) ** 2), ()
