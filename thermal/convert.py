"""Frames to float32 Celsius TIFFs that keep place, time, attitude and lens, for other mapping programs."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from core.camera import Camera
from core.errors import BadFileError, OutputError, SkyshadeError
from core.files import writable_folder, write_bytes
from core.geo import LonLat
from thermal.exif import MAKE, MODEL, Tags, Value
from thermal.frame import CelsiusArray, FrameInfo
from thermal.frames import ReadOptions, open_frame
from thermal.frames.source import Opened, Source
from thermal.tiffwrite import TiffTags, encode_tiff

_KEPT_MAIN = (0x010E, 0x0131, 0x0132, 0x013B, 0x8298)  # description, software, date, artist, copyright
_KEPT_EXIF = (
    *(0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9290, 0x9291, 0x9292),  # times
    *(0x829D, 0x920A, 0xA405, 0xA404, 0xA431),  # f-number, focal lengths, zoom, serial number
)
_ORIGINAL, _SUBSECOND = 0x9003, 0x9291
_FOCAL_LENGTH, _PLANE_X, _PLANE_Y, _PLANE_UNIT = 0x920A, 0xA20E, 0xA20F, 0xA210
_NAMESPACES = {
    "drone-dji": "http://www.dji.com/drone-dji/1.0/",
    "Camera": "http://pix4d.com/camera/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "skyshade": "https://skyshade.example/ns/1.0/",
}

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Converted:
    """One written file: where it came from, where it went, and its range in degrees Celsius."""

    source: Path
    path: Path
    min_C: float
    max_C: float


@dataclass(frozen=True, slots=True)
class ConvertResult:
    """What was written, and what failed with its reason; one bad file does not stop the others."""

    files: tuple[Converted, ...] = ()
    failed: tuple[tuple[Path, str], ...] = field(default=())


def convert_frames(
    paths: Sequence[Path],
    folder: Path,
    *,
    options: ReadOptions | None = None,
    sigma: bool = False,
    progress: Progress | None = None,
) -> ConvertResult:
    """Write each frame as a TIFF into `folder`; raises OutputError when that cannot be written.

    With `sigma` a second file `<name>.sigma.tif` holds one standard deviation in kelvin, where a law tells.
    """
    writable_folder(folder)
    files: list[Converted] = []
    failed: list[tuple[Path, str]] = []
    for done, (path, target) in enumerate(zip(paths, target_names(paths, folder), strict=True), start=1):
        try:
            files.append(convert_frame(path, target, options=options, sigma=sigma))
        except OutputError:
            raise
        except SkyshadeError as error:
            failed.append((path, str(error)))
        if progress is not None:
            progress(done, len(paths))
    return ConvertResult(tuple(files), tuple(failed))


def target_names(paths: Iterable[Path], folder: Path) -> list[Path]:
    """A TIFF name for each frame; frames of one name from several folders get a number each."""
    taken: set[str] = set()
    targets: list[Path] = []
    for path in paths:
        name, number = f"{path.stem}.tif", 2
        while name.casefold() in taken:
            name, number = f"{path.stem}-{number}.tif", number + 1
        taken.add(name.casefold())
        targets.append(folder / name)
    return targets


def convert_frame(
    path: Path, target: Path, *, options: ReadOptions | None = None, sigma: bool = False
) -> Converted:
    """Write one frame as a float32 Celsius TIFF. Raises BadFileError, OutputError."""
    if target.exists() and path.exists() and target.samefile(path):
        raise BadFileError(path, "would be written over itself", hint="choose another folder")
    opened = open_frame(path, options=options)
    celsius = opened.celsius()
    write_bytes(target, encode_tiff(celsius, tags_of(opened)))
    doubt = opened.sigma() if sigma else None
    if doubt is not None:
        write_bytes(target.with_suffix(".sigma.tif"), encode_tiff(doubt, TiffTags()))
    low, high = temperature_range(celsius)
    return Converted(path, target, low, high)


def temperature_range(celsius: CelsiusArray) -> tuple[float, float]:
    """(lowest, highest) known temperature, NaN when none is known."""
    known = celsius[np.isfinite(celsius)]
    return (float(known.min()), float(known.max())) if known.size else (float("nan"), float("nan"))


def tags_of(opened: Opened) -> TiffTags:
    """The tags that carry a frame's header over into a TIFF."""
    info, source = opened.info, opened.source
    make = source.exif.text(MAKE) or ("FLIR" if info.reader == "flir" else "")
    kept = {tag: source.exif.text(tag) for tag in _KEPT_MAIN}
    return TiffTags(
        main={**kept, MAKE: make, MODEL: source.exif.text(MODEL) or info.model},
        exif={**_clock(source.exif, info.time_s), **_exif(source.exif, info.camera)},
        gps=_gps(source, info),
        xmp=_packet(source, info),
    )


