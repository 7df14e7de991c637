import json

import pytest
from click.testing import CliRunner

from skyshade.cli.thermal_map import map_command

KEYS = {
    "frames_used", "frames_rejected", "gsd_m", "size", "reprojection_rmse_px", "gcp_rmse_m",
    "drift_rms_before_K", "drift_rms_after_K", "seam_p95_K", "wall_s", "report",
}  # fmt: skip


@pytest.mark.shared_data
def test_a_real_flight_in_a_korean_folder_gives_one_json_object(shared_data, tmp_path):
    folder = tmp_path / "탄천 비행 1"
    folder.mkdir()
    for path in sorted((shared_data / "thermal" / "flir_xt_field").glob("DJI_003*.jpg"))[:4]:
        (folder / path.name).write_bytes(path.read_bytes())
    whole = next(folder.glob("DJI_0032.jpg")).read_bytes()
    (folder / "잘린 파일.jpg").write_bytes(whole[: len(whole) // 3])
    out = tmp_path / "열 지도.tif"
    result = CliRunner().invoke(map_command, [str(folder), "-o", str(out), "--gsd-m", "0.2", "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert set(told) >= KEYS
    assert told["frames_used"] == 4
    assert [r["path"].endswith("잘린 파일.jpg") for r in told["frames_rejected"]] == [True]
    assert told["reprojection_rmse_px"] < 1.5
    assert out.exists()


def test_a_pixel_of_no_size_is_wrong_usage(tmp_path):
    result = CliRunner().invoke(map_command, [str(tmp_path), "-o", str(tmp_path / "m.tif"), "--gsd-m", "0"])
    assert result.exit_code == 2
