"""The missions that the likeness of the embedded copter is measured on: the demo's two and five more."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from core.geo import Altitude, Datum, LocalFrame, LonLat
from delivery.flightplan import LaneParams, plan_delivery
from delivery.places import read_places
from missions.aircraft import load_aircraft
from missions.airspace import read_zones
from missions.model import Command, Home, Mission, MissionItem
from skyshade.demo.choices import StoryParams
from skyshade.demo.delivering import PLACE
from skyshade.demo.layers import write_layers
from skyshade.demo.scene import make_scene
from skyshade.demo.surveying import DAY, WIND, plan

HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
RETURN = MissionItem(Command.NAV_RETURN_TO_LAUNCH)
PAYLOAD_KG = 1.5


def at(north_m: float, east_m: float, up_m: float, *params: float, command: int = 16) -> MissionItem:
    """An item at a place, metres from home."""
    place, height = FRAME.place(east_m, north_m), Altitude(up_m, Datum.HOME)
    return MissionItem(command, (*params, 0.0, 0.0, 0.0, 0.0)[:4], place, height)


def do(command: int, *params: float) -> MissionItem:
    """An item without a place."""
    return MissionItem(command, (*params, 0.0, 0.0, 0.0, 0.0)[:4])


def mission(height_m: float, *items: MissionItem) -> Mission:
    """Take off to `height_m`, then the items."""
    takeoff = MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(height_m, Datum.HOME))
    return Mission(Home(HOME, 40.0), (takeoff, *items))


def demo_missions() -> dict[str, Mission]:
    """The demo's survey and its delivery, planned as the demo plans them."""
    params = StoryParams()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scene = make_scene(params.seed)
        layers = write_layers(scene, folder / "scene")
        survey = plan(layers, scene, params, folder / "plans", lambda *_: None).survey
        places = read_places(layers.places)
        zones = read_zones(layers.airspace)
    depot = next(p for p in places if p.kind == "depot")
    point = next(p for p in places if p.id == PLACE)
    lanes = LaneParams(lane_m=40.0)
    craft = load_aircraft("hexa-delivery")
    delivery = plan_delivery(
        depot, point, craft, payload_kg=PAYLOAD_KG, zones=zones, at_time=DAY, wind=WIND, params=lanes
    )
    return {"demo survey": survey.sorties[0].mission, "demo delivery": delivery.mission}


def stairs() -> Mission:
    """A survey up and down a hillside: lines along the slope, each in steps of 10 m."""
    items = [do(Command.DO_CHANGE_SPEED, 1, 7, -1)]
    for n, north_m in enumerate((0.0, 25.0, 50.0)):
        across = [(20.0, 20.0), (60.0, 30.0), (100.0, 40.0), (140.0, 30.0), (180.0, 25.0)]
        line = [at(north_m, east_m, up_m) for east_m, up_m in (across if n % 2 == 0 else across[::-1])]
        items += [line[0], do(Command.DO_SET_CAM_TRIGG_DIST, 10, 0, 1), *line[1:]]
        items.append(do(Command.DO_SET_CAM_TRIGG_DIST, 0))
    return mission(20.0, *items, RETURN)


def spline_tour() -> Mission:
    """A tour along splines, entered and left by straight legs."""
    spline = int(Command.NAV_SPLINE_WAYPOINT)
    bends = [(60, 40, 25), (20, 90, 30), (-40, 60, 25), (-60, -20, 20), (0, -60, 25)]
    return mission(
        20.0, at(50, 0, 20), *(at(*bend, command=spline) for bend in bends), at(20, -20, 20), RETURN
    )


def placing() -> Mission:
    """A load put down on the ground and the way home."""
    place = int(Command.NAV_PAYLOAD_PLACE)
    return mission(
        25.0, do(Command.DO_GRIPPER, 1, 1), at(60, 40, 25), at(110, 60, 25, 1),
        at(110, 60, 25, 30, command=place), at(60, 40, 35), RETURN,
    )  # fmt: skip


def round_and_round() -> Mission:
    """Circles, waits, changes of speed and a jump back."""
    return mission(
        20.0, at(50, 0, 20), do(Command.DO_CHANGE_SPEED, 1, 5, -1),
        at(80, 40, 20, 2, 0, 15, 0, command=18), do(Command.DO_CHANGE_SPEED, 1, 9, -1), at(0, 80, 30),
        at(-40, 40, 20, 4, command=19), do(Command.NAV_DELAY, 3), at(0, -20, 20),
        at(40, -20, 20), do(Command.DO_JUMP, 8, 1), RETURN,
    )  # fmt: skip


def diagonals() -> Mission:
    """Long legs at an angle to the wind, with sharp and blunt corners and height to gain and lose."""
    return mission(30.0, at(250, 200, 40), at(300, -150, 60), at(0, -250, 30), at(-150, 100, 30), RETURN)


def missions(*, demo: bool = True) -> Mapping[str, Mission]:
    """All of them by name."""
    own = {
        "stairs": stairs(), "splines": spline_tour(), "payload place": placing(),
        "circles and jump": round_and_round(), "diagonals": diagonals(),
    }  # fmt: skip
    return {**(demo_missions() if demo else {}), **own}