def _clock(exif: Tags, time_s: float | None) -> dict[int, Value]:
    """The time as EXIF writes it, for files that had none there; without a zone, as it was."""
    if time_s is None or _ORIGINAL in exif.main:
        return {}
    moment = dt.datetime.fromtimestamp(time_s, dt.UTC)
    return {_ORIGINAL: moment.strftime("%Y:%m:%d %H:%M:%S"), _SUBSECOND: moment.strftime("%f")}


def _exif(exif: Tags, camera: Camera) -> dict[int, Value]:
    values: dict[int, Value] = {tag: exif.main[tag] for tag in _KEPT_EXIF if tag in exif.main}
    values = {t: v.split("\x00", 1)[0] if isinstance(v, str) else v for t, v in values.items()}
    if camera.source == "assumed":
        return values
    per_mm = (1000.0 / camera.pitch_um,)
    return {
        **values,
        _FOCAL_LENGTH: (camera.focal_mm,),
        _PLANE_X: per_mm,
        _PLANE_Y: per_mm,
        _PLANE_UNIT: (4.0,),
    }


def _gps(source: Source, info: FrameInfo) -> dict[int, Value]:
    if info.pose is None or 2 in source.exif.gps:
        return dict(source.exif.gps)
    place = info.pose.lonlat
    return {0: (2.0, 3.0, 0.0, 0.0), **_sexagesimal(place)}


def _sexagesimal(place: LonLat) -> dict[int, Value]:
    def parts(value: float) -> tuple[float, ...]:
        degrees, rest = divmod(abs(value), 1.0)
        minutes, rest = divmod(rest * 60.0, 1.0)
        return degrees, minutes, rest * 60.0

    return {
        1: "N" if place.lat >= 0 else "S",
        2: parts(place.lat),
        3: "E" if place.lon >= 0 else "W",
        4: parts(place.lon),
    }


def _packet(source: Source, info: FrameInfo) -> str:
    kept = {
        k: v
        for k, v in source.xmp.items()
        if k.split(":", 1)[0] in {"drone-dji", "Camera", "xmp", "skyshade"}
    }
    properties = {**kept, **_lens_properties(info.camera), **_own_properties(info)}
    spaces = "".join(f' xmlns:{p}="{uri}"' for p, uri in _NAMESPACES.items())
    values = "".join(f"\n  {k}={quoteattr(v)}" for k, v in properties.items())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about=""{spaces}{values}/></rdf:RDF></x:xmpmeta>'
    )


def _lens_properties(camera: Camera) -> dict[str, str]:
    if camera.source == "assumed":
        return {}
    x = (camera.width_px / 2 + camera.cx_offset_px) * camera.pitch_um / 1000.0
    y = (camera.height_px / 2 + camera.cy_offset_px) * camera.pitch_um / 1000.0
    bend = (camera.k1, camera.k2, camera.k3, camera.p1, camera.p2)
    return {
        "Camera:PerspectiveFocalLength": repr(camera.focal_mm),
        "Camera:PrincipalPoint": f"{x!r},{y!r}",
        "Camera:PerspectiveDistortion": ",".join(repr(v) for v in bend),
        "skyshade:Pitch_um": repr(camera.pitch_um),
        "skyshade:Camera": camera.name,
        "skyshade:Lens": camera.source,
    }


def _own_properties(info: FrameInfo) -> dict[str, str]:
    r = info.radiometry
    values = {
        "Emissivity": r.emissivity,
        "Distance_m": r.distance_m,
        "Humidity": r.humidity,
        "Reflected_C": r.reflected_C,
        "Ambient_C": r.ambient_C,
    }
    own = {f"skyshade:{k}": repr(v) for k, v in values.items() if v is not None}
    if info.time_s is not None and not any("zone" in w for w in info.warnings):
        own["skyshade:UTC"] = dt.datetime.fromtimestamp(info.time_s, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return {**own, "skyshade:Scale": "celsius", "skyshade:Model": info.model}
