"""The demo's frames, heat map, its comparison with the truth, and the sites chosen on it."""

from dataclasses import dataclass
from pathlib import Path

from gis.siting.choose import SitingInputs, SitingParams, SitingResult, choose_sites
from gis.siting.report import Outputs, write_outputs
from skyshade.demo.choices import StoryParams, Tell
from skyshade.demo.frames import RenderedFrames, RenderParams, render_frames
from skyshade.demo.layers import SceneLayers
from skyshade.demo.scene import Scene
from skyshade.demo.surveying import Surveyed
from skyshade.demo.track import RTK, TrackParams
from skyshade.demo.truth import MapError, compare_map
from thermal.mapmaker import MapParams, make_map
from thermal.mapreport import MapResult

WALK_M = 120.0  # on a hot day; the made place is only some hundred metres wide


@dataclass(frozen=True, slots=True)
class Mapped:
    """The rendered frames, the map made of them, and how far it is from the truth."""

    frames: RenderedFrames
    result: MapResult
    error: MapError


@dataclass(frozen=True, slots=True)
class Sited:
    """The chosen sites and their files."""

    result: SitingResult
    files: Outputs


def make_heat_map(
    scene: Scene, layers: SceneLayers, surveyed: Surveyed, params: StoryParams, out: Path, tell: Tell
) -> Mapped:
    """Render a frame at every shot, then map the folder as any user's."""
    frames = render_frames(
        scene,
        surveyed.shots,
        out / "frames",
        RenderParams(track=RTK if params.rtk else TrackParams()),
        seed=params.seed,
        workers=params.workers,
        progress=lambda done, total: tell("rendering frames", done, total),
    )
    result = make_map(
        frames.folder,
        out / "heatmap.tif",
        MapParams(dem=layers.dsm, references=layers.references, workers=params.workers),
        progress=lambda what, done, total: tell(f"map: {what}", done, total),
    )
    tell("comparing with the truth", 0, 1)
    error = compare_map(result.path, layers.truth, layers.dsm, layers.survey_area)
    return Mapped(frames, result, error)


def choose_places(
    mapped: Mapped, layers: SceneLayers, params: StoryParams, folder: Path, tell: Tell
) -> Sited:
    """Choose sites for shade on the map."""
    tell("choosing sites", 0, 1)
    inputs = SitingInputs(
        heat=mapped.result.path,
        demand=layers.demand,
        candidates=layers.candidates,
        existing=layers.existing,
        walk=layers.paths,
        buildings=layers.buildings,
        water=layers.water,
        background=(layers.surface,),
    )
    result = choose_sites(inputs, SitingParams(count=params.sites, radius_m=WALK_M, vulnerable="elderly"))
    return Sited(result, write_outputs(result, folder))
