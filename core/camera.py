"""A camera as a pinhole with lens distortion: rays, pixels, ground sample distance, footprint."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.geo import FloatArray


@dataclass(frozen=True, slots=True)
class Camera:
    """A frame camera.

    Size in pixels, pixel pitch in micrometres, focal length in millimetres; principal point as an offset in
    pixels from the image centre (right, down); distortion `k1, k2, k3, p1, p2` of Brown-Conrady in the order
    and sign of OpenCV, on normalised coordinates. Camera axes: x right, y down, z forward. Pixel (0, 0) is
    the centre of the top left pixel. `min_interval_s` is the shortest time between two frames.
    """

    name: str
    width_px: int
    height_px: int
    focal_mm: float
    pitch_um: float
    cx_offset_px: float = 0.0
    cy_offset_px: float = 0.0
    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    min_interval_s: float = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        for field in ("width_px", "height_px", "focal_mm", "pitch_um"):
            if not getattr(self, field) > 0:
                raise ValueError(f"{field} must be > 0, got {getattr(self, field)}")

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return self.focal_mm * 1000.0 / self.pitch_um

    @property
    def matrix(self) -> FloatArray:
        """The 3x3 camera matrix, principal point in pixel coordinates, as OpenCV takes it."""
        cx = (self.width_px - 1) / 2.0 + self.cx_offset_px
        cy = (self.height_px - 1) / 2.0 + self.cy_offset_px
        return np.array([[self.focal_px, 0.0, cx], [0.0, self.focal_px, cy], [0.0, 0.0, 1.0]])

    @property
    def distortion(self) -> FloatArray:
        """(k1, k2, p1, p2, k3), OpenCV's order."""
        return np.array([self.k1, self.k2, self.p1, self.p2, self.k3])

    def gsd_m(self, height_m: float) -> float:
        """Ground sample distance in metres at `height_m` above flat ground, looking straight down."""
        return height_m * self.pitch_um / (self.focal_mm * 1000.0)

    def height_m(self, gsd_m: float) -> float:
        """Height above flat ground that gives `gsd_m`."""
        return gsd_m * self.focal_mm * 1000.0 / self.pitch_um

    def footprint_m(self, height_m: float) -> tuple[float, float]:
        """Nadir footprint (across = image width, along = image height) in metres."""
        gsd = self.gsd_m(height_m)
        return gsd * self.width_px, gsd * self.height_px

    @property
    def field_of_view_deg(self) -> tuple[float, float]:
        """(horizontal, vertical) field of view in degrees, without distortion."""
        return (
            2 * math.degrees(math.atan(self.width_px / 2 / self.focal_px)),
            2 * math.degrees(math.atan(self.height_px / 2 / self.focal_px)),
        )

    def project(self, points: ArrayLike) -> FloatArray:
        """Points (..., 3) in the camera frame, metres, z > 0, to pixels (..., 2). NaN where z <= 0."""
        p = np.asarray(points, float)
        z = np.where(p[..., 2] > 0, p[..., 2], np.nan)
        x, y = self._distort(p[..., 0] / z, p[..., 1] / z)
        matrix = self.matrix
        return np.stack([x * self.focal_px + matrix[0, 2], y * self.focal_px + matrix[1, 2]], axis=-1)

    def _distort(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        r2 = x * x + y * y
        radial = 1.0 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))
        return (
            x * radial + 2 * self.p1 * x * y + self.p2 * (r2 + 2 * x * x),
            y * radial + self.p1 * (r2 + 2 * y * y) + 2 * self.p2 * x * y,
        )

    def rays(self, pixels: ArrayLike) -> FloatArray:
        """Pixels (..., 2) to rays (..., 3) in the camera frame with z = 1; inverts the distortion."""
        p = np.asarray(pixels, float)
        matrix = self.matrix
        xd = (p[..., 0] - matrix[0, 2]) / self.focal_px
        yd = (p[..., 1] - matrix[1, 2]) / self.focal_px
        x, y = xd.copy(), yd.copy()
        for _ in range(20):
            ex, ey = self._distort(x, y)
            x, y = x + (xd - ex), y + (yd - ey)
        return np.stack([x, y, np.ones_like(x)], axis=-1)
