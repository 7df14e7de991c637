"""What goes wrong in mid-transfer, each with its verdict."""

import pytest

from core.clock import SimulatedClock
from flight.exchange import LinkMemory, TransferError, UnsendableError, download, upload
from flight.readback import compare
from flight.transfer import Tick, start_upload, step_upload
from flight.wire import Frame, Kind, Message, WireItem


def waypoints(count, z=30.0):
    return tuple(
        WireItem(seq, Frame.GLOBAL_RELATIVE_ALT_INT, 16, x=373_700_000 + seq, y=1_271_000_000, z=z)
        for seq in range(count)
    )


@pytest.mark.parametrize("form", ["MISSION_REQUEST", "MISSION_REQUEST_INT"])
def test_either_form_of_request_is_answered(wired, missions, form):
    wire = wired(missions(asks_with=form), loss=0.1)
    assert upload(wire, Kind.MISSION, waypoints(30), wire.clock).verified


@pytest.mark.parametrize("reboot_s", [1.0, 4.0, 15.0])
def test_a_vehicle_that_starts_anew_in_mid_upload_holds_the_plan_in_the_end(wired, missions, reboot_s):
    wire = wired(missions(reboots_at=50, reboot_s=reboot_s))
    report = upload(wire, Kind.MISSION, waypoints(100), wire.clock)
    assert report.attempts > 1
    assert compare(waypoints(100), wire.vehicle.held[Kind.MISSION]).same


def test_another_stations_upload_is_waited_for(wired, missions):
    wire = wired(missions(busy_until_s=6.0))
    assert upload(wire, Kind.MISSION, waypoints(20), wire.clock).verified
    assert wire.clock.monotonic_s() > 6.0


def test_another_stations_endless_upload_is_named_and_nothing_is_sent(wired, missions):
    wire = wired(missions(busy_until_s=1e9))
    wire.vehicle.held[Kind.MISSION] = list(waypoints(5, z=99.0))
    with pytest.raises(TransferError, match=r"busy.*nothing was sent"):
        upload(wire, Kind.MISSION, waypoints(20), wire.clock)
    with pytest.raises(TransferError, match="busy with another station"):
        upload(wire, Kind.MISSION, waypoints(20), wire.clock, keep_old=False)
    assert wire.vehicle.held[Kind.MISSION] == list(waypoints(5, z=99.0))


def test_messages_about_another_list_do_not_disturb_a_fence_upload(wired):
    wire = wired(loss=0.1)
    strays = [
        Message("MISSION_REQUEST", {"seq": 3, "mission_type": 0}),
        Message("MISSION_ACK", {"type": 14, "mission_type": 0}),
        Message("MISSION_COUNT", {"count": 9, "mission_type": 2}),
    ]

    def disturb(_done, _total):
        for stray in strays:
            wire._fly("down", stray)

    fence = [
        WireItem(seq, Frame.GLOBAL, 5003, (9.0, 0, 0, 0), x=373_700_000 + seq, y=1, kind=Kind.FENCE)
        for seq in range(30)
    ]
    assert upload(wire, Kind.FENCE, fence, wire.clock, on_progress=disturb).attempts == 1


def test_a_learnt_limit_refuses_the_next_plan_before_anything_is_sent(wired, missions):
    wire, memory = wired(missions(limit=10)), LinkMemory()
    with pytest.raises(TransferError, match="holds at most 10"):
        upload(wire, Kind.MISSION, waypoints(11), wire.clock, memory=memory)
    sent = wire.sent
    with pytest.raises(UnsendableError, match=r"12 items are more than this vehicle holds \(10\)"):
        upload(wire, Kind.MISSION, waypoints(12), wire.clock, memory=memory)
    assert wire.sent == sent
    assert upload(wire, Kind.MISSION, waypoints(10), wire.clock, memory=memory).verified


def test_the_time_for_all_of_it_is_kept(wired, missions):
    wire = wired(missions(), loss=0.4, delay_s=0.5)
    with pytest.raises(TransferError, match="time for all of it is over"):
        upload(wire, Kind.MISSION, waypoints(300), wire.clock, total_s=10.0)


def test_an_item_that_never_gets_through_ends_the_upload_though_the_vehicle_talks():
    clock = SimulatedClock()
    state, _ = start_upload(Kind.MISSION, waypoints(5), 0.0)
    state, _ = step_upload(state, Message("MISSION_REQUEST", {"seq": 0}), 0.1)
    while not state.ended and clock.now_s < 100:
        clock.sleep(0.5)
        state, _ = step_upload(state, Message("MISSION_REQUEST", {"seq": 0}), clock.now_s)
        state, _ = step_upload(state, Tick(), clock.now_s)
    assert "no item got through" in state.trouble
    assert clock.now_s < 40


def test_a_download_from_a_busy_vehicle_says_so(wired, missions):
    wire = wired(missions(busy_until_s=1e9))
    with pytest.raises(TransferError, match="busy with another station"):
        download(wire, Kind.MISSION, wire.clock)
