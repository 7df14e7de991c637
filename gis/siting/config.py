"""Parameters of a choice from a TOML file: every key checked, none passed over."""

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import BadFileError, SkyshadeError
from gis.siting.access import AccessParams
from gis.siting.confidence import ConfidenceParams
from gis.siting.demand import DemandParams
from gis.siting.exposure import ExposureParams
from gis.siting.model import SitingParams
from gis.siting.weights import WeightParams

TEXTS = (str, str | None)
SWITCHES = (bool,)
TABLES = (tuple[str, ...], tuple[tuple[float, ...], ...])
PARTS: dict[str, type] = {
    "exposure": ExposureParams,
    "confidence": ConfidenceParams,
    "demand": DemandParams,
    "access": AccessParams,
    "weights": WeightParams,
}


def siting_params(
    path: Path | None, over: Mapping[str, Any], usual: Mapping[str, Any] | None = None
) -> SitingParams:
    """Defaults, then `usual`, then the `[siting]` table of `path` (with `[siting.exposure]` and further
    parts), then `over`. Raises `BadFileError` for a key or a value that is none.
    """
    table = {} if path is None else _table(path)
    values: dict[str, Any] = {**(usual or {}), **table, **over}
    try:
        for name, part in PARTS.items():
            if name in values:
                values[name] = _filled(part, values[name], f"siting.{name}")
        params: SitingParams = _filled(SitingParams, values, "siting")
    except (TypeError, ValueError) as error:
        if path is None:
            raise SkyshadeError(str(error)) from error
        raise BadFileError(path, str(error)) from error
    return params


def _table(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFileError(path, f"is no TOML ({error})") from error
    if not isinstance(content.get("siting"), dict):
        raise BadFileError(path, "has no [siting] table")
    return dict(content["siting"])


def _filled(kind: type, values: Any, where: str) -> Any:
    if not isinstance(values, dict):
        raise TypeError(f"[{where}] must be a table, got {values!r}")
    known = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ValueError(
            f"[{where}] has unknown keys {', '.join(unknown)}; known: {', '.join(sorted(known))}"
        )
    return kind(**{name: _value(name, known[name].type, value) for name, value in values.items()})


def _value(name: str, kind: Any, value: Any) -> Any:
    """`value` as the field of type `kind` holds it; raises `TypeError` where it is something else."""
    if kind in TABLES:
        if not isinstance(value, list | tuple):
            raise TypeError(f"{name} must be a list, got {value!r}")
        return tuple(tuple(one) if isinstance(one, list) else one for one in value)
    if kind in SWITCHES:
        if not isinstance(value, bool):
            raise TypeError(f"{name} must be true or false, got {value!r}")
        return value
    if kind in TEXTS:
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a text, got {value!r}")
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number and not dataclasses.is_dataclass(value):
        raise TypeError(f"{name} must be a number, got {value!r}")
    return value
