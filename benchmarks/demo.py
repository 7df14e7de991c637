"""The whole demo: wall time, memory, and how far the map is from the truth.

Usage: python benchmarks/demo.py [--vehicle VEHICLE]
"""

import json
import sys
import tempfile
from pathlib import Path

from measure import run, skyshade

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    vehicle = sys.argv[sys.argv.index("--vehicle") + 1] if "--vehicle" in sys.argv else "embedded"
    with tempfile.TemporaryDirectory(prefix="skyshade-demo-") as folder:
        out = Path(folder) / "demo"
        done = run(skyshade("demo", "--out", str(out), "--vehicle", vehicle, "--json"), ROOT)
        if done.status:
            print(done.output)
            return 1
        result = json.loads((out / "demo.json").read_text(encoding="utf-8"))
    rows = {
        "vehicle": vehicle,
        "wall s": f"{done.wall_s:.1f}",
        "CPU s": f"{done.cpu_s:.1f}",
        "peak memory of all processes, MB": f"{done.peak_mb:.0f}",
        "map against truth, RMSE K": f"{result['heatmap']['rmse_K']:.2f}",
        "map against truth, position RMSE m": f"{result['heatmap']['position_rmse_m']:.2f}",
        "frames": result["survey"]["shots"],
        "survey flight, vehicle s": f"{result['survey']['flown_s']:.0f}",
        "delivery flight, vehicle s": f"{result['delivery']['flown_s']:.0f}",
        "delivered": result["delivery"]["delivered"],
    }
    print("| figure | value |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
