"""The flight document's words in Korean and English, and how its numbers are said."""

from datetime import datetime, timedelta, timezone, tzinfo

LANGUAGES = ("ko", "en")
KOREA = timezone(timedelta(hours=9), "KST")

WORDS: dict[str, tuple[str, str]] = {
    "title": ("비행 계획서", "Flight document"),
    "footer": ("스카이셰이드가 계획 파일에서 만든 문서", "Made by Skyshade from the plan file"),
    "plan": ("계획", "Plan"),
    "mark": ("계획 식별 번호", "Plan fingerprint"),
    "aircraft": ("기체", "Aircraft"),
    "mass": ("이륙 중량", "Take-off mass"),
    "time": ("비행 시각", "Time of flight"),
    "duration": ("비행 시간", "Duration"),
    "distance": ("비행 거리", "Distance"),
    "home": ("이륙 장소", "Take-off place"),
    "elevation": ("이륙 장소 표고", "Its height over the sea"),
    "top_home": ("최고 높이(이륙점 위)", "Highest over take-off"),
    "top_ground": ("최고 높이(지상)", "Highest over ground"),
    "top_sea": ("최고 높이(해발)", "Highest over the sea"),
    "energy": ("에너지", "Energy"),
    "of_usable": ("예비를 뺀 사용 가능량", "usable beside the reserve"),
    "volumes": ("비행 공역(SORA 2.5)", "Volumes (SORA 2.5)"),
    "geography": ("비행 구역 반폭", "Flight geography, half-width"),
    "contingency": ("비상 구역 추가 폭", "Contingency volume, added"),
    "contingency_up": ("비상 구역 추가 높이", "Contingency volume, above"),
    "ground_risk": ("지상 위험 완충 폭", "Ground-risk buffer, added"),
    "checks": ("점검", "Checks"),
    "fail": ("불가", "FAIL"),
    "unknown": ("미확인", "unknown"),
    "passed": ("통과한 항목", "rules passed"),
    "all_good": ("모든 점검 항목을 통과했습니다.", "Every rule passed."),
    "item": ("항목", "item"),
    "limit": ("한도", "limit"),
    "no_input": ("확인할 자료가 없음", "its input is missing"),
    "more": ("외 {n}건은 skyshade mission check 참조", "{n} more: see skyshade mission check"),
    "not_known": ("확인되지 않음", "not known"),
    "zones_met": ("지나는 공역", "Airspace met"),
    "none": ("없음", "none"),
    "contacts": ("연락처와 승인", "Contacts and approval"),
    "operator": ("운영자", "Operator"),
    "pilot": ("조종자", "Remote pilot"),
    "observer": ("관찰자", "Observer"),
    "phone": ("전화", "Telephone"),
    "permit": ("승인 번호", "Approval number"),
    "signature": ("날짜와 서명", "Date and signature"),
    "legend_path": ("비행 경로", "Path"),
    "legend_geography": ("비행 구역", "Flight geography"),
    "legend_contingency": ("비상 구역", "Contingency volume"),
    "legend_ground_risk": ("지상 위험 완충", "Ground-risk buffer"),
    "legend_fence": ("비행 울타리", "Fence"),
    "legend_zone": ("공역", "Airspace zone"),
    "legend_home": ("이륙(H)·비상 착륙(R)·투하(D)", "Take-off (H), rally (R), drop (D)"),
    "limits": (
        "이 문서는 승인이 아닙니다. 공역과 규정은 관할 기관에 확인하십시오.",
        "This is no approval. Ask the authority for airspace and rules.",
    ),
}


RULES_KO = {
    "take_off_first": "이륙으로 시작",
    "end_down": "착륙으로 끝남",
    "mission_size": "항목 수",
    "leg_length": "구간 길이",
    "height_above_ground": "지상 높이",
    "terrain_clearance": "지형과의 간격",
    "energy": "에너지와 예비",
    "wind": "바람",
    "camera_interval": "촬영 간격",
    "zones": "공역",
    "fence": "비행 울타리",
    "return_path": "복귀 경로",
    "return_zones": "복귀 경로의 공역",
    "return_fence": "복귀 경로와 울타리",
    "return_clearance": "복귀 경로의 지형 간격",
    "return_energy": "복귀 에너지",
    "rally": "비상 착륙 지점",
    "daylight": "일광",
    "weather": "기상",
    "gusts": "돌풍",
    "rain": "강수",
    "visibility": "시정",
    "cloud_base": "구름 높이",
    "cold": "저온",
    "warmth": "고온",
    "dem_datum": "지형 자료의 높이 기준",
    "traps": "기체가 다르게 따르는 항목",
    "never_flown": "끝난 뒤의 항목",
    "take_off_again": "공중에서 다시 이륙",
    "take_off_height": "이륙 높이",
    "speed_order": "속도 지시",
    "jump_target": "건너뛸 항목",
    "jump_endless": "끝없는 반복",
    "wait_endless": "끝없는 대기",
    "no_place": "위치 없는 항목",
    "roi_no_place": "위치 없는 관심 지점",
    "place_hovers": "투하 지점에서 멈춤",
    "place_descent": "투하 하강 한도",
    "spline_first": "이륙 전 곡선 비행",
    "terrain_frame": "지상 기준 높이",
    "vehicle_limits": "기체 한계",
    "return_height": "복귀 높이",
}
"""What each rule of the checks is called in Korean."""


class Language:
    """Words and numbers of one language: `ko` or `en`."""

    def __init__(self, code: str, zone: tzinfo = KOREA) -> None:
        if code not in LANGUAGES:
            raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, got {code!r}")
        self.code, self._zone = code, zone

    def __getitem__(self, key: str) -> str:
        return WORDS[key][LANGUAGES.index(self.code)]

    def metres(self, value: float | None, digits: int = 0) -> str:
        """A length, or that it is not known."""
        return self["not_known"] if value is None else f"{value:,.{digits}f} m"

    def span(self, start: datetime | None, end: datetime | None) -> str:
        """From when to when in local time."""
        if start is None:
            return self["not_known"]
        begin = start.astimezone(self._zone)
        text = f"{begin:%Y-%m-%d %H:%M} "
        until = "" if end is None else f"- {end.astimezone(self._zone):%H:%M} "
        return f"{text}{until}{begin:%Z}"

    def seconds(self, value: float | None) -> str:
        """Minutes and seconds."""
        if value is None:
            return self["not_known"]
        minutes, rest = divmod(round(value), 60)
        return f"{minutes}분 {rest:02d}초" if self.code == "ko" else f"{minutes} min {rest:02d} s"
