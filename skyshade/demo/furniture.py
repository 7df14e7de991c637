"""What stands on the made place: buildings, trees, parked cars, manholes and reference patches."""

import numpy as np
from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box

from skyshade.demo.town import (
    DEPTH_M,
    WIDTH_M,
    Area,
    Building,
    Car,
    ReferencePatch,
    Roof,
    Tree,
    city,
)

# name, middle (u, v) in the street grid, width, depth, turn in degrees, height, roof, notched (L-shaped)
_BUILDINGS = [
    ("정자상가 1동", -55, 22, 18, 16, 0, 12.0, Roof.GREEN_PAINT, False),
    ("정자상가 2동", -30, 48, 20, 26, 3, 15.0, Roof.CONCRETE, True),
    ("느티마을 관리동", -54, -22, 20, 18, 0, 8.0, Roof.MEMBRANE, False),
    ("행복주민센터", -30, -24, 16, 20, -4, 11.0, Roof.WHITE, False),
    ("탄천도서관", -30, -54, 19, 22, 2, 9.0, Roof.CONCRETE, True),
    ("수내빌라 가동", -92, -22, 14, 20, 0, 10.0, Roof.GREEN_PAINT, False),
    ("수내빌라 나동", -92, 57, 16, 18, 8, 10.0, Roof.GREEN_PAINT, False),
    ("느티경로당", -86, -54, 8, 10, 12, 4.0, Roof.METAL, False),
    ("중앙빌딩", 30, 26, 20, 26, 0, 15.0, Roof.MEMBRANE, False),
    ("한솔빌딩", 57, 24, 20, 20, 0, 13.0, Roof.GREEN_PAINT, True),
    ("한솔창고", 30, 57, 22, 14, -3, 6.0, Roof.METAL, False),
    ("정든상가", 30, -23, 20, 18, 0, 12.0, Roof.CONCRETE, False),
    ("정든학원", 58, -24, 18, 22, 4, 14.0, Roof.WHITE, False),
    ("정든빌라", 58, -54, 18, 18, -6, 9.0, Roof.GREEN_PAINT, False),
    ("탄천초등학교", -44, -101, 44, 14, 0, 13.0, Roof.GREEN_PAINT, False),
    ("탄천초 체육관", -93, -122, 22, 30, 0, 10.0, Roof.METAL, False),
    ("파크뷰 상가", -46, 100, 34, 22, 0, 8.0, Roof.CONCRETE, True),
    ("북쪽빌라", -93, 104, 16, 24, -5, 11.0, Roof.MEMBRANE, False),
    ("서현빌딩", 58, 102, 20, 28, 0, 15.0, Roof.MEMBRANE, False),
    ("동쪽상가", 104, 58, 26, 18, 0, 10.0, Roof.GREEN_PAINT, False),
    ("동쪽빌라", 108, -26, 26, 22, 5, 12.0, Roof.CONCRETE, True),
    ("동쪽창고", 104, -56, 28, 16, 0, 7.0, Roof.METAL, False),
    ("드론 배송센터", 132, -104, 18, 12, 0, 5.0, Roof.METAL, False),
    ("정자교회", 40, -108, 30, 20, 10, 13.0, Roof.CONCRETE, True),
]


def buildings(rng: np.random.Generator) -> list[Building]:
    """The buildings, their heights varied a little."""
    made = []
    for number, (name, u, v, width, depth, turn, height, roof, notched) in enumerate(_BUILDINGS, start=1):
        footprint = _footprint(u, v, width, depth, turn, notched=notched)
        height_m = float(np.clip(height + rng.uniform(-0.8, 0.8), 4.0, 15.0))
        made.append(Building(number, name, footprint, round(height_m, 2), roof, _boxes(rng, footprint, roof)))
    return made


def _boxes(rng: np.random.Generator, footprint: Polygon, roof: Roof) -> tuple[Polygon, ...]:
    """A stair head and some cooling machines on the roof; none on sheet metal."""
    if roof is Roof.METAL:
        return ()
    inner = footprint.buffer(-1.2)
    west, south, east, north = inner.bounds
    made: list[Polygon] = []
    for side in (3.2, *rng.uniform(0.9, 1.8, int(rng.integers(3, 8)))):
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        one = affinity.rotate(box(x - side / 2, y - side / 2, x + side / 2, y + side / 2), 6.0)
        if inner.contains(one) and not any(one.intersects(other) for other in made):
            made.append(one)
    return tuple(made)


def _footprint(u: float, v: float, width: float, depth: float, turn: float, *, notched: bool) -> Polygon:
    west, south, east, north = u - width / 2, v - depth / 2, u + width / 2, v + depth / 2
    ring = [(west, south), (east, south), (east, north), (west, north)]
    if notched:
        x, y = u + width * 0.1, v + depth * 0.1
        ring = [(west, south), (east, south), (east, y), (x, y), (x, north), (west, north)]
    turned = affinity.rotate(Polygon(ring), turn, origin=(u, v))
    return Polygon([city(a, b) for a, b in turned.exterior.coords])


