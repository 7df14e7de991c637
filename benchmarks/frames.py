"""Thermal frames: our temperatures beside the makers' own, and the time a frame takes beside the peers.

    python benchmarks/frames.py

Truth is FLIR Tools' export and DJI's SDK; CPU time is of whole files, header included, after a first reading.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import SkyshadeError
from thermal.djilaw import dji_celsius
from thermal.frame import Radiometry
from thermal.frames import open_frame, read_frame
from thermal.laws import DjiLaw

DATA = Path(os.environ.get("SKYSHADE_DATA", "../shared/data")) / "thermal"
PEERS = Path(".venv-bench/bin/python")
ROUNDS = 5
PEER = """
import sys, time, contextlib, io, logging
logging.disable(logging.CRITICAL)
kind, rounds, files = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
def read(path):
    import flyr
    return flyr.unpack(path).celsius
good = []
for f in files:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            read(f)
        good.append(f)
    except Exception:
        pass
began = time.process_time()
with contextlib.redirect_stdout(io.StringIO()):
    for _ in range(rounds):
        for f in good: read(f)
spent = time.process_time() - began
print(len(good), len(files), 1000 * spent / max(1, rounds * len(good)))
"""


def flir_truth() -> str:
    """Our largest difference from FLIR Tools' export, and flyr's."""
    folder = DATA / "flir_handheld"
    truth = np.genfromtxt(folder / "e40bx_test_FLIRTools.csv", delimiter=",", encoding="utf-8-sig")
    ours = read_frame(folder / "e40bx_test.jpg").celsius
    truth = truth[:, : ours.shape[1]]
    code = "import flyr,sys,numpy as np;np.save(sys.argv[2], flyr.unpack(sys.argv[1]).celsius)"
    with tempfile.TemporaryDirectory() as scratch:
        peer = Path(scratch) / "flyr.npy"
        frame = str(folder / "e40bx_test.jpg")
        done = subprocess.run([PEERS, "-c", code, frame, str(peer)], check=False, capture_output=True)
        theirs = f"{np.abs(np.load(peer) - truth).max():.4f}" if done.returncode == 0 else "fails"
    return f"| E40bx | {np.abs(ours - truth).max():.4f} | {theirs} |"


def dji_truth() -> list[str]:
    """One row a file with stored parameters, and its swept parameters where they were probed."""
    swept = _sweep()
    rows = []
    for truth in sorted((DATA / "dji_truth").glob("*.npz")):
        name = truth.name.removesuffix(".npz").rsplit("_image_")[-1].rsplit("_images_")[-1]
        path = next(DATA.glob(f"*/{name}"))
        try:
            opened = open_frame(path)
        except SkyshadeError:
            rows.append(f"| {name} | kind without a public law: DJI's SDK is asked | | | |")
            continue
        off = (opened.celsius() - np.load(truth)["t"]).astype(float)
        law = opened.law
        assert isinstance(law, DjiLaw)
        table = "yes" if law.air.table else "no"
        stored = f"{np.sqrt(np.mean(off**2)):.4f}, {np.abs(off).max():.3f}"
        errors = [_error(law, row) for row in swept.get(name, ())]
        tried = f"{np.sqrt(np.mean(np.square(errors))):.3f}, {np.abs(errors).max():.2f}" if errors else ""
        rows.append(f"| {name} | {opened.info.camera.name} | {table} | {stored} | {tried} |")
    return rows


def _sweep() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (DATA / "dji_truth/sweep.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["file"]].append(row)
    return found


def _error(law: DjiLaw, row: dict[str, str]) -> float:
    p = Radiometry(
        emissivity=float(row["emissivity"]),
        distance_m=float(row["distance_m"]),
        humidity=float(row["humidity_pct"]) / 100,
        reflected_C=float(row["reflected_C"]),
        ambient_C=float(row["ambient_C"]),
    )
    return float(dji_celsius(law.air, p, np.array([float(row["raw"])]))[0] - float(row["celsius"]))


def our_ms(files: Sequence[Path]) -> str:
    """CPU milliseconds a file, and how many could be read."""
    good = []
    for path in files:
        try:
            read_frame(path)
        except SkyshadeError:
            continue
        good.append(path)
    began = time.process_time()
    for _ in range(ROUNDS):
        for path in good:
            read_frame(path)
    spent = time.process_time() - began
    return f"{len(good)}/{len(files)}, {1000 * spent / (ROUNDS * len(good)):.1f} ms"


def peer_ms(kind: str, files: Sequence[Path]) -> str:
    """The same of a peer, in its own environment."""
    command = [PEERS, "-c", PEER, kind, "1", *map(str, files)]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return "fails"
    good, of, ms = done.stdout.split()[-3:]
    return f"{good}/{of}" + (f", {float(ms):.1f} ms" if int(good) else "")


def main() -> None:
    if not DATA.is_dir():
        sys.exit(f"{DATA}: no frames to measure with")
    print("| FLIR Tools' export of | ours: largest error K | flyr |\n|---|---|---|")
    print(flir_truth())
    print("\n| DJI's SDK on | camera | table in file | stored parameters: RMSE, max K | swept: RMSE, max K |")
    print("|---|---|---|---|---|")
    print("\n".join(dji_truth()))
    sets = {
        "M3T iirp 640x512": sorted((DATA / "m3t_rtk_seq").glob("*.JPG")),
        "XT 640x512": sorted((DATA / "flir_xt_field").glob("*.jpg")),
        "XT2, XTR": [DATA / "dji_models/DJI_XT2.jpg", DATA / "dji_models/DJI_XTR.jpg"],
        "handheld FLIR": sorted((DATA / "flir_handheld").glob("*.jpg")),
    }
    print("\n| files | ours: read, CPU a file | flyr |\n|---|---|---|")
    for name, files in sets.items():
        peer = "" if "iirp" in name else peer_ms("flyr", files)
        print(f"| {name} | {our_ms(files)} | {peer} |", flush=True)


if __name__ == "__main__":
    main()
