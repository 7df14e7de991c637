"""XMP properties as cameras write them: a flat name to text mapping."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import unescape

_ATTRIBUTE = re.compile(r'([A-Za-z][\w-]*:[A-Za-z][\w-]*)\s*=\s*"([^"]*)"')
_ELEMENT = re.compile(r"<([A-Za-z][\w-]*:[A-Za-z][\w-]*)>\s*([^<]*[^<\s])\s*</\1>")
_LIST = re.compile(
    r"<([A-Za-z][\w-]*:[A-Za-z][\w-]*)>\s*<rdf:(?:Seq|Bag|Alt)>\s*<rdf:li[^>]*>([^<]*)</rdf:li>"
)
_QUOTES = {"&quot;": '"', "&apos;": "'", "&#10;": "\n"}
_MAX_CHARACTERS = 1 << 20


def parse_xmp(packet: str) -> dict[str, str]:
    """`prefix:Name` to text, from attributes and from simple elements; a list gives its first item.

    Tolerates packets that are no well-formed XML (drones write many); nothing is resolved or loaded.
    """
    packet = packet[:_MAX_CHARACTERS]
    found: dict[str, str] = {}
    for pattern in (_ATTRIBUTE, _LIST, _ELEMENT):
        for name, value in pattern.findall(packet):
            if not name.startswith(("xmlns:", "rdf:")):
                found.setdefault(name, unescape(value, _QUOTES).strip())
    return found


def number(properties: Mapping[str, str], name: str) -> float | None:
    """A property as a finite number, else None."""
    try:
        value = float(properties[name])
    except (KeyError, ValueError):
        return None
    return value if abs(value) < float("inf") else None
