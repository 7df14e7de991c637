"""TIFF frames: centikelvin, kelvin or Celsius; MicaSense Altum, FLIR with linear scale, and our own.

What the numbers mean comes from the user, else from the tags; it is never guessed.
"""

import dataclasses
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from core.camera import Camera
from core.errors import BadFileError
from core.units import CELSIUS_ZERO_K
from thermal.cameras import LensTags, camera_of
from thermal.exif import MAKE, MODEL
from thermal.frame import CelsiusArray, Radiometry
from thermal.frames.source import Opened, ReadOptions, Source, TiffScale, header, with_camera
from thermal.radiometry import RadiometryOverrides
from thermal.xmp import number

NAME = "tiff"
MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_FOCAL_LENGTH, _FOCAL_35MM, _PLANE_RESOLUTION, _PLANE_UNIT = 0x920A, 0xA405, 0xA20E, 0xA210
_UNIT_UM = {2: 25400.0, 3: 10000.0, 4: 1000.0, 5: 1.0}  # inch, cm, mm, um
_KELVIN_PER_STEP = {TiffScale.KELVIN: 1.0, TiffScale.DECIKELVIN: 0.1, TiffScale.CENTIKELVIN: 0.01}
_SCALE_OF_UNIT = {
    **dict.fromkeys(
        ("celsius", "degc", "deg_c", "degree_celsius", "degrees celsius", "°c"), TiffScale.CELSIUS
    ),
    **dict.fromkeys(("kelvin", "k"), TiffScale.KELVIN),
    "centikelvin": TiffScale.CENTIKELVIN,
}
_COLDEST_C, _HOTTEST_C = -120.0, 2000.0


def recognises(source: Source) -> bool:
    """A TIFF file, classic or big."""
    return source.data.startswith(MAGIC)


def open_frame(source: Source, options: ReadOptions) -> Opened:
    """Read the header; temperatures are decoded when asked for. Raises BadFileError or ValueError."""
    size, dtype, unit = _with_image(source, lambda image: _shape(source, image))
    to_kelvin, offset_C, said = _scale(source, options, dtype, unit)
    make, model = source.exif.text(MAKE), source.exif.text(MODEL)
    camera, notes = _own_camera(source, size) or camera_of(make, model, size, _lens(source))
    camera = _calibrated(source, camera)
    info = header(
        source,
        reader=NAME,
        model=source.xmp.get("skyshade:Model") or (camera.name if make or model else "unknown camera"),
        camera=camera,
        radiometry=_radiometry(source),
        warnings=notes + _override_warning(options),
        tags={"scale": said},
    )

    def celsius() -> CelsiusArray:
        values = (
            _with_image(source, lambda image: image.read(1, masked=True)).astype(np.float32).filled(np.nan)
        )
        found = (values * np.float32(to_kelvin) + np.float32(offset_C)).astype(np.float32)
        return _believable(source, found, said)

    return Opened(with_camera(info, options.camera), celsius, source)


