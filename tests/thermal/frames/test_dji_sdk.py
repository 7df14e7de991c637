"""Cameras whose law is not public, through their maker's library: here a stand-in behind the same calls."""

import ctypes

import numpy as np
import pytest

from core.errors import BadFileError
from thermal.frame import Radiometry
from thermal.frames import djisdk, read_frame, read_info
from thermal.frames.djisdk import DjiSdk, DjiSdkError, find_library

SIZE = (8, 6)
HANDLE = 0x5EED
FLOATS = ctypes.POINTER(ctypes.c_float)


class Library:
    """The SDK's calls as C function pointers; counts what is open, refuses what the real one refuses."""

    def __init__(self, floats=5, refuse=None):
        self.stored = [5.0, 50.0, 0.95, 20.0, 25.0][:floats]
        self.open = 0
        self.refuse = refuse
        made = ctypes.CFUNCTYPE
        c_int, pointer = ctypes.c_int32, ctypes.c_void_p
        self.dirp_create_from_rjpeg = made(c_int, pointer, c_int, ctypes.POINTER(pointer))(self._create)
        self.dirp_destroy = made(c_int, pointer)(self._destroy)
        self.dirp_get_measurement_params = made(c_int, pointer, FLOATS)(self._get)
        self.dirp_set_measurement_params = made(c_int, pointer, FLOATS)(self._set)
        self.dirp_get_rjpeg_resolution = made(c_int, pointer, ctypes.POINTER(c_int))(self._size)
        self.dirp_measure_ex = made(c_int, pointer, FLOATS, c_int)(self._measure)

    def _create(self, data, size, handle):
        if self.refuse == "open" or ctypes.string_at(data, 2) != b"\xff\xd8":
            return -7
        handle[0] = HANDLE
        self.open += 1
        return 0

    def _destroy(self, _handle):
        self.open -= 1
        return 0

    def _get(self, handle, block):
        assert handle == HANDLE
        for k, value in enumerate(self.stored):
            block[k] = value
        return 0

    def _set(self, _handle, block):
        if block[0] > 25.0:
            return -2
        self.stored = [block[k] for k in range(len(self.stored))]
        return 0

    def _size(self, _handle, size):
        size[0], size[1] = SIZE
        return 0

    def _measure(self, _handle, pixels, nbytes):
        assert nbytes == SIZE[0] * SIZE[1] * 4
        for k in range(SIZE[0] * SIZE[1]):
            pixels[k] = k + self.stored[2]
        return 0


@pytest.fixture
def h20t(writer, tmp_path):
    path = tmp_path / "비행" / "DJI_0004_R.JPG"
    path.parent.mkdir()
    path.write_bytes(
        writer.dji_jpeg(writer.dji_words(np.full((512, 640), 20.0)), kind=b"dirp", model="ZH20T")
    )
    return path


def test_temperatures_and_parameters_are_the_librarys(h20t):
    library = Library()
    got = DjiSdk(library).measure(h20t, h20t.read_bytes(), Radiometry())
    assert got.celsius.shape == (6, 8)
    assert got.celsius[5, 7] == pytest.approx(47.95)
    assert got.parameters == Radiometry(0.95, 5.0, 0.5, 20.0, 25.0)
    assert library.open == 0


def test_an_older_release_without_air_temperature_is_not_read_past_its_end(h20t):
    sdk = DjiSdk(Library(floats=4))
    assert sdk.parameters(h20t, h20t.read_bytes()) == Radiometry(0.95, 5.0, 0.5, 20.0, None)


def test_the_users_parameters_are_given_in_the_librarys_units(h20t):
    library = Library()
    got = DjiSdk(library).measure(h20t, h20t.read_bytes(), Radiometry(emissivity=0.9, humidity=0.8))
    assert library.stored == pytest.approx([5.0, 80.0, 0.9, 20.0, 25.0])
    assert got.celsius[0, 0] == pytest.approx(0.9)


@pytest.mark.parametrize(("refuse", "wanted"), [("open", Radiometry()), (None, Radiometry(distance_m=60.0))])
def test_a_refusal_names_the_file_and_leaves_nothing_open(h20t, refuse, wanted):
    library = Library(refuse=refuse)
    with pytest.raises(BadFileError, match="DJI_0004_R"):
        DjiSdk(library).measure(h20t, h20t.read_bytes(), wanted)
    assert library.open == 0


def test_without_the_library_the_way_out_is_named(h20t, monkeypatch):
    monkeypatch.delenv(djisdk.VARIABLE, raising=False)
    with pytest.raises(BadFileError, match=djisdk.VARIABLE):
        read_info(h20t)


def test_a_named_folder_without_the_library_is_told(h20t, tmp_path, monkeypatch):
    monkeypatch.setenv(djisdk.VARIABLE, str(tmp_path))
    with pytest.raises(DjiSdkError, match="libdirp"):
        read_frame(h20t)


def test_a_64_bit_release_is_taken_before_others(tmp_path):
    name = djisdk._NAME
    for folder in ("tsdk-core/lib/linux/release_x86", "tsdk-core/lib/linux/release_x64"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / name).write_bytes(b"")
    assert find_library(tmp_path).parent.name == "release_x64"


def test_a_file_that_is_no_library_is_told(tmp_path):
    (tmp_path / djisdk._NAME).write_bytes(b"nothing")
    with pytest.raises(DjiSdkError, match="cannot be loaded"):
        djisdk.load_sdk(tmp_path)
