"""What came out of a run of the demo, chapter by chapter."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skyshade.demo.choices import StoryParams
from skyshade.demo.delivering import Delivered
from skyshade.demo.layers import SceneLayers
from skyshade.demo.mapping import Mapped, Sited
from skyshade.demo.scene import Scene
from skyshade.demo.surveying import Planned, Surveyed


@dataclass(frozen=True, slots=True)
class Story:
    """What came out, chapter by chapter; `seconds` are wall seconds of each."""

    out: Path
    params: StoryParams
    scene: Scene
    layers: SceneLayers
    planned: Planned
    surveyed: Surveyed
    mapped: Mapped
    sited: Sited
    delivered: Delivered
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The figures of `skyshade demo --json`."""
        record, heat, error = self.surveyed.record, self.mapped.result, self.mapped.error
        return {
            "survey": {
                "flown_s": record.flown_s,
                "shots": len(record.shots),
                "max_deviation_m": record.max_deviation_m,
                "coverage": self.planned.survey.coverage.fraction,
            },
            "heatmap": {
                "rmse_K": error.rmse_K,
                "bias_K": error.bias_K,
                "rmse_all_K": error.rmse_all_K,
                "position_rmse_m": error.position_rmse_m,
                "frames_used": heat.frames_used,
                "drift_rms_before_K": heat.drift_rms_before_K,
                "drift_rms_after_K": heat.drift_rms_after_K,
                "reprojection_rmse_px": heat.reprojection_rmse_px,
                "path": heat.path,
            },
            "sites": {"chosen": [s.id for s in self.sited.result.chosen], "map": self.sited.files.map},
            "delivery": {
                "delivered": self.delivered.delivered,
                "flown_s": self.delivered.record.flown_s,
                "order": self.delivered.order.id,
                "refused": list(self.delivered.refused.reasons),
            },
            "wall_s": self.seconds["all"],
            "seconds": self.seconds,
            "vehicle": self.params.vehicle,
            "index": self.out / "index.html",
        }
