"""The page's words in Korean and English; a reader chooses on the page."""

from collections.abc import Mapping
from html import escape

WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("열지도 품질 보고서", "Quality of a heat map"),
    "surface": (
        "이 지도는 지표면의 온도입니다. 기온이나 체감 온도가 아닙니다. 금속 지붕은 실제보다 차갑게 보입니다.",
        "This is the temperature of surfaces, not of the air and not felt heat. Bare metal looks too cold.",
    ),
    "absolute": (
        "온도 값은 지상 기준점에 맞춘 절대값입니다.",
        "Temperatures are absolute: set by ground references.",
    ),
    "relative": (
        "지상 기준점이 없습니다. 지도 안의 온도 차이만 믿을 수 있고, 온도 값 자체는 몇 도 틀릴 수 있습니다.",
        "No ground references: only differences within the map hold; values may be some degrees off.",
    ),
    "frames_used": ("사용한 영상", "frames drawn"),
    "frames_left_out": ("제외한 영상", "frames left out"),
    "gsd_m": ("픽셀 크기, m", "pixel, m"),
    "reprojection_rmse_px": ("연결점 재투영 오차(RMSE), 픽셀", "reprojection RMSE of tie points, px"),
    "tie_points": ("연결점 수", "tie points"),
    "drift_rms_before_K": (
        "보정 전 겹친 영상 간 온도 차(RMS), K",
        "median difference of overlapping frames before, RMS K",
    ),
    "drift_rms_after_K": (
        "보정 후 같은 값(계산에 쓰지 않은 쌍), K",
        "the same after correction, for pairs held out, RMS K",
    ),
    "drift_pairs": ("확인에 쓴 영상 쌍", "pairs of frames behind these"),
    "ramp_K": ("영상 안의 가장 큰 기울기, K", "steepest ramp across a frame, K"),
    "noise_K": ("보정 후 표본의 흩어짐, K", "spread of single samples after correction, K"),
    "seam_p95_K": ("이음매 온도 차(95 % 이하), K", "step at seams, 95 % below, K"),
    "covered": ("지도 사각형 중 촬영된 비율", "share of the map's rectangle seen"),
    "gcp_rmse_m": ("지상기준점 오차(RMSE), m", "error at ground control points, RMSE m"),
    "tiles_kept": ("그대로 쓴 타일", "tiles that stood already"),
    "tiles_drawn": ("새로 그린 타일", "tiles drawn"),
    "wall_s": ("처리 시간, 초", "time taken, s"),
    "figure": ("항목", "figure"),
    "value": ("값", "value"),
    "judged": ("판정", "judged"),
    "good": ("좋음", "good"),
    "look": ("확인 필요", "look closer"),
    "about": ("정보", "about"),
    "taken": ("촬영 시각", "taken"),
    "level": ("온도 기준", "temperature level"),
    "ground": ("지면", "ground"),
    "lens": ("렌즈", "lens"),
    "crs": ("좌표계", "projection of the map"),
    "unknown": ("알 수 없음", "unknown"),
    "untimed": ("영상에 시각 정보가 없음", "the frames do not say when"),
    "map": ("지도", "The map"),
    "map_said": ("지표 온도. 회색: 자료 없음.", "Surface temperature. Grey: nothing seen."),
    "overlap": ("겹침", "Overlap"),
    "overlap_said": (
        "각 지점을 찍은 영상 수. 적을수록 덜 확실합니다.",
        "How many frames were blended at each place; few is less sure.",
    ),
    "plan": ("촬영 위치", "Where the frames were taken"),
    "plan_said": (
        "테두리: 영상 범위. 파란 점: 연결점으로 맞춘 카메라. 주황 사각형: 위치 태그만 믿은 카메라.",
        "Outlines: footprints. Blue dots: cameras placed by tie points. Orange squares: by their tags alone.",
    ),
    "drift": ("온도 드리프트", "Temperature drift"),
    "offsets_said": (
        "영상마다 공통 온도보다 얼마나 높게(+) 낮게(-) 읽었는지. 이 값을 뺐습니다. 세로선: 셔터 보정.",
        "How far each frame read above or below the common level; taken off. Upright lines: shutter jumps.",
    ),
    "rest_said": (
        "겹친 영상들과의 온도 차: 주황 보정 전, 파랑 보정 후.",
        "Each frame against all that overlap it: orange before, blue after.",
    ),
    "seams": ("이음매", "Seams"),
    "seams_said": (
        "두 영상이 만나는 곳의 온도 차 분포. 세로선: 95 %.",
        "How far two frames differ where one takes over from the other. Line: 95 % lie below.",
    ),
    "references": ("지상 온도 기준점", "Ground references"),
    "reference": ("기준점", "reference"),
    "measured": ("측정값, °C", "measured, °C"),
    "seen": ("보정 전 관측, °C", "seen before anchoring, °C"),
    "frames": ("영상", "Frames"),
    "residual": ("지도 - 기준, K", "map less reference, K"),
    "control": ("지상기준점(위치)", "Ground control points"),
    "point": ("점", "point"),
    "use": ("용도", "use"),
    "fitted": ("조정", "fitted"),
    "check": ("검사", "check"),
    "marks": ("관측 수", "marks"),
    "east_m": ("동쪽 오차, m", "error east, m"),
    "north_m": ("북쪽 오차, m", "error north, m"),
    "fault": ("제외 이유", "left out because"),
    "left_out": ("제외한 영상과 이유", "Left out, and why"),
    "none_left_out": ("제외한 영상이 없습니다.", "No frame was left out."),
    "notes": ("참고", "Notes"),
    "frame": ("영상", "frame"),
    "ties": ("연결점", "tie points"),
    "rmse_px": ("오차, 픽셀", "rmse, px"),
    "moved_m": ("태그에서 이동, m", "moved from its tag, m"),
    "offset_K": ("온도 보정, K", "offset, K"),
    "all_frames": ("모든 영상", "All frames"),
}
"""Name -> (Korean, English)."""


def both(name: str) -> str:
    """A text in both languages as HTML."""
    return in_both(*WORDS[name])


def in_both(korean: str, english: str) -> str:
    """Two texts as HTML; the page shows the one that is chosen."""
    if korean == english:
        return escape(korean)
    return f'<span lang="ko">{escape(korean)}</span><span lang="en">{escape(english)}</span>'
