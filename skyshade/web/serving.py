"""The service on a socket."""

import errno
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn

from core.errors import SkyshadeError
from delivery.warming import warmed
from skyshade.web.app import make_app
from skyshade.web.state import Service

SWITCH_S = 0.001  # a thread that plans lets others on so often: Python's own 5 ms add up over a request
QUIET_S = 3.0  # how long somebody who is being answered may hold up the end
_HINTS = {
    errno.EADDRINUSE: "another program has it: choose another --port",
    errno.EADDRNOTAVAIL: "this machine has no such address: choose another --host",
    errno.EACCES: "it needs rights that you do not have: choose a --port above 1023",
}


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises `SkyshadeError` when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":  # a service that was killed starts again at once; Windows would share the port
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(512)
    except OSError as error:
        opened.close()
        hint = _HINTS.get(error.errno or 0, "choose another --port")
        raise SkyshadeError(f"{host}:{port} cannot be listened on ({error.strerror})", hint=hint) from error
    return opened


def address_of(opened: socket.socket) -> str:
    """`http://HOST:PORT` of a listening socket."""
    host, port = opened.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Lets followers go before it waits for those who are being answered."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End."""
        await self._service.news.end()
        await super().shutdown(sockets)


def server_of(service: Service) -> uvicorn.Server:
    """A server without an access log: addresses of people are nobody's business later."""
    config = uvicorn.Config(
        make_app(service),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(QUIET_S),
        timeout_keep_alive=30,
    )
    return _Server(config, service)


def serve(service: Service, opened: socket.socket) -> None:
    """Serve until somebody interrupts (Ctrl-C, or a request to end); followers are let go after a while."""
    sys.setswitchinterval(SWITCH_S)
    with suppress(KeyboardInterrupt), warmed(service.desk):  # the server ends first and passes that on
        server_of(service).run(sockets=[opened])


@contextmanager
def served_aside(service: Service, opened: socket.socket) -> Iterator[str]:
    """The service in a thread of this process, until the block ends; gives its address."""
    server = server_of(service)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    try:
        yield address_of(opened)
    finally:
        server.should_exit = True
        thread.join(QUIET_S + 5.0)
        opened.close()
