"""A vehicle that only speaks: frames made by pymavlink, sent over real sockets, with knobs for faults."""

import contextlib
import socket
import threading
import time

from pymavlink import mavutil  # noqa: TID251  # the independent side of these tests
from pymavlink.dialects.v20 import ardupilotmega as dialect  # noqa: TID251  # as above
from pymavlink.generator.mavcrc import x25crc_slow  # noqa: TID251  # as above


def crc(data):
    """The protocol's checksum, as pymavlink computes it."""
    return x25crc_slow(data).crc


def read_by_pymavlink(path):
    """Every message of a recording as MAVProxy's and Mission Planner's own library reads it."""
    log = mavutil.mavlink_connection(str(path))
    found = []
    while (message := log.recv_match()) is not None:
        found.append(message)
    log.close()
    return [m for m in found if m.get_type() != "BAD_DATA"]


class Speaker:
    """Packs a vehicle's frames: `system` and `component`, sequence numbers counted on."""

    def __init__(self, system=1, component=1, *, version=2):
        self.codec = dialect.MAVLink(None, system, component)
        self.version = version

    def frame(self, message):
        packed = message.pack(self.codec, force_mavlink1=self.version == 1)
        self.codec.seq = (self.codec.seq + 1) % 256
        return bytes(packed)

    def heartbeat(self, kind=2, autopilot=3, mode=4):
        return self.frame(dialect.MAVLink_heartbeat_message(kind, autopilot, 81, mode, 4, 3))

    def attitude(self, boot_s=1.0, roll=0.0, pitch=0.0):
        boot_ms = round(boot_s * 1000) & 0xFFFFFFFF
        return self.frame(dialect.MAVLink_attitude_message(boot_ms, roll, pitch, 0.0, 0.0, 0.0, 0.0))

    def text(self, words, number=0, piece=0, severity=4):
        return self.frame(dialect.MAVLink_statustext_message(severity, words.encode(), number, piece))


class TcpVehicle:
    """Listens on a free port; `say` speaks to whoever is connected, `heard` is what came."""

    def __init__(self, port=0):
        self.server = socket.create_server(("127.0.0.1", port))
        self.port = self.server.getsockname()[1]
        self.address = f"tcp:127.0.0.1:{self.port}"
        self.ends = []
        self.heard = bytearray()
        self.met = threading.Semaphore(0)
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                end, _ = self.server.accept()
                self.ends.append(end)
                self.met.release()
                threading.Thread(target=self._hear, args=(end,), daemon=True).start()

    def _hear(self, end):
        with contextlib.suppress(OSError):
            while data := end.recv(65536):
                self.heard += data

    def say(self, *frames):
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.sendall(b"".join(frames))

    def hang_up(self):
        """Drop every client, and go on listening."""
        ends, self.ends = self.ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.hang_up()


def until(true, timeout_s=20.0):
    """Wait until something is true; says whether it was."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.005)
    return bool(true())


class Relay:
    """Passes bytes between a client and a vehicle's TCP port; `cut` drops the client and swallows what the
    vehicle says until `mend`. The vehicle's side stays connected and drained.
    """

    def __init__(self, port):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp:127.0.0.1:{self.server.getsockname()[1]}"
        self.far = socket.create_connection(("127.0.0.1", port))
        self.near = None
        self.open = True
        threading.Thread(target=self._serve, daemon=True).start()
        threading.Thread(target=self._down, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end in (self.server, self.far, self.near):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.server.accept()
                if not self.open:
                    near.close()
                    continue
                self.near = near
                self._up(near)

    def _up(self, near):
        with contextlib.suppress(OSError):
            while data := near.recv(65536):
                self.far.sendall(data)

    def _down(self):
        with contextlib.suppress(OSError):
            while data := self.far.recv(65536):
                near = self.near
                if self.open and near is not None:
                    with contextlib.suppress(OSError):
                        near.sendall(data)

    def cut(self):
        self.open = False
        if self.near is not None:
            self.near.shutdown(socket.SHUT_RDWR)
            self.near.close()
            self.near = None

    def mend(self):
        self.open = True
