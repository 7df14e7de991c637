"""Copters on the bench."""

import pytest
from fakes.copter_bench import HOME, Bench

from flight.simulator.copter import Copter
from flight.simulator.params import default_params
from flight.simulator.vehicle import Setup


@pytest.fixture(name="make")
def make_bench():
    """A copter that is ready at once, unless told otherwise; keyword arguments are parameters."""

    def make(ready_s=0.0, seed=1, **params):
        table = default_params()
        for name, value in params.items():
            table.set(name, value)
        setup = Setup(*HOME, 30.0, 0.0, seed=seed, ready_s=ready_s)
        bench = Bench(Copter(setup, table))
        bench.copter.join(0)
        bench.copter.telemetry.request_stream(0, 0, 4.0)
        bench.run(0.5)
        return bench

    return make


@pytest.fixture(name="bench")
def ready_bench(make):
    return make()
