"""Words of the report in Korean and English."""

from core.errors import UnknownNameError

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Proposed sites",
        "chosen": "Chosen sites",
        "existing": "Existing places",
        "candidates": "Candidates",
        "rejected": "Rejected candidates",
        "demand": "Demand",
        "hotspots": "Hot spots (FDR 5 %)",
        "heat": "Surface temperature (°C)",
        "network": "Walking network",
        "id": "id",
        "name": "name",
        "rank": "rank",
        "score": "score (person·K)",
        "why": "why",
        "rejections": "rejected because",
        "unknown": "not known",
        "surface": "surface °C",
        "people": "people",
        "nearest": "nearest place (m)",
        "why_line": "{people:,.0f} people within {radius:g} m ({kind}); adds {share:.1%} of all heat load",
        "walking": "walking",
        "straight": "straight line, no walking network",
        "heat_line": "ground there {heat:.1f} ± {sigma:.1f} °C",
        "heat_unknown": "ground temperature there not known",
        "tied_line": "tied with {others}",
        "nothing_line": "adds nothing to those before it",
        "unknown_line": "to be checked on site: {what}",
        "rule_value": "{title} {value}, must be {limit}",
        "rule_unknown": "{title}: not known, must be {limit}",
        "zones": "Areas",
        "mean": "mean surface °C",
        "p90": "90th percentile °C",
        "unknown_share": "share without data",
    },
    "ko": {
        "title": "설치 후보지 선정 결과",
        "chosen": "선정 지점",
        "existing": "기존 시설",
        "candidates": "후보지",
        "rejected": "제외된 후보지",
        "demand": "수요 지점",
        "hotspots": "고온 군집 (FDR 5 %)",
        "heat": "지표 온도 (°C)",
        "network": "보행망",
        "id": "번호",
        "name": "이름",
        "rank": "순위",
        "score": "점수 (명·K)",
        "why": "선정 이유",
        "rejections": "제외 이유",
        "unknown": "미확인",
        "surface": "지표 온도 °C",
        "people": "인원",
        "nearest": "가장 가까운 시설 (m)",
        "why_line": "{radius:g} m 안({kind}) {people:,.0f}명; 전체 더위 부담의 {share:.1%}를 더 덮음",
        "walking": "보행 거리",
        "straight": "직선 거리, 보행망 없음",
        "heat_line": "그 자리 지표 온도 {heat:.1f} ± {sigma:.1f} °C",
        "heat_unknown": "그 자리 지표 온도 모름",
        "tied_line": "{others}번과 동순위",
        "nothing_line": "앞 지점들에 더하는 것이 없음",
        "unknown_line": "현장 확인 필요: {what}",
        "rule_value": "{title} {value}, 기준 {limit}",
        "rule_unknown": "{title}: 미확인, 기준 {limit}",
        "zones": "구역",
        "mean": "평균 지표 온도 °C",
        "p90": "90 백분위 °C",
        "unknown_share": "자료 없는 비율",
    },
}


def words(language: str) -> dict[str, str]:
    """The words of a language; raises `UnknownNameError`."""
    try:
        return WORDS[language]
    except KeyError as error:
        raise UnknownNameError("language", language, list(WORDS)) from error
