"""`skyshade thermal info` and `convert` as a user calls them."""

import json
import struct
import sys

import numpy as np
import pytest

from skyshade.cli.main import run
from thermal.tiffwrite import TiffTags, encode_tiff

PLACE = TiffTags(
    main={0x10F: "DJI", 0x110: "M3T"},
    gps={1: "N", 2: (37.0, 22.0, 12.0), 3: "E", 4: (127.0, 6.0, 36.0)},
    xmp='<r drone-dji:RelativeAltitude="60.5"/>',
)


@pytest.fixture
def frames(tmp_path):
    folder = tmp_path / "비행 1"
    folder.mkdir()
    celsius = np.linspace(10, 40, 640 * 512, dtype=np.float32).reshape(512, 640)
    (folder / "a.tif").write_bytes(encode_tiff(celsius, PLACE))
    return folder


def _call(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        run(["thermal", *map(str, arguments)])
    out, err = capsys.readouterr()
    return end.value.code, out, err


def test_info_prints_one_json_object_with_the_agreed_keys(frames, capsys):
    status, out, _ = _call(capsys, "info", frames, "--scale", "celsius", "--json")
    row = json.loads(out)["files"][0]
    assert status == 0
    assert row["reader"] == "tiff"
    assert row["camera"] == "DJI Mavic 3T"
    assert row["shape"] == [512, 640]
    assert row["lonlat"] == pytest.approx([127.11, 37.37])
    assert (row["altitude_m"], row["altitude_datum"]) == (60.5, "home")
    assert (row["min_C"], row["max_C"]) == (10.0, 40.0)


def test_one_bad_file_is_named_and_does_not_stop_the_others(frames, capsys):
    bad = frames / "bad.jpg"
    bad.write_bytes(b"")
    status, out, err = _call(capsys, "info", bad, frames / "a.tif", "--scale", "celsius", "--json")
    result = json.loads(out)
    assert status == 1
    assert len(result["files"]) == 1
    assert result["failed"][0]["path"] == str(bad)
    assert "bad.jpg: is empty" in err


def test_a_tiff_without_a_scale_is_asked_about(frames, capsys):
    status, _, err = _call(capsys, "info", frames / "a.tif")
    assert status == 1
    assert "--scale" in err


def test_convert_writes_celsius_and_says_where(frames, tmp_path, capsys):
    out_folder = tmp_path / "섭씨"
    status, out, _ = _call(capsys, "convert", frames, "-o", out_folder, "--scale", "celsius", "--json")
    result = json.loads(out)
    assert status == 0
    assert result["files"][0]["path"] == str(out_folder / "a.tif")
    assert result["failed"] == []
    status, out, _ = _call(capsys, "info", out_folder, "--json")  # our own needs no --scale
    assert json.loads(out)["files"][0]["altitude_m"] == 60.5


def test_a_folder_without_frames_is_a_failure(tmp_path, capsys):
    status, _, err = _call(capsys, "info", tmp_path)
    assert status == 1
    assert "holds no thermal frames" in err


@pytest.mark.parametrize(
    "wrong", [["--emissivity", "1.2"], ["--humidity", "55"], ["--scale", "fahrenheit"], []]
)
def test_wrong_usage_ends_with_two(wrong, capsys, frames):
    arguments = ["info", frames, *wrong] if wrong else ["info"]
    assert _call(capsys, *arguments)[0] == 2


def test_help_needs_no_heavy_library(capsys):
    status, out, _ = _call(capsys, "--help")
    assert status == 0
    assert "info" in out
    assert "convert" in out


def test_a_header_that_claims_a_huge_image_is_refused_at_once(tmp_path, capsys):
    data = bytearray(encode_tiff(np.zeros((4, 4), np.float32), PLACE))
    at = data.index(struct.pack("<HHL", 256, 4, 1)) + 8
    data[at : at + 4] = struct.pack("<L", 2**31 - 1)
    (tmp_path / "huge.tif").write_bytes(bytes(data))
    status, _, err = _call(capsys, "info", tmp_path / "huge.tif", "--scale", "celsius")
    assert status == 1
    assert "huge.tif" in err
    assert sys.getsizeof(err) < 2000
