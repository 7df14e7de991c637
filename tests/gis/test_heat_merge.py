import json

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject

from core.errors import BadFileError
from gis.heatmaps.hours import HoursError
from gis.heatmaps.merge import MergeError, MergeParams, Normalise, merge_maps
from gis.heatmaps.offsets import PairGap, solve_offsets
from skyshade.cli.heat import command

LEFT, TOP = 209_800.0, 530_400.0
NOON = "2026-08-08T03:00:00Z"


def truth(rows, cols, row0=0, col0=0):
    down, right = np.mgrid[row0 : row0 + rows, col0 : col0 + cols]
    return (35 + 4 * np.sin(down / 9.0) + 3 * np.cos(right / 7.0)).astype(np.float32)


def write(
    path, celsius, *, row0=0, col0=0, time=NOON, absolute=False, sigma=0.3, crs="EPSG:5186", frame=None
):
    bands = [celsius, np.full_like(celsius, 4.0), np.full_like(celsius, sigma)]
    bands.append(np.full_like(celsius, 7.0) if frame is None else frame)
    grid = from_origin(LEFT + col0, TOP - row0, 1.0, 1.0)
    profile = {"driver": "GTiff", "height": celsius.shape[0], "width": celsius.shape[1], "count": 4}
    with rasterio.open(path, "w", dtype="float32", nodata=np.nan, crs=crs, transform=grid, **profile) as out:
        out.write(np.stack(bands))
        for k, name in enumerate(("temperature", "count", "sigma", "source frame"), 1):
            out.set_band_description(k, name)
        tags = {"LEVEL_IS_ABSOLUTE": "yes" if absolute else "no", "GROUND": "plane"}
        if time:
            tags |= {"TIME_START": time, "TIME_END": time}
        out.update_tags(**tags)
    return path


def three(folder, offsets=(0.0, 1.5, -2.0), **more):
    """Three maps of one scene in a row, each a third over the next, off by `offsets`."""
    return [
        write(folder / f"{k} 비행.tif", truth(90, 80, 0, 50 * k) + np.float32(o), col0=50 * k, **more)
        for k, o in enumerate(offsets)
    ]


def test_three_flights_become_the_one_scene_they_show(tmp_path):
    made = merge_maps(three(tmp_path), tmp_path / "합친 지도.tif")
    with rasterio.open(made.path) as source:
        bands, names = source.read(), source.descriptions
    off = bands[0] - truth(90, 180)
    assert np.abs(off - off.mean()).max() < 0.01
    assert np.diff(made.offsets_K) == pytest.approx([1.5, -3.5], abs=0.01)
    assert sum(made.offsets_K) == pytest.approx(0.0, abs=1e-6)
    assert names == ("temperature", "count", "sigma", "source frame", "source map")
    assert bands[1, 40, 10] == 4
    assert bands[1, 40, 60] == 8  # both flights' frames
    assert (bands[4, 40, 5], bands[4, 40, 175]) == (1, 3)
    assert made.rms_before_K == pytest.approx(np.sqrt((1.5**2 + 3.5**2) / 2), abs=0.01)
    assert made.rms_after_K < 0.01


def test_a_map_with_ground_references_keeps_its_level(tmp_path):
    paths = three(tmp_path)
    write(paths[1], truth(90, 80, 0, 50), col0=50, absolute=True)
    made = merge_maps(paths, tmp_path / "m.tif")
    with rasterio.open(made.path) as source:
        assert np.abs(source.read(1) - truth(90, 180)).max() < 0.02
        assert source.tags()["LEVEL_IS_ABSOLUTE"] == "yes"
        assert source.tags()["GROUND"] == "plane"
    assert made.absolute
    assert made.offsets_K[1] == pytest.approx(0.0, abs=0.01)


def test_maps_of_different_hours_wait_for_a_word(tmp_path):
    paths = three(tmp_path)
    write(paths[2], truth(90, 80, 0, 100) + 5, col0=100, time="2026-08-08T07:30:00Z")
    with pytest.raises(HoursError, match=r"4\.5 hours apart; choose --normalise"):
        merge_maps(paths, tmp_path / "m.tif")
    assert not (tmp_path / "m.tif").exists()
    kept = merge_maps(paths, tmp_path / "none.tif", MergeParams(Normalise.NONE))
    assert kept.offsets_K == (0.0, 0.0, 0.0)
    params = MergeParams(Normalise.REFERENCE, reference=paths[2])
    brought = merge_maps(paths, tmp_path / "ref.tif", params)
    assert brought.offsets_K == pytest.approx([-5.0, -3.5, 0.0], abs=0.02)
    assert "4.5 hours apart" in brought.notes[0]
    with rasterio.open(brought.path) as source:
        assert source.tags()["TIME_START"] == NOON
        assert source.tags()["TIME_END"] == "2026-08-08T07:30:00Z"


