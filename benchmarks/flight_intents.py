"""The standard flight intents of interuss/monitoring, and what a conflict detection must answer to them.

Give the folder `monitoring/uss_qualifier/test_data/flight_intents/standard` of a checkout of that repository:
python benchmarks/flight_intents.py FOLDER
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import shapely
import yaml

from core.geo import Datum
from missions.volumes.book import Book
from missions.volumes.intent import Intent, IntentState, Sky
from missions.volumes.volume import Volume4D

MEET = {
    ("flight1_planned", "flight2_planned"): True,
    ("flight1_planned", "flight2m_activated"): False,
    ("flight1_activated", "flight2_activated"): True,
    ("flight1m_planned", "flight2_planned"): True,
    ("flight1m_planned", "flight2m_activated"): False,
    ("flight1m_activated", "flight2_activated"): True,
    ("flight1m_activated", "flight2m_activated"): False,
    ("flight1c_activated", "flight2m_activated"): True,
    ("flight1_planned", "equal_prio_flight2_planned"): True,
    ("flight1m_activated", "equal_prio_flight2_activated"): True,
    ("flight1c_planned", "equal_prio_flight2_planned"): False,
    ("flight1c_activated", "equal_prio_flight2_nonconforming"): False,
    ("flight1_activated", "equal_prio_flight2m_planned"): False,
}
HIGHER = [
    ("put", "flight2_planned", True),
    ("put", "flight1_planned", False),
    ("end", "flight2", True),
    ("put", "flight1_planned", True),
    ("put", "flight2_planned", True),
    ("put", "flight1m_planned", False),
    ("put", "flight1_activated", False),
    ("end", "flight2", True),
    ("put", "flight1_activated", True),
    ("put", "flight2_planned", True),
    ("put", "flight2_activated", True),
    ("put", "flight1m_activated", None),  # in conflict already: either answer stands
    ("put", "flight2m_activated", True),
    ("put", "flight1c_activated", False),
]
EQUAL = [
    ("put", "equal_prio_flight2_planned", True),
    ("put", "equal_prio_flight2_activated", True),
    ("put", "flight1_planned", False),
    ("put", "flight1_activated", False),
    ("put", "flight1c_planned", True),
    ("put", "flight1_planned", False),
    ("put", "flight1c_activated", True),
    ("put", "flight1_activated", False),
    ("end", "flight2", True),
    ("put", "flight1_activated", True),
    ("put", "equal_prio_flight2m_planned", True),
    ("put", "equal_prio_flight2_nonconforming", True),
    ("put", "flight1m_activated", None),
]
APART = [
    ("put", "flight_1_planned", True),
    ("put", "flight_1_activated", True),
]


def changed(base: Any, change: Any) -> Any:
    """A mutation of the collection's own kind: lists element by element, '+key' in place of key."""
    if isinstance(base, dict) and isinstance(change, dict):
        merged = dict(base)
        for key, value in change.items():
            name = key.removeprefix("+")
            merged[name] = value if key != name or name not in base else changed(base[name], value)
        return merged
    if isinstance(base, list) and isinstance(change, list):
        return [changed(b, c) for b, c in zip(base, change, strict=True)]
    return change


def resolved(table: dict[str, Any], name: str) -> dict[str, Any]:
    entry = table[name]
    if "full" in entry:
        found: dict[str, Any] = entry["full"]
        return found
    delta = entry["delta"]
    merged: dict[str, Any] = changed(resolved(table, delta["source"]), delta["mutation"])
    return merged


def intent(table: dict[str, Any], name: str) -> Intent:
    entry = resolved(table, name)
    basic = entry["basic_information"]
    flying = basic["usage_state"] == "InUse"
    state = IntentState.ACTIVATED if flying else IntentState.ACCEPTED
    if basic["uas_state"] != "Nominal":
        state = IntentState.NONCONFORMING
    flight = "flight2" if "flight2" in name or "flight_2" in name else "flight1"
    volumes = tuple(_volume(area) for area in basic["area"])
    return Intent(flight, volumes, entry["astm_f3548_21"]["priority"], state)


def _volume(area: dict[str, Any]) -> Volume4D:
    outline = shapely.Polygon([(v["lng"], v["lat"]) for v in area["outline_polygon"]["vertices"]])
    if not outline.is_valid:
        outline = shapely.make_valid(outline)
    low, high = area["altitude_lower"]["value"], area["altitude_upper"]["value"]
    return Volume4D(outline, low, high, -1.0, 2700.0, Datum.ELLIPSOID)


def played(table: dict[str, Any], steps: list[tuple[str, str, bool | None]]) -> list[str]:
    """Each step's answer beside the expected one; a line for each that differs."""
    sky, wrong = Sky(book=Book(Datum.ELLIPSOID)), []
    for number, (what, name, expected) in enumerate(steps, start=1):
        if what == "end":
            sky.end(name)
            continue
        answer = sky.put(intent(table, name))
        if expected is not None and answer.accepted is not expected:
            wrong.append(f"step {number} {name}: {answer.accepted}, expected {expected}")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    tables = {
        name: yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))["intents"]
        for name in ("conflicting_flights", "non_conflicting")
    }
    table = tables["conflicting_flights"]
    wrong = []
    for (a, b), expected in MEET.items():
        met = any(v.meets(w) for v in intent(table, a).volumes for w in intent(table, b).volumes)
        wrong += [f"{a} and {b}: {met}, expected {expected}"] if met is not expected else []
    print("| case | expected answers | as expected |\n|---|---|---|")
    print(f"| which intents meet | {len(MEET)} | {len(MEET) - len(wrong)} |")
    plays = {
        "higher priority": (table, HIGHER),
        "equal priority, no conflict allowed": (table, EQUAL),
        "no conflict": (tables["non_conflicting"], APART),
    }
    for name, (used, steps) in plays.items():
        asked = sum(s[0] == "put" and s[2] is not None for s in steps)
        bad = played(used, steps)
        wrong += [f"{name}: {line}" for line in bad]
        print(f"| {name} | {asked} | {asked - len(bad)} |")
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
