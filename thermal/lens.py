"""A calibrated lens from a file: the XML that Agisoft Metashape and its relatives write."""

import re
from pathlib import Path

from core.camera import Camera
from core.errors import BadFileError

_NUMBER = re.compile(r"<([A-Za-z]\w*)>\s*([-+]?\d[\d.eE+-]*)\s*</\1>")
_MAX_CHARACTERS = 1 << 20
_NOMINAL_PITCH_UM = 10.0


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
    return _lens(path, values)


def _lens(path: Path, values: dict[str, float]) -> Camera:
    k1, k2, k3, p1, p2, cx, cy = (values.get(k, 0.0) for k in ("k1", "k2", "k3", "p1", "p2", "cx", "cy"))
    return Camera(
        path.stem,
        int(values["width"]),
        int(values["height"]),
        values["f"] * _NOMINAL_PITCH_UM / 1000.0,
        _NOMINAL_PITCH_UM,
        cx_offset_px=cx,
        cy_offset_px=cy,
        k1=k1,
        k2=k2,
        k3=k3,
        p1=p2,
        p2=p1,
        source=path.name,
    )


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < 1e9
    except ValueError:
        return False
