"""Places from a GeoJSON file of points."""

import json
from pathlib import Path
from typing import Any

from core.errors import BadFileError, SkyshadeError
from delivery.model import Place
from delivery.things import place_from_data

FIELDS = ("name", "kind", "elevation_m", "release_height_m", "release", "hours", "closed", "occupied")


def read_places(path: Path) -> tuple[Place, ...]:
    """Depots and delivery points from GeoJSON points (WGS84).

    Properties: `id` (needed), `name`, `kind` (depot or point), `elevation_m`, `release_height_m`, `hours`
    (`11:00-17:00`), `closed`, `occupied`. Raises `BadFileError` naming the feature.
    """
    path = Path(path)
    try:
        features = json.loads(path.read_text(encoding="utf-8-sig"))["features"]
    except FileNotFoundError as error:
        raise BadFileError(path, "no such file") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadFileError(path, "is no GeoJSON of points", hint="export the places as GeoJSON") from error
    return tuple(_place(path, number, feature) for number, feature in enumerate(features, start=1))


def _place(path: Path, number: int, feature: dict[str, Any]) -> Place:
    try:
        properties = feature["properties"]
        data = {name: properties[name] for name in FIELDS if properties.get(name) is not None}
        name = str(properties["id"])
        return place_from_data({"id": name, "name": name, **data, "position": _point(feature["geometry"])})
    except (KeyError, TypeError, ValueError, SkyshadeError) as error:
        missing = f"has no {error}" if isinstance(error, KeyError) else str(error)
        raise BadFileError(path, f"feature {number}: {missing}") from error


def _point(geometry: dict[str, Any]) -> list[float]:
    if geometry["type"] != "Point":
        raise ValueError(f"is a {geometry['type']}, not a Point")
    return [float(v) for v in geometry["coordinates"][:2]]
