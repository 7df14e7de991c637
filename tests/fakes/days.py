"""A small day: one depot, two aircraft, two points, half an hour."""

from skyshade.day.scenario import DayFile, scenario_of

PLACES = [
    {"id": "d1", "name": "거점", "kind": "depot", "position": [127.11, 37.37], "elevation_m": 30.0,
     "pads": [[127.11, 37.37], [127.11025, 37.37]]},
    {"id": "p1", "name": "잔디밭", "position": [127.112, 37.372], "elevation_m": 30.0,
     "release": "gripper", "release_height_m": 3.0, "hours": "11:00-17:00"},
    {"id": "p2", "name": "물놀이장", "position": [127.108, 37.373], "elevation_m": 30.0,
     "release": "gripper", "release_height_m": 3.0, "hours": "11:00-17:00"},
]  # fmt: skip
ORDERS = {"urgent": 0.2, "reserved": 0.0, "too_heavy": 0.2}


def small_day(orders=6, **more):
    """A scenario; `orders` is how many, or how; `more` replaces parts of the file."""
    file = {
        "day": {"date": "2026-06-13", "since": "12:00:00", "until": "12:30:00", "seed": 3},
        "orders": orders if isinstance(orders, dict) else {**ORDERS, "count": orders},
        "place": PLACES,
        "aircraft": [{"id": name, "type": "hexa-delivery", "depot": "d1"} for name in ("H1", "H2")],
        "item": [{"id": "coffee", "name": "커피", "mass_kg": 0.4}],
        "weather": [{"at": "12:00:00", "wind_ms": 3.0, "wind_from_deg": 270.0}],
        **more,
    }
    return scenario_of(DayFile.model_validate(file))
