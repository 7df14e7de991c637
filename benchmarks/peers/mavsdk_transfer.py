"""MAVSDK's mission_raw as a program: WAY PORT ITEMS.json CAP_S; prints one JSON line."""

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import mavsdk
from mavsdk.plugins.mission_raw import mission_raw

FIELDS = [
    "seq",
    "frame",
    "command",
    "current",
    "autocontinue",
    "param1",
    "param2",
    "param3",
    "param4",
    "x",
    "y",
    "z",
    "mission_type",
]


def transfer(raw: Any, way: str, rows: list[dict[str, Any]], out: dict[str, Any]) -> None:
    began_s = time.monotonic()
    try:
        if way == "upload":
            raw.upload_mission(
                [mission_raw.MissionItem(**{**row, "current": int(row["seq"] == 0)}) for row in rows]
            )
        else:
            got = raw.download_mission()
            got = got[1] if isinstance(got, tuple) else got
            out["items"] = [{name: getattr(item, name) for name in FIELDS} for item in got]
        out["claimed"] = True
    except mavsdk.MavsdkError as error:
        out["trouble"] = str(error)[:200]
    out["seconds"] = time.monotonic() - began_s


def main() -> None:
    way, port, path, cap_s = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
    station = mavsdk.ComponentType.GROUND_STATION
    sdk = mavsdk.Mavsdk(mavsdk.Configuration.create_with_component_type(station))
    sdk.add_any_connection(f"udpin://127.0.0.1:{port}")
    system = sdk.first_autopilot(30.0)
    rows = json.loads(Path(path).read_text(encoding="utf-8"))
    out: dict[str, Any] = {"claimed": False, "seconds": cap_s, "trouble": "cap"}
    if system is None:
        out["trouble"] = "no vehicle"
    else:
        raw = mission_raw.MissionRaw(system)
        worker = threading.Thread(target=transfer, args=(raw, way, rows, out), daemon=True)
        worker.start()
        worker.join(cap_s)
    if out["claimed"]:
        out.pop("trouble", None)
    print(json.dumps(out), flush=True)
    os._exit(0)  # its native threads are not waited for


if __name__ == "__main__":
    main()
