"""Sites for one real dong of Seongnam, end to end: python benchmarks/sites_seongnam.py [DONG] [OUT].

Real: dong outlines, people, people of 65 and older, those of them living alone, bus stops (those with a
shelter stand already; all are footfall). Made (`seongnam_scene.py`): streets, buildings, the heat map. Input:
../shared/data/gis/seongnam or $SKYSHADE_DATA/gis/seongnam.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import seongnam_scene as scene

from gis.siting.access import AccessParams
from gis.siting.choose import SitingInputs, SitingParams, choose_sites
from gis.siting.codes import code_system, label_conflicts
from gis.siting.confidence import ConfidenceParams
from gis.siting.demand import DemandParams
from gis.siting.layers import read_layer
from gis.siting.model import SitingResult
from gis.siting.report import rank_text, write_outputs
from gis.siting.rules import deadliest

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SKYSHADE_DATA") or ROOT.parent / "shared" / "data") / "gis" / "seongnam"
TABLES = (DATA / "seongnam_population_households.csv", DATA / "seongnam_single_household.csv")
COUNT, RADIUS_M, DRAWS = 5, 300.0, 1000


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "정자1동"
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(made)
        (folder / "자료").mkdir(parents=True, exist_ok=True)
        inputs = layers(name, folder / "자료")
        began, used = time.perf_counter(), time.process_time()
        result = choose_sites(inputs, params())
        chosen_s, chosen_cpu = time.perf_counter() - began, time.process_time() - used
        began, used = time.perf_counter(), time.process_time()
        outputs = write_outputs(result, folder / "결과")
        written_s, written_cpu = time.perf_counter() - began, time.process_time() - used
        show(name, result)
        print(f"\nchoose {chosen_s:.1f} s ({chosen_cpu:.1f} s CPU)")
        print(f"files {written_s:.1f} s ({written_cpu:.1f} s CPU)")
        print(f"map {outputs.map.stat().st_size / 1e6:.1f} MB: {outputs.map}")


def params() -> SitingParams:
    return SitingParams(
        count=COUNT,
        radius_m=RADIUS_M,
        language="ko",
        demand=DemandParams(other=1.0, senior=2.0, alone=3.0, footfall_share=0.3, unit_m=50.0),
        access=AccessParams(speed_ms=1.0, senior_speed_ms=0.8),
        confidence=ConfidenceParams(draws=DRAWS),
    )


def layers(name: str, folder: Path) -> SitingInputs:
    """Write the dong's layers and name the files."""
    dong = outline(name)
    stops = read_layer(DATA / "osm_seongnam_bus_stops.json").frame.to_crs(scene.CRS)
    stops = stops[stops.within(dong.union_all())][["osm_id", "name", "shelter", "geometry"]]
    roads = scene.streets(dong)
    houses = scene.buildings(dong, roads)
    scene.heat_map(folder / "heat.tif", dong, roads, houses)
    frames = {
        "동": dong, "정류장": stops, "후보지": stops[stops["shelter"] != "yes"],
        "기존": stops[stops["shelter"] == "yes"], "보행로": roads, "건물": houses,
        "횡단보도": scene.crossings(roads),
    }  # fmt: skip
    paths = {key: folder / f"{key}.gpkg" for key in frames}
    for key, frame in frames.items():
        if len(frame):
            frame.to_file(paths[key])
    around = folder / "이웃 동.gpkg"
    read_layer(DATA / "BND_ADM_DONG_PG.shp").frame[["ADM_NM", "geometry"]].to_file(around)
    print(f"{name}: {len(stops)} stops, {len(frames['기존'])} sheltered; made: {len(houses)} houses")
    return SitingInputs(
        folder / "heat.tif", paths["동"], paths["후보지"],
        existing=paths["기존"] if len(frames["기존"]) else None, walk=paths["보행로"],
        buildings=paths["건물"], crossings=paths["횡단보도"], zones=paths["동"],
        background=(around,), tables=TABLES, footfall=paths["정류장"],
    )  # fmt: skip


def outline(name: str) -> Any:
    official = read_layer(DATA / "BND_ADM_DONG_PG.shp").frame
    other = read_layer(DATA / "dong_boundaries.geojson").frame
    systems = code_system(list(official["ADM_CD"])), code_system(list(other["ADMI_CD"]))
    print(f"codes: {' and '.join(system.value for system in systems if system)}")
    for conflict in label_conflicts(other, "dong_name", official, "ADM_NM"):
        print(
            f"dong_boundaries.geojson calls {conflict.name} what the official layer calls {conflict.other} "
            f"({conflict.share:.0%} of it): the official layer is used"
        )
    found = official[official["ADM_NM"] == name]
    if found.empty:
        sys.exit(f"no dong called {name}; there are {', '.join(official['ADM_NM'])}")
    return found


def show(name: str, result: SitingResult) -> None:
    demand = result.demand
    print(f"{name}: {len(demand)} cells, {demand['demand_people'].sum():,.0f} people")
    print("\n| rank (90 %) | stop | person·K | again | why |\n|---|---|---|---|---|")
    for site in result.chosen:
        name = site.name or site.id
        print(f"| {rank_text(site)} | {name} | {site.score:,.0f} | {site.again:.0%} | {site.why} |")
    solved = result.solution
    print(f"\nobjective {solved.objective:,.0f}, bound {solved.bound:,.0f}, gap {solved.gap:.3%}")
    print("\n| rule | rejects | alone |\n|---|---|---|")
    for rule, rejected, alone in deadliest(result.verdicts):
        print(f"| {rule.title_en} {rule.limit} | {rejected} of {len(result.verdicts)} | {alone} |")
    print("\n| fairness | before | after |\n|---|---|---|")
    for stem in [key.removesuffix("_before") for key in result.equity if key.endswith("_before")]:
        values = [result.equity[f"{stem}_{when}"] for when in ("before", "after")]
        print(f"| {stem} | {' | '.join('unknown' if v is None else f'{v:.3g}' for v in values)} |")
    print("\nnotes:\n- " + "\n- ".join(result.notes))


if __name__ == "__main__":
    main()
