"""Why a flight that is in the air is to come back with its goods: what became true after it took off."""

from shapely.geometry import Polygon

from delivery.air import outlines_of
from delivery.feasibility import place_reasons
from delivery.flights import Flight
from delivery.world import World


def why_back(world: World, flight: Flight, now_s: float) -> str | None:
    """The first reason not to hand the goods over; None while there is none.

    Its point is closed or occupied, or air on the rest of its way there is closed.
    """
    point = world.places.get(flight.place)
    said = next(place_reasons(point), None) if point is not None else None
    return _closed_air(world, flight, now_s) if said is None else said.message


def _closed_air(world: World, flight: Flight, now_s: float) -> str | None:
    begun_s = flight.started_s or flight.takeoff_s
    if begun_s is None or flight.release_s is None or flight.takeoff_s is None:
        return None
    out_s = flight.release_s - flight.takeoff_s
    ahead = [p for p in flight.pieces if p.begin_s < out_s and begun_s + p.end_s > now_s]
    for closure in world.closures.values():
        if not ahead or closure.until_s <= now_s:
            continue
        ring = Polygon(closure.ring)
        for piece, outline in zip(ahead, outlines_of(ahead), strict=True):
            if begun_s + piece.end_s > closure.from_s and outline.intersects(ring):
                return f"{closure.name} is closed"
    return None
