"""A mission as GeoJSON: points and the path for any map, with every item's parameters as properties."""

import json
from pathlib import Path
from typing import Any

from core.errors import BadFileError
from core.files import write_text
from missions.formats.features import Feature, from_features, read_features, to_features
from missions.formats.loss import lost_between
from missions.formats.text import read_json
from missions.formats.values import listed, table
from missions.model import Mission


def read(path: Path) -> Mission:
    """Read a mission that `write` wrote; raises `BadFileError` for any other GeoJSON."""
    document = read_json(path)
    try:
        features = [_feature(f) for f in listed(document.get("features", []), "features")]
    except ValueError as error:
        raise BadFileError(path, str(error)) from error
    return read_features(path, features)


def write(mission: Mission, path: Path) -> tuple[str, ...]:
    """Write GeoJSON; returns what it cannot say (nothing, to this toolkit)."""
    features = [_json(f) for f in to_features(mission)]
    document = {"type": "FeatureCollection", "features": features}
    write_text(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    return lost_between(mission, from_features(to_features(mission)))


def _json(feature: Feature) -> dict[str, Any]:
    geometry = None if feature.shape is None else {"type": feature.shape, "coordinates": _nested(feature)}
    return {"type": "Feature", "geometry": geometry, "properties": {"role": feature.role, **feature.facts}}


def _nested(feature: Feature) -> Any:
    points = [list(c) for c in feature.coordinates]
    return points[0] if feature.shape == "Point" else [points] if feature.shape == "Polygon" else points


def _feature(value: Any) -> Feature:
    entry = table(value, "a feature")
    facts = dict(table(entry.get("properties") or {}, "properties"))
    role = str(facts.pop("role", ""))
    geometry = entry.get("geometry")
    if geometry is None:
        return Feature(role, None, (), facts)
    shape = table(geometry, "geometry").get("type")
    points = listed(geometry.get("coordinates"), "coordinates")
    flat = [points] if shape == "Point" else points[:1] if shape == "Polygon" else points
    if shape == "Polygon":
        flat = listed(flat[0], "coordinates of a polygon") if flat else []
    return Feature(role, str(shape), tuple(tuple(listed(c, "coordinates")) for c in flat), facts)
