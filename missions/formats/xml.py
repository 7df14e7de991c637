"""XML of plan files, read with care: no document types, no entities, no giants."""

from pathlib import Path
from xml.etree import ElementTree as ET

from core.errors import BadFileError

KML = "http://www.opengis.net/kml/2.2"
LARGEST_BYTES = 50_000_000


def parse_xml(path: Path, data: bytes) -> ET.Element:
    """The root element; raises `BadFileError` for broken XML, a document type (entity bombs), or a giant."""
    if len(data) > LARGEST_BYTES:
        raise BadFileError(path, f"is larger than {LARGEST_BYTES // 1_000_000} MB")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise BadFileError(path, "holds a document type, which plan files have no use for")
    try:
        return ET.fromstring(data)  # noqa: S314  # entities were refused above
    except ET.ParseError as error:
        raise BadFileError(path, f"is not XML ({error})") from error


def child(parent: ET.Element, tag: str, text: object | None = None) -> ET.Element:
    """A new child element with text."""
    element = ET.SubElement(parent, tag)
    if text is not None:
        element.text = str(text)
    return element


def to_bytes(root: ET.Element) -> bytes:
    """The document, indented, with its declaration."""
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data
