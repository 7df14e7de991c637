"""Mutated messages, by the benchmark's own attack: short here, long in the soak run."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "benchmarks" / "embedded_fuzz.py"


def fuzz(messages):
    command = [sys.executable, str(SCRIPT), str(messages)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_some_thousand_mutated_messages_do_no_harm():
    assert "| 6000 |" in fuzz(6000)


@pytest.mark.soak
def test_a_million_mutated_messages_do_no_harm():
    assert "| 1000000 |" in fuzz(1_000_000)
