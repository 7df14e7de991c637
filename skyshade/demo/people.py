"""Who lives in the made place, where shade could stand, and the shelters that are there already."""

from dataclasses import dataclass

import numpy as np

from skyshade.demo.footways import walk_beside
from skyshade.demo.town import Building, Town, city, crossings, stream_x

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Spot:
    """A point in scene metres with attributes."""

    x_m: float
    y_m: float
    values: dict[str, Value]


_PATH_SPOTS = (
    ("탄천 산책로 쉼터", 32.0, 75.0, 60),
    ("탄천 자전거길 합류점", 20.0, 130.0, 45),
    ("징검다리 앞", -22.0, 76.0, 40),
    ("서쪽 둔치 운동기구", -24.0, 210.0, 35),
    ("동쪽 둔치 벤치", 24.2, 210.0, 55),
    ("제방 벚꽃길", 39.0, 150.0, 50),
)
_STOPS = (
    ("정자역 방면 정류장", 15.5, 34.0, 120),
    ("수내 방면 정류장", -15.5, -36.0, 110),
    ("탄천교 정류장", -52.0, 9.4, 70),
)


def demand(town: Town, rng: np.random.Generator) -> list[Spot]:
    """Where people are at 14 h: doors of buildings, bus stops, resting places by the stream."""
    rows: list[tuple[str, float, float, float]] = []
    for building in town.buildings:
        if building.name != "드론 배송센터":
            rows += _doors(building, rng)
    rows += [(name, stream_x(y) + off, y, weight) for name, off, y, weight in _PATH_SPOTS]
    rows += [(name, *city(u, v), weight) for name, u, v, weight in _STOPS]
    return [_demand(n, row, rng) for n, row in enumerate(rows, start=1)]


def _doors(building: Building, rng: np.random.Generator) -> list[tuple[str, float, float, float]]:
    ring = building.footprint.buffer(1.5).exterior
    floors = max(1.0, building.height_m / 3.2)
    people = building.footprint.area * floors / 45.0
    starts = np.sort(rng.uniform(0, ring.length, 3))
    points = [ring.interpolate(float(s)) for s in starts]
    return [(f"{building.name} {n}번 출입구", p.x, p.y, people / 3) for n, p in enumerate(points, start=1)]


def _demand(number: int, row: tuple[str, float, float, float], rng: np.random.Generator) -> Spot:
    name, x, y, people = row
    residents = round(people)
    elderly = round(people * float(rng.uniform(0.08, 0.42)))
    values: dict[str, Value] = {
        "id": f"D{number:03d}",
        "name": name,
        "weight": round(people * float(rng.uniform(0.8, 1.3)), 1),
        "residents": residents,
        "elderly": elderly,
    }
    return Spot(x, y, values)


def candidates(rng: np.random.Generator) -> list[Spot]:
    """Both waiting places of every crossing; some widths were never measured, and say so by being empty."""
    spots: list[Spot] = []
    for n, (u, v, across) in enumerate(crossings()):
        walk = walk_beside(u, v, across)
        reach = abs(across) / 2 + walk / 2
        for side, word in ((-1, "남서측"), (1, "북동측")):
            x, y = city(u + side * reach, v) if across > 0 else city(u, v + side * reach)
            measured = round(walk + float(rng.normal(0, 0.25)), 1)
            spots.append(
                Spot(
                    x,
                    y,
                    {
                        "id": f"C{len(spots) + 1:02d}",
                        "name": f"{_road_name(u, v, across)} 횡단보도 {n + 1} {word}",
                        "sidewalk_width_m": None if rng.random() < 0.15 else measured,
                        "road_width_m": None if rng.random() < 0.08 else abs(across),
                        "distance_to_crossing_m": round(walk / 2, 1),
                    },
                )
            )
    return spots


def _road_name(u: float, v: float, across_m: float) -> str:
    if across_m > 0:
        return "성남대로" if abs(u) < 12 else ("둔치1길" if u < 0 else "둔치2길")
    return "탄천로" if abs(v) < 7 else ("정자1길" if v < 0 else "정자2길")


def existing(town: Town) -> list[Spot]:
    """The shelters of today; hours and cooling that nobody wrote down are empty."""
    by_name = {b.name: b.footprint for b in town.buildings}
    facts: list[tuple[str, str, int | None, str | None, str | None]] = [
        ("느티경로당", "경로당", 25, None, "Y"),
        ("행복주민센터", "주민센터", 60, "09:00-18:00", "Y"),
        ("탄천도서관", "도서관", 120, "09:00-22:00", None),
        ("정자교회", "종교시설", None, None, None),
    ]
    spots = []
    for n, (name, kind, capacity, hours, cooling) in enumerate(facts, start=1):
        x, y = by_name[name].exterior.interpolate(2.0).coords[0]
        values: dict[str, Value] = {
            "id": f"E{n}", "name": name, "kind": kind, "capacity": capacity, "hours": hours,
            "air_conditioner": cooling,
        }  # fmt: skip
        spots.append(Spot(float(x), float(y), values))
    return spots
