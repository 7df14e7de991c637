"""`python -m flight.simulator`: the embedded copter as a process of its own on 127.0.0.1."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click

from core.errors import SkyshadeError

VERSION = "4.6.2 (embedded)"


def _numbers(text: str, names: str, least: int) -> list[float]:
    try:
        values = [float(word) for word in text.split(",")]
    except ValueError:
        values = []
    if not least <= len(values) <= len(names.split(",")):
        raise click.BadParameter(f"must be {names}, got {text!r}")
    return values


def _peer(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise click.BadParameter(f"must be HOST:PORT, got {text!r}")
    return host or "127.0.0.1", int(port)


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="TCP port on 127.0.0.1; 0 takes a free one."
)
@click.option(
    "--instance", type=click.IntRange(0, 99), help="Ports as ArduPilot SITL's: 5760 + 10 I, and 2 more."
)
@click.option("--udp-port", type=click.IntRange(0, 65535), help="Take UDP clients on this port too.")
@click.option("--udp-to", "udp_to", multiple=True, help="HOST:PORT to send to by UDP from the beginning.")
@click.option("--home", required=True, help="LAT,LON,ALT,HDG: degrees, metres above sea level, degrees.")
@click.option("--speedup", type=click.FloatRange(min=0.01), default=1.0, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--params", "param_files", multiple=True, type=click.Path(path_type=Path), help="Parameter file."
)
@click.option("--parent-pid", type=int, help="End when this process ends.")
@click.option("--wind", default="0,0", help="SPEED,FROM_DEG in m/s at 60 m and degrees; less below.")
@click.option("--ready-after", "ready_s", type=click.FloatRange(min=0.0), default=15.0, show_default=True,
              help="Simulated seconds until it can be armed (ArduPilot: 42).")  # fmt: skip
@click.option("--epoch", "epoch_s", type=float, help="UTC seconds since 1970 at boot; now if not given.")
def main(
    port: int,
    instance: int | None,
    udp_port: int | None,
    udp_to: tuple[str, ...],
    home: str,
    speedup: float,
    seed: int,
    param_files: tuple[Path, ...],
    parent_pid: int | None,
    wind: str,
    ready_s: float,
    epoch_s: float | None,
) -> None:
    """Simulate a copter that speaks MAVLink 2 over TCP and answers like ArduCopter 4.6.

    \b
    Example: python -m flight.simulator --home 37.37,127.11,30,0 --speedup 10
    """
    from flight.simulator.connections import datagrams, listen
    from flight.simulator.copter import Copter
    from flight.simulator.params import default_params, load_params
    from flight.simulator.parent import watch_parent
    from flight.simulator.server import Server
    from flight.simulator.vehicle import Setup

    lat, lon, altitude_m, heading_deg = [*_numbers(home, "LAT,LON,ALT,HDG", 2), 0.0, 0.0][:4]
    speed_ms, from_deg = [*_numbers(wind, "SPEED,FROM_DEG", 1), 0.0][:2]
    ports = [port, 0] if instance is None else [5760 + 10 * instance, 5762 + 10 * instance]
    peers = tuple(_peer(text) for text in udp_to)
    params = default_params()
    stop = threading.Event()
    try:
        for path in param_files:
            load_params(path, params)
        params.set("SIM_SPEEDUP", speedup)
        if speed_ms > 0.0:
            params.set("SIM_WIND_SPD", speed_ms)
            params.set("SIM_WIND_DIR", from_deg)
        epoch_s = time.time() if epoch_s is None else epoch_s
        setup = Setup(lat, lon, altitude_m, heading_deg, seed, ready_s, epoch_s)
        udp = datagrams(udp_port or 0) if udp_port is not None or peers else None
        sockets = [listen(number) for number in ports]
        server = Server(Copter(setup, params), sockets, stop, udp, peers)
    except (SkyshadeError, ValueError) as error:
        click.echo(f"simulator: {error}", err=True)
        sys.exit(1)
    _stop_on_signals(stop)
    if parent_pid is not None:
        watch_parent(parent_pid, stop)
    click.echo(json.dumps(server.said | {"pid": os.getpid(), "version": VERSION}))
    sys.stdout.flush()
    server.run()


def _stop_on_signals(stop: threading.Event) -> None:
    def ended(_number: int, _frame: Any) -> None:
        stop.set()

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, ended)


if __name__ == "__main__":
    main()
