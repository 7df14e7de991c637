"""A calibrated lens from a file: the XML that Agisoft Metashape and its relatives write."""

import re
from pathlib import Path

from core.camera import Camera
from core.errors import BadFileError

_NUMBER = re.compile(r"<([A-Za-z]\w*)>\s*([-+]?\d[\d.eE+-]*)\s*</\1>")
_MAX_CHARACTERS = 1 << 20


def read_lens(path: Path) -> Camera:
    """A lens in pixels: `focal_px`, principal point, distortion, and the size it was calibrated at.

    Its pixel pitch is nominal (10 um): readers keep a frame's own pitch and take the rest. Metashape's p1 and
    p2 are OpenCV's p2 and p1. Raises BadFileError.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")[:_MAX_CHARACTERS]
    except OSError as error:
        raise BadFileError(path, f"cannot be read ({error.strerror})", hint="check the name") from error
    values = {name.lower(): float(value) for name, value in _NUMBER.findall(text) if _is_number(value)}
    if not {"f", "width", "height"} <= values.keys() or min(values[k] for k in ("f", "width", "height")) <= 0:
        raise BadFileError(
            path, "is no lens calibration", hint="give Metashape's calibration XML with f, width and height"
        )
    pitch_um = 10.0
    return Camera(
        path.stem,
        int(values["width"]),
        int(values["height"]),
        values["f"] * pitch_um / 1000.0,
        pitch_um,
        cx_offset_px=values.get("cx", 0.0),
        cy_offset_px=values.get("cy", 0.0),
        k1=values.get("k1", 0.0),
        k2=values.get("k2", 0.0),
        k3=values.get("k3", 0.0),
        p1=values.get("p2", 0.0),
        p2=values.get("p1", 0.0),
        source=path.name,
    )


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < 1e9
    except ValueError:
        return False
