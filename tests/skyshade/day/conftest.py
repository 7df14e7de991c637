import pytest
from fakes.days import small_day

from skyshade.day.run import run_day


@pytest.fixture(scope="session")
def flown_day(tmp_path_factory):
    """A small day, flown once. Tests that change it change a copy."""
    return run_day(small_day(), tmp_path_factory.mktemp("하루"))
