"""One thread that waits on many connections at once: every socket is drained as soon as something comes."""

import contextlib
import logging
import select
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

from core.clock import Clock

log = logging.getLogger(__name__)

DUTY_S = 0.25
STOP_S = 2.0


class Member(Protocol):
    """What a hub looks after."""

    def readable(self) -> None:
        """Something came: take it in without waiting."""
        ...

    def duties(self, now_s: float) -> None:
        """Called every `DUTY_S`: heartbeats, looking for silence, opening anew."""
        ...

    def pause_s(self, now_s: float) -> float:
        """How long what comes may wait, so that more is taken in at once; 0 = not at all."""
        ...


class Hub:
    """The thread; `add` and `remove` members, `later` has something done on it."""

    def __init__(self, clock: Clock, name: str = "link") -> None:
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._selector.register(self._wake_out, selectors.EVENT_READ, None)
        self._members: list[Member] = []
        self._jobs: deque[Callable[[], None]] = deque()
        self._stop = self._pausing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def add(self, member: Member) -> None:
        """Look after it from now on."""
        self.later(lambda: self._members.append(member))

    def remove(self, member: Member) -> None:
        """Look after it no more."""
        self.later(lambda: self._members.remove(member))

    def watch(self, fileno: int, member: Member) -> None:
        """Tell the member when bytes come; only on the hub's thread."""
        self._selector.register(fileno, selectors.EVENT_READ, member)

    def unwatch(self, fileno: int) -> None:
        """The opposite, before the connection is closed; only on the hub's thread."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(fileno)

    def later(self, job: Callable[[], None]) -> None:
        """Do it on the hub's thread soon."""
        self._jobs.append(job)
        with contextlib.suppress(OSError):  # full: it is awake already; closed: nobody is left
            self._wake_in.send(b"\0")

    def hurry(self) -> None:
        """Something was asked: its answer must not wait."""
        if self._pausing:
            self.later(lambda: None)

    def do(self, job: Callable[[], None]) -> None:
        """Do it on the hub's thread and wait until it is done."""
        if threading.current_thread() is self._thread or not self._thread.is_alive():
            job()
            return
        done = threading.Event()

        def both() -> None:
            try:
                job()
            finally:
                done.set()

        self.later(both)
        done.wait(STOP_S)

    def close(self) -> None:
        """Stop the thread."""
        self._stop = True
        self.later(lambda: None)
        if threading.current_thread() is not self._thread:
            self._thread.join(STOP_S)

    def _run(self) -> None:
        duty_s = self._clock.monotonic_s()
        while not self._stop:
            wait_s = duty_s - self._clock.monotonic_s()
            for key, _ in self._selector.select(min(DUTY_S, max(0.0, wait_s))):
                if key.data is None:
                    self._work()
                else:
                    self._guarded(key.data.readable)
            now_s = self._clock.monotonic_s()
            if now_s >= duty_s:
                duty_s = now_s + DUTY_S
                self._look_after_all(now_s)
            self._pause(now_s)
        self._work()
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()

    def _pause(self, now_s: float) -> None:
        """Waking up costs more than a message: let a few gather where nobody waits for them."""
        pause_s = min((member.pause_s(now_s) for member in self._members), default=0.0)
        if pause_s > 0.0:
            self._pausing = True
            select.select([self._wake_out], [], [], pause_s)
            self._pausing = False

    def _look_after_all(self, now_s: float) -> None:
        for member in tuple(self._members):
            self._guarded(partial(member.duties, now_s))

    def _work(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_out.recv(4096)
        while self._jobs:
            self._guarded(self._jobs.popleft())

    def _guarded(self, job: Callable[[], None]) -> None:
        """One member's fault must not end the others' watch."""
        try:
            job()
        except Exception:
            log.exception("a connection's thread met an error and goes on")
