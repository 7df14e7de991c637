"""Another library watching vehicles on UDP ports, as a program: PEER SECONDS ADDRESS...

Prints a JSON list: CPU percent of a core for each vehicle, messages/s for each, stale links.
"""

import json
import os
import select
import sys
import time
from typing import Any

Figures = list[float]


def pymavlink(addresses: list[str], seconds: float) -> Figures:
    """The usual loop: mavutil, recv_match on whatever is readable; the recording goes to /dev/null."""
    from pymavlink import mavutil  # noqa: TID251  # the peer itself

    links = {}
    for address in addresses:
        link = mavutil.mavlink_connection(address, source_system=255)
        link.setup_logfile_raw("/dev/null")
        links[link.port.fileno()] = link
    for link in links.values():
        link.wait_heartbeat(timeout=30)
    heard, stale, count = dict.fromkeys(links, time.monotonic()), set(), 0
    cpu, began = time.process_time(), time.monotonic()
    while time.monotonic() - began < seconds:
        for number in select.select(list(links), [], [], 0.25)[0]:
            while links[number].recv_match(blocking=False) is not None:
                count += 1
                heard[number] = time.monotonic()
        now = time.monotonic()
        stale |= {number for number, at in heard.items() if now - at > 2.5}
    return figures(cpu, began, count, len(addresses), len(stale))


def mavsdk(addresses: list[str], seconds: float) -> Figures:
    """Its native client following position, attitude, velocity and battery; it decodes in C++."""
    import mavsdk
    from mavsdk.plugins.telemetry import telemetry

    sdk = mavsdk.Mavsdk(mavsdk.Configuration.create_with_component_type(mavsdk.ComponentType.GROUND_STATION))
    sdk.add_any_connection(addresses[0].replace("udpin:", "udpin://"))
    watch, count = telemetry.Telemetry(sdk.first_autopilot(20.0)), [0]

    def heard(*_: Any) -> None:
        count[0] += 1

    watch.subscribe_position(heard)
    watch.subscribe_attitude_euler(heard)
    watch.subscribe_velocity_ned(heard)
    watch.subscribe_battery(heard)
    cpu, began = time.process_time(), time.monotonic()
    time.sleep(seconds)
    return figures(cpu, began, count[0], 1, 0)


def figures(cpu: float, began: float, count: int, vehicles: int, stale: int) -> Figures:
    took = time.monotonic() - began
    used = time.process_time() - cpu
    return [100.0 * used / took / vehicles, count / took / vehicles, stale]


if __name__ == "__main__":
    peer, wanted_s, *places = sys.argv[1:]
    watch = {"pymavlink": pymavlink, "mavsdk": mavsdk}[peer]
    print(json.dumps(watch(places, float(wanted_s))), flush=True)
    os._exit(0)  # some leave threads behind that never end
