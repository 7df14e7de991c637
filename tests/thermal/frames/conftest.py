"""A tiny writer of radiometric files, made for these tests alone; it shares nothing with the readers."""

import io
import math
import struct

import numpy as np
import pytest
from PIL import Image

PLANCK = {"R1": 17096.453, "B": 1428.0, "F": 1.0, "O": -342, "R2": 0.046642166}
AIR = {"a1": 0.006569, "a2": 0.01262, "b1": -0.002276, "b2": -0.00667, "X": 1.9}


def flir_raw(celsius, *, emissivity=1.0, distance_m=0.0, humidity=0.5, reflected_C=20.0, ambient_C=20.0):
    """Counts that a FLIR camera would store for `celsius`, by the law written out again."""

    def counts(t):
        return (
            PLANCK["R1"] / (PLANCK["R2"] * (np.exp(PLANCK["B"] / (t + 273.15)) - PLANCK["F"])) - PLANCK["O"]
        )

    water = humidity * math.exp(
        1.5587 + 0.06939 * ambient_C - 0.00027816 * ambient_C**2 + 0.00000068455 * ambient_C**3
    )
    near, far = (
        math.exp(-math.sqrt(distance_m) * (AIR[a] + AIR[b] * math.sqrt(water)))
        for a, b in (("a1", "b1"), ("a2", "b2"))
    )
    tau = AIR["X"] * near + (1 - AIR["X"]) * far
    leaving = emissivity * counts(np.asarray(celsius, float)) + (1 - emissivity) * counts(reflected_C)
    return tau * leaving + (1 - tau) * counts(ambient_C)


def fff(raw, *, png=False, order="<", big_header=True, utc=None, **stored):
    """An FFF container round `raw` (height, width) uint16."""
    height, width = raw.shape
    head = struct.pack(order + "HHH", 2, width, height).ljust(32, b"\x00")
    if png:
        sheet = io.BytesIO()
        Image.fromarray(raw.astype("<u2").byteswap().view("<u2").astype(np.uint16)).save(sheet, "PNG")
        pixels = sheet.getvalue()
    else:
        pixels = raw.astype(order + "u2").tobytes()
    info = bytearray(0x400)
    floats = {
        0x20: stored.get("emissivity", 1.0),
        0x24: stored.get("distance_m", 0.0),
        0x28: stored.get("reflected_C", 20.0) + 273.15,
        0x2C: stored.get("ambient_C", 20.0) + 273.15,
        0x30: 293.15,
        0x34: 1.0,
        0x3C: stored.get("humidity", 0.5),
        0x58: PLANCK["R1"],
        0x5C: PLANCK["B"],
        0x60: PLANCK["F"],
        0x70: AIR["a1"],
        0x74: AIR["a2"],
        0x78: AIR["b1"],
        0x7C: AIR["b2"],
        0x80: AIR["X"],
        0x1B4: stored.get("view_deg", 45.0),
        0x30C: PLANCK["R2"],
    }
    struct.pack_into(order + "HHH", info, 0, 2, width, height)
    for at, value in floats.items():
        struct.pack_into(order + "f", info, at, value)
    struct.pack_into(order + "i", info, 0x308, PLANCK["O"])
    info[0xD4:0xDE] = b"TestCam 9\x00"
    if utc is not None:
        struct.pack_into(order + "IIh", info, 0x384, int(utc), int(utc % 1 * 1000), 60)
    edge = ">" if big_header else "<"
    raw_at = 64 + 2 * 32
    info_at = raw_at + len(head) + len(pixels)
    index = struct.pack(edge + "HHIIII", 1, 2, 100, 1, raw_at, len(head) + len(pixels)).ljust(32, b"\x00")
    index += struct.pack(edge + "HHIIII", 0x20, 1, 100, 2, info_at, len(info)).ljust(32, b"\x00")
    start = b"FFF\x00TEST".ljust(0x14, b"\x00") + struct.pack(edge + "III", 100, 64, 2)
    return start.ljust(64, b"\x00") + index + head + pixels + bytes(info)


