"""A script's `vehicle.commands`: the mission, downloaded and uploaded by our transfers."""

from collections.abc import Callable, Iterator
from typing import Any

from flight.commanditems import BLANK_HOME, command_numbers, wire_item
from flight.exchange import TOTAL_S, LinkMemory, download, upload
from flight.listeners import Handler
from flight.wire import Kind, WireItem


class MissionCommands:
    """What dronekit calls a CommandSequence: index 0 is the first command after home.

    `make` builds a dronekit `Command`; `on_home` hears of the home that a download brings; `current` tells
    the number of the item that is flown.
    """

    def __init__(
        self,
        handler: Handler,
        make: Callable[..., Any],
        on_home: Callable[[WireItem], None],
        current: Callable[[], int],
    ) -> None:
        self._handler, self._make, self._on_home, self._current = handler, make, on_home, current
        self._home = BLANK_HOME
        self._commands: list[Any] = []
        self._changed = False
        self._memory = LinkMemory()

    def download(self) -> None:
        """Read the vehicle's mission; returns when it is here. Raises `TransferError`."""
        with self._handler.transfers:
            held = download(self._handler.link, Kind.MISSION, self._handler.clock)
        self._commands = [self._make(*command_numbers(item)) for item in held[1:]]
        self._changed = False
        if held and held[0].position is not None:
            self._home = held[0]
            self._on_home(held[0])

    def wait_ready(self, **_unused: Any) -> bool:
        """Nothing to wait for: `download` returns when it is done."""
        return True

    def clear(self) -> None:
        """Forget all commands; the vehicle hears of it by `upload`."""
        self._commands, self._changed = [], True

    def add(self, cmd: Any) -> None:
        """Add a command at the end; it is checked now and sent by `upload`. Raises `CommandItemError`."""
        cmd.seq = wire_item(cmd, len(self._commands) + 1).seq
        self._commands.append(cmd)
        self._changed = True

    def upload(self, timeout: float | None = None) -> None:
        """Upload what was changed, read it back and compare, within `timeout` wall seconds.

        Which commands there are is left to the vehicle. Raises `UnsendableError`, `TransferError`, or
        `RefusedItemError` with the command's number.
        """
        if not self._changed:
            return
        items = [wire_item(command, seq) for seq, command in enumerate(self._commands, start=1)]
        whole = (self._home, *items) if items else ()
        with self._handler.transfers:
            upload(
                self._handler.link, Kind.MISSION, whole, self._handler.clock,
                total_s=timeout or TOTAL_S, memory=self._memory, commands=None,
            )  # fmt: skip
        self._changed = False

    @property
    def count(self) -> int:
        """How many commands there are, home not counted."""
        return len(self._commands)

    @property
    def next(self) -> int:
        """The number of the item that is flown; home is 0."""
        return self._current()

    @next.setter  # noqa: A003  # the name scripts know; the builtin is not used here
    def next(self, index: int) -> None:
        self._handler.link.send("MISSION_SET_CURRENT", {"seq": index})

    def __len__(self) -> int:
        return len(self._commands)

    def __iter__(self) -> Iterator[Any]:
        return iter(tuple(self._commands))

    def __getitem__(self, index: int | slice) -> Any:
        return self._commands[index]

    def __setitem__(self, index: int, value: Any) -> None:
        value.seq = wire_item(value, index + 1).seq
        self._commands[index] = value
        self._changed = True
