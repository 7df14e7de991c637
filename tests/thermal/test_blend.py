"""What happens within a tile: cuts, feathering, contrast, and tiles that do not show."""

import pickle
from dataclasses import dataclass, replace

import numpy as np
import pytest
from affine import Affine
from scipy.ndimage import gaussian_filter

from core.camera import Camera
from core.geo import LocalFrame, LonLat
from core.shot import CameraAttitude
from gis.grid import GeoGrid, Window
from gis.raster import Band
from thermal.blend import SEAM_STEP_K, seam_quantile_K
from thermal.drawing import MosaicJob, PlacedFrame, draw_tile, part_of, planned, touching
from thermal.ground import PlaneGround, RasterGround
from thermal.ortho import BlendParams, draw_frame
from thermal.pose import CameraPose, rotation_of
from thermal.tileground import tile_ground
from thermal.tiles import MapPlace

FRAME = LocalFrame(LonLat(127.11, 37.37))
CAMERA = Camera("test", 128, 96, 9.1, 60.0, k1=-0.05)
GRID = GeoGrid(FRAME.proj4, Affine(0.33, 0, -33.0, 0, -0.33, 33.0), (200, 200))
NOISE_K = 0.05


@dataclass(frozen=True)
class Held:
    """Temperatures at hand."""

    celsius: np.ndarray

    def __call__(self):
        return self.celsius


def seen(pose, scene, seed, noise_K=NOISE_K):
    """What a camera sees of flat ground, by rays through the middle of each pixel."""
    cols, rows = np.meshgrid(np.arange(128.0), np.arange(96.0))
    ray = pose.rays(np.stack([cols, rows], -1), CAMERA)
    at = pose.center_m[:2] + ray[..., :2] * (-pose.center_m[2] / ray[..., 2])[..., None]
    noise = np.random.default_rng(seed).normal(0, noise_K, cols.shape)
    return (scene(at[..., 0], at[..., 1]) + noise).astype(np.float32)


