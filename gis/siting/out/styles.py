"""How each layer looks in QGIS, as QML: the same colours as on the map page."""

from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

MARKER, LINE, FILL = "marker", "line", "fill"
KINDS = {
    "Point": MARKER,
    "MultiPoint": MARKER,
    "LineString": LINE,
    "MultiLineString": LINE,
    "Polygon": FILL,
    "MultiPolygon": FILL,
}
GEOMETRY = {MARKER: "0", LINE: "1", FILL: "2"}
CLASSES = {MARKER: "SimpleMarker", LINE: "SimpleLine", FILL: "SimpleFill"}


@dataclass(frozen=True, slots=True)
class Look:
    """Colours as "r,g,b,a" (0-255), sizes and widths in millimetres on paper."""

    fill: str
    edge: str
    size_mm: float = 2.6
    width_mm: float = 0.3


@dataclass(frozen=True, slots=True)
class Case:
    """A look for the rows of which an expression is true; None = all others."""

    name: str
    where: str | None
    look: Look


LOOKS: dict[str, tuple[Case, ...]] = {
    "chosen": (Case("선정 지점 / chosen", None, Look("192,20,60,255", "255,255,255,255", 6.5, 0.5)),),
    "candidates": (
        Case(
            "제외 / rejected",
            '"rejected" IS NOT NULL AND "rejected" <> \'\'',
            Look("119,119,119,255", "255,255,255,255", 2.4),
        ),
        Case(
            "후보 / candidate",
            '"rejected" IS NULL OR "rejected" = \'\'',
            Look("26,152,80,255", "255,255,255,255", 3.0),
        ),
    ),
    "existing": (Case("기존 시설 / existing", None, Look("63,127,255,255", "11,61,145,255", 3.2, 0.5)),),
    "demand": (Case("수요 / demand", None, Look("255,255,255,220", "51,51,51,255", 1.4, 0.2)),),
    "hotspots": (Case("고온 군집 / hot spots", None, Look("122,1,119,40", "122,1,119,255", width_mm=0.4)),),
    "zones": (Case("구역 / areas", None, Look("0,0,0,0", "34,34,34,255", width_mm=0.6)),),
}
LABELS = {"chosen": "rank"}


def kind_of(frame: Any) -> str:
    """Whether a layer is drawn by markers, lines or fills."""
    kinds = {KINDS.get(name, FILL) for name in frame.geometry.geom_type}
    return next(kind for kind in (FILL, LINE, MARKER) if kind in kinds)


def qml(layer: str, kind: str) -> str:
    """The QML style of a layer; `kind` as `kind_of` says."""
    cases = LOOKS[layer]
    label = LABELS.get(layer)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.22.0" styleCategories="Symbology|Labeling" '
        f'labelsEnabled="{int(label is not None)}">\n'
        f"{_renderer(cases, kind)}"
        f"{'' if label is None else _labelling(label, kind)}"
        f"<layerGeometryType>{GEOMETRY[kind]}</layerGeometryType>\n</qgis>\n"
    )


def _renderer(cases: tuple[Case, ...], kind: str) -> str:
    symbols = "".join(_symbol(str(at), case.look, kind) for at, case in enumerate(cases))
    if cases[0].where is None:
        return (
            '<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0">\n'
            f"<symbols>\n{symbols}</symbols>\n</renderer-v2>\n"
        )
    rules = "".join(
        f'<rule key="{{rule-{at}}}" symbol="{at}" label={quoteattr(case.name)} '
        f"filter={quoteattr(case.where or 'ELSE')}/>\n"
        for at, case in enumerate(cases)
    )
    return (
        '<renderer-v2 type="RuleRenderer" symbollevels="0" enableorderby="0" forceraster="0">\n'
        f'<rules key="{{rules}}">\n{rules}</rules>\n<symbols>\n{symbols}</symbols>\n</renderer-v2>\n'
    )


def _symbol(name: str, look: Look, kind: str) -> str:
    options = "".join(
        f'<Option type="QString" name="{key}" value={quoteattr(value)}/>\n'
        for key, value in _options(look, kind).items()
    )
    return (
        f'<symbol type="{kind}" name="{name}" alpha="1" clip_to_extent="1" force_rhr="0">\n'
        f'<layer class="{CLASSES[kind]}" enabled="1" locked="0" pass="0">\n'
        f'<Option type="Map">\n{options}</Option>\n</layer>\n</symbol>\n'
    )


def _options(look: Look, kind: str) -> dict[str, str]:
    if kind == LINE:
        return {
            "line_color": look.edge,
            "line_width": f"{look.width_mm:g}",
            "line_width_unit": "MM",
            "line_style": "solid",
        }
    shared = {
        "color": look.fill,
        "outline_color": look.edge,
        "outline_width": f"{look.width_mm:g}",
        "outline_width_unit": "MM",
        "outline_style": "solid",
    }
    if kind == FILL:
        return shared | {"style": "solid"}
    return shared | {"name": "circle", "size": f"{look.size_mm:g}", "size_unit": "MM"}


def _labelling(column: str, kind: str) -> str:
    """White text in the middle of the symbol."""
    placement = "1" if kind == MARKER else "0"
    return (
        '<labeling type="simple">\n<settings calloutType="simple">\n'
        f'<text-style fieldName="{column}" isExpression="0" fontSize="9" fontSizeUnit="Point" '
        'namedStyle="Bold" fontWeight="75" textColor="255,255,255,255" textOpacity="1"/>\n'
        f'<placement placement="{placement}" quadOffset="4" dist="0" xOffset="0" yOffset="0"/>\n'
        '<rendering drawLabels="1" displayAll="1" obstacle="0"/>\n</settings>\n</labeling>\n'
    )
