"""One, two and three aircraft from one launch: how long a whole survey takes, and whether any two would meet.

Each area needs more than one battery; a battery is changed in five minutes. Pairs that meet are counted from
the finished missions and their starts alone.

python benchmarks/survey_fleet.py
"""

from shapely.geometry import box

from core.geo import LocalFrame, LonLat
from missions.cameras import load_camera
from missions.route import to_degrees
from missions.survey import SurveyParams, SurveyPlan, plan_survey
from missions.survey.fleet import meetings_of
from missions.survey.sorties import BATTERY_CHANGE_S

FRAME = LocalFrame(LonLat(127.11, 37.37))
AREAS_M = ((500, 400), (700, 450), (1000, 600))
AIRCRAFT = (1, 2, 3)


def finished_s(plan: SurveyPlan) -> float:
    """When the last aircraft has landed, seconds after the first start."""
    free_s = 0.0
    ends = []
    for sortie in plan.sorties:
        start_s = free_s if sortie.start_s is None else sortie.start_s
        ends.append(start_s + sortie.duration_s)
        free_s = ends[-1] + BATTERY_CHANGE_S
    return max(ends)


def main() -> None:
    """Print one row an area and number of aircraft."""
    print("| area m | aircraft | flights | done after min | beside one | pairs that meet | proved |")
    print("|" + "---|" * 7)
    for wide, high in AREAS_M:
        area, alone_s = to_degrees(box(0, 0, wide, high), FRAME), 0.0
        for count in AIRCRAFT:
            params = SurveyParams(0.12, aircraft_count=count)
            plan = plan_survey(area, load_camera("M3T"), FRAME.place(5, 5), params)
            seconds = finished_s(plan)
            alone_s = alone_s or seconds
            meet = meetings_of(plan.sorties, params) if count > 1 else 0
            print(
                f"| {wide} x {high} | {count} | {len(plan.sorties)} | {seconds / 60:.1f} "
                f"| {seconds / alone_s:.2f} | {meet} | {plan.proved} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
