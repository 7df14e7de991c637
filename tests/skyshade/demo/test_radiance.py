import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyshade.demo.radiance import Calibration, Surroundings, blackbody_counts, raw_counts, transmission


def test_transmission_agrees_with_the_published_formula_worked_by_hand():
    # 9.629 g of water; 1.9 exp(-6.3246 * -0.000494) - 0.9 exp(-6.3246 * -0.008078) = 1.90594 - 0.94717
    around = Surroundings(distance_m=40.0, air_C=22.0, humidity=0.5)
    assert transmission(Calibration(), around) == pytest.approx(0.95877, abs=2e-5)
    assert transmission(Calibration(), Surroundings(distance_m=0.0)) == pytest.approx(1.0)


def test_a_black_body_of_50_C_gives_the_counts_planck_says():
    assert blackbody_counts(Calibration(), 50.0) == pytest.approx(
        17096.453 / (0.046642166 * (np.exp(1428 / 323.15) - 1)) + 342
    )


@given(st.floats(-10, 90), st.floats(0.7, 1.0), st.floats(1, 150), st.floats(-40, 40), st.floats(0, 40))
def test_counts_rise_with_temperature_and_invert_to_it(celsius, emissivity, distance_m, reflected, air):
    k, around = Calibration(), Surroundings(emissivity, distance_m, reflected, air, air, 0.5)
    counts = raw_counts(np.array([[celsius, celsius + 1.0]]), k, around).astype(float)
    assert counts[0, 1] > counts[0, 0]
    tau = transmission(k, around)
    others = tau * (1 - emissivity) * blackbody_counts(k, reflected) + (1 - tau) * blackbody_counts(k, air)
    own = (counts - others) / (tau * emissivity)
    back = k.B / np.log(k.R1 / (k.R2 * (own + k.O)) + k.F) - 273.15
    assert np.abs(back - [[celsius, celsius + 1.0]]).max() < 0.06


def test_temperatures_the_camera_cannot_hold_are_refused():
    with pytest.raises(ValueError, match="16-bit"):
        raw_counts(np.array([[4000.0]]), Calibration(), Surroundings())


def test_an_emissivity_of_zero_is_refused():
    with pytest.raises(ValueError, match="emissivity"):
        Surroundings(emissivity=0.0)
