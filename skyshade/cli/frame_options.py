"""Options of every command that reads thermal frames."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.options import IN_FILE

if TYPE_CHECKING:
    from thermal.frames import ReadOptions

_SCALES = ("celsius", "kelvin", "decikelvin", "centikelvin")


def frame_options(function: Callable[..., None]) -> Callable[..., None]:
    """Options of every command that reads frames."""
    unit = click.FloatRange(0, 1)
    for option in reversed(
        (
            click.option(
                "--emissivity",
                type=click.FloatRange(0.01, 1),
                help="How well the ground radiates, 0.01 to 1.",
            ),
            click.option("--distance-m", type=click.FloatRange(0, 100_000), help="Camera to ground, metres."),
            click.option("--humidity", type=unit, help="Relative humidity of the air, 0 to 1."),
            click.option(
                "--reflected-C",
                "reflected_c",
                type=click.FloatRange(-100, 1000),
                help="Reflected (sky) temperature, °C.",
            ),
            click.option(
                "--ambient-C", "ambient_c", type=click.FloatRange(-80, 100), help="Air temperature, °C."
            ),
            click.option("--scale", type=click.Choice(_SCALES), help="Unit of the numbers in a plain TIFF."),
            click.option("--lens", type=IN_FILE, help="Calibrated lens: XML from Metashape."),
            click.option(
                "--far-air",
                type=click.Choice(("continue", "hold")),
                default="continue",
                show_default=True,
                help="DJI frames beyond 25 m: read their table on, or keep the air of 25 m.",
            ),
        )
    ):
        function = option(function)
    return function


def read_options(given: dict[str, Any]) -> "ReadOptions":
    """What the options of `frame_options` say."""
    from thermal.frames import ReadOptions, TiffScale
    from thermal.lens import read_lens
    from thermal.radiometry import RadiometryOverrides

    overrides = RadiometryOverrides(
        emissivity=given["emissivity"],
        distance_m=given["distance_m"],
        humidity=given["humidity"],
        reflected_C=given["reflected_c"],
        ambient_C=given["ambient_c"],
    )
    scale = TiffScale(given["scale"]) if given["scale"] else None
    lens = read_lens(given["lens"]) if given["lens"] else None
    return ReadOptions(overrides, scale, lens, hold_far_air=given["far_air"] == "hold")
