import multiprocessing

import pytest
from fakes.sorties import up_and_down

from core.errors import SkyshadeError
from skyshade.day.hangar import Hangar
from skyshade.day.sortie import Fault, stretches


@pytest.fixture(scope="module")
def hangar():
    with Hangar(2) as made:
        yield made


def test_flights_are_the_same_in_workers_as_here(hangar):
    sorties = [up_and_down(seed) for seed in (1, 2, 3)]
    flown = [hangar.fly(sortie) for sortie in sorties]  # all under way before the first is asked for
    assert [list(flight) for flight in flown] == [list(stretches(sortie)) for sortie in sorties]


def test_what_goes_wrong_in_a_worker_is_raised_where_the_flight_was_asked_for(hangar):
    calm = up_and_down(wind=())
    with pytest.raises(IndexError):
        list(hangar.fly(calm))
    assert list(hangar.fly(up_and_down()))[-1].ending.completed


def test_flights_of_a_worker_that_ended_are_refused_in_one_line():
    before = set(multiprocessing.active_children())
    with Hangar(1) as lost:
        (process,) = set(multiprocessing.active_children()) - before
        process.kill()
        process.join()
        with pytest.raises(SkyshadeError, match="worker process"):
            list(lost.fly(up_and_down()))


def test_no_process_outlives_its_hangar():
    before = set(multiprocessing.active_children())
    with Hangar(1):
        begun = set(multiprocessing.active_children()) - before
    assert not any(process.is_alive() for process in begun)


def test_a_wind_that_a_fault_brought_stays():
    calm = list(stretches(up_and_down()))
    fixes = [fix for stretch in calm for fix in stretch.fixes]
    up = next(n for n, fix in enumerate(fixes) if fix.airborne)
    blown = up_and_down(faults=(Fault(4.9, {"SIM_WIND_SPD": 9.0, "SIM_WIND_DIR": 90.0}),))
    change_s = fixes[up].time_s + 5.5  # told five seconds after take-off, felt from the next half second on
    same = up_and_down(wind=((0.0, 2.0, 270.0), (change_s, 9.0, 90.0)))
    assert list(stretches(blown)) == list(stretches(same))
    assert list(stretches(blown)) != calm
