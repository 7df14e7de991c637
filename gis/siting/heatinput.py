"""The heat map of a choice: as much of it as the choice needs, and when it was flown."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import numpy as np

from gis.heat import HeatMap, heat_frame, read_heat
from gis.raster import read_tags
from gis.siting.layers import read_layer
from gis.siting.model import SitingInputs, SitingParams
from gis.siting.systems import in_degrees, touches_korea

WHOLE_PIXELS = 60_000_000  # a map up to this size (240 MB a band) is read whole
KOREA_TIME = timezone(timedelta(hours=9))
HOT_HOURS = (11, 17)  # when people are out in the heat


def read_heat_for(inputs: SitingInputs, params: SitingParams, *, whole: int = WHOLE_PIXELS) -> HeatMap:
    """The heat map, or of a larger one (more than `whole` pixels) what lies round the layers; its notes say
    which, and when it was flown.
    """
    frame = heat_frame(inputs.heat)
    box = in_degrees(frame.crs, frame.bounds)
    told = flight_notes(read_tags(inputs.heat), korean=box is not None and touches_korea(box))
    if frame.pixels <= whole:
        return _noted(read_heat(inputs.heat), told)
    margin = max(params.exposure.radius_m, 50.0)
    heat = read_heat(inputs.heat, _box(inputs, frame.crs, margin))
    part = heat.celsius.size / frame.pixels
    return _noted(heat, (*told, f"of the heat map the {part:.0%} round the places is read"))


def _noted(heat: HeatMap, more: tuple[str, ...]) -> HeatMap:
    return replace(heat, notes=(*heat.notes, *more))


def _box(inputs: SitingInputs, crs: str, margin_m: float) -> tuple[float, float, float, float]:
    paths = (inputs.demand, inputs.candidates, inputs.existing, inputs.zones, inputs.footfall)
    boxes = np.array(
        [
            read_layer(path, crs=inputs.crs).frame.geometry.to_crs(crs).total_bounds
            for path in paths
            if path is not None
        ]
    )
    low, high = boxes[:, :2].min(axis=0) - margin_m, boxes[:, 2:].max(axis=0) + margin_m
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def flight_notes(tags: Mapping[str, str], *, korean: bool) -> tuple[str, ...]:
    """When a heat map was flown, in words: a map of another hour would rank places otherwise."""
    zone = KOREA_TIME if korean else UTC
    first, last = (_moment(tags.get(name), zone) for name in ("TIME_START", "TIME_END"))
    if first is None:
        return ("the heat map does not say when it was flown: its heat holds for its own hour only",)
    last = last or first
    clock = "Korean time" if korean else "UTC"
    note = f"heat as it was on {first:%Y-%m-%d} from {first:%H:%M} to {last:%H:%M} ({clock})"
    middle = (first.hour + last.hour + (first.minute + last.minute) / 60) / 2
    if not korean or HOT_HOURS[0] <= middle <= HOT_HOURS[1]:
        return (f"{note}: other hours rank otherwise",)
    return (f"{note}: people are out in the heat from 11 to 17, and the ranks may not hold then",)


def _moment(text: str | None, zone: tzinfo) -> datetime | None:
    """An ISO moment (no zone: UTC) in a zone, None for anything else."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)