def segment(marker, payload):
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def jpeg(extra, *, exif=None, xmp=None, size=(8, 6)):
    """A visible JPEG with application segments put right behind its start."""
    sheet = io.BytesIO()
    Image.new("L", size, 128).save(sheet, "JPEG", exif=exif.tobytes() if exif is not None else b"")
    data = sheet.getvalue()
    if xmp is not None:
        extra = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + xmp.encode()) + extra
    return data[:2] + extra + data[2:]


def flir_segments(container, part=60000):
    parts = [container[k : k + part] for k in range(0, len(container), part)]
    return b"".join(
        segment(0xE1, b"FLIR\x00\x01" + bytes([k, len(parts) - 1]) + piece) for k, piece in enumerate(parts)
    )


def drone_xmp(**tags):
    values = " ".join(f'drone-dji:{k}="{v}"' for k, v in tags.items())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="x"><rdf:Description '
        f'xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/" {values}/></rdf:RDF></x:xmpmeta>'
    )


def place_exif(*, lat=37.37, lon=127.11, make="DJI", model="FLIR", focal_mm=13.0, altitude_m=None):
    """EXIF with a GPS position, written by Pillow."""

    def parts(value):
        value = abs(value)
        minutes = value % 1 * 60
        return (int(value), int(minutes), minutes % 1 * 60)

    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = make, model
    exif.get_ifd(0x8769).update({0x9003: "2024:08:06 14:00:01", 0x9291: "250", 0x920A: focal_mm})
    gps = {1: "N" if lat >= 0 else "S", 2: parts(lat), 3: "E" if lon >= 0 else "W", 4: parts(lon)}
    if altitude_m is not None:
        gps |= {5: b"\x00", 6: altitude_m}
    exif.get_ifd(0x8825).update(gps)
    return exif


def dji_jpeg(words, *, kind=b"iirp", tau=0.8, table=True, emissivity=0.95, distance_m=1.0, **more):
    """A DJI picture: raw words in APP3, parameters in APP4, a flat transmission table in APP5."""
    data = words.astype("<u2").tobytes()
    raw = b"".join(segment(0xE3, data[k : k + 65000]) for k in range(0, len(data), 65000))
    values = struct.pack(
        "<5f", more.get("ambient_C", 25.0), distance_m, emissivity, 0.5, more.get("reflected_C", 25.0)
    )
    block = (b"\xff\xd2\xd1\xff" + kind).ljust(0x20, b"\x00") + values
    row = struct.pack("<H", 16384) + struct.pack("<H", round(tau * 16384)) * 63
    air = b"\xff" * 256 + (row * 8 if table else b"\xff" * 1024) + b"\x00" * 64
    extra = raw + segment(0xE4, block.ljust(224, b"\x00")) + segment(0xE5, air)
    exif = more.get("exif") or place_exif(model=more.get("model", "M3T"), focal_mm=9.1)
    return jpeg(extra, exif=exif, xmp=more.get("xmp"), size=(words.shape[1], words.shape[0]))


def dji_words(celsius, *, tau=0.8, emissivity=0.95, reflected_C=25.0, ambient_C=25.0):
    """Stored words for `celsius`, by the law written out again."""
    fourth = (np.asarray(celsius, float) + 273.15) ** 4
    leaving = emissivity * fourth + (1 - emissivity) * (reflected_C + 273.15) ** 4
    kelvin = (tau * leaving + (1 - tau) * (ambient_C + 273.15) ** 4) ** 0.25
    return (np.round(kelvin * 16).astype(np.uint16) << 2).astype(np.uint16)


class Writer:
    """What tests ask for, under one name."""

    flir_raw = staticmethod(flir_raw)
    fff = staticmethod(fff)
    jpeg = staticmethod(jpeg)
    flir_segments = staticmethod(flir_segments)
    drone_xmp = staticmethod(drone_xmp)
    place_exif = staticmethod(place_exif)
    dji_jpeg = staticmethod(dji_jpeg)
    dji_words = staticmethod(dji_words)

    @staticmethod
    def flir_jpeg(raw, *, exif=None, xmp=None, **stored):
        return jpeg(flir_segments(fff(raw, **stored)), exif=exif, xmp=xmp)


@pytest.fixture(scope="session")
def writer():
    return Writer
