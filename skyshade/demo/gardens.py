"""What lies inside the street blocks: squares, car parks, lawns, alleys, hedges, the depot's pad."""

from shapely.geometry import Point, box

from skyshade.demo.town import HOME_M, Area, Building, Surface, block

# corners (u0, v0, u1, v1) in the street grid
_PLOTS_UV = (
    (Surface.YARD, (-64, -160, -24, -112)),
    (Surface.LAWN, (-66, 36, -44, 68)),
    (Surface.ASPHALT, (-64, -67, -43, -38)),
    (Surface.ASPHALT, (20, -66, 45, -40)),
    (Surface.LAWN, (48, 40, 70, 68)),
    (Surface.ASPHALT, (86, 14, 118, 40)),
    (Surface.LAWN, (20, 84, 44, 120)),
    (Surface.LAWN, (-104, -66, -80, -40)),
    (Surface.ASPHALT, (-98, 14, -80, 44)),
    (Surface.YARD, (84, -160, 150, -84)),
    (Surface.SIDEWALK, (-42, 12, -20, 32)),
)
_ALLEYS_UV = (
    (-44.0, 10.0, -41.0, 70.0), (44.0, 10.0, 47.0, 70.0), (-44.0, -70.0, -41.0, -10.0),
    (47.0, -70.0, 50.0, -10.0), (-124.0, 84.0, -80.0, 87.5), (-66.0, 116.0, -20.0, 119.5),
    (20.0, 122.0, 72.0, 125.5), (84.0, 44.0, 150.0, 47.5), (84.0, -12.5, 150.0, -9.5),
    (-64.0, -90.0, -22.0, -86.5), (20.0, -90.0, 72.0, -86.5), (96.0, 84.0, 99.5, 148.0),
    (-100.0, -100.0, -80.0, -97.0), (46.0, -150.0, 49.0, -122.0),
)  # fmt: skip
_HEDGES_UV = (
    (-66.0, 10.9, -46.0, 11.9), (17.5, 12.0, 18.7, 66.0), (-18.7, 36.0, -17.5, 66.0),
    (17.5, -66.0, 18.7, -14.0), (-18.7, -66.0, -17.5, -40.0), (-104.0, -37.0, -80.0, -36.0),
    (-104.0, 10.9, -99.0, 69.0), (84.0, 41.0, 120.0, 42.0), (-66.0, -69.0, -22.0, -68.2),
    (20.0, 69.5, 44.0, 70.3), (84.0, -82.0, 150.0, -80.8), (20.0, -100.0, 30.0, -82.0),
    (50.0, 82.0, 72.0, 84.0), (-104.0, 122.0, -82.0, 140.0), (-64.0, 126.0, -30.0, 142.0),
    (104.0, 84.0, 146.0, 112.0), (22.0, -150.0, 44.0, -128.0), (-130.0, -150.0, -108.0, -104.0),
)  # fmt: skip


def inside_blocks(buildings: list[Building]) -> list[tuple[Surface, Area]]:
    """Covers in painting order, scene metres."""
    plots: list[tuple[Surface, Area]] = [(kind, block(*corners)) for kind, corners in _PLOTS_UV]
    alleys: list[tuple[Surface, Area]] = [(Surface.ASPHALT, block(*corners)) for corners in _ALLEYS_UV]
    hedges: list[tuple[Surface, Area]] = [(Surface.GRASS, block(*corners)) for corners in _HEDGES_UV]
    return [*plots, *alleys, *[_beside(one) for one in buildings], *hedges, *_pad()]


def _beside(building: Building) -> tuple[Surface, Area]:
    """A planted or bare strip along one corner of a building."""
    near = building.footprint.buffer(3.2, join_style="mitre").difference(building.footprint.buffer(1.0))
    x, y = building.footprint.centroid.x, building.footprint.centroid.y
    side = box(x - 60, y - 60, x, y + 60) if building.id % 2 else box(x - 60, y, x + 60, y + 60)
    return (Surface.LAWN if building.id % 3 else Surface.SOIL), near.intersection(side)


def _pad() -> list[tuple[Surface, Area]]:
    """The depot's landing pad: rings of paint."""
    pad = Point(*HOME_M)
    return [
        (Surface.CYCLEWAY, pad.buffer(4.0)),
        (Surface.PAVING, pad.buffer(3.5)),
        (Surface.CYCLEWAY, pad.buffer(1.0)),
    ]
