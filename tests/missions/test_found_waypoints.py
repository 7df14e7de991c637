"""What .waypoints files found in the wild hold besides items: remarks, or no mission at all."""

import pytest

from core.errors import BadFileError
from missions.formats import read_plan

HOME = "0\t1\t0\t16\t0\t0\t0\t0\t37.37\t127.11\t40\t1"
UP = "1\t0\t3\t22\t0\t0\t0\tNan\t37.37\t127.11\t30\t1"


def written(folder, *lines):
    path = folder / "임무.waypoints"
    path.write_text("\n".join(["QGC WPL 110", *lines]) + "\n", encoding="utf-8")
    return path


def test_remarks_and_empty_lines_are_passed_over(tmp_path):
    bare = read_plan(written(tmp_path, HOME, UP))
    told = read_plan(written(tmp_path, "", "# 이륙 장소", HOME, "  # Jump to the lane", UP, ""))
    assert str(told) == str(bare)


def test_a_wrong_line_is_named_by_its_number_in_the_file(tmp_path):
    with pytest.raises(BadFileError, match="line 4 has 3 fields"):
        read_plan(written(tmp_path, "# remark", HOME, "1 2 3"))


@pytest.mark.parametrize("command", [5001, 5003, 5100])
def test_a_list_of_fence_or_rally_points_is_no_mission(tmp_path, command):
    row = f"1\t0\t3\t{command}\t4\t0\t0\t0\t37.37\t127.11\t30\t1"
    with pytest.raises(BadFileError, match="fence or rally points"):
        read_plan(written(tmp_path, HOME, row))
