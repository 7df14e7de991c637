"""Whatever happens to a file's bytes, reading it gives a frame or a clear error, and quickly."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import BadFileError
from thermal.exif import Value
from thermal.frame import Frame
from thermal.frames import ReadOptions, TiffScale, read_frame
from thermal.tiffwrite import TiffTags, encode_tiff

SCENE = np.linspace(-15.0, 75.0, 48).reshape(6, 8)
GPS: dict[int, Value] = {1: "N", 2: (37.0, 22.0, 1.5), 3: "E", 4: (127.0, 6.0, 2.5)}
QUICK = settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def samples(writer):
    raw = np.round(writer.flir_raw(SCENE)).astype(np.uint16)
    exif, xmp = writer.place_exif(), writer.drone_xmp(GimbalYawDegree="10", GimbalPitchDegree="-90")
    dji = writer.dji_jpeg(writer.dji_words(SCENE), exif=exif, xmp=xmp)
    return {
        "flir.jpg": writer.flir_jpeg(raw, exif=exif, xmp=xmp),
        "flir png.jpg": writer.flir_jpeg(raw, png=True),
        "bare.fff": writer.fff(raw),
        "dji.jpg": dji,
        "plain.tif": encode_tiff(SCENE.astype(np.float32), TiffTags(gps=GPS, xmp="<x/>")),
    }


def _read(folder, name, data):
    path = folder / name
    path.write_bytes(data)
    try:
        found = read_frame(path, options=ReadOptions(scale=TiffScale.CELSIUS))
    except BadFileError as error:
        found = error
    assert isinstance(found, Frame) or name in str(found)


NAMES = st.sampled_from(["flir.jpg", "flir png.jpg", "bare.fff", "dji.jpg", "plain.tif"])


@QUICK
@given(name=NAMES, part=st.floats(0, 1))
def test_a_cut_file_gives_a_frame_or_a_clear_error(tmp_path, samples, name, part):
    data = samples[name]
    _read(tmp_path, name, data[: int(part * len(data))])


@QUICK
@given(
    name=NAMES,
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), min_size=1, max_size=6),
)
def test_flipped_bits_give_a_frame_or_a_clear_error(tmp_path, samples, name, flips):
    data = bytearray(samples[name])
    for where, bit in flips:
        data[int(where * len(data))] ^= 1 << bit
    _read(tmp_path, name, bytes(data))


@QUICK
@given(
    name=NAMES,
    where=st.floats(0, 1, exclude_max=True),
    word=st.sampled_from(
        [b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x7f\xc0\x00\x00", b"\xff\xff\xff\x7f"]
    ),
)
def test_extreme_words_give_a_frame_or_a_clear_error(tmp_path, samples, name, where, word):
    data = bytearray(samples[name])
    at = int(where * len(data))
    data[at : at + 4] = word
    _read(tmp_path, name, bytes(data))


@QUICK
@given(st.binary(max_size=400), st.sampled_from([b"\xff\xd8", b"FFF\x00", b"II*\x00", b"MM\x00+", b""]))
def test_noise_behind_a_known_start_gives_a_clear_error(tmp_path, noise, start):
    _read(tmp_path, "noise.jpg", start + noise)
