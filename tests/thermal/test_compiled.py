import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from thermal.compiled import was_compiled
from thermal.lowpass import _blocks, lowpass


def test_a_kernel_that_ran_was_compiled_and_one_without_a_kept_copy_was_not(tmp_path):
    lowpass(np.zeros((16, 16), np.float32))
    assert was_compiled(_blocks)
    asked = "from thermal.candidates import compiled_before; print(compiled_before())"
    told = subprocess.run(
        [sys.executable, "-c", asked],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
    )
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize("shape", [(1, 1), (7, 9), (64, 80)])
def test_room_to_work_in_leaves_nothing_behind(shape):
    """The same frame twice, with another between: the same block means."""
    rng = np.random.default_rng(0)
    frame, other = rng.normal(size=(2, *shape)).astype(np.float32)
    first = lowpass(frame)
    lowpass(other)
    assert np.array_equal(lowpass(frame), first)
