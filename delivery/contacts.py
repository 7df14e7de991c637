"""Who ordered, kept apart from the log: the log holds a reference, the person behind it can be forgotten.

A name is found again by its mark, a digest with the store's own salt; forgetting somebody removes name,
contact and mark, so that the reference in the log leads nowhere.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from delivery.schema import about, contacts


@dataclass(frozen=True, slots=True)
class Contact:
    """A person behind a reference; None = not told, or forgotten. `seen_s`: UTC second of the last order."""

    id: str
    name: str | None
    contact: str | None
    seen_s: float


def mark_of(salt: str, name: str) -> str:
    """By what a name is found again."""
    return hashlib.blake2b(name.encode(), key=salt.encode(), digest_size=24).hexdigest()


class Contacts:
    """The people of one store."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        with engine.connect() as db:
            self._salt = str(db.execute(sa.select(about.c.value).where(about.c.name == "salt")).scalar())

    def find(self, name: str) -> str | None:
        """The reference of somebody who ordered before."""
        with self._engine.connect() as db:
            found = db.execute(sa.select(contacts.c.id).where(contacts.c.mark == self.mark(name))).scalar()
        return None if found is None else str(found)

    def reference(self, name: str, now_s: float, contact: str | None = None) -> str:
        """The reference of somebody, who is written down when new."""
        for _ in range(2):  # a second time where another writer was first
            known = self.find(name)
            if known is not None:
                self._seen(known, now_s, contact)
                return known
            made = f"C-{secrets.token_hex(6)}"
            row = {"id": made, "mark": self.mark(name), "name": name, "contact": contact, "seen_s": now_s}
            try:
                with self._engine.begin() as db:
                    db.execute(contacts.insert().values(**row))
            except sa.exc.IntegrityError:
                continue
            return made
        return made

    def _seen(self, reference: str, now_s: float, contact: str | None) -> None:
        later = (contacts.c.id == reference) & (contacts.c.seen_s < now_s - SEEN_STEP_S)
        told = contacts.c.id == reference if contact is not None else later
        values = {"seen_s": now_s} if contact is None else {"seen_s": now_s, "contact": contact}
        with self._engine.begin() as db:
            db.execute(contacts.update().where(told).values(**values))

    def person(self, reference: str) -> Contact | None:
        """The person behind a reference; None when there is none."""
        with self._engine.connect() as db:
            row = db.execute(sa.select(contacts).where(contacts.c.id == reference)).first()
        return None if row is None else Contact(row.id, row.name, row.contact, row.seen_s)

    def forget(self, reference: str) -> bool:
        """Remove all that is personal behind a reference; whether there was anything."""
        with self._engine.begin() as db:
            done = db.execute(_forgotten(contacts.c.id == reference))
        return bool(done.rowcount)

    def forget_before(self, time_s: float, but: Collection[str] = ()) -> int:
        """Remove everybody who ordered last before a UTC second, but for these references; how many.

        Of a program that orders with a key what it said of people goes; the program stays known.
        """
        old = sa.select(contacts.c.id).where((contacts.c.seen_s < time_s) & _PERSONAL)
        with self._engine.begin() as db:
            found = [name for name in db.execute(old).scalars() if name not in but]
            for name in found:
                db.execute(_forgotten((contacts.c.id == name) & ~_PROGRAM))
                db.execute(contacts.update().where(contacts.c.id == name).values(contact=None))
        return len(found)

    def mark(self, name: str) -> str:
        """By what a name is found again here."""
        return mark_of(self._salt, name)


SEEN_STEP_S = 3600.0
_PROGRAM = contacts.c.name.is_not(None) & contacts.c.name.startswith("key:")
_PERSONAL = contacts.c.contact.is_not(None) | (contacts.c.mark.is_not(None) & ~_PROGRAM)


def _forgotten(which: sa.ColumnElement[bool]) -> sa.Update:
    known = contacts.c.mark.is_not(None)
    return contacts.update().where(which & known).values(mark=None, name=None, contact=None)
