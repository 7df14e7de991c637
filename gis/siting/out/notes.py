"""Notes of the way to a result, which are written in English, as the report's language says them."""

import re

KOREAN_NOTES: tuple[tuple[str, str], ...] = (
    (r"the heat map gives no sigma", "열지도에 오차(sigma)가 없음"),
    (r"resampled to (\S+) m in (\S+)", r"\2에서 \1 m 격자로 다시 뽑음"),
    (r"people are column '(.*)'", r"인원은 ‘\1’ 열"),
    (r"no people column: every demand point counts as one", "인원 열이 없음: 수요 지점마다 한 명으로 셈"),
    (
        r"(\d+) of (\d+) demand points have unknown heat or people and weigh nothing",
        r"수요 지점 \2곳 가운데 \1곳은 온도나 인원을 몰라 빠짐",
    ),
    (r"(\d+) of (\d+) rows have no place and are left out", r"\2행 가운데 \1행은 위치가 없어 뺌"),
    (r"(\d+) self-crossing outlines repaired", r"스스로 겹친 경계 \1개를 고침"),
    (r"padded cells trimmed in (.*)", r"빈칸이 붙은 칸을 다듬음: \1"),
    (r"no coordinate system in the file, taken as (\S+)", r"파일에 좌표계가 없어 \1로 봄"),
    (r"(.+) and (.+) were swapped", r"‘\1’과 ‘\2’이 뒤바뀌어 있어 바로잡음"),
    (
        r"no walking network was given: distances are straight lines, shorter than any walk",
        "보행망이 없어 직선 거리로 계산함: 실제로 걷는 길보다 짧음",
    ),
    (r"text was cp949", "문자 부호가 cp949임"),
    (r"map: (.+) is summed in (\S+) m cells", r"지도: \1 자료를 \2 m 격자로 합침"),
    (r"map: (.+) is simplified to (\S+) m", r"지도: \1의 선을 \2 m까지 단순하게 그림"),
)


def note_in(note: str, language: str) -> str:
    """A note in a language; one that has no Korean words stays as it is. A file's name before it is kept."""
    if language != "ko":
        return note
    for pattern, korean in KOREAN_NOTES:
        found = re.fullmatch(rf"((?:[^:]+\.\w+: )?){pattern}", note)
        if found:
            shifted = re.sub(r"\\(\d)", lambda ref: f"\\{int(ref[1]) + 1}", korean)
            return found.expand(r"\1" + shifted)
    return note
