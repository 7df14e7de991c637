"""Sends recorded telemetry of many vehicles at a steady rate; started by telemetry_load.py.

Prints a JSON list of addresses as a watcher writes them, waits for TCP clients, and sends until it is ended.
"""

import contextlib
import json
import socket
import sys
import time
from pathlib import Path

from pymavlink.dialects.v20 import ardupilotmega as dialect  # noqa: TID251  # makes frames, as a vehicle does

from flight.tlog import frames, read_log_bytes

RECORDING = Path(__file__).resolve().parents[2] / "shared" / "data" / "flight" / "main10.tlog.gz"
STREAMED = {0, 1, 2, 24, 30, 33, 42, 74, 125, 147, 163, 164, 193, 241, 242, 245, 62, 27, 29, 32, 36, 65, 116}
KEPT = 2000


def messages(recording: str) -> list[bytes]:
    """Frames of one vehicle in flight: those of the recording's middle that are telemetry."""
    path = Path(recording) if recording else RECORDING
    if path.exists():
        found = [f.data for f in frames(read_log_bytes(path)) if f.system == 1 and f.message_id in STREAMED]
        middle = max(0, len(found) // 2 - KEPT // 2)
        return found[middle : middle + KEPT]
    return made()


def made() -> list[bytes]:
    """Where no recording is: attitude, position and a heartbeat in turn."""
    codec, found = dialect.MAVLink(None, 1, 1), []
    for i in range(KEPT):
        if i % 50 == 0:
            found.append(dialect.MAVLink_heartbeat_message(2, 3, 217, 3, 4, 3).pack(codec))
        elif i % 2:
            found.append(dialect.MAVLink_attitude_message(i * 20, 0.1, -0.1, 1.0, 0, 0, 0).pack(codec))
        else:
            place = (373700000 + i, 1271100000, 70000, 30000, 100, 100, 0, 9000)
            found.append(dialect.MAVLink_global_position_int_message(i * 20, *place).pack(codec))
        codec.seq = (codec.seq + 1) % 256
    return [bytes(frame) for frame in found]


def renumbered(frame: bytes, sequence: int) -> bytes:
    """The same message with another sequence number, and its checksum made right."""
    message = dialect.MAVLink(None).decode(bytearray(frame))
    codec = dialect.MAVLink(None, 1, 1)
    codec.seq = sequence % 256
    return bytes(message.pack(codec))


def ends(count: int, scheme: str) -> tuple[list[str], list[socket.socket]]:
    """Addresses, and sockets that speak to whoever is there."""
    if scheme == "tcp":
        servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
        print(json.dumps([f"tcp:127.0.0.1:{s.getsockname()[1]}" for s in servers]), flush=True)
        return [], [server.accept()[0] for server in servers]
    probes = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    addresses = [f"udpin:127.0.0.1:{port}" for port in ports]
    print(json.dumps(addresses), flush=True)
    senders = []
    for port in ports:
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.connect(("127.0.0.1", port))
        senders.append(sender)
    return addresses, senders


def main() -> None:
    count, scheme, seconds, rate_hz, recording = sys.argv[1:6]
    sent = [renumbered(frame, i) for i, frame in enumerate(messages(recording))]
    heartbeats = [i for i, frame in enumerate(sent) if frame[7:10] == b"\0\0\0"]
    _, sockets = ends(int(count), scheme)
    for end in sockets:
        end.setblocking(False)
    offsets = [heartbeats[0] + 7 * i for i in range(len(sockets))]
    began, turn = time.monotonic(), 0
    while time.monotonic() - began < float(seconds):
        for number, end in enumerate(sockets):
            due = began + (turn + number / len(sockets)) / float(rate_hz)
            time.sleep(max(0.0, due - time.monotonic()))
            with contextlib.suppress(OSError):
                end.send(sent[(offsets[number] + turn) % len(sent)])
                while end.recv(4096):
                    pass
        turn += 1


if __name__ == "__main__":
    main()
