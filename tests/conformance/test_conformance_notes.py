"""What is known of real ArduCopter 4.6.2 from notes alone: transfers by dronekit, signing on two ports."""

import pytest
from conformance.cases import Case, Step
from conformance.embedded import LockStep
from conformance.player import play
from conformance.wishes import clear, count, deed, download, home_row, place, row

from flight.simulator.connections import Client
from flight.simulator.messages import mavlink
from flight.simulator.signing import Signing

WHO = {"target_system": 1, "target_component": 1}
KEY, NOW = bytes(range(32)), 10**13  # ten microseconds since 2015
MINUTE = 60 * 100_000


def old_item(at_s, seq, row_):
    """MISSION_ITEM with single-precision degrees, as dronekit sends it when it is asked."""
    params = {f"param{number}": value for number, value in enumerate(row_.params, 1)}
    where = {"x": row_.x / 1e7, "y": row_.y / 1e7, "z": row_.z}
    fields = {**WHO, **params, **where, "seq": seq, "frame": row_.frame, "command": row_.command}
    return Step(at_s, "MISSION_ITEM", {**fields, "current": 0, "autocontinue": 1}, f"asks for item 0/{seq}")


def dronekit_upload(rows):
    """Clear, upload, and read back what the vehicle holds."""
    items = [old_item(6.0, seq, row_) for seq, row_ in enumerate(rows)]
    return (clear(5.0), count(6.0, len(rows)), *items, *download(20.0, 0))


def answered(steps):
    said = play(Case("of notes", tuple(steps), 24.0), LockStep.of(Case("of notes", (), 24.0)))
    return [a.key for a in said if a.channel == "reply"], [a.key for a in said if a.channel == "words"]


WAYPOINT, UNKNOWN = row(16, 40, 0, 20), deed(9999)


@pytest.mark.parametrize(
    ("rows", "asked", "held"),
    [
        ([home_row(), WAYPOINT, UNKNOWN], 3, 2),  # the last one
        ([home_row(), WAYPOINT, UNKNOWN, WAYPOINT, WAYPOINT], 3, 2),
    ],
)
def test_an_upload_by_dronekit_ends_at_the_item_that_is_not_supported(rows, asked, held):
    replies, words = answered(dronekit_upload(rows))
    asks = [f"asks for item 0/{seq}" for seq in range(asked)]
    assert replies == ["mission type 0: 0", *asks, "mission type 0: 3", f"count 0: {held}"]
    assert words.count("4 got MISSION_ITEM; GCS should send MISSION_ITEM_INT") == 1


def test_items_of_single_precision_are_kept_within_the_metre_that_it_has():
    rows = [home_row(), WAYPOINT]
    said = play(
        Case("of notes", (*dronekit_upload(rows)[:-1], *download(20.0, 2)), 24.0),
        LockStep.of(Case("of notes", (), 24.0)),
    )
    kept = next(a.numbers for a in said if a.key.startswith("item 0/1 "))
    assert kept[4:6] == pytest.approx(place(40, 0), abs=80)  # 1e-7 degrees: 0.7 m in longitude


def heard(port, *, key=None, timestamp=NOW):
    """Whether a port takes a command that is signed so, where KEY was set up at NOW."""
    signing = Signing()
    signing.set_up(mavlink.MAVLink_setup_signing_message(1, 1, KEY, NOW))
    client = Client(1, port, None)
    signing.apply(client.link, port)
    sender = mavlink.MAVLink(None, 255, 190)
    if key is not None:
        sender.signing.secret_key, sender.signing.sign_outgoing = key, True
        sender.signing.timestamp = timestamp
    asked = mavlink.MAVLink_command_long_message(1, 1, 512, 0, 148, 0, 0, 0, 0, 0, 0)
    found = client.link.parse_buffer(asked.pack(sender)) or []
    return [message.get_type() for message in found] == ["COMMAND_LONG"]


@pytest.mark.parametrize(
    ("how", "second_port"),
    [
        ({}, False),
        ({"key": KEY}, True),
        ({"key": KEY[::-1]}, False),
        ({"key": KEY, "timestamp": NOW - 20 * MINUTE}, False),
    ],
)
def test_the_second_port_takes_what_is_rightly_signed_and_new_and_the_first_everything(how, second_port):
    assert heard(0, **how)
    assert heard(1, **how) is second_port
