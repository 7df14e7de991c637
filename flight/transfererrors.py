"""What a failed transfer says: which item, why, and what the vehicle holds now."""

from core.errors import SkyshadeError
from flight.protocol import meaning
from flight.wire import Kind, WireItem


class TransferError(SkyshadeError):
    """An upload or download that failed; `on_vehicle` says what the vehicle holds now."""

    def __init__(self, message: str, *, on_vehicle: str = "unknown", hint: str | None = None) -> None:
        self._tell(message, on_vehicle, hint)

    def _tell(self, message: str, on_vehicle: str, hint: str | None = None) -> None:
        SkyshadeError.__init__(self, f"{message}; on the vehicle now: {on_vehicle}", hint=hint)
        self.on_vehicle = on_vehicle


class RefusedItemError(TransferError):
    """The vehicle refuses one item: `seq` (as the vehicle counts: home is 0 in a mission) and `result`."""

    def __init__(self, kind: Kind, item: WireItem, result: int, *, said: str, on_vehicle: str) -> None:
        text = f"{name_of(kind)} item {item.seq} (command {item.command}) was refused: {meaning(result)}"
        super().__init__(text + said, on_vehicle=on_vehicle, hint="change that item and upload again")
        self.seq = item.seq
        self.result = result


def name_of(kind: Kind) -> str:
    """mission, fence or rally."""
    return kind.name.lower()
