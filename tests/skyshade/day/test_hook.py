from dataclasses import replace

import pytest
from fakes.delivering import DEPOT, LAWN
from fakes.sorties import BEGIN_S, FULL

from core.geo import LocalFrame
from delivery.flightplan import LaneParams, plan_delivery
from delivery.model import Release
from flight.wire import mission_to_wire
from missions.aircraft import load_aircraft
from skyshade.day.sortie import Fault, Sortie, stretches

NEAR = replace(LAWN, position=LocalFrame(DEPOT.position).place(60.0, 40.0), release_height_m=8.0)
LOW = LaneParams(lane_m=20.0, lane_step_m=5.0)


@pytest.mark.parametrize(
    ("release", "faults", "drops"),
    [
        (Release.WINCH, (), 1),
        (Release.WINCH, (Fault(0.0, {"WINCH_RATE_MAX": 0.05}),), 0),
        (Release.LANDING, (), 1),
    ],
)
def test_on_a_simulated_day_a_hook_opens_once_its_line_is_out(release, faults, drops):
    point = replace(NEAR, release=release)
    plan = plan_delivery(DEPOT, point, load_aircraft("hexa-delivery"), payload_kg=1.0, params=LOW)
    items = tuple(mission_to_wire(plan.mission))
    home = DEPOT.position.lat, DEPOT.position.lon, 30.0
    calm = ((0.0, 0.0, 0.0),)
    flown = list(stretches(Sortie(items, *home, BEGIN_S, calm, FULL, 0, faults)))
    found = [stretch.drop for stretch in flown if stretch.drop is not None]
    assert len(found) == drops
    assert flown[-1].ending.completed
    assert all(drop.altitude_m - 31.5 < 9.0 for drop in found)
    said = [text for stretch in flown for _, text in stretch.texts]
    assert any("Winch: raising" in text for text in said) == (release is Release.WINCH)
