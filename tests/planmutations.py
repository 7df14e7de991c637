"""Plan files broken a little, by a seed: bytes cut, doubled, replaced, and values exchanged for odd ones."""

import io
import re
import zipfile

ODD = (
    b"null", b"NaN", b"Infinity", b"-1e9", b"1e400", b"[]", b"{}", b'"x"', b"true", b"-1", b'""', b"0.5",
    b"99999999999999999999", b"\xff\xfe", b"1e9", b"1_0", b'"\\ud800"', b"9" * 5000,
)  # fmt: skip
TOKEN = re.compile(rb'-?\d+\.?\d*(?:e-?\d+)?|"[^"]*"|true|false|null')


def mutated(rng, data):
    """`data` with one to four small changes."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        _change(rng, changed)
    return bytes(changed)


def _change(rng, data):
    begin = rng.randrange(len(data) + 1)
    end = min(len(data), begin + rng.randint(1, 30))
    kind = rng.randrange(7)
    if kind == 0:
        del data[begin:end]
    elif kind == 1:
        data[begin:begin] = data[begin:end]
    elif kind == 2:
        data[begin:end] = rng.randbytes(rng.randint(1, 5))
    elif kind == 3 and rng.random() < 0.3:
        del data[begin:]
    elif tokens := list(TOKEN.finditer(data)):
        token = rng.choice(tokens)
        data[token.start() : token.end()] = rng.choice(ODD)


def mutated_kmz(rng, data):
    """A zip whose members are broken, or that is broken itself."""
    if rng.random() < 0.3:
        return mutated(rng, data)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            inner = source.read(name)
            target.writestr(name, mutated(rng, inner) if rng.random() < 0.7 else inner)
    return buffer.getvalue()
