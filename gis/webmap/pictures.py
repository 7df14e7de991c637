"""Heat as a picture that a web map can lay on the ground."""

import base64
import io
from typing import Any

import numpy as np

from gis.heat import FloatGrid, HeatMap
from gis.legend import Legend
from gis.webmap.text import Bounds


def web_mercator(heat: HeatMap, longest_px: int) -> tuple[FloatGrid, Bounds]:
    """Temperatures on a Web Mercator grid of at most `longest_px`, and its (west, south, east, north)."""
    from rasterio.crs import CRS
    from rasterio.enums import Resampling
    from rasterio.warp import calculate_default_transform, reproject, transform_bounds

    height, width = heat.celsius.shape
    web = CRS.from_epsg(3857)
    transform, columns, rows = calculate_default_transform(heat.crs, web, width, height, *heat.bounds)
    shrink = max(1.0, max(columns, rows) / longest_px)
    if shrink > 1.0:
        transform, columns, rows = calculate_default_transform(
            heat.crs, web, width, height, *heat.bounds, resolution=transform.a * shrink
        )
    out = np.full((rows, columns), np.nan, np.float32)
    reproject(
        heat.celsius,
        out,
        src_transform=heat.transform,
        src_crs=heat.crs,
        src_nodata=np.nan,
        dst_transform=transform,
        dst_crs=web,
        dst_nodata=np.nan,
        resampling=Resampling.average if shrink > 1.5 else Resampling.nearest,
    )
    edges = (transform.c, transform.f + rows * transform.e, transform.c + columns * transform.a, transform.f)
    west, south, east, north = transform_bounds(web, "EPSG:4326", *edges, densify_pts=2)
    return out, (west, south, east, north)


def classes_picture(celsius: FloatGrid, legend: Legend) -> Any:
    """A PIL picture with one palette entry a class; entry 0 is for what is not known."""
    from PIL import Image

    picture = Image.fromarray((legend.classes(celsius) + 1).astype(np.uint8), "P")
    picture.putpalette([255, 255, 255, *(part for colour in legend.colours for part in colour)])
    return picture


def classes_png(celsius: FloatGrid, legend: Legend) -> bytes:
    """The classes as a PNG, transparent where nothing is known."""
    buffer = io.BytesIO()
    classes_picture(celsius, legend).save(buffer, "PNG", transparency=0, optimize=True)
    return buffer.getvalue()


def data_uri(content: bytes, kind: str) -> str:
    """Bytes as an address that holds them; `kind` such as image/png."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
