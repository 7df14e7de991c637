"""Sigma against a simulation of the errors themselves; another emissivity against a second decoding."""

import numpy as np
import pytest

from thermal.djilaw import Air
from thermal.emissivity import with_emissivity
from thermal.frame import Radiometry
from thermal.laws import DjiLaw, FlirLaw
from thermal.radiometry import PlanckConstants, flir_celsius
from thermal.uncertainty import SigmaParams, sigma_parts, sigma_table

PLANCK = PlanckConstants(
    R1=17096.453, R2=0.046642166, B=1428.0, F=1.0, O=-342, alpha1=0.006569, alpha2=0.01262, beta1=-0.002276,
    beta2=-0.00667, X=1.9,
)  # fmt: skip
STORED = Radiometry(emissivity=0.95, distance_m=60.0, humidity=0.5, reflected_C=-20.0, ambient_C=28.0)
SIGMAS = SigmaParams(
    netd_K=0.05, emissivity=0.01, reflected_K=4.0, ambient_K=2.0, humidity=0.05, distance_share=0.05
)


@pytest.mark.parametrize("celsius", [5.0, 25.0, 50.0])
def test_sigma_is_the_spread_of_a_simulation(celsius):
    """Draw the inputs, decode one and the same radiation with each draw, look at the spread."""
    law, rng, n = FlirLaw(PLANCK), np.random.default_rng(7), 40_000
    table = np.asarray(law.table(STORED), float)
    raw = float(np.nanargmin(np.abs(table - celsius)))
    draws = np.empty(n)
    e, sky, air, damp, far = (
        rng.normal(v, s, n)
        for v, s in (
            (STORED.emissivity, SIGMAS.emissivity),
            (STORED.reflected_C, SIGMAS.reflected_K),
            (STORED.ambient_C, SIGMAS.ambient_K),
            (STORED.humidity, SIGMAS.humidity),
            (STORED.distance_m, STORED.distance_m * SIGMAS.distance_share),
        )
    )
    for k in range(0, n, 10):
        p = Radiometry(e[k], far[k], damp[k], sky[k], air[k])
        draws[k] = flir_celsius(PLANCK, p, raw)
    parts = sigma_parts(law, STORED, np.array(celsius), SIGMAS)
    model = law.transmission_sigma(STORED, np.array(celsius))
    assert model > 0
    without_model = np.sqrt(parts.emissivity**2 + parts.reflected**2 + _air_without_model(celsius) ** 2)
    assert float(without_model) == pytest.approx(float(np.std(draws[::10])), rel=0.06)
    assert float(parts.total) > float(without_model)


class _CertainAir(FlirLaw):
    def transmission_sigma(self, p, celsius):
        return 0.0 * np.asarray(celsius)


def _air_without_model(celsius):
    return float(sigma_parts(_CertainAir(PLANCK), STORED, np.array(celsius), SIGMAS).air)


def test_noise_grows_as_the_air_and_the_emissivity_take_signal_away():
    clear = Radiometry(emissivity=1.0, distance_m=0.0, humidity=0.5, reflected_C=20.0, ambient_C=20.0)
    murky = Radiometry(emissivity=0.8, distance_m=200.0, humidity=0.9, reflected_C=20.0, ambient_C=20.0)
    near, far = (float(sigma_parts(FlirLaw(PLANCK), p, np.array(40.0), SIGMAS).noise) for p in (clear, murky))
    assert near == pytest.approx(SIGMAS.netd_K, rel=0.02)
    assert far > 1.3 * near


def test_an_emissivity_error_of_two_hundredths_under_a_cold_sky_costs_about_a_kelvin():
    """0.02 at 50 C under a sky of -40 C is about 1.2 K where all wavelengths count."""
    p = Radiometry(emissivity=0.95, distance_m=5.0, humidity=0.5, reflected_C=-40.0, ambient_C=25.0)
    found = float(sigma_parts(DjiLaw(Air()), p, np.array(50.0), SigmaParams(emissivity=0.02)).emissivity)
    assert 1.0 < found < 1.5


def test_a_camera_without_a_table_is_less_sure_than_one_with():
    rows = np.linspace(16384, 13000, 64).astype("<u2")
    table = Air(np.tile(rows, (8, 1)).astype("<u2").tobytes(), 64)
    p = Radiometry(emissivity=0.95, distance_m=5.0, humidity=0.5, reflected_C=20.0, ambient_C=20.0)
    with_table, without = (float(sigma_parts(DjiLaw(air), p, np.array(45.0)).air) for air in (table, Air()))
    assert without > with_table


def test_beyond_the_makers_range_the_air_counts_for_more():
    rows = np.linspace(16384, 9000, 88).astype("<u2")
    law = DjiLaw(Air(np.tile(rows, (8, 1)).astype("<u2").tobytes(), 88))
    at = [
        float(law.transmission_sigma(Radiometry(0.95, d, 0.5, 20.0, 20.0), np.array(40.0)))
        for d in (10.0, 25.0, 60.0, 120.0)
    ]
    assert at[0] == at[1] < at[2] < at[3]


def test_sigma_tables_are_nan_where_temperatures_are():
    table = sigma_table(FlirLaw(PLANCK), STORED)
    assert np.array_equal(np.isnan(table), np.isnan(FlirLaw(PLANCK).table(STORED)))


def test_emissivity_may_differ_from_pixel_to_pixel():
    celsius = np.full((2, 3), 40.0, np.float32)
    now = np.array([[0.95, 0.9, np.nan], [0.97, 0.0, 1.0]])
    moved = with_emissivity(celsius, was=0.95, now=now, reflected_C=-30.0)
    assert moved[0, 0] == pytest.approx(40.0, abs=0.01)
    assert np.isnan(moved[0, 2])
    assert np.isnan(moved[1, 1])
    assert moved[0, 1] > 40.0 > moved[1, 0] > moved[1, 2]


@pytest.mark.parametrize("bad", [{"netd_K": -1.0}, {"emissivity": float("nan")}])
def test_impossible_sigmas_are_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        SigmaParams(**bad)
