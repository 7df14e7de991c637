"""Who must give way: the cases every conflict detection is asked, with made volumes."""

from dataclasses import replace

import pytest
import shapely

from missions.volumes.intent import Intent, IntentState, Sky
from missions.volumes.volume import Volume4D

PLANNED, FLYING = IntentState.ACCEPTED, IntentState.ACTIVATED


def air(west, east, low=0.0, high=30.0):
    return Volume4D(shapely.box(127 + west / 1e4, 37, 127 + east / 1e4, 37.001), low, high, 0.0, 2700.0)


def intent(name, volume, priority=0, state=PLANNED):
    return Intent(name, (volume,), priority, state)


WIDE, LEFT, RIGHT = air(0, 10), air(0, 4), air(5, 10)
HIGHER = intent("ambulance", LEFT, priority=100)


@pytest.fixture
def sky():
    return Sky()


def test_separate_flights_are_both_accepted(sky):
    assert sky.put(intent("a", LEFT)).accepted
    assert sky.put(intent("b", RIGHT)).accepted
    assert sky.put(intent("above", replace(WIDE, floor_m=30.0, ceiling_m=60.0))).accepted
    assert [i.name for i in sky.intents()] == ["a", "b", "above"]


def test_planning_into_a_higher_priority_is_refused_with_its_name(sky):
    sky.put(HIGHER)
    answer = sky.put(intent("parcel", WIDE))
    assert not answer.accepted
    assert answer.reason == "its air is already taken by ambulance"
    assert len(sky.intents()) == 1


def test_a_higher_priority_plans_over_a_lower_one_which_then_cannot_start(sky):
    assert sky.put(intent("parcel", WIDE)).accepted
    assert sky.put(HIGHER).accepted
    assert [m.holder for m in sky.overlaps("parcel")] == ["ambulance"]
    assert not sky.put(intent("parcel", WIDE, state=FLYING)).accepted
    assert sky.put(intent("parcel", RIGHT)).accepted
    assert sky.put(intent("parcel", RIGHT, state=FLYING)).accepted


def test_a_flight_in_the_air_may_keep_to_where_a_higher_one_came_over_it(sky):
    sky.put(intent("parcel", WIDE))
    sky.put(intent("parcel", WIDE, state=FLYING))
    assert sky.put(HIGHER).accepted
    assert sky.put(replace(HIGHER, state=FLYING)).accepted
    smaller = intent("parcel", air(2, 10), state=FLYING)
    assert sky.put(smaller).accepted


def test_a_flight_in_the_air_may_not_change_into_a_conflict(sky):
    sky.put(intent("parcel", RIGHT))
    sky.put(intent("parcel", RIGHT, state=FLYING))
    sky.put(HIGHER)
    assert not sky.put(intent("parcel", WIDE, state=FLYING)).accepted
    assert sky.intents()[0].volumes == (RIGHT,)  # the earlier one stands


@pytest.mark.parametrize("may_meet", [False, True])
def test_equals_meet_only_where_the_rule_allows_it(may_meet):
    sky = Sky(equals_may_meet=may_meet)
    sky.put(intent("a", LEFT))
    assert sky.put(intent("b", WIDE)).accepted is may_meet
    assert sky.put(intent("b", RIGHT)).accepted
    assert sky.put(intent("b", WIDE)).accepted is may_meet


def test_trouble_is_never_refused_and_bars_others_after_it(sky):
    sky.put(intent("a", LEFT))
    sky.put(intent("b", RIGHT))
    lost = Intent("a", (LEFT,), state=IntentState.NONCONFORMING, off_nominal=(air(5, 7),))
    assert sky.put(lost).accepted
    assert [m.holder for m in sky.overlaps("b")] == ["a"]
    assert not sky.put(intent("b", RIGHT, state=FLYING)).accepted
    sky.end("a")
    assert sky.put(intent("b", RIGHT, state=FLYING)).accepted


def test_an_intent_says_what_it_lacks():
    with pytest.raises(ValueError, match="needs a name"):
        intent("", LEFT)
    with pytest.raises(ValueError, match="no volume"):
        Intent("a", ())
    with pytest.raises(ValueError, match="need trouble"):
        Intent("a", (LEFT,), off_nominal=(RIGHT,))
