"""DJI's own Thermal SDK, where the user has it: for cameras whose law is not public (H20T, XT S and others).

The SDK is never shipped: `SKYSHADE_DJI_TSDK` names the folder it was unpacked into. Source of the calls: the
SDK's header `dirp_api.h`. Its parameter block has four floats in older releases and five in newer ones; which
of the two is seen by what it writes.
"""

import contextlib
import ctypes
import functools
import math
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import BadFileError, SkyshadeError
from thermal.frame import CelsiusArray, Radiometry

VARIABLE = "SKYSHADE_DJI_TSDK"
_NAME = "libdirp.dll" if sys.platform == "win32" else "libdirp.so"
_FIELDS = ("distance_m", "humidity", "emissivity", "reflected_C", "ambient_C")
_UNWRITTEN = -7.777e30
_BLOCK_FLOATS = 16  # more than any release writes
_MOST_PIXELS = 16_000_000
_ONE_AT_A_TIME = threading.Lock()  # the SDK keeps its state in one place


class DjiSdkError(SkyshadeError):
    """An SDK that is named but cannot be used."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the SDK says of a file: temperatures, float32 (height, width), and the parameters it used."""

    celsius: CelsiusArray
    parameters: Radiometry


@dataclass(frozen=True, slots=True)
class DjiSdk:
    """The SDK's library, loaded; `library` has its functions as attributes."""

    library: Any

    def parameters(self, path: Path, data: bytes) -> Radiometry:
        """The parameters stored in a file. Raises BadFileError where the SDK does not read it."""
        with self._opened(path, data) as handle:
            return self._radiometry(path, handle)

    def measure(self, path: Path, data: bytes, wanted: Radiometry) -> Measured:
        """Temperatures under `wanted` (None = as stored). Raises BadFileError with the SDK's refusal."""
        with self._opened(path, data) as handle:
            stored = self._radiometry(path, handle)
            used = _merged(stored, wanted)
            if used != stored:
                block = (ctypes.c_float * _BLOCK_FLOATS)(*_numbers(used))
                self._done(
                    path, "takes these parameters", self.library.dirp_set_measurement_params(handle, block)
                )
            return Measured(self._temperatures(path, handle), used)

    @contextmanager
    def _opened(self, path: Path, data: bytes) -> Iterator[ctypes.c_void_p]:
        handle = ctypes.c_void_p()
        content = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
        with _ONE_AT_A_TIME:
            code = self.library.dirp_create_from_rjpeg(
                content, ctypes.c_int32(len(data)), ctypes.byref(handle)
            )
            self._done(path, "opens it", code)
            try:
                yield handle
            finally:
                self.library.dirp_destroy(handle)

    def _radiometry(self, path: Path, handle: ctypes.c_void_p) -> Radiometry:
        block = (ctypes.c_float * _BLOCK_FLOATS)(*[_UNWRITTEN] * _BLOCK_FLOATS)
        code = self.library.dirp_get_measurement_params(handle, block)
        self._done(path, "tells its parameters", code)
        values = [float(f"{v:.6g}") for v in block[: len(_FIELDS)]]
        known = {
            name: v
            for name, v in zip(_FIELDS, values, strict=True)
            if not math.isclose(v, _UNWRITTEN, rel_tol=1e-3)
        }
        if known.get("humidity", 0.0) > 1.0:
            known["humidity"] /= 100.0
        return Radiometry(**known)

    def _temperatures(self, path: Path, handle: ctypes.c_void_p) -> CelsiusArray:
        size = (ctypes.c_int32 * 2)()
        self._done(path, "tells its size", self.library.dirp_get_rjpeg_resolution(handle, size))
        width, height = size
        if not 0 < width * height <= _MOST_PIXELS:
            raise BadFileError(path, f"is {width}x{height} pixels, says DJI's SDK")
        celsius = np.empty((height, width), np.float32)
        pixels = celsius.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        code = self.library.dirp_measure_ex(handle, pixels, ctypes.c_int32(celsius.nbytes))
        self._done(path, "measures it", code)
        return celsius

    @staticmethod
    def _done(path: Path, what: str, code: int) -> None:
        if code != 0:
            raise BadFileError(
                path, f"DJI's SDK does not do what was asked: {what} (code {code})",
                hint="its distance ends at 25 m; see whether its release knows the camera",
            )  # fmt: skip


def _numbers(p: Radiometry) -> list[float]:
    """The parameters in the SDK's order and units (humidity in percent); the rest of the block is nought."""
    values = [getattr(p, name) or 0.0 for name in _FIELDS]
    values[1] *= 100.0
    return values + [0.0] * (_BLOCK_FLOATS - len(values))


def _merged(stored: Radiometry, wanted: Radiometry) -> Radiometry:
    names = [n for n in _FIELDS if getattr(stored, n) is not None]
    chosen = {n: v if (v := getattr(wanted, n)) is not None else getattr(stored, n) for n in names}
    return Radiometry(**chosen)


def named_sdk() -> DjiSdk | None:
    """The SDK that the user's environment names; None where it names none. Raises `DjiSdkError`."""
    folder = os.environ.get(VARIABLE)
    return load_sdk(Path(folder)) if folder else None


@functools.cache
def load_sdk(folder: Path) -> DjiSdk:
    """Load the library under `folder`; raises `DjiSdkError` with the way out."""
    library = find_library(folder)
    if hasattr(os, "add_dll_directory"):
        os.add_dll_directory(str(library.parent))
    else:
        _load_beside(library)
    try:
        return DjiSdk(ctypes.CDLL(str(library)))
    except OSError as error:
        raise DjiSdkError(
            f"{library} cannot be loaded ({error})", hint="take the SDK's release for this system"
        ) from error


def _load_beside(library: Path) -> None:
    """The parts it is linked with lie in its folder, where a loader does not look by itself."""
    for part in sorted(library.parent.glob("*.so*")):
        if part.name != library.name:
            with contextlib.suppress(OSError):
                ctypes.CDLL(str(part), mode=ctypes.RTLD_GLOBAL)


def find_library(folder: Path) -> Path:
    """The library for this machine under `folder`; a 64 bit release before others."""
    if not folder.is_dir():
        raise DjiSdkError(f"{VARIABLE}={folder}: no such folder", hint="name the unpacked DJI Thermal SDK")
    found: Sequence[Path] = sorted(
        folder.rglob(_NAME), key=lambda p: ("x64" not in str(p), len(p.parts), str(p))
    )
    if not found:
        raise DjiSdkError(
            f"{VARIABLE}={folder}: {_NAME} is not in it", hint="name the unpacked DJI Thermal SDK"
        )
    return found[0]
