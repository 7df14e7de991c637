import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.soak
@pytest.mark.timeout(1500)
def test_a_service_killed_ten_times_with_aircraft_in_the_air_loses_no_order_and_drops_none_twice():
    """The kills, the copters and who counts their releases are programs of their own."""
    script = ROOT / "benchmarks" / "service_kills.py"
    done = subprocess.run(
        [sys.executable, str(script), "10"],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| replay differs | 0" in done.stdout
