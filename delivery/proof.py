"""Proof of delivery, and the file of a flight for an authority: what happened, and nothing personal."""

import html
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.files import write_text
from core.geo import LonLat, distance_m
from delivery.air import outlines_of, volumes_at
from delivery.errors import DeliveryError
from delivery.flights import Flight
from delivery.model import Order
from delivery.record import line_of
from delivery.things import to_data
from delivery.world import Event, World


def proof(order: Order, world: World) -> dict[str, Any]:
    """When, where and how high the vehicle let go, in its own words, and the track it flew.

    Raises `DeliveryError` for an order that was not released.
    """
    if order.released_at_s is None:
        raise DeliveryError(f"order {order.id} is {order.state.value}: nothing was released")
    place, flight = world.places[order.place], world.flights.get(order.flight or "")
    where = None if order.released_lonlat is None else LonLat(*order.released_lonlat)
    return {
        "order": order.id,
        "place": place.id,
        "released_at": iso(order.released_at_s),
        "released_lonlat": order.released_lonlat,
        "height_above_home_m": _rounded(order.released_alt_m),
        "height_above_point_m": _over_point_m(order, world),
        "off_the_point_m": None if where is None else round(distance_m(where, place.position), 2),
        "confirmation": order.release_text,
        "flight": order.flight,
        "aircraft": order.aircraft,
        "recording": None if flight is None else flight.log,
        "track": _track(flight),
    }


def _over_point_m(order: Order, world: World) -> float | None:
    """Metres over the point's ground, by the heights of the ground at both ends; None: not known."""
    flight = world.flights.get(order.flight or "")
    depot = None if flight is None else world.places.get(flight.depot)
    ground_m, home_m = world.places[order.place].elevation_m, None if depot is None else depot.elevation_m
    if order.released_alt_m is None or ground_m is None or home_m is None:
        return None
    return _rounded(order.released_alt_m - (ground_m - home_m))


def _rounded(metres: float | None) -> float | None:
    return None if metres is None else round(metres, 2)


def _track(flight: Flight | None) -> dict[str, Any] | None:
    """The flown track, from beside the recording; None where there is none."""
    if flight is None or flight.log is None:
        return None
    path = Path(flight.log).with_name("track.geojson")
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def flight_file(flight: Flight, world: World, events: Iterable[Event]) -> dict[str, Any]:
    """One flight for the authority: aircraft, times, air reserved, track, what happened; nobody's name."""
    volumes = volumes_at(flight.pieces, outlines_of(flight.pieces), flight.takeoff_s or 0.0)
    subjects = {flight.id, *flight.orders}
    kept = {name: value for name, value in to_data(flight).items() if name != "pieces"}
    return {
        "flight": kept,
        "depot": world.places[flight.depot].name if flight.depot in world.places else flight.depot,
        "place": world.places[flight.place].name if flight.place in world.places else flight.place,
        "volumes": [_volume(v) for v in volumes],
        "track": _track(flight),
        "events": [_nameless(line_of(e)) for e in events if e.subject in subjects],
    }


def _volume(volume: Any) -> dict[str, Any]:
    return {
        "outline": [[round(x, 7), round(y, 7)] for x, y in volume.outline.exterior.coords],
        "floor_m": volume.floor_m,
        "ceiling_m": volume.ceiling_m,
        "datum": volume.datum.value,
        "from": iso(volume.start_s),
        "until": iso(volume.end_s),
    }


def _nameless(line: dict[str, Any]) -> dict[str, Any]:
    hidden = {"customer", "key", "digest", "pieces"}
    return {**line, "data": {k: v for k, v in line["data"].items() if k not in hidden}}


def write_flight_file(content: dict[str, Any], path: Path) -> tuple[Path, Path]:
    """Write the file as JSON, and as a short page for people beside it."""
    page = path.with_suffix(".html")
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    write_text(page, _page(content))
    return path, page


def _page(content: dict[str, Any]) -> str:
    flight = content["flight"]
    facts = [
        ("Aircraft", flight["aircraft"]),
        ("Battery", flight["battery"]),
        ("From", content["depot"]),
        ("To", content["place"]),
        ("Take-off", iso(flight["started_s"])),
        ("End", iso(flight["ended_s"])),
        ("Completed", flight["completed"]),
        ("Problem", flight["problem"] or "none"),
    ]
    rows = "".join(f"<tr><th>{_safe(k)}</th><td>{_safe(v)}</td></tr>" for k, v in facts)
    steps = "".join(f"<li>{_safe(e['time'])} {_safe(e['kind'])}</li>" for e in content["events"])
    title = f"Flight {_safe(flight['id'])}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>'
        f"<table>{rows}</table><h2>What happened</h2><ol>{steps}</ol></html>\n"
    )


def _safe(value: Any) -> str:
    return html.escape("unknown" if value is None else str(value))


def iso(time_s: float | None) -> str | None:
    """A UTC second as ISO 8601."""
    return None if time_s is None else datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds")
