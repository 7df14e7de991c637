"""Words that only the printed report uses, in Korean and English."""

REPORT_WORDS: dict[str, tuple[str, str]] = {  # key: (Korean, English)
    "report_title": ("그늘·쉼터 설치 지점 선정 보고서", "Report on proposed sites for shade and shelter"),
    "made_on": ("작성 {when}", "made {when}"),
    "footer": (
        "지표 온도는 체감 온도가 아님 · Skyshade",
        "Surface temperature is not felt heat · Skyshade",
    ),
    "asked": ("무엇을 물었나", "What was asked"),
    "asked_line": (
        "후보지 {candidates:,}곳 가운데 {radius:g} m 안 사람들의 더위 부담을 가장 많이 더는 {count:,}곳은?",
        "Which {count:,} of {candidates:,} candidates take the most heat off people within {radius:g} m?",
    ),
    "aim_cover": (
        "고르는 법: 반경 안에 드는 더위 부담이 가장 크게",
        "Aim: the most heat load within the radius",
    ),
    "aim_capacity": (
        "고르는 법: 수용 인원 안에서 덜어 주는 더위 부담이 가장 크게",
        "Aim: the most heat load served within the capacities",
    ),
    "aim_fewest": (
        "고르는 법: 정한 몫을 덮는 가장 적은 수",
        "Aim: the fewest sites that cover the wanted share",
    ),
    "aim_median": (
        "고르는 법: 걷는 거리의 평균이 가장 짧게",
        "Aim: the shortest ways on average",
    ),
    "aim_center": (
        "고르는 법: 가장 먼 사람의 거리가 가장 짧게",
        "Aim: the shortest way for the farthest",
    ),
    "load_line": (
        "더위 부담 = 인원 × (그 자리 지표 온도 - 기준 {reference:.1f} °C). 지붕과 물은 온도에서 제외.",
        "Heat load = people × (ground temperature there - {reference:.1f} °C). Roofs and water are left out.",
    ),
    "distance_line": ("거리: {kind}", "Distances: {kind}"),
    "heat_when": ("열지도 촬영 시각: {when}", "Heat map taken: {when}"),
    "heat_when_unknown": (
        "열지도 촬영 시각: 파일에 없음 (시각이 다르면 온도도 다름)",
        "Heat map taken: the file does not say (another hour has other temperatures)",
    ),
    "sources": ("어떤 자료로", "From which data"),
    "role": ("용도", "used as"),
    "file": ("파일", "file"),
    "changed": ("파일 수정일", "last changed"),
    "repaired": ("자료에서 고치거나 알아 둘 것", "What was repaired or is to be known"),
    "option_heat": ("열지도", "heat map"),
    "option_demand": ("수요", "demand"),
    "option_candidates": ("후보지", "candidates"),
    "option_existing": ("기존 시설", "existing places"),
    "option_walk": ("보행망", "walking network"),
    "option_rules": ("설치 기준", "rules"),
    "option_buildings": ("건물", "buildings"),
    "option_water": ("물", "water"),
    "option_crossings": ("횡단보도", "crossings"),
    "option_zones": ("구역", "areas"),
    "option_background": ("배경", "background"),
    "option_tables": ("통계표", "table"),
    "option_footfall": ("유동 인구", "footfall"),
    "option_dem": ("지형 높이", "ground heights"),
    "rules_line": (
        "설치 기준: {title} {version} ({date}), 출처 {source}",
        "Rules: {title} {version} ({date}); source: {source}",
    ),
    "map_heat": ("지도 1. 지표 온도와 선정 지점", "Map 1. Surface temperature and chosen sites"),
    "map_candidates": ("지도 2. 후보지와 판정", "Map 2. Candidates and verdicts"),
    "key": ("범례", "Key"),
    "chosen_table": ("선정 지점과 순위", "Chosen sites and their ranks"),
    "rank_note": (
        "괄호 안은 더위와 인원의 오차를 {draws:,}번 다시 뽑았을 때 순위의 {level:.0%}가 드는 구간.",
        "In brackets: where the rank falls in {level:.0%} of {draws:,} draws of heat and head counts.",
    ),
    "tie_note": ("‘=’는 순서를 가릴 수 없는 동순위.", "“=” marks ties: the order is not settled."),
    "why_each": ("지점별 선정 이유", "Why each site"),
    "verdict_table": ("지점별 기준 판정", "Verdicts by rule"),
    "not_chosen": ("선정되지 않은 후보지", "Candidates that were not chosen"),
    "not_chosen_line": (
        "기준에 걸리지 않았으나 선정되지 않은 후보지 {count:,}곳: 선정 지점 곁에서 더하는 몫이 작음.",
        "{count:,} candidates break no rule but were not chosen: beside the chosen ones they add less.",
    ),
    "would_add": ("더할 수 있는 몫", "would add"),
    "next_best": ("다음으로 나은 후보지", "The next best"),
    "rejected_table": ("제외된 후보지와 이유", "Rejected candidates and reasons"),
    "more_rows": ("나머지 {count:,}곳은 sites.csv에 있음", "{count:,} more are in sites.csv"),
    "confidence": ("얼마나 확실한가", "How sure this is"),
    "confidence_line": (
        "지표 온도의 오차(지점마다 ±)와 인원의 오차(±{people:.0%})를 {draws:,}번 다시 뽑아 순위를 매김.",
        "Heat (by its error) and head counts (±{people:.0%}) were drawn {draws:,} times.",
    ),
    "block_line": (
        "같은 {block:g} m 구획의 온도는 함께 틀린다고 봄.",
        "Errors of heat are shared within {block:g} m.",
    ),
    "stable_line": (
        "선정 지점이 다시 뽑힌 비율: 가장 낮은 곳 {low:.0%}, 평균 {mean:.0%}",
        "Chosen again: {low:.0%} for the weakest site, {mean:.0%} on average",
    ),
    "ties_line": ("동순위: {ties}", "Ties: {ties}"),
    "no_ties": ("동순위 없음", "No ties"),
    "bound_line": (
        "목적값 {objective:,.1f}, 증명된 상한 {bound:,.1f}, 차이 {gap:.3%} ({method}, {seconds:.1f}초)",
        "Objective {objective:,.1f}, proved bound {bound:,.1f}, gap {gap:.3%} ({method}, {seconds:.1f} s)",
    ),
    "limits": ("이 결과의 한계", "Limits of this result"),
    "limit_felt": (
        "하늘에서 잰 지표 온도이며 체감 온도가 아님: 습도, 바람, 그늘, 복사가 들어 있지 않음.",
        "Temperatures are of the surface as seen from above, not felt heat: no humidity, wind, shade.",
    ),
    "limit_hour": (
        "열지도는 한때의 모습: 다른 시각, 다른 날의 그림자와 온도는 다름.",
        "The heat map is one moment: other hours and days have other shadows and temperatures.",
    ),
    "limit_straight": (
        "보행망이 없어 직선 거리로 계산함: 실제로 걷는 길은 더 멂.",
        "Distances are straight for want of a walking network: real ways are longer.",
    ),
    "limit_unknown": (
        "‘미확인’은 적합이 아님: 설치 전에 현장에서 확인할 것.",
        "“Not known” is no pass: check on site before building.",
    ),
    "limit_night": (
        "여닫는 시간과 수용 인원이 자료에 없으면 반영되지 않음.",
        "Opening hours and capacity count only where the data name them.",
    ),
    "none": ("없음", "none"),
}
