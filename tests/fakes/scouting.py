"""Workers with faults, for `delivery.scout`; they run in a process of their own."""

import os

from delivery.scout import Worker


def dies_over_the_first_errand(pipe):
    pipe.send(("ready", None))
    desk = Worker()
    while True:
        kind, number, told = pipe.recv()
        if kind == "line":
            os._exit(3)
        pipe.send(desk.answer(kind, number, told))


def never_starts(_):
    os._exit(4)


def cannot_do_it(pipe):
    pipe.send(("ready", None))
    while True:
        kind, _, _ = pipe.recv()
        pipe.send(("done", None) if kind in {"air", "thing"} else ("failed", "out of ideas"))
