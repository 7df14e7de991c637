"""Other clients as programs of .venv-bench, each through the same relay; peers/ says how each is driven."""

import json
import socket
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from lossy_relay import Relay, Weather
from transfer_values import CAP_S, Job, Run

from flight.readback import compare
from flight.wire import WireItem, fields_of, item_of

HERE = Path(__file__).resolve().parent
PYTHON = HERE.parent / ".venv-bench" / "bin" / "python"
PEERS = {"MAVSDK": "mavsdk_transfer", "MAVProxy": "mavproxy_transfer", "dronekit2": "dronekit_transfer"}
LAST_DIGITS = 5  # in 1e-7 degrees
START_S = 60.0  # to be up and to hear the vehicle


def peer_run(relay: Relay, job: Job, items: Sequence[WireItem], weather: Weather, folder: Path) -> Run:
    """One transfer by another client; `right` is judged here for a download only."""
    port = _free_port()
    path = folder / f"items {port}.json"
    path.write_text(json.dumps([fields_of(item) for item in items]), encoding="utf-8")
    relay.set(weather, port)
    script = HERE / "peers" / f"{PEERS[job.client]}.py"
    command = [str(PYTHON), str(script), job.way, str(port), str(path), f"{CAP_S:g}"]
    said = _answer(command, folder)
    path.unlink()
    right = job.way == "download" and _same(items, said.get("items") or [])
    return Run(
        **asdict(job), claimed=bool(said["claimed"]), right=right, whole_s=float(said["seconds"]),
        trouble=str(said.get("trouble", "")),
    )  # fmt: skip


def _answer(command: Sequence[str], folder: Path) -> dict[str, Any]:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=CAP_S + START_S, cwd=folder
        )
        said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError) as error:
        return {"claimed": False, "seconds": CAP_S, "trouble": f"no answer: {error!r}"[:200]}
    return said


def _same(items: Sequence[WireItem], rows: Sequence[dict[str, Any]]) -> bool:
    try:
        held = [item_of(row) for row in rows]
    except KeyError:
        return False
    return nearly(items, [item for item in held if item is not None])


def nearly(items: Sequence[WireItem], held: Sequence[WireItem]) -> bool:
    """The same but for the last digit of places: some cut it off, MAVProxy saves six decimals."""
    if len(items) != len(held):
        return False
    moved = [
        replace(got, x=want.x, y=want.y)
        if max(abs(want.x - got.x), abs(want.y - got.y)) <= LAST_DIGITS
        else got
        for want, got in zip(items, held, strict=True)
    ]
    return compare(items, moved).same


def _free_port() -> int:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