def _with_image(source: Source, use: Callable[[Any], Any]) -> Any:
    """What `use` makes of the opened raster; its library's errors become BadFileError."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.MemoryFile(source.data) as memory, memory.open(driver="GTiff") as image:
                return use(image)
        except (RasterioError, RuntimeError) as error:
            raise BadFileError(
                source.path, "is a TIFF that cannot be decoded", hint="the file is damaged; copy it again"
            ) from error


def _shape(source: Source, image: Any) -> tuple[tuple[int, int], str, str]:
    dtype = str(image.dtypes[0])
    if image.count != 1 or dtype not in {"uint16", "int16", "uint32", "int32", "float32", "float64"}:
        raise BadFileError(
            source.path,
            f"has {image.count} band(s) of {dtype}: no temperatures",
            hint="give a single band of 16 bit or float values",
        )
    if image.width * image.height > 16_000_000:
        raise BadFileError(source.path, "is too big for a frame", hint="name single frames, not maps")
    return (int(image.width), int(image.height)), dtype, str(image.units[0] or "")


def _scale(source: Source, options: ReadOptions, dtype: str, unit: str) -> tuple[float, float, str]:
    """(factor, offset) that give degrees Celsius, and where they came from."""
    if options.scale is not None:
        return *_factors(options.scale), f"{options.scale.value}, as the user said"
    stated = source.xmp.get("skyshade:Scale", "") or unit
    if stated.lower() in _SCALE_OF_UNIT:
        return *_factors(_SCALE_OF_UNIT[stated.lower()]), f"{stated}, as the file says"
    gain = number(source.xmp, "FLIR:TlinearGain") or 0.0
    if gain > 0 and dtype == "uint16":
        return gain, -CELSIUS_ZERO_K, f"{gain:g} K a step, as the file says"
    if source.exif.text(MAKE).lower() == "micasense" and dtype == "uint16":
        return *_factors(TiffScale.CENTIKELVIN), "centikelvin, as MicaSense writes"
    choices = ", ".join(s.value for s in TiffScale)
    raise BadFileError(
        source.path, f"does not say what its {dtype} values mean", hint=f"say it with --scale ({choices})"
    )


def _factors(scale: TiffScale) -> tuple[float, float]:
    return (1.0, 0.0) if scale is TiffScale.CELSIUS else (_KELVIN_PER_STEP[scale], -CELSIUS_ZERO_K)


def _believable(source: Source, celsius: CelsiusArray, said: str) -> CelsiusArray:
    """The temperatures; a scale that gives impossible ones is an error, not a map."""
    known = celsius[np.isfinite(celsius)]
    if known.size and not _COLDEST_C <= float(np.median(known)) <= _HOTTEST_C:
        raise BadFileError(
            source.path,
            f"read as {said} its temperatures centre on {float(np.median(known)):.0f} C",
            hint="say the right scale with --scale",
        )
    return celsius


def _lens(source: Source) -> LensTags:
    per_unit = source.exif.number(_PLANE_RESOLUTION)
    unit_um = _UNIT_UM.get(int(source.exif.number(_PLANE_UNIT) or 2))
    focal_mm = number(source.xmp, "Camera:PerspectiveFocalLength")
    return LensTags(
        focal_mm=focal_mm or source.exif.number(_FOCAL_LENGTH),
        focal_35mm_mm=source.exif.number(_FOCAL_35MM),
        pitch_um=unit_um / per_unit if unit_um and per_unit else None,
    )


def _own_camera(source: Source, size: tuple[int, int]) -> tuple[Camera, tuple[str, ...]] | None:
    """The camera as our own converter wrote it down, None for files of others."""
    pitch_um, focal_mm = (
        number(source.xmp, name) or 0.0 for name in ("skyshade:Pitch_um", "Camera:PerspectiveFocalLength")
    )
    if pitch_um <= 0 or focal_mm <= 0:
        return None
    name, lens = (source.xmp.get(f"skyshade:{k}", "") for k in ("Camera", "Lens"))
    return Camera(name, *size, focal_mm, pitch_um, source=lens or "file"), ()


def _calibrated(source: Source, camera: Camera) -> Camera:
    """The camera with Pix4D's calibration tags, where the file carries them.

    `Camera:PrincipalPoint` in millimetres from the top left corner, `Camera:PerspectiveDistortion` as
    k1, k2, k3, p1, p2.
    """
    point = _numbers(source.xmp.get("Camera:PrincipalPoint", ""), 2)
    bend = _numbers(source.xmp.get("Camera:PerspectiveDistortion", ""), 5)
    if point:
        x, y = (v * 1000.0 / camera.pitch_um for v in point)
        camera = dataclasses.replace(
            camera, cx_offset_px=x - camera.width_px / 2, cy_offset_px=y - camera.height_px / 2
        )
    if bend:
        k1, k2, k3, p1, p2 = bend
        camera = dataclasses.replace(camera, k1=k1, k2=k2, k3=k3, p1=p1, p2=p2)
    return camera


def _numbers(text: str, count: int) -> tuple[float, ...]:
    try:
        values = tuple(float(v) for v in text.split(","))
    except ValueError:
        return ()
    return values if len(values) == count and all(map(math.isfinite, values)) else ()


def _radiometry(source: Source) -> Radiometry:
    names = ("Emissivity", "Distance_m", "Humidity", "Reflected_C", "Ambient_C")
    return Radiometry(*(number(source.xmp, f"skyshade:{name}") for name in names))


def _override_warning(options: ReadOptions) -> tuple[str, ...]:
    if options.overrides == RadiometryOverrides():
        return ()
    return ("temperatures are already computed: emissivity and the like are not applied",)
