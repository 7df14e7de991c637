"""STATUSTEXT in pieces: put together, and given out with a mark where a piece was lost."""

from dataclasses import dataclass, field
from typing import Any

from flight.wire import Fields

PIECE = 50  # characters; a shorter piece is the last one
LOST = " ... "


@dataclass(slots=True)
class Texts:
    """The long texts of one vehicle that are under way, by their id (never 0)."""

    _pieces: dict[int, dict[int, Fields]] = field(default_factory=dict)
    _given: int = 0  # the id given out last: a doubled last piece is not given out again

    def take(self, fields: Fields) -> list[dict[str, Any]]:
        """What is whole now: STATUSTEXT fields in full; one broken off comes when the next begins."""
        number = int(fields.get("id", 0))
        if number == 0:
            return [*self.rest(), dict(fields)]
        if number == self._given:
            return []
        whole = self.rest() if number not in self._pieces else []
        pieces = self._pieces.setdefault(number, {})
        pieces[int(fields["chunk_seq"])] = fields
        last = max(pieces)
        if len(str(pieces[last]["text"])) < PIECE and len(pieces) == last + 1:
            whole += self.rest()
        return whole

    def rest(self) -> list[dict[str, Any]]:
        """Everything under way, whole or not."""
        texts = [_joined(pieces) for pieces in self._pieces.values()]
        self._given = next(reversed(self._pieces), self._given)
        self._pieces.clear()
        return texts

    @property
    def waiting(self) -> bool:
        """Whether a text has begun and not ended."""
        return bool(self._pieces)


def _joined(pieces: dict[int, Fields]) -> dict[str, Any]:
    last = max(pieces)
    words = [str(pieces[i]["text"]) if i in pieces else LOST for i in range(last + 1)]
    if len(words[-1]) == PIECE:
        words.append(LOST)
    return {**pieces[last], "text": "".join(words).rstrip(), "id": 0, "chunk_seq": 0}
