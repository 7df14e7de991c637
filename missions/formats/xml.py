"""XML of plan files, read with care: no document types, no entities, no giants."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from core.errors import BadFileError
from missions.formats.text import LARGEST_BYTES, encodings_of

KML = "http://www.opengis.net/kml/2.2"
DEEPEST = 200
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


def parse_xml(path: Path, data: bytes) -> ET.Element:
    """The root element; raises `BadFileError` for broken XML, a document type (entity bombs), or a giant."""
    if len(data) > LARGEST_BYTES:
        raise BadFileError(path, f"is larger than {LARGEST_BYTES // 1_000_000} MB")
    text = _DECLARATION.sub("", _text(path, data), count=1).strip()
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BadFileError(path, "holds a document type, which plan files have no use for")
    try:
        root = ET.fromstring(text)  # noqa: S314  # entities were refused above
    except ET.ParseError as error:
        raise BadFileError(path, f"is not XML ({error})", hint="export it again") from error
    except ValueError as error:  # characters that XML cannot hold
        raise BadFileError(path, f"is not XML ({error})", hint="export it again") from error
    if _deeper_than(root, DEEPEST):
        raise BadFileError(path, "is nested too deeply to be a plan")
    return root


def _text(path: Path, data: bytes) -> str:
    """The document as text: by its mark, by its declaration, or as UTF-8."""
    said = _ENCODING.match(data[:400])
    names = [said.group(1).decode("ascii")] if said else list(encodings_of(data))
    for name in names:
        try:
            return str(data.decode(name)).removeprefix("\ufeff")
        except (LookupError, UnicodeDecodeError):
            continue
    raise BadFileError(path, f"is not text in {' or '.join(names)}", hint="save it again as UTF-8")


def _deeper_than(root: ET.Element, levels: int) -> bool:
    row = [root]
    for _ in range(levels):
        row = [child for element in row for child in element]
        if not row:
            return False
    return True


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
