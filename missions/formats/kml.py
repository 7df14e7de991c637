"""A mission as KML for Google Earth and the like; every item's parameters travel in ExtendedData."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from core.errors import BadFileError
from core.files import write_bytes
from missions.formats.features import Feature, from_features, read_features, to_features
from missions.formats.loss import lost_between
from missions.formats.text import read_bytes
from missions.formats.values import table
from missions.formats.xml import KML, child, parse_xml, to_bytes
from missions.model import Mission

TAG = f"{{{KML}}}"


def read(path: Path) -> Mission:
    """Read a mission that `write` wrote; raises `BadFileError` for any other KML."""
    root = parse_xml(path, read_bytes(path))
    try:
        features = [_feature(mark) for mark in root.iter(f"{TAG}Placemark")]
    except ValueError as error:
        raise BadFileError(path, str(error), hint="an area is planned with `skyshade survey plan`") from error
    return read_features(path, features)


def write(mission: Mission, path: Path) -> tuple[str, ...]:
    """Write KML; returns what viewers cannot say."""
    ET.register_namespace("", KML)
    root = ET.Element(f"{TAG}kml")
    folder = child(root, f"{TAG}Document")
    child(folder, f"{TAG}name", mission.name or path.stem)
    features = to_features(mission)
    for feature in features:
        _placemark(folder, feature)
    write_bytes(path, to_bytes(root))
    told = lost_between(mission, from_features(features))
    return (
        *told,
        "heights: viewers draw the path on the ground (they travel in ExtendedData)",
    )


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
    return Feature(values.get("role") or "", shape, coordinates_of(text), _facts(values.get("facts")))


def coordinates_of(text: str) -> tuple[tuple[float, ...], ...]:
    """KML's coordinates: longitude,latitude[,height] with blanks between; raises `ValueError`."""
    try:
        return tuple(tuple(float(v) for v in c.split(",")) for c in text.split())
    except ValueError as error:
        raise ValueError(f"coordinates are no numbers ({error})") from error


def _facts(text: str | None) -> dict[str, Any]:
    try:
        return table(json.loads(text or "{}"), "facts")
    except json.JSONDecodeError as error:
        raise ValueError(f"ExtendedData is not JSON ({error.msg})") from error
    except RecursionError as error:
        raise ValueError("ExtendedData is nested too deeply") from error
