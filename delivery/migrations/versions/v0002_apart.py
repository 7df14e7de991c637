"""Customers stand apart from the log, flights carry several orders, the log refuses to be changed."""

import json
import secrets
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of contacts, carry names over into it, rewrite flights, then lock the log."""
    op.create_table(
        "contacts",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("mark", sa.String(64), unique=True),
        sa.Column("name", sa.Text),
        sa.Column("contact", sa.Text),
        sa.Column("seen_s", sa.Float, nullable=False),
    )
    db = op.get_bind()
    db.execute(
        sa.text("INSERT INTO about (name, value) VALUES ('salt', :salt)"), {"salt": secrets.token_hex(16)}
    )
    _rewrite(db, "events", "seq", _Names(db))
    _rewrite(db, "present", "id", _Names(db))
    _lock_log(db)
    db.execute(sa.text("UPDATE about SET value = '2' WHERE name = 'schema'"))


class _Names:
    """References to customers by the name they had in the log."""

    def __init__(self, db: sa.Connection) -> None:
        self._db = db
        self._salt = str(db.execute(sa.text("SELECT value FROM about WHERE name = 'salt'")).scalar())

    def reference(self, name: str, seen_s: float) -> str:
        """The reference of a name, made where it is new."""
        from delivery.contacts import mark_of

        mark = mark_of(self._salt, name)
        query = sa.text("SELECT id FROM contacts WHERE mark = :mark")
        known = self._db.execute(query, {"mark": mark}).scalar()
        if known is not None:
            return str(known)
        made = f"C-{secrets.token_hex(6)}"
        row = {"id": made, "mark": mark, "name": name, "seen": seen_s}
        self._db.execute(
            sa.text("INSERT INTO contacts (id, mark, name, seen_s) VALUES (:id, :mark, :name, :seen)"), row
        )
        return made


def _rewrite(db: sa.Connection, table: str, key: str, names: _Names) -> None:
    kinds = "('order.received', 'flight.started')" if table == "events" else "('order', 'flight')"
    # The names of table and column are the two above, not anybody's words.
    rows = db.execute(sa.text(f"SELECT {key}, kind, data FROM {table} WHERE kind IN {kinds}")).all()  # noqa: S608
    for row_key, kind, text in rows:
        data = (
            _order(json.loads(text), names) if kind.startswith("order") else _flight(json.loads(text), kind)
        )
        change = sa.text(f"UPDATE {table} SET data = :data WHERE {key} = :key AND kind = :kind")  # noqa: S608
        changed = json.dumps(data, ensure_ascii=False)
        db.execute(change, {"data": changed, "key": row_key, "kind": kind})


def _order(data: dict[str, Any], names: _Names) -> dict[str, Any]:
    return {**data, "customer": names.reference(str(data["customer"]), float(data["placed_s"]))}


def _flight(data: dict[str, Any], kind: str) -> dict[str, Any]:
    rest = {name: value for name, value in data.items() if name != "order"}
    changed = {**rest, "orders": [data["order"]]}
    if kind == "flight":
        changed["state"] = "flying" if data.get("ended_s") is None else "ended"
    return changed


_SQLITE = """
CREATE TRIGGER events_keep_{word} BEFORE {word} ON events
BEGIN SELECT RAISE(ABORT, 'the log of events is only ever added to'); END
"""
_POSTGRES_RULE = """
CREATE FUNCTION events_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the log of events is only ever added to'; END $$
"""
_POSTGRES = """
CREATE TRIGGER events_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION events_keep()
"""


def _lock_log(db: sa.Connection) -> None:
    run: Callable[[str], Any] = db.exec_driver_sql
    if db.dialect.name == "sqlite":
        run(_SQLITE.format(word="UPDATE"))
        run(_SQLITE.format(word="DELETE"))
    else:
        run(_POSTGRES_RULE)
        run(_POSTGRES)