def references() -> tuple[ReferencePatch, ...]:
    """A paddling pool (cool) and a field of black plates (hot), inside the survey area and in the sun."""
    pool, plates = city(-56.0, 52.0), city(-57.0, -44.0)
    return (
        ReferencePatch("물놀이장 기준면", *pool, 3.2, 27.2),
        ReferencePatch("흑색판 기준면", *plates, 3.2, 58.4),
    )


def trees(
    rng: np.random.Generator,
    line: LineString,
    solid: Area,
    roads: Area,
    kept_free: tuple[ReferencePatch, ...],
) -> list[Tree]:
    """Rows on the levees, street trees, groves in the park; none in a building, road or reference patch."""
    from shapely.prepared import prep

    forbidden = prep(solid.buffer(1.5).union(roads.buffer(0.5)))
    patches = [Point(p.x_m, p.y_m).buffer(p.size_radius_m + 9.0) for p in kept_free]
    made: list[Tree] = []
    for x, y, radius, height in [*_rows(rng, line), *_street_trees(rng), *_groves(rng)]:
        crown = Point(x, y).buffer(radius * 0.8)
        if forbidden.intersects(crown) or any(p.intersects(crown) for p in patches):
            continue
        made.append(Tree(x, y, radius, height))
    return made


Spec = tuple[float, float, float, float]  # x, y, crown radius, height
Spot = tuple[float, float, float]  # x, y, reach


def _size(rng: np.random.Generator) -> tuple[float, float]:
    radius = float(rng.uniform(1.7, 3.4))
    return radius, float(np.clip(radius * 2.2 + rng.uniform(0.5, 2.5), 4.0, 10.0))


def _rows(rng: np.random.Generator, line: LineString) -> list[Spec]:
    specs = []
    for offset in (31.5, -31.5):
        row = line.parallel_offset(abs(offset), "left" if offset > 0 else "right")
        for along in np.arange(3.0, row.length, 8.5):
            if rng.random() < 0.25:
                continue
            p = row.interpolate(along + rng.uniform(-1.5, 1.5))
            specs.append((p.x, p.y, *_size(rng)))
    return specs


def _street_trees(rng: np.random.Generator) -> list[Spec]:
    return [
        (*city(u, v + rng.uniform(-1, 1)), 1.6 + float(rng.random()), 6.5)
        for u in (-15.2, 15.2)
        for v in np.arange(-168.0, 150.0, 10.0)
        if abs(v) > 18 and rng.random() < 0.8
    ]


def _groves(rng: np.random.Generator) -> list[Spec]:
    places: list[Spot] = [
        (25, 85, 16),
        (10, 115, 14),
        (52, 20, 10),
        (22, 200, 20),
        (45, 285, 16),
        (15, 300, 14),
    ]
    places += [
        (*city(*uv), r) for uv, r in [((-55, 62), 6), ((60, 55), 10), ((32, 112), 11), ((-97, -62), 5)]
    ]
    specs = []
    for x, y, reach in places:
        for _ in range(int(reach * 1.1)):
            angle, r = rng.uniform(0, 2 * np.pi), reach * np.sqrt(rng.random())
            specs.append((float(x + r * np.cos(angle)), float(y + r * np.sin(angle)), *_size(rng)))
    return specs


def cars(rng: np.random.Generator, solid: Area) -> list[Car]:
    """Parked cars in the car parks and along the local roads."""
    spots = _parking_spots()
    made = []
    for u, v, turn in spots:
        if rng.random() > 0.62:
            continue
        x, y = city(u + rng.uniform(-0.15, 0.15), v + rng.uniform(-0.3, 0.3))
        if not solid.contains(Point(x, y)):
            made.append(Car(x, y, turn + float(rng.normal(0, 1.5)), float(rng.uniform(43.0, 64.0))))
    return made


def _parking_spots() -> list[tuple[float, float, float]]:
    spots: list[tuple[float, float, float]] = []
    for u0, u1, rows in (
        (-63, -43, (-63, -54)),
        (21, 45, (-62, -51, -44)),
        (87, 117, (18, 28, 36)),
        (-97, -80, (18, 29, 40)),
    ):
        spots += [(float(u), float(v), 96.0) for v in rows for u in np.arange(u0 + 1.4, u1 - 1.0, 2.5)]
    kerb = [float(v) for v in np.arange(-160.0, 140.0, 6.2) if min(abs(v), abs(v - 75), abs(v + 75)) > 16]
    return spots + [(u, v, 96.0) for u in (-70.0, 80.0) for v in kerb]


def manholes(rng: np.random.Generator, roads: Area) -> list[tuple[float, float]]:
    """Iron covers scattered over the carriageways."""
    places = zip(rng.uniform(0, WIDTH_M, 900), rng.uniform(0, DEPTH_M, 900), strict=True)
    return [(float(x), float(y)) for x, y in places if roads.contains(Point(x, y))]
