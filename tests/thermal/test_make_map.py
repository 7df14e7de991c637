import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from pyproj import Transformer

from core.errors import BadFileError
from core.geo import LocalFrame, LonLat
from core.shot import CameraAttitude
from gis.raster import read_band, read_tags
from thermal.frame import Frame
from thermal.mapmaker import MapParams, NothingToMapError, make_map


@pytest.fixture(scope="module")
def flight(made):
    roofs = ((12.0, 10.0, 4.0, 6.0, 55.0),)
    noise = made.Noise(jump_K=4.0)
    return made.fly(
        made.Scene(ground_m=-8.0, roofs=roofs), height=52.0, noise=noise, folder="비행 기록/열화상 1"
    )


@pytest.fixture(scope="module")
def references(flight, made, tmp_path_factory):
    """Two patches whose temperature the scene knows."""
    path = tmp_path_factory.mktemp("기준점") / "기준 온도.csv"
    local = LocalFrame(made.HOME)
    lines = ["name,lon,lat,radius_m,temperature_C"]
    ring = np.linspace(-1.5, 1.5, 31)
    east, north = np.meshgrid(ring, ring)
    disc = np.hypot(east, north) <= 1.5
    for name, e, n in (("물", 3.0, 20.0), ("길", 25.0, 15.0)):
        at = local.place(e, n)
        celsius = float(np.mean(flight.scene.ground_celsius(e + east[disc], n + north[disc])))
        lines.append(f"{name},{at.lon:.8f},{at.lat:.8f},1.5,{celsius:.3f}")
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    return path


@pytest.fixture(scope="module")
def drawn(flight, references, tmp_path_factory):
    out = tmp_path_factory.mktemp("maps") / "열 지도" / "성남 탄천.tif"
    return make_map(flight.paths, out, MapParams(references=references), read=flight.read)


def errors(path, flight, made):
    """Map less truth (rows, columns) on ground that every frame's plane shows truly, NaN elsewhere."""
    band = read_band(path)
    rows, cols = np.indices(band.values.shape)
    xy = band.grid.xy(rows, cols)
    change = Transformer.from_crs(band.grid.crs, LocalFrame(made.HOME).proj4, always_xy=True)
    east, north = change.transform(xy[..., 0], xy[..., 1])
    count = read_band(path, 2).values
    out = np.where(count >= 4, band.values - flight.scene.ground_celsius(east, north), np.nan)
    for e, n, half, _, _ in flight.scene.roofs:
        out[(np.abs(east - e) < half + 2) & (np.abs(north - n) < half + 2)] = np.nan
    return out


def test_the_map_shows_the_scenes_temperatures(drawn, flight, made):
    gap = errors(drawn.path, flight, made)
    assert np.isfinite(gap).sum() > 5000
    assert np.sqrt(np.nanmean(gap**2)) < 1.0
    assert abs(np.nanmean(gap)) < 0.4


def test_the_map_lies_where_the_scene_lies(drawn, flight, made):
    """Half a metre to any side fits the scene worse."""
    here = np.sqrt(np.nanmean(errors(drawn.path, flight, made) ** 2))
    for east, north in ((0.6, 0), (-0.6, 0), (0, 0.6), (0, -0.6)):
        moved = LocalFrame(made.HOME).place(east, north)
        shifted = type("M", (), {"HOME": moved})
        assert np.sqrt(np.nanmean(errors(drawn.path, flight, shifted) ** 2)) > here


def test_the_result_says_what_was_measured(drawn):
    assert drawn.frames_used == 32
    assert drawn.frames_rejected == ()
    assert drawn.reprojection_rmse_px < 1.0
    assert drawn.drift_rms_after_K < 0.3 < drawn.drift_rms_before_K
    assert drawn.seam_p95_K < 2.0
    assert drawn.absolute
    assert drawn.level == "2 ground references"


def test_the_file_is_a_cloud_optimised_geotiff_in_the_agreed_form(drawn):
    with rasterio.open(drawn.path) as map_:
        assert map_.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert map_.profile["compress"] == "zstd"
        assert map_.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "3"
        assert map_.block_shapes[0] == (512, 512)
        assert map_.dtypes == ("float32",) * 4
        assert np.isnan(map_.nodata)
        assert map_.descriptions == ("temperature", "count", "sigma", "source frame")
        assert map_.crs.to_epsg() == 5186
        assert (map_.width, map_.height) == drawn.size
        temperature, count, sigma, source = map_.read()
    seen = np.isfinite(temperature)
    assert (np.isfinite(count) == seen).all()
    assert (sigma[seen] > 0).all()
    assert set(np.unique(source[seen])) <= set(range(1, 33))


