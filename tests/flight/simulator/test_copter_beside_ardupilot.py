"""Odd commands and transfers at real ArduPilot and at the embedded copter: the same answers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "benchmarks" / "embedded_against.py"


@pytest.mark.ardupilot
@pytest.mark.skipif(not os.environ.get("SKYSHADE_ARDUCOPTER"), reason="SKYSHADE_ARDUCOPTER is not set")
def test_odd_commands_and_transfers_are_answered_alike():
    command = [sys.executable, str(SCRIPT), "300", "20", "5", "78"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=180)
    rows = [line.split("|")[1:-1] for line in done.stdout.splitlines()[2:]]
    alike = {what.strip(): float(share) for what, _, _, share in rows}
    assert set(alike) >= {"commands", "counts", "items", "lists", "reads"}
    assert min(alike.values()) >= 99.0, done.stderr
