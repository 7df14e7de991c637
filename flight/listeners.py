"""Calls the listeners of a dronekit vehicle with what our link receives."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from core.clock import Clock
from flight.link import Link
from flight.ports import LinkError

log = logging.getLogger(__name__)

POLL_S = 0.05


class Handler:
    """What dronekit calls its handler: gives every message to the listeners, on a thread of its own, so that
    a slow listener holds up neither the link nor its heartbeats.
    """

    def __init__(self, link: Link, clock: Clock, master: Any) -> None:
        self.link, self.clock, self.master = link, clock, master
        self.target_system = 0 if link.target is None else link.target.system
        self.loop_listeners: list[Callable[..., Any]] = []
        self.message_listeners: list[Callable[..., Any]] = []
        self.transfers = threading.Lock()  # whoever holds it reads the link
        self.ended: LinkError | None = None
        self._came: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"dronekit {link.name}", daemon=True)
        link.taps.append(self._tapped)

    @property
    def mine(self) -> bool:
        """Whether the caller is a listener, on whose thread nothing can be waited for."""
        return threading.current_thread() is self._thread

    def forward_message(self, listener: Callable[..., Any]) -> Callable[..., Any]:
        """Have `listener(handler, message)` called with every message."""
        self.message_listeners.append(listener)
        return listener

    def forward_loop(self, listener: Callable[..., Any]) -> Callable[..., Any]:
        """Have `listener(handler)` called again and again."""
        self.loop_listeners.append(listener)
        return listener

    def fix_targets(self, message: Any) -> None:
        """Address a message to the vehicle."""
        if hasattr(message, "target_system"):
            message.target_system = self.target_system

    def start(self) -> None:
        """Begin to call listeners."""
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        """Stop, and close the link."""
        self._stop.set()
        if self._thread.ident is not None and not self.mine:
            self._thread.join(timeout=2.0)
        if self._tapped in self.link.taps:
            self.link.taps.remove(self._tapped)
        self.link.close()

    def _tapped(self, message: Any) -> None:
        if message.get_srcSystem() == self.target_system and message.get_type() != "BAD_DATA":
            self._came.put(message)

    def _run(self) -> None:
        while not self._stop.is_set():
            for listener in tuple(self.loop_listeners):
                self._call(listener, self)
            try:
                self._dispatch(self._came.get(timeout=POLL_S))
            except queue.Empty:
                self._drain()

    def _dispatch(self, message: Any) -> None:
        self.master.post_message(message)
        for listener in tuple(self.message_listeners):
            self._call(listener, self, message)
        if self._came.empty():
            self._drain()

    def _call(self, listener: Callable[..., Any], *given: Any) -> None:
        try:
            listener(*given)
        except Exception:  # a script's listener may raise anything; the others go on
            log.exception("a listener failed")

    def _drain(self) -> None:
        """Throw away what only transfers read, so that it does not pile up."""
        if self.ended is not None or not self.transfers.acquire(blocking=False):
            return
        try:
            while self.link.receive(0.0) is not None:
                pass
        except LinkError as error:
            self.ended = error
        finally:
            self.transfers.release()
