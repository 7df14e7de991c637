"""FLIR's law: one pass of air over the whole distance, and its inverse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.frame import Radiometry
from thermal.radiometry import PlanckConstants, flir_celsius, flir_table, flir_transmission, looked_up

CAMERA = PlanckConstants(
    R1=17096.453, R2=0.0466, B=1428.0, F=1.0, O=-342.0,
    alpha1=0.006569, alpha2=0.01262, beta1=-0.002276, beta2=-0.00667, X=1.9,
)  # fmt: skip


def test_no_distance_means_no_air():
    assert flir_transmission(CAMERA, distance_m=0, humidity=0.5, ambient_C=20) == pytest.approx(1.0)


def test_farther_and_wetter_let_through_less():
    dry = [flir_transmission(CAMERA, distance_m=d, humidity=0.2, ambient_C=25) for d in (5, 40, 120)]
    wet = [flir_transmission(CAMERA, distance_m=d, humidity=0.9, ambient_C=25) for d in (5, 40, 120)]
    assert dry == sorted(dry, reverse=True)
    assert all(w < d for w, d in zip(wet, dry, strict=True))


@given(
    t=st.floats(-30, 120), e=st.floats(0.5, 1.0), d=st.floats(0, 200), h=st.floats(0, 1),
    sky=st.floats(-60, 30), air=st.floats(-20, 45),
)  # fmt: skip
def test_the_law_and_its_inverse_meet(t, e, d, h, sky, air):
    def counts(c):
        return CAMERA.R1 / (CAMERA.R2 * (math.exp(CAMERA.B / (c + 273.15)) - CAMERA.F)) - CAMERA.O

    tau = flir_transmission(CAMERA, distance_m=d, humidity=h, ambient_C=air)
    raw = tau * (e * counts(t) + (1 - e) * counts(sky)) + (1 - tau) * counts(air)
    p = Radiometry(emissivity=e, distance_m=d, humidity=h, reflected_C=sky, ambient_C=air)
    assert float(flir_celsius(CAMERA, p, raw)) == pytest.approx(t, abs=1e-6)


def test_a_window_in_front_is_taken_out():
    p = Radiometry(emissivity=1, distance_m=0, window_C=30.0, window_transmission=0.8)
    seen = 0.8 * 5000.0 + 0.2 * 7000.0
    warm = float(flir_celsius(CAMERA, Radiometry(emissivity=1, distance_m=0), 7000.0))
    p = Radiometry(emissivity=1, distance_m=0, window_C=warm, window_transmission=0.8)
    bare = float(flir_celsius(CAMERA, Radiometry(emissivity=1, distance_m=0), 5000.0))
    assert float(flir_celsius(CAMERA, p, seen)) == pytest.approx(bare, abs=1e-6)


def test_counts_below_everything_are_unknown():
    cold = flir_celsius(CAMERA, Radiometry(emissivity=0.5, reflected_C=100.0), np.array([0.0, 4000.0]))
    assert np.isnan(cold[0])


def test_a_lookup_is_the_law_at_every_count():
    p = Radiometry(emissivity=0.95, distance_m=30.0)
    raw = np.arange(2000, 9000, 7, dtype=np.uint16).reshape(10, 100)
    assert looked_up(flir_table(CAMERA, p), raw) == pytest.approx(flir_celsius(CAMERA, p, raw), abs=1e-4)


def test_senseless_constants_are_refused():
    with pytest.raises(ValueError, match="calibration constants"):
        PlanckConstants(float("nan"), 1, 1, 1, 0, 0, 0, 0, 0, 1)