def test_tags_item_style_and_report_lie_beside_the_map(drawn):
    tags = read_tags(drawn.path)
    assert tags["TIME_START"] == "2023-11-14T22:13:20Z"
    assert tags["LEVEL_IS_ABSOLUTE"] == "yes"
    item = json.loads(drawn.path.with_suffix(".stac.json").read_text("utf-8"))
    assert item["properties"]["proj:epsg"] == 5186
    west, south, east, north = item["bbox"]
    assert west < 127.11 < east
    assert south < 37.37 < north
    assert "colorrampshader" in drawn.path.with_suffix(".qml").read_text("utf-8")
    page = drawn.report.read_text("utf-8")
    assert "<svg" in page
    assert "http" not in page
    report = json.loads(drawn.report.with_suffix(".json").read_text("utf-8"))
    assert [r["name"] for r in report["references"]] == ["물", "길"]
    assert len(report["frames"]) == 32


def test_nothing_else_is_left_in_the_folder(drawn):
    names = sorted(p.name for p in drawn.path.parent.iterdir())
    assert [n.removeprefix("성남 탄천") for n in names] == [
        ".classes.qml", ".qml", ".quality.html", ".quality.json", ".stac.json", ".tif", ".tiles.gz",
    ]  # fmt: skip


def with_pose(frame, **change):
    return replace(frame, info=replace(frame.info, pose=replace(frame.info.pose, **change)))


def test_blunders_are_left_out_and_named_with_the_reason(flight, made, tmp_path):
    frames = dict(flight.frames)
    names = flight.paths
    local = LocalFrame(made.HOME)

    def reading(path):
        if path == names[3]:
            raise BadFileError(path, "is cut off")
        return frames[path]

    frames[names[5]] = with_pose(frames[names[5]], attitude=CameraAttitude(0.0, -45.0, 0.0))
    frames[names[0]] = with_pose(frames[names[0]], altitude_home_m=12.0)
    frames[names[9]] = with_pose(frames[names[9]], lonlat=local.place(3000.0, 0.0))
    frames[names[14]] = with_pose(frames[names[14]], lonlat=local.place(0.0, 28.0))
    blur = np.apply_along_axis(
        lambda r: np.convolve(r, np.ones(21) / 21, "same"), 1, frames[names[20]].celsius
    )
    frames[names[20]] = Frame(frames[names[20]].info, blur.astype(np.float32))
    frames[names[25]] = with_pose(frames[names[25]], attitude=None)
    result = make_map(names, tmp_path / "map.tif", read=reading)
    reasons = {r.path: r.reason for r in result.frames_rejected}
    assert set(reasons) == {names[k] for k in (0, 3, 5, 9, 14, 20, 25)}
    for k, word in (
        (0, "taking off"), (3, "cut off"), (5, "oblique"), (9, "overlaps no frame"), (14, "matches none"),
        (20, "blurred"), (25, "which way"),
    ):  # fmt: skip
        assert word in reasons[names[k]]
    assert result.frames_used == 25


def test_without_references_the_map_claims_no_absolute_level(flight, tmp_path):
    result = make_map(flight.paths[:6], tmp_path / "map.tif", MapParams(gsd_m=0.5), read=flight.read)
    assert not result.absolute
    assert read_tags(result.path)["LEVEL_IS_ABSOLUTE"] == "no"
    assert result.gsd_m == pytest.approx(0.5)


def test_frames_without_texture_are_placed_by_their_tags_and_said_so(made, tmp_path):
    flight = made.fly(made.Scene(contrast_K=0.0), lines=2, per_line=4)
    result = make_map(flight.paths, tmp_path / "map.tif", read=flight.read)
    assert result.frames_used == 8
    assert result.reprojection_rmse_px is None
    assert sum("placed by its tags alone" in n for n in result.notes) == 8


def test_an_absolute_altitude_that_is_100_m_wrong_does_not_move_the_map(flight, tmp_path):
    some = flight.paths[:6]
    wrong = {p: with_pose(flight.frames[p], altitude_geoid_m=-60.0) for p in some}
    told = make_map(some, tmp_path / "wrong.tif", read=wrong.__getitem__)
    true = make_map(some, tmp_path / "true.tif", read=flight.read)
    assert read_band(told.path).grid == read_band(true.path).grid
    assert np.array_equal(read_band(told.path).values, read_band(true.path).values, equal_nan=True)


