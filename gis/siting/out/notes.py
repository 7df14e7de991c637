"""Notes of the way to a result, which are written in English, as the report's language says them."""

import re

KOREAN_NOTES: tuple[tuple[str, str], ...] = (
    (r"the heat map gives no sigma", "열지도에 오차(sigma)가 없음"),
    (r"resampled to (\S+) m in (\S+)", r"\2에서 \1 m 격자로 다시 뽑음"),
    (
        r"the heat map does not say when it was flown: its heat holds for its own hour only",
        "열지도에 촬영 시각이 없음: 그 시각의 온도일 뿐임",
    ),
    (
        r"heat as it was on (\S+) from (\S+) to (\S+) \((.+?)\): (.+)",
        r"\1 \2-\3에 잰 온도: 다른 시각에는 순위가 달라질 수 있음",
    ),
    (r"of the heat map the (\S+) round the places is read", r"열지도에서 지점들 둘레 \1만 읽음"),
    (r"people are column '(.*)'", r"인원은 ‘\1’ 열"),
    (r"no people column: every demand point counts as one", "인원 열이 없음: 수요 지점마다 한 명으로 셈"),
    (
        r"of them (.+): a person counts (\S+) under 65, (\S+) from 65 on, (\S+) from 65 on and alone; .+",
        r"\1: 65세 미만 \2, 65세 이상 \3, 65세 이상 홀로 \4의 무게로 셈; 두 번 세는 사람 없음",
    ),
    (
        r"(\d+) rows name more of a group than of all \(row (.+)\): cut to all of them",
        r"\1행(\2행)은 일부 집단이 전체보다 많아 전체로 줄임",
    ),
    (
        r"(\d+) of (\d+) demand points have unknown heat or people and weigh nothing",
        r"수요 지점 \2곳 가운데 \1곳은 온도나 인원을 몰라 빠짐",
    ),
    (
        r"people of (\d+) areas are spread within them: (.+)",
        r"구역 \1곳의 인원을 구역 안에 나눔 (방법별 구역 수: \2)",
    ),
    (r"people stand on (\d+) (square|hexagon)s of (\S+) m.*", r"인원을 \3 m 격자 \1칸에 둠"),
    (r"(\S+) of the people are counted at (\d+) places of footfall", r"인원의 \1는 유동 지점 \2곳에서 셈"),
    (r"no standing surface in the map at (\d+) places", r"\1곳에는 사람이 설 땅의 온도가 없음"),
    (r"(\d+) of (\d+) rows have no place and are left out: (.+)", r"\2행 가운데 \1행은 위치가 없어 뺌: \3"),
    (r"(\d+) of (\d+) rows have no place and are left out", r"\2행 가운데 \1행은 위치가 없어 뺌"),
    (r"(\d+) self-crossing outlines repaired", r"스스로 겹친 경계 \1개를 고침"),
    (r"padded cells trimmed in (.*)", r"빈칸이 붙은 칸을 다듬음: \1"),
    (r"double-encoded text undone in (.*)", r"두 번 부호화된 글자를 되돌림: \1"),
    (r"thousands commas removed in (.*)", r"천 단위 쉼표를 뺌: \1"),
    (r"no coordinate system in the file, taken as (\S+)", r"파일에 좌표계가 없어 \1로 봄"),
    (r"(.+) and (.+) were swapped", r"‘\1’과 ‘\2’이 뒤바뀌어 있어 바로잡음"),
    (r"text was (\S+)", r"문자 부호가 \1임"),
    (r"(\S+) joined by (.+) \((.+) = (.+)\)", r"\1을(를) 붙임 (\3 = \4)"),
    (
        r"no walking network was given: distances are straight lines, shorter than any walk",
        "보행망이 없어 직선 거리로 계산함: 실제로 걷는 길보다 짧음",
    ),
    (
        r"(\d+) of (\d+) lines are closed to walkers and left out of the network",
        r"길 \2개 가운데 \1개는 걸을 수 없어 뺌",
    ),
    (r"slopes count by (\S+): ways are (\S+) times as long as level.*", r"\1의 경사를 셈: 평지의 \2배 거리"),
    (r"(\d+) places lie more than (\S+) m from any path", r"\1곳은 길에서 \2 m 넘게 떨어져 있음"),
    (r"map: (.+) is summed in (\S+) m cells", r"지도: \1 자료를 \2 m 격자로 합침"),
    (
        r"map: (.+) is simplified to (\S+) m, (\d+) small shapes left out",
        r"지도: \1의 선을 \2 m까지 단순하게 그리고 작은 것 \3개를 뺌",
    ),
    (r"map: (.+) is simplified to (\S+) m", r"지도: \1의 선을 \2 m까지 단순하게 그림"),
    (
        r"map: zoom (\d+) to (\d+) of (.+) left out, so that the page stays below 10 MB",
        r"지도: 10 MB를 넘지 않도록 \3의 확대 단계 \1-\2를 뺌",
    ),
    (
        r"map: verdicts of all (\d+) candidates are in sites.csv alone",
        r"지도: 후보지 \1곳의 기준별 판정은 sites.csv에만 있음",
    ),
    (r"map: (.+) holds no tile of this area", r"지도: \1에 이곳의 타일이 없음"),
)

GROUPS = (
    (" as 65 and older and alone", " = 65세 이상 홀로"),
    (" as 65 and older and ", " = 65세 이상, "),
    (" as 65 and older", " = 65세 이상"),
)


def note_in(note: str, language: str) -> str:
    """A note in a language; one that has no Korean words stays as it is. A file's name before it is kept."""
    if language != "ko":
        return note
    for pattern, korean in KOREAN_NOTES:
        found = re.fullmatch(rf"(?P<file>(?:[^:]+\.\w+: )*)(?:{pattern})", note)
        if found:
            shifted = re.sub(r"\\(\d)", lambda ref: f"\\g<{int(ref[1]) + 1}>", korean)
            said = found.expand(r"\g<file>" + shifted)
            for english, meant in GROUPS:
                said = said.replace(english, meant)
            return said
    return note
