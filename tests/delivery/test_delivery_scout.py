"""Courses from another process: the same as here, and nothing is lost with it."""

import subprocess
import sys
import time

import pytest
from fakes.delivering import DEPOT, LAWN, NOON
from fakes.scouting import cannot_do_it, dies_over_the_first_errand, never_starts

from core.wind import Wind
from delivery.conditions import Conditions
from delivery.desk import Desk
from delivery.model import Craft, OrderState
from delivery.request import Request
from delivery.scout import EARLY_DEATHS, Scout
from delivery.warming import Warmer, courses
from delivery.ways import Ways
from gis.terrain import FlatTerrain

DAY = Conditions(zones=(), wind=Wind(3.0, 270.0), terrain=FlatTerrain(30.0))
CRAFT = Craft("H1", "hexa-delivery", "depot")
PATIENCE_S = 300.0  # a busy machine is slow to start a process; nothing is measured
pytestmark = pytest.mark.timeout(4 * PATIENCE_S)


@pytest.fixture
def scouts():
    started = []

    def start(*target):
        scout = Scout(*target, patience_s=PATIENCE_S)
        started.append(scout)
        scout.start()
        return scout

    yield start
    for scout in started:
        scout.stop()


def wait_for(what):
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def told(way):
    return way.plan, way.reasons, way.pieces, way.to_release_s, way.total_s, way.energy_Wh(1.0)


def test_a_course_from_the_worker_is_the_one_worked_out_here(scouts):
    scout = scouts()
    wait_for(lambda: scout.ready)
    there, here = Ways(hand=scout), Ways()
    assert told(there.way(CRAFT, DEPOT, LAWN, DAY, NOON)) == told(here.way(CRAFT, DEPOT, LAWN, DAY, NOON))
    assert scout.ready


def test_an_order_is_answered_though_the_worker_dies_over_its_course_and_another_is_started(
    scouts, store, clock
):
    scout = scouts(dies_over_the_first_errand)
    wait_for(lambda: scout.ready)
    first = scout.pid
    desk = Desk(store, lambda: DAY, clock)
    desk.planner.ways.hand = scout
    order = desk.order(Request("손님", "lawn", (("coffee", 1),))).order
    assert order.state is OrderState.ACCEPTED
    assert store.check() == []
    wait_for(lambda: scout.ready)
    assert scout.pid != first


@pytest.mark.parametrize("target", [never_starts, cannot_do_it])
def test_without_a_worker_that_can_do_it_the_work_is_done_here(scouts, target):
    scout = scouts(target)
    plain = told(Ways().way(CRAFT, DEPOT, LAWN, DAY, NOON))
    for _ in range(EARLY_DEATHS + 2):
        assert told(Ways(hand=scout).way(CRAFT, DEPOT, LAWN, DAY, NOON)) == plain


def test_courses_are_known_before_anybody_orders(scouts, store, clock):
    scout = scouts()
    desk = Desk(store, lambda: DAY, clock)
    desk.planner.ways.hand = scout
    warmer = Warmer(desk, scout)
    wait_for(lambda: warmer.look() or warmer._mark is not None)  # a worker that is lost is replaced
    scout.stop()
    found = list(courses(desk, store.known(), clock.utc_s()))
    assert len(found) == DAY.operations.levels
    assert all(course.known for course in found)


def test_the_worker_ends_when_its_scout_is_stopped(scouts):
    scout = scouts()
    wait_for(lambda: scout.ready)
    process = scout._process
    scout.stop()
    assert not process.is_alive()
    assert not scout.ready


STARTER = """
import sys, time
from delivery.scout import Scout
scout = Scout()
scout.start()
while not scout.ready:
    time.sleep(0.02)
print(scout.pid, flush=True)
time.sleep(600.0)
"""


def test_the_worker_ends_when_its_parent_is_killed():
    with subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True) as parent:
        assert int(parent.stdout.readline()) > 0
        parent.kill()
        told, _ = parent.communicate(timeout=PATIENCE_S)  # ends when the last that could write is gone
    assert told == ""
