"""What the program says of frames, in Korean; what it does not know stays as it was."""

import re
from collections.abc import Sequence

_SAYINGS: Sequence[tuple[str, str]] = (
    (r"cannot be read: (.*)", r"읽을 수 없음: \1"),
    (r"holds no temperatures", "온도 값이 없음"),
    (r"not of flight (\d+)", r"\1번 비행이 아님"),
    (r"another camera than the flight's \((.*)\)", r"다른 카메라의 영상(\1)"),
    (r"oblique: (\d+) degrees from straight down", r"비스듬히 촬영: 수직에서 \1도"),
    (
        r"taking off or landing: (-?\d+) m up, the flight's median is (-?\d+) m",
        r"이륙 또는 착륙 중: 고도 \1 m, 비행 중앙값 \2 m",
    ),
    (
        r"altitude tag of (-?\d+) m against the flight's median of (-?\d+) m",
        r"고도 태그 \1 m가 비행 중앙값 \2 m와 맞지 않음",
    ),
    (
        r"blurred: shows (.*) that (\d+) overlapping frames show.*",
        r"흐림: 겹친 영상 \2장보다 세부가 적음(\1)",
    ),
    (
        r"overlaps no frame of the flight: its tag puts it (\d+) m from the middle",
        r"다른 영상과 겹치지 않음: 태그 위치가 중심에서 \1 m",
    ),
    (
        r"overlaps no frame of the flight: its tag puts it (\d+) m from the middle, with (\d+) others: .*",
        r"다른 \2장과 함께 중심에서 \1 m 떨어져 있음: 따로 지도를 만들 것",
    ),
    (
        r"The frames lie in (\d+) parts that do not overlap: .*",
        r"영상이 겹치지 않는 \1개 부분으로 나뉨: 각각 태그 위치에 둠. 부분 사이의 온도 비교는 덜 정확함",
    ),
    (
        r"(\S+): overlaps no other frame; placed by its tags alone",
        r"\1: 다른 영상과 겹치지 않음; 태그 위치를 그대로 씀",
    ),
    (
        r"matches none of the (\d+) frames it should overlap: its position or attitude tag is wrong",
        r"겹쳐야 할 영상 \1장과 맞지 않음: 위치 또는 자세 태그가 틀림",
    ),
    (r"the file does not say where it was taken", "위치 태그가 없음"),
    (r"the file does not say which way the camera looked", "카메라 방향 태그가 없음"),
    (
        r"(\S+): little thermal texture \((\d+) features, (\d+) tie points\); placed by its tags alone",
        r"\1: 온도 무늬가 약함(특징 \2개, 연결점 \3개); 태그 위치를 그대로 씀",
    ),
    (
        r"the camera's level jumped by (\S+) K between (\S+) and (\S+) \(its shutter\); taken out",
        r"카메라 온도가 \2와 \3 사이에서 \1 K 뛰었음(셔터 보정); 제거함",
    ),
    (
        r"The height model does not cover (\S+) of the frames: .*",
        r"표고 모델이 영상의 \1을 덮지 않음: 그 밖은 지도에 값이 없음",
    ),
    (
        r"Too few tie points to find the ground: .*",
        "연결점이 적어 지면을 찾지 못함: 이륙 지점 높이의 평면에 그림",
    ),
    (
        r"By the ground references 1 K was seen as (\S+) K: one of them is wrong. .*",
        r"지상 기준점에 따르면 1 K가 \1 K로 보임: 기준점 하나가 잘못됨. 중앙값만 사용함",
    ),
    (r"(\d+) ground references?, scale (\S+)", r"지상 기준점 \1개, 배율 \2"),
    (r"(\d+) ground references?", r"지상 기준점 \1개"),
    (
        r"mean of all frames: .*",
        "모든 영상의 평균: 지도 안의 차이만 유효하며 절대값은 카메라 값",
    ),
    (
        r"surface through tie points, (\S+) to (\S+) m about a plane (\S+) m from .*, slope (\S+) %",
        r"연결점을 지나는 지표면: 평면(비행 기준 높이에서 \3 m, 경사 \4 %)에서 \1~\2 m",
    ),
    (r"plane (\S+) m from the flight's zero, slope (\S+) %", r"평면: 비행 기준 높이에서 \1 m, 경사 \2 %"),
    (
        r"height model, moved (\S+) m to meet the tie points",
        r"표고 모델(연결점에 맞춰 \1 m 이동)",
    ),
    (r"and (\d+) more such lines", r"그 밖에 \1줄"),
    (
        r"(\d+) frames: counts on (\S+) m of air, taken (\S+) m up: give the distance",
        r"영상 \1장: 공기 두께를 \2 m로 셈했지만 \3 m 위에서 촬영함. 거리(--distance-m)를 지정할 것",
    ),
)
_KNOWN = tuple((re.compile(pattern), korean) for pattern, korean in _SAYINGS)


def korean(text: str) -> str:
    """The saying in Korean, or as it is where there is no translation."""
    for pattern, said in _KNOWN:
        match = pattern.fullmatch(text)
        if match:
            return match.expand(said)
    return text