def test_a_folder_without_frames_is_named(tmp_path):
    folder = tmp_path / "빈 폴더"
    folder.mkdir()
    with pytest.raises(BadFileError, match=r"빈 폴더.*no thermal frames"):
        make_map(folder, tmp_path / "map.tif")


def test_when_no_frame_can_be_used_the_first_reason_is_told(flight, tmp_path):
    def broken(path):
        raise BadFileError(path, "is cut off")

    with pytest.raises(NothingToMapError, match=r"frame_0000\.jpg: cannot be read: is cut off"):
        make_map(flight.paths[:2], tmp_path / "map.tif", read=broken)
    assert not (tmp_path / "map.tif").exists()


def test_a_place_outside_korea_gets_its_utm_zone(made, tmp_path):
    flight = made.fly(made.Scene(), lines=1, per_line=3)
    paris = LocalFrame(LonLat(2.35, 48.85))
    moved = {
        p: with_pose(f, lonlat=paris.place(0.0, 15.0 * k)) for k, (p, f) in enumerate(flight.frames.items())
    }
    assert make_map(flight.paths, tmp_path / "map.tif", read=moved.__getitem__).crs == "EPSG:32631"


def test_frames_without_tags_are_mapped_by_a_table_of_poses(flight, made, tmp_path):
    """Names, places, heights over home and gimbal angles in a file; nothing in the frames."""
    rows = ["name,lon,lat,alt_home_m,gimbal_yaw_deg,gimbal_pitch_deg,gimbal_roll_deg"]
    for path in flight.paths[:12]:
        pose = flight.read(path).info.pose
        look = pose.attitude
        rows.append(
            f"{path.stem}.png,{pose.lonlat.lon:.8f},{pose.lonlat.lat:.8f},{pose.altitude_home_m:.3f},"
            f"{look.yaw_deg:.4f},{look.pitch_deg:.4f},{look.roll_deg:.4f}"
        )
    table = tmp_path / "자세.csv"
    table.write_text("\n".join(rows), encoding="utf-8-sig")

    def bare(path):
        frame = flight.read(path)
        return replace(frame, info=replace(frame.info, pose=None))

    params = MapParams(poses=table)
    result = make_map(flight.paths[:14], tmp_path / "map.tif", params, read=bare)
    assert result.frames_used == 12
    assert [r.reason for r in result.frames_rejected] == ["not in 자세.csv"] * 2
    assert any("12 poses matched by name" in note for note in result.notes)
    gap = errors(result.path, flight, made)
    assert np.nanstd(gap) < 1.0


def test_a_map_over_land_cover_is_the_map_with_each_pixels_emissivity(flight, tmp_path):
    """Everywhere 0.85 instead of the frames' own: the whole map warms as the law says."""
    from rasterio.transform import from_origin

    from thermal.emissivity import with_emissivity

    plain = make_map(flight.paths[:8], tmp_path / "a.tif", read=_stated(flight))
    grid = read_band(plain.path).grid
    left, _, _, top = grid.bounds
    cover = tmp_path / "방사율.tif"
    place = {"crs": grid.crs, "transform": from_origin(left - 50, top + 50, 100.0, 100.0)}
    with rasterio.open(
        cover, "w", driver="GTiff", height=5, width=5, count=1, dtype="float32", **place
    ) as file:
        file.write(np.full((5, 5), 0.85, np.float32), 1)
    turned = make_map(flight.paths[:8], tmp_path / "b.tif", MapParams(cover=cover), read=_stated(flight))
    before, after = (read_band(r.path).values for r in (plain, turned))
    truth = with_emissivity(before.astype(np.float32), was=0.95, now=0.85, reflected_C=-20.0)
    assert np.nanmax(np.abs(after - truth)) < 0.02
    assert np.nanmean(after - before) > 2.0


def _stated(flight):
    """Frames that say the emissivity and the sky they were read with."""

    def read(path):
        frame = flight.read(path)
        radiometry = replace(frame.info.radiometry, emissivity=0.95, reflected_C=-20.0)
        return replace(frame, info=replace(frame.info, radiometry=radiometry))

    return read
