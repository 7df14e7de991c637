"""Our packages have short names: say clearly when another folder of that name hides one."""

import importlib.machinery
import importlib.util
from pathlib import Path

ROOMS = ("core", "gis", "missions", "flight", "delivery", "thermal")


def hidden_room() -> str | None:
    """One line when a folder such as the user's own `missions` hides our package of that name, else None."""
    home = Path(__file__).resolve().parents[1]
    for room in ROOMS:
        spec = importlib.util.find_spec(room)
        found = _places(spec)
        if (home / room) not in found:
            instead = found[0] if found else "nothing"
            return (
                f"Python finds {instead} where skyshade's own package {room!r} should be ({home / room}); "
                "rename that folder or file, or start skyshade from another folder"
            )
    return None


def _places(spec: importlib.machinery.ModuleSpec | None) -> list[Path]:
    if spec is None:
        return []
    if spec.submodule_search_locations:
        return [Path(place).resolve() for place in spec.submodule_search_locations]
    return [Path(spec.origin).resolve()] if spec.origin else []
