"""A load that hangs under the vehicle: SIM_SLUP_ENABLE and SIM_SLUP_WEIGHT, until gripper or winch let it go.

Hovering power goes with the mass to the power of 1.5 (momentum theory of a rotor).
"""

from dataclasses import dataclass

from flight.simulator.params import Params
from flight.simulator.payload import Gripper, Winch

_ON_GROUND_M = 1.0  # a line this short lets nothing down


@dataclass(slots=True)
class Cargo:
    """The load; `gone` once it was put down."""

    params: Params
    gone: bool = False

    @property
    def kg(self) -> float:
        """What hangs there now."""
        carried = self.params.flag("SIM_SLUP_ENABLE") and not self.gone
        return self.params["SIM_SLUP_WEIGHT"] if carried else 0.0

    def power_share(self, own_kg: float) -> float:
        """How much more flying takes than without it."""
        return float((1.0 + self.kg / own_kg) ** 1.5)

    def step(self, gripper: Gripper, winch: Winch, height_m: float) -> None:
        """Let it go with an open gripper, or once the line has let it down; a gripper may take it again."""
        down = winch.fitted and winch.length_m >= max(height_m, _ON_GROUND_M)
        if gripper.open or down:
            self.gone = True
        elif gripper.fitted and gripper.state == "grabbed":
            self.gone = False