def flight(scene, offsets=(), ground=None, grid=GRID, moved_m=0.0, apart=1.0, **blend):
    """Twelve frames on a lattice; `offsets` K are added to frames in turn, `moved_m` shifts told places."""
    frames = []
    for k in range(12):
        center = np.array([(k % 4 - 1.5) * 11.0 * apart, (k // 4 - 1.0) * 9.0, 50.0])
        pose = CameraPose(center, rotation_of(CameraAttitude(37.0 * k, -88.0, 1.0)))
        celsius = seen(pose, scene, k) + np.float32(offsets[k % len(offsets)] if len(offsets) else 0.0)
        told = replace(pose, center_m=center + np.array([moved_m * (-1) ** k, 0, 0]))
        frames.append(PlacedFrame(told, Held(celsius)))
    job = MosaicJob(
        frames, CAMERA, ground or PlaneGround(0.0), MapPlace(grid, FRAME), BlendParams(**blend), NOISE_K
    )
    return planned(job)


def drawn(job, size=200):
    """The whole map (4, rows, columns) and its histogram of steps, in tiles of `size`."""
    out, seam = np.full((4, *job.place.grid.shape), np.nan, np.float32), 0
    for window in job.place.grid.windows(size):
        tile = draw_tile(job, window)
        if tile is not None:
            out[:, *window.slices] = tile.bands
            seam = seam + tile.seam
    return out, seam


def where():
    """East and north of the map's pixels."""
    return MapPlace(GRID, FRAME).east_north(Window(0, 0, *GRID.shape))


def waves(east, north):
    return 30.0 + 4.0 * np.sin(east / 1.7) * np.cos(north / 2.3)


def towers():
    """A surface model with roofs up to 12 m."""
    rng, heights = np.random.default_rng(5), np.zeros((160, 160))
    for _ in range(14):
        r, c = rng.integers(20, 130, 2)
        heights[r : r + 12, c : c + 9] = rng.uniform(3.0, 12.0)
    grid = GeoGrid(FRAME.proj4, Affine(0.5, 0, -40, 0, -0.5, 40), heights.shape)
    return RasterGround(Band(heights, grid), FRAME)


@pytest.mark.parametrize("ground", [PlaneGround(0.2, 0.01), towers()], ids=["plane", "towers"])
def test_a_pixel_is_the_same_in_every_tiling(ground):
    job = flight(waves, (0.0, 0.4, -0.3), ground, far_rounds=4, rounds=4)
    whole, steps = drawn(job, 200)
    for size in (128, 77):
        tiles, counts = drawn(job, size)
        assert np.array_equal(tiles, whole, equal_nan=True)
        assert np.array_equal(counts, steps)


def test_a_tile_needs_no_more_than_its_part_of_the_job_and_both_can_be_sent():
    wide = GeoGrid(FRAME.proj4, Affine(0.33, 0, -150.0, 0, -0.33, 33.0), (200, 1600))
    job = flight(waves, grid=wide, apart=4.0, far_rounds=1, rounds=2)
    window = Window(80, 240, 30, 30)
    small = pickle.loads(pickle.dumps(part_of(job, window)))  # noqa: S301  # our own bytes
    assert len(small.frames) == len(touching(job, window)) < len(job.frames)
    here, there = draw_tile(job, window), draw_tile(small, window)
    assert np.array_equal(here.bands, there.bands, equal_nan=True)
    assert draw_tile(job, Window(40, 1500, 30, 30)) is None


def test_an_unplanned_job_is_refused():
    with pytest.raises(ValueError, match="planned"):
        draw_tile(replace(flight(waves), plan=None), Window(0, 0, 10, 10))


def test_where_frames_agree_the_map_is_their_mean_and_quieter_than_one_frame():
    out, _ = drawn(flight(lambda e, n: 25.0 + 0.05 * e))
    error = out[0] - (25.0 + 0.05 * where()[0])
    several = out[1] >= 4
    assert several.sum() > 5000
    assert np.std(error[several]) < 0.6 * NOISE_K
    assert np.nanmedian(out[2][several]) < NOISE_K


def test_frames_that_differ_by_a_little_drift_leave_no_step_where_they_meet():
    offsets = np.random.default_rng(2).permutation(np.linspace(-0.5, 0.5, 12))
    job = flight(lambda e, _: np.full_like(e, 25.0), offsets)
    out, seam = drawn(job)
    assert 0.1 < seam_quantile_K(seam, 0.5) < 0.7  # told as it was before blending
    steps = np.abs(np.diff(out[0], axis=1))
    inner = (out[1][:, 1:] >= 3) & (out[1][:, :-1] >= 3)
    assert np.nanpercentile(steps[inner], 99) < 4 * NOISE_K


def edge_width(profile, low, high):
    """10 to 90 % rise of a rising profile, in pixels."""
    share = (profile - low) / (high - low)
    first = np.flatnonzero(share > 0.1)[0]
    at = [np.interp(q, share[first - 1 : first + 8], np.arange(9)) for q in (0.1, 0.9)]
    return at[1] - at[0]


def test_an_edge_stays_as_sharp_as_in_one_frame_though_poses_are_off():
    """Every other frame is told 0.4 m to the side; a wall between cool and hot ground."""

    def wall(east, north):
        return np.where(east > 0.4, 45.0, 25.0)

    job = flight(wall, moved_m=0.4)
    out, _ = drawn(job)
    tile = tile_ground(job.place, Window(0, 0, 200, 200), job.ground, 0.0)
    rows = range(70, 130)
    alone = [
        edge_width(line, 25.0, 45.0)
        for f in job.frames[4:8]
        for line in draw_frame(tile, f.load(), f.pose, CAMERA)[70:130, 85:115]
        if np.isfinite(line).all()
    ]
    mixed = [edge_width(out[0][r, 85:115], 25.0, 45.0) for r in rows]
    assert np.median(mixed) <= np.median(alone) * 1.05
    lines = slice(70, 130), slice(85, 115)
    all_of_them = [draw_frame(tile, f.load(), f.pose, CAMERA)[lines] for f in job.frames[4:8]]
    average = np.nanmean(all_of_them, axis=0)
    assert np.median([edge_width(line, 25.0, 45.0) for line in average]) > 1.3 * np.median(alone)


def test_what_moved_between_frames_shows_once_whole_or_not_at_all():
    """A hot car in one frame only: its pixels are hot or cool, never in between."""
    job = flight(lambda e, _: np.full_like(e, 25.0))
    car = job.frames[5].load().copy()
    car[40:52, 60:70] = 60.0
    frames = (*job.frames[:5], PlacedFrame(job.frames[5].pose, Held(car)), *job.frames[6:])
    out, _ = drawn(replace(job, frames=frames))
    warm = out[0][np.isfinite(out[0])]
    between = ((warm > 32.0) & (warm < 53.0)).sum()
    assert between < 60  # interpolation at the car's own border


def test_cuts_go_round_what_frames_disagree_on():
    """A band of ground that no two frames show alike: with costs, cuts keep off it."""

    def scene(east, north):
        return 25.0 + np.where(np.abs(north - 1.0) < 2.5, 6.0 * np.sin(east * 9.0), 0.0)

    quantiles = [
        seam_quantile_K(drawn(flight(scene, moved_m=0.5, step_K=step))[1], 0.9) for step in (0.3, 1e6)
    ]
    assert quantiles[0] < 0.5 * quantiles[1]


def test_a_blurred_frame_gives_way_to_sharp_ones():
    def scene(east, north):
        return 25.0 + 5.0 * np.sign(np.sin(east * 1.5) * np.sin(north * 1.5))

    def used(job):
        source = drawn(job)[0][3]
        return np.bincount(source[np.isfinite(source)].astype(int), minlength=13)[1:]

    job = flight(scene)
    before = used(job)
    k = int(np.argmax(before))
    frames = list(job.frames)
    frames[k] = PlacedFrame(frames[k].pose, Held(gaussian_filter(frames[k].load(), 3.0)))
    after = used(replace(job, frames=frames))
    plain = used(replace(job, frames=frames, blend=BlendParams(sharp_weight=0.0)))
    assert after[k] < 0.85 * before[k]
    assert after[k] < 0.85 * plain[k]


def test_one_frame_alone_is_drawn_as_it_is_with_the_noise_as_its_sigma():
    job = flight(waves)
    job = planned(replace(job, frames=job.frames[:1], plan=None))
    out, seam = drawn(job)
    tile = tile_ground(job.place, Window(0, 0, 200, 200), job.ground, 0.0)
    own = draw_frame(tile, job.frames[0].load(), job.frames[0].pose, CAMERA)
    assert np.array_equal(out[0], own, equal_nan=True)
    there = np.isfinite(own)
    assert set(np.unique(out[1][there])) == set(np.unique(out[3][there])) == {1.0}
    assert out[2][there] == pytest.approx(NOISE_K)
    assert seam.sum() == 0
    assert seam_quantile_K(seam) is None


def test_the_quantile_of_steps_is_that_of_the_steps_themselves():
    steps = np.random.default_rng(0).exponential(0.5, 4000)
    seam = np.bincount((steps / SEAM_STEP_K).astype(int), minlength=1001)
    assert seam_quantile_K(seam) == pytest.approx(np.quantile(steps, 0.95), abs=SEAM_STEP_K)


@pytest.mark.parametrize(
    "wrong", [{"kept": 0}, {"cell_px": 0}, {"step_K": 0.0}, {"rounds": -1}, {"nadir_share": -1.0}]
)
def test_settings_that_cannot_be_are_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        BlendParams(**wrong)