def test_a_map_that_does_not_say_its_hour_is_not_taken_for_the_same(tmp_path):
    paths = three(tmp_path, time=None)
    with pytest.raises(HoursError, match="does not say when it was flown"):
        merge_maps(paths, tmp_path / "m.tif")


def test_grids_and_coordinate_systems_are_brought_together(tmp_path):
    one = write(tmp_path / "a.tif", truth(90, 120))
    other = write(tmp_path / "b.tif", truth(90, 120, 0, 60) + 2, col0=60)
    utm, degrees = tmp_path / "utm.tif", "EPSG:32652"
    with rasterio.open(other) as source:
        transform, width, height = rasterio.warp.calculate_default_transform(
            source.crs, degrees, source.width, source.height, *source.bounds, resolution=0.8
        )
        profile = source.profile | {"crs": degrees, "transform": transform, "width": width, "height": height}
        with rasterio.open(utm, "w", **profile) as out:
            for band in range(1, 5):
                reproject(
                    rasterio.band(source, band), rasterio.band(out, band), resampling=Resampling.cubic,
                    init_dest_nodata=True,
                )  # fmt: skip
                out.set_band_description(band, source.descriptions[band - 1])
            out.update_tags(**source.tags())
    made = merge_maps([one, utm], tmp_path / "m.tif", MergeParams(gsd_m=1.0))
    assert made.offsets_K[1] - made.offsets_K[0] == pytest.approx(2.0, abs=0.02)
    with rasterio.open(made.path) as source:
        assert source.crs.to_epsg() == 5186
        window = source.window(LEFT, TOP - 80, LEFT + 175, TOP - 10)
        off = source.read(1, window=window) - truth(70, 175, 10, 0)
    assert np.nanstd(off) < 0.1
    assert np.isfinite(off).mean() > 0.98


@pytest.mark.parametrize(
    ("build", "problem"),
    [
        (lambda f: [three(f)[0]], "1 map given"),
        (lambda f: [three(f)[0]] * 2, "given twice"),
        (lambda f: [three(f)[0], write(f / "far.tif", truth(50, 50), col0=9000)], "shares no ground"),
    ],
)
def test_maps_that_cannot_become_one_are_refused(tmp_path, build, problem):
    with pytest.raises(MergeError, match=problem):
        merge_maps(build(tmp_path), tmp_path / "m.tif")
    assert not (tmp_path / "m.tif").exists()


def test_a_reference_that_is_none_of_the_maps_is_refused(tmp_path):
    params = MergeParams(Normalise.REFERENCE, reference=tmp_path / "other.tif")
    with pytest.raises(MergeError, match="is no reference among the maps"):
        merge_maps(three(tmp_path), tmp_path / "m.tif", params)


def test_kelvin_is_refused(tmp_path):
    paths = [*three(tmp_path)[:1], write(tmp_path / "k.tif", truth(90, 80) + 273, col0=20)]
    with pytest.raises(BadFileError, match="must be in Celsius"):
        merge_maps(paths, tmp_path / "m.tif")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-20, 20, allow_subnormal=False), min_size=2, max_size=6), st.integers(0, 5))
def test_offsets_of_any_maps_are_found_from_a_chain_and_one_wrong_pair_does_not_bend_them(offsets, anchor):
    n = len(offsets)
    true = np.array(offsets)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    gaps = [PairGap(i, j, float(true[j] - true[i]), 0.3, 500) for i, j in pairs]
    absolute = [k == anchor % n for k in range(n)]
    found = solve_offsets(gaps, absolute)
    assert found.offsets_K == pytest.approx(true - true[anchor % n], abs=0.05)
    assert found.rms_after_K < 0.05


def test_one_overlap_with_a_moved_lorry_park_does_not_bend_the_others():
    gaps = [PairGap(i, j, 0.0, 0.3, 500) for i in range(5) for j in range(i + 1, 5)]
    gaps[0] = PairGap(0, 1, 8.0, 0.3, 500)
    assert np.abs(solve_offsets(gaps, [False] * 5).offsets_K).max() < 0.05


def test_the_command_tells_offsets_and_writes_what_lies_beside(tmp_path):
    paths, out = three(tmp_path), tmp_path / "m.tif"
    done = CliRunner().invoke(command, ["merge", *map(str, paths), "-o", str(out), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert len(told["offsets_K"]) == 3
    assert told["overlap_rms_K"] < 0.01
    assert out.with_suffix(".stac.json").is_file()
    assert out.with_suffix(".qml").is_file()
