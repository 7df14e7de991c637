"""What tests need beyond Python: each such test says what it misses and skips."""

import gc
import os
import shutil
import signal
import threading
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("steady", deadline=None)  # a busy machine is no failure
settings.load_profile("steady")
gc.set_threshold(50_000, 20, 100)  # collecting 3,000 tests and compiling kernels make many objects that stay

ROOT = Path(__file__).resolve().parents[1]
IN_REAL_TIME = ("conformance", "flight", "skyshade")
"""Folders whose tests run vehicles, stations and commands as processes: a starved machine may fail one."""
WITH_PROCESSES = ("test_cluster", "test_delivery_scout", "test_tile_work")
"""The same elsewhere: clusters and pools of worker processes, besides all tests that look with a browser."""
DEMO = "skyshade/test_demo_story.py"
SHARED_OUT = (DEMO, "conformance", "flight", "skyshade", "thermal", "missions", "gis")
"""What several workers take first: the demo compiles nearly every kernel once, for all, while the other one
flies, which needs few; the short files of the other rooms come last, so that both end together."""

in_main_thread = threading.current_thread() is threading.main_thread()
if in_main_thread and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job starts without Ctrl-C


def shared_folder() -> Path | None:
    """The folder of real input, or None."""
    named = os.environ.get("SKYSHADE_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real input; skips where it is missing."""
    folder = shared_folder()
    if folder is None:
        pytest.skip("real input is missing: no ../shared/data and no SKYSHADE_DATA")
    return folder


@pytest.fixture(scope="session")
def chromium():
    """The path of a Chromium browser; skips where it is missing."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return Path(found)
    return pytest.skip("Chromium is missing: install Debian's chromium")


def turn(item):
    """A test's place in `SHARED_OUT`."""
    inside = item.path.relative_to(ROOT / "tests")
    known = [n for n, name in enumerate(SHARED_OUT) if inside.is_relative_to(name)]
    return min(known, default=len(SHARED_OUT))


def pytest_collection_modifyitems(config, items):
    """Tests of running processes are tried once more, from nothing, before they count as failed."""
    if hasattr(config, "workerinput"):
        items.sort(key=turn)
    for item in items:
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        browser = "chromium" in getattr(item, "fixturenames", ())
        if folder in IN_REAL_TIME or item.path.stem in WITH_PROCESSES or browser:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With SKYSHADE_NO_SKIP=1 a skip is a failure, except ArduPilot's."""
    report = yield
    strict = os.environ.get("SKYSHADE_NO_SKIP") == "1"
    real = item.get_closest_marker("ardupilot") is not None
    if strict and report.skipped and not real and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report
