import subprocess
import sys
from pathlib import Path

import pytest
from fakes.postgres import temporary_postgres

ROOT = Path(__file__).parents[3]


def killed(kills, *store):
    """The kills, the copters and who counts their releases are programs of their own."""
    script = ROOT / "benchmarks" / "service_kills.py"
    done = subprocess.run(
        [sys.executable, str(script), str(kills), "1", *store],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| replay differs | 0" in done.stdout


@pytest.mark.soak
@pytest.mark.timeout(1500)
def test_a_service_killed_ten_times_with_aircraft_in_the_air_loses_no_order_and_drops_none_twice():
    killed(10)


@pytest.mark.soak
@pytest.mark.timeout(1500)
def test_killed_on_postgresql_it_loses_no_order_and_drops_none_twice_either():
    with temporary_postgres() as url:
        killed(6, url)
