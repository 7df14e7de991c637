"""A box with a map: layers in metres, a frame, a scale bar and north; and the key that goes with it."""

import math
from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

from gis.pdf.face import Face
from gis.pdf.maplayers import BoundsM, Ink, KeyEntry, MapLayer, Picture, Pins, Shapes

PAPER = "#f4f2ed"
KEY_LINE_PT = 13.0
STEPS_M = tuple(base * 10**power for power in range(5) for base in (1, 2, 5))


class MapBox(Flowable):
    """A map of `bounds` in metres, widened to fill `width_pt` x `height_pt`; north is the grid's, upwards."""

    def __init__(
        self, layers: Sequence[MapLayer], bounds: BoundsM, width_pt: float, height_pt: float, face: Face
    ) -> None:
        super().__init__()
        self.width, self.height = width_pt, height_pt
        self._layers, self._face = layers, face
        left, bottom, right, top = bounds
        self._pt_per_m = min(width_pt / (right - left), height_pt / (top - bottom))
        self._left = (left + right) / 2 - width_pt / 2 / self._pt_per_m
        self._bottom = (bottom + top) / 2 - height_pt / 2 / self._pt_per_m

    def wrap(self, *_: float) -> tuple[float, float]:
        """The size it takes."""
        return self.width, self.height

    @property
    def bounds_m(self) -> BoundsM:
        """What it shows, in metres."""
        return (
            self._left,
            self._bottom,
            self._left + self.width / self._pt_per_m,
            self._bottom + self.height / self._pt_per_m,
        )

    def draw(self) -> None:
        """Draw onto the canvas of the page."""
        canvas = self.canv
        canvas.saveState()
        frame = canvas.beginPath()
        frame.rect(0, 0, self.width, self.height)
        canvas.setFillColor(HexColor(PAPER))
        canvas.drawPath(frame, stroke=0, fill=1)
        canvas.clipPath(frame, stroke=0, fill=0)
        for layer in self._layers:
            if isinstance(layer, Picture):
                self._picture(layer)
            elif isinstance(layer, Pins):
                self._pins(layer)
            else:
                self._shapes(layer)
        canvas.restoreState()
        self._scale_bar()
        self._north()
        canvas.setStrokeColor(HexColor("#555555"))
        canvas.setLineWidth(0.8)
        canvas.rect(0, 0, self.width, self.height)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return (x - self._left) * self._pt_per_m, (y - self._bottom) * self._pt_per_m

    def _picture(self, layer: Picture) -> None:
        left, bottom, right, top = layer.bounds
        x, y = self._at(left, bottom)
        self.canv.saveState()
        self.canv.setFillAlpha(layer.alpha)
        self.canv.drawImage(
            ImageReader(layer.image),
            x,
            y,
            (right - left) * self._pt_per_m,
            (top - bottom) * self._pt_per_m,
            mask="auto",
        )
        self.canv.restoreState()

    def _shapes(self, layer: Shapes) -> None:
        import shapely

        shown = shapely.box(*self.bounds_m).buffer(20 / self._pt_per_m)
        self.canv.saveState()
        use_ink(self.canv, layer.ink)
        for shape in layer.shapes:
            if shape is not None and shape.intersects(shown):
                for part in getattr(shape, "geoms", [shape]):
                    self._part(part, layer.ink)
        self.canv.restoreState()

    def _part(self, part: Any, ink: Ink) -> None:
        stroke, fill = int(ink.edge is not None), int(ink.fill is not None)
        if part.geom_type == "Point":
            self.canv.circle(*self._at(part.x, part.y), ink.radius_pt, stroke=stroke, fill=fill)
            return
        path = self.canv.beginPath()
        if part.geom_type == "Polygon":
            for ring in (part.exterior, *part.interiors):
                self._trace(path, ring.coords)
                path.close()
            self.canv.drawPath(path, stroke=stroke, fill=fill, fillMode=0)  # even-odd: holes stay open
        elif hasattr(part, "coords"):
            self._trace(path, part.coords)
            self.canv.drawPath(path, stroke=1, fill=0)

    def _trace(self, path: Any, coords: Any) -> None:
        for number, point in enumerate(coords):
            (path.lineTo if number else path.moveTo)(*self._at(point[0], point[1]))

    def _pins(self, layer: Pins) -> None:
        for (x, y), label in reversed(list(zip(layer.places, layer.labels, strict=True))):
            draw_pin(self.canv, *self._at(x, y), label, layer.colour, self._face)

    def _scale_bar(self) -> None:
        most = self.width * 0.28
        length_m = max((step for step in STEPS_M if step * self._pt_per_m <= most), default=STEPS_M[0])
        long, canvas = length_m * self._pt_per_m, self.canv
        text = f"{length_m:g} m" if length_m < 1000 else f"{length_m / 1000:g} km"
        self._plate(6, 6, long + stringWidth(text, self._face.bold, 8) + 18, 18)
        canvas.setFillColor(HexColor("#1d2328"))
        canvas.setStrokeColor(HexColor("#1d2328"))
        canvas.setLineWidth(0.7)
        canvas.rect(12, 13, long / 2, 4, fill=1)
        canvas.rect(12 + long / 2, 13, long / 2, 4, fill=0)
        canvas.setFont(self._face.bold, 8)
        canvas.drawString(12 + long + 5, 12, text)

    def _north(self) -> None:
        x, y, canvas = self.width - 20, self.height - 40, self.canv
        self._plate(x - 10, y - 4, 20, 38)
        canvas.setFillColor(HexColor("#1d2328"))
        arrow = canvas.beginPath()
        for number, point in enumerate(((x, y + 20), (x - 6, y), (x, y + 5), (x + 6, y))):
            (arrow.lineTo if number else arrow.moveTo)(*point)
        arrow.close()
        canvas.drawPath(arrow, stroke=0, fill=1)
        canvas.setFont(self._face.bold, 9)
        canvas.drawCentredString(x, y + 23, "N")

    def _plate(self, x: float, y: float, width: float, height: float) -> None:
        self.canv.saveState()
        self.canv.setFillColor(HexColor("#ffffff"))
        self.canv.setFillAlpha(0.8)
        self.canv.roundRect(x, y, width, height, 3, stroke=0, fill=1)
        self.canv.restoreState()


