import math

import pytest

from core.errors import BadFileError, UnknownNameError
from missions.aircraft import aircraft_names, load_aircraft
from missions.cameras import camera_names, load_camera


@pytest.mark.parametrize("name", camera_names())
def test_every_packaged_camera_loads_and_names_its_source(name):
    camera = load_camera(name)
    assert camera.name == name
    assert camera.source


@pytest.mark.parametrize(
    ("name", "hfov"),
    [("XT2-13", 45.0), ("XT-13", 45.0), ("Vue Pro R 13", 45.0), ("boson 640", 32.0), ("altum_lwir", 57.0)],
)
def test_published_field_of_view_is_met(name, hfov):
    assert load_camera(name).field_of_view_deg[0] == pytest.approx(hfov, abs=1.5)


def test_h20t_diagonal_field_of_view_is_published_40_6_degrees():
    camera = load_camera("H20T")
    half = math.hypot(camera.width_px, camera.height_px) / 2 / camera.focal_px
    assert 2 * math.degrees(math.atan(half)) == pytest.approx(40.6, abs=1.0)


@pytest.mark.parametrize("name", aircraft_names())
def test_every_packaged_aircraft_can_fly_ten_minutes(name):
    craft = load_aircraft(name)
    assert craft.source
    assert craft.flyable_Wh / craft.hover_power_W * 60 > 10


def test_unknown_names_list_the_known():
    with pytest.raises(UnknownNameError, match="M30T"):
        load_camera("GoPro")
    with pytest.raises(UnknownNameError, match="quad-4kg"):
        load_aircraft("747")


def test_own_camera_file_is_read(tmp_path):
    path = tmp_path / "내 카메라.toml"
    path.write_text(
        'name = "mine"\nwidth_px = 320\nheight_px = 256\nfocal_mm = 9.0\npitch_um = 12.0\n', "utf-8"
    )
    assert load_camera(path).width_px == 320


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name = ", "not valid TOML"),
        ('name = "x"\n', "missing"),
        ('name = "x"\ncolour = 1\n', "colour"),
        ('name = "x"\nwidth_px = 0\nheight_px = 1\nfocal_mm = 1\npitch_um = 1\n', "width_px must be > 0"),
    ],
)
def test_bad_camera_file_is_refused_by_name(tmp_path, text, problem):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(BadFileError, match=problem) as caught:
        load_camera(path)
    assert "bad.toml" in str(caught.value)


def test_missing_camera_file_is_said_so(tmp_path):
    with pytest.raises(BadFileError, match="not found"):
        load_camera(tmp_path / "none.toml")
