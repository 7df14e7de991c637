"""Words of the map and the report in Korean and English."""

from core.errors import UnknownNameError
from gis.siting.reportwords import REPORT_WORDS

LANGUAGES = ("ko", "en")

MAP_WORDS: dict[str, tuple[str, str]] = {  # key: (Korean, English)
    # layers of the map
    "title": ("그늘·쉼터 설치 지점 선정 결과", "Proposed sites for shade and shelter"),
    "chosen": ("선정 지점", "Chosen sites"),
    "existing": ("기존 시설", "Existing places"),
    "candidates": ("후보지", "Candidates"),
    "rejected": ("제외된 후보지", "Rejected candidates"),
    "demand": ("수요 지점", "Demand"),
    "demand_cells": ("수요 ({cell:g} m 격자로 합침)", "Demand (summed in {cell:g} m cells)"),
    "hotspots": ("고온 군집 (FDR 5 %)", "Hot spots (FDR 5 %)"),
    "heat": ("지표 온도 (°C)", "Surface temperature (°C)"),
    "not_felt": ("체감 온도가 아닌 지표 온도", "Surface temperature, not felt heat"),
    "not_felt_at": (
        "체감 온도가 아닌 지표 온도, {when} 촬영",
        "Surface temperature, not felt heat; flown {when}",
    ),
    "water": ("물", "Water"),
    "walk": ("보행로", "Paths"),
    "buildings": ("건물", "Buildings"),
    "zones": ("구역", "Areas"),
    "squares": ("{cell:g} m 격자선", "{cell:g} m grid"),
    # cells of a card and heads of tables
    "id": ("번호", "id"),
    "name": ("이름", "name"),
    "site": ("지점", "site"),
    "rank": ("순위", "rank"),
    "rank_range": ("순위 ({level:.0%} 구간)", "rank ({level:.0%} interval)"),
    "score": ("더위 부담 감소 (명·K)", "heat taken off (person·K)"),
    "served": ("이용 인원", "people served"),
    "share": ("더하는 몫", "adds"),
    "again": ("다시 뽑힌 비율", "chosen again"),
    "why": ("선정 이유", "why"),
    "rules": ("기준별 판정", "verdict of each rule"),
    "rejections": ("제외 이유", "rejected because"),
    "unknown": ("미확인", "not known"),
    "surface": ("지표 온도 °C", "surface °C"),
    "people": ("인원", "people"),
    "nearest_before": ("가장 가까운 시설, 지금", "nearest place, now"),
    "nearest_after": ("가장 가까운 시설, 설치 후", "nearest place, with the plan"),
    "mean": ("평균 지표 온도 °C", "mean surface °C"),
    "p90": ("90 백분위 °C", "90th percentile °C"),
    "unknown_share": ("자료 없는 비율", "share without data"),
    "beyond": ("{limit:,.0f} m 넘음", "over {limit:,.0f} m"),
    # reasons
    "why_line": (
        "{radius:g} m 안({kind}) {people:,.0f}명; 전체 더위 부담의 {share:.1%}를 더 덮음",
        "{people:,.0f} people within {radius:g} m ({kind}); adds {share:.1%} of all heat load",
    ),
    "walking": ("보행 거리", "walking"),
    "straight": ("직선 거리, 보행망 없음", "straight line, no walking network"),
    "heat_line": (
        "그 자리 지표 온도 {heat:.1f} ± {sigma:.1f} °C",
        "ground there {heat:.1f} ± {sigma:.1f} °C",
    ),
    "heat_no_sigma": (
        "그 자리 지표 온도 {heat:.1f} °C, 오차 모름",
        "ground there {heat:.1f} °C, its error not known",
    ),
    "heat_unknown": ("그 자리 지표 온도 모름", "ground temperature there not known"),
    "tied_line": (
        "{others}번과 동순위 (순서를 가릴 수 없음)",
        "tied with {others}: their order is not settled",
    ),
    "nothing_line": ("앞 지점들에 더하는 것이 없음", "adds nothing to those before it"),
    "unknown_line": ("현장 확인 필요: {what}", "to be checked on site: {what}"),
    "rule_value": ("{title} {value}, 기준 {limit}", "{title} {value}, must be {limit}"),
    "rule_unknown": ("{title}: 미확인, 기준 {limit}", "{title}: not known, must be {limit}"),
    # figures
    "at_a_glance": ("한눈에 보기", "At a glance"),
    "chosen_count": (
        "후보지 {candidates:,}곳 가운데 {chosen:,}곳 선정, {rejected:,}곳 제외",
        "{chosen:,} of {candidates:,} candidates chosen, {rejected:,} rejected",
    ),
    "fewer": (
        "{count:,}곳을 찾았으나 도움이 되는 허용 후보지는 {chosen:,}곳뿐",
        "{count:,} were asked for; only {chosen:,} allowed places add anything",
    ),
    "load_covered": (
        "더위 부담 {covered:,.0f} 명·K 가운데 {share:.0%}를 설치 후 {radius:g} m 안에 둠 (지금 {now:.0%})",
        "{share:.0%} of the heat load ({covered:,.0f} person·K) within {radius:g} m, {now:.0%} now",
    ),
    "proved": ("이보다 나은 조합은 없음이 증명됨", "Proved: no other set of sites is better"),
    "gap": (
        "어떤 조합도 이보다 {gap:.2%} 넘게 나을 수 없음이 증명됨",
        "Proved: no other set of sites is more than {gap:.2%} better",
    ),
    "unproved": ("더 나은 조합이 있을 수 있음", "A better set of sites may exist"),
    "fairness": ("형평성: 설치 전과 후", "Fairness: before and after"),
    "figure": ("지표", "figure"),
    "before": ("지금", "now"),
    "after": ("설치 후", "with the plan"),
    "kills": ("기준별 판정 수", "What each rule decides"),
    "rule": ("기준", "rule"),
    "limit": ("한도", "limit"),
    "required": ("필수", "required"),
    "advice": ("참고", "advice"),
    "fails": ("부적합", "fail"),
    "unknowns": ("미확인", "not known"),
    "passes": ("적합", "pass"),
    "kills_most": (
        "가장 많이 제외한 기준: {title} ({count:,}곳)",
        "The rule that rejects most: {title}; candidates: {count:,}",
    ),
    "kills_none": ("제외된 후보지 없음", "No candidate was rejected"),
    # fairness figures, by their key
    "mean_m": ("가장 가까운 시설까지 평균", "mean way to the nearest place"),
    "p90_m": ("하위 10 %가 걷는 거리 (p90)", "way of the worst-off tenth (p90)"),
    "within": ("반경 안 인원", "people within the radius"),
    "beyond_limit": ("{limit:,.0f} m보다 먼 인원", "people beyond {limit:,.0f} m"),
    "seniors_p90_m": ("65세 이상 하위 10 %가 걷는 거리 (p90)", "way of the worst-off tenth of 65+ (p90)"),
    "seniors_uncovered_share": ("반경 밖 65세 이상", "people of 65+ beyond the radius"),
    "day_open_share_known": ("낮에 연 것이 확인된 곳이 반경 안", "known open by day within the radius"),
    "day_open_share_possible": ("낮에 열 수도 있는 곳이 반경 안", "perhaps open by day within the radius"),
    "night_open_share_known": ("밤에 연 것이 확인된 곳이 반경 안", "known open at night within the radius"),
    "night_open_share_possible": (
        "밤에 열 수도 있는 곳이 반경 안",
        "perhaps open at night within the radius",
    ),
    "weekend_open_share_known": (
        "주말에 연 것이 확인된 곳이 반경 안",
        "known open at weekends within the radius",
    ),
    "weekend_open_share_possible": (
        "주말에 열 수도 있는 곳이 반경 안",
        "perhaps open at weekends within the radius",
    ),
    "capacity_vs_vulnerable_r": (
        "수용 인원과 취약 인구의 상관 r (수요 지점)",
        "capacity against vulnerable people, r (by place)",
    ),
    "area_capacity_vs_vulnerable_r": (
        "수용 인원과 취약 인구의 상관 r (구역)",
        "capacity against vulnerable people, r (by area)",
    ),
    "capacity_unknown": ("수용 인원을 모르는 시설", "places of unknown capacity"),
    "not_known": ("모름", "not known"),
}

WORDS = MAP_WORDS | REPORT_WORDS


def words(language: str) -> dict[str, str]:
    """The words of a language; raises `UnknownNameError`."""
    if language not in LANGUAGES:
        raise UnknownNameError("language", language, list(LANGUAGES))
    at = LANGUAGES.index(language)
    return {key: pair[at] for key, pair in WORDS.items()}


def both(key: str, **values: object) -> dict[str, str]:
    """A word in every language, filled with `values`; one that is a mapping is taken by language."""
    return {
        language: text.format(**{name: _of(value, language) for name, value in values.items()})
        for language, text in zip(LANGUAGES, WORDS[key], strict=True)
    }


def _of(value: object, language: str) -> object:
    return value[language] if isinstance(value, dict) else value
