"""The whole story on a made scene, told through the same public functions that users call."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from core.clock import Clock, RealClock
from core.files import writable_folder, write_text
from skyshade.demo.choices import StoryParams, Tell
from skyshade.demo.delivering import deliver
from skyshade.demo.layers import write_layers
from skyshade.demo.mapping import choose_places, make_heat_map
from skyshade.demo.scene import make_scene
from skyshade.demo.showing import show
from skyshade.demo.surveying import fly_survey, plan
from skyshade.demo.told import Story
from skyshade.plain import plain

T = TypeVar("T")


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
