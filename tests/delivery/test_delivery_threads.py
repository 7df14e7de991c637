"""Many who order at once while the day changes: no air is given twice, no order is lost."""

import dataclasses
import threading

import pytest
from fakes.delivering import NOON
from fakes.delivery_day import DAY, FRAME, Park, conflicts, park

from core.wind import Wind
from delivery.errors import DeliveryError
from delivery.model import Closure, OrderState, Priority
from delivery.request import Request
from delivery.service import set_things
from delivery.store import open_store

THREADS, EACH = 8, 2


@pytest.fixture
def here(tmp_path):
    with open_store(tmp_path / "공원.db", create=True) as store:
        yield Park(store).open(park(5))


def ring(east, north, half=90.0):
    corners = ((-half, -half), (half, -half), (half, half), (-half, half))
    return tuple(FRAME.place(east + e, north + n).xy for e, n in corners)


def change(here, over):
    """An operator who writes down wind, closures and closed points, until the orders are in."""
    turn = 0
    while not over.is_set():
        turn += 1
        here.conditions = dataclasses.replace(DAY, wind=Wind(2.0 + turn % 3, 40.0 * turn))
        closure = Closure("C", "행사", ring(600.0, 500.0 + turn % 2 * 100.0), NOON - 60.0, NOON + 600.0)
        point = here.store.known().places["p0"]
        set_things(here.store, [closure, dataclasses.replace(point, closed=turn % 2 == 0)], here.clock)
        over.wait(0.2)


def order(here, number, made, failed):
    for n in range(EACH):
        kind = Priority.URGENT if (number, n) == (0, 1) else Priority.REGULAR
        try:
            wish = Request(
                f"손님 {number}", f"p{(number + n) % 6}", (("coffee", 1),), kind, key=f"{number}-{n}"
            )
            made.append(here.desk.order(wish).order.id)
        except DeliveryError as error:
            failed.append(error)


def test_orders_of_eight_threads_while_the_day_changes_share_no_air_and_none_is_lost(here):
    over, made, failed = threading.Event(), [], []
    operator = threading.Thread(target=change, args=(here, over))
    people = [threading.Thread(target=order, args=(here, n, made, failed)) for n in range(THREADS)]
    operator.start()
    for thread in people:
        thread.start()
    for thread in people:
        thread.join()
    over.set()
    operator.join()
    world = here.store.world()
    assert failed == []
    assert len(set(made)) == THREADS * EACH
    assert set(made) == set(world.orders)
    assert conflicts(world) == []
    assert here.store.check() == []
    for placed in world.orders.values():
        if placed.state is OrderState.ACCEPTED:
            assert placed.id in world.flights[placed.flight].orders
