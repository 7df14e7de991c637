import pytest
from fakes.delivering import NOON
from fakes.serving import running

from core.clock import SimulatedClock


@pytest.fixture
def served(tmp_path):
    with running(tmp_path, SimulatedClock(epoch_s=NOON)) as service:
        yield service
