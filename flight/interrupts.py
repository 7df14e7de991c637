"""Ctrl-C during a flight: kept until a moment at which nothing is half done, then raised there."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self


class Interrupts:
    """While its block runs, Ctrl-C is remembered, and `check` raises it as `KeyboardInterrupt`.

    A message that is taken in, a record that is written and a store that is changed are so never cut short.
    Outside the main thread, or where somebody handles Ctrl-C otherwise, nothing is changed.
    """

    def __init__(self) -> None:
        self._pressed = False
        self._ours = False

    def __enter__(self) -> Self:
        in_main = threading.current_thread() is threading.main_thread()
        self._ours = in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        self._listen()
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def _listen(self) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, self._press)

    def _restore(self) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _press(self, _number: int, _frame: Any) -> None:
        self._pressed = True

    def check(self) -> None:
        """Raise what was pressed meanwhile, once."""
        if self._pressed:
            self._pressed = False
            raise KeyboardInterrupt

    def forget(self) -> None:
        """Take back what was pressed meanwhile."""
        self._pressed = False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While a question is asked Ctrl-C works at once again, so that it can end the question."""
        self._restore()
        try:
            yield
        finally:
            self._listen()
