"""A mission as GeoJSON: points and the path for any map, with every item's parameters as properties."""

import json
from pathlib import Path
from typing import Any

from core.errors import BadFileError
from core.files import write_text
from missions.formats.features import Feature, from_features, to_features
from missions.formats.text import read_json
from missions.model import Mission


def read(path: Path) -> Mission:
    """Read a mission that `write` wrote; raises `BadFileError` for any other GeoJSON."""
    document = read_json(path)
    try:
        return from_features([_feature(f) for f in document.get("features", [])])
    except (ValueError, KeyError, TypeError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise BadFileError(path, what, hint="an area is planned with `skyshade survey plan`") from error


def write(mission: Mission, path: Path) -> tuple[str, ...]:
    """Write GeoJSON; returns what it cannot say (nothing, to this toolkit)."""
    features = [_json(f) for f in to_features(mission)]
    document = {"type": "FeatureCollection", "features": features}
    write_text(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    return ()


def _json(feature: Feature) -> dict[str, Any]:
    geometry = None if feature.shape is None else {"type": feature.shape, "coordinates": _nested(feature)}
    return {"type": "Feature", "geometry": geometry, "properties": {"role": feature.role, **feature.facts}}


def _nested(feature: Feature) -> Any:
    points = [list(c) for c in feature.coordinates]
    return points[0] if feature.shape == "Point" else [points] if feature.shape == "Polygon" else points


def _feature(entry: dict[str, Any]) -> Feature:
    facts = dict(entry.get("properties") or {})
    role = str(facts.pop("role", ""))
    geometry = entry.get("geometry")
    if geometry is None:
        return Feature(role, None, (), facts)
    shape, points = geometry["type"], geometry["coordinates"]
    flat = [points] if shape == "Point" else points[0] if shape == "Polygon" else points
    return Feature(role, shape, tuple(tuple(c) for c in flat), facts)
