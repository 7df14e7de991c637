"""A web map in one file that opens with no internet: no tiles, no CDN, nothing fetched."""

import base64
import html
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from core.files import write_text
from gis.heat import FloatGrid, HeatMap
from gis.legend import CITY_LEGEND, Legend

# The browser itself refuses every request a page with this policy might make.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:"
)
FONTS = '"Noto Sans KR","Noto Sans CJK KR","Malgun Gothic","Apple SD Gothic Neo","NanumGothic",sans-serif'
PAGE_CSS = f"""
html,body{{height:100%;margin:0}}
body,.leaflet-container{{font-family:{FONTS};font-size:14px}}
.sky-title{{position:absolute;z-index:1000;top:10px;left:50%;transform:translateX(-50%);padding:6px 14px;
 background:rgba(255,255,255,.92);border-radius:6px;font-weight:700;box-shadow:0 1px 4px rgba(0,0,0,.3)}}
.sky-legend{{background:rgba(255,255,255,.92);padding:8px 10px;border-radius:6px;line-height:1.5;
 box-shadow:0 1px 4px rgba(0,0,0,.3)}}
.sky-legend i{{display:inline-block;width:16px;height:12px;margin-right:6px;border:1px solid #777}}
.sky-pin{{display:flex;align-items:center;justify-content:center}}
.sky-popup td{{vertical-align:top;padding:1px 6px 1px 0}} .sky-popup td:first-child{{color:#555}}
.leaflet-image-layer{{image-rendering:pixelated}}
.sky-key{{display:inline-block;width:12px;height:12px;margin-right:6px;border:1.5px solid}}
.sky-key.line{{height:0;border-width:1.5px 0 0;vertical-align:4px}}
.sky-key.point{{border-radius:50%}}
@media(max-width:700px){{.sky-title{{max-width:50%;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}}
 .sky-legend{{font-size:12px;padding:5px 7px;line-height:1.35}}}}
"""
# On a narrow screen the list of layers would hide the map: there it opens on touch.
NARROW_JS = "L.Control.Layers.addInitHook(function(){this.options.collapsed=window.innerWidth<=700;});"

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Style:
    """How shapes are drawn: CSS colours, widths in pixels, opacities 0..1; `below` = under heat maps."""

    colour: str = "#444444"
    width_px: float = 1.0
    fill: str | None = None
    fill_opacity: float = 0.4
    opacity: float = 1.0
    radius_px: float = 4.0
    below: bool = False

    def for_leaflet(self) -> dict[str, Any]:
        """The style as Leaflet's path options."""
        return {
            "color": self.colour,
            "weight": self.width_px,
            "opacity": self.opacity,
            "fill": self.fill is not None,
            "fillColor": self.fill or self.colour,
            "fillOpacity": self.fill_opacity,
            "radius": self.radius_px,
            **({"pane": "tilePane"} if self.below else {}),
        }


