"""The embedded copter, case by case, against what real ArduPilot answered."""

import os

import pytest
from conformance import stored
from conformance.compare import compare
from conformance.embedded import LockStep
from conformance.player import play
from conformance.recordings import recording, recordings
from conformance.report import explanations
from conformance.wired import ardupilot

# Against one record each; docs/conformance.md also counts what agrees with ArduPilot of the day.
MOST_APART_RECORDED, MOST_APART_UNSEEN = 2, 6
# Short ones of each kind in the ordinary run; the long runs take all.
QUICK = ("arm_early", "battery_low_act5", "camera_none", "fence_rally", "inflight", "rc_loss", "wind")
QUICK_UNSEEN = 14


def differences(record):
    found = compare(record.answers, play(record.case, LockStep.of(record.case)), record.case.until_s)
    return [str(difference) for difference in found.differences]


def unexplained(record):
    """What differs, unless it is known and told in docs/conformance.md."""
    return [] if record.case.name in explanations() else differences(record)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", QUICK)
def test_the_copter_answers_as_arducopter_did_in_a_recorded_session(shared_data, name):
    assert unexplained(recording(recordings(shared_data / "flight")[name])) == []


@pytest.mark.parametrize("number", range(QUICK_UNSEEN))
def test_the_copter_answers_as_arducopter_does_in_a_sequence_nobody_recorded(number):
    assert unexplained(stored.unseen()[number]) == []


@pytest.mark.soak
@pytest.mark.shared_data
@pytest.mark.timeout(1200)
def test_recorded_sessions_agree_and_the_rest_is_explained(shared_data):
    every = [recording(path) for path in recordings(shared_data / "flight").values()]
    apart = {record.case.name for record in every if differences(record)}
    assert apart <= explanations().keys()
    assert len(apart) <= MOST_APART_RECORDED


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_unseen_sequences_agree_and_the_rest_is_explained():
    every = stored.unseen()
    apart = {record.case.name for record in every if differences(record)}
    assert apart <= explanations().keys()
    assert len(apart) <= MOST_APART_UNSEEN


@pytest.mark.soak
@pytest.mark.ardupilot
@pytest.mark.skipif("SKYSHADE_ARDUCOPTER" not in os.environ, reason="SKYSHADE_ARDUCOPTER names no arducopter")
@pytest.mark.parametrize("number", [0, 9])
def test_arducopter_still_answers_as_its_record_says(number):
    record = stored.unseen()[number]
    with ardupilot(record.case, instance=68) as vehicle:
        again = compare(record.answers, play(record.case, vehicle), record.case.until_s)
    assert again.agrees, "\n".join(map(str, again.differences))
