"""The layers as GeoParquet, for data programs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_parquet(layers: Mapping[str, Any], folder: Path) -> None:
    """Write one .parquet a layer, compressed, with its coordinate system."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in layers.items():
        _typed(frame).to_parquet(folder / f"{name}.parquet", index=False, compression="zstd")


def _typed(frame: Any) -> Any:
    """Columns of one type each: what mixes numbers with text becomes text."""
    from pandas.api.types import infer_dtype

    out = frame.copy()
    for name in out.columns:
        if name != "geometry" and str(out[name].dtype) == "object":
            kind = infer_dtype(out[name], skipna=True)
            if kind.startswith("mixed") or kind == "unknown":
                out[name] = [None if value is None else str(value) for value in out[name]]
    return out
