"""A web map built layer by layer and saved as one HTML file."""

import html
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.files import write_text
from gis.heat import HeatMap
from gis.legend import CITY_LEGEND, Legend
from gis.webmap.features import MANY, Texts, features
from gis.webmap.leaflet import FRAME, POLICY, head
from gis.webmap.pictures import classes_png, data_uri, web_mercator
from gis.webmap.text import PAGE_WORDS, Bounds, Style, Text

Headings = Mapping[str, Text] | Sequence[str]


class WebMap:
    """A map built layer by layer, later layers on top, and saved as one HTML file.

    `bounds` (west, south, east, north) in degrees is what it shows when opened. The page opens in the first
    of `languages`; a button changes to the next.
    """

    def __init__(
        self, title: Text, bounds: Bounds, *, subtitle: Text = "", languages: Sequence[str] = ("ko", "en")
    ) -> None:
        if not languages:
            raise ValueError("a page needs at least one language")
        west, south, east, north = bounds
        self._texts = Texts()
        self._title = title if isinstance(title, str) else title.get(languages[0], next(iter(title.values())))
        self._page: dict[str, Any] = {
            "title": self._texts.cell(title),
            "subtitle": self._texts.cell(subtitle),
            "bounds": [[south, west], [north, east]],
            "language": languages[0],
            "languages": list(languages),
            "words": PAGE_WORDS,
            "texts": self._texts.table,
            "layers": [],
            "sections": [],
        }

    def add_heat(
        self,
        heat: HeatMap,
        *,
        name: Text = "지표 온도",
        legend: Legend = CITY_LEGEND,
        title: Text | None = None,
        note: Text | None = None,
        opacity: float = 0.7,
        longest_px: int = 1600,
    ) -> "WebMap":
        """The heat map as a picture, with a legend (called `title`) that makes it fainter or stronger."""
        celsius, bounds = web_mercator(heat, longest_px)
        rows = zip(reversed(legend.colours), reversed(legend.labels()), strict=True)
        key = {
            "title": self._texts.cell(title or legend.title),
            "classes": [["#" + bytes(colour).hex(), label] for colour, label in rows],
            "note": None if note is None else self._texts.cell(note),
        }
        return self._picture(data_uri(classes_png(celsius, legend), "image/png"), bounds, name, opacity, key)

    def add_picture(
        self,
        uri: str,
        bounds: Bounds,
        *,
        name: Text,
        classes: Sequence[tuple[str, str]] = (),
        opacity: float = 1.0,
    ) -> "WebMap":
        """A picture in Web Mercator below everything; `uri` holds its data.

        With `classes` (CSS colour, label) it has a legend that makes it fainter or stronger.
        """
        key = {"title": self._texts.cell(name), "classes": [list(c) for c in classes], "note": None}
        return self._picture(uri, bounds, name, opacity, key if classes else None)

    def add_tiles(
        self, tiles: Mapping[tuple[int, int, int], str], bounds: Bounds, *, name: Text, size_px: int = 256
    ) -> "WebMap":
        """Map tiles below everything: (zoom, column, row from the north) -> its data as an address."""
        west, south, east, north = bounds
        self._layer(
            kind="tiles",
            name=name,
            tiles={f"{z}/{x}/{y}": uri for (z, x, y), uri in tiles.items()},
            zooms=[min(z for z, _, _ in tiles), max(z for z, _, _ in tiles)],
            bounds=[[south, west], [north, east]],
            size=size_px,
        )
        layers = self._page["layers"]
        layers.insert(0, layers.pop())
        return self

    def add_vector(
        self,
        frame: Any,
        *,
        name: Text,
        style: Style | None = None,
        popup: Headings = (),
        title: str | None = None,
        search: Sequence[str] = (),
        show: bool = True,
    ) -> "WebMap":
        """A GeoDataFrame of any geometry.

        `popup` names the columns to show (or column -> its heading); `title` the one that names a feature;
        `search` those that the search looks into.
        """
        points = set(frame.geometry.geom_type) <= {"Point", "MultiPoint"}
        look = style or Style()
        form = "point" if points else "line" if look.fill is None else "area"
        many = points and len(frame) > MANY
        return self._features(
            frame, name, look.for_leaflet(), popup, title, search, show=show, form=form, many=many
        )

    def add_points(
        self,
        frame: Any,
        *,
        name: Text,
        label: str | None = None,
        colour: str = "#c0143c",
        popup: Headings = (),
        title: str | None = None,
        search: Sequence[str] = (),
        lines: Sequence[str] = (),
        show: bool = True,
    ) -> "WebMap":
        """Points as pins; `label` names the column whose text stands in the pin.

        With a `title` the points are listed beside the map, each with the columns `lines` below its title.
        """
        frame = frame if label is not None else frame.assign(pin_label="")
        more: dict[str, Any] = {"label": label or "pin_label", "lines": lines, "listed": title is not None}
        return self._features(frame, name, {"pin": colour}, popup, title, search, show=show, **more)

    def add_section(
        self,
        heading: Text,
        *,
        lines: Sequence[Text] = (),
        head: Sequence[Text] = (),
        rows: Sequence[Sequence[Text]] = (),
        numbers: Sequence[int] = (),
    ) -> "WebMap":
        """Text and a table beside the map; `numbers` are the table's number columns."""
        cell = self._texts.cell
        self._page["sections"].append(
            {
                "heading": cell(heading),
                "lines": [cell(line) for line in lines],
                "head": [cell(text) for text in head],
                "rows": [[cell(text) for text in row] for row in rows],
                "numbers": list(numbers),
            }
        )
        return self

    def html(self) -> str:
        """The whole page."""
        import folium
        from branca.element import Element

        view = folium.Map(
            location=self._page["bounds"][0],
            tiles=None,
            attributionControl=False,
            zoomSnap=0.25,
            maxZoom=22,
            prefer_canvas=False,
        )
        view.default_js, view.default_css = [], []
        figure = view.get_root()
        figure.title = html.escape(self._title)
        figure.header.add_child(
            Element(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'), name="csp"
        )
        figure.header.add_child(Element(_verbatim(head())), name="leaflet")
        figure.html.add_child(Element(FRAME), name="frame")
        view.add_child(_script(f"skyshade({view.get_name()}, {_js(self._page)});"), name="skyshade")
        page: str = figure.render()
        return page

    def save(self, path: Path) -> Path:
        """Write the page, whole or not at all."""
        write_text(Path(path), self.html())
        return Path(path)

    def _layer(self, **layer: Any) -> "WebMap":
        name = self._texts.cell(layer.pop("name"))
        self._page["layers"].append({"show": True, "style": None, "listed": False, "name": name, **layer})
        return self

    def _picture(self, uri: str, bounds: Bounds, name: Text, opacity: float, legend: Any) -> "WebMap":
        west, south, east, north = bounds
        corners = [[south, west], [north, east]]
        return self._layer(kind="image", name=name, url=uri, bounds=corners, opacity=opacity, legend=legend)

    def _features(
        self,
        frame: Any,
        called: Text,
        style: dict[str, Any],
        popup: Headings,
        title: str | None,
        search: Sequence[str],
        *,
        label: str | None = None,
        lines: Sequence[str] = (),
        **more: Any,
    ) -> "WebMap":
        headings: dict[str, Text] = (
            dict(popup) if isinstance(popup, Mapping) else {column: column for column in popup}
        )
        shown = [*headings, *(column for column in (title, *search) if column and column not in headings)]
        columns = list(dict.fromkeys(shown))
        return self._layer(
            kind="vector",
            name=called,
            style=style,
            fields=[self._texts.cell(headings[name]) if name in headings else None for name in columns],
            title=None if title is None else columns.index(title),
            search=[columns.index(column) for column in search],
            features=features(frame, columns, self._texts, label=label, lines=lines),
            **more,
        )


def _verbatim(text: str) -> str:
    """Text that the template engine behind folium leaves alone."""
    return "{% raw %}" + text + "{% endraw %}"


def _script(script: str) -> Any:
    """A piece of script that runs after the map is made."""
    from branca.element import MacroElement, Template

    element = MacroElement()
    element._template = Template(  # noqa: SLF001  # folium's documented way to give an element its script
        "{% macro script(this, kwargs) %}" + _verbatim(script) + "{% endmacro %}"
    )
    return element


def _js(value: Any) -> str:
    """A value as a JavaScript literal that cannot end the script it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # "<" could end the script, a brace before {, % or # would speak to the template engine behind folium
    return re.sub(r"<|\{(?=[{%#])|[\u2028\u2029]", lambda sign: f"\\u{ord(sign[0]):04x}", text)
