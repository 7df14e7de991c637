"""Aircraft and cameras as data: what is packaged is consistent, and figures that cannot be are refused."""

import math
from dataclasses import replace

import pytest

from core.errors import BadFileError
from missions.aircraft import aircraft_names, load_aircraft
from missions.cameras import camera_names, load_camera

GOOD = {
    "name": '"mine"', "mass_kg": 4.0, "payload_max_kg": 1.0, "rotors": 4, "rotor_diameter_m": 0.4,
    "battery_Wh": 200.0, "hover_power_W": 500.0, "hover_mass_kg": 4.0,
}  # fmt: skip
PUBLISHED_DEG = {
    "XT2-9": (69, 56), "XT2-13": (45, 37), "XT2-19": (32, 26), "XT2-25": (25, 20), "XT-13": (45, 37),
    "VueProR-9": (69, 56), "VueProR-13": (45, 37), "VueProR-19": (32, 26), "Altum-LWIR": (57, 44),
    "Boson640": (32, 26), "Boson640-18": (24, 19), "Boson640-8.7": (50, 40), "Boson320-6.3": (34, 27),
    "Boson320-9.1": (24, 19),
}  # fmt: skip
PUBLISHED_DIAGONAL_DEG = {"H20T": 40.6, "M30T": 61.0, "M3T": 61.0, "M2EA": 57.0}


def write(path, **changed):
    rows = {**GOOD, **changed}
    path.write_text("\n".join(f"{k} = {v}" for k, v in rows.items() if v is not None), encoding="utf-8")
    return path


def test_a_sound_file_is_read(tmp_path):
    assert load_aircraft(write(tmp_path / "내 기체.toml")).mass_kg == 4.0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mass_kg": -1}, r"mass_kg must be a number in \[0.05"),
        ({"mass_kg": "nan"}, "mass_kg must be a number"),
        ({"battery_Wh": 1e9}, "battery_Wh must be a number"),
        ({"mass_kg": '"heavy"'}, "mass_kg must be a number .* got 'heavy'"),
        ({"cruise_ms": "true"}, "cruise_ms must be a number"),
        ({"rotors": 4.5}, "whole number"),
        ({"max_takeoff_kg": 4.5}, "at most 0.5 may be carried"),
        ({"reserve_fraction": 1.2}, r"reserve_fraction must be a number in \[0, 1\]"),
        ({"reserve_fraction": 0.99}, "below usable_fraction"),
        ({"hover_power_W": 150}, "above 231 W is possible"),
        ({"battery_Ah": 10, "battery_V": 44.4}, "battery_Ah x battery_V = 444"),
        ({"hover_mass_kg": None}, "hover_mass_kg"),
        ({"colour": 1}, "unknown key 'colour'"),
    ],
)
def test_figures_that_cannot_be_are_refused_with_file_key_and_what_would_do(tmp_path, changed, said):
    with pytest.raises(BadFileError, match=said) as caught:
        load_aircraft(write(tmp_path / "기체.toml", **changed))
    assert "기체.toml" in str(caught.value)


@pytest.mark.parametrize("name", aircraft_names())
def test_every_packaged_aircraft_hovers_like_real_rotors(name):
    """Ideal rotors would need 30 to 80 % of what real ones take from the battery."""
    craft = load_aircraft(name)
    assert 0.3 < craft.ideal_hover_W / craft.hover_power_W < 0.8
    assert craft.source
    assert replace(craft, payload_max_kg=0.0).name == name


@pytest.mark.parametrize("name", sorted(PUBLISHED_DEG))
def test_the_published_field_of_view_agrees_with_sensor_and_lens(name):
    """Wide lenses bend: they see up to 12 % more than a pinhole of their focal length."""
    camera = load_camera(name)
    for found, published in zip(camera.field_of_view_deg, PUBLISHED_DEG[name], strict=True):
        assert 0.88 * published - 0.5 <= found <= published + 1.0


@pytest.mark.parametrize("name", sorted(PUBLISHED_DIAGONAL_DEG))
def test_the_published_diagonal_agrees_with_sensor_and_lens(name):
    camera = load_camera(name)
    half = math.hypot(camera.width_px, camera.height_px) / 2 / camera.focal_px
    found, published = 2 * math.degrees(math.atan(half)), PUBLISHED_DIAGONAL_DEG[name]
    assert 0.92 * published - 0.5 <= found <= published + 1.0


def test_every_packaged_camera_is_held_against_what_is_published():
    assert set(camera_names()) == {*PUBLISHED_DEG, *PUBLISHED_DIAGONAL_DEG}
    assert all(load_camera(name).source and load_camera(name).min_interval_s > 0 for name in camera_names())
