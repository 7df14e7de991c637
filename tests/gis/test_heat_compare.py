import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter
from shapely.geometry import box

from gis.heatmaps.areas import CompareError
from gis.heatmaps.compare import CompareParams, compare_maps, facts
from gis.heatmaps.decay import fading
from gis.heatmaps.difference import difference
from gis.heatmaps.hours import HoursError, of_the_day_apart_s
from gis.heatmaps.page import as_html, headline
from gis.heatmaps.variogram import AreaValues, area_values, fitted, shells
from skyshade.cli.heat import command

LEFT, TOP = 209_800.0, 530_400.0


def field(seed, size=120, alike=2.0):
    made = gaussian_filter(np.random.default_rng(seed).normal(size=(size, size)), alike, mode="wrap")
    return made / made.std()


def write(path, celsius, time="2026-08-08T03:00:00Z", crs="EPSG:5186", left=LEFT):
    profile = {"driver": "GTiff", "height": celsius.shape[0], "width": celsius.shape[1], "count": 1}
    with rasterio.open(
        path, "w", dtype="float32", nodata=np.nan, crs=crs, transform=from_origin(left, TOP, 1, 1), **profile
    ) as out:
        out.write(celsius.astype(np.float32), 1)
        if time:
            out.update_tags(TIME_START=time, TIME_END=time)
    return path


def areas(folder, treated=(10, 10, 50, 50), control=(70, 10, 110, 90)):
    paths = []
    for name, (x0, y0, x1, y1) in (("살수", treated), ("대조", control)):
        shape = box(LEFT + x0, TOP - y1, LEFT + x1, TOP - y0)
        path = folder / f"{name}.geojson"
        gpd.GeoDataFrame(geometry=[shape], crs="EPSG:5186").to_crs("EPSG:4326").to_file(path)
        paths.append(path)
    return paths


def flights(folder, effects=(-3.0,), hours=(0.4,), shift=1.7):
    """A map before and some after: the treated square changed by `effects`, everything by `shift`."""
    before = 40 + 5 * field(1, alike=6.0)
    paths = [write(folder / "전.tif", before)]
    for k, (effect, hour) in enumerate(zip(effects, hours, strict=True)):
        after = before + shift + 0.4 * field(10 + k)
        after[10:50, 10:50] += effect
        minutes = round(60 * hour)
        time = f"2026-08-08T{3 + minutes // 60:02d}:{minutes % 60:02d}:00Z"
        paths.append(write(folder / f"후{k}.tif", after, time=time))
    return paths


def test_the_effect_is_found_whatever_the_whole_map_shifted_by(tmp_path):
    for shift in (0.0, -6.0):
        before, after = flights(tmp_path, shift=shift)
        found = compare_maps(before, [after], *areas(tmp_path))
        (effect,) = found.effects
        low, high = effect.ci95_K
        assert low < -3.0 < high
        assert high - low < 1.0
        assert effect.control_K == pytest.approx(shift, abs=0.3)
        assert found.cells == pytest.approx((1600, 3200), abs=200)


def test_no_effect_is_said_to_be_none(tmp_path):
    before, after = flights(tmp_path, effects=(0.0,))
    found = compare_maps(before, [after], *areas(tmp_path))
    assert found.effects[0].ci95_K[0] < 0 < found.effects[0].ci95_K[1]
    assert headline(found).startswith("No effect can be told from chance")


def test_an_effect_that_halves_in_an_hour_is_seen_to(tmp_path):
    hours = (0.2, 0.5, 0.8, 0.95)
    effects = [-4.0 * 0.5 ** (h / 0.5) for h in hours]
    before, *after = flights(tmp_path, effects, hours)
    decay = compare_maps(before, after, *areas(tmp_path)).decay
    assert decay.half_life_h == pytest.approx(0.5, abs=0.15)
    assert decay.ci95_h[0] < 0.5 < (decay.ci95_h[1] or np.inf)


def test_an_effect_that_stays_has_no_half_life():
    hours, effects = np.array([0.0, 1.0, 2.0]), np.array([-3.0, -3.0, -3.0])
    draws = effects + np.random.default_rng(1).normal(0, 0.1, (500, 3))
    decay = fading(hours, effects, np.full(3, 0.1), draws)
    assert decay.half_life_h is None
    assert decay.ci95_h[1] is None


def test_areas_that_touch_are_refused(tmp_path):
    before, after = flights(tmp_path)
    touching = areas(tmp_path, control=(50, 10, 90, 50))
    with pytest.raises(CompareError, match="touches the treated area"):
        compare_maps(before, [after], *touching)
    apart = areas(tmp_path, control=(55, 10, 90, 50))
    with pytest.raises(CompareError, match="within 10 m of it"):
        compare_maps(before, [after], *apart, CompareParams(gap_m=10.0))


def test_a_map_that_does_not_show_an_area_is_refused(tmp_path):
    before, after = flights(tmp_path)
    far = write(tmp_path / "먼 곳.tif", np.full((50, 50), 30.0), left=LEFT + 9000)
    with pytest.raises(CompareError, match=r"먼 곳\.tif shows nothing of this area"):
        compare_maps(before, [after, far], *areas(tmp_path))


