"""Mutated and cut thermal files: each gives a frame or the reader's own error, quickly, in little memory.

python benchmarks/frame_fuzz.py [COUNT] [SEED]
"""

import os
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from core.errors import BadFileError
from core.geo import LonLat
from core.shot import CameraAttitude
from skyshade.demo.framefile import FrameTags, radiometric_jpeg
from thermal.frames import ReadOptions, TiffScale, read_frame
from thermal.tiffwrite import TiffTags, encode_tiff

DATA = Path(os.environ.get("SKYSHADE_DATA", "../shared/data")) / "thermal"
WORDS = (bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\xc0\x7f")
SLOW_S = 1.0
REAL = ("dji_models/M3T_DJI_0002_R.JPG", "dji_models/DJI_XT2.jpg", "flir_handheld/frame_000000_le.fff")


def samples() -> dict[str, bytes]:
    """Small files made here, and one of each real kind where the data is."""
    scene = np.linspace(0.0, 50.0, 48 * 64).reshape(48, 64)
    raw, preview = (scene * 300).astype(np.uint16), np.zeros((48, 64), np.uint8)
    tags = FrameTags(
        LonLat(127.11, 37.37), 60.0, 95.0, CameraAttitude(10.0, -90.0), CameraAttitude(10.0, 0.0), 1.7e9
    )
    png = FrameTags(tags.lonlat, 60.0, 95.0, tags.gimbal, tags.flight, 1.7e9, raw_format="png")
    made = {
        "flir.jpg": radiometric_jpeg(raw, preview, tags),
        "flir png.jpg": radiometric_jpeg(raw, preview, png),
        "celsius.tif": encode_tiff(scene.astype(np.float32), TiffTags(xmp="<x/>")),
    }
    for name in (
        "dji_models/M3T_DJI_0002_R.JPG",
        "dji_models/DJI_XT2.jpg",
        "flir_handheld/frame_000000_le.fff",
    ):
        if (DATA / name).is_file():
            made[name.rpartition("/")[2]] = (DATA / name).read_bytes()
    return made


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Cut, flipped, overwritten with extreme words, or with a part moved."""
    kind = rng.randrange(4)
    if kind == 0:
        return data[: rng.randrange(len(data))]
    out = bytearray(data)
    reach = len(out) if rng.random() < 0.5 else min(len(out), 4096)  # headers are where it hurts
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(reach)
        if kind == 1:
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            word = rng.choice(WORDS)
            out[at : at + 4] = word
        else:
            start = rng.randrange(reach)
            out[at : at + 64] = data[start : start + 64]
    return bytes(out)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    originals = samples()
    names = list(originals)
    outcome: Counter[str] = Counter()
    slowest_s = 0.0
    options = ReadOptions(scale=TiffScale.CELSIUS)
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with tempfile.TemporaryDirectory() as scratch:
        for k in range(count):
            name = names[k % len(names)]
            path = Path(scratch) / name
            path.write_bytes(mutated(originals[name], rng))
            began_s = time.perf_counter()
            try:
                read_frame(path, options=options)
                outcome["read"] += 1
            except BadFileError:
                outcome["refused"] += 1
            except Exception as error:  # noqa: BLE001  # what this looks for
                outcome["CRASHED"] += 1
                print(f"{name} {k}: {type(error).__name__}: {error}", file=sys.stderr)
            took_s = time.perf_counter() - began_s
            slowest_s = max(slowest_s, took_s)
            outcome["slower than a second"] += took_s > SLOW_S
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        "| files | read | refused | crashed | over 1 s | slowest s | memory MB (before) |\n"
        + 7 * "|---"
        + "|"
    )
    print(
        f"| {count} | {outcome['read']} | {outcome['refused']} | {outcome['CRASHED']} | "
        f"{outcome['slower than a second']} | {slowest_s:.2f} | {peak_mb:.0f} ({before_mb:.0f}) |"
    )


if __name__ == "__main__":
    main()
