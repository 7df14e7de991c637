"""Pipes that no selector can wait for (a serial port on Windows): read by a thread of their own."""

import contextlib
import select
import socket
import threading
from typing import Protocol, cast

from flight.ports import CHUNK, LinkError, Pipe

POLL_S = 0.02


class SelectablePipe(Pipe, Protocol):
    """A pipe that a selector can wait for."""

    def fileno(self) -> int:
        """What a selector waits for."""
        ...


def selectable(pipe: Pipe) -> SelectablePipe:
    """The pipe itself where it can be waited for, else one read by a thread."""
    return cast("SelectablePipe", pipe) if hasattr(pipe, "fileno") else PolledPipe(pipe)


class PolledPipe:
    """Passes on what a pipe without `fileno` gives."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._error: LinkError | None = None
        self._thread = threading.Thread(target=self._pass_on, name="polled pipe", daemon=True)
        self._closed = threading.Event()
        self._thread.start()

    def fileno(self) -> int:
        """What a selector waits for."""
        return self._near.fileno()

    def read(self, timeout_s: float) -> bytes:
        """As the pipe's own."""
        if timeout_s > 0.0:
            select.select([self._near], [], [], timeout_s)
        try:
            data = self._near.recv(CHUNK)
        except BlockingIOError:
            return b""
        if not data:
            raise self._error or LinkError("the connection has ended")
        return data

    def write(self, data: bytes) -> None:
        """As the pipe's own."""
        self._pipe.write(data)

    def close(self) -> None:
        """End the thread and the pipe."""
        self._closed.set()
        self._near.close()
        if threading.current_thread() is not self._thread:
            self._thread.join(1.0)
        self._pipe.close()

    def _pass_on(self) -> None:
        with contextlib.suppress(OSError):
            while not self._closed.is_set():
                try:
                    data = self._pipe.read(POLL_S)
                except LinkError as error:
                    self._error = error
                    break
                if data:
                    self._far.sendall(data)
        self._far.close()