def test_an_area_that_is_hardly_seen_is_refused(tmp_path):
    before, after = flights(tmp_path)
    with pytest.raises(Exception, match="of its cells of 1 m are seen both times"):
        compare_maps(before, [after], *areas(tmp_path, treated=(10, 10, 13, 13)))


@pytest.mark.parametrize("time", ["2026-08-09T08:00:00Z", None])
def test_hours_apart_need_a_word(tmp_path, time):
    before, after = flights(tmp_path)
    with rasterio.open(after) as source:
        write(tmp_path / "늦음.tif", source.read(1), time=time)
    with pytest.raises(HoursError, match="different-hours"):
        compare_maps(before, [tmp_path / "늦음.tif"], *areas(tmp_path))
    params = CompareParams(different_hours=True)
    found = compare_maps(before, [tmp_path / "늦음.tif"], *areas(tmp_path), params)
    assert found.effects[0].effect_K == pytest.approx(-3.0, abs=0.5)


def test_the_same_hour_on_another_day_is_the_same_hour():
    day = 86_400.0
    assert of_the_day_apart_s(0.0, 5 * day + 60.0) == 60.0
    assert of_the_day_apart_s(23.5 * 3600, day + 0.5 * 3600) == 3600.0


def test_the_variogram_finds_the_range_a_field_was_made_with():
    rng = np.random.default_rng(3)
    size = 256
    turns = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.rfftfreq(size), indexing="ij"))
    root = (1.0 + (2.0 * np.pi * turns * 4.0) ** 2) ** -0.75  # exponential covariance, range 4
    made = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(size, size))) * root)
    made = made / made.std() + 0.5 * rng.normal(size=(size, size))
    area = area_values(made[..., None], np.ones((size, size), bool))
    model = fitted([shells(area, 0)])
    assert model.range_px == pytest.approx(4.0, rel=0.35)
    assert model.sill == pytest.approx(1.0, rel=0.25)
    assert model.sill + model.nugget == pytest.approx(1.25, rel=0.15)


def test_the_variance_of_a_mean_of_independent_cells_is_their_variance_over_their_number():
    rng = np.random.default_rng(4)
    area = area_values(rng.normal(size=(80, 80, 1)), np.ones((80, 80), bool))
    pairs = shells(area, 0)
    assert fitted([pairs]).variance_of_mean(pairs) == pytest.approx(1.0 / 6400, rel=0.4)


def test_pairs_of_cells_are_counted_by_distance_as_by_hand():
    area = AreaValues(np.array([0, 0, 3]), np.array([0, 4, 0]), np.array([[1.0], [2.0], [6.0]]))
    pairs = shells(area, 0)
    assert pairs.pairs[:6] == pytest.approx([3, 0, 0, 2, 2, 2])
    assert pairs.products[0] == pytest.approx(4 + 1 + 9)


@pytest.mark.parametrize("alike", [1.0, 4.0])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(alike):
    held, runs = 0, 25
    cells = np.zeros((2, 90, 90), bool)
    cells[0, 5:45, 5:45], cells[1, 50:85, 5:85] = True, True
    for seed in range(runs):
        change = field([seed, 7], 90, alike)[..., None] + 0.3 * np.random.default_rng(seed).normal(
            size=(90, 90, 1)
        )
        found = difference(*(area_values(change, c) for c in cells), draws=400, seed=seed)
        held += found.ci95_K[0, 0] <= 0.0 <= found.ci95_K[0, 1]
    assert held >= 0.85 * runs


def test_the_page_asks_nobody_for_anything_and_speaks_both_languages(tmp_path):
    before, *after = flights(tmp_path, (-4.0, -2.0, -1.0), (0.2, 0.5, 0.8))
    found = compare_maps(before, after, *areas(tmp_path))
    for lang, word in (("ko", "조치 구역이 대조 구역보다"), ("en", "became")):
        page = as_html(found, lang)
        assert word in page
        assert "http" not in page.replace("http://www.w3.org", "")
        assert "data:image/png;base64," in page
        assert len(page) < 500_000


def test_what_must_be_said_is_said_in_korean_on_the_korean_page(tmp_path):
    before, after = flights(tmp_path)
    with rasterio.open(after) as source:
        late = write(tmp_path / "늦음.tif", source.read(1), time="2026-08-09T08:00:00Z")
    found = compare_maps(before, [late], *areas(tmp_path), CompareParams(different_hours=True))
    page = as_html(found, "ko")
    assert "5.0시간 다르다" in page
    assert "독립 블록이" in page
    assert "hours of the day apart" in as_html(found, "en")


def test_the_command_gives_the_effect_and_writes_the_page(tmp_path):
    before, after = flights(tmp_path)
    treated, control = areas(tmp_path)
    args = ["compare", before, after, "--treated", treated, "--control", control, "--json"]
    page = tmp_path / "비교.html"
    done = CliRunner().invoke(command, [*map(str, args), "--report", str(page)])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["ci95_K"][0] < told["effect_K"] < told["ci95_K"][1]
    assert told["n"]["treated_cells"] > 1000
    assert page.is_file()
    assert facts(compare_maps(before, [after], treated, control))["effect_K"] == told["effect_K"]
