"""API keys with roles, kept as hashes in a file, and the passes signed with the service's own secret."""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from core.errors import SkyshadeError
from core.files import write_text

_FORM = re.compile(r"sky_([0-9a-f]{8})_([A-Za-z0-9_-]{32,64})")
_NAME_LENGTH = 60


class Role(Enum):
    """What a key may do: an operator everything, a viewer look, a customer only his own orders."""

    CUSTOMER = "customer"
    OPERATOR = "operator"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its public id, who holds it, its role, and the SHA-256 of its secret part."""

    id: str
    name: str
    role: Role
    digest: str
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of a service and the secret it signs passes with. Values only; files: `read_keys`."""

    secret: bytes
    keys: Mapping[str, Key] = field(default_factory=dict)

    def find(self, text: str) -> Key | None:
        """The key that `text` is, or None for a forged, unknown or revoked one."""
        form = _FORM.fullmatch(text)
        key = self.keys.get(form.group(1)) if form else None
        if form is None or key is None:
            return None
        same = hmac.compare_digest(key.digest, _digest(form.group(2)))
        return key if same and not key.revoked else None

    def with_new(self, name: str, role: Role) -> tuple["KeyRing", str]:
        """One key more, and its text, which is nowhere kept. Raises `SkyshadeError` for a name in use."""
        clean = name.strip()
        if not 0 < len(clean) <= _NAME_LENGTH:
            raise SkyshadeError(f"a key's name has 1 to {_NAME_LENGTH} characters, got {len(clean)}")
        if any(k.name == clean and not k.revoked for k in self.keys.values()):
            raise SkyshadeError(
                f"there is a key called {clean!r} already", hint="revoke it, or take another name"
            )
        number, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        key = Key(number, clean, role, _digest(secret))
        return KeyRing(self.secret, {**self.keys, number: key}), f"sky_{number}_{secret}"

    def without(self, name: str) -> "KeyRing":
        """The key called `name` revoked; raises `SkyshadeError` when there is none."""
        found = [k for k in self.keys.values() if k.name == name and not k.revoked]
        if not found:
            names = ", ".join(sorted(k.name for k in self.keys.values() if not k.revoked)) or "none"
            raise SkyshadeError(f"there is no key called {name!r}", hint=f"known: {names}")
        gone = {k.id: Key(k.id, k.name, k.role, k.digest, revoked=True) for k in found}
        return KeyRing(self.secret, {**self.keys, **gone})

    def sign(self, kind: str, *facts: str) -> str:
        """A signature over what a pass stands for (HMAC-SHA-256, 32 hex digits)."""
        text = "\0".join((kind, *facts)).encode()
        return hmac.new(self.secret, text, hashlib.sha256).hexdigest()[:32]

    def signed(self, signature: str, kind: str, *facts: str) -> bool:
        """Whether `signature` is ours for these facts, compared in constant time."""
        return hmac.compare_digest(signature.encode(), self.sign(kind, *facts).encode())


def page_pass(ring: KeyRing, point: str, until_s: float) -> str:
    """What the page of a delivery point orders with: for this point, until this UTC second."""
    return f"{until_s:.0f}.{ring.sign('page', point, f'{until_s:.0f}')}"


def pass_holds(ring: KeyRing, text: str, point: str, now_s: float) -> bool:
    """Whether a page pass is ours, for this point, and not run out."""
    until, dot, signature = text.partition(".")
    if not (dot and until.isdecimal() and len(until) <= 12):  # seconds, not an endless number
        return False
    return ring.signed(signature, "page", point, until) and now_s <= float(until)


def order_token(ring: KeyRing, order: str) -> str:
    """What follows and cancels one order."""
    return ring.sign("order", order)


def new_ring() -> KeyRing:
    """A ring without keys and with a secret of its own."""
    return KeyRing(secrets.token_bytes(32))


def read_keys(path: Path) -> KeyRing:
    """The ring kept at `path`; raises `SkyshadeError` when it is missing or no key file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        keys = [_key(row) for row in data["keys"]]
        return KeyRing(bytes.fromhex(data["secret"]), {k.id: k for k in keys})
    except FileNotFoundError:
        hint = "make the first key: skyshade delivery keys add --name desk --role operator"
        raise SkyshadeError(f"{path}: no such key file", hint=hint) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SkyshadeError(
            f"{path}: is no key file ({error})", hint="take it away and make new keys"
        ) from error


def write_keys(path: Path, ring: KeyRing) -> None:
    """Keep a ring at `path`, whole or not at all, readable by its owner where the system can say so."""
    rows = [
        {"id": k.id, "name": k.name, "role": k.role.value, "digest": k.digest, "revoked": k.revoked}
        for k in ring.keys.values()
    ]
    text = json.dumps({"secret": ring.secret.hex(), "keys": rows}, ensure_ascii=False, indent=1)
    write_text(path, text)
    path.chmod(0o600)


def _key(row: dict[str, Any]) -> Key:
    return Key(str(row["id"]), str(row["name"]), Role(row["role"]), str(row["digest"]), bool(row["revoked"]))


def _digest(secret: str) -> str:
    """Keys are 256 random bits, so one round of SHA-256 is enough (nothing to guess)."""
    return hashlib.sha256(secret.encode()).hexdigest()
