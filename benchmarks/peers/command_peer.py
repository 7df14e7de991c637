"""Arm and disarm with another client, as its own examples do it. Run by .venv-bench.

Usage: command_peer.py mavsdk|dronekit|pymavlink PORT; reads "arm" or "disarm" lines, answers one JSON a line.
"""

import json
import os
import sys
import time
from collections.abc import Callable

LIMIT_S = 20.0

Do = Callable[[str], object]


def with_mavsdk(port: str) -> Do:
    import mavsdk
    from mavsdk.plugins.action import Action

    station = mavsdk.ComponentType.GROUND_STATION
    sdk = mavsdk.Mavsdk(mavsdk.Configuration.create_with_component_type(station))
    sdk.add_any_connection(f"udpin://127.0.0.1:{port}")
    action = Action(sdk.first_autopilot(30.0))
    return lambda word: (sdk, action.arm() if word == "arm" else action.disarm())


def with_dronekit(port: str) -> Do:
    import dronekit  # noqa: TID251  # this program is the peer that is measured

    vehicle = dronekit.connect(f"udpin:127.0.0.1:{port}", wait_ready=False, heartbeat_timeout=60)

    def do(word: str) -> None:
        (vehicle.arm if word == "arm" else vehicle.disarm)(wait=True, timeout=LIMIT_S)

    return do


def with_pymavlink(port: str) -> Do:
    """The usual example: send once, wait for an answer."""
    from pymavlink import mavutil  # noqa: TID251  # the peer itself

    wire = mavutil.mavlink_connection(f"udpin:127.0.0.1:{port}")
    wire.wait_heartbeat()

    def do(word: str) -> None:
        wire.mav.command_long_send(wire.target_system, wire.target_component, 400, 0, word == "arm", *[0] * 6)
        answer = wire.recv_match(type="COMMAND_ACK", blocking=True, timeout=3.0)
        if answer is None or answer.result != 0:
            raise RuntimeError("no answer" if answer is None else f"answer {answer.result}")

    return do


CLIENTS = {"mavsdk": with_mavsdk, "dronekit": with_dronekit, "pymavlink": with_pymavlink}


def main() -> None:
    do = CLIENTS[sys.argv[1]](sys.argv[2])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        began_s = time.monotonic()
        said = {"claimed": True, "trouble": ""}
        try:
            do(line.strip())
        except Exception as error:  # noqa: BLE001  # whatever a peer raises is its answer
            said = {"claimed": False, "trouble": repr(error)[:120]}
        print(json.dumps({**said, "seconds": time.monotonic() - began_s}), flush=True)
    os._exit(0)  # native threads are not waited for


if __name__ == "__main__":
    main()