class MapKey(Flowable):
    """The key of a map: entries in rows of as many as fit."""

    def __init__(self, entries: Sequence[KeyEntry], width_pt: float, face: Face, title: str = "") -> None:
        super().__init__()
        self.width, self._face, self._title = width_pt, face, title
        self._rows = self._laid(entries)
        self.height = KEY_LINE_PT * (len(self._rows) + bool(title)) + 4

    def wrap(self, *_: float) -> tuple[float, float]:
        """The size it takes."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw onto the canvas of the page."""
        y = self.height - KEY_LINE_PT + 3
        if self._title:
            self.canv.setFillColor(HexColor("#1d2328"))
            self.canv.setFont(self._face.bold, 8)
            self.canv.drawString(0, y, self._title)
            y -= KEY_LINE_PT
        for row in self._rows:
            for x, entry in row:
                self._entry(x, y, entry)
            y -= KEY_LINE_PT

    def _laid(self, entries: Sequence[KeyEntry]) -> list[list[tuple[float, KeyEntry]]]:
        rows: list[list[tuple[float, KeyEntry]]] = []
        x = math.inf
        for entry in entries:
            wide = 30 + stringWidth(entry.text, self._face.regular, 8)
            if x + wide > self.width:
                rows.append([])
                x = 0.0
            rows[-1].append((x, entry))
            x += wide
        return rows

    def _entry(self, x: float, y: float, entry: KeyEntry) -> None:
        canvas = self.canv
        canvas.saveState()
        use_ink(canvas, entry.ink)
        stroke, fill = int(entry.ink.edge is not None), int(entry.ink.fill is not None)
        if entry.form == "pin":
            draw_pin(canvas, x + 7, y - 3, "", entry.ink.fill or "#c0143c", self._face, scale=0.62)
        elif entry.form == "point":
            canvas.circle(x + 7, y + 2.5, min(entry.ink.radius_pt, 4), stroke=stroke, fill=fill)
        elif entry.form == "line":
            canvas.line(x, y + 2.5, x + 14, y + 2.5)
        else:
            canvas.rect(x, y - 1, 14, 8, stroke=stroke, fill=fill)
        canvas.restoreState()
        canvas.setFillColor(HexColor("#1d2328"))
        canvas.setFont(self._face.regular, 8)
        canvas.drawString(x + 18, y, entry.text)


def use_ink(canvas: Any, ink: Ink) -> None:
    """Set a canvas's colours and widths."""
    canvas.setLineWidth(ink.width_pt)
    canvas.setFillAlpha(ink.alpha)
    if ink.edge is not None:
        canvas.setStrokeColor(HexColor(ink.edge))
    if ink.fill is not None:
        canvas.setFillColor(HexColor(ink.fill))


def draw_pin(
    canvas: Any, x: float, y: float, label: str, colour: str, face: Face, scale: float = 1.0
) -> None:
    """A pin whose tip is at (x, y), with a short text in its head."""
    radius, high = 7.5 * scale, 18 * scale
    canvas.saveState()
    canvas.setFillColor(HexColor(colour))
    canvas.setStrokeColor(HexColor("#ffffff"))
    canvas.setLineWidth(0.8)
    drop = canvas.beginPath()
    drop.moveTo(x, y)
    drop.curveTo(x - 1.5 * scale, y + 6 * scale, x - radius, y + 9 * scale, x - radius, y + high - radius)
    drop.arcTo(x - radius, y + high - 2 * radius, x + radius, y + high, 180, -180)
    drop.curveTo(x + radius, y + 9 * scale, x + 1.5 * scale, y + 6 * scale, x, y)
    drop.close()
    canvas.drawPath(drop, stroke=1, fill=1)
    canvas.setFillColor(HexColor("#ffffff"))
    size = (8.5 if len(label) < 3 else 6.5) * scale
    canvas.setFont(face.bold, size)
    canvas.drawCentredString(x, y + high - radius - size * 0.35, label)
    canvas.restoreState()
