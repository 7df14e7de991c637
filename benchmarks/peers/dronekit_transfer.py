"""dronekit2 as a program, with integer items: WAY PORT ITEMS.json CAP_S; prints one JSON line."""

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import dronekit  # noqa: TID251  # this program is the peer that is measured


def command(row: dict[str, Any]) -> Any:
    return dronekit.CommandInt(
        0, 0, row["seq"], row["frame"], row["command"], row["current"], row["autocontinue"],
        row["param1"], row["param2"], row["param3"], row["param4"], row["x"], row["y"], row["z"],
    )  # fmt: skip


def transfer(vehicle: Any, way: str, rows: list[dict[str, Any]], out: dict[str, Any]) -> None:
    commands = vehicle.commands
    if way == "upload":
        commands.clear()
        for row in rows:
            commands.add(command(row))
    began_s = time.monotonic()
    try:
        if way == "upload":
            commands.upload()
        else:
            commands.download()
            commands.wait_ready(timeout=600)
            loader = vehicle._wploader  # noqa: SLF001  # commands hide home, which is compared too
            out["items"] = [loader.wp(seq).to_dict() for seq in range(loader.count())]
        out["claimed"] = True
    except Exception as error:  # noqa: BLE001  # whatever it raises is its answer
        out["trouble"] = repr(error)[:200]
    out["seconds"] = time.monotonic() - began_s


def main() -> None:
    way, port, path, cap_s = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
    rows = json.loads(Path(path).read_text(encoding="utf-8"))
    out: dict[str, Any] = {"claimed": False, "seconds": cap_s, "trouble": "cap"}
    vehicle = dronekit.connect(f"udpin:127.0.0.1:{port}", wait_ready=False, source_component=190)
    vehicle._ready_attrs.add("commands")  # noqa: SLF001  # else it waits for a first download
    worker = threading.Thread(target=transfer, args=(vehicle, way, rows, out), daemon=True)
    worker.start()
    worker.join(cap_s)
    if out["claimed"]:
        out.pop("trouble", None)
    print("\n" + json.dumps(out, default=str), flush=True)
    os._exit(0)  # its threads are not waited for


if __name__ == "__main__":
    main()
