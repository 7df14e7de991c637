"""A plan is replaced in the air only when nothing flies it and the ground below is known."""

from dataclasses import replace

import pytest

from flight.replacing import Ground, above_ground, ground_doubts, not_now
from flight.state import VehicleState
from flight.wire import Frame, Kind, WireItem

ON_GROUND = VehicleState(armed=False, mode="AUTO")


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (ON_GROUND, ""),
        (replace(ON_GROUND, armed=True, mode="GUIDED"), ""),
        (replace(ON_GROUND, armed=True), "flies its mission"),
        (VehicleState(), "unknown"),
    ],
)
def test_a_mission_that_is_flown_is_not_replaced(state, told):
    assert told in not_now(state, {Kind.MISSION})
    assert bool(told) == bool(not_now(state, {Kind.MISSION}))
    assert not not_now(state, {Kind.FENCE, Kind.RALLY})


def test_heights_above_ground_are_found_and_doubts_name_their_items():
    home = WireItem(0, Frame.GLOBAL, 16)
    items = [home, *(WireItem(seq, Frame.GLOBAL_TERRAIN_ALT_INT, 16, x=1, y=1) for seq in (1, 2, 3))]
    assert [item.seq for item in above_ground({Kind.MISSION: items})] == [1, 2, 3]
    ground = {1: Ground.KNOWN, 2: Ground.MISSING, 3: Ground.MISSING, 4: Ground.UNKNOWN}
    missing, unknown = ground_doubts(ground)
    assert "item 2 and 1 more" in missing
    assert "no terrain data" in missing
    assert "item 4:" in unknown
    assert "unknown" in unknown
    assert not ground_doubts({1: Ground.KNOWN})
