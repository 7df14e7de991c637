"""One order dispatched on the embedded copter, at a summer noon; as a program it is one to interrupt.

python dispatching.py FOLDER [ADDRESS] prints what the flight does, a line a step.
"""

import sys
from pathlib import Path

import click
from fakes.delivering import DEPOT, LAWN, NOON

from core.clock import RealClock, ShiftedClock
from core.wind import Wind
from delivery.feasibility import Conditions
from delivery.model import Craft, Item
from delivery.service import dispatch, place_order, set_things
from delivery.store import open_store
from gis.terrain import FlatTerrain
from skyshade.cli.asking import ask_what_to_do
from skyshade.flier import FlightRoom

CONDITIONS = Conditions(zones=(), wind=Wind(3.0, 270.0), terrain=FlatTerrain(30.0))


def dispatch_one(folder, flier):
    """The order after its flight; the store is FOLDER/store.db."""
    clock = ShiftedClock(RealClock(), NOON - RealClock().utc_s())
    with open_store(folder / "store.db", create=True) as store:
        things = [Item("coffee", "아이스 커피", 0.4), DEPOT, LAWN, Craft("H1", "hexa-delivery", "depot")]
        set_things(store, things, clock)
        place_order(store, "손님", "lawn", [("coffee", 1)], CONDITIONS, clock)
        return dispatch(store, flier, CONDITIONS, clock, folder / "flights")


def told(what, done, _total):
    click.echo(f"{what} {done}")


if __name__ == "__main__":
    address = sys.argv[2] if len(sys.argv) > 2 else None
    speedup = None if address else 20
    room = FlightRoom(
        address or "embedded", confirm_real=address is not None, speedup=speedup, on_progress=told,
        on_interrupt=ask_what_to_do,
    )  # fmt: skip
    made = dispatch_one(Path(sys.argv[1]), room)
    click.echo(" ".join(["order", made.state.value, *made.reasons]))
