import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A Python with the built wheel unpacked in it, its dependencies borrowed from this one."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "--no-build-isolation",
            str(ROOT),
            "-w",
            str(folder),
        ],
        check=True,
    )
    home = folder / "python"
    venv.create(home, with_pip=False, symlinks=True)
    python = next(p for p in (home / "bin" / "python", home / "Scripts" / "python.exe") if p.exists())
    site = Path(
        subprocess.check_output(
            [python, "-c", "import site; print(site.getsitepackages()[0])"], text=True
        ).strip()
    )
    wheel = next(folder.glob("skyshade-*.whl"))
    zipfile.ZipFile(wheel).extractall(site)
    borrowed = next(p for p in sys.path if p.endswith("site-packages"))
    (site / "borrowed.pth").write_text(borrowed)
    return python, zipfile.ZipFile(wheel).namelist()


def run(python, cwd, *args):
    return subprocess.run(
        [python, "-m", "skyshade", *args], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_the_wheel_runs_from_any_folder(installed, tmp_path):
    done = run(installed[0], tmp_path, "--version")
    assert done.returncode == 0, done.stderr
    assert "skyshade" in done.stdout


@pytest.mark.parametrize("room", ["core", "missions"])
def test_a_users_own_folder_of_our_name_gives_a_clear_line(installed, tmp_path, room):
    (tmp_path / room).mkdir()
    (tmp_path / room / "__init__.py").write_text("")
    done = run(installed[0], tmp_path, "--help")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(tmp_path / room) in done.stderr
    assert "rename" in done.stderr


def test_the_wheel_carries_every_data_file(installed):
    names = set(installed[1])
    for room in ("core", "gis", "missions", "flight", "delivery", "thermal", "skyshade", "sitl_configs"):
        ours = [p for p in (ROOT / room).rglob("*") if p.is_file() and "__pycache__" not in p.parts]
        missing = [str(p.relative_to(ROOT)) for p in ours if p.relative_to(ROOT).as_posix() not in names]
        assert missing == []
