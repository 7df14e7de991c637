"""MAVProxy, called as a program, flies a simulated vehicle (through the benchmark of clients)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".venv-bench" / "bin" / "mavproxy.py"
SCRIPT = (
    "import sys; sys.path.insert(0, 'benchmarks'); import clients; print(clients.row(*sys.argv[1:3], 5.0))"
)


@pytest.mark.soak
@pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is missing (benchmarks/requirements.txt)")
@pytest.mark.parametrize("kind", ["embedded", pytest.param("ardupilot", marks=pytest.mark.ardupilot)])
def test_mavproxy_uploads_arms_flies_and_follows_to_the_landing(kind):
    if kind == "ardupilot" and not os.environ.get("SKYSHADE_ARDUCOPTER"):
        pytest.skip("SKYSHADE_ARDUCOPTER names no ArduPilot SITL")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "MAVProxy", kind], cwd=ROOT, capture_output=True, text=True,
        timeout=280, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    cells = [cell.strip() for cell in done.stdout.strip().strip("|").split("|")]
    client, vehicle, uploaded, armed, items, _highest, followed, landed = cells
    assert (client, vehicle, armed, items, landed) == ("MAVProxy", kind, "yes", "5 of 5", "yes")
    assert uploaded in ("yes", "1 cm off")  # it rounds degrees down
    assert followed == "item 5"
