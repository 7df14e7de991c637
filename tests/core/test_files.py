import pytest

from core.errors import OutputError
from core.files import writable_folder, write_text, written_beside


def test_a_file_is_whole_or_absent(tmp_path):
    target = tmp_path / "열 지도" / "결과.txt"
    with pytest.raises(RuntimeError), written_beside(target) as beside:
        beside.write_text("half")
        raise RuntimeError
    assert list(target.parent.iterdir()) == []
    write_text(target, "whole")
    assert target.read_text() == "whole"


def test_an_old_file_survives_a_failed_write(tmp_path):
    target = tmp_path / "map.tif"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), written_beside(target) as beside:
        beside.write_text("new")
        raise KeyboardInterrupt
    assert target.read_text() == "old"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(OutputError, match="file"):
        writable_folder(blocker / "folder")
    with pytest.raises(OutputError, match="file"):
        write_text(blocker / "x.txt", "")
