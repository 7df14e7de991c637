"""A mission as KML for Google Earth and the like; every item's parameters travel in ExtendedData."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

from core.errors import BadFileError
from core.files import write_bytes
from missions.formats.features import Feature, from_features, to_features
from missions.formats.xml import KML, child, parse_xml, to_bytes
from missions.model import Mission

TAG = f"{{{KML}}}"


def read(path: Path) -> Mission:
    """Read a mission that `write` wrote; raises `BadFileError` for any other KML."""
    try:
        root = parse_xml(path, path.read_bytes())
    except FileNotFoundError as error:
        raise BadFileError(path, "not found") from error
    try:
        return from_features([_feature(mark) for mark in root.iter(f"{TAG}Placemark")])
    except (ValueError, KeyError, TypeError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise BadFileError(path, what, hint="an area is planned with `skyshade survey plan`") from error


def write(mission: Mission, path: Path) -> tuple[str, ...]:
    """Write KML; returns what viewers cannot say."""
    ET.register_namespace("", KML)
    root = ET.Element(f"{TAG}kml")
    folder = child(root, f"{TAG}Document")
    child(folder, f"{TAG}name", mission.name or path.stem)
    for feature in to_features(mission):
        _placemark(folder, feature)
    write_bytes(path, to_bytes(root))
    return ("heights: viewers draw the path on the ground (they travel in ExtendedData)",)


def _placemark(folder: ET.Element, feature: Feature) -> None:
    mark = child(folder, f"{TAG}Placemark")
    label = feature.facts.get("command_name") or feature.role
    child(mark, f"{TAG}name", f"{feature.facts['seq']} {label}" if "seq" in feature.facts else label)
    data = child(mark, f"{TAG}ExtendedData")
    _data(data, "role", feature.role)
    _data(data, "facts", json.dumps(feature.facts, ensure_ascii=False))
    if feature.shape is None:
        return
    text = " ".join(",".join(repr(float(v)) for v in c) for c in feature.coordinates)
    holder = child(mark, f"{TAG}{feature.shape}")
    if feature.shape == "Polygon":
        holder = child(child(holder, f"{TAG}outerBoundaryIs"), f"{TAG}LinearRing")
    child(holder, f"{TAG}coordinates", text)


def _data(parent: ET.Element, name: str, value: str) -> None:
    entry = child(parent, f"{TAG}Data")
    entry.set("name", name)
    child(entry, f"{TAG}value", value)


def _feature(mark: ET.Element) -> Feature:
    values = {d.get("name"): d.findtext(f"{TAG}value", "") for d in mark.iter(f"{TAG}Data")}
    shape = next(
        (s for s in ("Point", "LineString", "Polygon") if mark.find(f".//{TAG}{s}") is not None), None
    )
    text = mark.findtext(f".//{TAG}coordinates", "")
    coordinates = tuple(tuple(float(v) for v in c.split(",")) for c in text.split())
    return Feature(values.get("role") or "", shape, coordinates, json.loads(values.get("facts") or "{}"))
