from fakes.days import small_day

from delivery.model import OrderState
from skyshade.day.judging import judge_day
from skyshade.day.run import run_day


def test_a_copter_that_breaks_before_its_release_drops_nothing_and_its_aircraft_stays_on_the_ground(tmp_path):
    orders = {"count": 1, "urgent": 0.0, "reserved": 0.0, "too_heavy": 0.0}
    fault = [{"at": "12:00:00", "fault": "gps-loss", "after_s": 15}]
    record = run_day(small_day(orders=orders, fault=fault), tmp_path)
    (told,), (tape, *_) = record.faults, record.tapes
    assert told == (tape.flight, "gps-loss")
    assert tape.drops == []
    assert not tape.fixes[-1].airborne
    assert record.world.aircraft[tape.aircraft].grounded == "it came down away from its depot"
    (order,) = record.world.orders.values()
    drops = sum(len(t.drops) for t in record.tapes)
    assert (order.state is OrderState.CLOSED) == (drops == 1)
    assert judge_day(record).good
