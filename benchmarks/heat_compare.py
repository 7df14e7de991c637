"""Whether the interval of `skyshade heat compare` holds what it says: made fields with a known effect.

    .venv/bin/python benchmarks/heat_compare.py [--runs 500]

Each run makes a field of change that is correlated over some distance, with noise of single cells on top and
a known effect on a round treated area; the control is a rectangle beside it. Counted is how often the 95 %
interval holds the truth. "Ideal" is the width an interval of 95 % would have if the field's law were known.
The same seeds without blocks (every cell by itself) stand beside it.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, rfft2

from gis.heatmaps.difference import difference
from gis.heatmaps.variogram import AreaValues, area_values

EFFECT_K = -2.0


@dataclass(frozen=True, slots=True)
class Case:
    """A square of `size` cells whose changes are alike over `reach` cells; `nugget` noise of single cells."""

    size: int
    reach: float
    smooth: bool
    nugget: float


CASES = (
    Case(120, 0.01, False, 0.0),
    Case(60, 2.0, False, 0.0),
    Case(120, 2.0, False, 0.5),
    Case(120, 5.0, False, 0.5),
    Case(120, 3.0, True, 0.5),
    Case(200, 8.0, False, 1.0),
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=500)
    runs = parser.parse_args().runs
    head = "cells a side | alike over, cells | law | noise | block, cells | holds the truth, % | width K"
    head += " | ideal K"
    print(f"| {head} | cell by cell, % | CPU ms a run |\n|" + "---|" * 10)
    for case in CASES:
        print(_row(case, runs), flush=True)


def _row(case: Case, runs: int) -> str:
    held = naive = 0
    widths, errors, sides = [], [], []
    started = time.process_time()
    for seed in range(runs):
        treated, control = made(case, seed)
        found = difference(treated, control, draws=800, seed=seed)
        low, high = found.ci95_K[0]
        held += low <= EFFECT_K <= high
        naive += abs(found.effect_K[0] - EFFECT_K) <= 1.96 * _plain_sigma(treated, control)
        widths.append(high - low)
        errors.append(found.effect_K[0])
        sides.append(found.side)
    cpu_ms = 1000.0 * (time.process_time() - started) / runs
    law = "Gaussian" if case.smooth else "exponential"
    place = f"{case.size} | {case.reach:g} | {law} | {case.nugget:g} | {np.mean(sides):.1f}"
    figures = f"{100 * held / runs:.1f} | {np.mean(widths):.2f} | {3.92 * np.std(errors):.2f}"
    return f"| {place} | {figures} | {100 * naive / runs:.1f} | {cpu_ms:.0f} |"


def made(case: Case, seed: int) -> tuple[AreaValues, AreaValues]:
    """The changes seen in a treated disc and a control rectangle."""
    rng = np.random.default_rng([seed, case.size, round(100 * case.reach)])
    n = case.size
    change = correlated(case, rng) + case.nugget * rng.normal(size=(n, n))
    down, right = np.mgrid[0:n, 0:n] / n
    treated = np.hypot(down - 0.3, right - 0.3) < 0.2
    control = (down > 0.55) & (down < 0.95) & (right > 0.2) & (right < 0.9)
    change = (change + EFFECT_K * treated)[..., None]
    return area_values(change, treated), area_values(change, control)


def correlated(case: Case, rng: np.random.Generator) -> NDArray[np.float64]:
    """A field of variance 1 from white noise and the root of the law's spectrum."""
    n = 2 * case.size
    turns = np.hypot(*np.meshgrid(np.fft.fftfreq(n), np.fft.rfftfreq(n), indexing="ij")) * 2.0 * np.pi
    steep = (turns * case.reach) ** 2
    root = np.exp(-steep / 2.0) if case.smooth else (1.0 + steep) ** -0.75
    field = irfft2(rfft2(rng.normal(size=(n, n))) * root, (n, n))
    return np.asarray(field[: case.size, : case.size] / field.std())


def _plain_sigma(*areas: AreaValues) -> float:
    return float(np.sqrt(sum(a.values[:, 0].var() / len(a.row) for a in areas)))


if __name__ == "__main__":
    main()
