"""QGIS styles for a heat map: a ramp over its own range, and the city's classes."""

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

import numpy as np

from gis.legend import CITY_LEGEND, Legend

RAMP = (
    "#000004", "#1b0c41", "#4a0c6b", "#781c6d", "#a52c60", "#cf4446", "#ed6925", "#fb9b06", "#f7d13d",
    "#fcffa4",
)  # fmt: skip
"""The inferno ramp of matplotlib (CC0), cold to hot."""

Stop = tuple[str, str, str]
"""(value, colour as #rrggbb, label)."""


def ramp_qml(coldest_C: float, hottest_C: float) -> str:
    """The temperature band in the inferno ramp; colder and hotter places keep the end colours."""
    values = np.linspace(coldest_C, hottest_C, len(RAMP)).tolist()
    stops = [(f"{v:.3f}", c, f"{v:.1f} °C") for v, c in zip(values, RAMP, strict=True)]
    return _qml("INTERPOLATED", stops, coldest_C, hottest_C)


def classes_qml(legend: Legend = CITY_LEGEND) -> str:
    """The temperature band in the legend's classes, without gaps: the first and the last are open."""
    ends = [*(f"{edge:g}" for edge in legend.edges_C), "inf"]
    colours = ["#{:02x}{:02x}{:02x}".format(*c) for c in legend.colours]
    stops = list(zip(ends, colours, legend.labels(), strict=True))
    return _qml("DISCRETE", stops, legend.edges_C[0], legend.edges_C[-1])


def _qml(kind: str, stops: Sequence[Stop], low: float, high: float) -> str:
    items = "\n".join(
        f'          <item value={quoteattr(v)} color={quoteattr(c)} alpha="255" label={quoteattr(text)}/>'
        for v, c, text in stops
    )
    return f"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology">
  <pipe>
    <provider>
      <resampling enabled="false" maxOversampling="2" zoomedInResamplingMethod="nearestNeighbour"
        zoomedOutResamplingMethod="nearestNeighbour"/>
    </provider>
    <rasterrenderer type="singlebandpseudocolor" band="1" alphaBand="-1" opacity="1" nodataColor=""
      classificationMin="{low:.3f}" classificationMax="{high:.3f}">
      <rasterTransparency/>
      <minMaxOrigin>
        <limits>None</limits>
        <extent>WholeRaster</extent>
        <statAccuracy>Estimated</statAccuracy>
      </minMaxOrigin>
      <rastershader>
        <colorrampshader colorRampType="{kind}" classificationMode="1" clip="0" labelPrecision="1"
          minimumValue="{low:.3f}" maximumValue="{high:.3f}">
{_source_ramp([c for _, c, _ in stops])}
{items}
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation colorizeOn="0" grayscaleMode="0" saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
"""


def _source_ramp(colours: Sequence[str]) -> str:
    """The ramp from which QGIS would make the classes anew."""
    rgba = [",".join(str(int(c[k : k + 2], 16)) for k in (1, 3, 5)) + ",255" for c in colours]
    last = len(rgba) - 1
    stops = ":".join(f"{k / last:.4f};{c}" for k, c in enumerate(rgba[1:-1], 1))
    options = {"color1": rgba[0], "color2": rgba[-1], "discrete": "0", "rampType": "gradient", "stops": stops}
    told = "\n".join(
        f'              <Option type="QString" name="{k}" value="{v}"/>' for k, v in options.items()
    )
    return f"""          <colorramp name="[source]" type="gradient">
            <Option type="Map">
{told}
            </Option>
          </colorramp>"""
