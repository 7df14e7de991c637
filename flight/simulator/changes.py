"""Whether a mission under way was changed, as ArduCopter 4.6 finds it: at each item that is stored.

It looks at the item being flown and those after it. What it compares holds bytes without a meaning, so while
anything is left to be flown each item that is stored is a change, be it the same as before; an upload
in flight is noticed once an item. Only with nothing left, before and after, is it none.
"""

from dataclasses import dataclass

from flight.simulator.mission import Sequencer


@dataclass(slots=True)
class Changes:
    """What there was at the last look: the number being flown, and whether anything was left to fly."""

    sequence: Sequencer
    nav_seq: int = 0
    left: bool = False

    def follow(self) -> None:
        """Look again if another item is being flown."""
        if self.nav_seq != self.sequence.nav_seq:
            self.note()

    def note(self) -> None:
        """Look, whatever there is."""
        self.nav_seq, self.left = self.sequence.nav_seq, self._left()

    def found(self) -> bool:
        """Look after something was stored or cut off; another number being flown is no change."""
        seq, left = self.nav_seq, self.left
        self.note()
        return seq == self.nav_seq and (left or self.left)

    def _left(self) -> bool:
        sequence, seq = self.sequence, self.sequence.nav_seq
        flown = seq < len(sequence.items) and sequence.items[seq].is_nav
        return flown or sequence.next_nav_seq(seq) is not None
