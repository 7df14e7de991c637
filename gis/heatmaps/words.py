"""The words of the comparison's page, in Korean and English."""

import re
from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "What the treatment did to surface temperature",
        "cooler": "The treated area became {k} K cooler than the control area did",
        "warmer": "The treated area became {k} K warmer than the control area did",
        "unsure": "No effect can be told from chance: {k} K",
        "interval": "95 % interval: {low} to {high} K.",
        "flight": "flight after", "hours": "hours after", "effect": "effect, K", "ci": "95 % interval, K",
        "treated": "treated, K", "control": "control, K",
        "picture": "Change of surface temperature (first flight after, less before)."
        " Solid line: treated area. Dashed line: control area.",
        "plot": "Effect over time, with its 95 % interval",
        "half": "The effect halves in {h} hours (95 %: {low} to {high}).",
        "stays": "No fading can be told from these flights.",
        "never": "never", "unknown": "unknown",
        "how": "How this was computed",
        "method": "Effect = change of the treated area less change of the control area (difference in"
        " differences): a shift of the whole map drops out. Cells of {cell} m; {t} treated and {c} control."
        " Interval: bootstrap over blocks of {block} m, about {bt} and {bc} independent blocks, spread to the"
        " variance that the variogram gives.",
        "before": "before", "notes": "Note",
        "surface": "This is the temperature of surfaces, not of the air and not felt heat.",
    },
    "ko": {
        "title": "조치 전후 지표 온도 비교",
        "cooler": "조치 구역이 대조 구역보다 {k} K 더 식었습니다",
        "warmer": "조치 구역이 대조 구역보다 {k} K 더 데워졌습니다",
        "unsure": "효과를 우연과 구분할 수 없습니다: {k} K",
        "interval": "95 % 신뢰구간: {low} ~ {high} K.",
        "flight": "조치 후 비행", "hours": "경과 시간(시간)", "effect": "효과, K", "ci": "95 % 신뢰구간, K",
        "treated": "조치 구역, K", "control": "대조 구역, K",
        "picture": "지표 온도 변화(조치 후 첫 비행 - 조치 전). 실선: 조치 구역, 점선: 대조 구역.",
        "plot": "시간에 따른 효과와 95 % 신뢰구간",
        "half": "효과는 {h}시간마다 절반으로 줄어듭니다(95 %: {low} ~ {high}).",
        "stays": "이 비행들로는 효과가 줄어드는지 알 수 없습니다.",
        "never": "줄지 않음", "unknown": "알 수 없음",
        "how": "계산 방법",
        "method": "효과 = 조치 구역의 변화 - 대조 구역의 변화(이중차분)."
        " 지도 전체의 온도 치우침은 상쇄됩니다."
        " {cell} m 격자: 조치 {t}칸, 대조 {c}칸. 신뢰구간: {block} m 블록 부트스트랩"
        "(독립 블록 약 {bt}개와 {bc}개), 분산은 변이도에 맞춤.",
        "before": "조치 전", "notes": "참고",
        "surface": "이것은 지표면의 온도이며 기온이나 체감 온도가 아닙니다.",
    },
}  # fmt: skip
"""Language -> name -> text."""

_NOTES = (
    (
        r"The areas hold only (\d+) independent blocks: the interval is rough\. .*",
        r"독립 블록이 \1개뿐이어서 신뢰구간이 거칠다. 구역이 넓으면 더 확실해진다.",
    ),
    (
        r"(.*) and (.*) were flown (\S+) hours of the day apart: .*",
        r"\1 비행과 \2 비행의 시각이 \3시간 다르다. 두 구역이 햇빛에 똑같이 변한다고 보고 비교했다.",
    ),
)


def said(note: str, lang: str) -> str:
    """A note of the comparison in the page's language, or as it is where there is no translation."""
    for pattern, korean in _NOTES if lang == "ko" else ():
        match = re.fullmatch(pattern, note)
        if match:
            return match.expand(korean)
    return note