class WebMap:
    """A map built layer by layer, later layers on top, and saved as one HTML file.

    `bounds` (west, south, east, north) in degrees is what it shows when opened.
    """

    def __init__(self, title: str, bounds: Bounds) -> None:
        import folium
        from branca.element import Element

        west, south, east, north = bounds
        self._map = folium.Map(
            location=[(south + north) / 2, (west + east) / 2],
            tiles=None,
            zoom_start=15,
            attributionControl=False,
            zoomSnap=0.25,
            maxZoom=22,
            prefer_canvas=False,
        )
        self._map.default_js, self._map.default_css = [], []
        self._map.fit_bounds([[south, west], [north, east]], padding=(30, 30))
        figure = self._map.get_root()
        figure.title = html.escape(title)
        figure.header.add_child(
            Element(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'), name="csp"
        )
        figure.header.add_child(Element(_verbatim(_leaflet_head())), name="leaflet")
        figure.html.add_child(Element(_verbatim(f'<div class="sky-title">{html.escape(title)}</div>')))
        self._legends: list[Legend] = []

    def add_heat(
        self,
        heat: HeatMap,
        *,
        name: str = "지표 온도",
        legend: Legend = CITY_LEGEND,
        opacity: float = 0.75,
        longest_px: int = 1600,
    ) -> "WebMap":
        """The heat map as a picture in Web Mercator, with its legend."""
        from folium.raster_layers import ImageOverlay

        celsius, (west, south, east, north) = _to_web_mercator(heat, longest_px)
        picture = ImageOverlay(
            image=_png_uri(celsius, legend),
            bounds=[[south, west], [north, east]],
            opacity=opacity,
            name=html.escape(name),
            overlay=True,
            control=True,
        )
        picture.add_to(self._map)
        if legend not in self._legends:
            self._legends.append(legend)
        return self

    def add_vector(
        self,
        frame: Any,
        *,
        name: str,
        style: Style | None = None,
        popup: Mapping[str, str] | Sequence[str] = (),
        show: bool = True,
    ) -> "WebMap":
        """A GeoDataFrame of any geometry. `popup` names the columns to show (or column -> its heading)."""
        data = _features(frame, popup, numbers=None)
        look = style or Style()
        _layer_element(data, _key(frame, look) + html.escape(name), look.for_leaflet(), show).add_to(
            self._map
        )
        return self

    def add_points(
        self,
        frame: Any,
        *,
        name: str,
        label: str | None = None,
        colour: str = "#c0143c",
        popup: Mapping[str, str] | Sequence[str] = (),
        show: bool = True,
    ) -> "WebMap":
        """Points as pins; `label` names the column whose text stands in the pin."""
        data = _features(frame, popup, numbers=label)
        key = _key(frame, Style("#ffffff", fill=colour))
        _layer_element(data, key + html.escape(name), {"pin": colour}, show).add_to(self._map)
        return self

    def html(self) -> str:
        """The whole page."""
        import folium

        self._map.add_child(folium.LayerControl(collapsed=False), name="layer_control")
        name = self._map.get_name()
        scale = _script_element(f"L.control.scale({{imperial: false, maxWidth: 160}}).addTo({name});")
        self._map.add_child(scale, name="scale")
        for number, legend in enumerate(self._legends):
            self._map.add_child(_legend_element(legend, name), name=f"legend_{number}")
        page: str = self._map.get_root().render()
        return page

    def save(self, path: Path) -> Path:
        """Write the page, whole or not at all."""
        write_text(Path(path), self.html())
        return Path(path)


def _verbatim(text: str) -> str:
    """Text that the template engine behind folium leaves alone."""
    return "{% raw %}" + text.replace("{% endraw %}", "") + "{% endraw %}"


def _leaflet_head() -> str:
    """Leaflet's style and script, with its pictures as data and its source-map note dropped."""
    home = resources.files("js_lib_leaflet") / "static" / "js_lib_leaflet"
    style = (home / "leaflet.css").read_text(encoding="utf-8")

    def picture(match: re.Match[str]) -> str:
        data = (home / match.group(1)).read_bytes()
        return f"url(data:image/png;base64,{base64.b64encode(data).decode('ascii')})"

    style = re.sub(r"url\((images/[\w.-]+)\)", picture, style)
    script = re.sub(r"//# sourceMappingURL=.*", "", (home / "leaflet.js").read_text(encoding="utf-8"))
    return f"<style>{style}{PAGE_CSS}</style><script>{script}\n{NARROW_JS}</script>"


def _key(frame: Any, style: Style) -> str:
    """A sample of the layer's look for the list of layers, as HTML."""
    kinds = set(frame.geometry.geom_type)
    form = "point" if kinds <= {"Point", "MultiPoint"} else "line" if style.fill is None else "area"
    colours = f"border-color:{style.colour};background:{style.fill or 'none'}"
    return f"<i class='sky-key {form}' style='{html.escape(colours)}'></i>"


def _layer_element(data: dict[str, Any], name: str, style: dict[str, Any], show: bool) -> Any:
    from branca.element import Template
    from folium.map import Layer

    layer = Layer(name=name, overlay=True, control=True, show=show)
    layer._name = "SkyLayer"  # noqa: SLF001  # folium's documented way to name an element
    layer.data, layer.style = data, style
    layer._template = Template(_LAYER_TEMPLATE)  # noqa: SLF001  # as above
    return layer


# Popups are built of text nodes, so that a name holding markup stays a name.
_LAYER_TEMPLATE = """
{% macro script(this, kwargs) %}
var {{ this.get_name() }} = (function (data, style) {
  function pin(feature, at) {
    var label = document.createElement("div");
    label.innerHTML = '<svg width="30" height="40" viewBox="0 0 30 40"><path fill="' + style.pin +
      '" stroke="#fff" stroke-width="1.5" d="M15 39C7 27 1 22 1 14a14 14 0 1 1 28 0c0 8-6 13-14 25z"/>' +
      '<text x="15" y="19" text-anchor="middle" font-size="13" font-weight="700" fill="#fff"></text></svg>';
    label.querySelector("text").textContent = feature.properties.label;
    return L.marker(at, {icon: L.divIcon({html: label, className: "sky-pin", iconSize: [30, 40],
      iconAnchor: [15, 39], popupAnchor: [0, -34]})});
  }
  function table(rows) {
    var box = document.createElement("table");
    box.className = "sky-popup";
    rows.forEach(function (row) {
      var line = box.insertRow();
      line.insertCell().textContent = row[0];
      line.insertCell().textContent = row[1];
    });
    return box;
  }
  return L.geoJSON(data, {
    style: style.pin ? undefined : function () { return style; },
    pointToLayer: style.pin ? pin : function (feature, at) { return L.circleMarker(at, style); },
    onEachFeature: function (feature, layer) {
      var rows = feature.properties.rows;
      if (rows.length) { layer.bindPopup(table(rows), {maxWidth: 420}); }
    }
  });
})({{ this.data|tojson }}, {{ this.style|tojson }});
{% endmacro %}
"""


def _features(frame: Any, popup: Mapping[str, str] | Sequence[str], numbers: str | None) -> dict[str, Any]:
    """A GeoDataFrame as GeoJSON in degrees with only what the popup shows."""
    import shapely
    from shapely.geometry import mapping

    headings = dict(popup) if isinstance(popup, Mapping) else {name: name for name in popup}
    shapes = shapely.set_precision(frame.geometry.to_crs("EPSG:4326").to_numpy(), 1e-7, mode="pointwise")
    features = []
    for row, shape in enumerate(shapes):
        if shape is None or shape.is_empty:
            continue
        cells = [(heading, _text(frame[column].iloc[row])) for column, heading in headings.items()]
        label = "" if numbers is None else _text(frame[numbers].iloc[row])
        properties = {"label": label, "rows": [cell for cell in cells if cell[1]]}
        features.append({"type": "Feature", "properties": properties, "geometry": mapping(shape)})
    return {"type": "FeatureCollection", "features": features}


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    return str(value)


def _to_web_mercator(heat: HeatMap, longest_px: int) -> tuple[Any, Bounds]:
    """Temperatures on a Web Mercator grid of at most `longest_px`, and its (west, south, east, north)."""
    from rasterio.crs import CRS
    from rasterio.enums import Resampling
    from rasterio.warp import calculate_default_transform, reproject, transform_bounds

    height, width = heat.celsius.shape
    web = CRS.from_epsg(3857)
    transform, columns, rows = calculate_default_transform(heat.crs, web, width, height, *heat.bounds)
    shrink = max(1.0, max(columns, rows) / longest_px)
    if shrink > 1.0:
        transform, columns, rows = calculate_default_transform(
            heat.crs, web, width, height, *heat.bounds, resolution=transform.a * shrink
        )
    out = np.full((rows, columns), np.nan, np.float32)
    reproject(
        heat.celsius,
        out,
        src_transform=heat.transform,
        src_crs=heat.crs,
        src_nodata=np.nan,
        dst_transform=transform,
        dst_crs=web,
        dst_nodata=np.nan,
        resampling=Resampling.average if shrink > 1.5 else Resampling.nearest,
    )
    left, top = transform.c, transform.f
    edges = (left, top + rows * transform.e, left + columns * transform.a, top)
    west, south, east, north = transform_bounds(web, "EPSG:4326", *edges, densify_pts=2)
    return out, (west, south, east, north)


def _png_uri(celsius: FloatGrid, legend: Legend) -> str:
    """A picture with one palette entry a class; entry 0 is transparent: unknown."""
    from PIL import Image

    picture = Image.fromarray((legend.classes(celsius) + 1).astype(np.uint8), "P")
    picture.putpalette([0, 0, 0, *(part for colour in legend.colours for part in colour)])
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", transparency=0)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _legend_element(legend: Legend, map_name: str) -> Any:
    rows = "".join(
        f'<div><i style="background:rgb{colour}"></i>{html.escape(label)}</div>'
        for colour, label in zip(reversed(legend.colours), reversed(legend.labels()), strict=True)
    )
    body = _js(f"<b>{html.escape(legend.title)}</b>{rows}")
    script = (
        "(function(){var box=L.control({position:'bottomright'});box.onAdd=function(){"
        f"var d=L.DomUtil.create('div','sky-legend');d.innerHTML={body};return d;}};"
        f"box.addTo({map_name});}})();"
    )
    return _script_element(script)


def _script_element(script: str) -> Any:
    """A piece of script that runs after the map is made."""
    from branca.element import MacroElement, Template

    element = MacroElement()
    element._template = Template(  # noqa: SLF001  # folium's documented way to give an element its script
        "{% macro script(this, kwargs) %}" + _verbatim(script) + "{% endmacro %}"
    )
    return element


def _js(text: str) -> str:
    """Text as a JavaScript literal that cannot end the script it stands in."""
    return json.dumps(text).replace("<", "\\u003c")
