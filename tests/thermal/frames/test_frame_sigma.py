"""A frame's sigma and its later change of emissivity, through a file."""

import numpy as np

from thermal.emissivity import with_emissivity
from thermal.frames import open_frame, read_frame
from thermal.radiometry import RadiometryOverrides
from thermal.uncertainty import SigmaParams, sigma_parts

SIGMAS = SigmaParams(emissivity=0.01, reflected_K=4.0)


def test_a_frames_sigma_has_its_shape_and_belongs_to_its_temperatures(writer, tmp_path):
    scene = np.linspace(-10.0, 60.0, 48 * 64).reshape(48, 64)
    path = tmp_path / "열화상.jpg"
    path.write_bytes(writer.flir_jpeg(np.round(writer.flir_raw(scene)).astype(np.uint16)))
    opened = open_frame(path)
    sigma = opened.sigma(SIGMAS)
    assert sigma.shape == opened.celsius().shape
    truth = sigma_parts(opened.law, opened.info.radiometry, opened.celsius().astype(float), SIGMAS).total
    assert np.abs(sigma - truth).max() < 1e-4


def test_another_emissivity_gives_what_decoding_with_it_would_have_given(writer, tmp_path):
    scene = np.linspace(0.0, 60.0, 48 * 64).reshape(48, 64)
    path = tmp_path / "a.jpg"
    path.write_bytes(writer.flir_jpeg(np.round(writer.flir_raw(scene)).astype(np.uint16)))
    sky = RadiometryOverrides(emissivity=0.95, reflected_C=-25.0)
    first = read_frame(path, overrides=sky).celsius
    again = read_frame(path, overrides=RadiometryOverrides(emissivity=0.9, reflected_C=-25.0)).celsius
    moved = with_emissivity(first, was=0.95, now=0.9, reflected_C=-25.0, law=open_frame(path).law)
    assert np.abs(moved - again).max() < 0.01
    assert (moved > first).all()
