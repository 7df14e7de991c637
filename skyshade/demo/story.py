"""The whole story on a made scene, told through the same public functions that users call."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from core.clock import Clock, RealClock
from core.files import writable_folder, write_text
from flight.fly import OnInterrupt, return_home
from flight.vehicle import Vehicle
from skyshade.cli.output import plain
from skyshade.demo.delivering import Delivered, deliver
from skyshade.demo.layers import SceneLayers, write_layers
from skyshade.demo.mapping import Mapped, Sited, choose_places, make_heat_map
from skyshade.demo.scene import Scene, make_scene
from skyshade.demo.surveying import Planned, Surveyed, fly_survey, plan

T = TypeVar("T")

Tell = Callable[[str, int, int], None]
"""Called with (what is going on, done, total)."""


@dataclass(frozen=True, slots=True)
class StoryParams:
    """What a run may choose.

    `vehicle`: embedded, ardupilot or a MAVLink address; `speedup` for simulated ones. Overlaps in [0, 0.95],
    `gsd_m` metres a pixel, `rtk` whether the tags come from a receiver with RTK fix (centimetres) or from a
    plain one (1.5 m), `sites` how many to choose, `workers` threads of rendering and mapping,
    `on_interrupt` what Ctrl-C in the air leads to.
    """

    vehicle: str = "embedded"
    confirm_real: bool = False
    speedup: float | None = None
    seed: int = 20190801
    gsd_m: float = 0.12
    front: float = 0.75
    side: float = 0.65
    rtk: bool = True
    sites: int = 4
    workers: int = 2
    on_interrupt: Callable[[Vehicle], OnInterrupt] = return_home


@dataclass(frozen=True, slots=True)
class Story:
    """What came out, chapter by chapter; `seconds` are wall seconds of each."""

    out: Path
    params: StoryParams
    scene: Scene
    layers: SceneLayers
    planned: Planned
    surveyed: Surveyed
    mapped: Mapped
    sited: Sited
    delivered: Delivered
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The figures of `skyshade demo --json`."""
        record, heat, error = self.surveyed.record, self.mapped.result, self.mapped.error
        return {
            "survey": {
                "flown_s": record.flown_s,
                "shots": len(record.shots),
                "max_deviation_m": record.max_deviation_m,
                "coverage": self.planned.survey.coverage.fraction,
            },
            "heatmap": {
                "rmse_K": error.rmse_K,
                "bias_K": error.bias_K,
                "rmse_all_K": error.rmse_all_K,
                "position_rmse_m": error.position_rmse_m,
                "frames_used": heat.frames_used,
                "drift_rms_before_K": heat.drift_rms_before_K,
                "drift_rms_after_K": heat.drift_rms_after_K,
                "reprojection_rmse_px": heat.reprojection_rmse_px,
                "path": heat.path,
            },
            "sites": {"chosen": [s.id for s in self.sited.result.chosen], "map": self.sited.files.map},
            "delivery": {
                "delivered": self.delivered.delivered,
                "flown_s": self.delivered.record.flown_s,
                "order": self.delivered.order.id,
                "refused": list(self.delivered.refused.reasons),
            },
            "wall_s": self.seconds["all"],
            "seconds": self.seconds,
            "vehicle": self.params.vehicle,
            "index": self.out / "index.html",
        }


def run_demo(
    out: Path, params: StoryParams | None = None, *, tell: Tell | None = None, clock: Clock | None = None
) -> Story:
    """Tell the whole story into `out`; raises `SkyshadeError` naming the chapter that failed."""
    params, tell = params or StoryParams(), tell or _silent
    watch = _Watch(clock or RealClock())
    out = writable_folder(out)
    tell("making the scene", 0, 1)
    scene = watch.time("scene", lambda: make_scene(params.seed))
    layers = watch.time("scene", lambda: write_layers(scene, out / "scene"))
    planned = watch.time("plan", lambda: plan(layers, scene, params, out / "plans", tell))
    surveyed = watch.time("survey", lambda: fly_survey(planned, params, out / "flights" / "survey", tell))
    mapped = watch.time("map", lambda: make_heat_map(scene, layers, surveyed, params, out, tell))
    sited = watch.time("sites", lambda: choose_places(mapped, layers, params, out / "sites", tell))
    delivered = watch.time("delivery", lambda: deliver(layers, params, out, tell))
    story = Story(out, params, scene, layers, planned, surveyed, mapped, sited, delivered)
    watch.time("page", lambda: _show(story, watch, tell))
    finished = dataclasses.replace(story, seconds=watch.total())
    write_text(out / "demo.json", json.dumps(plain(finished.as_json()), ensure_ascii=False, indent=1) + "\n")
    return finished


def _show(story: Story, watch: "_Watch", tell: Tell) -> None:
    from skyshade.demo.showing import show

    tell("drawing the page", 0, 1)
    show(dataclasses.replace(story, seconds=watch.total()))


def _silent(_what: str, _done: int, _total: int) -> None:
    return


class _Watch:
    """Wall seconds a chapter takes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start_s = clock.monotonic_s()
        self._seconds: dict[str, float] = {}

    def time(self, name: str, chapter: Callable[[], T]) -> T:
        """Run a chapter and add its time."""
        before = self._clock.monotonic_s()
        try:
            return chapter()
        finally:
            spent = self._clock.monotonic_s() - before
            self._seconds[name] = self._seconds.get(name, 0.0) + spent

    def total(self) -> dict[str, float]:
        """Every chapter's seconds, and all together."""
        return {**self._seconds, "all": self._clock.monotonic_s() - self._start_s}
