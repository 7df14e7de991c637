"""Work for other processes, some of which end in the middle of it."""

import os
from pathlib import Path


def dies_once(folder, task):
    """Ten times the task; the first process to do task 3 dies."""
    mark = Path(folder) / "died"
    if task == 3 and not mark.exists():
        mark.write_text("")
        os._exit(1)
    return task * 10


def dies_always(_folder, _task):
    """No process survives this."""
    os._exit(1)


def divides(shared, task):
    """`shared` by the task."""
    return shared / task
