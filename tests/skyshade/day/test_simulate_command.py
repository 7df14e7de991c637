import json
import signal
import subprocess
import sys
import time

import pytest

from delivery.store import open_store

DAY = """
[day]
date = 2026-06-13
since = 12:00:00
until = 18:00:00
[orders]
count = 60
[[place]]
id = "d1"
name = "거점"
kind = "depot"
position = [127.11, 37.37]
elevation_m = 30.0
[[place]]
id = "p1"
name = "잔디밭"
position = [127.112, 37.372]
elevation_m = 30.0
hours = "11:00-19:00"
[[aircraft]]
id = "H1"
type = "hexa-delivery"
depot = "d1"
[[item]]
id = "coffee"
name = "커피"
mass_kg = 0.4
[[weather]]
at = 11:59:00
wind_ms = 2.0
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to one process")
def test_ctrl_c_keeps_what_was_flown_and_says_that_it_is_part_of_a_day(tmp_path):
    (tmp_path / "하루.toml").write_text(DAY, encoding="utf-8")
    out = tmp_path / "나온 것"
    command = [sys.executable, "-m", "skyshade", "delivery", "simulate", str(tmp_path / "하루.toml")]
    more = ["-o", str(out), "--workers", "1", "--json", "--lang", "en"]
    with subprocess.Popen(
        [*command, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as running:
        while not list(out.glob("flights/*")) and running.poll() is None:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        said, told = running.communicate()
    assert running.returncode == 1
    verdicts = json.loads(said)
    assert verdicts["stopped_at"].startswith("2026-06-13T1")
    assert verdicts["lost"] == []
    assert "part of a day" in told
    assert "part of a day" in (out / "report.html").read_text(encoding="utf-8")
    with open_store(out / "day.db") as store:
        assert store.check() == []
        assert len(store.world().orders) == verdicts["orders"] < 60
